"""A plain PyTorch network of your own as a vizlab model, traced on a bundled scene.

    python examples/adapted_two_stream.py FOLDER

writes FOLDER/adapted_two_stream.png: where in the picture each fusion site took something from depth. The weights are
random, so the figure shows mechanics only; with trained ones the same lines say something about the network.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import vizlab
from vizlab.scenes import load_scene
from vizlab.tasks import NYU40_CLASSES

RANDOM = "random weights: mechanics only"


class Block(nn.Sequential):
    """Halves the resolution: a 3x3 convolution, a norm, a ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class GatedFusion(nn.Module):
    """rgb + gate * depth, with a gate in (0, 1) for each pixel and channel from both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Conv2d(2 * channels, channels, 1), nn.Sigmoid())

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        return rgb + self.gate(torch.cat([rgb, depth], dim=1)) * depth


class ConvFusion(nn.Module):
    """Both concatenated, a 1x1 convolution, a norm, a ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(torch.cat([rgb, depth], dim=1))), inplace=True)


class TwoStream(nn.Module):
    """An encoder for colour (B, 3, H, W) and one for depth (B, 1, H, W), fused at strides 4 and 8.

    Returns {"logits": (B, classes, H/8, W/8)}. It knows nothing of vizlab.
    """

    def __init__(self, classes: int = 40) -> None:
        super().__init__()
        self.rgb = nn.ModuleList([nn.Sequential(Block(3, 24), Block(24, 32)), Block(32, 64)])
        self.depth = nn.ModuleList([nn.Sequential(Block(1, 24), Block(24, 32)), Block(32, 64)])
        self.gated = GatedFusion(32)
        self.fused = ConvFusion(64)
        self.classifier = nn.Conv2d(64, classes, 1)

    def forward(self, rgb: Tensor, depth: Tensor) -> dict[str, Tensor]:
        a, b = self.rgb[0](rgb), self.depth[0](depth)
        a = self.gated(a, b)
        a, b = self.rgb[1](a), self.depth[1](b)
        return {"logits": self.classifier(self.fused(a, b))}


def adapted(network: nn.Module) -> vizlab.Model:
    """All that vizlab has to be told: what goes in, what comes out, where streams mix and how."""
    gated = vizlab.Gated({"rgb": 0, "depth": 1}, gates={"depth": "gated.gate"})
    fused = vizlab.Projected({"rgb": 64, "depth": 64}, norm="fused.norm")
    return vizlab.adapt(
        network,
        inputs={
            "rgb": vizlab.Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
            "depth": vizlab.Normalisation(mean=(2.8,) * 3, std=(1.3,) * 3),
        },
        call=lambda module, x: module(x["rgb"], x["depth"][:, :1]),  # depth has one channel here
        outputs={"semseg": "logits"},
        sites=[
            vizlab.FusionSite("gated", {"rgb": gated}),
            vizlab.FusionSite("fused.conv", {"rgb": fused}, name="fused"),
        ],
        classes=NYU40_CLASSES,
        multiple=8,
        name="two-stream (random weights)",
        card={"notes": [RANDOM]},
    )


def main(folder: Path) -> Path:
    """Trace one scene, say what each site mixed, and draw where; returns the figure's path."""
    torch.manual_seed(0)
    model = adapted(TwoStream())
    scene = load_scene("bedroom")
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path, depth_unit="mm")
    trace = vizlab.trace(model, rgbd)
    print(f"{model.name}; {RANDOM}")
    for name, site in trace.sites.items():
        print(f"{name}: {site.cross_share[0]:.1%} of the variance came from depth")
    panels = tuple(vizlab.views.outside_over_photo(trace, rgbd, name, "rgb") for name in trace.sites)
    grid = vizlab.views.Grid(tuple(f"from depth at {name}" for name in trace.sites), ((RANDOM, panels),))
    return vizlab.views.save_figure(grid, folder / "adapted_two_stream.png")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python examples/adapted_two_stream.py FOLDER, an existing folder for the figure")
    print(f"written: {main(Path(sys.argv[1]))}")
