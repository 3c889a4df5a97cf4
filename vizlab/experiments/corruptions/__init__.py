"""Broken sensors: corruptions of colour and depth by severity, and what they do to a network and its fusion."""

from vizlab.experiments.corruptions.catalogue import CORRUPTIONS, corrupted, corruption_named, fitting
from vizlab.experiments.corruptions.corruption import SEVERITIES, Corruption
from vizlab.experiments.corruptions.measured import Measured
from vizlab.experiments.corruptions.missing import MissingModalities, missing_modalities
from vizlab.experiments.corruptions.summaries import expected_metric, mean_corruption_error
from vizlab.experiments.corruptions.sweep import SeveritySweep, severity_sweep

__all__ = [
    "CORRUPTIONS",
    "SEVERITIES",
    "Corruption",
    "Measured",
    "MissingModalities",
    "SeveritySweep",
    "corrupted",
    "corruption_named",
    "expected_metric",
    "fitting",
    "mean_corruption_error",
    "missing_modalities",
    "severity_sweep",
]
