"""Files of scenes and of rendered data sets are written whole or not at all, and a sentence says which was not."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.scenes.making import save_scene
from vizlab.scenes.rendering import Rendering
from vizlab.study.data.rendered import save_sample

FACTS = {"title": "Room", "kind": "office", "seed": 7, "spp": 1}
Write = Callable[[Rendering, Path], None]
WRITERS: dict[str, tuple[Write, tuple[str, ...]]] = {
    "scene": (
        lambda rendering, out: save_scene(rendering, out, FACTS),
        (
            "rgb.jpg",
            "texture.jpg",
            "light.jpg",
            "depth.png",
            "depth_exact.png",
            "label.png",
            "normals.png",
            "scene.json",
        ),
    ),
    "sample": (
        lambda rendering, out: save_sample(out, "a", rendering),
        ("rgb/a.jpg", "depth/a.png", "label40/a.png"),
    ),
}
"""What writes into a folder, and the files in their order."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("what", WRITERS)
def test_whichever_file_there_is_no_room_for_is_named_and_stays(
    what: str, rendering: Rendering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, names = WRITERS[what]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"before")
    sync = os.fsync
    for last, name in enumerate(names):
        left = [last]

        def full(descriptor: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match=f"'{Path(name).name}' cannot be written"):
            write(rendering, tmp_path)
        found = contents(tmp_path)
        assert set(found) == set(names)
        assert [found[one] == b"before" for one in names] == [place >= last for place in range(len(names))]


def test_a_folder_that_cannot_be_written_to_is_a_sentence(rendering: Rendering, tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(InputError, match="'taken' cannot be made"):
        save_scene(rendering, tmp_path / "taken", FACTS)
    with pytest.raises(InputError, match=r"'a\.jpg' cannot be written \(No such file or directory\)"):
        save_sample(tmp_path / "nowhere", "a", rendering)


def test_pictures_of_a_scene_have_the_bytes_that_opencv_writes_to_files(rendering: Rendering, tmp_path: Path) -> None:
    save_scene(rendering, tmp_path / "scene", FACTS)
    expected = tmp_path / "rgb.jpg", tmp_path / "depth.png"
    cv2.imwrite(str(expected[0]), np.ascontiguousarray(rendering.rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 92])
    cv2.imwrite(str(expected[1]), rendering.sensor_depth, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    for path in expected:
        assert (tmp_path / "scene" / path.name).read_bytes() == path.read_bytes()
