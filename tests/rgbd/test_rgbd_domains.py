"""Further pictures of a scene: what follows from colour and depth, by closed forms; files and arrays of any size."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.geometry import assumed_intrinsics
from vizlab.rgbd import DERIVATIONS, Limits, ReadRecord, RGBDImage, derivable, derive, read_rgbd, with_domains
from vizlab.rgbd.derived import depth_picture, edges_picture, normals_picture, occlusion_picture, shading_picture

SIZE = (60, 80)


def plane(normal: tuple[float, float, float], distance: float = 2.0) -> np.ndarray:
    """Depth HxW of the plane n . p = -distance, seen by the assumed camera."""
    camera = assumed_intrinsics(SIZE)
    v, u = np.indices(SIZE)
    ray = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(SIZE)], axis=-1)
    return (-distance / (ray @ np.array(normal))).astype(np.float32)


SLANTED = tuple(np.array([0.36, -0.48, -0.8]))


def test_depth_is_the_published_logarithm() -> None:
    depth = np.full(SIZE, 2.0, np.float32)
    depth[:, 40:] = 5.0
    depth[:5] = np.nan  # filled from below
    found = depth_picture(depth)
    assert found.shape == (*SIZE, 3)
    assert (found[:, :40] == round(255 * np.log(1 + 1024) / 11.1)).all()
    assert (found[:, 40:] == round(255 * np.log(1 + 2560) / 11.1)).all()


def test_normals_of_a_plane_are_its_own_everywhere() -> None:
    found = normals_picture(plane(SLANTED)).astype(int)
    # (x, -y, -z) from -1..1 to 0..255: right red, up green, the camera blue.
    expected = np.round((np.array([0.36, 0.48, 0.8]) + 1) / 2 * 255)
    assert np.abs(found - expected).max() <= 3


@pytest.mark.parametrize(
    ("light", "lit"), [((0, 0, -1), 0.8), ((0, -3, 0), 0.48), ((0, 1, 0), 0.0), ((0.36, -0.48, -0.8), 1.0)]
)
def test_shading_is_lamberts_cosine(light: tuple[float, float, float], lit: float) -> None:
    found = shading_picture(plane(SLANTED), light).astype(float)
    assert np.abs(found - 255 * lit).max() <= 3


def test_light_needs_a_direction() -> None:
    with pytest.raises(InputError, match="direction"):
        shading_picture(plane(SLANTED), (0, 0, 0))


def test_edges_grow_with_the_step_and_turn_with_the_picture() -> None:
    colour = np.full((*SIZE, 3), 20, np.uint8)
    colour[:, 40:] += 51
    colour[30:, 40:] += 51
    found = edges_picture(colour)[..., 0].astype(int)
    # A blurred step s has s * (F(1.5) - F(-0.5)) = 0.62 s between the pixels beside it, F the normal distribution.
    assert found[10, 40] == found[10, 39] == pytest.approx(255 * 0.2 * 0.62 / 0.31, abs=3)
    assert found[50, 40] == pytest.approx(2 * found[10, 40], abs=2)
    assert found[30, 70] == pytest.approx(found[10, 40], abs=2)
    assert not found[:, :35].any()
    assert np.array_equal(edges_picture(np.ascontiguousarray(colour.transpose(1, 0, 2)))[..., 0].T, found)


def test_occlusion_is_where_depth_jumps_and_not_where_it_slants() -> None:
    assert not occlusion_picture(plane(SLANTED))[2:-2, 2:-2].any()
    depth = np.full(SIZE, 2.0, np.float32)
    depth[:, 40:] = 2.2
    found = occlusion_picture(depth)[..., 0]
    # |1/2.2 - 1/2| * 2 = 0.0909, of 0.2 that are white.
    assert (found[:, 39] == round(255 * (1 - 2 / 2.2) / 0.2)).all()
    assert not found[:, :38].any()
    assert not found[:, 42:].any()


def test_what_a_picture_lacks_cannot_be_derived() -> None:
    colour = RGBDImage(np.zeros((*SIZE, 3), np.uint8))
    assert derivable(colour) == ("colour", "edges")
    with pytest.raises(InputError, match="Shading cannot be derived: the picture has no depth map"):
        derive(colour, "shading")
    with pytest.raises(InputError, match="expected one of colour, depth"):
        derive(colour, "albedo")
    assert derivable(RGBDImage(colour.colour, plane(SLANTED))) == tuple(DERIVATIONS)


def test_domains_are_part_of_the_picture() -> None:
    rgbd = RGBDImage(np.zeros((*SIZE, 3), np.uint8), plane(SLANTED))
    made = with_domains(rgbd, {"light": "shading", "texture": np.full(SIZE, 7, np.uint8)})
    assert made.modalities == ("rgb", "depth", "light", "texture")
    assert np.array_equal(made.domains["light"], derive(rgbd, "shading"))
    assert (made.domains["texture"] == 7).all()
    assert made.domains["texture"].shape == (*SIZE, 3)
    assert made.digest != rgbd.digest
    assert with_domains(made, {"light": np.zeros(SIZE, np.uint8)}).digest != made.digest
    assert made.record.domains["texture"] == "array"
    assert "Lambert" in made.record.domains["light"]
    assert ReadRecord.from_dict(made.record.to_dict()) == made.record
    with pytest.raises(ValueError, match="read-only"):
        made.domains["texture"][0] = 1
    with pytest.raises(TypeError):
        made.domains["more"] = made.domains["texture"]  # type: ignore[index]


def write(path: Path, size: tuple[int, int], grey: int) -> Path:
    cv2.imwrite(str(path), np.full((*size, 3), grey, np.uint8))
    return path


def test_files_alone_make_a_picture_of_the_size_of_the_first(tmp_path: Path) -> None:
    first, second = write(tmp_path / "t.png", SIZE, 9), write(tmp_path / "l.png", (121, 161), 200)
    rgbd = read_rgbd(domains={"texture": first, "light": second})
    assert rgbd.colour is None
    assert rgbd.size == rgbd.domains["light"].shape[:2] == SIZE
    assert (rgbd.domains["light"] == 200).all()
    assert rgbd.record.domains == {"texture": "t.png", "light": "l.png"}
    assert rgbd.record.warnings == (
        "The picture for 'light' was scaled from 161x121 to 80x60, the size of the others.",
    )


def test_large_files_are_scaled_down_together(tmp_path: Path) -> None:
    files = {name: write(tmp_path / f"{name}.png", (200, 300), 1) for name in ("a", "b")}
    rgbd = read_rgbd(domains=files, limits=Limits(max_kept_pixels=15_000))
    assert rgbd.size == (100, 150)
    assert len(rgbd.record.warnings) == 2


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ({"light": (60, 60)}, "another shape"),
        ({"rgb": SIZE}, "no further domain; give it as the colour picture"),
        ({"a b": SIZE}, "names no domain"),
        ({f"d{i}": SIZE for i in range(9)}, "expected 8 at most"),
    ],
)
def test_what_cannot_be_a_domain(tmp_path: Path, domains: dict[str, tuple[int, int]], words: str) -> None:
    rgbd = RGBDImage(np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(InputError, match=words):
        with_domains(rgbd, {name: np.zeros(size, np.uint8) for name, size in domains.items()})


def test_no_picture_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(InputError, match=r"notes\.png"):
        read_rgbd(domains={"light": tmp_path / "notes.png"})
    with pytest.raises(InputError, match="no picture to derive"):
        read_rgbd(domains={"light": "shading"})
    with pytest.raises(InputError, match="No file was given"):
        read_rgbd(domains={})
    with pytest.raises(InputError, match=r"is 3x2 but the picture is 80x60"):
        RGBDImage(np.zeros((*SIZE, 3), np.uint8), domains={"a": np.zeros((2, 3, 3), np.uint8)})
