"""The result: its file, joining two, and what follows from its rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.survey.studies import assert_same_studies, made_study, shapley_section
from vizlab.core.archive import write_archive
from vizlab.errors import DataError
from vizlab.experiments.modalities.shapley import coalitions
from vizlab.study.survey import summaries
from vizlab.study.survey.intervals import draw
from vizlab.study.survey.study import Section, Study, load_study, merged


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


def test_saved_and_read(study: Study, tmp_path: Path) -> None:
    study.save(tmp_path / "study.npz")
    again = load_study(tmp_path / "study.npz")
    assert_same_studies(again, study)
    assert again.meta == study.meta
    assert again.of("exchanging", "sweep").labels("edge") == study.of("exchanging", "sweep").labels("edge")
    assert bytes(again.pictures["thumbnail"][7]) == bytes(study.pictures["thumbnail"][7])
    with pytest.raises(ValueError, match="read-only"):
        again.of("exchanging", "traces").rows["share"][0] = 0


def test_no_study(study: Study, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        load_study(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("nothing")
    write_archive(tmp_path / "other.npz", {"kind": "trace"}, {"a": np.zeros(2)})
    study.save(tmp_path / "study.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "study.npz").read_bytes()[:-300])
    for name in ("text.npz", "other.npz", "cut.npz"):
        with pytest.raises(DataError, match="is no result of a study"):
            load_study(tmp_path / name)
    with pytest.raises(DataError, match="MiB; at most"):
        load_study(tmp_path / "study.npz", 1000)
    with pytest.raises(DataError, match="holds no shapley of exchanging; it holds traces of exchanging"):
        study.of("exchanging", "shapley")


def test_rows_that_are_not_one_a_picture_are_refused(study: Study, tmp_path: Path) -> None:
    section = study.of("exchanging", "traces")
    for broken in (
        replace(section, rows={"share": section.rows["share"][:-1]}),
        replace(section, pictures=section.pictures + 1),
    ):
        replace(study, sections={("exchanging", "traces"): broken}).save(tmp_path / "study.npz")
        with pytest.raises(DataError, match="is no result of a study"):
            load_study(tmp_path / "study.npz")


def test_measured_apart_and_joined(study: Study) -> None:
    one, other = (
        replace(study, sections={k: s for k, s in study.sections.items() if k[1] == m}) for m in ("traces", "sweep")
    )
    assert_same_studies(merged([one, other]), study)
    with pytest.raises(DataError, match="cannot be joined"):
        merged([one, made_study(pictures=3)])
    with pytest.raises(DataError, match="cannot be joined"):
        merged([one, replace(other, meta={**study.meta, "checkpoints": {"exchanging": "1" * 64}})])


def test_axes_by_the_longest_ending() -> None:
    axes = {"*": ["variant"], "*|counts": ["variant", "class"], "cross_share": ["port"]}
    section = Section("n", "m", np.arange(0), {}, {"axes": axes}, [])
    assert section.axes("semseg|counts") == ["variant", "class"]
    assert section.axes("semseg|confidence") == ["variant"]
    assert section.axes("cross_share") == ["port"]


def test_edges_into_each_target(study: Study) -> None:
    found = summaries.edges_into_targets(study, "exchanging")
    assert [(one.target, one.task, len(one.edges)) for one in found] == [("rgb", "semseg", 6), ("depth", "semseg", 6)]
    into_rgb = found[0]
    assert into_rgb.edges[2] == ("site2", "depth", "rgb")
    assert into_rgb.position.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(into_rgb.share.value, np.arange(1, 7) / 100, rtol=0.02)
    np.testing.assert_allclose(into_rgb.effect.value, 1.5 * 2.0 ** -np.arange(6), rtol=1e-5)
    for rho in (into_rgb.rho, into_rgb.by_position):
        assert float(rho.value) == pytest.approx(-1)
        assert float(rho.high) == pytest.approx(-1)
    assert np.isnan(into_rgb.partial.value), "nothing is left once the place is held"
    # A target's own task: streams called after one, else the network's first.
    assert [one.task for one in summaries.edges_into_targets(study, "distilling")] == ["semseg", "depth"]


def test_damage_is_what_the_figure_of_the_set_loses(study: Study) -> None:
    """One class, 8 of 10 pixels hit; the k-th cut of six loses k - 1 of them: at the first one it helps."""
    sweep = study.of("exchanging", "sweep")
    edges = sweep.labels("edge")
    lost = np.array([int(site[4:]) - 1 for site, _, _ in edges])
    hit = np.tile(8 - lost, (40, 1))
    cut = np.stack([hit, np.full_like(hit, 10), hit], 2)[..., None]
    plain = np.tile(np.array([[8], [10], [8]]), (40, 1, 1))
    rows = {**sweep.rows, "plain|semseg/ensemble|counts": plain, "total|semseg/ensemble|counts": cut}
    scored = replace(study, sections={**study.sections, ("exchanging", "sweep"): replace(sweep, rows=rows)})
    for one in summaries.edges_into_targets(scored, "exchanging"):
        assert one.figure == ("mIoU", "%")
        np.testing.assert_allclose(one.damage.value, [-10, 0, 10, 20, 30, 40])
        np.testing.assert_allclose(one.damage.low, one.damage.value)
        assert float(one.damage_rho.value) == pytest.approx(1)
    assert summaries.edges_into_targets(study, "exchanging")[0].damage is None


def test_a_larger_error_is_damage(study: Study) -> None:
    """Squares 4 before and 9 after, over one pixel each: 1 m worse."""
    sweep = study.of("distilling", "sweep")
    count = len(sweep.labels("edge"))
    ones = {"plain|depth|pixels": np.ones(40, int), "total|depth|pixels": np.ones((40, count), int)}
    squares = {"plain|depth|squares": np.full(40, 4.0), "total|depth|squares": np.full((40, count), 9.0)}
    scored = replace(sweep, rows={**sweep.rows, **ones, **squares})
    whole = replace(study, sections={**study.sections, ("distilling", "sweep"): scored})
    into_depth = summaries.edges_into_targets(whole, "distilling")[1]
    assert into_depth.figure == ("RMSE", "m")
    np.testing.assert_allclose(into_depth.damage.value, 1.0)


def test_damage_of_a_compact_study(study: Study) -> None:
    """What a cut changed, in steps, is added to the sums of the traces."""
    traces, sweep = study.of("exchanging", "traces"), study.of("exchanging", "sweep")
    lost = np.array([int(site[4:]) for site, _, _ in sweep.labels("edge")])
    plain = np.tile(np.array([[800], [1000], [800]]), (40, 1, 1))
    change = np.tile(-np.stack([lost, lost], 1), (40, 1, 1)).astype(np.int16)[..., None]
    sections = {
        ("exchanging", "traces"): replace(traces, rows={"share": traces.rows["share"], "semseg|counts": plain}),
        ("exchanging", "sweep"): replace(sweep, rows={**sweep.rows, "total|semseg|counts change": change}),
    }
    small = replace(study, sections=sections, meta={**study.meta, "compact": {"pixels": 10}})
    for one in summaries.edges_into_targets(small, "exchanging"):
        np.testing.assert_allclose(one.damage.value, [0, 1, 2, 3, 4, 5])
    errors = {"depth|squares": np.full(40, 4.0), "depth|pixels": np.ones(40, int)}
    sweep = study.of("distilling", "sweep")
    rows = {**sweep.rows, "total|depth|squares change": np.full((40, len(sweep.labels("edge"))), 5.0)}
    traces = study.of("distilling", "traces")
    sections = {
        ("distilling", "traces"): replace(traces, rows={**traces.rows, **errors}),
        ("distilling", "sweep"): replace(sweep, rows=rows),
    }
    into_depth = summaries.edges_into_targets(replace(small, sections=sections), "distilling")[1]
    np.testing.assert_allclose(into_depth.damage.value, 1.0)


def test_a_sweep_of_some_pictures_is_held_against_their_shares(study: Study) -> None:
    sweep = summaries.within(study.of("exchanging", "sweep"), np.arange(40) % 4 == 1)
    fewer = replace(study, sections={**study.sections, ("exchanging", "sweep"): sweep})
    found = summaries.edges_into_targets(fewer, "exchanging")[0]
    shares = study.of("exchanging", "traces").rows["share"][1::4]
    assert float(found.share.value[0]) == pytest.approx(shares[:, 0].mean())
    traces = summaries.within(study.of("exchanging", "traces"), np.arange(40) > 5)
    apart = replace(fewer, sections={**fewer.sections, ("exchanging", "traces"): traces})
    with pytest.raises(DataError, match="swept on 2 pictures of which the study has no traces"):
        summaries.edges_into_targets(apart, "exchanging")


def test_the_pictures_in_which_an_edge_mattered(study: Study) -> None:
    most, least = summaries.extremes(study, "exchanging", ("site1", "depth", "rgb"), "semseg", 2)
    assert [one.name for one in most] == ["000", "001"]
    assert [one.name for one in least] == ["039", "038"]
    assert most[0].effect == pytest.approx(1.0)
    assert least[0].place == 39
    with pytest.raises(DataError, match="knows no effect of rgb to rgb"):
        summaries.extremes(study, "exchanging", ("site1", "rgb", "rgb"), "semseg")


def test_figures_of_the_set(study: Study) -> None:
    section = study.of("exchanging", "traces")
    (figure,) = summaries.figures(section, summaries.draws_of(study, section))
    # Class b is labelled and never hit; it is predicted once for every picture: 0 of 11.
    assert (figure.output, figure.name, figure.unit) == ("semseg", "mIoU", "%")
    assert float(figure.estimate.value) == pytest.approx(100 * (8 / 11 + 0) / 2)
    assert summaries.draws_of(study, section).shape == (200, 40)


def test_worth_of_modalities_over_a_set(study: Study) -> None:
    """v = 10, 40, 30, 70 in percent: phi_rgb = ((40-10) + (70-30)) / 2, I = 70 - 40 - 30 + 10."""
    section = shapley_section(5, {"": 10, "rgb": 40, "depth": 30, "rgb+depth": 70})
    whole = replace(study, sections={("n", "shapley"): section})
    (found,) = summaries.worths(whole, "n")
    assert (found.replacement, found.output, found.figure) == ("mean", "semseg", "mIoU")
    assert list(found.values) == list(coalitions(("rgb", "depth")))
    assert float(found.phi["rgb"].value) == pytest.approx(35)
    assert float(found.phi["depth"].value) == pytest.approx(25)
    assert float(found.interaction["rgb", "depth"].value) == pytest.approx(10)
    assert float(found.phi["rgb"].low) == pytest.approx(35)
    # .9 .9 70 + .9 .1 (40 + 30) + .1 .1 10
    assert float(found.expected(0.1).value) == pytest.approx(56.7 + 6.3 + 0.1)


def test_an_error_is_worth_how_far_it_is_brought_down(study: Study) -> None:
    squares = np.array([[16.0, 4.0, 9.0, 1.0]] * 3)
    rows = {"mean|depth|squares": squares, "mean|depth|pixels": np.ones((3, 4), int)}
    section = replace(shapley_section(3, {"": 0, "rgb": 0, "depth": 0, "rgb+depth": 0}), rows=rows)
    (found,) = summaries.worths(replace(study, sections={("n", "shapley"): section}), "n")
    assert float(found.phi["rgb"].value) == pytest.approx(((4 - 2) + (3 - 1)) / 2)
    assert float(found.expected(0.5).value) == pytest.approx((4 + 2 + 3 + 1) / 4)


def test_likeness_from_terms_averaged_apart(study: Study) -> None:
    terms = np.full((2, 2, 6), np.nan)
    terms[:, 1, :3] = [[1, 4, 1], [2, 4, 3]]  # (1 + 2) / sqrt((4 + 4) (1 + 3))
    labels = {"place": [["s", "before", "a", "b"], ["s", "after", "a", "b"]]}
    section = Section("n", "similarity", np.arange(2), {"terms": terms}, {"labels": labels}, [])
    places, cka = summaries.likeness(replace(study, sections={("n", "similarity"): section}), "n")
    assert places[1][1] == "after"
    assert np.isnan(cka.value[0])
    assert cka.value[1] == pytest.approx(3 / np.sqrt(32))


def test_bands_of_pictures(study: Study) -> None:
    section = study.of("exchanging", "sweep")
    found = list(summaries.strata(study, section))
    assert [title for title, _, _ in found] == ["median distance, m"] * 3 + ["share without depth"] * 3
    near = summaries.within(section, found[0][2])
    assert len(near.pictures) == int(found[0][2].sum()) == 13
    assert near.rows["all"].shape == (13, 1)
    assert summaries.draws_of(study, near).shape == (200, 13)


def test_the_same_pictures_are_drawn_alike(study: Study) -> None:
    traces, sweep = study.of("exchanging", "traces"), study.of("distilling", "sweep")
    np.testing.assert_array_equal(summaries.draws_of(study, traces), summaries.draws_of(study, sweep))
    np.testing.assert_array_equal(summaries.draws_of(study, traces), draw(40, 200, 3))


def test_tasks(study: Study) -> None:
    assert summaries.tasks_of(study) == ["semseg", "depth"]
