"""How a user asks for files to be read, in words: what page, command line and API hand on to `read_rgbd`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from vizlab.errors import InputError


@dataclass(frozen=True)
class ReadOptions:
    """The arguments of `read_rgbd` that say how depth is read, each as text; see there for what they may be."""

    depth_unit: str = "auto"
    depth_kind: str = "auto"
    field_of_view: str = ""
    align: str = "auto"
    turn: str = "none"

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> "ReadOptions":
        """From names and values as a program or a suggestion gives them; what is empty keeps its default.

        Raises InputError for a name that is none.
        """
        if values is not None and not isinstance(values, Mapping):
            raise InputError('The reading is no mapping of names to words; give for instance {"depth_unit": "1/512"}.')
        known = {field.name for field in fields(cls)}
        for name in values or {}:
            if name not in known:
                options = ", ".join(sorted(known))
                raise InputError(f"There is no option '{str(name)[:40]}' of reading; known: {options}.")
        return cls(**{name: str(value) for name, value in (values or {}).items() if value not in (None, "")})

    def given(self) -> dict[str, str]:
        """Those that are not at their default."""
        return {name: value for name, value in self.arguments().items() if value != getattr(ReadOptions(), name)}

    def arguments(self) -> dict[str, Any]:
        """By name, for `read_rgbd`."""
        return asdict(self)
