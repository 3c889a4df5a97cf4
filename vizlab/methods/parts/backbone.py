"""What every backbone offers: stages that can be run one by one."""

from torch import Tensor, nn


class Backbone(nn.Module):
    """A feature extractor in stages; `channels[i]` and `strides[i]` describe the output of stage i."""

    stage_names: tuple[str, ...]
    channels: tuple[int, ...]
    strides: tuple[int, ...]

    def run_stage(self, index: int, x: Tensor) -> Tensor:
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
