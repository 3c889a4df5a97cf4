"""VGG-16 networks four channels wide with seeded weights; they test mechanics, nobody is shown them."""

import torch
from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.methods.cross_stitch.network import Scale
from vizlab.methods.mtl_nas.network import Path
from vizlab.methods.parts.concatenating import FusingLayer
from vizlab.methods.parts.vgg_files import BGR_LESS_MEAN

TASKS = ("semseg", "normals")


def vgg_model(architecture: str, tasks: tuple[str, ...] = TASKS, **options: int) -> Model:
    """The network with norms that suit their features, and mixing weights of any sign."""
    config = NetworkConfig(
        architecture,
        tasks,
        ("rgb",),
        working_size=(45, 59),
        normalisation={"rgb": BGR_LESS_MEAN},
        options={"width": 4, **options},
    )
    torch.manual_seed(5)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            _shake(module)
        network.train()
        for _ in range(3):
            network({"rgb": 60 * torch.randn(2, 3, 48, 64)})
    return Model(network.eval(), config, "vgg", checkpoint_hash="0" * 64, precision="float32")


def _shake(module: nn.Module) -> None:
    if isinstance(module, nn.BatchNorm2d):
        module.weight.uniform_(0.5, 1.5)
        module.bias.uniform_(-0.5, 0.5)
    elif isinstance(module, FusingLayer):
        module.weight.add_(0.1 * torch.randn_like(module.weight))
    elif isinstance(module, Scale):
        module.param.add_(0.3 * torch.randn_like(module.param))
    elif isinstance(module, Path) and module.alpha is not None:
        module.alpha.copy_(torch.randn_like(module.alpha))
