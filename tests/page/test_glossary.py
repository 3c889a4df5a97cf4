"""The glossary: every word that is promised is there, and its formulas are what a traced forward computes."""

import json
import re

import numpy as np
import pytest

from tests.core.test_reduction import Case, random_case, reduced
from vizlab.core import reduction
from vizlab.page.glossary import GLOSSARY, Term, as_json

PROMISED = (
    "stream", "site", "share", "outside map", "gamma", "eligible", "gate", "dilation", "kappa", "drift", "modality",
    "task", "stage", "logits", "RMSE", "mIoU", "confidence", "entropy", "exchange", "dead channel", "message",
    "ensemble", "effective rank",
)  # fmt: skip
TERMS = {term.name: term for term in GLOSSARY}


def test_every_promised_word_is_there_once() -> None:
    names = [term.name for term in GLOSSARY]
    assert set(PROMISED) <= set(names)
    forms = [form.lower() for term in GLOSSARY for form in (term.name, *term.forms)]
    assert len(forms) == len(set(forms))


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_a_definition_is_short_and_says_where_it_is_from(term: Term) -> None:
    assert term.source
    assert term.sentence.endswith(".")
    assert 1 <= len(re.findall(r"[.:?](?= [A-Z0-9]|$)", term.sentence)) <= 3
    assert len(term.sentence) < 320


def value(formula: str, case: Case, source: int) -> np.ndarray:
    """The formula as it stands, in float64; pixels are the last two axes, channels the first."""
    python = formula.replace("c[s]", "c").replace("^", "**").replace("sum_ch Cov", "cov").replace("sum_ch Var", "var")
    pixels = {"axis": (1, 2), "keepdims": True}
    mean = lambda x: x.mean(**pixels)  # noqa: E731
    names = {
        "c": case.added[source], "y": case.output, "o": case.others, "E": mean, "sqrt": np.sqrt,
        "Var": lambda x: mean((x - mean(x)) ** 2), "mean_ch": lambda x: x.mean(0),
        "cov": lambda a, b: mean((a - mean(a)) * (b - mean(b))).sum(),
        "var": lambda a: mean((a - mean(a)) ** 2).sum(),
    }  # fmt: skip
    return np.asarray(eval(python, {"__builtins__": {}}, names))


@pytest.mark.parametrize("own", [0, 2])
def test_formulas_are_what_the_reduction_computes(own: int) -> None:
    case = random_case(own=own, seed=own)
    row = reduced(case)
    for source in case.added:
        assert value(TERMS["share"].formula, case, source) == pytest.approx(row.share[source], rel=2e-3, abs=1e-5)
        assert value(TERMS["energy"].formula, case, source).item() == pytest.approx(row.energy[source], rel=2e-3)
    np.testing.assert_allclose(value(TERMS["outside map"].formula, case, own), row.outside, rtol=5e-3)


def test_the_reduction_names_the_same_formulas() -> None:
    stated = " ".join((reduction.__doc__ or "").split())
    assert f"`{TERMS['share'].formula}`" in stated
    assert "`o - E(o)`, relative to `sqrt(mean_ch Var(y))`" in stated
    assert "o - E(o)" in TERMS["outside map"].formula


def test_the_browser_gets_every_word_and_no_end_of_a_script() -> None:
    assert [one["name"] for one in json.loads(as_json())] == list(TERMS)
    assert "</" not in as_json()
