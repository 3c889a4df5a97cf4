"""An archive holds all that a run needs and comes out equal; an altered number is found; nothing hostile is opened."""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import vizlab
from tests.conftest import make_model
from tests.door.tensorflow_files import write_checkpoint
from vizlab.cli import app
from vizlab.core.door import file_hash, load_model, save_checkpoint
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, VizlabError
from vizlab.report import Material, replay, write_archive
from vizlab.report import opening as opening_module
from vizlab.report.comparing import compared
from vizlab.report.opening import open_archive
from vizlab.report.replaying import Replayed, find_checkpoints
from vizlab.rgbd import RGBDImage

Edit = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkpoints in a folder that is not the bundled one."""
    place = tmp_path_factory.mktemp("networks")
    for family in ("cen", "nddr-cnn"):
        model = make_model(family)
        save_checkpoint(place / f"{family}.safetensors", model.network, model.config, {"licence": "none"})
    return place


@pytest.fixture(scope="module")
def run(folder: Path, small_rgbd: RGBDImage) -> Material:
    """Both networks, CEN at another threshold beside its own, NDDR-CNN at another working size."""
    cen, nddr = (load_model(folder / f"{name}.safetensors", "cpu", precision="float32") for name in ("cen", "nddr-cnn"))
    traces = {
        "cen": vizlab.trace(cen, small_rgbd, threshold=0.7),
        "nddr-cnn": vizlab.trace(nddr, small_rgbd, working_size=(64, 96)),
    }
    return Material(traces, small_rgbd, own={"cen": vizlab.trace(cen, small_rgbd)}, cards={"cen": cen.card})


@pytest.fixture(scope="module")
def archive(run: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(run, tmp_path_factory.mktemp("archive") / "analysis.zip")


def edited(archive: Path, target: Path, edit: Edit) -> Path:
    """The archive with other contents."""
    with zipfile.ZipFile(archive) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    edit(files)
    with zipfile.ZipFile(target, "w") as whole:
        for name, data in files.items():
            whole.writestr(name, data)
    return target


def with_number(files: dict[str, bytes], array: str, change: Callable[[np.ndarray], None], mend: bool) -> None:
    """One array of the first trace changed; `mend` also writes its new hash, as a careful forger would."""
    with np.load(io.BytesIO(files["traces/0.npz"]), allow_pickle=False) as found:
        arrays = {key: found[key].copy() for key in found.files}
    change(arrays[array])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    files["traces/0.npz"] = buffer.getvalue()
    if mend:
        facts = json.loads(files["analysis.json"])
        facts["files"]["traces/0.npz"] = hashlib.sha256(files["traces/0.npz"]).hexdigest()
        files["analysis.json"] = json.dumps(facts).encode()


def test_every_number_comes_out_equal_to_the_last_bit(archive: Path, folder: Path, run: Material) -> None:
    found = replay(archive, [folder])
    assert found.status == "bit-equal", found.lines
    assert [one.name for one in found.networks] == ["cen", "nddr-cnn", "cen (own setting)"]
    numbers = sum(array.size for t in run.every_trace.values() for array in vizlab.core.trace.arrays_of(t).values())
    assert f"all {numbers:,} numbers of 3 networks" in found.verdict


def test_what_is_in_the_archive_is_what_was_read(archive: Path, run: Material) -> None:
    stored = open_archive(archive)
    assert stored.altered == ()
    rgbd = stored.inputs["cen"]
    np.testing.assert_array_equal(rgbd.colour, run.rgbd.colour)  # type: ignore[union-attr]
    np.testing.assert_array_equal(rgbd.depth, run.rgbd.depth)  # type: ignore[union-attr]
    facts = stored.facts
    assert facts["networks"][0]["settings"]["threshold"] == 0.7
    assert facts["networks"][2]["settings"]["threshold"] == 0.02
    assert facts["networks"][0]["checkpoint"] == run.traces["cen"].model.checkpoint_hash
    assert facts["networks"][0]["environment"]["precision"] == "float32"
    with zipfile.ZipFile(archive) as whole:
        assert b"CEN (Wang et al." in whole.read("citation.txt")


def test_two_archives_of_one_analysis_are_the_same_bytes(archive: Path, run: Material, tmp_path: Path) -> None:
    again = write_archive(run, tmp_path / "again.zip")
    assert archive.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("mend", [False, True], ids=["hash left", "hash mended"])
def test_one_altered_number_is_found_named_and_measured(
    archive: Path, folder: Path, tmp_path: Path, mend: bool
) -> None:
    site = "features.14.conv.1.1"

    def change(share: np.ndarray) -> None:
        share[1, 0] += 0.25

    path = edited(archive, tmp_path / "a.zip", lambda files: with_number(files, f"sites|{site}|share", change, mend))
    found = replay(path, [folder])
    assert found.status == "differs"
    assert found.altered == (() if mend else ("traces/0.npz",))
    assert found.verdict.startswith(f"differs: cen, sites {site} share: 1 of 4 numbers differ, by 0.25 at most")
    assert [one.status for one in found.networks] == ["differs", "bit-equal", "bit-equal"]
    done = CliRunner().invoke(app, ["replay", str(path), "--model", str(folder)])
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == found.verdict


def test_the_last_bit_of_one_number_is_enough_on_the_same_machine(archive: Path, folder: Path, tmp_path: Path) -> None:
    def change(values: np.ndarray) -> None:
        values[3, 4] = np.nextafter(values[3, 4], np.float32(2))

    key = "predictions|semseg|confidence"
    path = edited(archive, tmp_path / "a.zip", lambda files: with_number(files, key, change, True))
    found = replay(path, [folder])
    assert found.status == "differs"
    assert found.networks[0].differences[0].count == 1


def test_a_last_bit_is_within_tolerance_where_a_version_is_another(
    archive: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(values: np.ndarray) -> None:
        values[3, 4] = np.nextafter(values[3, 4], np.float32(2))

    key = "predictions|semseg|confidence"
    path = edited(archive, tmp_path / "a.zip", lambda files: with_number(files, key, change, True))
    monkeypatch.setattr("vizlab.report.replaying.machine", lambda: {"processor": "another"})
    found = replay(path, [folder])
    assert found.status == "within tolerance"
    assert found.elsewhere[0].startswith("processor: ")
    assert found.elsewhere[0].endswith(", now another")
    assert "the rounding of another machine or version (processor)" in found.verdict


def trace_with(trace: FusionTrace, change: Callable[[np.ndarray], np.ndarray]) -> FusionTrace:
    prediction = trace.predictions["depth"]
    moved = replace(prediction, value=change(prediction.value.copy()))  # type: ignore[union-attr,type-var]
    return replace(trace, predictions={**trace.predictions, "depth": moved})


def test_tolerance_is_a_thousandth_of_the_root_mean_square_in_float32(nddr_trace: FusionTrace) -> None:
    depth = nddr_trace.predictions["depth"].value  # type: ignore[union-attr]
    size = np.sqrt((depth.astype(float) ** 2).mean())
    near = compared("n", nddr_trace, trace_with(nddr_trace, lambda v: v + np.float32(0.0009 * size)))
    far = compared("n", nddr_trace, trace_with(nddr_trace, lambda v: v + np.float32(0.0011 * size)))
    assert (near.status, far.status) == ("within tolerance", "differs")
    assert near.differences[0].relative == pytest.approx(0.0009, rel=1e-2)

    def spike(values: np.ndarray) -> np.ndarray:
        values[0, 0] += 0.05 * size  # 0.0005 of the root mean square over all, but a visible error at one pixel
        return values

    assert compared("n", nddr_trace, trace_with(nddr_trace, spike)).status == "differs"


def test_static_weights_have_no_tolerance(nddr_trace: FusionTrace) -> None:
    site = next(iter(nddr_trace.sites.values()))
    weights = {
        key: value + np.float32(1e-6) if value.dtype.kind == "f" else value for key, value in site.weights.items()
    }
    other = replace(nddr_trace, sites={**nddr_trace.sites, site.site.name: replace(site, weights=weights)})
    assert compared("n", nddr_trace, other).status == "differs"


def test_unknown_stays_unknown(cen_trace: FusionTrace) -> None:
    site = list(cen_trace.sites.values())[-1]
    share = site.share.copy()  # type: ignore[union-attr]
    share[0] = np.nan
    gone = replace(cen_trace, sites={**cen_trace.sites, site.site.name: replace(site, share=share)})
    assert compared("n", gone, gone).status == "bit-equal"
    assert compared("n", cen_trace, gone).status == "differs"


def test_another_setting_is_no_rounding(run: Material) -> None:
    found = compared("cen", run.traces["cen"], run.own["cen"])
    assert "the settings differ" in found.other
    assert Replayed((found,), ("torch: 2.10, now 2.11",)).status == "differs"


def test_checkpoints_are_found_by_hash_and_their_absence_is_one_sentence(
    archive: Path, folder: Path, run: Material, tmp_path: Path
) -> None:
    renamed = tmp_path / "other-name.safetensors"
    renamed.write_bytes((folder / "cen.safetensors").read_bytes())
    digest = run.traces["cen"].model.checkpoint_hash
    assert find_checkpoints([digest], [tmp_path])[digest] == renamed
    with pytest.raises(InputError, match=r"The checkpoint of cen \(SHA-256 \w{16}…\) is not among"):
        replay(archive)
    with pytest.raises(InputError, match="no checkpoint or folder"):
        replay(archive, [tmp_path / "nowhere"])


def test_a_checkpoint_of_several_files_is_found_by_any_of_them(tmp_path: Path) -> None:
    index = write_checkpoint(tmp_path / "run", {"w": np.zeros(3, np.float32)}, "model.ckpt-9", shards=2)
    write_checkpoint(tmp_path / "run", {"w": np.ones(3, np.float32)}, "model.ckpt-8")
    (tmp_path / "run" / "alone.index").write_bytes(b"an index without values")
    digest = file_hash(index)
    for given in ("", "run", "run/model.ckpt-9", "run/model.ckpt-9.data-00001-of-00002"):
        assert find_checkpoints([digest], [tmp_path / given]) == {digest: index}


def test_what_a_network_was_given_travels_where_it_is_not_the_picture(
    folder: Path, tmp_path: Path, small_rgbd: RGBDImage
) -> None:
    """A network that saw predicted depth: the archive holds that depth, not the picture's."""
    model = load_model(folder / "cen.safetensors", "cpu", precision="float32")
    stand_in = RGBDImage(small_rgbd.colour, np.full((90, 120), 2.5, np.float32))
    colour = RGBDImage(small_rgbd.colour)
    found = Material({"cen": vizlab.trace(model, stand_in)}, colour, shown={"cen": stand_in})
    path = write_archive(found, tmp_path / "a.zip")
    assert (open_archive(path).inputs["cen"].depth == 2.5).all()  # type: ignore[operator]
    assert replay(path, [folder]).status == "bit-equal"
    with pytest.raises(InputError, match="The picture that cen was given is not at hand"):
        write_archive(Material(found.traces, None), tmp_path / "b.zip")


# What anybody may send.


def put(name: str, data: bytes) -> Edit:
    def edit(files: dict[str, bytes]) -> None:
        files[name] = data

    return edit


def huge_png(files: dict[str, bytes]) -> None:
    """A PNG whose header announces 60000 x 60000 pixels."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "png")
    data = bytearray(picture.getvalue())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    files["inputs/0.png"] = bytes(data)


def npy(kind: str, shape: tuple[int, ...], body: bytes = b"") -> bytes:
    """An array file of which nothing but the header need be true."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    padded = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + body


def nested(member: bytes) -> Edit:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        inner.writestr("meta.npy", member)
    return put("traces/0.npz", buffer.getvalue())


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], object), allow_pickle=True)
    return buffer.getvalue()


HOSTILE: dict[str, tuple[Edit, str]] = {
    "climbs out": (put("../../etc/cron.d/x", b"x"), "belongs in no analysis"),
    "absolute": (put("/etc/passwd", b"x"), "belongs in no analysis"),
    "a program": (put("traces/run.py", b"x"), "belongs in no analysis"),
    "no facts": (lambda files: files.pop("analysis.json") and None, "'analysis.json' is missing"),
    "facts are a list": (put("analysis.json", b"[]"), "does not say what it should"),
    "facts are no JSON": (put("analysis.json", b"{"), "cannot be replayed"),
    "another format": (put("analysis.json", b'{"format": 99}'), "its format is 99, expected 1"),
    "deep JSON": (put("analysis.json", b"[" * 100_000), "cannot be replayed"),
    "no trace": (lambda files: files.pop("traces/0.npz") and None, "is missing"),
    "a trace that is text": (put("traces/0.npz", b"not a zip"), "not a zip file"),
    "a pickled array": (nested(pickled()), "objects, which are never opened"),
    "an array of petabytes": (nested(npy("<f8", (10**6, 10**9))), "announces"),
    "a picture of gigapixels": (huge_png, "larger than what is opened"),
    "depth of gigapixels": (put("inputs/0.npy", npy("<f4", (99_999, 99_999))), "announces"),
    "depth of text": (put("inputs/0.npy", npy("<U4", (1, 1), b"x" * 16)), "depth is"),
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_sentence(archive: Path, tmp_path: Path, how: str) -> None:
    edit, why = HOSTILE[how]
    path = edited(archive, tmp_path / "x.zip", edit)
    with pytest.raises(InputError, match=why) as caught:
        open_archive(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_module, "MOST_BYTES", 1_000_000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("analysis.json", b" " * 900_000)
        whole.writestr("README.txt", b" " * 900_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        open_archive(path)


def test_a_nested_bomb_counts_against_the_same_bytes(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("meta.npy", b"\0" * 60_000_000)
    path = edited(archive, tmp_path / "x.zip", put("traces/0.npz", buffer.getvalue()))
    monkeypatch.setattr(opening_module, "MOST_BYTES", 50_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        open_archive(path)


def test_a_link_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    about = zipfile.ZipInfo("inputs/0.png")
    about.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as whole:
        whole.writestr(about, b"/etc/passwd")
    with pytest.raises(InputError, match="link or a folder"):
        open_archive(path)


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + b"\0" * 18, b"\x89PNG\r\n", b"PK\x03\x04" + b"\xff" * 60])
def test_what_is_no_archive_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"'x\.zip' cannot be replayed"):
        open_archive(path)


def test_every_cut_of_an_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    path = tmp_path / "cut.zip"
    for end in np.linspace(1, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="cannot be replayed"):
            open_archive(path)


def test_the_command_says_one_line_and_json(archive: Path, folder: Path) -> None:
    done = CliRunner().invoke(app, ["replay", str(archive), "--model", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["status"] == "bit-equal"


def test_an_array_whose_header_is_no_python_is_refused_here_and_by_load_trace(archive: Path, tmp_path: Path) -> None:
    def edit(files: dict[str, bytes]) -> None:
        files["traces/0.npz"] = zipped({"meta.npy": npy("<f8", (1,)).replace(b"{'descr'", b"{('descr")})

    with pytest.raises(InputError, match="cannot be replayed"):
        open_archive(edited(archive, tmp_path / "x.zip", edit))
    (tmp_path / "trace.npz").write_bytes(zipped({"meta.npy": npy("<f8", (1,)).replace(b"{'descr'", b"{('descr")}))
    with pytest.raises(VizlabError, match="is not a vizlab trace"):
        vizlab.load_trace(tmp_path / "trace.npz")


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        for name, data in files.items():
            whole.writestr(name, data)
    return buffer.getvalue()
