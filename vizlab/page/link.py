"""What an address says of the page: scene, networks and settings. The viewer's own part is read in the browser."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from vizlab.page.kit.changes import Stacks, read
from vizlab.rgbd import DERIVATIONS
from vizlab.rgbd.image import may_name_domain


@dataclass(frozen=True)
class Link:
    """The part of an address that the server answers; what cannot be read is left out.

    `uploaded` is the digest of a picture that was given as files: nobody else's server has it.
    """

    scene: str = ""
    networks: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    settings_by_model: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changes: Stacks = field(default_factory=dict)
    uploaded: str = ""
    tab: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Link":
        """From the part of an address behind "#": scene=NAME&networks=A,B&set=threshold:0.05,A~threshold:0.1&do=...

        See `page.kit.changes` for what stands in `do`, `domains_written` for `domains`.
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
        return cls(found.get("scene", ""), names, everywhere, by_model, changes, picture, tab, domains)


def domains_written(domains: Mapping[str, Path | str]) -> str:
    """As an address has them: "light:shading,texture:colour"; of files nobody else has it says nothing."""
    return ",".join(f"{name}:{source}" for name, source in domains.items() if isinstance(source, str))


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
