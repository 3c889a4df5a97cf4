"""The conditional GAN of pix2pix (Isola et al., CVPR 2017) beside the pixels' loss: a judge of patches, in turn.

The judge sees a stream's own input with either the true picture or what that stream made of it, six channels in all, as
the authors' program of channel exchanging has it, and says for each patch of 70x70 pixels whether it is true. That
every stream is judged alike, by one judge, is our reading. The networks are kept without it.
"""

from typing import Any

import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from vizlab.core.outputs import Output
from vizlab.study.training.module import FusionTraining, network_inputs, with_target
from vizlab.study.training.recipe import Recipe

RATE, MOMENTA = 2e-4, (0.5, 0.999)
"""The judge's, as published."""


class PatchJudge(nn.Sequential):
    """(B, 6, H, W) in [-1, 1] to logits (B, 1, H / 8 - 2, W / 8 - 2), positive where a patch looks true."""

    def __init__(self, filters: int = 64) -> None:
        widths = [filters, 2 * filters, 4 * filters, 8 * filters]
        layers: list[nn.Module] = [nn.Conv2d(6, filters, 4, 2, 1), nn.LeakyReLU(0.2)]
        for cin, cout, stride in zip(widths, widths[1:], (2, 2, 1), strict=False):
            layers += [nn.Conv2d(cin, cout, 4, stride, 1, bias=False), nn.InstanceNorm2d(cout), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1))


class AdversarialTraining(FusionTraining):
    """Trains the recipe's network against a judge; both take one step a batch, the judge first."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, class_counts: Tensor | None = None) -> None:
        super().__init__(recipe, steps_per_epoch, class_counts)
        self.automatic_optimization = False
        self.judge = PatchJudge(recipe.network.options.get("filters", 64))

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        self.draw_by_step()
        batch = with_target(self.augment(batch), self.recipe)
        inputs = network_inputs(batch, self.recipe)
        ours, theirs = self.optimizers()  # type: ignore[attr-defined]
        outputs = self.network(inputs)
        made = {output.stream: y for name, y in outputs.items() if not (output := Output.parse(name)).ensemble}
        pairs = [(inputs[stream or self.network.inputs[0]], y) for stream, y in made.items()]
        self._step(theirs, self.judge, self._judged(pairs, batch["image"]))
        loss, parts = self.losses(outputs, batch)
        deceived = torch.stack([_error(self.judge(torch.cat(pair, 1)), true=True) for pair in pairs]).mean()
        assert self.recipe.translation is not None
        loss = loss + self.recipe.translation.adversarial * deceived
        self._step(ours, self.network, loss)
        self.after_step()
        self.report(loss, parts | {"deceived": float(deceived.detach())})
        return loss.detach()

    def _judged(self, pairs: list[tuple[Tensor, Tensor]], truth: Tensor) -> Tensor:
        """The judge's own error, half over true pictures and half over made ones."""
        errors = [
            _error(self.judge(torch.cat([given, picture.detach()], 1)), true)
            for given, y in pairs
            for picture, true in ((truth, True), (y, False))
        ]
        return torch.stack(errors).mean()

    def _step(self, optimiser: Any, network: nn.Module, loss: Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), self.recipe.gradient_clip)
        optimiser.step()
        if network is self.network:
            self.lr_schedulers().step()  # type: ignore[union-attr]

    def configure_optimizers(self) -> OptimizerLRScheduler:
        ours: Any = super().configure_optimizers()
        theirs = torch.optim.Adam(self.judge.parameters(), RATE, MOMENTA)
        return [ours["optimizer"], theirs], [ours["lr_scheduler"]]


def _error(logits: Tensor, true: bool) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, float(true), dtype=torch.float32))
