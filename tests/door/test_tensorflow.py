"""TensorFlow checkpoints: values bit for bit, and a sentence for every kind of damage."""

import struct
import tracemalloc

import numpy as np
import pytest

from tests.door import tensorflow_files as written
from tests.door.authors_files import GOLDEN, tensorflow_value
from tests.door.tensorflow_files import entry, header, message, number, table, varint, write_checkpoint
from vizlab.core.door.container import read_file
from vizlab.core.door.weights import weight_sets
from vizlab.errors import CheckpointError

SAMPLE = GOLDEN / "tf_checkpoint_sample"
"""A set that TensorFlow itself wrote."""
STEP = "model.ckpt-20000"
LONGEST = 600
"""Characters of a sentence."""
rng = np.random.default_rng(0)
ARRAYS = {
    "a/weights": rng.normal(size=(1, 2, 3)).astype(np.float32),
    "a/weights/Momentum": np.zeros((1, 2, 3), np.float32),
    "a/biases": rng.normal(size=2),
    "b": np.array([-1, 2**31 - 1], np.int32),
    "counter": np.array(20000, np.int64),
}
KEPT = {name: array for name, array in ARRAYS.items() if not name.endswith("Momentum")}


def sentence(path):
    with pytest.raises(CheckpointError) as caught:
        read_file(path)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < LONGEST
    return said


def assert_equal(tensors, arrays):
    assert list(tensors) == sorted(arrays, key=str.encode)
    for name, array in arrays.items():
        found = tensors[name]
        assert found.numpy().dtype == array.dtype
        assert tuple(found.shape) == array.shape
        assert found.numpy().tobytes() == array.tobytes()


def test_a_set_that_tensorflow_wrote():
    found = read_file(SAMPLE / f"{STEP}.index").tensors
    assert len(found) == 13
    assert found.pop("counter").item() == 20000
    for name, tensor in found.items():
        assert np.array_equal(tensor.numpy(), tensorflow_value(name, tuple(tensor.shape)))


def test_our_writer_writes_what_tensorflow_wrote(tmp_path):
    """Values, and the one block of the index with all its entries; only the key after it is shorter in theirs."""
    arrays = {name: tensor.numpy() for name, tensor in read_file(SAMPLE).tensors.items()}
    trained = [name for name in arrays if name.endswith(("beta", "gamma", "biases"))]
    ours = write_checkpoint(tmp_path, arrays | {f"{name}/Momentum": np.zeros_like(arrays[name]) for name in trained})
    values = f"{STEP}.data-00000-of-00001"
    assert (tmp_path / values).read_bytes() == (SAMPLE / values).read_bytes()
    block = 669 + 5
    assert ours.read_bytes()[:block] == (SAMPLE / ours.name).read_bytes()[:block]


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
@pytest.mark.parametrize("block_size", [1, 100, 4096])
def test_what_was_written_is_read(tmp_path, shards, block_size):
    index = write_checkpoint(tmp_path, ARRAYS, shards=shards, block_size=block_size)
    assert_equal(read_file(index).tensors, KEPT)


def test_many_variables_in_many_blocks(tmp_path):
    arrays = {f"vgg_16_{i % 3}/conv{i}/BatchNorm/beta": rng.normal(size=i).astype(np.float32) for i in range(1, 300)}
    assert_equal(read_file(write_checkpoint(tmp_path, arrays, shards=4, block_size=600)).tensors, arrays)


def test_empty_variables_and_names_beyond_ascii(tmp_path):
    arrays = {"nichts": np.zeros((0, 3), np.float32), "größe": np.zeros((2, 0), np.int64), "z": np.float32(3)}
    assert_equal(read_file(write_checkpoint(tmp_path, arrays)).tensors, {k: np.asarray(v) for k, v in arrays.items()})


def test_tensors_may_be_written_to(tmp_path):
    tensors = read_file(write_checkpoint(tmp_path, ARRAYS)).tensors
    tensors["a/weights"].zero_()
    assert_equal(read_file(tmp_path).tensors, KEPT)


@pytest.mark.parametrize(
    "slot",
    [
        "a/weights/Momentum", "a/weights/Adam", "a/weights/Adam_1", "a/weights/RMSProp_1", "a/weights/Adagrad",
        "a/weights/ExponentialMovingAverage", "train/a/weights/Adam", "beta1_power", "train/beta2_power_1",
        "a/weights/of_my_own_optimiser",
    ],
)  # fmt: skip
def test_what_optimisers_remember_is_left_out(tmp_path, slot):
    index = write_checkpoint(tmp_path, {"a/weights": np.ones(3), "a/b": np.ones(2), slot: np.ones(3, np.float16)})
    assert list(read_file(index).tensors) == ["a/b", "a/weights"]


def test_names_pass_the_search_for_networks_unharmed(tmp_path):
    names = ["vgg_16_1_1/conv1/conv1_1/BatchNorm/beta", "nddr_1/nddr_1_n1/weights", "ema/module/weights", "counter"]
    arrays = {name: np.ones(2, np.int64) for name in names}
    (found,) = weight_sets(read_file(write_checkpoint(tmp_path, arrays)).tensors, lambda keys: set(keys) == set(names))
    assert (found.prefix, set(found.tensors), found.averaged) == ("", set(names), False)


PARTS = (".index", ".data-00000-of-00002", ".data-00001-of-00002")


def is_refused(index):
    """Whether it is, in a sentence; what is read otherwise must be the very values."""
    try:
        tensors = read_file(index).tensors
    except CheckpointError as err:
        return len(str(err)) < LONGEST
    assert_equal(tensors, KEPT)
    return False


@pytest.mark.parametrize("part", PARTS)
def test_every_byte_that_changes_is_found_or_changes_nothing(tmp_path, part):
    index = write_checkpoint(tmp_path, ARRAYS, shards=2, block_size=120)
    path = index.with_name(STEP + part)
    whole, found = path.read_bytes(), 0
    for place, byte in enumerate(whole):
        for other in (byte ^ 1 << place % 8, byte ^ 255):
            path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
            found += is_refused(index)
    # An empty block of remarks, zeros before the magic number and the values of the slot may change unseen.
    unread = {".index": 13 + 40, ".data-00000-of-00002": ARRAYS["a/weights/Momentum"].nbytes}.get(part, 0)
    assert found >= 2 * (len(whole) - unread) > 0


@pytest.mark.parametrize("part", PARTS)
def test_every_truncation_is_found(tmp_path, part):
    index = write_checkpoint(tmp_path, ARRAYS, shards=2, block_size=120)
    path = index.with_name(STEP + part)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert "truncated" in sentence(index)
    path.write_bytes(whole + b"\0")
    if part == ".index":
        assert "does not end as the index" in sentence(index)
    else:
        assert_equal(read_file(index).tensors, KEPT)


DATA = np.arange(6, dtype=np.float32).tobytes()
W = (b"w", entry(1, (2, 3), 0, 0, DATA))


def made(tmp_path, *items, start=(b"", header(1)), data=DATA):
    """A checkpoint with these entries in its index, and with these values."""
    (tmp_path / "a.data-00000-of-00001").write_bytes(data)
    (tmp_path / "a.index").write_bytes(table([start, *items]))
    return tmp_path / "a.index"


def with_entry(*fields):
    return (b"w", b"".join(fields))


CRC = varint(6 << 3 | 5) + struct.pack("<I", written.masked_crc(DATA))
SHAPE = message(2, message(2, number(1, 6)))
NUMBERS = number(1, 1) + number(5, 24) + CRC


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([W, W], "its names are not in order"),
        ([W, (b"v", W[1])], "its names are not in order"),
        ([(b"w" * 1001, W[1])], "a name of 1,001 bytes"),
        ([(b"\xff\xfe", W[1])], "a name is no text"),
        ([W, (b"x", entry(1, (1,), 0, 20, DATA[20:]))], "the values of variables overlap"),
        ([W, (b"x", entry(1, (6,), 0, 0, DATA))], "the values of variables overlap"),
        ([(b"w", entry(1, (2, 4), 0, 0, DATA))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(1, (), 0, 0, DATA))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(2, (2, 3), 0, 0, DATA))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(1, (-2, -3), 0, 0, DATA))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(1, (2**62, 0, 2**62), 0, 0, b""))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(1, (1,) * 38 + (6,), 0, 0, DATA))], "the shape of 'w' does not fit its bytes"),
        ([(b"w", entry(1, (2, 3), 0, 4, DATA))], "is truncated: it has 24 bytes, and 'w' ends at 28"),
        ([(b"w", entry(1, (2, 3), 1, 0, DATA))], "a variable lies in no file"),
        ([(b"w", entry(1, (2, 3), 2**64 - 1, 0, DATA))], "a variable lies in no file"),
        ([(b"w", entry(1, (2, 3), 0, 0, DATA, crc=1))], "the values of 'w' have not the checksum"),
        ([(b"w", entry(7, (2, 3), 0, 0, DATA))], "'w' as text; expected float32"),
        ([(b"w", entry(19, (2, 6), 0, 0, DATA))], "'w' as float16; expected float32"),
        ([(b"w", entry(99, (2, 3), 0, 0, DATA))], "'w' as type 99; expected float32"),
        ([(b"w", entry(0, (2, 3), 0, 0, DATA))], "'w' as type 0; expected float32"),
        ([(b"w", W[1] + message(7, b""))], "'w' in parts (a partitioned variable); save it whole"),
        ([(b"\0w-slice", W[1]), (b"w", W[1] + message(7, b""))], "'w' in parts"),
        ([with_entry(NUMBERS, message(2, number(3, 1)))], "a variable has no shape"),
        ([with_entry(NUMBERS, SHAPE[:-1])], "a field is cut off"),
        ([with_entry(NUMBERS, number(2, 6))], "field 2 is a number"),
        ([with_entry(NUMBERS, SHAPE, message(1, b"1"))], "field 1 is no number"),
        ([with_entry(NUMBERS, SHAPE, varint(8 << 3 | 3))], "a field is of no known kind"),
        ([with_entry(NUMBERS, SHAPE, varint(3 << 3), b"\xff" * 9 + b"\x7f")], "a number is cut off or too large"),
        ([with_entry(NUMBERS, SHAPE, varint(3 << 3), b"\xff" * 100)], "a number is cut off or too large"),
        ([with_entry(NUMBERS, SHAPE, varint(9 << 3 | 2), varint(2**63))], "a field is cut off"),
        ([with_entry(NUMBERS, SHAPE, message(9, bytes(20_000)))], "an entry is 20,"),
        ([], "names no variables of a network"),
        ([(b"w/Momentum", W[1])], "names no variables of a network"),
    ],
)
def test_entries_that_say_what_cannot_be(tmp_path, items, said):
    assert said in sentence(made(tmp_path, *items))


def test_fields_that_a_later_tensorflow_may_add_are_passed_over(tmp_path):
    further = number(20, 5) + message(21, b"x") + varint(22 << 3 | 1) + bytes(8) + varint(23 << 3 | 5) + bytes(4)
    assert_equal(
        read_file(made(tmp_path, with_entry(NUMBERS, SHAPE, further))).tensors, {"w": np.frombuffer(DATA, np.float32)}
    )


def test_tables_of_others(tmp_path):
    assert "a table of another program (LevelDB's format)" in sentence(made(tmp_path, start=(b"first", b"value")))
    (tmp_path / "a.index").write_bytes(table([]))
    assert "a table of another program" in sentence(tmp_path / "a.index")
    assert "big-endian" in sentence(made(tmp_path, W, start=(b"", header(1, big_endian=True))))


def first_format(path):
    tensors = b"".join(message(1, message(1, f"variable{i}".encode())) for i in range(2000))
    path.write_bytes(table([(b"", message(1, tensors)), (b"\0slice", bytes(100))]))


@pytest.mark.parametrize("name", [STEP, f"{STEP}.index", f"{STEP}-00000-of-00001"])
def test_the_first_format_is_said_to_be_it(tmp_path, name):
    first_format(tmp_path / name)
    assert "a checkpoint of TensorFlow before 0.12" in sentence(tmp_path / name)


@pytest.mark.parametrize("given", ["", "checkpoint", f"{STEP}.meta"])
def test_the_first_format_by_what_lies_beside_it(tmp_path, given):
    first_format(tmp_path / STEP)
    (tmp_path / f"{STEP}.meta").write_bytes(b"a graph")
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{STEP}"\n')
    assert sentence(tmp_path / given).startswith(
        f"{STEP}, which ends as the index of a TensorFlow checkpoint does, is a"
    )


def test_an_index_under_another_name(tmp_path):
    write_checkpoint(tmp_path, ARRAYS).rename(tmp_path / "weights.pth")
    assert "is the index of a TensorFlow checkpoint under another name" in sentence(tmp_path / "weights.pth")


def assembled(block, compression=0, handles=None):
    """A table of one block of data, as it is given; `handles` are those that the index block has."""
    start, handle = written.with_block(b"", block, compression)
    start, place = written.with_block(start, written.block(handles or [(b"w", handle)], 1))
    return start + written.footer(varint(0) * 2 + place)


def shared(own, key):
    return varint(own) + varint(len(key)) + varint(0) + key


RESTART = struct.pack("<II", 0, 1)
GOOD = written.block([(b"", header(1)), W])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (assembled(b"\x06\x1d" + GOOD, compression=1), "is compressed (snappy)"),
        (assembled(GOOD, compression=4), "is compressed (method 4)"),
        (assembled(GOOD, handles=[(b"w", varint(10**9) + varint(10))]), "a block lies beyond its end"),
        (assembled(GOOD, handles=[(b"w", varint(0) + varint(2**63))]), "a block lies beyond its end"),
        (assembled(GOOD, handles=[(b"w", b"\xff" * 11)]), "a number is cut off or too large"),
        (assembled(GOOD, handles=[(b"w", b"")]), "a number is cut off or too large"),
        (
            assembled(GOOD, handles=[(bytes([i]), varint(0) + varint(len(GOOD))) for i in range(9)]),
            "its blocks overlap",
        ),
        (assembled(shared(5, b"w") + RESTART), "a name or its entry is cut off"),
        (assembled(shared(0, b"") + shared(1, b"w") + RESTART), "a name or its entry is cut off"),
        (assembled(varint(0) + varint(10**12) + varint(0) + RESTART), "a name or its entry is cut off"),
        (assembled(varint(0) + varint(0) + varint(10**12) + RESTART), "a name or its entry is cut off"),
        (assembled(struct.pack("<I", 2**32 - 1)), "a block is too short"),
        (assembled(b"\0"), "a block is too short"),
        (assembled(b""), "a block is too short"),
        (written.footer(varint(0) * 4), "a block lies beyond its end"),
        (written.footer(b"\xff" * 40), "a number is cut off or too large"),
        (bytes.fromhex("57fb808b247547db"), "does not end as the index"),
        (bytes(100), "does not end as the index"),
        (b"", "does not end as the index"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04" + bytes(60), "does not end as the index"),
    ],
)
def test_tables_that_are_not_as_tables_are(tmp_path, content, said):
    index = made(tmp_path, W)
    index.write_bytes(content)
    assert said in sentence(index)


def test_a_table_that_is_read_whole():
    """What the cases above change."""
    assert assembled(GOOD)[: len(GOOD)] == table([(b"", header(1)), W])[: len(GOOD)]


def test_more_variables_than_any_network_has(tmp_path, monkeypatch):
    index = write_checkpoint(tmp_path, {f"v{i}": np.float32(i) for i in range(30)})
    monkeypatch.setattr("vizlab.core.door.tensorflow_index._KEYS", 31)  # the header is one of them
    assert len(read_file(index).tensors) == 30
    monkeypatch.setattr("vizlab.core.door.tensorflow_index._KEYS", 30)
    assert "names more than 30 variables" in sentence(index)


def test_nothing_is_made_that_the_files_do_not_hold(tmp_path):
    huge = with_entry(number(1, 1), message(2, message(2, number(1, 2**40))), number(5, 2**42), CRC)
    names = [(b"w" + bytes([65 + i // 60, 65 + i % 60]) + b"x" * 900, W[1]) for i in range(2000)]  # one text, shared
    handle = with_entry(b"w", varint(0) + varint(2**50))
    tracemalloc.start()
    sentence(made(tmp_path, huge))
    sentence(made(tmp_path, *names))
    (tmp_path / "a.index").write_bytes(assembled(GOOD, handles=[handle]))
    sentence(tmp_path / "a.index")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_values_of_another_step_are_found(tmp_path):
    for step, value in ((1, 0.5), (2, 1.5)):
        write_checkpoint(tmp_path / str(step), {"w": np.full(5, value, np.float32)}, prefix="m")
    values = "m.data-00000-of-00001"
    (tmp_path / "1" / values).write_bytes((tmp_path / "2" / values).read_bytes())
    assert "or belongs to another checkpoint" in sentence(tmp_path / "1")


def test_values_that_were_not_fetched(tmp_path):
    large = (b"w", entry(1, (2, 300), 0, 0, DATA * 100))
    index = made(
        tmp_path, large, data=b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 24\n"
    )
    assert "a.data-00000-of-00001 is a Git LFS pointer" in sentence(index)


def test_every_value_survives_as_it_is(tmp_path):
    """NaN with its bits, infinities, and the smallest numbers: nothing is computed on the way."""
    odd = np.array([0x7FC12345, 0x7F812345, 0xFF800000, 0x80000000, 1], np.uint32).view(np.float32)
    assert_equal(read_file(write_checkpoint(tmp_path, {"w": odd})).tensors, {"w": odd})
