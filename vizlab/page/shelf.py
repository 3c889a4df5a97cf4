"""The networks the page can run: the shipped ones, those in memory, those of a folder, and those a user brought.

Reading a file takes seconds. Whoever asks for the same file meanwhile waits for that reading; nobody else does.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vizlab.core.door import (
    SUFFIXES,
    CheckpointPath,
    checkpoint_files,
    checkpoint_name,
    family_of,
    file_hash,
    load_model,
    own_config,
)
from vizlab.core.model import Model
from vizlab.core.preprocess import MODALITIES
from vizlab.core.registry import methods
from vizlab.errors import CheckpointError, InputError, one_line
from vizlab.page.cache import ByteCache
from vizlab.page.guard.visit import visit
from vizlab.page.scale.questions import Source
from vizlab.page.service.on_gpus import network_bytes

Given = tuple[tuple[str, Any], ...]
"""Arguments of `load_model` by name."""
Origin = Literal["memory", "shipped", "folder", "upload"]

_MODEL_BYTES = 4_000_000_000


@dataclass(frozen=True)
class ShelfEntry:
    """A network that can be run under the name `name`; `family` is its method's, empty where only loading tells.

    `files` are its checkpoint's, none for one that its owner made in this process; `given` what was given to
    `load_model` with them: which weights of several, what the file does not say. `owners` are the visitors who gave
    the file, and alone may name it; empty for what everybody may.
    """

    name: str
    files: tuple[Path, ...]
    origin: Origin
    family: str = ""
    given: Given = ()
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Takes:
    """What a network takes and gives, by the names of its inputs and tasks."""

    inputs: tuple[str, ...]
    tasks: tuple[str, ...]


class Turns:
    """One at a time for each key; others with other keys do not wait."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """The block runs while no other block of the same key does."""
        with self._guard:
            lock, waiting = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                waiting = self._locks[key][1] - 1
                if waiting:
                    self._locks[key] = (lock, waiting)
                else:
                    del self._locks[key]

    def __len__(self) -> int:
        with self._guard:
            return len(self._locks)


class ModelShelf:
    """Checkpoints by name, loaded when first run; what was not used for long is unloaded and read again.

    Safe from several threads: a file that two want at once is read once, and a name is there when its network is.
    """

    def __init__(self, checkpoints: Path, add_from: Path | None = None) -> None:
        self._add_from = add_from
        self._entries: dict[str, ShelfEntry] = {}
        self._hashes: dict[str, str] = {}  # by name, of the files that were added
        self._in_memory: dict[str, Model] = {}
        self._takes: dict[str, Takes] = {}  # by name, of what is known without loading, or was loaded once
        self._loaded: ByteCache[Model] = ByteCache(_MODEL_BYTES)
        # Held for as long as names are looked up, never while a file is read.
        self._lock = threading.Lock()
        self._turns = Turns()
        for path in _checkpoints_in(checkpoints):
            name, config = checkpoint_name(path.name), own_config(path)
            self._register(ShelfEntry(name, (path,), "shipped", family_of(path)))
            if config is not None:
                self._takes[name] = Takes(config.inputs, config.tasks)

    def shipped(self) -> tuple[str, ...]:
        """The names that every user is offered: what is in memory, then one method of the shipped after the other."""
        order = [*methods(), ""]
        with self._lock:
            shipped = [entry for entry in self._entries.values() if entry.origin == "shipped"]
            in_memory = tuple(self._in_memory)
        by_method = sorted(shipped, key=lambda entry: (order.index(entry.family), entry.name))
        return (*in_memory, *(entry.name for entry in by_method))

    def ticked(self) -> tuple[str, ...]:
        """Those among them that are run unasked: not those that take further pictures beside colour and depth."""
        suits = {name for name, takes in self._takes.items() if set(takes.inputs) <= set(MODALITIES)}
        return tuple(name for name in self.shipped() if name in suits or name not in self._takes)

    def inputs_of(self, names: Sequence[str]) -> frozenset[str]:
        """What these networks take, by name; as far as is known by now."""
        return frozenset(one for name in names if name in self._takes for one in self._takes[name].inputs)

    def translators(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Of these networks those that make pictures of pictures, with their inputs; as far as is known by now."""
        known = {name: self._takes[name] for name in names if name in self._takes}
        return {name: takes.inputs for name, takes in known.items() if takes.tasks == ("image",)}

    def of_family(self, family: str) -> tuple[str, ...]:
        """Those among them that are of one method."""
        return tuple(name for name in self.shipped() if self._entries[name].family == family)

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
            self._register(ShelfEntry(name, (), "memory", model.method.family))
            self._takes[name] = _takes(model)
            return name

    def loggable(self, name: str) -> str:
        """What a log may call that network: one that a user brought is called after a file of his."""
        with self._lock:
            entry = self._entries.get(name)
        return name if entry is not None and entry.origin != "upload" else "uploaded"

    def addable(self) -> tuple[str, ...]:
        """The file names in the operator's folder."""
        return () if self._add_from is None else tuple(path.name for path in _checkpoints_in(self._add_from))

    def add_from_folder(self, file_name: str, weights: str | None = None, **said: Any) -> str:
        """Load a file of the operator's folder; returns the name it runs under.

        `weights` and what else is `said` are as `load_model` takes them.
        """
        if self._add_from is None:
            raise InputError("This page has no folder to add checkpoints from; the operator names one with --add-from.")
        if file_name not in self.addable():
            raise InputError("There is no such checkpoint in the operator's folder; choose one of the list.")
        return self._add(self._add_from / file_name, "folder", _given(weights, said))

    def add_upload(self, path: CheckpointPath, weights: str | None = None, **said: Any) -> str:
        """Load an uploaded file, or all of one checkpoint's; returns the name it runs under.

        `weights` and `said` are as for `add_from_folder`. It belongs to the visitor whom this thread works for, if any.
        """
        return self._add(path, "upload", _given(weights, said))

    def get(self, name: str) -> Model:
        """The model of that name, loaded now if it is not yet."""
        with self._lock:
            entry = self._entries.get(name)
        if entry is None:
            raise self._unknown(name)
        return self._kept(entry) or self._read(entry)

    def source(self, name: str) -> Source | None:
        """What makes the network of that name again in another process; None for one that only this process has."""
        with self._lock:
            entry = self._entries.get(name)
        if entry is None or not entry.files:
            return None
        return Source(name, entry.files, entry.given, self.get(name).checkpoint_hash)

    def check(self, names: Sequence[str], visitor: str) -> None:
        """Raise InputError where `visitor` named a network that only others may run, as for an unknown name.

        For where names come in: who has the key of an analysis may go on with its networks.
        """
        with self._lock:
            closed = [n for n in names if n in self._entries and not _may(self._entries[n], visitor)]
        if closed:
            raise self._unknown(closed[0])

    def _unknown(self, name: str) -> InputError:
        return InputError(f"No network is called '{name[:80]}' here; known: {', '.join(self.shipped()) or 'none'}.")

    def loaded(self, names: Sequence[str]) -> list[Model]:
        return [self.get(name) for name in names]

    def _add(self, path: CheckpointPath, origin: Origin, given: Given) -> str:
        """The name that a file runs under, which is read unless the same file is here already."""
        files = checkpoint_files(path)
        digest = _hash(files)
        with self._turns.of(digest):
            name = self._name_of(digest, checkpoint_name(files[0].name), given)
            if name is not None:
                return self._with_files(name, files, _owners(origin))
            model = load_model(files, "cpu", **dict(given))
            model.name = "-".join([model.name, *(_words(value) for _, value in given)])
            with self._lock:
                model.name = self._free_name(model)
                self._keep(model)
                self._register(ShelfEntry(model.name, files, origin, given=given, owners=_owners(origin)))
                self._hashes[model.name] = model.checkpoint_hash
            return model.name

    def _free_name(self, model: Model) -> str:
        """The model's name; another file of a name that is taken gets as much of its hash beside it as it takes."""
        names = (model.name, *(f"{model.name}-{model.checkpoint_hash[:n]}" for n in (6, 12, 64)))
        return next(name for name in names if name not in self._entries)

    def _with_files(self, name: str, files: tuple[Path, ...], owners: frozenset[str]) -> str:
        """`name`, whose files may have gone since it was added: then these take their place.

        It is theirs as well who have the same file.
        """
        with self._lock:
            entry = self._entries[name]
            if entry.owners:
                entry = replace(entry, owners=entry.owners | owners if owners else owners)
            there = all(path.is_file() for path in entry.files)
            self._register(entry if there else replace(entry, files=files))
        return name

    def _name_of(self, digest: str, name: str, given: Given) -> str | None:
        """What the file of that hash is called here, so loaded: an added one, or the one that has its name."""
        with self._lock:
            same = [n for n, d in self._hashes.items() if d == digest and self._entries[n].given == given]
            namesake = self._entries.get(name)
        if same or namesake is None or given or not digest:
            return same[0] if same else None
        return name if self._hash_of(namesake) == digest else None

    def _hash_of(self, entry: ShelfEntry) -> str:
        if not entry.files:
            return self._in_memory[entry.name].checkpoint_hash
        # An added file may have been replaced since; what runs under the name is what was added.
        return self._hashes.get(entry.name) or _hash(entry.files)

    def _register(self, entry: ShelfEntry) -> None:
        self._entries[entry.name] = entry

    def _kept(self, entry: ShelfEntry) -> Model | None:
        return self._in_memory.get(entry.name) or self._loaded.get(entry.name)

    def _read(self, entry: ShelfEntry) -> Model:
        """The entry's model off its file, unless somebody else has read it meanwhile."""
        with self._turns.of(entry.name):
            if (model := self._kept(entry)) is not None:
                return model
            if not entry.files or not all(path.is_file() for path in entry.files):
                raise CheckpointError(f"The file of '{entry.name}' is no longer there; add it again.")
            model = load_model(entry.files, "cpu", **dict(entry.given))
            if self._hashes.get(entry.name, model.checkpoint_hash) != model.checkpoint_hash:
                raise CheckpointError(f"The file of '{entry.name}' is another one than was added; add it again.")
            model.name = entry.name
            self._keep(model)
            return model

    def _keep(self, model: Model) -> None:
        self._loaded.put(model.name, model, network_bytes(model))
        self._takes[model.name] = _takes(model)


def _owners(origin: Origin) -> frozenset[str]:
    """Whose a file is that is added now: its visitor's, where he uploaded it and is known; else everybody's."""
    return frozenset({visit().who} - {""}) if origin == "upload" else frozenset()


def _may(entry: ShelfEntry, visitor: str) -> bool:
    return not entry.owners or visitor in entry.owners


def _takes(model: Model) -> Takes:
    return Takes(model.inputs, tuple(task.name for task in model.tasks))


def added_sentence(model: Model) -> str:
    """What was added, for who added it: the name, what kind of network it is, and what comes next."""
    tasks = ", ".join(task.name for task in model.tasks)
    count = len(model.sites)
    sites = f"{count} fusion site{'' if count == 1 else 's'}" if count else "no fusion sites, since nothing mixes in it"
    return (
        f"{model.name} was added and is ticked: {model.method.title}, {model.config.architecture}, which predicts "
        f"{tasks} and has {sites}. Press Run to see it beside the others."
    )


def _given(weights: str | None, said: Mapping[str, Any]) -> Given:
    given = {"weights": weights, **said}
    return tuple((name, value) for name, value in given.items() if value)


def _words(value: str | Sequence[str]) -> str:
    """What was given, as a part of a name."""
    return one_line(value if isinstance(value, str) else "-".join(value), 40)


def _hash(files: tuple[Path, ...]) -> str:
    """The hash of these files; empty where one cannot be read, about which loading them says more."""
    try:
        return file_hash(files)
    except OSError:
        return ""


def _checkpoints_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(SUFFIXES))
