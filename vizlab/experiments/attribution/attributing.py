"""`attribute`: from a network, a picture and a target to signed maps of where the answer comes from."""

import functools
from collections.abc import Mapping
from types import MappingProxyType

from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.batching import halving
from vizlab.experiments.attribution.methods import (
    METHODS,
    STEPS,
    SUPERPIXELS,
    AttributionMethod,
    Maps,
    Options,
    layer_of,
    method_called,
)
from vizlab.experiments.attribution.private import one_at_a_time
from vizlab.experiments.attribution.problem import Problem, Progress, pose
from vizlab.experiments.attribution.result import Attribution
from vizlab.experiments.attribution.superpixels import superpixels
from vizlab.experiments.attribution.target import Target
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

MOST_STEPS = 1000


def attribute(
    model: Model,
    rgbd: RGBDImage,
    target: Target,
    method: str = "integrated gradients",
    *,
    baselines: Baselines = Baselines(),
    steps: int = STEPS,
    count: int = SUPERPIXELS,
    site: str = "",
    working_size: tuple[int, int] | None = None,
    batch: int | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    step: Step = silent,
) -> Attribution:
    """Attribute one number of `model`'s outputs to the pixels of each modality, signed, in the number's own unit.

    `method` is one of "integrated gradients", "gradient x input", "occlusion" (by about `count` superpixels) and
    "grad-cam" (at a `site` or a module's path, by stream; the last site if not given). `baselines` name what stands in
    for colour and depth. `steps` are the points on the path of integrated gradients. `batch` pictures go through at
    once, by default as many as memory has room for; where it runs out, half as many. `settings` give values to the
    controls that the model's method declares, as in `trace`. `step` is told the progress and
    may raise CancelledError.

    All of it happens on a copy of the network, in float32, one attribution at a time for each model: whoever else uses
    `model` meanwhile gets what he would get anyway. Raises InputError for a target, method or baseline that cannot be,
    IncompatibleInputError if the picture lacks a modality.
    """
    chosen = method_called(method)
    check_numbers(steps, count)
    with one_at_a_time(model, step):
        problem = pose(model, rgbd, target, baselines, working_size, batch, settings, step)
        options = options_for(chosen, problem, rgbd, steps, count, site)
        maps = computed(chosen, problem, options, step)
    return result(chosen, model.name, problem, options, baselines, maps)


def check_numbers(steps: int, count: int) -> None:
    """Raise InputError for steps or superpixels that cannot be."""
    for what, number, low in (("steps", steps, 1), ("superpixels", count, 2)):
        if not low <= number <= MOST_STEPS:
            raise InputError(f"{number} {what} are asked for; expected {low} to {MOST_STEPS}.")


def options_for(
    method: AttributionMethod, problem: Problem, rgbd: RGBDImage, steps: int, count: int, site: str
) -> Options:
    """What the method needs to know, checked before anything is computed."""
    if method is METHODS["occlusion"]:
        return Options(segments=superpixels(rgbd, problem.framing, count))
    if method is METHODS["grad-cam"]:
        layer_of(problem.network, site)
        return Options(site=site or problem.network.sites[-1].name)
    return Options(steps=steps)


def computed(
    method: AttributionMethod,
    problem: Problem,
    options: Options,
    step: Step = silent,
    words: str = "",
    span: tuple[float, float] = (0.0, 1.0),
) -> Maps:
    """The method's maps; again with half as many pictures at once when memory runs out."""
    expected = method.pictures(options, len(problem.names))
    begin = functools.partial(Progress, step, words or method.title, expected, begin=span[0], end=span[1])

    def attempt(size: int) -> Maps:
        problem.batch, problem.progress = size, begin()
        return method.compute(problem, options)

    return halving(attempt, problem.batch)


def result(
    method: AttributionMethod, model: str, problem: Problem, options: Options, baselines: Baselines, maps: Maps
) -> Attribution:
    """The maps with everything that says what they are."""
    for values in maps.values():
        values.setflags(write=False)
    quantity, progress = problem.quantity, problem.progress
    return Attribution(
        method=method.title,
        model=model,
        output=quantity.output,
        of=quantity.words,
        unit=quantity.unit,
        region=quantity.region,
        maps=maps,
        value=problem.value,
        before=problem.before,
        baselines={name: baselines.words(name) for name in problem.names},
        framing=problem.framing,
        complete=method.complete,
        steps=options.steps if method is METHODS["integrated gradients"] else 1,
        forwards=progress.forwards,
        backwards=progress.backwards,
        segments=options.segments,
        site=options.site,
    )
