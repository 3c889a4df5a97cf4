"""What it takes to rebuild a network and to feed it: the part of a checkpoint that is not tensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Normalisation:
    """`(x - mean) / std` per channel; x is RGB in [0, 1], or depth in metres tiled to three channels.

    With `log_counts`, depth is counted first: x is log(1 + log_counts * metres), of counts that 16 bits hold. With
    `stretched`, x is each picture's own values brought to [0, 1], its least to 0 and its largest to 1. With the `order`
    "bgr" the network takes colours the other way round, and so do `mean` and `std`.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    log_counts: float = 0.0
    order: Literal["rgb", "bgr"] = "rgb"
    stretched: bool = False

    def __post_init__(self) -> None:
        if self.order not in ("rgb", "bgr"):
            raise ValueError(f"the order of channels is {self.order!r}; expected 'rgb' or 'bgr'")


IMAGENET = Normalisation(IMAGENET_MEAN, IMAGENET_STD)
METRES = Normalisation((0.0,) * 3, (1.0,) * 3)
"""Depth in metres, as it is."""
STRETCHED_DEPTH = Normalisation((0.0,) * 3, (1 / 255,) * 3, stretched=True)
"""Depth as some code takes SUN RGB-D's: 0 to 255 between a picture's nearest and farthest pixel."""
SIGNED = Normalisation((0.5,) * 3, (0.5,) * 3)
"""A picture scaled to [-1, 1], as image translation takes it."""
_LOG_RANGE = 11.1  # log(1 + 65535) is 11.09
SIGNED_LOG_DEPTH = Normalisation((_LOG_RANGE / 2,) * 3, (_LOG_RANGE / 2,) * 3, log_counts=512)
"""Depth as the authors' image translation takes Taskonomy's: log(1 + counts of 1/512 m), 0 to 11.1 become [-1, 1].

Their code also cuts the result to 8 bits, a step of 0.008, which is left out here.
"""


@dataclass(frozen=True)
class NetworkConfig:
    """Everything `build_network` and `preprocess` need, JSON-ready through `to_dict`.

    `architecture` is a key of its method's architectures, "METHOD-BACKBONE"; `classes` are the semseg classes by name,
    or empty when only their number `semseg_channels` is known. `working_size` (H, W) fixes the pixel area to which
    a picture is scaled. `options` are the architecture's own numbers (decoder width, filters, ...). `task_channels`
    holds the widths of tasks that differ from NYUv2's; `stages` those that fuse, or nothing when all do.
    """

    architecture: str
    tasks: tuple[str, ...]
    inputs: tuple[str, ...]
    auxiliary_tasks: tuple[str, ...] = ()
    semseg_channels: int = 40
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    working_size: tuple[int, int] = (240, 320)
    normalisation: Mapping[str, Normalisation] = field(default_factory=lambda: {"rgb": IMAGENET})
    options: Mapping[str, int] = field(default_factory=dict)
    task_channels: Mapping[str, int] = field(default_factory=dict)
    stages: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        values = dict(self.__dict__)
        values["normalisation"] = {name: _normalisation_dict(n) for name, n in self.normalisation.items()}
        values["options"], values["task_channels"] = dict(self.options), dict(self.task_channels)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "NetworkConfig":
        """The inverse of `to_dict`; raises KeyError, TypeError or ValueError for anything else."""
        known = dict(values)
        known["normalisation"] = {
            name: Normalisation(
                _triple(n["mean"]),
                _triple(n["std"]),
                float(n.get("log_counts", 0)),
                n.get("order", "rgb"),
                bool(n.get("stretched", False)),
            )
            for name, n in known["normalisation"].items()
        }
        for name in ("tasks", "inputs", "auxiliary_tasks", "classes", "working_size", "stages"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)


def _normalisation_dict(normal: Normalisation) -> dict[str, Any]:
    counted = {"log_counts": normal.log_counts} if normal.log_counts else {}
    turned = {"order": normal.order} if normal.order != "rgb" else {}
    stretched = {"stretched": True} if normal.stretched else {}
    return {"mean": normal.mean, "std": normal.std, **counted, **turned, **stretched}


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(v) for v in values)
    return first, second, third
