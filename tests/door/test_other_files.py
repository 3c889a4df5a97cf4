"""Files of known code bases that hold no network vizlab shows: each is named as what it is."""

import pytest
import torch

from vizlab.core.door import load_model
from vizlab.core.registry import methods
from vizlab.errors import CheckpointError

HRNET = ("conv1.weight", "layer1.0.conv1.weight", "transition1.0.0.weight", "stage4.0.branches.0.0.conv1.weight")
RESNET = ("conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "layer4.0.conv1.weight")


def named(prefix, names):
    return [f"{prefix}.{name}" for name in names]


# Names as the authors' code gives them; of each file a few that tell it.
FILES = {
    "discriminator": [f"conv{i}.insnorm.module.weight" for i in range(1, 6)],
    "MiT (mix transformer) classifier": [
        "patch_embed1.proj.weight",
        "block1.0.attn.q.weight",
        "block4.1.mlp.fc2.weight",
        "head.weight",
    ],
    "MiT (mix transformer) backbone alone": ["patch_embed1.proj.weight", "block1.0.attn.q.weight", "norm4.weight"],
    "HRNet classifier": [*HRNET, "incre_modules.0.0.conv1.weight", "classifier.weight"],
    "HRNet backbone alone": HRNET,
    "ResNet classifier": [*RESNET, "fc.weight", "fc.bias"],
    "ResNet backbone alone": RESNET,
    "MobileNetV2 classifier": ["features.0.0.weight", "features.17.conv.0.0.weight", "classifier.1.weight"],
    "MobileNetV2 backbone alone": ["features.0.0.weight", "features.17.conv.0.0.weight"],
    "EfficientNet classifier": ["features.0.0.weight", "features.7.0.block.0.0.weight", "classifier.1.weight"],
}


def sentence(path, content):
    torch.save(content, path)
    with pytest.raises(CheckpointError) as caught:
        load_model(path, "cpu")
    assert "no network vizlab knows" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("prefix", ["", "module.", "state_dict.module."])
@pytest.mark.parametrize("what", FILES)
def test_each_is_named(tmp_path, what, prefix):
    content = {prefix + name: torch.zeros(2, 2) for name in FILES[what]}
    message = sentence(tmp_path / "a.pth", content)
    assert f"holds {what}" in message.replace(" an ", " ").replace(" a ", " ").replace(" the variables of ", " ")
    assert "; expected " in message


@pytest.mark.parametrize("what", FILES)
def test_no_format_takes_it_for_its_own(what):
    formats = [known for method in methods().values() for known in method.files]
    assert not any(known.recognise(FILES[what]) for known in formats)


def test_a_history_of_scales(tmp_path):
    message = sentence(tmp_path / "insnorm_params_012.pth", [torch.ones(64), torch.ones(128)])
    assert "a list of tensors without names, as CEN's image translation keeps the scales" in message
    assert "checkpoint-gen.pkl" in message
