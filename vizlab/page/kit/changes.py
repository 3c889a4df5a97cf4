"""The stack of changes that a visitor has put on networks: each can be off, has a name, and fits into an address."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from vizlab.core.changes import Change, Set, do
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage

KINDS = ("cut", "mean", "scale", "scene", "set")
MOST = 40
"""Changes of one network."""
_LONGEST = 60


@dataclass(frozen=True)
class StackedChange:
    """One change as the page keeps it: JSON-ready, and with a scene's name in place of its picture.

    `by` is "cut", "mean", "scale" (times `value`), "scene" (the part of the bundled scene `other`), or "set" (the
    control `other` at `value`, at this site alone). `source` "" stands for every other stream. `on` says whether it is
    in force, `name` is the visitor's.
    """

    site: str
    target: str = ""
    source: str = ""
    by: str = "cut"
    value: float = 0.0
    other: str = ""
    on: bool = True
    name: str = ""

    @classmethod
    def of(cls, given: Any) -> "StackedChange":
        """From what the browser sends; raises InputError for anything else."""
        known = given if isinstance(given, dict) else {}
        texts = {key: str(known.get(key) or "")[:300] for key in ("site", "target", "source", "other")}
        try:
            value = float(known.get("value") or 0)
        except (TypeError, ValueError) as err:
            raise InputError("The strength of a change is no number; give 0 to cut, 1 to change nothing.") from err
        by = str(known.get("by") or "cut")
        if by not in KINDS or not texts["site"]:
            raise InputError(f"A change by '{by[:40]}' is asked for; expected one of {', '.join(KINDS)} at a site.")
        name = str(known.get("name") or "")[:_LONGEST]
        return cls(**texts, by=by, value=value, on=bool(known.get("on", True)), name=name)

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def change(self, picture: Callable[[str], RGBDImage]) -> Change:
        """What a network is asked to do; `picture` gives a bundled scene's."""
        if self.by == "set":
            return Set(self.other, self.value, self.site)
        by: Any = {"scale": self.value, "scene": None}.get(self.by, self.by)
        if self.by == "scene":
            by = picture(self.other)
        return do(self.site, self.target or None, self.source or None, by)

    @property
    def words(self) -> str:
        """What it does, without where."""
        if self.by == "scale":
            return f"times {self.value:g}"
        if self.by == "scene":
            return f"from the scene {self.other}"
        if self.by == "set":
            return f"{self.other} {self.value:g}"
        return {"cut": "cut", "mean": "its mean everywhere"}[self.by]

    def toggled(self, on: bool) -> "StackedChange":
        return replace(self, on=on)


Stacks = Mapping[str, tuple[StackedChange, ...]]
"""By network."""


def stack_of(given: Any) -> tuple[StackedChange, ...]:
    """A whole stack from what the browser sends; raises InputError for anything else, or for too many."""
    if not isinstance(given, list) or len(given) > MOST:
        raise InputError(f"A stack of changes is a list of at most {MOST}; remove some, or start anew.")
    return tuple(StackedChange.of(one) for one in given)


def written(stacks: Stacks) -> str:
    """All stacks as one word for an address; `read` is the inverse."""
    return ",".join(
        "!".join(quote(str(part), safe="") for part in _parts(network, change))
        for network, stack in stacks.items()
        for change in stack
    )


def read(text: str) -> dict[str, tuple[StackedChange, ...]]:
    """What `written` wrote; parts that cannot be read are left out."""
    found: dict[str, list[StackedChange]] = {}
    for part in filter(None, text.split(",")):
        values = [unquote(value) for value in part.split("!")]
        if len(values) != 9:
            continue
        network, site, target, source, by, value, other, on, name = values
        given = {"site": site, "target": target, "source": source, "by": by, "value": value, "other": other}
        try:
            change = StackedChange.of({**given, "on": on == "1", "name": name})
        except InputError:
            continue
        found.setdefault(network, []).append(change)
    return {network: tuple(stack[:MOST]) for network, stack in found.items()}


def _parts(network: str, change: StackedChange) -> Iterable[object]:
    yield from (network, change.site, change.target, change.source, change.by, f"{change.value:g}", change.other)
    yield from (int(change.on), change.name)
