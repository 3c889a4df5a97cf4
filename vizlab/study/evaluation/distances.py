"""Fréchet and kernel distance of two sets of pictures in the features of a network: FID and KID where it is Inception.

FID (Heusel et al., NeurIPS 2017) and KID (Binkowski et al., ICLR 2018) are defined by the features of one network,
Inception v3 as TensorFlow published it in 2015, at 2048 numbers a picture. In other features the formulas hold as well,
but the numbers compare with nobody's FID or KID, and never go by these names here.
"""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

FILE = "weights-inception-2015-12-05-6726825d.pth"
"""Inception's weights under the name that torch-fidelity gives them."""
SOURCE = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"
INCEPTION_WIDTH = 2048


class _AsTheyAre(nn.Module):
    """Takes features for the pictures they were made of, so that both distances share one pass of the network."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width

    def forward(self, features: Tensor) -> Tensor:
        return features


@dataclass(frozen=True)
class Distances:
    """`frechet` squared Fréchet distance of the two Gaussians; `kernel` squared MMD, without bias, so it may be < 0."""

    frechet: float
    kernel: float


class FeatureDistances:
    """Distances of made pictures to real ones in the features that `network` gives: (N, 3, H, W) uint8 to (N, D).

    `width` is D. Covariances are of as many pictures as were added: with fewer than D of them the Fréchet distance is
    too large, and compares only with what was measured on as many.
    """

    def __init__(self, network: nn.Module, width: int) -> None:
        self._network, self._width = network.eval(), width
        self._real: list[Tensor] = []
        self._made: list[Tensor] = []

    def add(self, made: np.ndarray, real: np.ndarray) -> None:
        """One picture of each kind, HxWx3 uint8; they need not belong together."""
        pair = torch.from_numpy(np.stack([made, real])).permute(0, 3, 1, 2).contiguous()
        with torch.inference_mode():
            features = self._network(pair)
        self._made.append(features[:1].double())
        self._real.append(features[1:].double())

    def result(self) -> Distances | None:
        """None of fewer than two pictures, which have no covariance."""
        if len(self._made) < 2:
            return None
        frechet = FrechetInceptionDistance(_AsTheyAre(self._width)).set_dtype(torch.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that it keeps all features
            # All pairs at once: the mean over random subsets estimates the same, and differs from run to run.
            kernel = KernelInceptionDistance(_AsTheyAre(self._width), subsets=1, subset_size=len(self._made))
        for metric in (frechet, kernel):
            metric.update(torch.cat(self._made), real=False)
            metric.update(torch.cat(self._real), real=True)
        return Distances(float(frechet.compute()), float(kernel.compute()[0]))


def weights_file() -> Path:
    """Where torch keeps Inception's weights, whether or not they are there."""
    return Path(torch.hub.get_dir()) / "checkpoints" / FILE


def missing() -> str:
    """What has to be done before FID and KID can be measured; empty where they can."""
    steps = []
    if find_spec("torch_fidelity") is None:
        steps.append('run pip install "vizlab[fid]"')
    if not weights_file().is_file():
        steps.append(f"put {SOURCE} into '{weights_file().parent}'")
    return (
        f"FID and KID were not measured, since they need Inception's weights: {' and '.join(steps)}." if steps else ""
    )


def inception_distances() -> FeatureDistances | None:
    """FID and KID; None where `missing` says why. Nothing is ever downloaded."""
    if missing():
        return None
    from torchmetrics.image.fid import NoTrainInceptionV3

    network = NoTrainInceptionV3(
        name="inception-v3-compat",
        features_list=[str(INCEPTION_WIDTH)],
        feature_extractor_weights_path=str(weights_file()),
        antialias=False,  # as TensorFlow resized in 2015, which the published numbers go by
    )
    return FeatureDistances(network, INCEPTION_WIDTH)
