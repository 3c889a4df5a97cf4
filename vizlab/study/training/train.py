"""`vizlab train`: a recipe and a data folder to a checkpoint, resumable after a kill."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities import rank_zero_info
from torch.utils.data import DataLoader, DistributedSampler

from vizlab.core.device import threads
from vizlab.core.door import save_checkpoint
from vizlab.core.network import FusionNetwork
from vizlab.errors import DataError
from vizlab.study.data import RGBDFolder
from vizlab.study.data.folder import KEPT, further
from vizlab.study.training.adversary import AdversarialTraining
from vizlab.study.training.apart import begin_as, describe_networks, load_networks_apart
from vizlab.study.training.card import training_card
from vizlab.study.training.cycle import CycleTraining
from vizlab.study.training.data import InMemory
from vizlab.study.training.module import FusionTraining
from vizlab.study.training.pretrained import describe_start, initialise_backbones, load_start, start_layout
from vizlab.study.training.recipe import Recipe
from vizlab.study.training.resume import NoteRun, WholeCheckpoints, require_same_run, run_settings
from vizlab.study.training.teacher import load_teachers, taught
from vizlab.tasks import NYU40_CLASSES


class Batches(L.LightningDataModule):
    """Shuffled batches in an order that depends on the seed and the epoch alone, as resuming needs.

    A batch of `batch_size` is shared by all devices.
    """

    def __init__(self, samples: InMemory, batch_size: int, seed: int, devices: int) -> None:
        super().__init__()
        self._samples, self._seed = samples, seed
        self._per_device = batch_size // devices
        self.steps_per_epoch = -(-len(samples) // devices) // self._per_device
        if not self.steps_per_epoch:
            raise DataError(f"The split has {len(samples)} pictures, fewer than one batch of {batch_size}.")

    def train_dataloader(self) -> DataLoader:
        assert self.trainer is not None
        # Lightning tells the sampler the epoch.
        sampler: DistributedSampler = DistributedSampler(
            self._samples, self.trainer.world_size, self.trainer.global_rank, shuffle=True, seed=self._seed
        )
        return DataLoader(self._samples, self._per_device, sampler=sampler, drop_last=True)


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    pretrained: Path | None = None,
    limit: int | None = None,
    devices: int = 1,
    teachers: Sequence[Path] = (),
    streams: Sequence[Path] = (),
) -> Path:
    """Train to the end of the recipe; `out` receives last.ckpt every epoch, logs as CSV and, at the end, the
    checkpoint whose path is returned.

    Running it again with the same `out` goes on from the last finished epoch as if it had never stopped; where the
    recipe, the start, teachers, streams, the pictures or the number of devices are others, it raises DataError; so it
    does where both `pretrained` and `streams` are given. `pretrained` are the
    weights that the backbones start from (see `load_start`), random ones if None. `limit` takes only the first
    pictures of the split, for trials. `devices` is the number of GPUs (or CPU processes) that share each batch.
    `teachers` are checkpoints that a recipe with `distil` learns from, `streams` those of trained networks that the
    streams begin as, one each.
    """
    L.seed_everything(recipe.seed)
    last = out / "last.ckpt"
    if recipe.batch_size % devices:
        raise DataError(f"{devices} devices cannot share a batch of {recipe.batch_size}; choose a divisor of it.")
    if pretrained is not None and streams:
        raise DataError("Streams that begin as networks (--stream) need no start (--pretrained); give one of the two.")
    start = None if pretrained is None else load_start(pretrained, recipe.network)
    masters, apart = load_teachers(teachers, recipe), load_networks_apart(streams, recipe)
    folder = _folder_for(recipe, data, limit)
    height, width = folder.read(0).depth.shape
    settings = run_settings(recipe, folder, (height, width), devices, pretrained, masters, apart)
    if last.exists():
        require_same_run(last, settings)
    for note in _notes(recipe, folder, (height, width), pretrained or apart):
        rank_zero_info(note)
    normals = "normals" in recipe.loss_weights
    said = taught(masters, folder, out)
    samples = InMemory(folder, recipe.sensor_share > 0, recipe.seed, normals, said)
    batches = Batches(samples, recipe.batch_size, recipe.seed, devices)
    counts = samples.class_counts(recipe.network.semseg_channels)
    module = _kind_of_training(recipe)(recipe, batches.steps_per_epoch, counts)
    if start is not None and not last.exists():
        initialise_backbones(module.network, start)
    if not last.exists():
        begin_as(module.network, recipe, apart)
    begin = module.method.learning.start
    if recipe.translation is not None and begin is not None and not last.exists():
        for network in module.networks:
            begin(network, recipe.translation.scale)
    trainer = L.Trainer(
        max_epochs=recipe.epochs,
        accelerator="auto",
        devices=devices,
        use_distributed_sampler=False,
        precision=recipe.precision,  # type: ignore[arg-type]
        gradient_clip_val=recipe.gradient_clip if module.automatic_optimization else None,
        logger=CSVLogger(out, name="logs"),
        callbacks=[
            ModelCheckpoint(dirpath=out, filename="last", enable_version_counter=False),
            NoteRun(settings),
            TQDMProgressBar(refresh_rate=10),
        ],
        plugins=[WholeCheckpoints()],
        log_every_n_steps=10,
        enable_model_summary=False,
    )
    trainer.fit(module, batches, ckpt_path=last if last.exists() else None, weights_only=True)
    target = out / f"{recipe.name}.safetensors"
    if trainer.is_global_zero:
        where, begun = _hardware(trainer), describe_networks(apart) if apart else describe_start(pretrained)
        card = training_card(recipe, folder.manifest, len(samples), samples.size, where, begun, masters)
        export(module.network, recipe, card, target)
    return target


def _kind_of_training(recipe: Recipe) -> type[FusionTraining]:
    if recipe.translation is not None and recipe.translation.cycle:
        return CycleTraining
    return AdversarialTraining if recipe.translation is not None and recipe.translation.adversarial else FusionTraining


def _folder_for(recipe: Recipe, data: Path, limit: int | None) -> RGBDFolder:
    target = () if recipe.translation is None else (recipe.translation.target,)
    folder = RGBDFolder(data, KEPT if recipe.hold_out else "train", limit, further((*recipe.network.inputs, *target)))
    if "semseg" in recipe.loss_weights and not folder.labelled:
        raise DataError(
            f"'{data}' holds no label40/, but '{recipe.name}' trains semseg; add labels, or drop the task from the "
            "recipe's tasks and loss_weights."
        )
    return folder


def _notes(recipe: Recipe, folder: RGBDFolder, size: tuple[int, int], begun: object) -> list[str]:
    """What somebody who starts a training should know before it runs for hours."""
    notes = list(folder.notes)
    if not begun and start_layout(recipe.network) is not None:
        notes.append("The backbones start from random weights; --pretrained gives them ImageNet's.")
    height, width = recipe.network.working_size
    if size != (height, width):
        notes.append(
            f"The pictures have {size[0]}x{size[1]} pixels, but the network will see others at {height}x{width}; "
            "prepare them at that size, or set the recipe's working_size."
        )
    return notes


def _hardware(trainer: L.Trainer) -> str:
    """Where the training ran, for the card."""
    device = trainer.strategy.root_device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {threads()}"
    return f"{trainer.num_devices} x {name}, {trainer.precision}, torch {torch.__version__}"


def export(network: FusionNetwork, recipe: Recipe, card: Mapping[str, Any], target: Path) -> None:
    """Write the trained network with its configuration and card; figures are added by `vizlab eval --write-card`."""
    named = recipe.network.semseg_channels == len(NYU40_CLASSES) and not recipe.network.classes
    config = dataclasses.replace(recipe.network, classes=NYU40_CLASSES) if named else recipe.network
    save_checkpoint(target, network, config, card)
