"""Did it matter? Networks with something of their exchange taken away, held against the same networks as they are."""

from vizlab.experiments.interventions.effect import Effect, OutputEffect, intervene
from vizlab.experiments.interventions.sweep import Edge, Sweep, sweep

__all__ = ["Edge", "Effect", "OutputEffect", "Sweep", "intervene", "sweep"]
