"""`replay`: an archive's networks run again on its pictures, and one verdict on all their numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vizlab.bundled import folder
from vizlab.core.changes import change_from
from vizlab.core.door import SUFFIXES, checkpoint_files, file_hash, load_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.report.comparing import Compared, Status, compared
from vizlab.report.machine import machine
from vizlab.report.opening import Stored, open_archive
from vizlab.rgbd import RGBDImage

_KNOWN_CHANGES = {"settings", "cross", "sites", "intervention"}


@dataclass(frozen=True)
class Replayed:
    """The `networks` compared, what is `elsewhere` than when the archive was made, and what in it was `altered`."""

    networks: tuple[Compared, ...]
    elsewhere: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """ "within tolerance" only where something is elsewhere: on the same machine and versions, bits must agree."""
        found = {one.status for one in self.networks}
        if found == {"bit-equal"}:
            return "bit-equal"
        return "differs" if "differs" in found or not self.elsewhere or self._traces_altered else "within tolerance"

    @property
    def _traces_altered(self) -> bool:
        return any(name.startswith("traces/") for name in self.altered)

    @property
    def verdict(self) -> str:
        """One sentence."""
        numbers, count = sum(one.numbers for one in self.networks), len(self.networks)
        of = f"{numbers:,} numbers of {count} network{'s' if count > 1 else ''}"
        if self.status == "bit-equal":
            return f"bit-equal: all {of} are the same to the last bit."
        differing = [one for network in self.networks for one in network.differences]
        worst = max(differing, key=lambda one: one.relative, default=None)
        if self.status == "within tolerance":
            assert worst is not None
            return (
                f"within tolerance: the {of} agree up to the rounding of another machine or version "
                f"({', '.join(self._words)}); the farthest array is off by {worst.relative:.2g} of its root mean "
                "square."
            )
        first = next(one for one in self.networks if one.status != "bit-equal")
        where = first.differences[0].sentence if first.differences else first.other[0]
        more = sum(len(one.differences) + len(one.other) for one in self.networks) - 1
        return f"differs: {first.name}, {where}{f', and {more} more' if more else ''}."

    @property
    def _words(self) -> list[str]:
        return [line.split(":")[0] for line in self.elsewhere]

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands behind the verdict: what is elsewhere, what was altered, every array that differs."""
        each = [
            f"{network.name}: {line}"
            for network in self.networks
            for line in (*network.other, *(one.sentence for one in network.differences))
        ]
        altered = [f"altered since the archive was made: {name}" for name in self.altered]
        return (*self.elsewhere, *altered, *each)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"status": self.status, "verdict": self.verdict, "details": list(self.lines)}


def replay(path: str | Path, models: Sequence[str | Path] = (), device: str = "stored") -> Replayed:
    """Run what an archive holds again and compare every number.

    Checkpoints are found by their SHA-256 among `models` (files or folders) and the bundled ones. `device` "stored" is
    the one the archive names, and where it is not there "auto". Raises InputError for an archive that cannot be
    replayed, and CheckpointError or InputError where a network cannot be run.
    """
    stored = open_archive(path)
    wanted = {one.model.checkpoint_hash for one in stored.traces.values()}
    files = find_checkpoints(wanted, models)
    found, environments = [], []
    loaded: dict[tuple[str | None, ...], Model] = {}
    for name, before in stored.traces.items():
        key = (before.model.checkpoint_hash, before.environment.get("precision"), before.environment.get("device"))
        loaded[key] = loaded.get(key) or _loaded(name, before, files, device)
        now = _run(loaded[key], stored.inputs[name], before)
        environments.append((before.environment, now.environment))
        found.append(compared(name, before, now))
    return Replayed(tuple(found), tuple(_elsewhere(stored, environments)), stored.altered)


def find_checkpoints(wanted: Iterable[str], models: Sequence[str | Path] = ()) -> dict[str, Path]:
    """By SHA-256, the files that have one of the hashes `wanted`, among `models` first."""
    left, found = set(wanted), {}
    for path in _candidates(models):
        if left and (digest := file_hash(path)) in left:
            found[digest] = path
            left.discard(digest)
    return found


def _candidates(models: Sequence[str | Path]) -> Iterable[Path]:
    for given in map(Path, models):
        found = _within(given) if given.is_dir() else [checkpoint_files(given)[0]]
        if not all(path.exists() for path in found):
            raise InputError(f"There is no checkpoint or folder '{given}'; check the path.")
        yield from found
    yield from _within(folder("checkpoints"))


def _within(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file() and path.name.lower().endswith(SUFFIXES))


def _loaded(name: str, before: FusionTrace, files: Mapping[str, Path], device: str) -> Model:
    digest = before.model.checkpoint_hash
    if digest not in files:
        raise InputError(
            f"The checkpoint of {name} (SHA-256 {digest[:16]}…) is not among the bundled ones; give the file or its "
            "folder with --model."
        )
    precision = before.environment.get("precision", "auto")
    if device != "stored":
        return load_model(files[digest], device, precision=precision)
    try:
        return load_model(files[digest], before.environment.get("device", "auto"), precision=precision)
    except InputError:  # that device is not here
        return load_model(files[digest], "auto", precision=precision)


def _run(model: Model, rgbd: RGBDImage, before: FusionTrace) -> FusionTrace:
    """The same question: settings, cuts and working size of the stored trace."""
    changes = before.changes
    if unknown := set(changes) - _KNOWN_CHANGES:
        raise InputError(f"{before.model.name} was run with '{min(unknown)}' changed, which cannot be replayed.")
    settings = dict(changes.get("settings", {}))
    settings |= {k: v for k, v in before.model.settings.items() if model.settings.get(k, v) != v}
    return trace(
        model, rgbd, cross=changes.get("cross", True), sites=changes.get("sites"),
        working_size=_working_size(model, rgbd, before),
        intervention=[change_from(one) for one in changes.get("intervention", ())], **settings,
    )  # fmt: skip


def _working_size(model: Model, rgbd: RGBDImage, before: FusionTrace) -> tuple[int, int] | None:
    """One that lays the picture into the input as it lay then; the network's own where that does."""
    sizes: list[tuple[int, int] | None] = [None, before.framing.content]
    return next((size for size in sizes if model.frame(rgbd.size, size) == before.framing), before.framing.content)


def _elsewhere(stored: Stored, environments: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]) -> list[str]:
    """What is not as it was when the archive was made, a line each."""
    pairs = {name: (stored.machine.get(name, "unknown"), value) for name, value in machine().items()}
    if not any("cuda" in env["device"] for both in environments for env in both):
        pairs.pop("gpu", None)
    for before, now in environments:
        pairs |= {name: (before.get(name, "unknown"), value) for name, value in now.items()}
    return [f"{name}: {was}, now {now}" for name, (was, now) in pairs.items() if was != now]
