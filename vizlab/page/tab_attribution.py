"""Attribution: where one number of an answer comes from, by modality, pixel and edge; a region chosen by a click."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.core.predictions import ImagePrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.experiments.attribution import (
    METHODS,
    Attribution,
    Baselines,
    Target,
    attribute,
    box,
    conductance,
    curves,
    pixel,
    sanity_check,
    segment,
)
from vizlab.experiments.attribution.charts import curves_chart
from vizlab.experiments.attribution.pictures import region_picture
from vizlab.experiments.attribution.target import NORMALS, UNITS
from vizlab.page.attribution_panels import attribution_html, curves_html, edges_html, sanity_html
from vizlab.page.cache import ByteCache
from vizlab.page.experiment import QUIET, Action, ExperimentTab, Run, Subject
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import note
from vizlab.page.kit.method_tab import Updates
from vizlab.rgbd import RGBDImage
from vizlab.tasks import class_names
from vizlab.views.formatting import percent_words

SEGMENT, PIXEL, BOX = "the segment there", "that pixel", "a box, two clicks"
KEPT_BYTES = 32_000_000
CURVE_POINTS = 11
"""On each curve: every tenth of the pixels."""
CHECK_STEPS = 16
"""Of the path, for each map of the sanity check: ranks need fewer than totals."""
HINT = "Click the picture to choose a region, or write its place, then press Attribute."
CLASSES = 24
"""At most so many classes are offered, the largest in the picture first."""


@dataclass(frozen=True)
class Choice:
    """The values of the tab's choices, by their names there."""

    place: str
    region: str
    output: str
    of: str | None
    scale: str
    method: str
    site: str | None
    colour: str
    depth: str
    steps: int

    @property
    def baselines(self) -> Baselines:
        return Baselines(self.colour, self.depth)  # type: ignore[arg-type]


class AttributionTab(ExperimentTab):
    """Choose a number and a region, see which pixels of which modality it is attributed to; more on request."""

    name = "attribution"
    title = "Attribution"
    sentence = (
        "Where one number of the answer comes from: signed, in its own unit, pixel by pixel of each modality, compared "
        "with a picture that lacks what they say."
    )
    run_label = "Attribute"
    needs = (
        "It takes a network that predicts something else than pictures: of a picture there is no number to attribute."
    )

    def build_choices(self) -> Mapping[str, Any]:
        with gr.Row(elem_classes="vz-experiment-choices"):
            # Their choices follow the network: a value of the one before may still be on its way, and Gradio would end
            # the event with an error of its own.
            free: dict[str, Any] = {"allow_custom_value": True}
            self.output = gr.Dropdown([], label="output", elem_id="vz-attribution-output", **free)
            self.asked = gr.Dropdown([], label="of", elem_id="vz-attribution-of", **free)
            self.scale = gr.Dropdown(list(UNITS), value="probability", label="measured as")
            self.method = gr.Dropdown(_methods(), value="integrated gradients", label="method")
            self.site = gr.Dropdown([], label="at the site", visible=False, **free)
        with gr.Row(elem_classes="vz-experiment-choices"):
            self.colour = gr.Dropdown(["mean colour", "blurred", "black", "unchanged"], value="mean colour",
                                      label="colour is compared with")  # fmt: skip
            self.depth = gr.Dropdown(["median plane", "unknown", "unchanged"], value="median plane",
                                     label="depth is compared with")  # fmt: skip
            self.steps = gr.Slider(8, 256, 64, step=8, label="steps on the path")
        self.ratio, self.drawn, self.corner = gr.State(1.0), gr.State(None), gr.State(False)
        with gr.Row(elem_classes="vz-attribution-where"):
            self.picture = gr.Image(
                interactive=False, label="picture; click to choose a region", elem_id="vz-attribution-picture",
                elem_classes="vz-attribution-picture", buttons=[], scale=0, min_width=300,
            )  # fmt: skip
            with gr.Column(min_width=260):
                self.region = gr.Radio([SEGMENT, PIXEL, BOX], value=SEGMENT, label="region")
                self.place = gr.Textbox("", label="place: x,y or x,y,x,y in pixels", elem_id="vz-attribution-place",
                                        max_lines=1)  # fmt: skip
                self.chosen = gr.HTML(note(HINT), elem_id="vz-attribution-region")
        clicks = [self.place, self.region, self.ratio, self.corner]
        self.picture.select(_clicked, clicks, [self.place, self.corner], **QUIET)
        self.region.input(lambda: False, None, [self.corner], **QUIET)
        return {
            "place": self.place,
            "region": self.region,
            "output": self.output,
            "of": self.asked,
            "scale": self.scale,
            "method": self.method,
            "site": self.site,
            "colour": self.colour,
            "depth": self.depth,
            "steps": self.steps,
            "drawn": self.drawn,
            "corner": self.corner,
        }

    def build_results(self) -> Sequence[Any]:
        self.maps = gr.HTML(elem_id="vz-attribution-maps")
        with gr.Row(elem_classes="vz-experiment-run", visible=False) as self.more:
            self.check = gr.Button("Sanity check", size="sm", scale=0, min_width=140)
            self.carry = gr.Button("Which edges carry it", size="sm", scale=0, min_width=160)
            self.follow = gr.Button("Insertion and deletion", size="sm", scale=0, min_width=180)
        self.sanity = gr.HTML(elem_id="vz-attribution-sanity")
        self.edges = gr.HTML(elem_id="vz-attribution-edges")
        self.areas = gr.HTML(elem_id="vz-attribution-curves")
        self.chart = gr.Plot(show_label=False, container=False, visible=False, elem_classes="vz-plot")
        self._kept: ByteCache[Attribution] = ByteCache(KEPT_BYTES)
        further = [self.more, self.follow, self.sanity, self.edges, self.areas, self.chart]
        return [self.picture, self.chosen, self.ratio, self.maps, *further]

    def actions(self) -> Sequence[Action]:
        # A link sets the place a moment before the kind of region: both are drawn, the later one last.
        moved = [self.place.change, self.region.change, self.output.input, self.network.input]
        return [
            Action("run", [self.run.click], self.compute, shows="run"),
            Action("region", moved, self.show_region, lane="attribution region", busy=False),
            Action("check", [self.check.click], self.checked),
            Action("edges", [self.carry.click], self.carried),
            Action("curves", [self.follow.click], self.followed),
        ]

    def refresh(self, analysis: Analysis, networks: Sequence[str], kept: Mapping[str, Any]) -> Updates:
        """The network's outputs, what can be asked of the one chosen, and a place within the picture."""
        trace = analysis.traces[networks[0]]
        names = output_choices(trace)
        output = kept.get("output") if kept.get("output") in names else next(iter(names), None)
        of = of_choices(trace, output)
        value = kept.get("of") if kept.get("of") in of else next(iter(of), None)
        classes = output is not None and isinstance(trace.predictions.get(output), SemsegPrediction)
        sites = [(words.title, name) for name, words in trace_words(trace).items()]
        known = [name for _, name in sites]
        site = kept.get("site") if kept.get("site") in known else next(reversed(known), None)
        path = METHODS.get(str(kept.get("method") or "integrated gradients"))
        place = kept.get("place") or ""
        inside = _inside(str(place), analysis.picture.rgbd)
        return {
            self.output: gr.update(choices=names, value=output),
            self.asked: gr.update(choices=of, value=value, visible=bool(of)),
            self.scale: gr.update(visible=classes),
            self.site: gr.update(choices=sites, value=site, visible=path is METHODS["grad-cam"] and bool(sites)),
            self.colour: gr.update(visible="rgb" in trace.model.inputs),
            self.depth: gr.update(visible="depth" in trace.model.inputs),
            self.steps: gr.update(visible=path is METHODS["integrated gradients"]),
            self.place: gr.update() if inside else gr.update(value=_middle(analysis.picture.rgbd)),
        }

    def render(self, analysis: Analysis, chosen: str | None, kept: Mapping[str, Any]) -> Updates:
        """The choices, and the picture with the region as it was chosen."""
        updates = super().render(analysis, chosen, kept)
        if self.offered(analysis):
            name = self.named(analysis, chosen)[0]
            given = str(kept.get("place") or "")
            place = given if _inside(given, analysis.picture.rgbd) else _middle(analysis.picture.rgbd)
            how = str(kept.get("region") or SEGMENT)
            updates |= self._picture(analysis.picture.rgbd, analysis.traces[name], place, how)
        return updates

    def show_region(self, run: Run, **values: Any) -> Iterator[Updates]:
        """The region drawn on the picture; no network runs."""
        place, how = str(values["place"]), str(values["region"])
        if _inside(place, run.only.rgbd):
            yield self._picture(run.only.rgbd, run.only.before, place, how, bool(values["corner"]))
        else:
            height, width = run.only.rgbd.size
            yield {self.chosen: note(f"Expected x,y or x,y,x,y within {width}x{height} pixels.")}

    def fits(self, trace_: FusionTrace) -> bool:
        return bool(output_choices(trace_))

    def expected(self, choice: str, analysis: Analysis) -> str:
        height, width = analysis.picture.rgbd.size
        return f"x,y or x,y,x,y within {width}x{height} pixels" if choice == "place" else ""

    def _picture(self, rgbd: RGBDImage, trace: FusionTrace, place: str, how: str, corner: bool = False) -> Updates:
        region = region_of(rgbd, trace, place, how)
        image = region_picture(rgbd, region)
        count = int(region.sum())
        share = percent_words(float(region.mean()))
        said = f"{count:,} {'pixel' if count == 1 else 'pixels'}, {share} of the picture. {HINT}"
        if how == BOX and len(_numbers(place)) == 2:
            said += f" For a box click {'the opposite corner' if corner else 'two opposite corners'}."
        return {self.picture: image, self.chosen: note(said), self.ratio: rgbd.size[1] / image.shape[1]}

    def compute(self, run: Run, **values: Any) -> Iterator[Updates]:
        """The maps; everything further that was shown of other choices goes."""
        choice = _choice(values)
        found = self._attribution(run, choice)
        yield {
            self.drawn: [run.analysis.key, run.only.name, dataclasses.asdict(choice)],
            self.maps: attribution_html(found, run.only.rgbd, METHODS[choice.method]),
            self.more: gr.update(visible=True),
            self.follow: gr.update(visible=not METHODS[choice.method].streams),
            self.sanity: "",
            self.edges: "",
            self.areas: "",
            self.chart: gr.update(visible=False),
        }

    def checked(self, run: Run, **values: Any) -> Iterator[Updates]:
        """The same map with shuffled weights."""
        choice = _of_drawn(run, values)
        steps = min(choice.steps, CHECK_STEPS)
        found = sanity_check(
            run.only.model, run.only.rgbd, _target(run.only, choice), choice.method,
            steps=steps, site=choice.site or "", **_given(run, choice),
        )  # fmt: skip
        yield {self.sanity: sanity_html(found)}

    def carried(self, run: Run, **values: Any) -> Iterator[Updates]:
        """Conductance of every edge."""
        choice = _of_drawn(run, values)
        found = conductance(
            run.only.model, run.only.rgbd, _target(run.only, choice), steps=choice.steps, **_given(run, choice)
        )
        yield {self.edges: edges_html(found, [site.site for site in run.only.before.sites.values()])}

    def followed(self, run: Run, **values: Any) -> Iterator[Updates]:
        """Insertion and deletion in the order of the map."""
        choice = _of_drawn(run, values)
        known = self._kept.get(_key(run, choice))
        found = curves(
            run.only.model, run.only.rgbd, _target(run.only, choice), choice.method,
            steps=choice.steps, points=CURVE_POINTS, known=known, **_given(run, choice),
        )  # fmt: skip
        yield {self.areas: curves_html(found), self.chart: gr.update(value=curves_chart(found), visible=True)}

    def _attribution(self, run: Run, choice: Choice) -> Attribution:
        """Computed, or kept from before."""
        key = _key(run, choice)
        found = self._kept.get(key)
        if found is None:
            found = attribute(
                run.only.model, run.only.rgbd, _target(run.only, choice), choice.method,
                steps=choice.steps, site=choice.site or "", **_given(run, choice),
            )  # fmt: skip
            self._kept.put(key, found, sum(values.nbytes for values in found.maps.values()) + found.region.nbytes)
        return found


def region_of(rgbd: RGBDImage, trace: FusionTrace, place: str, how: str) -> np.ndarray:
    """HxW bool: what a place and the choice of region name; raises InputError for places outside the picture."""
    numbers = _numbers(place)
    if len(numbers) == 4 and how == BOX:
        return box(rgbd.size, (numbers[0], numbers[1]), (numbers[2], numbers[3]))
    if len(numbers) not in (2, 4):
        raise InputError(f"The place is '{place[:40]}'; expected x,y or, for a box, x,y,x,y in pixels of the picture.")
    at = (numbers[0], numbers[1])
    labels = next((p.label for p in trace.predictions.values() if isinstance(p, SemsegPrediction)), None)
    answer = trace.predictions.get("semseg")
    if isinstance(answer, SemsegPrediction):
        labels = answer.label
    return segment(labels, at) if how == SEGMENT and labels is not None else pixel(rgbd.size, at)


def output_choices(trace: FusionTrace) -> list[str]:
    """The outputs that can be attributed; an ensemble under its task's bare name; answers first."""
    names = [name for name, one in trace.predictions.items() if not isinstance(one, ImagePrediction)]
    return sorted((n for n in names if Output.parse(n).stream != ENSEMBLE), key=lambda n: not Output.parse(n).answer)


def of_choices(trace: FusionTrace, output: str | None) -> list[str]:
    """The classes that are predicted in the picture, most pixels first; components and angles of normals."""
    found = trace.predictions.get(output or "")
    if isinstance(found, NormalsPrediction):
        return list(reversed(NORMALS))
    if not isinstance(found, SemsegPrediction):
        return []
    counts = np.bincount(found.label.ravel())
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]][:CLASSES]
    names = class_names(Output.parse(output or "").task, trace.model.classes)
    return [THERE, *(names[i] if i < len(names) else str(i) for i in order)]


THERE = "what most of the region is"
"""The choice of class that follows the region."""


def _choice(values: Mapping[str, Any]) -> Choice:
    """The values of the tab's choices, without what is drawn and clicked."""
    given = {name: value for name, value in values.items() if name not in ("drawn", "corner")}
    return Choice(**{**given, "steps": int(given["steps"])})


def _of_drawn(run: Run, values: Mapping[str, Any]) -> Choice:
    """The choices of the maps on show: what is asked further is of these, whatever was chosen since."""
    key, network, choice = values["drawn"] or (None, None, {})
    if (key, network) != (run.analysis.key, run.only.name):
        raise InputError("The maps on show are of another picture or network; press Attribute again first.")
    return Choice(**choice)


def _target(subject: Subject, choice: Choice) -> Target:
    region = region_of(subject.rgbd, subject.before, choice.place, choice.region)
    offered = of_choices(subject.before, choice.output)
    of = choice.of if choice.of in offered and choice.of != THERE else None
    return Target(choice.output, region, of, choice.scale)  # type: ignore[arg-type]


def _given(run: Run, choice: Choice) -> dict[str, Any]:
    """What every experiment of the tab is given alike."""
    return {
        "baselines": choice.baselines,
        "settings": run.only.settings,
        "working_size": run.only.working_size,
        "step": run.step,
    }


def _key(run: Run, choice: Choice) -> str:
    text = json.dumps([run.analysis.key, run.only.name, dataclasses.asdict(choice)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _clicked(place: str, how: str, ratio: float, corner: bool, event: gr.SelectData) -> tuple[str, bool]:
    """The place after a click, and whether that was the first corner of a box; `corner`: the click before was one."""
    x, y = (int((value + 0.5) * ratio) for value in event.index)
    numbers = _numbers(place)
    if how == BOX and corner and len(numbers) == 2:
        return f"{numbers[0]:g},{numbers[1]:g},{x},{y}", False
    return f"{x},{y}", how == BOX


def _numbers(place: str) -> list[float]:
    """The numbers between commas; none where something else is there."""
    try:
        return [float(part) for part in place.split(",")]
    except ValueError:
        return []


def _inside(place: str, rgbd: RGBDImage) -> bool:
    """Whether it names a pixel of the picture, or two."""
    numbers = _numbers(place)
    height, width = rgbd.size
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    return len(numbers) in (2, 4) and all(0 <= x < width and 0 <= y < height for x, y in pairs)


def _middle(rgbd: RGBDImage) -> str:
    return f"{rgbd.size[1] // 2},{rgbd.size[0] // 2}"


def _methods() -> list[tuple[str, str]]:
    return [(method.title, name) for name, method in METHODS.items()]
