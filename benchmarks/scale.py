"""Throughput of a page's networks as replicas on Ray Serve against the page's own process, and what is sent for it.

Needs the extra `scale`. Everything is started on this machine; as many visitors ask at once as there are replicas.
Where this process may use one core, replicas share it: then the ratio says what sending costs, not what replicas gain.

python -m benchmarks.scale [--pictures 6] [--rounds 3] [--replicas 1 2] [--network NAME] [--size 240x320]
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Sequence

import numpy as np

from vizlab.core.model import Model
from vizlab.page.scale.networks import Asked, Here, Networks
from vizlab.page.scale.on_ray import LOCAL, RayReplicas
from vizlab.page.scale.questions import Question, Source, packed
from vizlab.page.scale.replicated import Replicated
from vizlab.page.service.on_gpus import OnGpus
from vizlab.page.settings import Settings
from vizlab.page.shelf import ModelShelf
from vizlab.rgbd import RGBDImage

NETWORK = "cen-mobilenetv2-nyuv2"


def pictures(count: int, size: tuple[int, int]) -> list[RGBDImage]:
    """Noise over a slope, each another one: what is in a picture does not change what it costs."""
    found = []
    for seed in range(count):
        draws = np.random.default_rng(seed)
        colour = draws.integers(0, 256, (*size, 3), dtype=np.uint8)
        depth = np.linspace(1, 4, size[0], dtype=np.float32)[:, None] + draws.random(size, dtype=np.float32) / 10
        found.append(RGBDImage(colour, depth))
    return found


def seconds(networks: Networks, model: Model, asked: Asked, given: Sequence[RGBDImage], at_once: int) -> float:
    """How long all pictures take, so many asked for at a time."""
    waiting, failed = list(given), []

    def visitor() -> None:
        while True:
            try:
                picture = waiting.pop()
            except IndexError:
                return
            try:
                networks.trace(model, picture, asked, lambda: None)
            except Exception as err:
                failed.append(err)

    threads = [threading.Thread(target=visitor) for _ in range(at_once)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - started


def compare(count: int, rounds: int, given: Sequence[RGBDImage], name: str, asked: Asked) -> None:
    """Rounds in turn, so that a machine that slows down slows both."""
    settings = Settings(scale=LOCAL, replicas=count)
    shelf, here = ModelShelf(settings.checkpoints), Here(OnGpus(settings.gpu_models_mb * 1_000_000))
    began = time.perf_counter()
    replicas = RayReplicas(settings)
    start = time.perf_counter() - began
    try:
        there, model = Replicated(replicas, shelf.source, here), shelf.get(name)
        seconds(there, model, asked, list(given) * count, count)  # every replica reads the network
        ratios, own = [], []
        for _ in range(rounds):
            own.append(seconds(here, model, asked, given, 1))
            ratios.append(own[-1] / seconds(there, model, asked, given, count))
    finally:
        replicas.close()
    rate = len(given) / statistics.median(own)
    print(
        f"replicas: {count}; pictures a second / one process: {statistics.median(ratios):.2f} ({min(ratios):.2f} to "
        f"{max(ratios):.2f} in {rounds} rounds; one process {rate:.2f} a second; ready after {start:.0f} s)"
    )


def sizes(given: RGBDImage, name: str, asked: Asked) -> None:
    """Bytes of a question and its answer, and what making them costs beside the forward."""
    shelf, here = ModelShelf(Settings().checkpoints), Here(OnGpus(1))
    model, source = shelf.get(name), shelf.source(name)
    assert isinstance(source, Source)
    began = time.perf_counter()
    answer = here.trace(model, given, asked, lambda: None)
    forward = time.perf_counter() - began
    began = time.perf_counter()
    sent, back = packed(Question(source, given, asked)), packed(answer)
    packing = time.perf_counter() - began
    print(
        f"sent {len(sent) / 1e6:.2f} MB and {len(back) / 1e6:.2f} MB back for each picture; packing both takes "
        f"{packing / forward:.3f} of a forward"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--network", default=NETWORK)
    parser.add_argument("--size", default="240x320", help="of the pictures and of the networks' input, HxW")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    height, _, width = options.size.partition("x")
    size = int(height), int(width)
    asked = Asked(options.device, "float32", size)
    given = pictures(options.pictures, size)
    print(f"{options.network}, {options.pictures} pictures of {options.size}, {len(os.sched_getaffinity(0))} cores")
    sizes(given[0], options.network, asked)
    for count in options.replicas:
        compare(count, options.rounds, given, options.network, asked)


if __name__ == "__main__":
    main()
