"""What was measured of a network, as plain values: the common form of cards, baselines and tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vizlab.core.outputs import answers

ByOutput = Mapping[str, Mapping[str, float]]
"""Scores by output name: `semseg/ensemble` to {"mIoU": 31.2, "mean accuracy": ...}."""


@dataclass(frozen=True)
class Cost:
    """What one forward at the working size `size` (H, W) takes.

    `flops` counts convolutions and matrix products, a multiply-add as two operations. `milliseconds` is the fastest of
    several on the CPU that `machine` describes, in number format `precision`: it differs from machine to machine.
    """

    parameters: int
    flops: int
    milliseconds: float
    machine: str
    precision: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Result:
    """What a network, or several fused late, scored on the `pictures` pictures of a split.

    `name` is the checkpoint's, `checkpoint` its SHA-256 (of several: joined by " + "). `data` is the pictures' source,
    empty where their folder does not say. `measured` says in which part of the pictures depth and normals were
    compared; it is empty for all of them, and without these tasks. `epochs` is how long it was trained, None where
    that is unknown; `start` the first digits of the SHA-256 of what it was trained from, empty where that is unknown.
    """

    name: str
    checkpoint: str
    architecture: str
    inputs: tuple[str, ...]
    tasks: tuple[str, ...]
    split: str
    pictures: int
    precision: str
    outputs: ByOutput
    cost: Cost | None = None
    late_fusion: bool = False
    measured: str = ""
    epochs: int | None = None
    data: str = ""
    start: str = ""

    @property
    def backbone(self) -> str:
        """The last part of the architecture's name: mobilenetv2, resnet50, hrnet18."""
        return self.architecture.rpartition("-")[2]

    @property
    def by_task(self) -> dict[str, Mapping[str, float]]:
        """The scores that count, by task: those of the ensemble where there is one."""
        return answers(self.outputs)

    def to_dict(self) -> dict[str, Any]:
        """As JSON gives it back: lists for tuples."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Result":
        """The inverse of `to_dict` through JSON; raises KeyError, TypeError or ValueError for anything else."""
        known = dict(values, inputs=tuple(values["inputs"]), tasks=tuple(values["tasks"]))
        known["cost"] = cost_from(values.get("cost"))
        return cls(**known)


def cost_from(values: Mapping[str, Any] | None) -> Cost | None:
    """A cost out of JSON; None stays None. Raises TypeError or ValueError for anything else."""
    if values is None:
        return None
    height, width = values["size"]
    return Cost(**dict(values, size=(int(height), int(width))))


def rounded(outputs: ByOutput) -> dict[str, dict[str, float]]:
    """Scores as files keep them: three decimals, one more than any table prints."""
    return {output: {name: round(value, 3) for name, value in values.items()} for output, values in outputs.items()}
