"""Where the definitions of MTL-NAS stand."""

from vizlab.core.method import Citation

PAPER = "https://arxiv.org/abs/2003.14058"

SEARCH = Citation("MTL-NAS, CVPR 2020: the search space", PAPER)
