"""Where the definitions of TokenFusion stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/2204.08721"

EXCHANGE = Citation("TokenFusion, CVPR 2022: substituting tokens", _PAPER)
SCORES = Citation("TokenFusion, CVPR 2022: scores and their L1", _PAPER)
ENSEMBLE = Citation("TokenFusion, CVPR 2022: the ensemble", _PAPER)
