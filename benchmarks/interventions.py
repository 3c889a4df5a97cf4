"""What a change costs: one cut at each site against what lies downstream, a whole sweep and an estimate in forwards.

OMP_NUM_THREADS=1 python -m benchmarks.interventions [--checkpoints NAME ...] [--repeats 5] [--no-sweeps] [--batches]

`part` is the time of one edge cut, gone on with where its site begins, over that of a whole forward; `downstream` the
share of a forward's time that lies behind the place where the site begins, so what the cut cannot do without. A sweep
is counted from the first forward to the last figure, in whole forwards of the same network in the same process.

Seen in float32 on one core of a server, in processor time, a scene of 480x640 at the networks' own working size:

| network   | edges | first site      | last site       | estimate | sweep of totals | and of direct, only | kept  |
| --------- | ----- | --------------- | --------------- | -------- | --------------- | ------------------- | ----- |
| CEN       | 34    | 1.05 (0.97)     | 0.64 (0.50)     | 3.7      | 31              | 57 (96)             | 86 MB |
| NDDR-CNN  | 30    | 1.06 (0.93)     | 0.44 (0.35)     | 6.8      | 29              | 44 (75)             | 13 MB |
| MTI-Net   | 48    | 0.81 (0.79)     | 0.38 (0.29)     | 4.0      | 22              | 28 (65)             | 8 MB  |

Estimates and sweeps are of a core with much other work; in brackets, seen there as well, what one forward for each edge
and kind takes (78, 82 and 74 on an idle core). CEN stays above 45: each of its 66 forwards runs the
decoder of two streams that have both changed, half of a forward.

Several cuts could go through a network as one batch, each of its pictures with another edge cut. On one core a picture
of a batch of 4 takes 1.1, 0.9 and 0.7 times a forward of one (CEN, NDDR-CNN, MTI-Net), of a batch of 8 1.6, 1.0 and
0.75 times (`--batches`).

Sites: one cut in forwards, in brackets what lies downstream; over all 29 sites 0.09 more in the median. Of that about
0.05 answers the calls before the site, the rest is the interception of those that follow, copies, and the edit.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import vizlab
from benchmarks.measure import time_ratio
from vizlab.bundled import checkpoint
from vizlab.core.site import Intervention, passing
from vizlab.experiments.interventions.edges import cutting, edges_of, idle_edges
from vizlab.experiments.interventions.estimate import estimate
from vizlab.experiments.interventions.passes import KINDS, Passes
from vizlab.scenes import load_scene
from vizlab.study.scene_scores import scene_picture

NETWORKS = ("cen-mobilenetv2-nyuv2", "nddr-cnn-mobilenetv2-nyuv2", "mti-net-mobilenetv2-nyuv2")
SCENE = "bedroom"
BATCHES = (4, 8)
MB = 2**20


class Clock:
    """Notes when a forward reaches each site."""

    replaying = False

    def __init__(self) -> None:
        self.started, self.reached_at = time.perf_counter(), dict[str, float]()

    def reached(self, site: str) -> None:
        self.reached_at.setdefault(site, time.perf_counter() - self.started)


def downstream(forward: Callable[[], object], repeats: int) -> dict[str, float]:
    """By site, the median share of a forward's time that is still to come when the site is reached."""
    found: dict[str, list[float]] = {}
    for _ in range(repeats):
        clock = Clock()
        with passing(clock):
            forward()
        whole = time.perf_counter() - clock.started
        for site, at in clock.reached_at.items():
            found.setdefault(site, []).append(1 - at / whole)
    return {site: statistics.median(shares) for site, shares in found.items()}


def sites(model: vizlab.Model, passes: Passes, forward: Callable[[], object], repeats: int) -> float:
    """Print one line for each site; returns the median time of a forward in seconds."""
    left, idle, bases = downstream(forward, repeats), idle_edges(model), []
    print(f"{'site':34} {'part':>6} {'downstream':>11} {'more':>7}")
    for site in dict.fromkeys(edge.site for edge in edges_of(model)):
        live = [edge for edge in passes.edges if edge.site == site and edge not in idle]
        if not live:
            continue
        change: Intervention = cutting(Intervention(), live[:1])
        part, base = time_ratio(lambda change=change: passes.plain.under(change), forward, repeats)  # type: ignore[misc]
        bases.append(base)
        print(f"{site:34} {part:6.2f} {left[site]:11.2f} {part - left[site]:+7.2f}", flush=True)
    return statistics.median(bases)


def sweeps(model: vizlab.Model, inputs: dict, framing: object, forward: Callable[[], object]) -> None:
    """Print what an estimate and whole sweeps cost, in forwards timed in between."""
    parts: dict[str, Callable[[], object]] = {"estimate": lambda: estimate(model, inputs, framing)}  # type: ignore[arg-type]
    for kinds in (("total",), KINDS):
        parts[f"sweep of {', '.join(kinds)}"] = lambda kinds=kinds: swept(model, inputs, framing, kinds)  # type: ignore[misc]
    for words, call in parts.items():
        ratio, _ = time_ratio(call, forward, 1)
        print(f"{words:34} {ratio:6.1f} forwards", flush=True)


def batches(model: vizlab.Model, inputs: dict, repeats: int) -> None:
    """Print what a picture of a batch costs, in forwards of one picture."""
    for size in BATCHES:
        together = {name: value.repeat(size, 1, 1, 1) for name, value in inputs.items()}
        ratio, _ = time_ratio(lambda given=together: model.forward(given), lambda: model.forward(inputs), repeats)  # type: ignore[misc]
        print(f"{f'a picture of a batch of {size}':34} {ratio / size:6.2f} forwards", flush=True)


def swept(model: vizlab.Model, inputs: dict, framing: object, kinds: Sequence[str]) -> None:
    """Everything of a sweep but the trace: estimates, and all passes."""
    estimate(model, inputs, framing)  # type: ignore[arg-type]
    passes = Passes(model, inputs, framing)  # type: ignore[arg-type]
    for _ in passes.run(passes.listed(kinds)):
        pass


def measure(name: str, device: str, repeats: int, with_sweeps: bool, with_batches: bool) -> None:
    rgbd, _ = scene_picture(load_scene(SCENE))
    model = vizlab.load_model(checkpoint(name), device, precision="float32")
    framing = model.frame(rgbd.size)
    inputs = model.preprocess(rgbd, framing)

    def forward() -> object:
        return model.forward(inputs)

    if with_batches:
        print(f"\n{name}")
        batches(model, inputs, repeats)
        return
    passes = Passes(model, inputs, framing)
    live = len(passes.edges) - len(idle_edges(model))
    print(f"\n{name}: {len(passes.edges)} edges, {live} of them live, {passes.plain.kept_bytes / MB:.0f} MB kept")
    base = sites(model, passes, forward, repeats)
    print(f"{'a forward':34} {base * 1000:6.0f} ms")
    if with_sweeps:
        sweeps(model, inputs, framing, forward)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", nargs="+", default=list(NETWORKS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sweeps", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--batches", action="store_true", help="only what a picture of a batch costs")
    given = parser.parse_args()
    for name in given.checkpoints:
        measure(name, given.device, given.repeats, given.sweeps, given.batches)


if __name__ == "__main__":
    main()
