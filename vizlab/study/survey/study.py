"""The result of a study: rows of every network and measure by picture, in one file."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from vizlab.core.archive import read_archive, write_archive
from vizlab.errors import DataError, TraceError, one_line
from vizlab.study.survey.job import Job, Piece, described
from vizlab.study.survey.parts import read_part

_BROKEN = (TraceError, OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a file raises that holds something else."""
KIND = "study"
FORMAT = 1
FILE = "study.npz"
"""The result's name in the folder of a study."""


@dataclass(frozen=True, eq=False)
class Section:
    """What one measure found with one network. n pictures, by their places in the study's `names`.

    `rows` by name (n, ...). `meta` is the measure's own (see `Measure.meta`): "axes", "labels", "units"; `environments`
    are those in which the parts were computed, one if all were alike.
    """

    network: str
    measure: str
    pictures: np.ndarray
    rows: Mapping[str, np.ndarray]
    meta: Mapping[str, Any]
    environments: Sequence[Mapping[str, str]]

    def axes(self, row: str) -> list[str]:
        """The names of a row's axes after its pictures; empty for a number each."""
        axes = self.meta.get("axes", {})
        ends = sorted((key for key in axes if key.startswith("*") and row.endswith(key[1:])), key=len)
        return list(axes[row] if row in axes else axes[ends[-1]] if ends else ())

    def labels(self, axis: str) -> list[Any]:
        """What stands along an axis: of "edge" a list [site, source, target] each."""
        return list(self.meta.get("labels", {}).get(axis, ()))


@dataclass(frozen=True, eq=False)
class Study:
    """`names` of the pictures, in the split's order; `pictures` (N,) of them by name: holes, distance (NaN: not seen).

    `sections` by (network, measure). `meta` is JSON-ready: the configuration ("config"), the checkpoints' hashes
    ("checkpoints"), the data's "source" and where depth was "measured", and why some networks could not be measured in
    some way ("refused": network, measure, sentence).
    """

    names: tuple[str, ...]
    pictures: Mapping[str, np.ndarray]
    sections: Mapping[tuple[str, str], Section]
    meta: Mapping[str, Any]

    @property
    def networks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(network for network, _ in self.sections))

    @property
    def seed(self) -> int:
        return int(self.meta["config"]["seed"])

    @property
    def resamples(self) -> int:
        return int(self.meta["config"]["resamples"])

    def of(self, network: str, measure: str) -> Section:
        """Raises DataError for what the study has not measured."""
        if (network, measure) not in self.sections:
            known = ", ".join(" of ".join(reversed(key)) for key in self.sections) or "nothing"
            raise DataError(f"This study holds no {measure} of {network}; it holds {known}.")
        return self.sections[network, measure]

    def save(self, path: str | Path) -> None:
        """Write to a .npz that `load_study` reads; no pickle. Raises TraceError if it cannot be written."""
        sections = list(self.sections.values())
        arrays = {f"pictures|{name}": values for name, values in self.pictures.items()}
        for number, section in enumerate(sections):
            arrays[f"{number}|pictures"] = section.pictures
            arrays |= {f"{number}|rows|{name}": values for name, values in section.rows.items()}
        meta = {
            "kind": KIND,
            "study": FORMAT,
            "names": self.names,
            "sections": [
                {"network": s.network, "measure": s.measure, "meta": s.meta, "environments": s.environments}
                for s in sections
            ],
            "about": self.meta,
        }
        write_archive(path, meta, arrays)


MOST_BYTES = 2**30
"""Of a result once unpacked: a file from elsewhere may claim any size."""


def load_study(path: str | Path, most_bytes: int = MOST_BYTES) -> Study:
    """What `Study.save` wrote; raises DataError for anything else, and for more than `most_bytes` once unpacked."""
    name = one_line(Path(path).name, 80)
    if not Path(path).is_file():
        raise DataError(f"There is no file '{name}'; expected the {FILE} that `vizlab study` wrote.")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
        if size > most_bytes:
            raise DataError(f"'{name}' holds {size / 2**20:.0f} MiB; at most {most_bytes / 2**20:.0f} are read.")
        meta, arrays = read_archive(path)
        if meta["kind"] != KIND or meta["study"] != FORMAT:
            raise ValueError("another kind")
        return _study(meta, arrays)
    except _BROKEN as err:
        raise DataError(f"'{name}' is no result of a study; expected the {FILE} that `vizlab study` wrote.") from err


def _study(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Study:
    groups: dict[str, dict[str, np.ndarray]] = {}
    for key, values in arrays.items():
        values.setflags(write=False)
        owner, _, rest = key.partition("|")
        groups.setdefault(owner, {})[rest] = values
    sections = {}
    for number, one in enumerate(meta["sections"]):
        own = groups[str(number)]
        rows = {key.removeprefix("rows|"): values for key, values in own.items() if key.startswith("rows|")}
        places = own["pictures"]
        if any(len(values) != len(places) for values in rows.values()) or places.max(initial=0) >= len(meta["names"]):
            raise ValueError("rows without pictures")
        section = Section(one["network"], one["measure"], places, rows, one["meta"], one["environments"])
        sections[section.network, section.measure] = section
    return Study(tuple(meta["names"]), MappingProxyType(groups["pictures"]), MappingProxyType(sections), meta["about"])


def assemble(job: Job, source: str = "", measured: str = "") -> Study:
    """The study out of its parts, all of which must be there; raises DataError for one that is not."""
    by_section: dict[tuple[str, str], list[tuple[Piece, dict[str, np.ndarray], dict[str, Any]]]] = {}
    pictures: dict[str, np.ndarray] = {}
    for task in job.tasks():
        for piece in job.pieces(task):
            part = read_part(job.parts, piece)
            if part is None:
                raise DataError(f"The study's part '{piece.file}' is missing; run the same command again.")
            if piece.checkpoint is None:
                _place(pictures, piece, part[0], len(job.names))
            else:
                by_section.setdefault((piece.checkpoint.name, piece.asked.name), []).append((piece, *part))
    order = [(checkpoint.name, asked.name) for checkpoint in job.checkpoints for asked in job.config.measures]
    refused = {key: by_section[key][0][2]["refused"] for key in order}
    sections = {key: _section(*key, by_section[key]) for key in order if not refused[key]}
    meta = {
        "config": described(job.config) | {"batch": job.batch, "limit": job.limit},
        "checkpoints": {one.name: one.hash for one in job.checkpoints},
        "source": source,
        "measured": measured,
        "refused": [[*key, sentence] for key, sentence in refused.items() if sentence],
    }
    return Study(job.names, pictures, sections, meta)


def _section(
    network: str, measure: str, parts: Sequence[tuple[Piece, dict[str, np.ndarray], dict[str, Any]]]
) -> Section:
    index = [place for piece, _, _ in parts for place in piece.task.index]
    rows = {name: np.concatenate([rows[name] for _, rows, _ in parts]) for name in parts[0][1]}
    environments = list({str(meta["environment"]): meta["environment"] for _, _, meta in parts}.values())
    return Section(network, measure, np.array(index), rows, parts[0][2]["measured"], environments)


def _place(pictures: dict[str, np.ndarray], piece: Piece, rows: Mapping[str, np.ndarray], count: int) -> None:
    """Put what a part says of its pictures where they stand among all `count`; what was never read stays empty."""
    for name, values in rows.items():
        whole = pictures.get(name)
        kind = np.promote_types(values.dtype, values.dtype if whole is None else whole.dtype)
        if whole is None or whole.dtype != kind:
            empty = np.zeros(count, kind) if kind.kind == "S" else np.full(count, np.nan, kind)
            if whole is not None:
                empty[:] = whole
            pictures[name] = whole = empty
        whole[list(piece.task.index)] = values


def merged(studies: Sequence[Study]) -> Study:
    """One study of several over the same pictures: what was measured apart, side by side.

    Where two hold the same section, the first one's stays. Raises DataError where their pictures or checkpoints differ.
    """
    first = studies[0]
    for other in studies[1:]:
        shared = first.meta["checkpoints"].keys() & other.meta["checkpoints"].keys()
        if other.names != first.names or any(
            first.meta["checkpoints"][name] != other.meta["checkpoints"][name] for name in shared
        ):
            raise DataError("Studies of different pictures or of different checkpoints of one name cannot be joined.")
    sections: dict[tuple[str, str], Section] = {}
    pictures: dict[str, np.ndarray] = {}
    for study in studies:
        sections = {**study.sections, **sections}
        pictures |= {name: _filled(pictures.get(name, values), values) for name, values in study.pictures.items()}
    networks = list(dict.fromkeys(network for study in studies for network in study.networks))
    keys = list(dict.fromkeys(key for study in studies for key in study.sections))
    ordered = {key: sections[key] for network in networks for key in keys if key[0] == network}
    return Study(first.names, pictures, ordered, _joined(studies))


def _filled(first: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What `first` has not seen of the pictures, from `other`."""
    empty = np.isnan(first) if first.dtype.kind == "f" else first == b""
    return np.where(empty, other, first)


def _joined(studies: Sequence[Study]) -> dict[str, Any]:
    """What is said of several studies: all checkpoints and measures, the first one's settings."""
    configs = [study.meta["config"] for study in studies]
    files = dict.fromkeys(file for config in configs for file in config["checkpoints"])
    asked = {str(one): one for config in configs for one in config["measures"]}
    return {
        **studies[0].meta,
        "config": {**configs[0], "checkpoints": list(files), "measures": list(asked.values())},
        "checkpoints": {name: value for study in studies for name, value in study.meta["checkpoints"].items()},
        "refused": list({str(one): one for study in studies for one in study.meta["refused"]}.values()),
    }
