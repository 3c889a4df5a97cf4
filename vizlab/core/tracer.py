"""`trace`: one forward of one network on one picture, watched at every site."""

import platform
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import torch
from torch import Tensor

from vizlab.core.changes import Change, intervention_of
from vizlab.core.framing import Framing
from vizlab.core.grids import Grid, GridWatch
from vizlab.core.model import Model
from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.core.predictions import decode
from vizlab.core.reduction import Recorder, TargetKept, TargetReduction
from vizlab.core.registry import checked, known_control
from vizlab.core.site import NO_INTERVENTION, Intervention, Site, fusion_modules, intervening, observing
from vizlab.core.trace import FusionTrace, SiteTrace, TracedModel
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage


def trace(
    model: Model,
    rgbd: RGBDImage,
    *,
    cross: bool = True,
    sites: Collection[str] | None = None,
    working_size: tuple[int, int] | None = None,
    intervention: Sequence[Change] = (),
    **settings: float,
) -> FusionTrace:
    """Run `model` once on `rgbd` and return what it predicts and what every fusion site mixed.

    `settings` give values to the controls that the model's method declares, for this run (`threshold=0.05`);
    `cross=False` cuts every additive site's streams apart; `sites` limits both to the sites of these names;
    `working_size` (H, W) overrides the pixel area the picture is scaled to. `intervention` changes what streams send
    each other (see `vizlab.core.changes`). Raises IncompatibleInputError if the picture lacks a modality, InputError
    for a setting, a site or a change that cannot be. Safe to call from several threads on one model.
    """
    framing = model.frame(rgbd.size, working_size)
    change = replace(
        intervention_of(model, intervention, framing, settings_for(model, settings)),
        cross=cross, sites=_known_sites(model, sites),
    )  # fmt: skip
    inputs = model.preprocess(rgbd, framing)
    return traced(model, rgbd, framing, inputs, change, intervention)


def traced(
    model: Model,
    rgbd: RGBDImage,
    framing: Framing,
    inputs: Mapping[str, Tensor],
    change: Intervention,
    asked: Sequence[Change] = (),
    before: FusionTrace | None = None,
    raw: dict[str, Tensor] | None = None,
) -> FusionTrace:
    """One traced forward of `inputs`, which are `rgbd` in that framing, under `change`, which `asked` is in words.

    `raw` receives the network's own outputs. `before` is the trace without the change, where this forward goes on with
    a kept one: sites that it does not meet mixed what they mixed then.
    """
    recorder = Recorder(framing)
    started = time.perf_counter()
    watch = GridWatch()
    # A forward that is gone on with does not show how its outputs come about; their grids are known.
    with observing(recorder), intervening(change), watch if before is None else nullcontext():
        outputs = model.forward(inputs)
        weights = {name: module.static_weights() for name, module in fusion_modules(model.network).items()}
        joined = model.network.output_weights()
    seconds = time.perf_counter() - started
    if raw is not None:
        raw.update(outputs)
    decoded = decode(outputs, framing, pictured=model.network.pictured)
    initial = {name for name in decoded if Output.parse(name).initial}
    met = {*recorder.rows, *recorder.kept}
    known = {} if before is None else {n: s for n, s in before.sites.items() if n not in met}
    sites = {s.name: _site_trace(s, recorder, weights[s.name]) for s in model.sites}
    grids = _grids({name: watch.grid(y) for name, y in outputs.items()}, decoded) if before is None else before.grids
    return FusionTrace(
        model=_describe(model, change),
        predictions={k: p for k, p in decoded.items() if k not in initial},
        initial={k: p for k, p in decoded.items() if k in initial},
        sites={**sites, **known},
        framing=framing,
        input_digest=rgbd.digest,
        record=rgbd.record.to_dict(),
        environment=_environment(model),
        changes=_changes(change, asked),
        filled=_share_unknown(model, rgbd),
        seconds=seconds,
        grids=grids,
        weights=joined,
    )


def settings_for(model: Model, settings: Mapping[str, object]) -> dict[str, float]:
    """`settings`, checked; raises InputError for one that this model does not have, or for a value that cannot be."""
    found = checked(settings)
    for name in found:
        if name not in model.settings:
            raise InputError(f"A {name} is given, but {model.name} {known_control(name).absent}; leave it out.")
    return found


def _known_sites(model: Model, sites: Collection[str] | None) -> frozenset[str] | None:
    if sites is None:
        return None
    known = [site.name for site in model.sites]
    if unknown := [name for name in sites if name not in known]:
        raise InputError(f"{model.name} has no site '{unknown[0][:80]}'; its sites are {', '.join(known) or 'none'}.")
    return frozenset(sites)


def _describe(model: Model, change: Intervention) -> TracedModel:
    return TracedModel(
        name=model.name,
        family=model.method.family,
        architecture=model.config.architecture,
        checkpoint_hash=model.checkpoint_hash,
        inputs=model.inputs,
        tasks=tuple(task.name for task in model.tasks),
        classes=model.classes,
        settings={**model.settings, **change.settings},
        assumed=dict(model.assumed),
    )


def _grids(own: Mapping[str, Grid], decoded: Collection[str]) -> dict[str, Grid]:
    """The grid of everything decoded: an ensemble also stands under its task's bare name."""
    return {name: own[name] if name in own else own[str(Output(name, ENSEMBLE))] for name in decoded}


def _changes(change: Intervention, asked: Sequence[Change]) -> dict[str, object]:
    """What was altered, JSON-ready; nothing where nothing was."""
    if change == NO_INTERVENTION:
        return {}
    where = {} if change.sites is None else {"sites": sorted(change.sites)}
    done = {"intervention": [one.to_dict() for one in asked]} if asked else {}
    return {"settings": dict(change.settings), "cross": change.cross, **where, **done}


def _site_trace(site: Site, recorder: Recorder, weights: dict[str, np.ndarray]) -> SiteTrace:
    if kept := recorder.kept.get(site.name):
        shown = [kept[target] for target in range(len(site.targets))]
        return SiteTrace(site, None, None, None, None, weights, grid=shown[0].grid, extras=_extras(shown))
    rows = recorder.rows.get(site.name)
    return SiteTrace(site, None, None, None, None, weights) if not rows else _mixed(site, rows, weights)


def _mixed(site: Site, rows: dict[int, TargetReduction], weights: dict[str, np.ndarray]) -> SiteTrace:
    """A site that adds."""
    ordered = [rows[target] for target in range(len(site.targets))]
    return SiteTrace(
        site=site,
        share=np.stack([row.share for row in ordered]),
        energy=np.stack([row.energy for row in ordered]),
        outside=np.stack([row.outside for row in ordered]),
        gates=_of_all([row.gates for row in ordered]),
        weights=weights,
        received=np.stack([row.received for row in ordered]),
        outside_mean=np.array([row.outside_mean for row in ordered], np.float32),
        share_after=_of_all([row.share_after for row in ordered]),
        grid=ordered[0].grid,
        power=np.stack([row.power for row in ordered]),
        extras=_extras(ordered),
    )


def _extras(rows: Sequence[TargetReduction] | Sequence[TargetKept]) -> dict[str, np.ndarray]:
    """What is kept of all targets, by name."""
    return {name: np.stack([row.extras[name] for row in rows]) for name in rows[0].extras}


def _of_all(values: Sequence[np.ndarray | float | None]) -> np.ndarray | None:
    """The values of all targets as one float32 array; None where some have none."""
    known = [value for value in values if value is not None]
    return np.array(known, np.float32) if len(known) == len(values) else None


def _share_unknown(model: Model, rgbd: RGBDImage) -> float:
    """Share of the depth pixels that had to be filled before the network saw them."""
    if "depth" not in model.inputs or rgbd.depth is None:
        return 0.0
    return float(np.isnan(rgbd.depth).mean())


def _environment(model: Model) -> dict[str, str]:
    return {
        "device": str(model.device),
        "precision": model.precision,
        "vizlab": version("vizlab"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
