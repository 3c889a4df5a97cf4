"""Where the definitions of cross-stitch networks stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/1604.03539"

UNIT = Citation("Cross-stitch networks, CVPR 2016: the unit", _PAPER)
START = Citation("Cross-stitch networks, CVPR 2016: initial values and learning rates", _PAPER)
RANK = Citation("effective rank: Roy & Vetterli, EUSIPCO 2007", "https://ieeexplore.ieee.org/document/7098875")
