"""Traced against plain forward, and CEN against the plain way of writing it: time and peak memory as ratios.

python -m benchmarks.forward [--size 480x640] [--repeats 5]
"""

import argparse

import numpy as np
import torch

from benchmarks.measure import peak_memory, time_ratio
from benchmarks.plain_cen import plain_forward
from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.model import Model
from vizlab.core.reduction import Recorder
from vizlab.core.registry import build_network
from vizlab.core.site import observing
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.rgbd import RGBDImage

CONFIGS = {
    "cen-resnet50": NetworkConfig(
        "cen-resnet50", ("semseg",), ("rgb", "depth"), normalisation={"rgb": IMAGENET, "depth": METRES}
    ),
    "nddr-cnn-resnet18": NetworkConfig("nddr-cnn-resnet18", ("semseg", "depth"), ("rgb",)),
    "mti-net-hrnet18": NetworkConfig("mti-net-hrnet18", ("semseg", "depth"), ("rgb",)),
    "cen-mobilenetv2": NetworkConfig(
        "cen-mobilenetv2", ("semseg",), ("rgb", "depth"), normalisation={"rgb": IMAGENET, "depth": METRES}
    ),
    "nddr-cnn-mobilenetv2": NetworkConfig("nddr-cnn-mobilenetv2", ("semseg", "depth", "normals"), ("rgb",)),
    "mti-net-mobilenetv2": NetworkConfig("mti-net-mobilenetv2", ("semseg", "depth", "normals"), ("rgb",)),
}


def make(name: str, precision: str) -> Model:
    """The network with random weights; a fifth of CEN's channels are exchanged. Speed does not depend on values."""
    torch.manual_seed(0)
    network = build_network(CONFIGS[name])
    for module in network.modules():
        if isinstance(module, StreamNorm) and module.threshold is not None:
            module.weight.data[torch.rand_like(module.weight) < 0.2] = 0.001
    return Model(network, CONFIGS[name], name, precision=precision)  # type: ignore[arg-type]


def picture(size: tuple[int, int]) -> RGBDImage:
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 255, (*size, 3), dtype=np.uint8)
    return RGBDImage(colour, rng.uniform(1, 4, size).astype(np.float32))


def run_plain(name: str, precision: str, size: tuple[int, int]) -> None:
    model, rgbd = make(name, precision), picture(size)
    model.forward(model.preprocess(rgbd, model.frame(size, size)))


def run_traced(name: str, precision: str, size: tuple[int, int]) -> None:
    model, rgbd = make(name, precision), picture(size)
    framing = model.frame(size, size)
    with observing(Recorder(framing)):
        model.forward(model.preprocess(rgbd, framing))


def traced_against_plain(name: str, precision: str, size: tuple[int, int], repeats: int) -> None:
    model, rgbd = make(name, precision), picture(size)
    framing = model.frame(size, size)
    inputs = model.preprocess(rgbd, framing)

    def traced() -> None:
        with observing(Recorder(framing)):
            model.forward(inputs)

    ratio, seconds = time_ratio(traced, lambda: model.forward(inputs), repeats)
    memory = peak_memory(run_traced, name, precision, size) / peak_memory(run_plain, name, precision, size)
    print(f"{name:22} {precision:9} traced/plain: time {ratio:.2f} (plain {seconds:.2f} s), peak memory {memory:.2f}")


def ours_against_plain_list(precision: str, size: tuple[int, int], repeats: int) -> None:
    model, rgbd = make("cen-resnet50", precision), picture(size)
    inputs = model.preprocess(rgbd, model.frame(size, size))
    # The yardstick keeps torch's default memory format and float32.
    reference = make("cen-resnet50", "float32")
    reference.network.to(memory_format=torch.contiguous_format)
    plain_inputs = {k: v.contiguous() for k, v in inputs.items()}

    def plain() -> dict[str, torch.Tensor]:
        with torch.inference_mode():
            return plain_forward(reference.network, plain_inputs)  # type: ignore[arg-type]

    ours = model.forward(inputs)
    theirs = plain()
    off = max(float((ours[k] - theirs[k]).abs().max() / theirs[k].std()) for k in theirs)
    ratio, seconds = time_ratio(lambda: model.forward(inputs), plain, repeats)
    print(
        f"cen-resnet50 {precision:9} / plain list in float32: {ratio:.2f} (plain {seconds:.2f} s; "
        f"outputs differ by {off:.1e} of their standard deviation)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="480x640", help="height x width of the network's input")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    height, width = map(int, arguments.size.split("x"))
    for name in CONFIGS:
        traced_against_plain(name, "float32", (height, width), arguments.repeats)
    for precision in ("float32", "bfloat16"):
        ours_against_plain_list(precision, (height, width), arguments.repeats)


if __name__ == "__main__":
    main()
