"""Image translation on the page, without a browser: slots, runs, what is refused, and what stays."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vizlab
import vizlab.scenes
from tests.page.building import build_page
from tests.page.page_process import CEN, random_checkpoint, scenes
from vizlab.core.config import METRES, SIGNED, NetworkConfig
from vizlab.errors import InputError
from vizlab.page.api import Endpoints
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Request
from vizlab.page.page import TRANSLATION, Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.tab_translation import MOST, NONE, SCENE, SHOWN, UPLOAD
from vizlab.page.translating import Translating
from vizlab.page.translation_panels import output_panels
from vizlab.page.workspace import Workspace
from vizlab.rgbd import derive, read_rgbd, with_domains
from vizlab.views.formatting import percent
from vizlab.views.layers import picture_layers

SIZE = (64, 96)
TWO, THREE, PLAIN = "light-and-texture", "rgb-depth-and-edges", "classes-of-rgb-and-depth"


def config(*inputs: str) -> NetworkConfig:
    normal = {name: METRES if name == "depth" else SIGNED for name in inputs}
    return NetworkConfig(
        "cen-pix2pix", ("image",), inputs, working_size=SIZE, normalisation=normal, options={"filters": 4}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two translation networks of random weights, and one of another task."""
    made = tmp_path_factory.mktemp("translation")
    random_checkpoint(made / f"{TWO}.safetensors", config("texture", "light"))
    random_checkpoint(made / f"{THREE}.safetensors", config("rgb", "depth", "edges"))
    random_checkpoint(made / f"{PLAIN}.safetensors", replace(CEN, working_size=SIZE))
    return made


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Workspace:
    return Workspace(Settings(checkpoints=folder, scenes=scenes()))


@pytest.fixture(scope="module")
def translating(page: Page, workspace: Workspace) -> Translating:
    return Translating(page, workspace, Handlers(page, workspace))


@pytest.fixture(scope="module")
def opened(page: Page, workspace: Workspace) -> str:
    """The key of the first scene, as a visitor finds it."""
    return Handlers(page, workspace).opening("", "voc")[page.key]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pictures of one size, one of half of it, one of another shape, and a text."""
    made, random = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    sizes = {"t.png": SIZE, "l.png": SIZE, "p.png": SIZE, "half.png": (32, 48), "square.png": (64, 64)}
    for name, size in sizes.items():
        cv2.imwrite(str(made / name), random.integers(0, 256, (*size, 3), np.uint8))
    (made / "notes.png").write_text("no picture")
    return {path.name: str(path) for path in made.iterdir()}


def values(network: str, photograph: tuple[str, str | None], *streams: tuple[str, str | None]) -> list[Any]:
    """What the tab's components hold."""
    slots = [*streams, *[(UPLOAD, None)] * (MOST - len(streams))]
    return [network, *photograph, *(value for slot in slots for value in slot)]


def translate(translating: Translating, key: str | None, given: Sequence[Any]) -> dict[Any, Any]:
    how = ("voc", "cpu", "own", "float32")
    return translating.translate(None, lambda *told: None, key, Shown(TRANSLATION), *how, *given)  # type: ignore[arg-type]


def text(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_what_takes_more_than_a_sensor_gives_is_offered_but_not_run_unasked(
    page: Page, workspace: Workspace, opened: str
) -> None:
    assert workspace.shelf.translators(workspace.shelf.shipped()) == {
        TWO: ("texture", "light"),
        THREE: ("rgb", "depth", "edges"),
    }
    assert list(workspace.get(opened).traces) == [PLAIN]
    assert page.controls.models.value == [PLAIN]


def test_asked_for_without_its_pictures_it_names_the_tab(workspace: Workspace, opened: str) -> None:
    request = workspace.get(opened).request
    both = workspace.analyse(replace(request, models=(TWO, PLAIN)))
    why = both.skipped[TWO]
    assert "takes texture and light" in why
    assert "give pictures for texture and light in the tab “Translation”." in why
    assert "domains=" not in why


def test_without_such_a_network_the_tab_says_what_it_needs(folder: Path, tmp_path: Path) -> None:
    name = f"{PLAIN}.safetensors"
    (tmp_path / name).symlink_to(folder / name)
    alone = Workspace(Settings(checkpoints=tmp_path, scenes=scenes()))
    page = build_page(alone)
    updates = Translating(page, alone, Handlers(page, alone)).open(None, Shown(), alone.shelf.shipped())
    assert updates[page.translation.body]["visible"] is False
    assert "Add a checkpoint" in page.translation.empty.value


def test_slots_follow_the_network_and_stay_as_they_were_set(page: Page, translating: Translating, opened: str) -> None:
    tab = page.translation
    first = translating.open(opened, Shown(), (TWO, THREE))
    labels = [first[slot.source]["label"] for slot in tab.slots[:2]]
    assert labels == ["texture", "light"]
    assert [first[slot.column]["visible"] for slot in tab.slots] == [True, True, False, False]
    assert [first[slot.source]["value"] for slot in tab.slots[:2]] == [SCENE, SCENE]
    again = translating.open(opened, first[page.shown], (TWO, THREE))
    assert tab.slots[0].source not in again
    other = translating.choose(opened, again[page.shown], THREE)
    assert [other[slot.column]["visible"] for slot in tab.slots] == [True, True, True, False]
    assert [other[slot.source]["value"] for slot in tab.slots[:3]] == [SHOWN, SHOWN, "edges"]
    assert translating.open(opened, other[page.shown], (TWO, THREE))[tab.network]["value"] == THREE


def test_a_visitors_own_network_is_offered_to_him_alone(
    page: Page, workspace: Workspace, translating: Translating, tmp_path: Path
) -> None:
    mine = workspace.shelf.add_upload(random_checkpoint(tmp_path / "mine.safetensors", config("a", "b", "c", "d")))
    assert mine in translating.open(None, Shown(), (TWO, mine))[page.translation.network]["choices"]
    assert mine not in translating.open(None, Shown(), (TWO,))[page.translation.network]["choices"]


def test_derived_pictures_give_what_python_gives(
    page: Page, workspace: Workspace, translating: Translating, opened: str, folder: Path
) -> None:
    updates = translate(translating, opened, values(TWO, (SHOWN, None), ("colour", None), ("shading", None)))
    analysis = workspace.get(updates[page.key])
    trace = analysis.trace_of(TWO)
    scene = workspace.scene_picture(analysis.request.scene).rgbd
    rgbd = vizlab.RGBDImage(
        scene.colour, scene.depth, domains={name: derive(scene, how) for name, how in analysis.request.derived.items()}
    )
    model = vizlab.load_model(folder / f"{TWO}.safetensors", "cpu", precision="float32")
    expected = vizlab.trace(model, rgbd)
    assert trace.input_digest == expected.input_digest == rgbd.digest
    for name in ("image/texture", "image/light", "image/ensemble"):
        np.testing.assert_array_equal(trace.predictions[name].value, expected.predictions[name].value)  # type: ignore[union-attr]
    assert updates[page.controls.models]["value"] == [TWO]
    assert analysis.picture.rgbd.record.domains["light"].startswith("derived: a matt white scene")


def test_files_alone_are_a_scene_of_their_own(
    page: Page, workspace: Workspace, translating: Translating, opened: str, files: dict[str, str]
) -> None:
    given = values(TWO, (NONE, None), (UPLOAD, files["t.png"]), (UPLOAD, files["half.png"]))
    updates = translate(translating, opened, given)
    analysis = workspace.get(updates[page.key])
    assert analysis.picture.title == "t.png + half.png"
    assert analysis.picture.rgbd.size == SIZE
    assert analysis.picture.rgbd.colour is None
    assert "scaled from 48x32 to 96x64" in analysis.warnings[0]
    assert "L1" not in text(updates[page.translation.results])
    layers = {layer.key: layer for layer in picture_layers(analysis.picture.rgbd, None)}
    read = read_rgbd(files["t.png"]).colour
    np.testing.assert_array_equal(layers["picture|domain texture"].values, read)
    for place in page.places:  # none of them needs a photograph
        page.draw(Shown(place), analysis, "voc")
    workspace.documents.manifest(analysis.key)


def test_a_photograph_of_ones_own_is_what_answers_are_held_against(
    page: Page, workspace: Workspace, translating: Translating, opened: str, files: dict[str, str]
) -> None:
    streams = (UPLOAD, files["t.png"]), (UPLOAD, files["l.png"])
    updates = translate(translating, opened, values(TWO, (UPLOAD, files["p.png"]), *streams))
    analysis = workspace.get(updates[page.key])
    photograph = read_rgbd(files["p.png"]).colour
    assert photograph is not None
    answer = analysis.trace_of(TWO).predictions["image/ensemble"].value  # type: ignore[union-attr]
    off = answer.astype(float) - photograph
    said = f"L1 {100 * np.abs(off).mean() / 255:.1f} %, PSNR {20 * np.log10(255 / np.sqrt((off**2).mean())):.1f} dB"
    panels = output_panels(analysis.picture.rgbd, analysis.trace_of(TWO))
    assert list(panels) == ["texture", "light", "all together", "photograph"]
    assert panels["all together"].caption == said
    assert panels["light"].caption.startswith("weight 0.50; L1 ")
    np.testing.assert_array_equal(panels["all together"].image, answer)
    assert said in updates[page.translation.results]
    assert updates[page.controls.colour] == files["p.png"]


def test_what_was_exchanged_stands_in_the_table(
    page: Page, workspace: Workspace, translating: Translating, opened: str
) -> None:
    updates = translate(translating, opened, values(TWO, (SHOWN, None), ("edges", None), ("normals", None)))
    trace, said = workspace.get(updates[page.key]).trace_of(TWO), text(updates[page.translation.results])
    assert len(trace.sites) == 6
    for site in trace.sites.values():
        for target in range(2):
            count = int(site.weights["exchanged"][target].sum())
            share = percent(float(site.share[target, 1 - target]))  # type: ignore[index]
            assert f"{share} · {count} of {site.site.channels} channels are exchanged here." in said


def test_a_stream_of_colour_or_depth_takes_that_of_the_picture_or_a_file(
    page: Page, workspace: Workspace, translating: Translating, opened: str, files: dict[str, str]
) -> None:
    streams = (SHOWN, None), (SHOWN, None), ("edges", None)
    updates = translate(translating, opened, values(THREE, (SHOWN, None), *streams))
    analysis = workspace.get(updates[page.key])
    assert analysis.request.scene == workspace.scenes()[0]
    assert list(analysis.request.domains) == ["edges"]
    assert "L1" not in text(updates[page.translation.results])  # it saw the photograph
    own = translate(translating, opened, values(THREE, (SHOWN, None), (UPLOAD, files["t.png"]), *streams[1:]))
    assert "needs a depth map" in own[page.message]


WRONG = {
    "another shape": ((NONE, None), (UPLOAD, "t.png"), (UPLOAD, "square.png")),
    "notes.png is a text file": ((NONE, None), (UPLOAD, "t.png"), (UPLOAD, "notes.png")),
    "no picture for light yet": ((NONE, None), (UPLOAD, "t.png"), (UPLOAD, None)),
    "no photograph yet": ((UPLOAD, None), (UPLOAD, "t.png"), (UPLOAD, "l.png")),
    "for light needs a photograph": ((NONE, None), (UPLOAD, "t.png"), ("shading", None)),
    "Shading cannot be derived: the picture has no depth map": (
        (UPLOAD, "p.png"), (UPLOAD, "t.png"), ("shading", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_run_is_said_and_changes_nothing(
    page: Page, translating: Translating, opened: str, files: dict[str, str], words: str
) -> None:
    given = [(source, files.get(file or "")) for source, file in WRONG[words]]
    updates = translate(translating, opened, values(TWO, *given))
    assert words in text(updates[page.message]).replace("&#x27;", "'")
    assert set(updates) == {page.message, page.controls.progress}


def test_what_a_stream_would_get_is_shown_before_anything_runs(
    page: Page, translating: Translating, opened: str, files: dict[str, str]
) -> None:
    seen = translating.look(opened, *values(TWO, (SHOWN, None), (UPLOAD, files["t.png"]), ("shading", None)))
    assert [("<img" in seen[slot.seen]) for slot in page.translation.slots] == [True, True, False, False]
    assert "t.png" in seen[page.translation.slots[0].seen]
    wrong = translating.look(opened, *values(TWO, (SHOWN, None), (UPLOAD, files["notes.png"]), ("shading", None)))
    assert "is a text file" in wrong[page.translation.slots[0].seen]
    assert "<img" in wrong[page.translation.slots[1].seen]
    assert "shading, in place of light" in wrong[page.translation.slots[1].seen]


def test_a_file_that_is_looked_at_keeps_to_the_limits(
    page: Page, translating: Translating, opened: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = replace(translating._workspace.settings, max_megapixels=1e-6)
    monkeypatch.setattr(translating._workspace, "settings", bound)
    seen = translating.look(opened, *values(TWO, (SHOWN, None), (UPLOAD, files["t.png"]), ("shading", None)))
    assert "--max-megapixels" in seen[page.translation.slots[0].seen]


def test_the_next_picture_keeps_what_is_derived_and_no_file(
    page: Page, workspace: Workspace, translating: Translating, opened: str, files: dict[str, str], tmp_path: Path
) -> None:
    scene = workspace.scene_picture(workspace.scenes()[0]).rgbd
    cv2.imwrite(str(tmp_path / "own.png"), np.zeros((*scene.size, 3), np.uint8))
    given = values(TWO, (SHOWN, None), (UPLOAD, str(tmp_path / "own.png")), ("shading", None))
    key = translate(translating, opened, given)[page.key]
    handlers, how = Handlers(page, workspace), ["cpu", "own", "auto", False, None, lambda *told: None]
    names = [TWO, PLAIN]
    first, *_, last = workspace.scenes()
    same = handlers.pick_scene(json.dumps(first), key, Shown(), "voc", names, *how)
    assert set(workspace.get(same[page.key]).traces) == set(names)
    plain = handlers.pick_scene(json.dumps(first), key, Shown(), "voc", names[1:], *how)
    assert not workspace.get(plain[page.key]).request.domains
    other = workspace.get(handlers.pick_scene(json.dumps(last), key, Shown(), "voc", names, *how)[page.key])
    if last != first:
        assert other.request.domains == {"light": "shading"}
        assert "takes texture and light" in other.skipped[TWO]


def test_a_link_brings_back_what_was_derived(
    page: Page, workspace: Workspace, translating: Translating, opened: str
) -> None:
    key = translate(translating, opened, values(TWO, (SHOWN, None), ("edges", None), ("shading", None)))[page.key]
    mark = page.stage.render(workspace.get(key))[page.stage.document]
    domains = re.search('data-domains="([^"]*)"', mark)
    assert domains is not None
    scene = workspace.scenes()[0]
    link = f"#scene={scene}&networks={TWO}&domains={domains[1]},rgb:colour,x:albedo"
    back = workspace.get(Handlers(page, workspace).opening(link, "voc")[page.key])
    assert back.request.domains == {"texture": "edges", "light": "shading"}
    assert list(back.traces) == [TWO]


def test_the_endpoint_takes_files_and_what_is_derived(workspace: Workspace, files: dict[str, str]) -> None:
    ask, how = Endpoints(workspace).analyse, {"models": [TWO], "device": "cpu", "precision": "float32"}
    domains = {"texture": "t.png", "light": "edges"}
    found = ask(colour=files["p.png"], domains=domains, pictures=[files["t.png"]], **how)
    rgbd = read_rgbd(files["p.png"], domains={"texture": files["t.png"], "light": "edges"})
    assert found["picture"]["digest"] == rgbd.digest
    assert found["picture"]["modalities"] == ["rgb", "texture", "light"]
    assert list(found["models"]) == [TWO]
    alone = ask(domains={"texture": "t.png", "light": "l.png"}, pictures=[files["t.png"], files["l.png"]], **how)
    assert alone["picture"]["title"] == "t.png + l.png"


@pytest.mark.parametrize("domains", [{"light": "/etc/hostname"}, {"light": "albedo"}, {"light": 3}, ["light"]])
def test_the_endpoint_reads_no_file_that_was_not_sent(
    workspace: Workspace, files: dict[str, str], domains: Any
) -> None:
    for pictures in (None, [files["t.png"]]):
        with pytest.raises(InputError, match=r"expected the name of a file among pictures|no mapping of names"):
            Endpoints(workspace).analyse(domains=domains, pictures=pictures, models=[TWO], device="cpu")
    with pytest.raises(InputError, match="no picture to derive shading from"):
        workspace.analyse(Request(domains={"light": "shading"}, models=(TWO,), device="cpu"))


def test_a_scene_s_own_pictures_go_into_the_streams_that_are_called_like_them(
    page: Page, workspace: Workspace, translating: Translating, folder: Path
) -> None:
    rich, poor = (
        workspace.analyse(Request(scene=name, models=(PLAIN,), device="cpu")).key for name in ("kitchen", "office")
    )
    offered = {key: translating.open(key, Shown(), (TWO,)) for key in (rich, poor)}
    taken = {
        key: [found[slot.source]["value"] for slot in page.translation.slots[:2]] for key, found in offered.items()
    }
    assert taken == {rich: [SCENE, SCENE], poor: ["colour", "shading"]}
    given = values(TWO, (SHOWN, None), (SCENE, None), (SCENE, None))
    updates = translate(translating, rich, given)
    trace = workspace.get(updates[page.key]).trace_of(TWO)
    scene = vizlab.scenes.load_scene("kitchen")
    rgbd = with_domains(workspace.scene_picture("kitchen").rgbd, scene.domain_paths)
    expected = vizlab.trace(vizlab.load_model(folder / f"{TWO}.safetensors", "cpu", precision="float32"), rgbd)
    np.testing.assert_array_equal(trace.predictions["image"].value, expected.predictions["image"].value)  # type: ignore[union-attr]
    own = translating.look(rich, *given)
    assert ["<img" in own[slot.seen] for slot in page.translation.slots[:2]] == [True, True]
    seen = translating.look(poor, *given)
    assert "has no light of its own" in text(seen[page.translation.slots[1].seen])
    assert "has no texture and light of its own" in text(translate(translating, poor, given)[page.message])
