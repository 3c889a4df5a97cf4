"""Cycle fusion: pictures are fused into another one, and that one back into each of them.

The TPAMI 2023 paper on channel exchanging names "cycle multimodal fusion" as a scenario; the text of its method is not
at hand and no code is public, so this is our reading. A network G fuses the inputs into the target. For each input
there is a return network of the same architecture, with an exchange of its own, that fuses the target with the other
inputs into that input. All learn from true pictures (L1); besides, what G makes goes through the return networks and
must come back as the input it came from (L1, as in CycleGAN, weight `cycle`), whose gradient reaches G. Only G is kept
in the end.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from vizlab.core.config import SIGNED, NetworkConfig
from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.core.registry import build_network
from vizlab.study.training.losses import image_loss
from vizlab.study.training.module import FusionTraining, normalise, pictures
from vizlab.study.training.recipe import Recipe


def return_config(config: NetworkConfig, target: str, name: str) -> NetworkConfig:
    """The network that makes the input `name` again, of the target and the other inputs."""
    others = tuple(other for other in config.inputs if other != name)
    return replace(config, inputs=(target, *others), normalisation={target: SIGNED, **config.normalisation})


class CycleTraining(FusionTraining):
    """Trains the recipe's network together with its return networks, which are kept in last.ckpt alone."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, class_counts: Tensor | None = None) -> None:
        super().__init__(recipe, steps_per_epoch, class_counts)
        assert recipe.translation is not None
        self._target, self._weight = recipe.translation.target, recipe.translation.cycle
        configs = {name: return_config(recipe.network, self._target, name) for name in recipe.network.inputs}
        self._configs = configs
        self.returns = nn.ModuleDict({name: build_network(config) for name, config in configs.items()})

    @property
    def networks(self) -> tuple[FusionNetwork, ...]:
        return (self.network, *self.returns.values())

    def learn(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        outputs, truth = self.run_network(batch), pictures(batch)
        loss, parts = self.losses(outputs, batch)
        made = (_streams_mean(outputs) + 1) / 2
        for name in self.returns:
            for kind, source, weight in (("return", truth, 1.0), ("cycle", truth | {self._target: made}, self._weight)):
                again = self._made_again(name, source)
                errors = [image_loss(y.float(), truth[name] * 2 - 1) for y in again.values()]
                part = weight * torch.stack(errors).mean()
                loss, parts[f"{kind}/{name}"] = loss + part, float(part.detach())
        return loss, parts

    def _made_again(self, name: str, source: dict[str, Tensor]) -> dict[str, Tensor]:
        """What the streams and their ensemble make of the pictures `source`, all in [0, 1], for the input `name`."""
        config = self._configs[name]
        return self.returns[name]({n: normalise(source[n], config.normalisation[n]) for n in config.inputs})


def _streams_mean(outputs: dict[str, Tensor]) -> Tensor:
    """What a network made, in [-1, 1]: the mean of its streams, since no gradient goes through their ensemble."""
    streams = [y.float() for name, y in outputs.items() if not Output.parse(name).ensemble]
    return torch.stack(streams).mean(0)
