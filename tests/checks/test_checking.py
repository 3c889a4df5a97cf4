"""What `check` takes and gives, and that it leaves a model as it was."""

import pytest
import torch

import vizlab
from tests.checks import toys
from vizlab.checks import LIMITS, Finding, Report, check, default_picture, require
from vizlab.checks.limits import AFTER_ERROR, ROUGH_OUTPUTS, ROUGH_SHARES, SUM, THREADS
from vizlab.errors import IncompatibleInputError, InputError, VizlabError
from vizlab.rgbd import RGBDImage


def test_it_is_public() -> None:
    assert vizlab.check is check


def test_the_picture_is_odd_padded_and_has_a_hole_and_is_always_the_same() -> None:
    picture, model = default_picture(), toys.toy_model()
    assert picture.size[0] % 2 == picture.size[1] % 2 == 1
    assert picture.depth is not None
    unknown = (picture.depth != picture.depth).mean()
    assert 0.01 < unknown < 0.1
    assert picture.digest == default_picture().digest
    for working_size, multiple in (((40, 56), 8), ((240, 320), 32), ((480, 640), 32), ((256, 256), 256)):
        framing = vizlab.core.framing.frame(picture.size, working_size, multiple)
        assert framing.padded[0] > framing.content[0] or framing.padded[1] > framing.content[1]
    assert model.frame(picture.size).padded != model.frame(picture.size).content


def test_require_names_the_site_and_the_figure_of_every_failure() -> None:
    report = check(toys.toy_model(toys.PartMissing))
    assert len(report.failures) >= 2
    with pytest.raises(VizlabError) as raised:
        require(toys.toy_model(toys.PartMissing))
    text = str(raised.value)
    assert text.startswith("toy lacks what a network must have: ")
    for failure in report.failures:
        assert f"'{failure.property}' fails at b ({failure.figure:.3g}, at most {failure.limit:.3g}" in text


def test_require_gives_the_report_where_all_is_well() -> None:
    assert require(toys.toy_model()).ok


def test_a_figure_that_is_no_number_fails() -> None:
    assert Finding("p", "s", 0.5, 0.5).passed
    assert not Finding("p", "s", 0.6, 0.5).passed
    assert not Finding("p", "s", float("nan"), 0.5).passed
    report = Report("m", (Finding("p", "one", 9.0, 1.0), Finding("p", "two", float("nan"), 1.0)))
    assert report.worst[0].site == "two"


def test_the_table_has_the_worst_of_what_holds_and_all_that_fails() -> None:
    findings = (
        Finding("sums", "one", 0.1, 1.0),
        Finding("sums", "two", 0.2, 1.0),
        Finding("cuts", "one", 3.0, 1.0, "target depth"),
        Finding("cuts", "two", 2.0, 1.0),
        Finding("cuts", "three", 0.0, 1.0),
        Finding("leaks", "", 0.0, 0.0),
    )
    report = Report("m", findings, 1.25)
    lines = [" ".join(line.split()) for line in str(report).splitlines()]
    assert lines == [
        "m: 2 of 6 findings FAILED (1.2 s)",
        "property site figure limit",
        "sums two 0.2 1 ok",
        "cuts one 3 1 FAILED: target depth",
        "cuts two 2 1 FAILED",
        "leaks everywhere 0 0 ok",
    ]
    assert len(report.table(every=True).splitlines()) == 7


def test_limits_can_be_given_by_property() -> None:
    assert not check(toys.toy_model(), limits={ROUGH_OUTPUTS: 0}).ok
    assert check(toys.toy_model(toys.RoughInHalf), limits={ROUGH_OUTPUTS: 1e3, ROUGH_SHARES: 1e3}).ok
    with pytest.raises(InputError, match="'sum' is no property"):
        check(toys.toy_model(), limits={"sum": 1})


def test_a_picture_that_lacks_an_input_gets_the_sentence_of_every_trace() -> None:
    colour = default_picture().colour
    with pytest.raises(IncompatibleInputError, match="needs a depth map"):
        check(toys.toy_model(), RGBDImage(colour=colour))


def test_a_given_picture_is_the_one_that_is_looked_at() -> None:
    """On black on black there is nothing but biases: one stream varies no more than the other."""
    first = check(toys.toy_model(toys.PartMissing))
    other = default_picture()
    assert other.colour is not None
    second = check(toys.toy_model(toys.PartMissing), RGBDImage(other.colour[::-1].copy(), other.depth))
    figures = [next(f.figure for f in r.failures if f.property == SUM) for r in (first, second)]
    assert figures[0] != figures[1]


@pytest.mark.parametrize("site", [toys.GoodSite, toys.CrashesInHalf, toys.CrashesWhenCut, toys.PartMissing])
def test_a_model_stays_as_it_was(site: type[toys.GoodSite]) -> None:
    model = toys.toy_model(site)
    model.precision = "bfloat16"
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    check(model)
    assert model.precision == "bfloat16"
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.network.modules()]
    assert sum(hooks) == 0
    assert not any(m.training for m in model.network.modules())


def test_what_a_network_leaves_in_a_context_stays_in_the_check() -> None:
    report = check(toys.toy_model(toys.LeavesAContext))
    assert AFTER_ERROR in {f.property for f in report.failures}
    assert toys.LeavesAContext.looking.get() is False


def test_a_model_in_bfloat16_is_checked_in_float32() -> None:
    """Its sums would be off by a hundredth."""
    model = toys.toy_model()
    model.precision = "bfloat16"
    assert check(model).ok


def test_an_error_in_one_of_several_threads_is_told_not_that_the_others_waited_for_it() -> None:
    failures = check(toys.toy_model(toys.CrashesWhenCut)).failures
    (found,) = [f for f in failures if f.property == THREADS and not f.site]
    assert found.note == "ZeroDivisionError: float division by zero"


def test_every_property_has_a_limit_that_can_be_kept() -> None:
    assert all(0 <= limit < 1 for limit in LIMITS.values())
