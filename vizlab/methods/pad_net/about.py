"""What vizlab knows about PAD-Net."""

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method
from vizlab.core.network import FusionNetwork
from vizlab.methods.pad_net.files import ARCHITECTURE, PAD_NET
from vizlab.methods.pad_net.network import WIDTH, pad_hrnet, pad_mobilenetv2
from vizlab.methods.parts import distillation
from vizlab.methods.parts.hrnet import HRNetLayout
from vizlab.methods.parts.tasks import tasks_of


def _mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    senders = tasks_of(config, config.auxiliary_tasks or config.tasks)
    return pad_mobilenetv2(tasks_of(config), senders, **config.options)


def _hrnet(config: NetworkConfig) -> FusionNetwork:
    senders = tasks_of(config, config.auxiliary_tasks or config.tasks)
    layout = HRNetLayout.from_options(config.options)
    return pad_hrnet(tasks_of(config), senders, layout, config.options.get("width", WIDTH))


METHOD = Method(
    family="pad-net",
    title="PAD-Net",
    sentence="PAD-Net (Xu et al., CVPR 2018): tasks are predicted once, tell each other through gates what they found, "
    "and are predicted again. On an HRNet as in Vandenhende et al. (TPAMI 2021).",
    architectures={"pad-net-mobilenetv2": _mobilenetv2, ARCHITECTURE: _hrnet},
    files=(PAD_NET,),
    kinds={distillation.KIND: distillation.WORDS},
    rank=4,
)
