"""Where MTAN's definitions stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/1803.10704"

MASKS = Citation("MTAN, CVPR 2019, section 3.2: task specific attention modules", _PAPER)
RESNET = Citation(
    "Multi-task learning for dense prediction tasks: a survey, TPAMI 2021: MTAN on a ResNet",
    "https://arxiv.org/abs/2004.13379",
)
