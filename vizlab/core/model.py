"""A network together with everything that is known about it and about the file it came from."""

import threading
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from vizlab.core.config import NetworkConfig
from vizlab.core.device import Precision, default_precision
from vizlab.core.framing import Framing, frame
from vizlab.core.method import Method
from vizlab.core.network import FusionNetwork
from vizlab.core.preprocess import preprocess
from vizlab.core.registry import method_of
from vizlab.core.site import Site
from vizlab.rgbd import RGBDImage
from vizlab.tasks import Task


class Model:
    """What `load_model` returns; made once, then shared between threads, which take `lock` around a forward.

    `card` is the model card (empty where the file has none). `assumed` names every setting that the file does not
    say and nobody gave: field to value and origin. `checkpoint_hash` is the SHA-256 of the file, as hex. `method`, if
    not given, is the one that builds the configuration's architecture.
    """

    def __init__(
        self,
        network: FusionNetwork,
        config: NetworkConfig,
        name: str,
        *,
        card: Mapping[str, Any] | None = None,
        assumed: Mapping[str, str] | None = None,
        checkpoint_hash: str = "",
        device: torch.device | None = None,
        precision: Precision | None = None,
        method: Method | None = None,
    ) -> None:
        self.method = method_of(config) if method is None else method
        self.device = torch.device("cpu") if device is None else device
        self.precision: Precision = default_precision(self.device) if precision is None else precision
        # Convolutions on a CPU run about twice as fast this way, on a GPU not slower.
        self.network = network.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.config, self.name = config, name
        self.card, self.assumed = dict(card or {}), dict(assumed or {})
        self.checkpoint_hash = checkpoint_hash
        self.lock = threading.Lock()

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.network.inputs

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.network.tasks

    @property
    def classes(self) -> tuple[str, ...]:
        """The semseg classes by index; empty if the file does not name them."""
        return self.config.classes

    @property
    def sites(self) -> tuple[Site, ...]:
        """Where streams mix, in network order."""
        return self.network.sites

    @property
    def settings(self) -> dict[str, float]:
        """The value of each control that this network has, by name, as its file has it."""
        return self.method.own_settings(self.config)

    def moved(self, settings: Mapping[str, float]) -> dict[str, float]:
        """Those of `settings` that this network has a control for, at another value than its own."""
        own = self.settings
        return {name: value for name, value in settings.items() if value != own.get(name, value)}

    @property
    def short_hash(self) -> str:
        return self.checkpoint_hash[:12]

    def frame(self, size: tuple[int, int], working_size: tuple[int, int] | None = None) -> Framing:
        """How a picture of `size` (H, W) will lie in the input, at this network's or another working size."""
        return frame(size, working_size or self.config.working_size, self.network.multiple)

    def preprocess(self, rgbd: RGBDImage, framing: Framing | None = None) -> dict[str, Tensor]:
        """The inputs by name, (1, 3, H', W') float32 on this model's device."""
        return preprocess(rgbd, self.config, framing or self.frame(rgbd.size), self.device)

    def forward(self, inputs: Mapping[str, Tensor], *, gradients: bool = False) -> dict[str, Tensor]:
        """One plain forward; outputs by name, float32. Does not take `lock`.

        With `gradients`, which are for what an intervention brings in, it is in float32 throughout.
        """
        ready = {k: v.to(self.device, memory_format=torch.channels_last) for k, v in inputs.items()}
        if gradients:
            return {name: y.float() for name, y in self.network(ready).items()}
        with torch.inference_mode(), self._autocast():
            return {name: y.float() for name, y in self.network(ready).items()}

    def spliced(
        self, before: Mapping[str, Tensor], after: Mapping[str, Tensor], streams: Collection[str]
    ) -> dict[str, Tensor] | None:
        """See `FusionNetwork.spliced`; of outputs as `forward` gives them."""
        # What a network puts together of outputs it does in its own precision.
        kept = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        first, second = ({name: y.to(kept) for name, y in given.items()} for given in (before, after))
        with torch.inference_mode(), self._autocast():
            found = self.network.spliced(first, second, streams)
        return None if found is None else {name: y.float() for name, y in found.items()}

    def move_to(self, device: torch.device, precision: Precision | None = None) -> None:
        """Continue on another device, e.g. on the CPU after a GPU ran out of memory; it stays where it does not fit."""
        with self.lock:
            try:
                self.network.to(device)
            except RuntimeError:  # part of it may be there already
                self.network.to(self.device)
                raise
            self.device = device
            self.precision = default_precision(device) if precision is None else precision

    def _autocast(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16")
