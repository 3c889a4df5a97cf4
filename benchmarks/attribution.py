"""Attribution in forwards of the same network in the same process, and peak memory over one forward's.

python -m benchmarks.attribution [--checkpoints NAME ...] [--steps 64] [--repeats 3]
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import vizlab
from benchmarks.measure import peak_memory, time_ratio
from vizlab.bundled import checkpoint
from vizlab.experiments.attribution import METHODS, Attribution, Conductance, Target, attribute, box, conductance
from vizlab.rgbd import RGBDImage
from vizlab.scenes import load_scene
from vizlab.study.scene_scores import scene_picture

NETWORKS = ("cen-mobilenetv2-nyuv2", "nddr-cnn-mobilenetv2-nyuv2", "mti-net-mobilenetv2-nyuv2")
SCENE = "bedroom"
MB = 2**20


def prepared(name: str, device: str) -> tuple[vizlab.Model, RGBDImage, Target]:
    rgbd, _ = scene_picture(load_scene(SCENE))
    height, width = rgbd.size
    region = box(rgbd.size, (width // 3, height // 3), (2 * width // 3, 2 * height // 3))
    return vizlab.load_model(checkpoint(name), device, precision="float32"), rgbd, Target("semseg", region)


def work(name: str, device: str, steps: int) -> dict[str, Callable[[], Attribution | Conductance]]:
    """What is measured, by name, on one network."""
    model, rgbd, target = prepared(name, device)
    found: dict[str, Callable[[], Any]] = {
        method: partial(attribute, model, rgbd, target, method, steps=steps) for method in METHODS
    }
    return {**found, "conductance": partial(conductance, model, rgbd, target, steps=steps)}


def forward_only(name: str, device: str) -> None:
    model, rgbd, _ = prepared(name, device)
    model.forward(model.preprocess(rgbd))


def attribute_once(name: str, device: str, steps: int, what: str) -> None:
    work(name, device, steps)[what]()


def peaks_of(name: str, device: str, steps: int) -> dict[str, int]:
    """Peak bytes by what is done, and of a forward alone."""
    found = {what: peak_memory(attribute_once, name, device, steps, what) for what in (*METHODS, "conductance")}
    return {"forward": peak_memory(forward_only, name, device), **found}


def measure(name: str, device: str, steps: int, repeats: int, peaks: dict[str, int]) -> None:
    model, rgbd, _ = prepared(name, device)
    inputs = model.preprocess(rgbd)
    for what, call in work(name, device, steps).items():
        found = call()
        ratio, base = time_ratio(call, partial(model.forward, inputs), repeats)
        extra = (peaks[what] - peaks["forward"]) / MB
        passes = f"{found.forwards} pictures through, {getattr(found, 'backwards', found.forwards)} back"
        print(
            f"{name}, {what}: {ratio:.0f} forwards' time ({base * 1000:.0f} ms each), {passes}, "
            f"{ratio / found.forwards:.1f} forwards each; {extra:+.0f} MB over {peaks['forward'] / MB:.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", nargs="+", default=list(NETWORKS))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    # Memory first: a process inherits the peak of the one that starts it.
    peaks = {name: peaks_of(name, given.device, given.steps) for name in given.checkpoints}
    for name in given.checkpoints:
        measure(name, given.device, given.steps, given.repeats, peaks[name])


if __name__ == "__main__":
    main()
