"""A study made small enough to ship: of every picture what its text and the page's tab need, rounded."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vizlab.errors import TraceError
from vizlab.replacing import replace_bytes
from vizlab.study.survey.study import Section, Study

PIXELS = 256
"""Counted pixels, and changes of them, are kept in steps of so many; a picture of NYUv2 has 307,200."""
SHARE = 1 / 256
"""The step of shares on broken pictures."""
BITS = 7
"""Of the fraction of a float32 that are kept: within 0.4 % of each picture's number, far less of a mean's."""
CHANGE = " change"
"""Ends the name of a row that holds a cut network's sum less that of the network as it is."""
KINDS = ("total", "site", "all")
"""Of cuts whose answers were scored."""


def compact(study: Study) -> Study:
    """`study` with fewer rows, rounded to `BITS`; one that is compact already comes back as it is.

    Of a sweep: `total`, `direct`, `only`, `where`, `site` and `all`; what each cut changed in the sums by
    `KIND|OUTPUT|NAME change`, of counts int16 (n, ..., 2, K), hits and predicted pixels in steps (see `in_steps`). The
    network's own sums are those of its traces. Of Shapley values the ensemble's counts where there is one, of
    similarity the unbiased terms, and no small pictures.
    """
    if study.meta.get("compact"):
        return study
    sections = {key: _compact(section) for key, section in study.sections.items()}
    pictures = {name: values for name, values in study.pictures.items() if name != "thumbnail"}
    meta = {**study.meta, "compact": {"bits": BITS, "pixels": PIXELS}}
    return Study(study.names, pictures, sections, meta)


def rounded(values: np.ndarray, bits: int = BITS) -> np.ndarray:
    """Floats as float32 whose fraction has so many bits, the nearest one; other kinds as they are."""
    if values.dtype.kind != "f":
        return values
    fraction, exponent = np.frexp(values.astype(np.float32))
    return np.ldexp(np.round(fraction * 2 ** (bits + 1)) / 2 ** (bits + 1), exponent).astype(np.float32)


def in_steps(values: np.ndarray, step: float) -> np.ndarray:
    """(n, ...) whole numbers of steps whose sum over the first k pictures is within half a step of the true one.

    What rounding leaves of a picture goes to the next: a set's sums stay, and small changes are not all rounded away.
    """
    known = np.nan_to_num(values.astype(float))
    return np.diff(np.round(np.cumsum(known, 0) / step), axis=0, prepend=0)


def _compact(section: Section) -> Section:
    rows = _ROWS[section.measure](section) if section.measure in _ROWS else dict(section.rows)
    small = {name: rounded(values) for name, values in rows.items()}
    return Section(
        section.network, section.measure, section.pictures.astype(np.uint16), small, section.meta, section.environments
    )


def _traces(section: Section) -> dict[str, np.ndarray]:
    left_out = ("energy", "own_energy", "outside_mean")
    return {name: values for name, values in section.rows.items() if name not in left_out}


def _sweep(section: Section) -> dict[str, np.ndarray]:
    names = ("total", "direct", "only", "where", "site", "all")
    rows = {name: section.rows[name] for name in names if name in section.rows}
    plain = {name.removeprefix("plain|"): v for name, v in section.rows.items() if name.startswith("plain|")}
    for kind in KINDS:
        rows |= {f"{kind}|{name}{CHANGE}": _change(section.rows, kind, name) for name in plain if _needed(name)}
    return rows


def _needed(name: str) -> bool:
    return name.rpartition("|")[2] in ("counts", "logp", "squares", "angles")


def _change(rows: Mapping[str, np.ndarray], kind: str, name: str) -> np.ndarray:
    after, before = rows[f"{kind}|{name}"], rows[f"plain|{name}"]
    if kind != "all":
        before = before[:, None]
    change = after - before
    if not name.endswith("|counts"):
        return change
    return in_steps(change[..., [0, 2], :], PIXELS).astype(np.int16)


def _shapley(section: Section) -> dict[str, np.ndarray]:
    kept = [name for name in section.rows if name.endswith(("counts", "squares", "angle", "probability", "pixels"))]
    ensemble = [name for name in kept if "/ensemble|" in name]
    rows = {name: section.rows[name] for name in ensemble or kept}
    return {name: _coarse(values) if name.endswith("|counts") else values for name, values in rows.items()}


def _similarity(section: Section) -> dict[str, np.ndarray]:
    return {"terms": section.rows["terms"][..., :3]}


def _corruptions(section: Section) -> dict[str, np.ndarray]:
    rows = {name: values for name, values in section.rows.items() if not name.endswith("|confidence")}
    rows = {name: _coarse(values) if name.endswith("|counts") else values for name, values in rows.items()}
    share = rows["cross_share"]
    rows["cross_share"] = np.where(np.isnan(share), np.nan, SHARE * in_steps(share, SHARE)).astype(np.float32)
    return rows


def _coarse(counts: np.ndarray) -> np.ndarray:
    """Hits and predicted pixels in steps of `PIXELS`, the labelled ones as they are."""
    coarse = (PIXELS * in_steps(counts, PIXELS)).astype(counts.dtype)
    coarse[..., 1, :] = counts[..., 1, :]
    return coarse


_ROWS = {
    "traces": _traces,
    "sweep": _sweep,
    "shapley": _shapley,
    "similarity": _similarity,
    "corruptions": _corruptions,
}


def save_small(study: Study, path: str | Path) -> None:
    """Write a study as `Study.save` does, packed more tightly (bzip2); `load_study` reads it. Raises TraceError."""
    study.save(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as first, zipfile.ZipFile(packed, "w") as second:
        for entry in first.infolist():
            # Without a date of its own two runs write the same file.
            second.writestr(zipfile.ZipInfo(entry.filename), first.read(entry), compress_type=zipfile.ZIP_BZIP2)
    replace_bytes(path, packed.getvalue(), TraceError)
