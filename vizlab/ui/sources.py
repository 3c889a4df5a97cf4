"""Where the definitions shown on the page stand, and sentences that several panels share."""

from vizlab.ui.html import Source

_CEN = "https://arxiv.org/abs/2011.05005"
_NDDR = "https://arxiv.org/abs/1801.08297"
_MTI = "https://arxiv.org/abs/2001.06902"
_PAD = "https://arxiv.org/abs/1805.04409"

CEN_EXCHANGE = Source("CEN, NeurIPS 2020, section 3: exchange by batch-norm scale", _CEN)
CEN_SPARSITY = Source("CEN, NeurIPS 2020, section 3: L1 on disjoint parts", _CEN)
CEN_TASKS = Source("CEN between tasks: TPAMI 2023", "https://arxiv.org/abs/2112.02252")
CEN_ENSEMBLE = Source("ensemble: CEN, NeurIPS 2020, section 3", _CEN)
NDDR_LAYER = Source("NDDR-CNN, CVPR 2019, section 3", _NDDR)
NDDR_START = Source("NDDR-CNN, CVPR 2019, section 4: initial weights", _NDDR)
MTI_DISTILLATION = Source("MTI-Net, ECCV 2020, section 3: multi-scale distillation", _MTI)
MTI_GATES = Source("PAD-Net, CVPR 2018, section 3: gated message passing", _PAD)
MTI_AFFINITY = Source("MTI-Net, ECCV 2020, section 3: pixel affinity at growing dilation", _MTI)

SHARE = (
    "A share is what one site mixes for this picture: Cov(contribution, output) over Var(output), summed over "
    "channels. Residual paths go around the site, so it is not what reaches the output."
)
STRIP_SENTENCE = (
    "Each thumbnail is one site, from input to output: bright is where a target received most from other streams, "
    "relative to the site's own signal; the number is their share. Click one to open it over the photograph."
)
SAME = "same for every picture"
THIS = "this picture"
