"""Attribution with captum: where, in which modality and over which edges a network's answer comes from.

Definitions: `result` (what is returned), `target` (what is explained), `baselines` (compared with what).
"""

from vizlab.experiments.attribution.attributing import attribute
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.conductance import Conductance, conductance
from vizlab.experiments.attribution.curves import Curves, curves
from vizlab.experiments.attribution.methods import METHODS
from vizlab.experiments.attribution.regions import box, pixel, polygon, segment
from vizlab.experiments.attribution.result import Attribution
from vizlab.experiments.attribution.sanity import SanityCheck, sanity_check
from vizlab.experiments.attribution.target import Target

__all__ = [
    "METHODS", "Attribution", "Baselines", "Conductance", "Curves", "SanityCheck", "Target", "attribute", "box",
    "conductance", "curves", "pixel", "polygon", "sanity_check", "segment",
]  # fmt: skip
