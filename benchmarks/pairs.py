"""How often a wrong pair of colour and depth is warned about, a right one doubted, and what the check costs.

python -m benchmarks.pairs [--nyuv2 FOLDER] [--split test.txt] [--every 1]

Right pairs are the bundled scenes, or FOLDER's: rgb/ID.jpg beside depth/ID.png in millimetres, IDs in the split's file.
Each is then spoiled in every way below and read like a user's. "Named" is a suggestion that undoes it to 3 %.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vizlab.bundled import folder
from vizlab.rgbd import rgbd_from_arrays
from vizlab.rgbd.agreement import find_better
from vizlab.rgbd.edges import colour_edges, depth_edges
from vizlab.rgbd.placement import parse_placement
from vizlab.rgbd.record import Suggestion

Pair = tuple[NDArray, NDArray]
Spoiled = tuple[Pair, Callable[[Suggestion], bool]]


def bundled_pairs() -> Iterator[Pair]:
    for scene in sorted(folder("scenes").glob("*/")):
        yield _open(scene / "rgb.jpg"), _open(scene / "depth.png")


def nyuv2_pairs(root: Path, split: str, every: int) -> Iterator[Pair]:
    for name in (root / split).read_text().split()[::every]:
        yield _open(root / f"rgb/{int(name):06}.jpg"), _open(root / f"depth/{int(name):06}.png")


def turned(turn: str, pair: Pair) -> Spoiled:
    step = {"mirrored": np.s_[:, ::-1], "upside down": np.s_[::-1], "turned 180": np.s_[::-1, ::-1]}[turn]
    return (pair[0], pair[1][step]), lambda one: dict(one.options).get("turn") == turn


def moved(pixels: int, pair: Pair) -> Spoiled:
    """Depth whose content lies `pixels` too far right."""

    def undone(one: Suggestion) -> bool:
        place = parse_placement(dict(one.options).get("align", ""))
        return place is not None and place[1] is not None and abs(place[1][1] - pixels) < 0.03 * pair[0].shape[1] / 2

    return (pair[0][:, pixels:], pair[1][:, :-pixels]), undone


def wider_depth(ratio: float, pair: Pair) -> Spoiled:
    """Colour through a lens of `ratio` times the focal length of depth's, both of one size."""
    narrow = _middle(pair[0], ratio)
    return (narrow, _sampled(pair[1], narrow.shape)), _scaled_by(ratio)


def narrower_depth(ratio: float, pair: Pair) -> Spoiled:
    """Depth through a lens of `ratio` times the focal length of colour's, both of one size."""
    colour, depth = pair
    return (colour, _sampled(_middle(depth, ratio), depth.shape)), _scaled_by(1 / ratio)


def _sampled(depth: NDArray, size: tuple[int, ...]) -> NDArray:
    """Nearest samples at the height and width of `size`."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, depth.shape, strict=False)
    )
    return depth[np.ix_(rows, columns)]


def _scaled_by(ratio: float) -> Callable[[Suggestion], bool]:
    """Whether a suggestion scales depth by `ratio`, within 3 %."""

    def undone(one: Suggestion) -> bool:
        place = parse_placement(dict(one.options).get("align", ""))
        return place is not None and abs(place[0] / ratio - 1) < 0.03

    return undone


FAULTS: dict[str, Callable[[Pair], Spoiled]] = {
    "none": lambda pair: (pair, lambda one: False),
    "mirrored": lambda pair: turned("mirrored", pair),
    "upside down": lambda pair: turned("upside down", pair),
    "turned 180": lambda pair: turned("turned 180", pair),
    "8 pixels off": lambda pair: moved(8, pair),
    "16 pixels off": lambda pair: moved(16, pair),
    "32 pixels off": lambda pair: moved(32, pair),
    "depth 1.12 x as wide": lambda pair: wider_depth(1.12, pair),
    "depth 1.26 x as wide": lambda pair: wider_depth(1.26, pair),
    "depth 1.40 x as wide": lambda pair: wider_depth(1.40, pair),
    "colour 1.26 x as wide": lambda pair: narrower_depth(1.26, pair),
}


def outcome(fault: str, pair: Pair) -> tuple[bool, bool]:
    """Whether reading the pair, spoiled by `fault`, warned, and whether it suggested what undoes it."""
    (colour, depth), undone = FAULTS[fault](pair)
    record = rgbd_from_arrays(colour, depth, depth_unit="mm", depth_kind="depth").record
    about_the_pair = [one for one in record.suggestions if {"turn", "align"} & set(dict(one.options))]
    return bool(about_the_pair), any(map(undone, about_the_pair))


def milliseconds(pair: Pair) -> float:
    """What the check adds to reading a pair."""
    depth = np.where(pair[1] > 0, pair[1] / 1000, np.nan).astype(np.float32)
    started = time.perf_counter()
    find_better(colour_edges(pair[0]), depth_edges(depth))
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nyuv2", type=Path, help="a folder of pairs instead of the bundled scenes")
    parser.add_argument("--split", default="test.txt", help="the file of IDs in that folder")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth of them")
    args = parser.parse_args()
    pairs = list(nyuv2_pairs(args.nyuv2, args.split, args.every) if args.nyuv2 else bundled_pairs())
    print(
        f"{len(pairs)} pairs of {pairs[0][0].shape[1]}x{pairs[0][0].shape[0]}; a warning about 'none' is a false alarm."
    )
    for fault in FAULTS:
        warned, named = np.sum([outcome(fault, pair) for pair in pairs], axis=0)
        shares = (warned / len(pairs), named / len(pairs))
        print(f"{fault:22} warned {warned:4} ({shares[0]:6.1%})   named {named:4} ({shares[1]:6.1%})", flush=True)
    times = [milliseconds(pair) for pair in pairs]
    print(
        f"The check took {np.median(times):.0f} ms a pair (median), {np.quantile(times, 0.95):.0f} ms at most in 95 %."
    )


def _middle(pixels: NDArray, ratio: float) -> NDArray:
    height, width = (round(edge / ratio) for edge in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def _open(path: Path) -> NDArray:
    with Image.open(path) as picture:
        return np.array(picture)


if __name__ == "__main__":
    main()
