"""What a reference network computes, from its definition."""

import torch

from tests.methods.references.networks import TASKS, tiny, warmed
from vizlab.core.config import NetworkConfig
from vizlab.core.registry import build_network


def test_a_shared_encoder_says_what_single_networks_of_its_parts_say() -> None:
    """Bit for bit: tasks see the backbone's features and nothing of each other."""
    shared = warmed(tiny("shared", TASKS))
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        together = shared({"rgb": image})
        for task in TASKS:
            single = build_network(tiny("single", (task,)))
            single.backbone.load_state_dict(shared.backbone.state_dict())
            single.decoder.load_state_dict(shared.decoders[task].state_dict())
            torch.testing.assert_close(single({"rgb": image})[task], together[task], rtol=0, atol=0)


def test_heads_of_a_resnet_read_its_last_stage_and_answer_at_the_pictures_size() -> None:
    """At an odd size too, of which the dilated backbone keeps an eighth, rounded up."""
    network = build_network(NetworkConfig("reference-single-resnet18", ("normals",), ("rgb",)))
    image = torch.randn(1, 3, 65, 81)
    with torch.no_grad():
        last = network.backbone(image)[-1]
        assert last.shape == (1, 512, 9, 11)
        small = torch.nn.Sequential(*network.decoder)(last)
        expected = torch.nn.functional.interpolate(small, size=(65, 81), mode="bilinear", align_corners=False)
        torch.testing.assert_close(network({"rgb": image})["normals"], expected)


def test_multiples() -> None:
    with torch.device("meta"):
        assert build_network(tiny("shared", TASKS)).multiple == 32
        assert build_network(NetworkConfig("reference-shared-resnet50", TASKS, ("rgb",))).multiple == 8
