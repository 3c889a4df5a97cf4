"""What torch.save wrote, as objects: looked through first, then read by torch's weights-only reader."""

import pickle
import threading
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import torch

from vizlab.core.door.names import refused, stand_ins
from vizlab.core.door.opcodes import STREAM_LIMIT, Instructions, PickleError, read_instructions
from vizlab.errors import CheckpointError, one_line

# torch keeps the allow-list in a global that its context manager restores: two threads must not overlap in it.
_unpickling = threading.Lock()

# Before version 1.6 torch.save wrote five pickles in a row, the first of them this number; the weights are the fourth.
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES = 5
_SAVE_AGAIN = "Save its state dict alone with torch.save."


def read_archive(path: Path, expected: str) -> Any:
    """The object in an archive that torch.save wrote; raises CheckpointError, saying what was `expected`."""
    _check_entries(path, expected)
    try:
        reader = torch._C.PyTorchFileReader(
            str(path)
        )  # the very bytes torch will read, whatever else the archive holds
        data = reader.get_record("data.pkl")
    except RuntimeError as err:
        raise _damaged(path, err) from err
    return _unpickle(path, [_looked_through(path, data, 0)])


def read_legacy(path: Path) -> Any:
    """The object in a file that torch.save wrote before version 1.6; raises CheckpointError for any other pickle."""
    with path.open("rb") as file:
        data = file.read(STREAM_LIMIT)
    if not data.startswith(_LEGACY):
        _refuse_other_pickle(path, data)
    found: list[Instructions] = []
    for _ in range(_LEGACY_PICKLES):
        found.append(_looked_through(path, data, found[-1].end if found else 0))
    return _unpickle(path, found)


def _check_entries(path: Path, expected: str) -> None:
    """Raise CheckpointError unless the archive is what torch.save writes, and no larger unpacked than it is."""
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as err:
        raise CheckpointError(f"{name} is a truncated or damaged archive; copy or download it again.") from err
    names = [entry.filename for entry in entries]
    if not any(n.endswith("/data.pkl") for n in names):
        raise CheckpointError(f"{name} is {_other_archive(names)}; {expected}.")
    if any(n.endswith("/constants.pkl") for n in names):
        raise CheckpointError(f"{name} is a TorchScript program, not weights; {expected}.")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        # torch.save never compresses, and a compressed archive could unpack to any size.
        raise CheckpointError(f"{name} is a compressed archive; {expected}. Save it again with torch.save.")
    if max(e.file_size for e in entries if e.filename.endswith("/data.pkl")) > STREAM_LIMIT:
        raise _more_than_weights(name, "it holds more beside its tensors than any file of weights")
    if len(set(names)) < len(names) or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise CheckpointError(f"{name} is a damaged archive: its entries overlap; copy or download it again.")


def _other_archive(names: list[str]) -> str:
    inside = [n for n in names if n.lower().endswith((".pth", ".pt", ".tar", ".ckpt", ".pkl", ".safetensors"))]
    if inside:
        return f"a zip archive with '{one_line(inside[0], 80)}' in it: unpack it and give that file"
    return "a zip archive, but not one that torch.save wrote"


def _looked_through(path: Path, data: bytes, start: int) -> Instructions:
    """The instructions of one pickle of the file, if they are such as a file of weights has."""
    try:
        found = read_instructions(data, start)
    except PickleError as err:
        raise CheckpointError(
            f"{path.name} {err}; nothing in it was run. Download it again, or save its state dict with torch.save."
        ) from err
    if strange := refused(found.names, found.called):
        raise _strange(path.name, strange, found.names)
    if found.announced > path.stat().st_size:
        raise CheckpointError(
            f"{path.name} announces {found.announced:,} bytes of tensors, more than the file holds; it is truncated or "
            "damaged. Download it again."
        )
    return found


def _unpickle(path: Path, found: list[Instructions]) -> Any:
    names = {name for one in found for name in one.names}
    try:
        with _unpickling, torch.serialization.safe_globals(stand_ins(names)):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as err:
        # torch's own words stand within a page of advice.
        why = str(err).partition("WeightsUnpickler error: ")[2] or str(err)
        raise _more_than_weights(path.name, one_line(why.strip().partition("\n")[0], 120).rstrip(".")) from err
    except Exception as err:  # torch raises whatever the damage leads to
        raise _damaged(path, err) from err


def _strange(name: str, names: list[str], all_names: set[str]) -> CheckpointError:
    """For names that no file of weights needs: a whole network's classes, or anything else that could run."""
    own = [n for n in names if not n.startswith(("torch.", "builtins.", "collections."))]
    said = one_line((own or names)[0].removeprefix("builtins."), 100)
    if any(n.startswith("torch.nn.modules.") for n in all_names):
        return _more_than_weights(name, f"a whole network as an object (it refers to {said})")
    others = f" and {len(names) - 1} more names" if len(names) > 1 else ""
    return _more_than_weights(name, f"it refers to {said}{others}")


def _more_than_weights(name: str, what: str) -> CheckpointError:
    return CheckpointError(
        f"{name} holds more than weights, or is damaged: {what}. Nothing in it was run; expected tensors, numbers and "
        f"plain settings only. {_SAVE_AGAIN}"
    )


def _damaged(path: Path, err: Exception) -> CheckpointError:
    lines = str(err).strip().splitlines()
    why = one_line(lines[0], 120).rstrip(".") if lines else type(err).__name__
    return CheckpointError(f"{path.name} is truncated or damaged ({why}); download it again.")


def _refuse_other_pickle(path: Path, data: bytes) -> NoReturn:
    """Say why a pickle is none of torch.save's."""
    _looked_through(path, data, 0)
    raise CheckpointError(
        f"{path.name} is a plain pickle, not a file that torch.save wrote; nothing in it was run. {_SAVE_AGAIN}"
    )
