"""The Lightning module: optimiser groups, losses and CEN's proximal step."""

from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from vizlab.models.cen import CEN
from vizlab.models.config import Normalisation
from vizlab.models.mobilenet import MobileNetV2
from vizlab.models.nddr import NDDRLayer
from vizlab.models.registry import build_network
from vizlab.training.augment import GeometricAugmentation
from vizlab.training.losses import TaskLosses, class_weights
from vizlab.training.recipe import Recipe


class FusionTraining(L.LightningModule):
    """Trains any registered network on batches of `InMemory`."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, class_counts: Tensor | None = None) -> None:
        super().__init__()
        self.recipe, self._total_steps = recipe, recipe.epochs * steps_per_epoch
        self.network = build_network(recipe.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment = GeometricAugmentation(recipe.crop, recipe.zoom, recipe.sensor_share)
        weight = None
        if class_counts is not None and recipe.class_balance > 0:
            weight = class_weights(class_counts, recipe.class_balance)
        self.losses = TaskLosses(recipe.loss_weights, weight)

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        # What is drawn depends on the step alone, so that a resumed run draws what an uninterrupted one does.
        torch.manual_seed((self.recipe.seed * 1_000_003 + self.global_step) * 97 + self.global_rank)
        batch = self.augment(batch)
        outputs = self.network(network_inputs(batch, self.recipe))
        loss, parts = self.losses(outputs, batch)
        self.log_dict({f"loss/{name}": value for name, value in parts.items() if not name.startswith("scale_")})
        self.log("loss", loss.detach(), prog_bar=True)
        return loss

    def on_train_epoch_start(self) -> None:
        # Lightning keeps the mode the network had when fit began; a fresh network is in evaluation mode.
        self.network.train()

    def on_train_epoch_end(self) -> None:
        if isinstance(self.network, CEN) and (counts := self.network.exchanged_of_eligible()):
            exchanged, eligible = (sum(column) for column in zip(*counts.values(), strict=True))
            self.log("exchanged", exchanged / eligible, prog_bar=True)
            self.log_dict({f"exchanged/{site}": some / all_ for site, (some, all_) in counts.items()})

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        if isinstance(self.network, CEN) and self.recipe.sparsity:
            shrink = self.recipe.sparsity * self.trainer.optimizers[0].param_groups[0]["lr"]
            soft_threshold_eligible(self.network, shrink)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        recipe = self.recipe
        groups = parameter_groups(self.network, recipe)
        optimiser = torch.optim.AdamW(groups)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, [g["lr"] for g in groups], total_steps=self._total_steps, pct_start=0.1
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def network_inputs(batch: dict[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """Normalised (B, 3, H, W) inputs by modality, depth tiled to three channels."""
    maps = {"rgb": batch["rgb"], "depth": batch["depth_input"].expand(-1, 3, -1, -1)}
    config = recipe.network
    return {name: normalise(maps[name], config.normalisation[name]) for name in config.inputs}


def normalise(x: Tensor, scheme: Normalisation) -> Tensor:
    mean, std = (torch.tensor(v, device=x.device)[:, None, None] for v in (scheme.mean, scheme.std))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """The pretrained backbone, the fusion layers and the rest, each with its rate; norms and biases do not decay."""
    backbone = {id(p) for m in network.modules() if isinstance(m, MobileNetV2) for p in m.parameters()}
    fusion = {id(p) for m in network.modules() if isinstance(m, NDDRLayer) for p in m.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        key = id(parameter)
        rate = recipe.backbone_lr if key in backbone else recipe.fusion_lr if key in fusion else recipe.lr
        decay = recipe.weight_decay if parameter.ndim > 2 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    # The backbone's group comes first: the proximal step reads its current rate there.
    ordered = sorted(groups.items(), key=lambda item: item[0][0] != recipe.backbone_lr)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in ordered]


@torch.no_grad()
def soft_threshold_eligible(network: CEN, shrink: float) -> None:
    """One proximal L1 step on the scales that may become small: |gamma| shrinks by `shrink`, not below zero."""
    for norm in network.exchange_norms():
        gamma, eligible = norm.weight, norm.eligible().to(norm.weight.device)
        gamma.copy_(torch.where(eligible, gamma.sign() * (gamma.abs() - shrink).clamp(min=0), gamma))
