"""Attribution with captum: where, in which modality and over which edges a network's answer comes from.

Definitions: `result` (what is returned), `target` (what is explained), `baselines` (compared with what).
"""

from vizlab.experiments.attribution.attributing import attribute
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.methods import METHODS
from vizlab.experiments.attribution.regions import box, pixel, polygon, segment
from vizlab.experiments.attribution.result import Attribution
from vizlab.experiments.attribution.target import Target

__all__ = ["METHODS", "Attribution", "Baselines", "Target", "attribute", "box", "pixel", "polygon", "segment"]
