"""What every backbone offers: stages that can be run one by one."""

from torch import Tensor, nn


class Backbone(nn.Module):
    """A feature extractor in stages; `channels[i]` and `strides[i]` describe the output of stage i.

    `last_inputs[i]` are the channels that the last block of stage i is given, 0 for a stage that is not made of blocks.
    """

    stage_names: tuple[str, ...]
    channels: tuple[int, ...]
    strides: tuple[int, ...]
    last_inputs: tuple[int, ...]

    @property
    def multiple(self) -> int:
        """Of what the sides of an input must be multiples."""
        return max(self.strides)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        raise NotImplementedError

    def split_stage(self, index: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the stage's last block is given, and the stage's output."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to the outputs of all stages, finest first."""
        features = []
        for index in range(len(self.stage_names)):
            x = self.run_stage(index, x)
            features.append(x)
        return features

    def stage_of(self, path: str) -> str:
        """The stage to which the module at `path` belongs."""
        return path.split(".")[0]
