"""`vizlab train`: a recipe and a data folder to a checkpoint, resumable after a kill."""

import dataclasses
from pathlib import Path

import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from vizlab.cards import training_card
from vizlab.data import RGBDFolder
from vizlab.errors import DataError
from vizlab.models.network import FusionNetwork
from vizlab.tasks import NYU40_CLASSES
from vizlab.training.data import InMemory
from vizlab.training.module import FusionTraining
from vizlab.training.pretrained import initialise_backbones, load_mobilenet
from vizlab.training.recipe import Recipe
from vizlab.weights import save_checkpoint


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    pretrained: Path | None = None,
    limit: int | None = None,
    max_steps: int = -1,
) -> Path:
    """Train to the end of the recipe; `out` receives last.ckpt every epoch, logs as CSV and, at the end, the
    checkpoint whose path is returned.

    Running it again with the same `out` goes on where it stopped. `limit` takes only the first pictures of the
    split, `max_steps` stops early: both are for trials.
    """
    L.seed_everything(recipe.seed)
    last = out / "last.ckpt"
    samples = InMemory(RGBDFolder(data, "train", limit))
    module = FusionTraining(recipe, steps_per_epoch=len(samples) // recipe.batch_size)
    if pretrained is not None and not last.exists():
        initialise_backbones(module.network, load_mobilenet(pretrained))
    if len(samples) < recipe.batch_size:
        raise DataError(f"The split has {len(samples)} pictures, fewer than one batch of {recipe.batch_size}.")
    loader = DataLoader(samples, recipe.batch_size, shuffle=True, drop_last=True)
    trainer = L.Trainer(
        max_epochs=recipe.epochs,
        max_steps=max_steps,
        accelerator="auto",
        precision=recipe.precision,  # type: ignore[arg-type]
        gradient_clip_val=recipe.gradient_clip,
        logger=CSVLogger(out, name="logs"),
        callbacks=[
            ModelCheckpoint(dirpath=out, filename="last", enable_version_counter=False),
            TQDMProgressBar(refresh_rate=10),
        ],
        log_every_n_steps=10,
        enable_model_summary=False,
    )
    trainer.fit(module, loader, ckpt_path=last if last.exists() else None, weights_only=True)
    target = out / f"{recipe.name}.safetensors"
    export(module.network, recipe, len(samples), target)
    return target


def export(network: FusionNetwork, recipe: Recipe, pictures: int, target: Path) -> None:
    """Write the trained network with its configuration and card; figures are added by `vizlab eval --write-card`."""
    config = dataclasses.replace(recipe.network, classes=NYU40_CLASSES)
    save_checkpoint(target, network, config, training_card(recipe, pictures))
