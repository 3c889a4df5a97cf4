"""The Lightning module: optimiser groups, losses and what a method does after each step."""

from typing import Any

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from vizlab.core.config import Normalisation
from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.core.registry import build_network, method_of
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone
from vizlab.study.effects import counted, effect_of
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.data import DOMAIN
from vizlab.study.training.losses import TaskLosses, class_weights
from vizlab.study.training.recipe import Recipe


class FusionTraining(L.LightningModule):
    """Trains any registered network on batches of `InMemory`."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, class_counts: Tensor | None = None) -> None:
        super().__init__()
        self.recipe, self._total_steps = recipe, recipe.epochs * steps_per_epoch
        self.method = method_of(recipe.network)
        self.network = build_network(recipe.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.augment = GeometricAugmentation(recipe.crop, recipe.zoom, recipe.sensor_share)
        weight = None
        if class_counts is not None and recipe.class_balance > 0:
            weight = class_weights(class_counts, recipe.class_balance)
        self.losses = TaskLosses(recipe.loss_weights, weight, recipe.distil)
        if not recipe.learn_ensemble:
            for parameter in self.method.learning.ensemble(self.network):
                parameter.requires_grad_(False)

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        self.draw_by_step()
        loss, parts = self.learn(with_target(self.augment(batch), self.recipe))
        self.report(loss, parts)
        return loss

    def draw_by_step(self) -> None:
        """What is drawn depends on the step alone, so that a resumed run draws what an uninterrupted one does."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + self.global_step) * 97 + self.global_rank)

    def report(self, loss: Tensor, parts: dict[str, float]) -> None:
        """Log the loss and its parts but for those of initial predictions."""
        self.log_dict({f"loss/{name}": value for name, value in parts.items() if not Output.parse(name).initial})
        self.log("loss", loss.detach(), prog_bar=True)

    @property
    def networks(self) -> tuple[FusionNetwork, ...]:
        """All that is trained; the first is what the recipe is for."""
        return (self.network,)

    def learn(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The loss on an augmented batch, and the shares of it by name; what the method wants small is one of them."""
        penalty = self.method.learning.penalty
        if penalty is None or not self.recipe.sparsity:
            return self._compare(self.run_network(batch), batch)
        with penalty(self.network) as found:
            loss, parts = self._compare(self.run_network(batch), batch)
        small = self.recipe.sparsity * found()
        return loss + small, {**parts, "penalty": float(small.detach())}

    def _compare(self, outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The loss of all outputs, and with `joint` that of ensembles whose gradient reaches their streams."""
        loss, parts = self.losses(outputs, batch)
        if not self.recipe.joint:
            return loss, parts
        together, _ = self.losses(joined(self.network, outputs), batch)
        joint = self.recipe.joint * together
        return loss + joint, {**parts, "joint": float(joint.detach())}

    def run_network(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The network's outputs by name."""
        return self.network(network_inputs(batch, self.recipe))

    def on_train_epoch_start(self) -> None:
        # Lightning keeps the mode the network had when fit began; a fresh network is in evaluation mode.
        for network in self.networks:
            network.train(not settles(self.recipe, self.current_epoch))

    def on_train_epoch_end(self) -> None:
        for effect in map(effect_of, counted(self.method, self.recipe.network)):
            self.log(effect.name, effect.share(self.network), prog_bar=True)
            counts = effect.counts(self.network)
            self.log_dict({f"{effect.name}/{site}": some / of for site, (some, of) in counts.items()})

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        self.after_step()

    def after_step(self) -> None:
        """What the method does to its networks once they have learned from a batch."""
        after_step = self.method.learning.after_step
        if after_step is not None and self.recipe.sparsity:
            shrink = self.recipe.sparsity * self.trainer.optimizers[0].param_groups[0]["lr"]
            for network in self.networks:
                after_step(network, shrink)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        recipe = self.recipe
        groups = [group for network in self.networks for group in parameter_groups(network, recipe)]
        optimiser = torch.optim.AdamW(groups)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, [g["lr"] for g in groups], total_steps=self._total_steps, pct_start=0.1
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def joined(network: FusionNetwork, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's ensembles by name, summed anew so that gradients reach the streams, but not their weights."""
    sums = {}
    for name, weights in network.output_weights().items():
        task = Output.parse(name).task
        streams = (outputs[str(Output(task, given))] for given in network.inputs)
        sums[name] = torch.stack([float(w) * y for w, y in zip(weights, streams, strict=True)]).sum(0)
    return sums


def settles(recipe: Recipe, epoch: int) -> bool:
    """Whether in that epoch, counted from 0, the network computes as it will when it is used."""
    translation = recipe.translation
    return translation is not None and epoch >= round(recipe.epochs * (1 - translation.settled))


def with_target(batch: dict[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """The batch and, for the task image, its target `image` (B, 3, H, W) in [-1, 1]."""
    if recipe.translation is None:
        return batch
    return batch | {"image": pictures(batch)[recipe.translation.target] * 2 - 1}


def pictures(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The colour `rgb` and further pictures by name, (B, 3, H, W) in [0, 1]."""
    further = {name.removeprefix(DOMAIN): found for name, found in batch.items() if name.startswith(DOMAIN)}
    return {"rgb": batch["rgb"], **further}


def network_inputs(batch: dict[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """Normalised (B, 3, H, W) inputs by modality, depth tiled to three channels."""
    maps = {"depth": batch["depth_input"].expand(-1, 3, -1, -1), **pictures(batch)}
    config = recipe.network
    return {name: normalise(maps[name], config.normalisation[name]) for name in config.inputs}


def normalise(x: Tensor, scheme: Normalisation) -> Tensor:
    mean, std = (torch.tensor(v, device=x.device)[:, None, None] for v in (scheme.mean, scheme.std))
    if scheme.log_counts:
        x = (x * scheme.log_counts).clamp(0, 65535).log1p()
    if scheme.stretched:
        low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
        x = (x - low) / (high - low).clamp(min=torch.finfo(x.dtype).tiny)
    if scheme.order == "bgr":
        x = x.flip(1)
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """The pretrained backbone, the method's fusion modules and the rest, each at its rate.

    Norms and biases do not decay.
    """
    backbone = {id(p) for m in network.modules() if isinstance(m, InvertedResidualBackbone) for p in m.parameters()}
    fusing = method_of(recipe.network).learning.fusion_modules(network)
    fusion = {id(p) for m in fusing for p in m.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        key = id(parameter)
        rate = recipe.fusion_lr if key in fusion else recipe.backbone_lr if key in backbone else recipe.lr
        decay = recipe.weight_decay if parameter.ndim > 2 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    # The backbone's group comes first: what follows a step reads its current rate there.
    ordered = sorted(groups.items(), key=lambda item: item[0][0] != recipe.backbone_lr)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in ordered]
