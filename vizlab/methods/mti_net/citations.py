"""Where MTI-Net's definitions stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/2001.06902"

DISTILLATION = Citation("MTI-Net, ECCV 2020, section 3: multi-scale distillation", _PAPER)
GATES = Citation("PAD-Net, CVPR 2018, section 3: gated message passing", "https://arxiv.org/abs/1805.04409")
AFFINITY = Citation("MTI-Net, ECCV 2020, section 3: pixel affinity at growing dilation", _PAPER)
