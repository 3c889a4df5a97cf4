"""The bundled scenes, and their folder format. Needs no renderer."""

import builtins
import json
import subprocess
import sys

import numpy as np
import pytest

from vizlab.errors import InputError, VizlabError
from vizlab.scenes import NYU40_CLASSES, known_kinds, list_scenes, load_scene, render_scene
from vizlab.scenes.catalogue import CATALOGUE, Entry
from vizlab.scenes.path_tracing import load_mitsuba
from vizlab.tasks import VOID


def test_the_catalogue_is_what_is_bundled() -> None:
    assert list_scenes() == list(CATALOGUE)
    assert len(CATALOGUE) == 12


def test_no_room_is_bundled_twice() -> None:
    rooms = {(entry.kind, entry.seed) for entry in CATALOGUE.values()}
    assert len(rooms) == len(CATALOGUE)
    assert {kind for kind, _ in rooms} <= set(known_kinds())


@pytest.mark.parametrize("name", CATALOGUE)
def test_bundled_scene_was_rendered_as_the_catalogue_says(name: str) -> None:
    scene = load_scene(name)
    assert CATALOGUE[name] == Entry(scene.kind, scene.seed, scene.size, scene.spp)


def test_scenes_of_another_folder_follow_those_of_the_catalogue(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for name in ("attic", "office", "bedroom"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scene.json").write_text("{}")
    assert list_scenes(tmp_path) == ["bedroom", "office", "attic"]


@pytest.mark.parametrize("name", list_scenes())
def test_bundled_scene_is_consistent(name: str) -> None:
    scene = load_scene(name)
    assert scene.size == (480, 640)
    assert scene.rgb.shape == (480, 640, 3)
    assert scene.normals.shape == (480, 640, 3)
    assert scene.depth.shape == scene.sensor_depth.shape == scene.label.shape == scene.size
    assert np.isfinite(scene.depth).all()
    assert ((scene.label < len(NYU40_CLASSES)) | (scene.label == VOID)).all()
    assert {NYU40_CLASSES[index] for index in np.unique(scene.label) if index != VOID} == set(scene.classes)
    assert {"wall", "floor"} <= set(scene.classes)
    np.testing.assert_allclose(np.linalg.norm(scene.normals, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("name", list_scenes())
def test_bundled_sensor_depth_is_near_the_exact_depth(name: str) -> None:
    """Kinect v1 at 4 m: steps of 5 cm (Khoshelham and Elberink, 2012); edges are off by more."""
    scene = load_scene(name)
    error = np.abs(scene.sensor_depth - scene.depth)
    assert np.nanmedian(error) < 0.03
    assert 0.005 < np.isnan(scene.sensor_depth).mean() < 0.3


def test_bundled_scenes_stay_small() -> None:
    folders = {load_scene(name).folder for name in list_scenes()}
    assert sum(path.stat().st_size for folder in folders for path in folder.iterdir()) < 15e6


def test_unknown_scene_names_those_that_exist() -> None:
    with pytest.raises(InputError, match="no scene called 'attic'"):
        load_scene("attic")


def test_unknown_kind_names_those_that_exist(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"no bundled scene called 'attic'.*bedroom"):
        render_scene("attic", tmp_path)
    with pytest.raises(InputError, match="bedroom"):
        render_scene("mine", tmp_path, kind="attic")


def test_damaged_record_is_a_clear_error(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "scene.json").write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        load_scene("broken", tmp_path)


def test_loading_a_scene_imports_neither_the_renderer_nor_the_furniture() -> None:
    script = """if True:
        import json, sys
        import vizlab.scenes
        import vizlab.scenes.__main__
        vizlab.scenes.load_scene("bedroom").depth
        print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] in ("mitsuba", "drjit", "vizlab"))))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert not {"mitsuba", "drjit"} & set(loaded)
    ours = {name.removeprefix("vizlab.scenes.") for name in loaded if name.startswith("vizlab.scenes.")}
    assert ours == {"__main__", "catalogue", "library"}


def test_missing_renderer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_mitsuba(name, *rest):  # type: ignore[no-untyped-def]
        if name == "mitsuba":
            raise ImportError("no mitsuba")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "mitsuba", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_mitsuba)
    with pytest.raises(VizlabError, match=r"pip install"):
        load_mitsuba()
