"""Where PAD-Net's definitions stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/1805.04409"

NETWORK = Citation("PAD-Net, CVPR 2018, section 3: prediction and distillation", _PAPER)
GATES = Citation("PAD-Net, CVPR 2018, section 3: gated message passing", _PAPER)
