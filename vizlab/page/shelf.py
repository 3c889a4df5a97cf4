"""The networks the page can run: the shipped ones, those in memory, those of a folder, and those a user brought."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vizlab.core.door import SUFFIXES, checkpoint_name, family_of, load_model
from vizlab.core.model import Model
from vizlab.core.registry import methods
from vizlab.errors import CheckpointError, InputError
from vizlab.page.cache import ByteCache

Origin = Literal["memory", "shipped", "folder", "upload"]

_MODEL_BYTES = 4_000_000_000


@dataclass(frozen=True)
class ShelfEntry:
    """A network that can be run under the name `name`; `family` is its method's, empty where only loading tells.

    `path` is its checkpoint's, None for one that its owner made in this process.
    """

    name: str
    path: Path | None
    origin: Origin
    family: str = ""


class ModelShelf:
    """Checkpoints by name, loaded when first run; what was not used for long is unloaded and read again."""

    def __init__(self, checkpoints: Path, add_from: Path | None = None) -> None:
        self._add_from = add_from
        self._entries: dict[str, ShelfEntry] = {}
        self._in_memory: dict[str, Model] = {}
        self._loaded: ByteCache[Model] = ByteCache(_MODEL_BYTES)
        self._lock = threading.RLock()
        for path in _checkpoints_in(checkpoints):
            self._register(ShelfEntry(checkpoint_name(path.name), path, "shipped", family_of(path)))

    def shipped(self) -> tuple[str, ...]:
        """The names that every user is offered: what is in memory, then one method of the shipped after the other."""
        order = [*methods(), ""]
        shipped = [entry for entry in self._entries.values() if entry.origin == "shipped"]
        by_method = sorted(shipped, key=lambda entry: (order.index(entry.family), entry.name))
        return (*self._in_memory, *(entry.name for entry in by_method))

    def offer(self, model: Model) -> str:
        """Offer a model of this process to every user; returns its name, to which its hash is added where it was taken.

        Raises InputError for two models that neither name nor weights tell apart.
        """
        with self._lock:
            if any(model is known for known in self._in_memory.values()):
                return model.name
            name = model.name if model.name not in self._entries else f"{model.name}-{model.short_hash[:6]}"
            if name in self._entries:
                raise InputError(f"Two models are called '{model.name}'; give each a name= of its own.")
            model.name = name
            self._in_memory[name] = model
            self._register(ShelfEntry(name, None, "memory", model.method.family))
            return name

    def addable(self) -> tuple[str, ...]:
        """The file names in the operator's folder."""
        return () if self._add_from is None else tuple(path.name for path in _checkpoints_in(self._add_from))

    def add_from_folder(self, file_name: str) -> str:
        """Load a file of the operator's folder; returns the name it runs under."""
        if self._add_from is None:
            raise InputError("This page has no folder to add checkpoints from; the operator names one with --add-from.")
        if file_name not in self.addable():
            raise InputError("There is no such checkpoint in the operator's folder; choose one of the list.")
        return self._add(self._add_from / file_name, "folder")

    def add_upload(self, path: str | Path) -> str:
        """Load an uploaded file; returns the name it runs under."""
        return self._add(Path(path), "upload")

    def get(self, name: str) -> Model:
        """The model of that name, loaded now if it is not yet."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                raise InputError(
                    f"No network is called '{name[:80]}' here; known: {', '.join(self.shipped()) or 'none'}."
                )
            return self._model(entry)

    def loaded(self, names: Sequence[str]) -> list[Model]:
        return [self.get(name) for name in names]

    def _add(self, path: Path, origin: Origin) -> str:
        with self._lock:
            model = load_model(path, "cpu")
            taken = self._entries.get(model.name)
            known = None if taken is None else self._model(taken)
            # Another file of the same name gets its hash beside it; the same file again stays what it is.
            same = known is not None and known.checkpoint_hash == model.checkpoint_hash
            if same:
                return model.name
            name = model.name if taken is None else f"{model.name}-{model.short_hash[:6]}"
            model.name = name
            self._register(ShelfEntry(name, path, origin))
            self._keep(model)
            return name

    def _register(self, entry: ShelfEntry) -> None:
        self._entries[entry.name] = entry

    def _model(self, entry: ShelfEntry) -> Model:
        return self._in_memory.get(entry.name) or self._loaded.get(entry.name) or self._load(entry)

    def _load(self, entry: ShelfEntry) -> Model:
        if entry.path is None or not entry.path.is_file():
            raise CheckpointError(f"The file of '{entry.name}' is no longer there; add it again.")
        model = load_model(entry.path, "cpu")
        model.name = entry.name
        self._keep(model)
        return model

    def _keep(self, model: Model) -> None:
        size = sum(t.numel() * t.element_size() for t in model.network.state_dict().values())
        self._loaded.put(model.name, model, size)


def _checkpoints_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(SUFFIXES))
