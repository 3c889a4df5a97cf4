"""Where NDDR-CNN's definitions stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/1801.08297"

LAYER = Citation("NDDR-CNN, CVPR 2019, section 3", _PAPER)
START = Citation("NDDR-CNN, CVPR 2019, section 4: initial weights", _PAPER)
RANK = Citation("effective rank: Roy & Vetterli, EUSIPCO 2007", "https://ieeexplore.ieee.org/document/7098875")
