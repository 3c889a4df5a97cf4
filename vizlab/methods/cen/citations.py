"""Where CEN's definitions stand."""

from vizlab.core.method import Citation

_PAPER = "https://arxiv.org/abs/2011.05005"

EXCHANGE = Citation("CEN, NeurIPS 2020, section 3: exchange by batch-norm scale", _PAPER)
SPARSITY = Citation("CEN, NeurIPS 2020, section 3: L1 on disjoint parts", _PAPER)
TASKS = Citation("CEN between tasks: TPAMI 2023", "https://arxiv.org/abs/2112.02252")
ENSEMBLE = Citation("ensemble: CEN, NeurIPS 2020, section 3", _PAPER)
GROUPS = Citation("CEN, NeurIPS 2020, figure 3: feature maps by group of channels", _PAPER)
