"""A package that brings a network of its own checks it in its own tests, with one line."""

import subprocess
import sys
from pathlib import Path

NETWORK = '''
import numpy as np
import torch
from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Mixing, Part, Site, declare_sites
from vizlab.tasks import Task

STREAMS = ("rgb", "depth")


class Meet(FusionModule):
    """Half of what the other stream has is added to each."""

    shown = 0.5

    def describe_site(self, name):
        return Site(name, "meeting", STREAMS, STREAMS, 4, stage="")

    def static_weights(self):
        return {}

    def forward(self, features):
        return [self.target(t, features) for t in range(2)]

    def target(self, t, features):
        amount = 0.5 if self.intervention.cross else 0.0
        came = self.arriving(STREAMS[t], STREAMS[1 - t], lambda: amount * features[1 - t]).part
        sent = torch.zeros_like(features[t]) if came is None else came
        output = features[t] + sent
        if self.observer is not None:
            self.observer(self, Mixing(t, output, [Part(t, features[t]), Part(1 - t, sent * self.shown * 2)], own=t))
        return output


class Net(FusionNetwork):
    inputs, tasks, multiple = STREAMS, (Task("depth", 1),), 4

    def __init__(self, meet):
        super().__init__()
        self.stem = nn.ModuleList(nn.Conv2d(3, 4, 4, stride=4) for _ in STREAMS)
        self.meet, self.head = meet, nn.Conv2d(4, 1, 1)
        self.sites = declare_sites(self)

    def forward(self, inputs):
        features = self.meet([stem(inputs[name]) for stem, name in zip(self.stem, STREAMS)])
        return {f"depth/{name}": self.head(x) for name, x in zip(STREAMS, features)}


def model(meet):
    torch.manual_seed(0)
    config = NetworkConfig("net", ("depth",), STREAMS, working_size=(48, 64))
    return Model(Net(meet), config, "stranger", method=Method("meeting", "Meeting", "Streams meet."))
'''
TESTS = """
from network import Meet, model
from vizlab.checks import require


def test_my_network():
    require(model(Meet()))


def test_my_broken_network():
    meet = Meet()
    meet.shown = 0.25
    require(model(meet))
"""


def test_require_in_the_tests_of_another_package(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "test_network.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_network.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert (
        "VizlabError: stranger lacks what a network must have: 'parts sum to the output' fails at meet (" in done.stdout
    )
    assert "test_my_broken_network" in done.stdout
