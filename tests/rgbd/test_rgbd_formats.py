"""Depth in each container of numbers, told by what its definition says of order of rows, bytes and axes."""

import importlib
import struct
import zlib

import numpy as np
import pytest
import scipy.io
import tifffile

from tests.rgbd.rgbd_files import depth_in, exr, hdf5, picture, ros, saved, slope
from vizlab.errors import InputError
from vizlab.rgbd import Limits, read_rgbd
from vizlab.rgbd.formats import extra

FLOATS = slope(dtype="f4") / 1000


@pytest.mark.parametrize(("scale", "dtype"), [("-1.0", "<f4"), ("1.0", ">f4"), ("-2.5", "<f4")])
def test_pfm_keeps_its_bottom_row_first_and_its_byte_order_in_a_sign(tmp_path, scale, dtype):
    data = f"Pf\n7 5\n{scale}\n".encode() + FLOATS[::-1].astype(dtype).tobytes()
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), FLOATS)


def test_pfm_says_that_it_may_hold_disparities(tmp_path):
    (tmp_path / "d.pfm").write_bytes(b"Pf\n7 5\n-1\n" + FLOATS[::-1].tobytes())
    assert any("disparities" in warning for warning in read_rgbd(depth=tmp_path / "d.pfm").record.warnings)


@pytest.mark.parametrize("top", [4095, 10000, 65535])
def test_pgm_counts_are_kept_whatever_its_maximum(tmp_path, top):
    data = f"P5\n# a comment\n7 5\n{top}\n".encode() + slope().astype(">u2").tobytes()
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope())


def test_plain_pgm_is_numbers_in_words(tmp_path):
    lines = "\n".join(" ".join(map(str, row)) for row in slope())
    np.testing.assert_array_equal(depth_in(tmp_path / "d", f"P2\n7 5 # size\n9999\n{lines}\n".encode()), slope())


@pytest.mark.parametrize("dtype", ["f2", "f4", "u4"])
@pytest.mark.parametrize("name", ["Z", "Y", "R", "V"])
def test_exr_with_one_channel_is_depth_in_its_own_type(tmp_path, dtype, name):
    values = slope(dtype=dtype)
    found = depth_in(tmp_path / "d", exr(tmp_path, {name: values}))
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("name", ["Z", "depth.V", "ViewLayer.Depth.Z"])
def test_exr_depth_is_found_beside_colour(tmp_path, name):
    planes = {letter: np.full((5, 7), 0.5, np.float32) for letter in "RGB"}
    np.testing.assert_array_equal(depth_in(tmp_path / "d", exr(tmp_path, {**planes, name: FLOATS})), FLOATS)


def test_of_points_in_exr_z_is_read_and_questioned(tmp_path):
    (tmp_path / "d.exr").write_bytes(exr(tmp_path, {"X": FLOATS + 9, "Y": FLOATS + 5, "Z": FLOATS}))
    read = read_rgbd(depth=tmp_path / "d.exr", depth_unit="m")
    np.testing.assert_array_equal(read.depth, FLOATS)
    assert any("X, Y and Z of points" in warning for warning in read.record.warnings)


def test_exr_of_three_equal_channels_is_depth(tmp_path):
    data = exr(tmp_path, {letter: FLOATS for letter in "RGB"})
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), FLOATS)


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">u2"])
@pytest.mark.parametrize("name", ["dataset", "depth", "group/inner/whatever"])
def test_hdf5_with_one_fitting_array(tmp_path, dtype, name):
    data = hdf5({name: slope(dtype=dtype), "labels": np.zeros((2, 3, 4, 5), np.uint8), "K": np.eye(3)})
    found = depth_in(tmp_path / "d", data)
    np.testing.assert_array_equal(found, slope())
    assert found.dtype.isnative


def test_matlab_73_keeps_its_axes_in_reverse(tmp_path):
    data = hdf5({"depths": slope(dtype="f4").T[None]}, b"MATLAB 7.3 MAT-file")
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", ["f8", "f4", "u2", "i4"])
def test_matlab_5_as_scipy_writes_it(tmp_path, packed, dtype):
    """Structs, text, short names (packed into their tags) and complex numbers lie before it."""
    others = {
        "a": {"b": 1},
        "note": "text",
        "K": np.eye(3),
        "c": np.ones((5, 7)) * 1j,
        "cells": np.array([1, "x"], object),
    }
    data = saved(scipy.io.savemat, {**others, "depth": slope(dtype=dtype)}, do_compression=packed)
    found = depth_in(tmp_path / "d", data)
    np.testing.assert_array_equal(found, slope())
    assert found.dtype == dtype


def mat_element(kind: int, content: bytes) -> bytes:
    return struct.pack(">II", kind, len(content)) + content + bytes(-len(content) % 8)


def mat_matrix(height: int, width: int, numbers: bytes) -> bytes:
    """A double array named depths, its `numbers` stored as bytes, with big-endian tags."""
    flags, size = struct.pack(">II", 6, 0), struct.pack(">ii", height, width)
    parts = ((6, flags), (5, size), (1, b"depths"), (2, numbers))
    return mat_element(14, b"".join(mat_element(*part) for part in parts))


MAT_HEADER = b"MATLAB 5.0".ljust(124) + b"\x01\x00MI"


def test_matlab_5_may_store_numbers_in_a_smaller_type_and_the_other_byte_order(tmp_path):
    """MAT-File Format, "Automatic compression of numeric data"."""
    values = np.arange(1, 36, dtype="u1").reshape(5, 7)
    found = depth_in(tmp_path / "d", MAT_HEADER + mat_matrix(5, 7, values.tobytes(order="F")))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == "f8"


def test_of_nyus_arrays_the_depths_are_chosen_and_it_is_said(tmp_path):
    arrays = {"rawDepths": FLOATS + 1, "depths": FLOATS, "labels": slope(), "images": np.zeros((5, 7, 3), np.uint8)}
    path = tmp_path / "labelled.mat"
    path.write_bytes(saved(scipy.io.savemat, arrays))
    read = read_rgbd(path, path, depth_unit="m")
    np.testing.assert_array_equal(read.depth, FLOATS)
    assert read.colour.shape == (5, 7, 3)
    assert any("'depths' was read" in warning for warning in read.record.warnings)


def test_ros_counts_are_millimetres_by_their_convention(tmp_path):
    (tmp_path / "d").write_bytes(ros(slope()))
    read = read_rgbd(depth=tmp_path / "d")
    np.testing.assert_allclose(read.depth, slope() / 1000, rtol=1e-6)
    assert not any("guess" in warning for warning in read.record.warnings)


def test_ros_floats_are_inverse_depth_quantised_by_its_header(tmp_path):
    """compressed_depth_image_transport, codec.cpp: with q = 100 and 10 m, a = q (q + 1) and b = 1 - a / 10."""
    a, depth = 100 * 101.0, np.linspace(1, 9, 35).reshape(5, 7)
    b = 1 - a / 10
    stored = (a / depth + b).astype(np.uint16)
    stored[0, 0] = 0
    (tmp_path / "d").write_bytes(ros(stored, a, b))
    read = read_rgbd(depth=tmp_path / "d").depth
    assert np.isnan(read[0, 0])
    np.testing.assert_allclose(read.ravel()[1:], depth.ravel()[1:], rtol=0.01)


def test_colmap_maps_are_rows_of_floats(tmp_path):
    np.testing.assert_array_equal(depth_in(tmp_path / "d", b"7&5&1&" + FLOATS.tobytes()), FLOATS)
    (tmp_path / "d").write_bytes(b"7&5&3&" + 3 * FLOATS.tobytes())
    with pytest.raises(InputError, match="COLMAP map of 3 channels, such as its normal maps"):
        read_rgbd(depth=tmp_path / "d")


def test_sintel_depth_and_its_flow(tmp_path):
    """Both start alike; flow has two floats a pixel."""
    head = b"PIEH" + struct.pack("<ii", 7, 5)
    np.testing.assert_array_equal(depth_in(tmp_path / "d", head + FLOATS.tobytes()), FLOATS)
    (tmp_path / "d").write_bytes(head + 2 * FLOATS.tobytes())
    with pytest.raises(InputError, match="optical flow"):
        read_rgbd(depth=tmp_path / "d")


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u2", "i2", "i4"])
def test_tiff_of_every_type_and_byte_order(tmp_path, byteorder, dtype):
    values = slope(dtype=byteorder + dtype)
    data = saved(tifffile.imwrite, values, byteorder=byteorder)
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope(dtype=dtype))


def test_planes_of_a_tiff_are_not_taken_for_pixels(tmp_path):
    planes = np.stack([slope(), slope() + 1, slope() + 2, slope() + 5000])
    data = saved(tifffile.imwrite, planes, photometric="rgb", planarconfig="separate", extrasamples=["unspecified"])
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope() + 5000)


@pytest.mark.parametrize("shape", [(1, 1, 5, 7), (1, 5, 7), (5, 7, 1), (1, 5, 7, 1)])
@pytest.mark.parametrize("dtype", [">f8", "<u2", ">i4"])
def test_arrays_with_axes_of_length_one(tmp_path, shape, dtype):
    data = saved(np.save, slope(dtype=dtype).reshape(shape))
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope())


def test_the_field_of_depth_of_a_structured_array(tmp_path):
    values = np.zeros((5, 7), [("rgb", "u1", 3), ("depth", ">f4"), ("conf", "f4")])
    values["depth"], values["rgb"] = FLOATS, 9
    (tmp_path / "d").write_bytes(saved(np.save, values))
    read = read_rgbd(tmp_path / "d", tmp_path / "d", depth_unit="m")
    np.testing.assert_array_equal(read.depth, FLOATS)
    assert (read.colour == 9).all()


@pytest.mark.parametrize("name", ["depth", "depth_map", "Depths", "frame_depth", "data"])
def test_the_depth_among_the_arrays_of_an_npz(tmp_path, name):
    others = {"rgb": np.zeros((5, 7, 3), np.uint8), "K": np.eye(3), "confidence": FLOATS + 1, "x": FLOATS[:3]}
    np.testing.assert_array_equal(depth_in(tmp_path / "d", saved(np.savez, **others, **{name: FLOATS})), FLOATS)


def test_a_stack_of_maps_is_refused_as_one(tmp_path):
    views = {"depth": np.ones((4, 5, 7)), "conf": np.ones((4, 5, 7)), "intrinsics": np.eye(3)}
    with pytest.raises(InputError, match="'depth' in d has the shape 4x5x7, as 4 maps on top of one another"):
        depth_in(tmp_path / "d", saved(np.savez, **views))


BOMBS = {
    "pfm": b"Pf\n90000 90000\n-1\n",
    "pgm": b"P5\n90000 90000\n65535\n",
    "colmap": b"90000&90000&1&",
    "sintel": b"PIEH" + struct.pack("<ii", 90000, 90000),
    "negative sintel": b"PIEH" + struct.pack("<ii", -7, -5),
    "hdf5": hdf5({"depth": np.zeros((1, 1), "f4")}, chunks=(1, 1), maxshape=(90000, 90000)).replace(
        struct.pack("<QQ", 1, 1), struct.pack("<QQ", 90000, 90000), 1
    ),
}


@pytest.mark.parametrize("case", BOMBS)
def test_what_announces_too_much_is_refused_before_it_is_unpacked(tmp_path, case):
    with pytest.raises(InputError):
        depth_in(tmp_path / "d", BOMBS[case] + bytes(100))


def test_a_matlab_variable_is_measured_before_it_is_unpacked(tmp_path):
    packed = zlib.compress(mat_matrix(10, 10, bytes(10_000_000)))
    (tmp_path / "d").write_bytes(MAT_HEADER + struct.pack(">II", 15, len(packed)) + packed)
    with pytest.raises(InputError, match="unpacks to"):
        read_rgbd(depth=tmp_path / "d", limits=Limits(max_pixels=10_000))


def test_hdf5_is_not_followed_to_other_files(tmp_path):
    """External storage could name any file of the machine, whose bytes would then be shown as depth."""
    import h5py

    (tmp_path / "secret").write_bytes(bytes(range(1, 71)))
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("depth", (5, 7), "u2", external=[(str(tmp_path / "secret"), 0, 70)])
    with pytest.raises(InputError, match="0 arrays"):
        read_rgbd(depth=tmp_path / "d.h5")


@pytest.mark.parametrize(
    ("package", "data"),
    [
        ("OpenEXR", b"\x76\x2f\x31\x01"),
        ("h5py", b"\x89HDF\r\n\x1a\n"),
        ("pillow-heif", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
        ("tifffile", saved(tifffile.imwrite, slope(dtype="f2"))),
    ],
)
def test_without_its_library_the_extra_is_named(tmp_path, monkeypatch, package, data):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(extra.importlib, "import_module", missing)
    with pytest.raises(InputError, match=rf"needs the package {package}.*vizlab\[formats\]"):
        depth_in(tmp_path / "d", data)
    assert importlib is extra.importlib


DAMAGED = {
    "pfm": b"Pf\n7 5\n-1\n" + bytes(50),
    "pgm": b"P5\n7 5\n65535\n" + bytes(50),
    "pgm without a maximum": b"P5\n7 5\n0\n" + bytes(70),
    "plain pgm": b"P2\n7 5\n65535\n1 2 x 4",
    "colmap": b"7&5&1&" + bytes(50),
    "sintel": b"PIEH" + struct.pack("<ii", 7, 5) + bytes(50),
    "hdf5": hdf5({"depth": slope()})[:900],
    "matlab": saved(scipy.io.savemat, {"depth": slope()})[:150],
    "ros": ros(slope())[:60],
    "exr": b"\x76\x2f\x31\x01" + bytes(60),
    "avif": b"\x00\x00\x00\x18ftypavif" + bytes(60),
    "bmp": picture(np.zeros((4, 4, 3), np.uint8), "BMP")[:40],
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_called_so(tmp_path, case):
    role = "colour" if case in ("avif", "bmp") else "depth"
    (tmp_path / "given").write_bytes(DAMAGED[case])
    with pytest.raises(InputError, match=r"starts like .* cut off(,| or) damaged"):
        read_rgbd(**{role: tmp_path / "given"})
