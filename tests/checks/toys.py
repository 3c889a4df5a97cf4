"""A network of two streams and two sites, built right; and the same network with one fault at a time, at site b."""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core import site as core_site
from vizlab.core.config import IMAGENET, NetworkConfig
from vizlab.core.method import Control, Method
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.site import NO_INTERVENTION, Arrived, FusionModule, Mixing, Part, Site, declare_sites
from vizlab.tasks import Task

STREAMS = ("rgb", "depth")
CHANNELS = 6
CLASSES = 5
METHOD = Method(
    family="toy",
    title="Toy",
    sentence="Adds what the other stream sends, as loud as the gain says.",
    controls=(Control("gain", "gain", own=lambda config: 1.0, absent="has no gain"),),
    without={"gain": 0.0},
)


class GoodSite(FusionModule):
    """`output[t] = own_t x_t + gain * cross_t x_other + bias_t`, then a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.own = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False) for _ in STREAMS)
        self.cross = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False) for _ in STREAMS)
        self.bias = nn.Parameter(torch.randn(len(STREAMS), CHANNELS) * 0.3)

    def describe_site(self, name: str) -> Site | None:
        return Site(name, "toy", STREAMS, STREAMS, CHANNELS, stage="")

    def static_weights(self) -> dict[str, np.ndarray]:
        return {"bias": self.bias.detach().cpu().numpy()}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [self.give(F.relu(self.receive(target, features))) for target in range(len(STREAMS))]

    def give(self, y: Tensor) -> Tensor:
        return y

    def gain(self) -> float:
        return self.intervention.settings.get("gain", 1.0) if self.intervention.cross else 0.0

    def message(self, target: int, features: list[Tensor]) -> Tensor:
        return self.cross[target](features[1 - target]) * self.gain()

    def receive(self, target: int, features: list[Tensor]) -> Tensor:
        own = self.own[target](features[target])
        came = self.arriving(STREAMS[target], STREAMS[1 - target], lambda: self.message(target, features)).part
        sent = torch.zeros_like(own) if came is None else came
        constant = self.bias[target]
        output = own + sent + constant.to(own.dtype)[:, None, None]
        if self.observer is not None:
            self.show(Mixing(target, output, [Part(target, own), Part(1 - target, sent)], constant, own=target))
        return output

    def show(self, mixing: Mixing) -> None:
        assert self.observer is not None
        self.observer(self, mixing)


class ToyNetwork(FusionNetwork):
    """A convolution for each input, site a, site b (which may be at fault), a classifier for each stream."""

    inputs = STREAMS
    tasks = (Task("semseg", CLASSES),)
    multiple = 8

    def __init__(self, faulty: Callable[[], FusionModule] = GoodSite) -> None:
        super().__init__()
        self.stem = nn.ModuleList(nn.Conv2d(3, CHANNELS, 3, stride=2, padding=1) for _ in STREAMS)
        self.a, self.b = GoodSite(), faulty()
        self.head = nn.ModuleList(nn.Conv2d(CHANNELS, CLASSES, 1) for _ in STREAMS)
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        features = [stem(inputs[name]) for stem, name in zip(self.stem, STREAMS, strict=True)]
        features = self.b(self.a(features))
        outputs = {f"semseg/{name}": h(x) for name, h, x in zip(STREAMS, self.head, features, strict=True)}
        return {**outputs, "semseg/ensemble": sum(outputs.values()) / len(STREAMS)}


def toy_model(
    faulty: Callable[[], FusionModule] = GoodSite, network: Callable[..., FusionNetwork] = ToyNetwork
) -> Model:
    """The network with seeded weights; `faulty` makes its site b."""
    torch.manual_seed(11)
    normalisation = {"rgb": IMAGENET}
    config = NetworkConfig("toy", ("semseg",), STREAMS, working_size=(40, 56), normalisation=normalisation)
    return Model(network(faulty), config, "toy", precision="float32", method=METHOD)


# What is not as declared.


class NeverShown(GoodSite):
    def show(self, mixing: Mixing) -> None:
        pass


class ShownTwice(GoodSite):
    def show(self, mixing: Mixing) -> None:
        super().show(mixing)
        if mixing.target == 1:
            super().show(mixing)


class ShownThoughNotAdditive(GoodSite):
    def describe_site(self, name: str) -> Site:
        return Site(name, "toy", STREAMS, STREAMS, CHANNELS, stage="", additive=False)


class ShownHalf(ShownThoughNotAdditive):
    """Without parts, as such a site may be shown, but not of every target."""

    def show(self, mixing: Mixing) -> None:
        if mixing.target == 0:
            super().show(Mixing(mixing.target, mixing.output, (), own=mixing.own))


class NoSourceOfItsOwn(GoodSite):
    def describe_site(self, name: str) -> Site:
        return Site(name, "toy", STREAMS, ("rgb", "infrared"), CHANNELS, stage="")


class OtherChannels(GoodSite):
    def describe_site(self, name: str) -> Site:
        return Site(name, "toy", STREAMS, STREAMS, CHANNELS + 2, stage="")


class OwnNotSaid(GoodSite):
    def show(self, mixing: Mixing) -> None:
        super().show(Mixing(mixing.target, mixing.output, mixing.parts, mixing.constant))


class UndeclaredSite(ToyNetwork):
    def __init__(self, faulty: Callable[[], FusionModule]) -> None:
        super().__init__(faulty)
        self.sites = self.sites[:1]


class OneNameForTwo(ToyNetwork):
    def __init__(self, faulty: Callable[[], FusionModule]) -> None:
        super().__init__(faulty)
        self.a.site = self.b.site
        self.sites = (self.b.site, self.b.site)


# What does not add up, or is not what happens.


class PartMissing(GoodSite):
    def show(self, mixing: Mixing) -> None:
        super().show(Mixing(mixing.target, mixing.output, mixing.parts[:1], mixing.constant, own=mixing.own))


class WrongConstant(GoodSite):
    def show(self, mixing: Mixing) -> None:
        assert mixing.constant is not None
        constant = mixing.constant.clone()
        constant[3] += 0.01
        super().show(Mixing(mixing.target, mixing.output, mixing.parts, constant, own=mixing.own))


class OtherSumThanShown(GoodSite):
    """What it shows adds up, but it computes with half of what the other stream sends."""

    def receive(self, target: int, features: list[Tensor]) -> Tensor:
        return super().receive(target, features) - self.message(target, features) / 2


class ChangedByWatching(GoodSite):
    def message(self, target: int, features: list[Tensor]) -> Tensor:
        return super().message(target, features) * (1.0 if self.observer is None else 1.01)


class ExchangingSite(GoodSite):
    """Takes its first two channels from the other stream; the rest is its own, or should be."""

    leak = 0.0

    def receive(self, target: int, features: list[Tensor]) -> Tensor:
        own, other = features[target], features[1 - target]
        channels = torch.arange(2 if self.gain() else 0)
        arrived = self.arriving(STREAMS[target], STREAMS[1 - target], lambda: other[:, channels], channels)
        if arrived.part is None:
            channels = channels[:0]
        output = own + self.leak * self.gain() * other
        output[:, channels] = other[:, channels] if arrived.part is None else arrived.part
        if self.observer is not None:
            parts = [Part(1 - target, output[:, channels], channels)]
            self.show(Mixing(target, output, parts, own=target, own_is_rest=True))
        return output


class LeakingRest(ExchangingSite):
    leak = 0.1


# What does not follow an intervention.


class ChangedWhenEmpty(GoodSite):
    def give(self, y: Tensor) -> Tensor:
        return y if core_site._intervention.get() is NO_INTERVENTION else y * (1 + 2**-20)


class ChangedFromElsewhere(GoodSite):
    """Asks the context, not itself: so it is cut though another site was meant."""

    @property
    def intervention(self) -> core_site.Intervention:
        return core_site._intervention.get()


class NeverCut(GoodSite):
    def gain(self) -> float:
        return self.intervention.settings.get("gain", 1.0)


class CutInPart(GoodSite):
    """A cut leaves the mean of what is sent: no share shows it, since it does not vary."""

    def message(self, target: int, features: list[Tensor]) -> Tensor:
        if self.intervention.cross:
            return super().message(target, features)
        sent = self.cross[target](features[1 - target])
        return sent.mean((2, 3), keepdim=True).expand_as(sent)


class NotCutByName(GoodSite):
    def gain(self) -> float:
        return super().gain() if self.intervention.sites is None else 1.0


class LoudAtZero(GoodSite):
    def gain(self) -> float:
        return max(super().gain(), 0.05) if self.intervention.cross else 0.0


class PastTheEdits(GoodSite):
    """What comes to depth cannot be changed on its way."""

    def arriving(self, target: str, source: str | None, *part: Any) -> Arrived:
        return super().arriving(target, source, *part) if target == "rgb" else Arrived(part[0]())


class CutByHalf(GoodSite):
    """Half of what is cut comes all the same."""

    def arriving(self, target: str, source: str | None, *part: Any) -> Arrived:
        found = super().arriving(target, source, *part)
        return Arrived(part[0]() / 2) if found.part is None else found


class MixesInTheHead(ToyNetwork):
    """Streams mix where no site is."""

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs = super().forward(inputs)
        outputs["semseg/rgb"] = outputs["semseg/rgb"] + 0.2 * outputs["semseg/depth"]
        return outputs


class CrashesWhenCut(GoodSite):
    def gain(self) -> float:
        return 1 / float(self.intervention.cross)


# What is no number, or loses its digits.


class NoNumbers(GoodSite):
    def message(self, target: int, features: list[Tensor]) -> Tensor:
        sent = super().message(target, features)
        return torch.where(sent > sent.mean(), sent, torch.nan) if target == 1 and self.gain() else sent


class Constant(GoodSite):
    """Not a fault: what does not vary has no shares."""

    def __init__(self) -> None:
        super().__init__()
        for conv in (self.own[1], self.cross[1]):
            nn.init.zeros_(conv.weight)


class RoughInHalf(GoodSite):
    """A detour over a large number, on which bfloat16 spends its digits."""

    def message(self, target: int, features: list[Tensor]) -> Tensor:
        sent = super().message(target, features)
        return (sent + 1000 * self.gain()) - 1000 * self.gain()


class CrashesInHalf(GoodSite):
    def message(self, target: int, features: list[Tensor]) -> Tensor:
        sent = super().message(target, features)
        if sent.dtype == torch.bfloat16:
            raise ValueError("only float32 here")
        return sent


# What is left behind.


class LeavesAHook(GoodSite):
    def show(self, mixing: Mixing) -> None:
        handle = self.own[0].register_forward_hook(lambda *_: None)
        super().show(mixing)
        handle.remove()


class LeavesAContext(GoodSite):
    looking: ContextVar[bool] = ContextVar("looking", default=False)

    def show(self, mixing: Mixing) -> None:
        token = self.looking.set(True)
        super().show(mixing)
        self.looking.reset(token)


class LeavesItsGain(GoodSite):
    """Makes itself louder while it shows, and quiet again only if all goes well."""

    scale = 1.0

    def gain(self) -> float:
        return super().gain() * self.scale

    def show(self, mixing: Mixing) -> None:
        self.scale = 1.25
        super().show(mixing)
        self.scale = 1.0


class LeavesTraining(GoodSite):
    def show(self, mixing: Mixing) -> None:
        self.own.train()
        super().show(mixing)
        self.own.eval()


class SwallowsErrors(GoodSite):
    def show(self, mixing: Mixing) -> None:
        try:
            super().show(mixing)
        except Exception:
            return


# What threads see of each other.


class KeepsItsIntervention(GoodSite):
    """One place for what was asked of it last, by whichever thread."""

    asked = NO_INTERVENTION

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        self.asked = self.intervention
        return super().forward(features)

    def gain(self) -> float:
        return self.asked.settings.get("gain", 1.0) if self.asked.cross else 0.0


class KeepsItsObserver(GoodSite):
    watcher: core_site.Observer | None = None

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        self.watcher = self.observer
        return super().forward(features)

    def show(self, mixing: Mixing) -> None:
        if self.watcher is not None:
            self.watcher(self, mixing)


class AsksTheNetwork(GoodSite):
    """Follows what the network noted when its forward began."""

    noted: list[core_site.Intervention]

    def gain(self) -> float:
        asked = self.noted[-1] if self.noted else self.intervention
        return asked.settings.get("gain", 1.0) if asked.cross else 0.0


class NotesItsIntervention(ToyNetwork):
    """What was asked is noted for all threads; a call of a site alone does not show it, but whole forwards do."""

    def __init__(self, faulty: Callable[[], FusionModule]) -> None:
        super().__init__(faulty)
        self.noted: list[core_site.Intervention] = []
        self.b.noted = self.noted  # type: ignore[assignment]
        self._running = 0
        self._lock = threading.Lock()

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        with self._lock:
            self._running += 1
            if self._running > 1:  # alone, each site asks for itself
                self.noted.append(core_site._intervention.get())
        try:
            return super().forward(inputs)
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self.noted.clear()


class OneAtATime(ToyNetwork):
    """Not a fault."""

    def __init__(self, faulty: Callable[[], FusionModule]) -> None:
        super().__init__(faulty)
        self._lock = threading.Lock()

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        with self._lock:
            return super().forward(inputs)


# What does not survive a file.


class UnsavedArray(GoodSite):
    def static_weights(self) -> dict[str, np.ndarray]:
        return {"words": np.array(["quiet", None], dtype=object)}


class UnreadableName(GoodSite):
    def static_weights(self) -> dict[str, np.ndarray]:
        return {"bias|own": self.bias.detach().cpu().numpy()}
