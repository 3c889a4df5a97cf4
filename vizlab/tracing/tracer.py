"""`trace`: one forward of one network on one picture, watched at every site."""

import platform
import time
from importlib.metadata import version

import numpy as np
import torch

from vizlab.errors import InputError
from vizlab.models.model import Model
from vizlab.models.site import NO_INTERVENTION, Intervention, Site, fusion_modules, intervening, observing
from vizlab.models.stream_norm import StreamNorm
from vizlab.predictions import decode
from vizlab.rgbd import RGBDImage
from vizlab.tracing.reduction import Recorder, TargetReduction
from vizlab.tracing.types import FusionTrace, SiteTrace, TracedModel


def trace(
    model: Model,
    rgbd: RGBDImage,
    *,
    threshold: float | None = None,
    cross: bool = True,
    working_size: tuple[int, int] | None = None,
) -> FusionTrace:
    """Run `model` once on `rgbd` and return what it predicts and what every fusion site mixed.

    `threshold` overrides CEN's exchange threshold for this run; `cross=False` cuts every additive site's streams
    apart; `working_size` (H, W) overrides the pixel area the picture is scaled to. Raises IncompatibleInputError
    if the picture lacks a modality, InputError for a threshold that cannot be. Safe to call from several threads on
    one model.
    """
    change = Intervention(threshold=threshold, cross=cross)
    if threshold is not None and _own_threshold(model) is None:
        raise InputError(f"A threshold is given, but {model.name} exchanges no channels; leave it out.")
    framing = model.frame(rgbd.size, working_size)
    inputs = model.preprocess(rgbd, framing)
    recorder = Recorder(framing)
    started = time.perf_counter()
    with observing(recorder), intervening(change):
        outputs = model.forward(inputs)
        weights = {name: module.static_weights() for name, module in fusion_modules(model.network).items()}
    seconds = time.perf_counter() - started
    decoded = decode(outputs, framing)
    return FusionTrace(
        model=_describe(model, threshold),
        predictions={k: p for k, p in decoded.items() if not k.startswith("scale_")},
        initial={k: p for k, p in decoded.items() if k.startswith("scale_")},
        sites={s.name: _site_trace(s, recorder.rows.get(s.name, {}), weights[s.name]) for s in model.sites},
        framing=framing,
        input_digest=rgbd.digest,
        record=rgbd.record.to_dict(),
        environment=_environment(model),
        changes={} if change == NO_INTERVENTION else {"threshold": threshold, "cross": cross},
        filled=_share_unknown(model, rgbd),
        seconds=seconds,
    )


def _describe(model: Model, threshold: float | None) -> TracedModel:
    return TracedModel(
        name=model.name,
        family=model.network.family,
        architecture=model.config.architecture,
        checkpoint_hash=model.checkpoint_hash,
        inputs=model.inputs,
        tasks=tuple(task.name for task in model.tasks),
        classes=model.classes,
        threshold=_own_threshold(model) if threshold is None else threshold,
        assumed=dict(model.assumed),
    )


def _own_threshold(model: Model) -> float | None:
    """The exchange threshold the network runs with; None where nothing is exchanged by threshold."""
    norms = (m for m in fusion_modules(model.network).values() if isinstance(m, StreamNorm))
    return next((norm.threshold for norm in norms), None)


def _site_trace(site: Site, rows: dict[int, TargetReduction], weights: dict[str, np.ndarray]) -> SiteTrace:
    if not rows:
        return SiteTrace(site, None, None, None, None, weights)
    ordered = [rows[target] for target in range(len(site.targets))]
    gates = [row.gates for row in ordered if row.gates is not None]
    return SiteTrace(
        site=site,
        share=np.stack([row.share for row in ordered]),
        energy=np.stack([row.energy for row in ordered]),
        outside=np.stack([row.outside for row in ordered]),
        gates=np.stack(gates) if len(gates) == len(ordered) else None,
        weights=weights,
    )


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
