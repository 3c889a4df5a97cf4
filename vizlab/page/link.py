"""What an address says of the page: scene, networks, settings, choices. The viewer's part is read in the browser."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote

from vizlab.page.kit.changes import Stacks, read
from vizlab.rgbd import DERIVATIONS
from vizlab.rgbd.image import may_name_domain

LONGEST = 200
"""Characters of one choice."""


@dataclass(frozen=True)
class Link:
    """The part of an address that the server answers; what cannot be read is left out.

    `uploaded` is the digest of a picture that was given as files: nobody else's server has it. `choices` are what was
    chosen in tabs, by tab and name, as text: `linked_choices` says what of it can be had.
    """

    scene: str = ""
    networks: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    settings_by_model: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changes: Stacks = field(default_factory=dict)
    uploaded: str = ""
    tab: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Link":
        """From the part of an address behind "#": scene=NAME&networks=A,B&set=threshold:0.05,A~threshold:0.1&do=...

        See `page.kit.changes` for what stands in `do`, and for the others the functions that write them.
        """
        found = {name: values[-1] for name, values in parse_qs((text or "").removeprefix("#")).items()}
        everywhere: dict[str, float] = {}
        by_model: dict[str, dict[str, float]] = {}
        for model, name, value in _settings(found.get("set", "").split(",")):
            (by_model.setdefault(model, {}) if model else everywhere)[name] = value
        names = tuple(name for name in found.get("networks", "").split(",") if name)
        changes = read(found.get("do", ""))
        picture, tab = found.get("picture", ""), found.get("tab", "")
        domains = _domains(found.get("domains", "").split(","))
        choices = _choices(found.get("choices", "").split(","))
        return cls(found.get("scene", ""), names, everywhere, by_model, changes, picture, tab, domains, choices)


def domains_written(domains: Mapping[str, Path | str]) -> str:
    """As an address has them: "light:shading,texture:colour"; of files nobody else has it says nothing."""
    return ",".join(f"{name}:{source}" for name, source in domains.items() if isinstance(source, str))


def choices_written(tab: str, choices: Mapping[str, str]) -> str:
    """As an address has them: "sensors~corruption:depth-noise,sensors~severity:4"."""
    return ",".join(f"{tab}~{name}:{quote(value, safe=' ')}" for name, value in choices.items())


def _choices(parts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tab, name and value of every part that is one."""
    found: dict[str, dict[str, str]] = {}
    for part in parts:
        where, _, value = part.partition(":")
        tab, _, name = where.partition("~")
        if tab and name:
            found.setdefault(tab, {})[name] = unquote(value)[:LONGEST]
    return found


def _domains(parts: Iterable[str]) -> dict[str, str]:
    """Name and derivation of every part that is one."""
    pairs = (part.partition(":") for part in parts)
    return {name: source for name, _, source in pairs if source in DERIVATIONS and may_name_domain(name)}


def _settings(parts: Iterable[str]) -> Iterable[tuple[str, str, float]]:
    """Network (empty: all), control and value of every part that is one."""
    for part in parts:
        where, _, text = part.rpartition(":")
        model, _, name = where.rpartition("~")
        try:
            value = float(text)
        except ValueError:
            continue
        if name and math.isfinite(value):
            yield model, name, value
