"""How depth is kept: the encodings that sensors and data sets use, and the habits of each.

All numbers are estimates, held against known depth re-encoded in every unit by `python -m benchmarks.units`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vizlab.rgbd.fingerprints import Nothing
from vizlab.rgbd.units import (
    CENTIMETRES,
    KITTI,
    METRES,
    MILLIMETRES,
    QUARTER_MILLIMETRES,
    REPLICA,
    SUN_RGBD,
    TASKONOMY,
    TENTH_MILLIMETRES,
    TUM,
    Encoding,
)

Scenes = tuple[float, float, float]
"""Shares of rooms, table tops and streets."""

SCENES = ((2.3, 0.5, 0.3, 7.0), (0.75, 0.45, 0.1, 3.0), (11.0, 0.6, 0.8, 150.0))
"""Of those three: the typical median in metres, the spread of its logarithm, what is seldom nearer and farther."""


@dataclass(frozen=True)
class Practice:
    """Who keeps depth in `encoding`: how common that is, and the share of its files with each trait.

    `nothing` says what stands for nothing; `sensor` is the share with a sensor's size, `disparity` that with its steps,
    `sparse` that with few numbers, `wide` that of streets' shape, `quarters` that with a size of a sensor that counts
    quarters of a millimetre; `grids` are shares of files on each of GRIDS, as far as gaps show.
    """

    encoding: Encoding
    prior: float
    scenes: Scenes
    nothing: Mapping[Nothing, float]
    sensor: float
    disparity: float = 0.01
    sparse: float = 0.01
    wide: float = 0.005
    quarters: float = 0.01
    grids: Mapping[float, float] = field(default_factory=dict)


def _nothing(none: float, zeros: float, saturated: float, both: float) -> Mapping[Nothing, float]:
    return {"none": none, "zeros": zeros, "saturated": saturated, "both": both}


MEASURED, RENDERED = _nothing(0.1, 0.88, 0.005, 0.015), _nothing(0.65, 0.34, 0.005, 0.005)

PRACTICES = (
    # Kinects, RealSenses and telephones; then renderers, and sets of in-painted or resized pictures.
    Practice(MILLIMETRES, 0.4, (0.86, 0.13, 0.01), MEASURED, 0.85, 0.35, wide=0.01),
    Practice(MILLIMETRES, 0.25, (0.94, 0.05, 0.01), RENDERED, 0.3, 0.03, wide=0.01, grids={0.005: 0.15, 0.01: 0.04}),
    # TUM's recordings, which were whole millimetres, and the renderers that follow them.
    Practice(TUM, 0.1, (0.98, 0.01, 0.01), MEASURED, 0.9, 0.75, grids={0.001: 0.7}),
    Practice(TUM, 0.0265, (0.98, 0.01, 0.01), RENDERED, 0.4, grids={0.001: 0.1, 0.005: 0.1}),
    Practice(SUN_RGBD, 0.1, (0.93, 0.06, 0.01), _nothing(0.2, 0.79, 0.005, 0.005), 0.6, 0.6),
    Practice(
        TENTH_MILLIMETRES, 0.1, (0.54, 0.45, 0.01), _nothing(0.4, 0.5, 0.02, 0.08), 0.4, 0.1,
        grids={0.001: 0.4, 0.005: 0.03},
    ),
    # L515 and Matterport.
    Practice(
        QUARTER_MILLIMETRES, 0.035, (0.5, 0.49, 0.01), _nothing(0.25, 0.73, 0.01, 0.01), 0.5, 0.02, quarters=0.2,
        grids={0.001: 0.1, 0.005: 0.05},
    ),
    # Taskonomy, 2D-3D-S and Omnidata, rendered from meshes.
    Practice(
        TASKONOMY, 0.055, (0.95, 0.03, 0.02), _nothing(0.45, 0.05, 0.45, 0.05), 0.05, grids={0.005: 0.05, 0.01: 0.05}
    ),
    # KITTI and VOID, projected points; then ZoeDepth's predictions.
    Practice(
        KITTI, 0.014, (0.25, 0.05, 0.7), _nothing(0.1, 0.88, 0.01, 0.01), 0.1, sparse=0.7, wide=0.7,
        grids={0.005: 0.05, 0.01: 0.05},
    ),
    Practice(KITTI, 0.008, (0.6, 0.05, 0.35), _nothing(0.9, 0.08, 0.01, 0.01), 0.1, wide=0.1),
    # Virtual KITTI, and rooms.
    Practice(CENTIMETRES, 0.02, (0.4, 0.0, 0.6), _nothing(0.4, 0.2, 0.38, 0.02), 0.1, 0.0, wide=0.3),
    Practice(
        REPLICA, 0.019, (0.97, 0.02, 0.01), _nothing(0.6, 0.38, 0.01, 0.01), 0.05, grids={0.001: 0.3, 0.005: 0.05}
    ),
)  # fmt: skip

FLOAT_PRACTICES: Mapping[Encoding, tuple[float, Scenes]] = {
    METRES: (0.8, (0.75, 0.1, 0.15)),
    MILLIMETRES: (0.15, (0.9, 0.09, 0.01)),
    CENTIMETRES: (0.05, (0.6, 0.02, 0.38)),
}
"""Of depth in floating point: how common an encoding is, and of what."""
