"""The fuzzer: that it changes files alike for one seed, that it notices what it should, and what it finds."""

import numpy as np
import pytest

from benchmarks.fuzz import child
from benchmarks.fuzz.mutate import mutate
from benchmarks.fuzz.parent import run
from benchmarks.fuzz.seeds import SIZE, checkpoints, pictures
from tests.rgbd.rgbd_files import picture, slope
from vizlab.errors import InputError, VizlabError
from vizlab.rgbd import Limits, read_rgbd
from vizlab.rgbd.opened import colour_of, depth_of, open_file


def test_one_seed_makes_one_file():
    data = picture(slope())
    assert mutate(data, np.random.default_rng((3, 5))) == mutate(data, np.random.default_rng((3, 5)))
    changed = [mutate(data, np.random.default_rng((3, number))) for number in range(50)]
    assert len(set(changed)) > 45


@pytest.mark.parametrize("kind", pictures())
def test_what_is_changed_is_readable_before(tmp_path, kind):
    """Else the changes would all meet the first refusal."""
    (tmp_path / "a").write_bytes(pictures()[kind])
    readings = 0
    for role, taken in (("colour", colour_of), ("depth", depth_of)):
        try:
            readings += len(taken(open_file(tmp_path / "a", role, Limits()))) > 0
        except InputError:
            continue
    assert readings


@pytest.mark.parametrize(
    ("raised", "fault"),
    [
        (VizlabError("All is well with this sentence."), ""),
        (VizlabError("No full stop"), "no sentence"),
        (VizlabError("Two\nlines."), "unprintable"),
        (VizlabError("x" * 1000 + "."), "a sentence of 1001 characters"),
        (KeyError("depth"), "KeyError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_a_reader_raises_is_judged(tmp_path, monkeypatch, raised, fault):
    def broken(**_):
        raise raised

    monkeypatch.setattr(child.vizlab, "read_rgbd", broken)
    assert str(child._read(tmp_path / "a", "picture: png", 0)["fault"]).startswith(fault)
    assert bool(child._read(tmp_path / "a", "picture: png", 0)["fault"]) == bool(fault)


def test_a_name_that_is_no_text_in_exr_is_survived(tmp_path):
    """Found by the fuzzer: the library's interface of streams ended the process at such a name."""
    (tmp_path / "a.exr").write_bytes(pictures()["exr"].replace(b"channels\x00", b"chan\xafels\x00"))
    with pytest.raises(InputError, match="starts like an OpenEXR file"):
        read_rgbd(depth=tmp_path / "a.exr")


def test_names_that_are_no_text_in_hdf5_are_survived(tmp_path):
    """Found by the fuzzer: h5py gives them as bytes."""
    (tmp_path / "a.h5").write_bytes(pictures()["hdf5"].replace(b"dataset\x00", b"data\xaf\xfft\x00"))
    assert read_rgbd(depth=tmp_path / "a.h5", depth_unit="m").size == SIZE


def test_a_chunk_of_two_gigabytes_is_not_made_room_for(tmp_path):
    """Found by the fuzzer: OpenCV did, in a file of a kilobyte."""
    whole = pictures()["png deep"]
    at = whole.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(whole[:at] + b"\x7f\xff\xff\xf0" + whole[at + 4 :])
    with pytest.raises(InputError, match="a chunk goes beyond the end of the file"):
        read_rgbd(tmp_path / "a.png")


@pytest.mark.fuzz
def test_two_thousand_files():
    outcome = run(range(2000), seed=0)
    assert outcome.faults == []
    assert outcome.verdicts.total() == 2000
    assert outcome.verdicts["read"] > 50  # else the changes are so wild that nothing deep is met
    assert outcome.most < 500e6


@pytest.mark.fuzz
def test_a_child_that_takes_too_long_is_ended_and_replaced():
    outcome = run(range(2), seed=0, seconds=1e-9)
    assert [fault[0] for fault in outcome.faults] == [0, 1]
    assert all("ended after" in fault[2] for fault in outcome.faults)


def test_the_checkpoints_start_as_containers_that_the_door_knows():
    assert {"own", "safetensors", "zip", "legacy"} <= set(checkpoints())
