"""Everything picture-like of an analysis as layers: maps of numbers in the picture, with unit, range and meaning.

A layer holds values, not colours: whoever shows it colours it. Nothing here knows a method.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.core.framing import Framing
from vizlab.core.outputs import Output
from vizlab.core.predictions import (
    DepthPrediction,
    ImagePrediction,
    MapPrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID, class_names
from vizlab.views.figures import stream_title
from vizlab.views.outside import LAYERS, outside_map, outside_scale
from vizlab.views.outside import Layer as Map
from vizlab.views.predictions import depth_range

Kind = Literal["colour", "classes", "scalar", "signed", "normals", "mask"]
PICTURE, REFERENCE = "picture", "reference"
PHOTOGRAPH = f"{PICTURE}|colour"
PROBABILITY = {
    "edge": "The probability that a pixel lies on an edge.",
    "sal": "The probability that a pixel belongs to what stands out of the picture.",
}
"""What a map of probabilities means, by task."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Values (h, w) or (h, w, 3) in a grid over the picture, NaN where unknown; `cell` (height, width) is how many
    pixels of the picture one value covers, the first at the top left.

    `kind` "colour" HxWx3 uint8, "classes" HxW uint8 (255 void), "normals" HxWx3 unit vectors, else numbers in `unit`
    with `digits` after the point. `low`..`high` is the automatic range on `colormap`; layers of one `row` can share it.
    `group` is "picture", "reference" or a network's name; `task`, `site`, `target`, `source` say of what it is, empty
    where they do not apply. `classes` are the names of classes by index, where they are known. `key` holds from picture
    to picture.
    """

    key: str
    title: str
    group: str
    kind: Kind
    values: np.ndarray
    cell: tuple[float, float]
    sentence: str
    unit: str = ""
    row: str = ""
    colormap: str = "viridis"
    low: float = 0.0
    high: float = 1.0
    digits: int = 2
    task: str = ""
    site: str = ""
    target: str = ""
    source: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sampling:
    """Of a picture-size map every `stride`-th pixel is kept in each direction, as it is; the first at `offset`.

    Cell (i, j) stands for the pixels from (i * stride, j * stride) on.
    """

    stride: int = 1

    @property
    def offset(self) -> int:
        return (self.stride - 1) // 2

    @property
    def cell(self) -> tuple[float, float]:
        return float(self.stride), float(self.stride)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return values[self.offset :: self.stride, self.offset :: self.stride]


ALL = Sampling()


def sampling(framings: Iterable[Framing]) -> Sampling:
    """The coarsest that still keeps a value for every pixel that some network saw."""
    ratios = [min(p / c for p, c in zip(f.picture, f.content, strict=True)) for f in framings]
    return Sampling(max(1, math.floor(min(ratios, default=1.0) + 1e-9)))


def picture_layers(rgbd: RGBDImage, reference: Reference | None, sampled: Sampling = ALL) -> list[Layer]:
    """The photograph, the sensor's depth, what predictions are held against, and further pictures of the scene."""
    found: list[Layer] = []
    if rgbd.colour is not None:
        found.append(Layer(PHOTOGRAPH, "photograph", PICTURE, "colour", rgbd.colour, (1, 1), "The colour picture."))
    if rgbd.depth is not None:
        sentence = "Depth as it was read; grey is unknown."
        found.append(_depth(f"{PICTURE}|depth", "sensor depth", PICTURE, sampled(rgbd.depth), sentence, sampled.cell))
    for task, values in ({} if reference is None else reference.maps()).items():
        if values is rgbd.depth:
            continue  # the sensor's own is there already
        note = "" if reference is None else reference.notes.get(task, "")
        classes = () if reference is None else reference.classes
        found.append(_reference(task, sampled(values), note, sampled.cell, classes))
    return found + [_domain(rgbd, name, sampled) for name in rgbd.domains]


def _domain(rgbd: RGBDImage, name: str, sampled: Sampling) -> Layer:
    source = rgbd.record.domains.get(name, "")
    sentence = f"A further picture of the scene, as networks take it{f' ({source})' if source else ''}."
    key, pixels = f"{PICTURE}|domain {name}", sampled(rgbd.domains[name])
    return Layer(key, name, PICTURE, "colour", pixels, sampled.cell, sentence)


def prediction_layers(trace: FusionTrace, group: str = "", sampled: Sampling = ALL) -> list[Layer]:
    """What a network predicts: final outputs as sampled of the picture, then initial ones on their own grids."""
    group = group or trace.model.name
    found: list[Layer] = []
    for name, prediction in trace.predictions.items():
        if str(Output.parse(name)) + "/ensemble" not in trace.predictions:  # an ensemble stands there under two names
            found += _of_prediction(trace, group, Output.parse(name), _sampled(prediction, sampled), sampled.cell)
    for name, prediction in trace.initial.items():
        shape = next(iter(vars(prediction).values())).shape[:2]
        cell = _cell(trace.framing, trace.grids.get(name), shape)
        found += _of_prediction(trace, group, Output.parse(name), prediction, cell)
    return found


def site_layers(trace: FusionTrace, group: str = "") -> list[Layer]:
    """What came from other streams at every site: its variation, all of it, that of each sender, and gates."""
    ends = {layer: outside_scale(trace, layer) for layer in LAYERS}
    group = group or trace.model.name
    return [
        layer
        for site in trace.sites.values()
        if site.site.additive
        for index in range(len(site.site.targets))
        for layer in (*_outside(trace, site, index, group, ends), *_by_source(trace, site, index, group, ends))
    ]


def _sampled(prediction: Prediction, sampled: Sampling) -> Prediction:
    arrays = {name: None if values is None else sampled(values) for name, values in vars(prediction).items()}
    return type(prediction)(**arrays)  # type: ignore[arg-type]


def _reference(task: str, values: np.ndarray, note: str, cell: tuple[float, float], classes: tuple[str, ...]) -> Layer:
    key, sentence = f"{REFERENCE}|{task}", f"The reference: {note or 'given with the picture'}."
    if task == "semseg":
        return Layer(
            key, "reference classes", REFERENCE, "classes", values, cell, sentence, task=task, row="classes",
            classes=classes,
        )  # fmt: skip
    if task == "normals":
        return Layer(key, "reference normals", REFERENCE, "normals", values, cell, sentence, task=task)
    if task == "depth":
        return _depth(key, "reference depth", REFERENCE, values, sentence, cell)
    if task == "human_parts":
        return Layer(
            key, "reference parts", REFERENCE, "classes", values, cell, sentence, task=task, row="classes",
            classes=class_names(task, ()),
        )  # fmt: skip
    marked = np.where(values == VOID, np.float32(np.nan), values.astype(np.float32))
    return Layer(
        key, f"reference {task}", REFERENCE, "scalar", marked, cell, sentence, row="probability", colormap="cividis",
        task=task,
    )  # fmt: skip


def _depth(
    key: str, title: str, group: str, values: np.ndarray, sentence: str, cell: tuple[float, float] = (1, 1)
) -> Layer:
    low, high = depth_range([values])
    return Layer(
        key, title, group, "scalar", values, cell, sentence, "m", "depth", "viridis", low, high,
        digits=_digits(values), task="depth",
    )  # fmt: skip


def _digits(values: np.ndarray) -> int:
    """Centimetres, or millimetres where nothing is farther than two metres."""
    known = values[np.isfinite(values)]
    return 3 if known.size and float(known.max()) < 2 else 2


def _of_prediction(
    trace: FusionTrace, group: str, output: Output, prediction: Prediction, cell: tuple[float, float]
) -> Iterable[Layer]:
    key, title = f"{group}|{output}", _title(output)
    if isinstance(prediction, SemsegPrediction):
        yield from _of_classes(trace, group, output, prediction, cell)
    elif isinstance(prediction, DepthPrediction):
        yield _depth(key, title, group, prediction.value, "Predicted depth.", cell)
    elif isinstance(prediction, NormalsPrediction):
        yield Layer(
            key, title, group, "normals", prediction.value, cell, "Red faces right, green up, blue the camera.",
            row="normals", task=output.task,
        )  # fmt: skip
    elif isinstance(prediction, MapPrediction):
        yield Layer(
            key, title, group, "scalar", prediction.value, cell, PROBABILITY.get(output.task, "A probability."),
            row="probability", colormap="cividis", task=output.task,
        )  # fmt: skip
    elif isinstance(prediction, ImagePrediction):
        by = f"the stream of {output.stream} makes alone" if output.stream and not output.ensemble else "it makes"
        yield Layer(key, title, group, "colour", prediction.value, cell, f"The picture {by}.", task=output.task)


def _of_classes(
    trace: FusionTrace, group: str, output: Output, prediction: SemsegPrediction, cell: tuple[float, float]
) -> Iterable[Layer]:
    key, title, task = f"{group}|{output}", _title(output), output.task
    classes = class_names(task, trace.model.classes)
    yield Layer(
        key, title, group, "classes", prediction.label, cell, "The likeliest class of every pixel.", row="classes",
        task=task, classes=classes,
    )  # fmt: skip
    yield Layer(
        f"{key}|confidence", f"{title}, confidence", group, "scalar", prediction.confidence, cell,
        "The probability of the class that is shown; dark is unsure.", row="confidence", colormap="cividis", task=task,
    )  # fmt: skip
    if prediction.entropy is not None:
        most = math.log(max(2, len(classes)))
        yield Layer(
            f"{key}|entropy", f"{title}, entropy", group, "scalar", prediction.entropy, cell,
            f"How spread the probabilities are: 0 is one class alone, {most:.2f} all {len(classes)} alike.",
            "nats", "entropy", "magma", 0.0, round(most, 2), task=task,
        )  # fmt: skip


def _title(output: Output) -> str:
    if output.scale is not None:
        return f"{output.task}, initial at scale {output.scale}"
    return f"{output.task}, {output.stream}" if output.stream and not output.ensemble else output.task


def _outside(trace: FusionTrace, site: SiteTrace, index: int, group: str, ends: Mapping[Map, float]) -> Iterable[Layer]:
    target = site.site.targets[index]
    for name, about in LAYERS.items():
        values = outside_map(site, index, name)
        if values is not None:
            yield Layer(
                f"{group}|{site.site.name}|{target}|{name}", f"into {stream_title(trace, target)}: {about.title}",
                group, "scalar", values, _cell(trace.framing, site.grid, values.shape), about.sentence,
                row=f"{group} {name}", colormap="magma", high=ends[name], digits=3, site=site.site.name, target=target,
            )  # fmt: skip


def _by_source(
    trace: FusionTrace, site: SiteTrace, index: int, group: str, ends: Mapping[Map, float]
) -> Iterable[Layer]:
    target = site.site.targets[index]
    for s, source in enumerate(site.site.sources):
        base, edge = (
            f"{group}|{site.site.name}|{target}",
            f"{stream_title(trace, source)} to {stream_title(trace, target)}",
        )
        name = site.site.name
        if site.received is not None and source != target and len(site.site.sources) > 2:
            values = site.received[index, s].astype(np.float32)
            cell = _cell(trace.framing, site.grid, values.shape)
            yield Layer(
                f"{base}|received|{source}", f"{edge}: all of it", group, "scalar", values, cell,
                LAYERS["received"].sentence, row=f"{group} received", colormap="magma", high=ends["received"], digits=3,
                site=name, target=target, source=source,
            )  # fmt: skip
        if site.gates is not None and not np.isnan(site.gates[index, s]).all():
            values = site.gates[index, s]
            yield Layer(
                f"{base}|gate|{source}", f"{edge}: gate", group, "scalar", values,
                _cell(trace.framing, site.grid, values.shape),
                "How far the gate is open, mean over channels: which part of a message passes, not how much there was.",
                row="gate", digits=3, site=name, target=target, source=source,
            )  # fmt: skip


def _cell(framing: Framing, grid: Sequence[int] | None, shape: Sequence[int]) -> tuple[float, float]:
    """Height and width of a cell in pixels of the picture; without a known grid the cells share the picture evenly."""
    if grid is not None:
        return framing.cell((grid[0], grid[1]))
    return framing.picture[0] / shape[0], framing.picture[1] / shape[1]
