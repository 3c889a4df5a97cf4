"""Sweeps over the edges of networks, kept for everybody: gone on with where one stopped, and put on network maps."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.experiments.interventions.map_effects import with_effects
from vizlab.experiments.interventions.standing import totals_known
from vizlab.experiments.interventions.sweep import Sweep
from vizlab.page.cache import ByteCache
from vizlab.page.kit.analysis import Analysis

KEPT = 200
"""Sweeps: some ten to a hundred kB each."""


class Effects:
    """Sweeps by what they are of: a network at its settings on a picture. Changes in force count for nothing, since a
    sweep is of the network without them. Safe from several threads.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._sweeps: ByteCache[Sweep] = ByteCache(kept)

    def get(self, trace: FusionTrace) -> Sweep | None:
        """The sweep of that network and picture as far as it got; None if there is none."""
        return self._sweeps.get(subject_key(trace))

    def put(self, sweep: Sweep) -> None:
        """Keep a sweep in place of what was known, unless that was finished."""
        key = subject_key(sweep.before)
        known = self._sweeps.get(key)
        if known is None or not known.done or sweep.done:
            self._sweeps.put(key, replace(sweep, before=_slim(sweep.before)), 1)

    def of(self, analysis: Analysis) -> dict[str, Sweep]:
        """Those of an analysis by network."""
        found = {name: self.get(trace) for name, trace in analysis.traces.items()}
        return {name: sweep for name, sweep in found.items() if sweep is not None}

    def mark(self, keys: Mapping[str, str]) -> str:
        """What the maps of these subjects (keys by network) depend on; empty where no sweep says anything yet."""
        parts = [
            [name, [[row.total, row.flipped] for row in sweep.rows], sweep.all_cut]
            for name, key in keys.items()
            if (sweep := self._sweeps.get(key)) is not None and totals_known(sweep)
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12] if parts else ""

    def on(self, manifest: Mapping[str, Any], traces: Mapping[str, FusionTrace]) -> dict[str, Any]:
        """A document's manifest with what is known of its networks' edges."""
        return {**manifest, "networks": [self._network(one, traces[one["name"]]) for one in manifest["networks"]]}

    def _network(self, network: Mapping[str, Any], trace: FusionTrace) -> dict[str, Any]:
        sweep = self.get(trace)
        if network["flow"] is None or sweep is None:
            return dict(network)
        return {**network, "flow": with_effects(network["flow"], trace, sweep)}


def subject_key(trace: FusionTrace) -> str:
    """The same for every trace of one network at the same settings on one picture, whatever was changed inside."""
    model = trace.model
    parts = [
        trace.input_digest, model.name, model.checkpoint_hash, dict(model.settings), dict(trace.environment),
        asdict(trace.framing),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def unchanged_trace(analysis: Analysis, name: str) -> FusionTrace | None:
    """The trace of that network at the settings of the analysis without changes in force, if the analysis has it."""
    trace = analysis.trace_of(name)
    if "intervention" not in trace.changes:
        return trace
    own = analysis.unchanged.get(name)
    return own if own is not None and subject_key(own) == subject_key(trace) else None


def _slim(trace: FusionTrace) -> FusionTrace:
    """What tells it from others, and its shares: no maps."""
    sites = {name: SiteTrace(one.site, one.share, None, None, None, {}) for name, one in trace.sites.items()}
    return replace(trace, predictions={}, initial={}, sites=sites, weights={})
