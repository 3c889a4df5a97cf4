"""How often the unit of depth is read right, guessed, or wrong without a word: known depth re-encoded in every unit.

python -m benchmarks.units [--depth FOLDER] [--count 200]

Known depth is that of the bundled scenes, of made-up rooms, and of FOLDER's 16-bit PNGs in millimetres, if given.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rooms import rooms
from vizlab.bundled import folder
from vizlab.rgbd import parse_unit, rgbd_from_arrays
from vizlab.rgbd.detection import SURE

Array = NDArray[np.float64]


def linear(per_metre: float) -> Callable[[Array], NDArray]:
    return lambda metres: np.round(np.nan_to_num(metres) * per_metre).clip(0, 65534).astype(np.uint16)


def taskonomy(metres: Array) -> NDArray:
    return np.where(np.isnan(metres), 65535, linear(512)(metres)).astype(np.uint16)


def sun_rgbd(metres: Array) -> NDArray:
    millimetres = linear(1000)(metres)
    return ((millimetres << 3) | (millimetres >> 13)).astype(np.uint16)


ENCODERS: dict[str, Callable[[Array], NDArray]] = {
    "mm": linear(1000),
    "tum": lambda metres: (linear(1000)(metres).astype(np.uint32) * 5).clip(0, 65535).astype(np.uint16),
    "0.1mm": linear(10_000),
    "sunrgbd": sun_rgbd,
    "1/512": taskonomy,
    "1/256": linear(256),
    "0.25mm": linear(4000),
    "1/6553.5": linear(6553.5),
    "cm": linear(100),
    "m": lambda metres: metres.astype(np.float32),
}


def verdict(metres: Array, unit: str) -> str:
    """right or wrong, and whether that was sure."""
    depth = rgbd_from_arrays(depth=ENCODERS[unit](metres)).record.depth
    expected = parse_unit(unit)
    assert depth is not None
    assert expected is not None
    sure, right = depth.confidence >= SURE, depth.encoding == expected.name
    return f"{'sure' if sure else 'guess'}, {'right' if right else 'wrong'}"


def of_folder(folder: Path, count: int) -> Iterator[Array]:
    paths = sorted(folder.rglob("depth.png")) or sorted(folder.rglob("*.png"))
    for path in paths[:: max(1, len(paths) // count)][:count]:
        counts = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        yield np.where(counts > 0, counts / 1000, np.nan)


def with_holes(metres: Array, seed: int = 0) -> Array:
    """A tenth of it unknown, in blots, as behind edges and on glass."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=metres.shape), (0, 0), 6)
    return np.where(noise > np.quantile(noise, 0.9), np.nan, metres)


def report(name: str, pictures: list[Array]) -> None:
    print(f"\n{name}: {len(pictures)} pictures\n{'unit':10} sure, right  guess, right  guess, wrong  sure, wrong")
    for unit in ENCODERS:
        found = Counter(verdict(metres, unit) for metres in pictures)
        kinds = ("sure, right", "guess, right", "guess, wrong", "sure, wrong")
        print(f"{unit:10} " + "  ".join(f"{found[kind] / len(pictures):10.1%} " for kind in kinds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=Path, help="a folder of 16-bit PNGs in millimetres")
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    report("bundled scenes", list(of_folder(folder("scenes"), arguments.count)))
    made = list(rooms(arguments.count))
    report("made-up rooms", made)
    report("made-up rooms with holes", [with_holes(metres) for metres in made])
    if arguments.depth is not None:
        report(str(arguments.depth.name), list(of_folder(arguments.depth, arguments.count)))


if __name__ == "__main__":
    main()
