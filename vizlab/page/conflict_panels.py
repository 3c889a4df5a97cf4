"""Gradients between tasks as small tables, one for each stage: cosines, and by how much a step lowers another loss."""

from collections.abc import Sequence
from html import escape

import numpy as np

from vizlab.experiments.conflict.gradients import CONFLICT, TWO_MEANINGS, Agreement
from vizlab.experiments.conflict.losses import LOSSES
from vizlab.experiments.conflict.tasks import Conflicts
from vizlab.page.kit.html import heading, note, tag
from vizlab.views.contrast import ink_on, mixed
from vizlab.views.formatting import real_minus
from vizlab.views.palettes import colorscale

PARAMETERS = (
    "Cosine of the gradients on parameters, those used before and in a stage's sites that both losses reach. "
    f"{CONFLICT}"
)
FEATURES = "Cosine of the gradients at what enters a stage's sites, all streams together: nothing need be shared there."
AFFINITY = (
    "First-order affinity on the same parameters: a step along the row's gradient lowers the column's loss by this "
    "part of it, times the learning rate, while that is small."
)


def conflicts_html(found: Conflicts) -> str:
    """The sentence, then cosines on parameters and on features, then affinities."""
    units = "; ".join(f"{task} {loss:.3f} ({LOSSES[task]})" for task, loss in found.losses.items())
    head = heading("Do tasks pull the same way?", f"{pull_words(found)} {TWO_MEANINGS}")
    losses = note(f"This picture, in float32. Losses: {units}. Orange: the same way, purple: against each other.")
    parts = [
        (PARAMETERS, [(a.name, a.cosine) for a in found.parameters], "+.2f", 1.0, "cosine on parameters"),
        (FEATURES, [(a.name, a.cosine) for a in found.features], "+.2f", 1.0, "cosine on features"),
        (AFFINITY, [(a.name, a.affinity) for a in found.parameters], "+.2g", 0.0, "affinity on parameters"),
    ]
    shown = "".join(
        note(sentence) + _matrices(found.tasks, matrices, form, limit, called)
        for sentence, matrices, form, limit, called in parts
        if matrices
    )
    return head + losses + shown


def pull_words(found: Conflicts) -> str:
    """How many pairs conflict on shared parameters, over all stages, and which most."""
    pairs = [pair for a in found.parameters for pair in _pairs(a)]
    if not pairs:
        return "No parameter is reached by the losses of two tasks."
    below = sum(value < 0 for *_, value in pairs)
    stage, one, other, value = min(pairs, key=lambda pair: pair[3])
    lowest = real_minus(f"{value:+.2f}")
    return (
        f"On shared parameters {below} of {len(pairs)} cosines, one for each pair of tasks and stage, are below 0; the "
        f"lowest is {lowest}: {one} and {other}, {stage}."
    )


def _pairs(agreement: Agreement) -> list[tuple[str, str, str, float]]:
    tasks, cosine = agreement.tasks, agreement.cosine
    places = [(i, j) for i in range(len(tasks)) for j in range(i + 1, len(tasks)) if np.isfinite(cosine[i, j])]
    return [(agreement.name, tasks[i], tasks[j], float(cosine[i, j])) for i, j in places]


def _matrices(
    tasks: Sequence[str], matrices: Sequence[tuple[str, np.ndarray]], form: str, limit: float, called: str
) -> str:
    """Side by side on one scale that ends at `limit` (0: at the largest value off the diagonals)."""
    off = ~np.eye(len(tasks), dtype=bool)
    values = np.concatenate([np.abs(m[off & np.isfinite(m)]) for _, m in matrices])
    end = limit or (float(values.max()) if values.size and values.max() > 0 else 1.0)
    drawn = "".join(_matrix(tasks, name, matrix, form, end, called) for name, matrix in matrices)
    return tag("div", drawn, "vz-matrices")


def _matrix(tasks: Sequence[str], name: str, matrix: np.ndarray, form: str, end: float, called: str) -> str:
    head = tag("tr", tag("td", "") + "".join(tag("th", escape(task), scope="col") for task in tasks))
    rows = ""
    for i, (task, row) in enumerate(zip(tasks, matrix.tolist(), strict=True)):
        cells = "".join(_cell(value, i == j, form, end) for j, value in enumerate(row))
        rows += tag("tr", tag("th", escape(task), scope="row") + cells)
    return tag("table", tag("caption", escape(name)) + head + rows, aria_label=f"{called}, {name}")


def _cell(value: float, itself: bool, form: str, end: float) -> str:
    """With itself every task agrees: that is left out."""
    if itself or not np.isfinite(value):
        return tag("td", "–" if not itself else "")
    colour = mixed([c for _, c in colorscale("diverging")], (value / end + 1) / 2)
    written = real_minus(format(value, form))
    return tag("td", written, style=f"background:{colour};color:{ink_on(colour)}", data_value=repr(value))
