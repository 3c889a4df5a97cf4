"""The stack of changes: as an address, over pictures, in the panel, and the same numbers as in Python."""

from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
import pytest

import vizlab
from tests.page.page_process import LESS, NAMES, checkpoints, small_scenes
from vizlab.core.changes import Do, Set
from vizlab.errors import InputError
from vizlab.experiments.interventions.effect import intervene
from vizlab.page.change_panel import effect_words, panel
from vizlab.page.kit.analysis import Request
from vizlab.page.kit.changes import MOST, StackedChange, read, stack_of, written
from vizlab.page.link import Link
from vizlab.page.settings import Settings
from vizlab.page.status import status_line
from vizlab.page.workspace import Workspace
from vizlab.rgbd import RGBDImage

CEN = NAMES["cen"]
CUT = StackedChange("features.14.conv.1.1", "rgb", "depth", name="a, b! & 50 %")


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), scenes=small_scenes()))


def request(workspace: Workspace, **fields: object) -> Request:
    models = CEN, NAMES["nddr"]
    first = Request(workspace.scenes()[0], models=models, device="cpu", precision="float32", working_size=LESS)
    return replace(first, **fields)  # type: ignore[arg-type]


def test_an_address_brings_stacks_back() -> None:
    stacks = {
        CEN: (CUT, replace(CUT, by="scale", value=0.25, on=False), replace(CUT, by="scene", other="office")),
        "another": (StackedChange("s", by="set", value=0.05, other="threshold"),),
    }
    assert read(written(stacks)) == stacks
    assert Link.read("#" + urlencode({"scene": "bedroom", "do": written(stacks)})).changes == stacks
    assert read("nonsense,a!b," + written(stacks)) == stacks
    assert read("") == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"site": "s", "by": "explode"}, "A change by 'explode' is asked for"),
        ({"by": "cut"}, "at a site"),
        ("cut", "at a site"),
        ({"site": "s", "by": "scale", "value": "much"}, "is no number"),
    ],
)
def test_what_is_no_change_gets_a_sentence(given: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        stack_of([given])


def test_a_stack_has_an_end() -> None:
    with pytest.raises(InputError, match=f"at most {MOST}"):
        stack_of([CUT.to_dict()] * (MOST + 1))
    with pytest.raises(InputError, match="list"):
        stack_of({"site": "s"})


def test_what_the_page_keeps_is_what_python_does() -> None:
    picture = RGBDImage(np.zeros((8, 8, 3), np.uint8), None)

    def found(change: StackedChange) -> object:
        return change.change(lambda name: picture)

    assert found(CUT) == Do(CUT.site, "rgb", "depth", "cut")
    assert found(replace(CUT, source="", target="")) == Do(CUT.site, None, None, "cut")
    assert found(replace(CUT, by="scale", value=0.5)) == Do(CUT.site, "rgb", "depth", "scale", 0.5)
    scene = found(replace(CUT, by="scene", other="office"))
    assert isinstance(scene, Do)
    assert scene.other is picture
    assert found(StackedChange("s", by="set", value=0.1, other="threshold")) == Set("threshold", 0.1, "s")


def test_a_change_runs_its_network_and_says_what_it_did(workspace: Workspace) -> None:
    """Effects equal those of `vizlab.intervene`; the other network is not touched."""
    plain = workspace.analyse(request(workspace))
    changed = workspace.change(plain.key, CEN, (CUT,))
    assert changed.key != plain.key
    assert changed.traces[NAMES["nddr"]] is plain.traces[NAMES["nddr"]]
    assert list(changed.unchanged) == [CEN]
    assert changed.unchanged[CEN] is plain.traces[CEN]
    model = workspace.shelf.get(CEN)
    cut = vizlab.core.changes.cut(CUT.site, "rgb", "depth")
    effect = intervene(model, plain.picture.rgbd, [cut], truth=plain.picture.reference, working_size=LESS)
    kept = changed.effects[CEN]["semseg/ensemble"]
    assert kept.size == effect.kl > 0
    assert kept.share_flipped == effect.flipped
    said = effect_words(changed, CEN)
    assert f"KL {effect.kl:.3g} nats" in said
    before, after = kept.metrics["miou"]
    assert f"mIoU {100 * before:.3g} → {100 * after:.3g} %" in said
    assert "1 change in force" in status_line(changed)
    assert "threshold" not in status_line(changed).split("details")[0]


def test_changes_that_are_off_change_nothing_but_stay(workspace: Workspace) -> None:
    plain = workspace.analyse(request(workspace))
    off = workspace.change(plain.key, CEN, (CUT.toggled(False),))
    assert off.traces[CEN] is plain.traces[CEN]
    assert not off.unchanged
    assert off.request.changes[CEN] == (CUT.toggled(False),)
    assert effect_words(off, CEN) == "None is in force: the network is as it is."
    gone = workspace.change(off.key, CEN, ())
    assert gone.key == plain.key


def test_a_whole_run_with_changes_is_the_change_of_a_run(workspace: Workspace) -> None:
    """What a link asks for is what a click makes."""
    plain = workspace.analyse(request(workspace))
    clicked = workspace.change(plain.key, CEN, (CUT,))
    linked_request = request(workspace, changes={CEN: (CUT,)})
    assert workspace.key_of(linked_request) == clicked.key
    linked = Workspace(workspace.settings).analyse(linked_request)
    assert linked.effects[CEN]["semseg/ensemble"].size == clicked.effects[CEN]["semseg/ensemble"].size
    assert (linked.traces[CEN].predictions["semseg"].label == clicked.traces[CEN].predictions["semseg"].label).all()  # type: ignore[union-attr]


def test_a_change_that_cannot_be_gets_a_sentence(workspace: Workspace) -> None:
    plain = workspace.analyse(request(workspace))
    with pytest.raises(InputError, match="has no site 'nowhere'"):
        workspace.change(plain.key, CEN, (replace(CUT, site="nowhere"),))
    with pytest.raises(InputError, match="was not run"):
        workspace.change(plain.key, "another", (CUT,))


def test_the_panel_offers_what_there_is(workspace: Workspace) -> None:
    plain = workspace.analyse(request(workspace))
    nothing = panel(plain, None, {})
    assert "Click an edge or a site" in nothing
    clicked = {"network": CEN, "site": CUT.site, "target": "rgb", "source": None}
    here = panel(plain, clicked, {"office": "Office"})
    for by in ("cut", "mean", "scale", "scene", "set"):
        assert f'data-by="{by}"' in here
    assert 'data-target="rgb"' in here
    assert 'data-by="scene"' not in panel(plain, clicked, {})
    assert 'data-by="scene"' not in panel(plain, clicked, {workspace.scenes()[0]: "the one on show"})
    nddr = panel(plain, {"network": NAMES["nddr"], "site": "nddr.stage2", "target": "depth"}, {})
    assert nddr.count("<option") == 3  # two senders, and all others
    assert 'data-by="set"' not in nddr
    named = workspace.change(plain.key, CEN, (replace(CUT, name="<b>"),))
    assert "&lt;b&gt;" in panel(named, clicked, {})
    assert "<b>&" not in panel(named, clicked, {})
