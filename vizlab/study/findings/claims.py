"""Claims made before a study, held against it one by one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vizlab.errors import DataError
from vizlab.study.findings.estimates import words
from vizlab.study.survey.intervals import Estimate


@dataclass(frozen=True)
class Claim:
    """That the figures called `numbers` (see `gathered.named`) lie between `low` and `high`, as it was `said`."""

    said: str
    numbers: tuple[str, ...]
    low: float
    high: float
    form: str
    factor: float
    """By which figures are multiplied before they are held against the two ends, and printed: 100 for percent."""


@dataclass(frozen=True)
class Claims:
    """What is known of a study besides its numbers: its `data`, its own `limits`, and claims `about` which is said."""

    data: str = ""
    about: str = ""
    limits: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()


def read_claims(path: Path) -> Claims:
    """Of a TOML file with data, about, limits, and a table [[claim]] each; raises DataError for another one."""
    try:
        found = tomllib.loads(path.read_text())
        return Claims(
            data=str(found.get("data", "")),
            about=str(found.get("about", "")),
            limits=tuple(map(str, found.get("limits", ()))),
            claims=tuple(_claim(one) for one in found["claim"]),
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as err:
        expected = "tables [[claim]] with said, numbers, low, high"
        raise DataError(f"'{path.name}' holds no claims; expected {expected}.") from err


def _claim(one: Mapping[str, Any]) -> Claim:
    ends = float(one["low"]), float(one["high"])
    return Claim(one["said"], tuple(one["numbers"]), *ends, one.get("form", ".2f"), float(one.get("factor", 1)))


def verdict(claim: Claim, number: Estimate) -> str:
    """ "confirmed": the interval lies within what was claimed; "refuted", above or below: apart from it; else "
    ""even"."""
    low, high = float(number.low) * claim.factor, float(number.high) * claim.factor
    if low > claim.high:
        return "refuted (above)"
    if high < claim.low:
        return "refuted (below)"
    return "confirmed" if claim.low <= low and high <= claim.high else "even"


def held_against(claim: Claim, numbers: Mapping[str, Estimate]) -> tuple[str, list[str]]:
    """The figures, and the verdict on each; raises DataError for a figure that the study does not have."""
    if missing := [name for name in claim.numbers if name not in numbers]:
        raise DataError(f"A claim asks for '{missing[0]}', which this study does not have; leave it out.")
    found = [numbers[name] for name in claim.numbers]
    return ", ".join(words(one, claim.form, claim.factor) for one in found), [verdict(claim, one) for one in found]
