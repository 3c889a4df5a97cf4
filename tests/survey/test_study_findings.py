"""A study written down: its text is that of its file; what it counts, compares and rounds, from the definitions."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from vizlab.cli import app
from vizlab.errors import DataError
from vizlab.study.findings import prose, text
from vizlab.study.findings.claims import Claim, Claims, read_claims, verdict
from vizlab.study.findings.compact import compact, in_steps, rounded, save_small
from vizlab.study.findings.estimates import against, apart, correlation, median, number, over_pictures, words
from vizlab.study.findings.exchange import Answer, Damage, targets, together
from vizlab.study.findings.gathered import gather
from vizlab.study.findings.markdown import counted, listed, table
from vizlab.study.findings.modalities import alike, probability_worth, similarity_predicts
from vizlab.study.findings.sensors import Errors, grown, kept, mean_error, responses
from vizlab.study.findings.tables import winner
from vizlab.study.findings.told import numbers, told, told_table, zeros
from vizlab.study.survey import intervals
from vizlab.study.survey.intervals import Estimate, draw
from vizlab.study.survey.study import Section, Study, load_study

DOCS = Path(__file__).parents[2] / "docs"
SHIPPED = DOCS / "study.npz"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(*map(np.asarray, (value, low, high)), np.array([low, high]))


@pytest.mark.slow
def test_the_text_of_the_study_is_made_from_its_file(tmp_path: Path) -> None:
    """Byte by byte, with its figures beside it."""
    arguments = [str(SHIPPED), "--out", str(tmp_path / "study.md"), "--claims", str(DOCS / "study/claims.toml")]
    done = CliRunner().invoke(app, ["study-report", *arguments])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "study.md").read_bytes() == (DOCS / "study.md").read_bytes()
    drawn = {path.name for path in (tmp_path / "study").iterdir()}
    assert drawn == {path.name for path in (DOCS / "study").glob("*.png")}


def test_the_shipped_file_is_small_holds_no_pictures_and_is_compact() -> None:
    study = load_study(SHIPPED)
    assert SHIPPED.stat().st_size < 3.5 * 2**20
    assert all(values.dtype.kind == "f" for values in study.pictures.values())
    assert compact(study) is study


@pytest.mark.parametrize("word", ["confirmed", "refuted", "higher", "lower", "larger"])
def test_what_stands_fixed_says_no_order_of_anything_found(word: str) -> None:
    fixed = [value for name, value in vars(prose).items() if name.isupper() and name not in ("LIMITS", "CLAIMS")]
    assert not [text for text in (*fixed, *prose.LIMITS) if word in text]


def test_steps_keep_the_sum_of_every_beginning(rng: np.random.Generator) -> None:
    values = rng.normal(0.1, 1, (200, 3))
    steps = in_steps(values, 4.0)
    np.testing.assert_array_equal(steps, np.round(steps))
    assert np.abs(4 * steps.cumsum(0) - values.cumsum(0)).max() <= 2.0 + 1e-9
    assert steps.any()


def test_rounded_is_within_half_of_its_last_bit(rng: np.random.Generator) -> None:
    values = np.append(rng.normal(size=500) * 10.0 ** rng.integers(-6, 6, 500), [0.0, 1.0, -0.75])
    found = rounded(values, bits=7)
    assert (np.abs(found - values) <= np.abs(values) * 2.0**-8 * 1.0001).all()
    assert {*found[-3:].tolist()} == {0.0, 1.0, -0.75}
    assert rounded(np.array([np.nan], np.float32)).dtype == np.float32
    np.testing.assert_array_equal(rounded(np.array([3, 300000])), [3, 300000])


COUNTS = np.array([[[5, 0], [8, 2], [6, 4]], [[3, 3], [4, 4], [4, 4]]]) * 256
"""Two pictures of two classes: hit, labelled, predicted."""


def swept() -> Section:
    """One edge whose cut makes the first picture miss 512 pixels of the first class."""
    after = COUNTS.copy()
    after[0, 0, 0] -= 512
    after[0, 2, 0] -= 512
    after[0, 2, 1] += 512
    rows = {"plain|semseg|counts": COUNTS, "all|semseg|counts": after, "total|semseg|counts": after[:, None]}
    rows |= {"site|semseg|counts": after[:, None]}
    rows |= {f"{kind}|semseg|logp": np.full(shape, -1.0) for kind, shape in (("plain", 2), ("all", 2))}
    rows |= {f"{kind}|semseg|logp": np.full((2, 1), -1.5) for kind in ("total", "site")}
    rows |= {kind: np.ones((2, 1, 1), np.float32) for kind in ("total", "direct", "only", "where", "site")}
    meta = {"labels": {"edge": [["a", "x", "semseg"]], "task": ["semseg"]}}
    return Section("n", "sweep", np.arange(2), rows | {"all": np.ones((2, 1), np.float32)}, meta, [])


def study_of(*sections: Section) -> Study:
    meta = {"config": {"seed": 0, "resamples": 40, "split": "test"}, "refused": [], "checkpoints": {}}
    pictures = {"holes": np.zeros(2, np.float32), "thumbnail": np.array([b"x", b"y"])}
    return Study(("a", "b"), pictures, {(s.network, s.measure): s for s in sections}, meta)


def traced() -> Section:
    rows = {"semseg|counts": COUNTS, "share": np.ones((2, 1), np.float32), "energy": np.ones((2, 1), np.float32)}
    return Section("n", "traces", np.arange(2), rows, {"labels": {"edge": [["a", "x", "semseg"]]}}, [])


def test_damage_out_of_what_is_kept_is_that_of_the_counts() -> None:
    small, draws = compact(study_of(swept(), traced())), draw(2, 20)
    assert "thumbnail" not in small.pictures
    damage = Damage(small.of("n", "sweep"), small.of("n", "traces"), "semseg", draws)
    for kind in ("all", "total", "site"):
        after = intervals.miou(swept().rows[f"{kind}|semseg|counts"], draws)
        lost = intervals.miou(COUNTS, draws).value - after.value
        np.testing.assert_allclose(damage.of(kind).value, lost)
        assert (np.asarray(lost) > 0).all()
    logp = damage.logp()
    assert logp is not None
    np.testing.assert_allclose(logp.value, [0.5])


def test_a_small_file_is_read_as_it_was(tmp_path: Path) -> None:
    small = compact(study_of(swept(), traced()))
    save_small(small, tmp_path / "s.npz")
    again = load_study(tmp_path / "s.npz")
    for key, section in small.sections.items():
        for name, values in section.rows.items():
            np.testing.assert_array_equal(again.sections[key].rows[name], values)
    first = (tmp_path / "s.npz").read_bytes()
    save_small(small, tmp_path / "s.npz")
    assert (tmp_path / "s.npz").read_bytes() == first
    assert {entry.compress_type for entry in zipfile.ZipFile(tmp_path / "s.npz").infolist()} == {zipfile.ZIP_BZIP2}


def test_a_study_in_which_nothing_was_cut_is_a_sentence() -> None:
    with pytest.raises(DataError, match="no sweep"):
        gather(compact(study_of(traced())))


def test_correlations_over_pictures_are_those_of_scipy(rng: np.random.Generator) -> None:
    first = rng.normal(size=(40, 3))
    second = first + rng.normal(size=(40, 3))
    second[:, 2] = 1.0
    draws = draw(40, 30)
    found = over_pictures(first, second, draws)
    for edge in range(2):
        assert found.value[edge] == pytest.approx(stats.spearmanr(first[:, edge], second[:, edge])[0])
        times = draws[7].astype(int)
        a, b = (np.repeat(stats.rankdata(rows[:, edge]), times) for rows in (first, second))
        assert found.resampled[7, edge] == pytest.approx(stats.pearsonr(a, b)[0])
    assert np.isnan(found.value[2])
    assert median(found).value == pytest.approx(found.value[:2].mean())


def answer_of(rng: np.random.Generator, **rows: np.ndarray) -> Answer:
    """Three edges of one network into one target, 30 pictures; what is not given is noise."""
    draws = draw(30, 40)
    kinds = {kind: rows.get(kind, rng.random((30, 3))) for kind in ("share", "total", "direct", "only", "where")}
    harm = intervals.mean(rng.random((30, 3)), draws)
    edges = tuple((site, "x", "semseg") for site in "abc")
    return Answer(
        network="n",
        task="semseg",
        edges=edges,
        sites=tuple("abc"),
        own=np.ones(3, bool),
        every=rows.get("every", np.ones(30)),
        before=harm,
        harm=harm,
        site_harm=harm,
        all_harm=harm,
        logp_harm=harm,
        draws=draws,
        **kinds,
    )


def test_parts_of_a_whole_in_closed_form(rng: np.random.Generator) -> None:
    ones = np.ones((30, 1))
    one = answer_of(
        rng,
        total=ones * [0.4, 0.1, 0.3],
        direct=ones * [0.2, 0.1, 0.1],
        only=ones * [1.6, 1.0, 2.0],
        every=np.full(30, 2.0),
    )
    found = together(one, count=2)
    assert float(found.singles.value) == pytest.approx(0.8 / 2)
    assert float(found.top.value) == pytest.approx(0.7 / 0.8)
    assert float(found.direct.value) == pytest.approx(0.4 / 0.8)
    assert (found.necessary, found.sufficient) == ("a: x → semseg", "b: x → semseg")
    assert float(found.necessity.value) == pytest.approx(0.2)
    assert float(found.sufficiency.value) == pytest.approx(0.5)
    assert float(found.agree.value) == pytest.approx(stats.spearmanr([0.4, 0.1, 0.3], [0.2, 0.5, 0.0])[0])


def test_a_target_ranks_its_edges(rng: np.random.Generator) -> None:
    ones = np.ones((30, 1))
    one = answer_of(rng, share=ones * [0.1, 0.3, 0.2], total=ones * [1.0, 2.0, 3.0])
    (found,) = targets(one)
    assert float(found.moves.value) == pytest.approx(stats.spearmanr([0.1, 0.3, 0.2], [1, 2, 3])[0])
    assert float(found.place.value) == pytest.approx(1.0)
    worst = int(found.harm.value.argmax())
    assert float(found.worst_lead.value) == pytest.approx(found.harm.value[worst] - found.harm.value[1])


def broken(errors: list[float]) -> Errors:
    value = np.array(errors)
    variants = (("", 0), ("a", 1), ("a", 2), ("b", 1), ("b", 2))
    return Errors("n", "semseg", variants, Estimate.of(value, np.tile(value, (4, 1))))


def test_errors_on_broken_pictures_in_closed_form() -> None:
    one, other = broken([0.4, 0.5, 0.7, 0.4, 0.6]), broken([0.2, 0.4, 0.8, 0.5, 0.5])
    assert one.graded() == ["a", "b"]
    assert float(grown(one, ["a", "b"]).value) == pytest.approx((0.6 + 0.5) / 2 / 0.4)
    assert float(kept(one, "a").value) == pytest.approx((0.5 + 0.3) / 2 / 0.6)
    assert float(mean_error(one, other, ["a", "b"]).value) == pytest.approx((1.2 / 1.2 + 1.0 / 1.0) / 2)


def test_what_sites_take_from_others_when_a_modality_breaks() -> None:
    """The worst severity alone, the mean over that modality's corruptions; a picture that is not known is left out."""
    share = np.zeros((2, 5, 4), np.float32)
    share[:, 2] = [0.2, -0.1, 0.4, 0.1]
    share[:, 4] = [0.0, -0.3, 0.2, 0.1]
    share[:, 1] = 9.0
    share += np.float32(0.1)
    labels = {
        "variant": [["", 0], ["rgb-a", 1], ["rgb-a", 5], ["rgb-b", 1], ["rgb-b", 5]],
        "port": [["s", "rgb"], ["s", "depth"], ["t", "rgb"], ["t", "depth"]],
    }
    section = Section("n", "corruptions", np.arange(2), {"cross_share": share}, {"labels": labels}, [])
    into_rgb, into_depth = responses(study_of(section), "n")
    assert (into_rgb.broken, into_rgb.target, into_rgb.site) == ("rgb", "rgb", "t")
    assert float(into_rgb.change.value) == pytest.approx((0.1 + 0.3) / 2)
    assert float(into_rgb.largest.value) == pytest.approx(0.3)
    assert into_depth.site == "s"
    np.testing.assert_allclose(into_depth.by_site.value, [-0.2, 0.1], atol=1e-6)


def test_the_probability_that_each_modality_is_worth() -> None:
    rows = {"mean|semseg|probability": np.tile([0.1, 0.4, 0.2, 0.7], (2, 1))}
    labels = {"modality": ["rgb", "depth"], "coalition": ["", "rgb", "depth", "rgb+depth"]}
    study = study_of(Section("n", "shapley", np.arange(2), rows, {"labels": labels}, []))
    found = probability_worth(study, "n", "mean", "semseg")
    assert float(found["rgb"].value) == pytest.approx(((0.4 - 0.1) + (0.7 - 0.2)) / 2)
    assert float(found["depth"].value) == pytest.approx(((0.2 - 0.1) + (0.7 - 0.4)) / 2)
    assert winner(found) == "rgb"
    assert winner({"rgb": estimate(2, 1, 3), "depth": estimate(1, 0, 2)}) == "even"
    assert probability_worth(study, "n", "other", "semseg") == {}


def test_streams_before_and_after_they_mixed(rng: np.random.Generator) -> None:
    """CKA is xy / sqrt(xx yy) of the sums over pictures, and predicts an effect or does not."""
    one = answer_of(rng, share=np.ones((30, 1)) * [0.1, 0.3, 0.2], total=np.ones((30, 1)) * [1.0, 2.0, 3.0])
    xy = np.array([0.2, 0.4, 0.3, 0.3, 0.1, 0.5])
    terms = np.tile(np.stack([xy, np.ones(6), np.full(6, 4.0)], -1), (30, 1, 1))
    places = [[site, when, "x", "semseg"] for site in "abc" for when in ("before", "after")]
    section = Section("n", "similarity", np.arange(30), {"terms": terms}, {"labels": {"place": places}}, [])
    study = study_of(section)
    found = alike(study, "n")
    assert float(found.before.value) == pytest.approx((0.1 + 0.15 + 0.05) / 3)
    assert float(found.after.value) == pytest.approx((0.2 + 0.15 + 0.25) / 3)
    assert (found.grew, found.fell, found.count) == (2, 0, 3)
    rho, count = similarity_predicts(study, targets(one)[0])
    assert count == 3
    assert float(rho.value) == pytest.approx(stats.spearmanr([0.1, 0.15, 0.05], [1, 2, 3])[0])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1.2, 1.8, "confirmed"), (0.5, 1.5, "even"), (0.0, 0.9, "refuted (below)"), (2.1, 3.0, "refuted (above)")],
)
def test_verdicts(low: float, high: float, said: str) -> None:
    claim = Claim("", (), 100, 200, ".0f", 100)
    assert verdict(claim, estimate((low + high) / 2, low, high)) == said


def test_words_follow_the_intervals() -> None:
    low, middle, high = estimate(1, 0.5, 1.5), estimate(1.4, 1.2, 2), estimate(3, 2.5, 3.5)
    assert [apart(low, middle), apart(low, high), apart(high, low)] == [0, -1, 1]
    assert [against(low), against(low, 1), against(low, 2)] == [1, 0, -1]
    assert words(estimate(0.1234, -0.001, 0.5)) == "0.12 [0.00, 0.50]"
    assert words(estimate(np.nan, 0, 1)) == "–"
    assert number(-0.2) == "-0.20"
    assert (
        float(correlation(Estimate.of(np.arange(3.0), np.arange(6.0).reshape(2, 3)), np.array([2.0, 1, 0])).value) == -1
    )


def test_counted_names_those_that_are_fewer() -> None:
    every = ["a", "b", "c"]
    assert counted(["a"], every, "targets") == "1 of 3 targets (a)"
    assert counted(["a", "b"], every, "targets") == "2 of 3 targets (not c)"
    assert [counted(some, every, "answers") for some in ([], every)] == ["0 of 3 answers", "3 of 3 answers"]
    assert [listed(some) for some in ([], ["a"], every)] == ["none", "a", "a, b and c"]
    assert table(("", "|x|"), [("a", "1")]) == "|  | \\|x\\| |\n| --- | ---: |\n| a | 1 |"


@pytest.mark.parametrize("spoil", [lambda text: "[", lambda text: text.replace("low =", "lowest =")])
def test_a_file_without_claims_is_a_sentence(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(spoil((DOCS / "study/claims.toml").read_text()))
    with pytest.raises(DataError, match="holds no claims"):
        read_claims(path)


def messages_section(network: str, labels: list[list[str]], predicted: list[list[float]]) -> Section:
    rows = {"predicted": np.array(predicted, np.float32)}
    return Section(
        network, "messages", np.arange(len(predicted)), rows, {"labels": {"edge": labels}}, [{"device": "cpu"}]
    )


def zeros_section(network: str, hits: dict[str, int]) -> Section:
    """Of one class: so many of 100 pixels hit, of the answer; of a stream, which is none, nothing."""
    rows = {f"{kind}|semseg/ensemble|counts": np.array([[[hit], [100], [hit]]] * 2) for kind, hit in hits.items()}
    rows |= {f"{kind}|semseg/rgb|counts": np.zeros((2, 3, 1), int) for kind in hits}
    return Section(network, "zeros", np.arange(2), rows, {"labels": {"class": ["a"]}}, [{"device": "cpu"}])


def test_what_is_told_is_the_mean_over_a_sites_edges_that_are_defined() -> None:
    labels = [["one", "x", "semseg"], ["one", "y", "semseg"], ["two", "x", "semseg"]]
    predicted = [[0.2, 0.6, np.nan], [0.4, 0.8, np.nan]]
    small = compact(study_of(swept(), traced(), messages_section("n", labels, predicted)))
    first, second = told(small)
    assert (first.site, first.edges, first.known) == ("one", 2, 2)
    assert float(first.share.value) == pytest.approx(0.5, rel=0.005)
    assert 0.4 * 0.995 <= first.share.low < first.share.high <= 0.6 * 1.005
    assert (second.site, second.edges, second.known) == ("two", 1, 0)
    assert np.isnan(second.share.value)
    assert float(numbers(small)["told|n|one"].value) == float(first.share.value)


def test_where_nothing_comes_is_told_apart_from_too_few_cells() -> None:
    """By the shares of the same pictures: 0 in every one of them, not only in some."""
    labels = [[site, source, "semseg"] for site in ("mixed", "silent", "few", "both") for source in ("x", "y")]
    nan, shares = np.nan, np.array([[0.1, 0, 0, 0, 0.1, 0, 0, 0.1], [0.1, 0, 0, 0, 0.1, 0.1, 0, 0.1]], np.float32)
    traces = Section(
        "n", "traces", np.arange(3), {"share": np.vstack([shares, np.ones(8, np.float32)])},
        {"labels": {"edge": labels}}, [],
    )  # fmt: skip
    study = study_of(traces, messages_section("n", labels, [[0.5, *[nan] * 7]] * 2))
    all_ = SimpleNamespace(study=study, title=str.upper, site=lambda network, site: site)
    assert told_table(all_).splitlines()[2:] == [  # type: ignore[arg-type]
        "| N | mixed | 1 of 2, nothing comes on 1 | 50.0 [50.0, 50.0] % |",
        "| N | silent | 0 of 2 | nothing comes |",
        "| N | few | 0 of 2 | too few cells |",
        "| N | both | 0 of 2, nothing comes on 1 | too few cells |",
    ]


def test_zeros_stand_beside_the_cut_of_the_answer_alone() -> None:
    small = compact(study_of(swept(), traced(), zeros_section("n", {"plain": 60, "cut": 50, "zero": 2})))
    ((network, task, each),) = zeros(small)
    assert (network, task) == ("n", "semseg")
    assert {kind: round(float(one.estimate.value), 6) for kind, one in each.items()} == {
        "plain": 100 * 60 / 100, "cut": 50.0, "zero": 2.0,
    }  # fmt: skip
    assert {one.output for one in each.values()} == {"semseg/ensemble"}
    claimed = {name: round(float(one.value), 6) for name, one in numbers(small).items()}
    assert claimed == {"plain|n|semseg": 60.0, "cut|n|semseg": 50.0, "zero|n|semseg": 2.0}


def test_the_text_has_a_row_for_each_site_and_answer_and_is_silent_without() -> None:
    labels = [["one", "x", "semseg"], ["two", "x", "semseg"]]
    messages = messages_section("n", labels, [[0.5, np.nan]] * 2)
    study = study_of(swept(), traced(), messages, zeros_section("n", {"plain": 60, "cut": 50, "zero": 2}))
    all_ = SimpleNamespace(study=compact(study), title=str.upper, site=lambda network, site: f"site {site}")
    head, words_, table_, _, zeros_ = text._told(all_, Claims(), "")  # type: ignore[arg-type]
    assert head == "## Told already, and plain zeros"
    assert words_.startswith("On 2 pictures.")
    assert "| N | site one | 1 of 1 | 50.0 [50.0, 50.0] % |" in table_
    assert "| N | site two | 0 of 1 | too few cells |" in table_
    assert "| N | semseg, mIoU in % | 60.0 [60.0, 60.0] | 50.0 [50.0, 50.0] | 2.0 [2.0, 2.0] |" in zeros_
    without = SimpleNamespace(study=compact(study_of(swept(), traced())))
    assert text._told(without, Claims(), "") == []  # type: ignore[arg-type]
