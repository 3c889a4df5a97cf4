"""What a run notes beside its state, so that only the same run can go on from it."""

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from vizlab.core.door.container import file_hash
from vizlab.core.model import Model
from vizlab.errors import DataError
from vizlab.replacing import made_folder, replacing
from vizlab.study.data import RGBDFolder
from vizlab.study.training.recipe import Recipe

KEY = "vizlab_run"
_UNSAID = {"exchange_least": 0.0, "streams": []}
"""What a run did that was begun before it said so."""


class NoteRun(L.Callback):
    """Writes `run_settings` into every last.ckpt."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint[KEY] = self._settings


class WholeCheckpoints(TorchCheckpointIO):
    """Writes last.ckpt beside its place, then puts it there.

    Lightning writes it among the system's temporary files, and moves it: to another disk that is a copy, of which a
    kill or a full disk leaves half, in the place of the epoch before.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Raises DataError where it cannot be written; the one before is still there then."""
        made_folder(Path(path).parent, DataError)
        with replacing(path, DataError) as file:
            try:
                torch.save(checkpoint, file)
            except RuntimeError as err:
                # Where the disk gets full half-way torch complains of its own positions instead.
                if isinstance(err.__context__, OSError):
                    raise err.__context__ from err
                raise


def run_settings(
    recipe: Recipe,
    folder: RGBDFolder,
    size: tuple[int, int],
    devices: int,
    pretrained: Path | None,
    teachers: Sequence[Model] = (),
    apart: Sequence[Model] = (),
) -> dict[str, Any]:
    """What decides the weights, as JSON has it: the recipe but for its card, pictures, devices, start, teachers and the
    networks that streams begin as.

    `size` (H, W) is that of the pictures.
    """
    chosen = {name: value for name, value in dataclasses.asdict(recipe).items() if name not in ("network", "card")}
    network = {f"network.{name}": value for name, value in recipe.network.to_dict().items()}
    facts = folder.manifest
    pictures = {
        "pictures": len(folder),
        "size of the pictures": size,
        "names of the pictures": hashlib.sha256("\n".join(folder.names).encode()).hexdigest()[:16],
        "depth unit": folder.unit.name,
        "camera": facts.camera and dataclasses.asdict(facts.camera),
        "measured part": str(facts.measured or "everywhere"),
    }
    start = None if pretrained is None else file_hash(pretrained)
    asked = [teacher.checkpoint_hash for teacher in teachers]
    streams = [model.checkpoint_hash for model in apart]
    found = {**chosen, **network, **pictures, "devices": devices, "start": start, "teachers": asked, "streams": streams}
    return json.loads(json.dumps(found))


def require_same_run(last: Path, settings: dict[str, Any]) -> None:
    """Raise DataError unless the run that wrote `last` had these `run_settings`: its checkpoint would name others."""
    way_out = "choose another --out, or delete it to start from the beginning"
    try:
        saved = torch.load(last, map_location="cpu", weights_only=True, mmap=True).get(KEY)
    except (OSError, EOFError, RuntimeError, ValueError, AttributeError, pickle.UnpicklingError) as err:
        raise DataError(f"'{last}' cannot be read as the state of a training; {way_out}.") from err
    if saved is None:
        raise DataError(f"'{last}' does not say which recipe it was trained with; {way_out}.")
    for name, value in settings.items():
        if (had := saved.get(name, _UNSAID.get(name))) != value:
            raise DataError(
                f"'{last}' was trained with {name} = {json.dumps(had)}, now it is {json.dumps(value)}; {way_out}."
            )
