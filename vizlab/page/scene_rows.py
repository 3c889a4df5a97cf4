"""What the table of scenes says of one scene: scores against its exact maps, shares by stage, and seconds."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace, TracedModel
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.measures.stage_shares import StageShare, stage_shares
from vizlab.page.cache import ByteCache
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.rgbd import ReadOptions
from vizlab.views.formatting import percent
from vizlab.views.headings import network_titles

ROW_BYTES, KEPT_BYTES = 4_000, 4_000_000
"""What one scene's numbers weigh, about, and all that are kept: they outlive the analyses they were taken from."""


@dataclass(frozen=True)
class Column:
    """A number of the table: `name` under the heading `group`, in `unit`; `decimals` None for a share in percent.

    `better` is 1 where more is better, -1 where less is, 0 where neither is.
    """

    key: str
    group: str
    name: str
    unit: str
    decimals: int | None
    better: int

    @property
    def heading(self) -> str:
        """The whole name, for who hears it and for files: "depth RMSE, scaled, m"."""
        return ", ".join(filter(None, (f"{self.group} {self.name}".strip(), self.unit)))

    def shown(self, value: float) -> str:
        """The number without its unit; an en dash for what is undefined."""
        if not math.isfinite(value):
            return "–"
        return percent(value).removesuffix(" %") if self.decimals is None else f"{value:.{self.decimals}f}"

    def written(self, value: float) -> str:
        """The number in the column's unit for a file; empty for what is undefined."""
        if not math.isfinite(value):
            return ""
        return f"{100 * value if self.decimals is None else value:.6g}"


SCORES = (
    Column("accuracy", "classes", "pixels right", "%", None, 1),
    Column("miou", "classes", "mIoU", "%", None, 1),
    Column("rmse", "depth", "RMSE", "m", 3, -1),
    Column("aligned_rmse", "depth", "RMSE scaled", "m", 3, -1),
    Column("angle", "normals", "mean angle", "°", 1, -1),
)
SECONDS = Column("seconds", "run", "time", "s", 2, -1)


@dataclass(frozen=True)
class NetworkScores:
    """One network in one scene. Shares 0..1, metres, degrees, seconds; NaN where it does not predict that."""

    model: TracedModel
    accuracy: float = math.nan
    miou: float = math.nan
    rmse: float = math.nan
    aligned_rmse: float = math.nan
    angle: float = math.nan
    seconds: float = math.nan
    shares: Mapping[str, StageShare] = field(default_factory=dict)

    def value(self, column: Column) -> float:
        """The number of that column; NaN where there is none."""
        if column.group == SHARE_GROUP:
            found = self.shares.get(column.key)
            return math.nan if found is None else found.mean
        return float(getattr(self, column.key))


SHARE_GROUP = "cross-stream share"


@dataclass(frozen=True)
class SceneRow:
    """All networks in one scene, by their names; `skipped` says of the others why they were not run."""

    scene: str
    title: str
    networks: Mapping[str, NetworkScores]
    skipped: Mapping[str, str]


def network_scores(trace: FusionTrace, truth: Reference | None) -> NetworkScores:
    """The network's final answer held against the scene's exact maps, and what its streams took from each other."""
    reference = truth or Reference()
    return NetworkScores(
        model=trace.model, seconds=trace.seconds, shares=stage_shares(trace), **_against(trace, reference)
    )


def _against(trace: FusionTrace, truth: Reference) -> dict[str, float]:
    """The scores of the tasks that the network predicts and the reference holds."""
    maps = truth.truths(trace.model.classes)
    found = [scores(trace.predictions[task], maps[task]) for task in maps if task in trace.predictions]
    return {name: value for one in found for name, value in one.items()}


def scene_row(analysis: Analysis) -> SceneRow:
    """The numbers of one analysis of a bundled scene."""
    networks = {n: network_scores(t, analysis.picture.reference) for n, t in analysis.traces.items()}
    return SceneRow(analysis.request.scene or "", analysis.picture.title, networks, dict(analysis.skipped))


class SceneRows:
    """The rows of analyses by key, kept when the analyses themselves had to go. Safe from several threads."""

    def __init__(self) -> None:
        self._rows: ByteCache[SceneRow] = ByteCache(KEPT_BYTES)

    def get(self, key: str) -> SceneRow | None:
        """What was taken from the analysis of that key, if it was."""
        return self._rows.get(key)

    def of(self, analysis: Analysis) -> SceneRow:
        """The row of an analysis, taken now if it was not yet."""
        row = self._rows.get(analysis.key) or scene_row(analysis)
        self._rows.put(analysis.key, row, ROW_BYTES)
        return row


def in_scene(request: Request, scene: str) -> Request:
    """The same networks and settings in a bundled scene."""
    return replace(request, scene=scene, colour=None, depth=None, reading=ReadOptions(), domains=request.derived)


@dataclass(frozen=True)
class SceneTable:
    """`rows` by scene in the page's order, None for a scene that was not run; `titles` of all scenes by name."""

    titles: Mapping[str, str]
    rows: Mapping[str, SceneRow | None]

    @property
    def done(self) -> list[SceneRow]:
        """The rows that are there."""
        return [row for row in self.rows.values() if row is not None]

    @property
    def missing(self) -> list[str]:
        """The scenes that were not run."""
        return [name for name, row in self.rows.items() if row is None]

    @property
    def networks(self) -> dict[str, str]:
        """Short titles of all networks by name, in the order of the analyses."""
        models = {name: scores.model for row in self.done for name, scores in row.networks.items()}
        titles = network_titles([(m.family, m.architecture, name) for name, m in models.items()])
        return dict(zip(models, titles, strict=True))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Scores, a share for each stage of any network, seconds."""
        orders = [list(scores.shares) for row in self.done for scores in row.networks.values()]
        stages = [Column(s, SHARE_GROUP, stage_words(s), "%", None, 0) for s in merged(orders)]
        return (*SCORES, *stages, SECONDS)

    def means(self) -> Iterator[tuple[str, int, dict[str, float]]]:
        """Per network its name, in how many scenes it was run, and its mean by column; undefined numbers left out."""
        for name in self.networks:
            ran = [row.networks[name] for row in self.done if name in row.networks]
            yield name, len(ran), {c.key: _mean([one.value(c) for one in ran]) for c in self.columns}

    def left_out(self) -> list[str]:
        """Where shares are undefined: "MTI-Net, scale 3: 4 of 7"."""
        found: dict[tuple[str, str], set[tuple[int, int]]] = {}
        for row in self.done:
            for name, network in row.networks.items():
                for stage, share in network.shares.items():
                    found.setdefault((name, stage), set()).add((share.left_out, share.pairs))
        return [
            f"{self.networks[name]}, {stage_words(stage)}: {_counts(counts)}"
            for (name, stage), counts in found.items()
            if any(left for left, _ in counts)
        ]

    def csv(self) -> str:
        """Every number of the table in its unit, a line per scene and network; what is undefined is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = self.columns
        writer.writerow(["scene", "network", "checkpoint", "settings", *(c.heading for c in columns)])
        for row in self.done:
            for name, one in row.networks.items():
                settings = " ".join(f"{key}={value:g}" for key, value in one.model.settings.items())
                written = [column.written(one.value(column)) for column in columns]
                writer.writerow([row.scene, name, one.model.checkpoint_hash, settings, *written])
        return text.getvalue()


def merged(orders: Sequence[Sequence[str]]) -> list[str]:
    """All names once, each list's own order kept as far as the lists agree."""
    names: list[str] = []
    for order in orders:
        for before, name in pairwise(["", *order]):
            if name not in names:
                names.insert(names.index(before) + 1 if before in names else len(names), name)
    return names


def _mean(values: Sequence[float]) -> float:
    defined = [value for value in values if math.isfinite(value)]
    return float(np.mean(defined)) if defined else math.nan


def _counts(counts: set[tuple[int, int]]) -> str:
    """ "4 of 7", or "3 to 4 of 7" where scenes differ."""
    least, most, pairs = min(c for c, _ in counts), max(c for c, _ in counts), max(p for _, p in counts)
    return f"{least if least == most else f'{least} to {most}'} of {pairs}"
