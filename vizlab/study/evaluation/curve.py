"""What a network scores as one of its controls takes several values, as plain values for cards and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vizlab.core.method import Control
from vizlab.study.effects import effect_of
from vizlab.study.evaluation.results import ByOutput, rounded


@dataclass(frozen=True)
class CurvePoint:
    """A network at one value of the control, or with its streams cut apart where `value` is None.

    `share` is how much of the control's effect happens, 0..1; `outputs` are scores by output name.
    """

    value: float | None
    share: float
    outputs: ByOutput


@dataclass(frozen=True)
class Curve:
    """The points in the order in which they were asked for; `control` is one whose effect is counted."""

    control: Control
    points: tuple[CurvePoint, ...]

    @property
    def key(self) -> str:
        """Under which name it stands in cards."""
        return curve_key(self.control)

    @property
    def rounded(self) -> "Curve":
        """As files keep it: shares to four decimals, scores to three."""
        points = (CurvePoint(p.value, round(p.share, 4), rounded(p.outputs)) for p in self.points)
        return Curve(self.control, tuple(points))

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-ready, under the names that the control and its effect have."""
        share = effect_of(self.control).name
        return [{self.control.name: p.value, share: p.share, "outputs": p.outputs} for p in self.points]

    @classmethod
    def from_list(cls, control: Control, values: Sequence[Mapping[str, Any]]) -> "Curve":
        """The inverse of `to_list`; raises KeyError or TypeError for anything else."""
        share = effect_of(control).name
        return cls(control, tuple(CurvePoint(v[control.name], v[share], v["outputs"]) for v in values))


def curve_key(control: Control) -> str:
    """Under which name curves of that control stand in cards: "threshold curve"."""
    return f"{control.name} curve"
