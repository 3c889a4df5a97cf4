"""Files that announce more than they hold: refused before anything is allocated, in a sentence of bounded length."""

import io
import json
import pickle
import struct
import subprocess
import sys
import textwrap
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from tests.door.authors_files import filled_state, golden_facts
from vizlab.core.door import family_of, load_model
from vizlab.core.door.container import check_stored
from vizlab.core.door.header import HEADER_LIMIT, check_header
from vizlab.core.door.opcodes import PickleError, read_instructions
from vizlab.errors import CheckpointError

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
INTRO = MAGIC + b"\x80\x02M\xe9\x03." + pickle.dumps({"little_endian": True}, protocol=2)
"""What a file of torch before 1.6 begins with: a number, a version and the machine."""
LONGEST = 600
"""Characters of a sentence; a file's own words are 200 at most in each place that quotes them."""


def sentence(path):
    with pytest.raises(CheckpointError) as caught:
        load_model(path, "cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def as_archive(path, data):
    """The pickle as the entry of an archive that torch.save wrote."""
    torch.save({}, path)
    with zipfile.ZipFile(path) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, data if name.endswith("/data.pkl") else content)


def as_legacy(path, data):
    path.write_bytes(INTRO + data + pickle.dumps([], protocol=2))


def as_bare(path, data):
    path.write_bytes(data)


WRITTEN = {"archive": as_archive, "legacy": as_legacy, "bare": as_bare}

TEN_GIGABYTES = struct.pack("<q", 10**10)
CALLS = {
    "bytearray": b"cbuiltins\nbytearray\n\x8a\x08" + TEN_GIGABYTES + b"\x85R",
    "bytearray of Python 2": b"c__builtin__\nbytearray\n\x8a\x08" + TEN_GIGABYTES + b"\x85R",
    "bytearray by NEWOBJ": b"cbuiltins\nbytearray\n\x8a\x08" + TEN_GIGABYTES + b"\x85\x81",
    "a storage": b"ctorch.storage\nUntypedStorage\n\x8a\x08" + TEN_GIGABYTES + b"\x85R",
    "a typed storage": b"ctorch\nFloatStorage\n\x8a\x08" + TEN_GIGABYTES + b"\x85R",
    "a tensor": b"ctorch\nTensor\n\x8a\x08" + TEN_GIGABYTES + b"\x85R",
}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("what", CALLS)
def test_calls_that_allocate_are_refused_by_name(tmp_path, what, form):
    path = tmp_path / "a.pth"
    WRITTEN[form](path, b"\x80\x02}X\x01\x00\x00\x00a" + CALLS[what] + b"s.")
    message = sentence(path)
    assert "holds more than weights" in message
    assert "Nothing in it was run" in message
    assert any(name in message for name in ("bytearray", "Storage", "torch.Tensor"))


def test_what_calls_its_argument_gets_no_other_function(tmp_path):
    data = b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch.storage\nUntypedStorage\nctorch\nTensor\n\x8a\x08"
    as_archive(tmp_path / "a.pth", data + TEN_GIGABYTES + b"\x85NtR.")
    assert "calls what is no way to make a tensor" in sentence(tmp_path / "a.pth")
    tensor = torch.zeros(3)
    tensor.kept = 1  # an attribute: torch pickles such a tensor by that function
    torch.save({"nddr.a.layer.b": tensor}, tmp_path / "a.pth")
    assert "looks like an NDDR-CNN" in sentence(tmp_path / "a.pth")


def test_tensors_that_hold_nothing(tmp_path):
    torch.save({"nddr.a.layer.b": torch.zeros(3, device="meta")}, tmp_path / "a.pth")
    assert "_rebuild_meta_tensor_no_storage" in sentence(tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="not stored in full"):
        check_stored({"a": torch.zeros(3, device="meta")}, "a.pth")


def test_a_storage_larger_than_the_file(tmp_path):
    persistent = b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
    data = b"\x80\x02" + persistent + b"\x8a\x08" + struct.pack("<q", 10**9) + b"Nt" + b"Qt."
    for form in ("archive", "legacy"):
        WRITTEN[form](tmp_path / "a.pth", data)
        assert "announces 4,000,000,000 bytes of tensors, more than the file holds" in sentence(tmp_path / "a.pth")


def test_a_storage_of_less_than_nothing_makes_no_room(tmp_path):
    def storage(key, count):
        start = (
            b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00" + key + b"X\x03\x00\x00\x00cpu\x8a\x08"
        )
        return start + struct.pack("<q", count) + b"NtQt"

    as_archive(tmp_path / "a.pth", b"\x80\x02" + storage(b"0", -(10**9)) + storage(b"1", 10**9) + b"\x86.")
    assert "announces 4,000,000,000 bytes" in sentence(tmp_path / "a.pth")


def test_storages_are_counted_once():
    torch.save({"a": (x := torch.zeros(10)), "b": x[:5], "c": torch.zeros(3, dtype=torch.half)}, file := io.BytesIO())
    with zipfile.ZipFile(file) as archive:
        found = read_instructions(archive.read("archive/data.pkl"))
    assert found.announced == 10 * 4 + 3 * 2


def nested_tuples(levels):
    """A tuple of the same tuple twice, at every level: 2^levels when counted."""
    return b")" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(levels))


def test_tuples_that_contain_themselves_again_and_again(tmp_path):
    as_archive(tmp_path / "a.pth", b"\x80\x02}" + nested_tuples(60) + b"Ns.")
    assert "refers to itself too often" in sentence(tmp_path / "a.pth")
    as_archive(tmp_path / "a.pth", b"\x80\x02}" + nested_tuples(12) + b"Ns.")
    assert "holds a key that is no name" in sentence(tmp_path / "a.pth")


def test_a_set_of_heavy_tuples(tmp_path):
    members = nested_tuples(12) + b"q\xffh\xff" + b"h\xff" * 400
    as_archive(tmp_path / "a.pth", b"\x80\x02cbuiltins\nset\n](" + members + b"e\x85R.")
    assert "too often to be data" in sentence(tmp_path / "a.pth")


def test_text_in_a_slow_encoding(tmp_path):
    as_archive(tmp_path / "a.pth", b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x08\x00\x00\x00punycode\x86R.")
    assert "an encoding that torch.save does not write" in sentence(tmp_path / "a.pth")


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_other_protocols_are_said(tmp_path, protocol):
    torch.save({"a": torch.zeros(3)}, tmp_path / "a.pth", pickle_protocol=protocol)
    assert f"was pickled with protocol {protocol}, and torch reads weights of protocol 2 only" in sentence(
        tmp_path / "a.pth"
    )


def test_a_plain_pickle_is_said_to_be_one(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": [1, 2]}, protocol=2))
    assert "is a plain pickle, not a file that torch.save wrote" in sentence(tmp_path / "a.pkl")


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b".",
        b"h\x07.",
        b"t.",
        b"K\x01R.",
        b"NNu.",
        b"(N\x86.",
        b"(q\x00.",
        b"(Ne.",
        b"\xff.",
        b"X\xff\xff\xff\xffa.",
    ],
)
def test_damaged_instructions(rest):
    with pytest.raises(PickleError, match="truncated or damaged"):
        read_instructions(b"\x80\x02" + rest)


def test_names_are_taken_letter_by_letter():
    assert read_instructions(b"\x80\x02ca\\x62\n\xc3\xa4\\e\n.").names == {"a\\x62.ä\\e"}


@pytest.mark.parametrize(
    ("code", "name"), [(b"S'\\e'\n", "STRING"), (b"0", "POP"), (b"I1\n", "INT"), (b"\x94", "MEMOIZE")]
)
def test_instructions_that_torch_does_not_write(code, name):
    with pytest.raises(PickleError, match=f"an instruction \\({name}\\) that torch.save does not write"):
        read_instructions(b"\x80\x02" + code + b".")


def test_more_instructions_than_weights_have(monkeypatch):
    monkeypatch.setattr("vizlab.core.door.opcodes._INSTRUCTIONS", 100)
    read_instructions(b"\x80\x02" + b"N" * 90 + b".")
    with pytest.raises(PickleError, match="more instructions"):
        read_instructions(b"\x80\x02" + b"N" * 120 + b".")


def test_a_long_pickle_beside_the_weights(tmp_path, monkeypatch):
    monkeypatch.setattr("vizlab.core.door.pickled.STREAM_LIMIT", 10_000)
    torch.save({"log": ["x" * 20_000], "a": torch.zeros(3)}, tmp_path / "a.pth")
    assert "holds more beside its tensors than any file of weights" in sentence(tmp_path / "a.pth")


def test_entries_that_overlap(tmp_path):
    torch.save({"a": torch.zeros(3)}, tmp_path / "a.pth")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "a.pth", "a") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02N.")
    assert "entries overlap" in sentence(tmp_path / "a.pth")


def with_header(path, header, length=None):
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header)
    return path


@pytest.mark.parametrize(
    "header",
    [
        b'{"a":[' + b"[]," * 1000 + b"[]]}",  # as deep as a tensor's shape, but elsewhere
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"a":{"shape":[[1]]}}',
        b'{"a":{"b":{}}}',
        b'{"a"',
        b'{"a":"\\"[[[["',
        b'{"a":1}}',
    ],
)
def test_headers_that_no_tensors_have(tmp_path, header):
    assert "damaged safetensors header" in sentence(with_header(tmp_path / "a.safetensors", header))
    assert family_of(tmp_path / "a.safetensors") == ""


def test_a_header_of_more_than_megabytes(tmp_path):
    path = with_header(tmp_path / "a.safetensors", b'{"a":1' + b" " * HEADER_LIMIT + b"}")
    assert "a safetensors header of 8,000,007 bytes; at most 8,000,000 are read" in sentence(path)
    assert "cut off" in sentence(with_header(tmp_path / "b.safetensors", b'{"a":1}', 10**15))


def test_brackets_in_the_text_of_a_header_do_not_count(tmp_path):
    text = json.dumps({"deep": [[[{"q": '"]'}]]], "\\": "\\\\"})
    save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors", {"card": text, '"': '\\"[{['})
    check_header(tmp_path / "a.safetensors", "")


LONG = "x" * 100_000


def test_sentences_repeat_a_line_at_most(tmp_path, monkeypatch):
    path = tmp_path / "a.pth"
    for content in (
        {LONG: 1},
        {LONG: torch.zeros(1), f"{LONG}.b": torch.zeros(1)},
        {"nddr.conv.layer." + LONG: torch.zeros(1)},
        {"heads." + LONG + ".x": torch.zeros(1), "nddr.a.layer.b": torch.zeros(1)},
        {"model": {"conv2.insnorm_conv.insnorm_0.weight": torch.zeros(1)}, LONG: torch.zeros(1)},
    ):
        torch.save(content, path)
        assert len(sentence(path)) < LONGEST, content
    as_archive(path, f"\x80\x02c{LONG}\n{LONG}\n.".encode("latin1"))
    assert len(sentence(path)) < LONGEST


def test_misfits_of_any_name_are_cut(tmp_path):
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], prefix="")
    torch.save({**state, **{f"{i}.{LONG}": torch.zeros(2) for i in range(9)}}, tmp_path / "a.pth")
    assert len(sentence(tmp_path / "a.pth")) < LONGEST


@pytest.mark.parametrize(
    "header",
    [
        {"version": LONG},
        {"version": 1, "config": {"architecture": LONG, "tasks": ["semseg"], "inputs": ["rgb"], "normalisation": {}}},
        {"version": 1, "config": {LONG: 1, "normalisation": {}}},
        {
            "version": 1,
            "config": {"architecture": "cen-resnet50", "tasks": [LONG], "inputs": ["rgb"], "normalisation": {}},
        },
    ],
)
def test_sentences_about_own_files_repeat_a_line_at_most(tmp_path, header):
    save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors", {"vizlab": json.dumps(header)})
    assert len(sentence(tmp_path / "a.safetensors")) < LONGEST


MEASURED = """
    import resource, sys, time
    from pathlib import Path
    from vizlab.core.door import load_model
    from vizlab.errors import CheckpointError
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # megabytes on Linux
    for path in map(Path, sys.argv[1:]):
        before, start = peak(), time.perf_counter()
        try:
            load_model(path, "cpu")
            raise SystemExit(f"{path.name} was loaded")
        except CheckpointError:
            took, grown = time.perf_counter() - start, peak() - before
        if took > 5 or grown > 500:
            raise SystemExit(f"{path.name} took {took:.1f} s and {grown:.0f} MB")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in other units elsewhere")
def test_what_hostile_files_cost(tmp_path):
    """In a process of its own: a second and half a gigabyte, where readers without bounds took ten of each."""
    paths = [tmp_path / name for name in ("bare.pth", "archive.pth", "legacy.pth", "table.safetensors", "keys.pth")]
    for path, form in zip(paths, WRITTEN.values(), strict=False):
        form(path, b"\x80\x02" + CALLS["bytearray"] + b".")
    with_header(paths[3], b'{"a":[' + b"[]," * (HEADER_LIMIT // 3 - 10) + b"[]]}")
    as_archive(paths[4], b"\x80\x02}" + nested_tuples(60) + b"Ns.")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURED), *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
