"""One replica: networks of its own, loaded by the same door, and run as the page's process would run them."""

from dataclasses import replace

import torch

from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.errors import CheckpointError, VizlabError
from vizlab.page.cache import ByteCache
from vizlab.page.scale.networks import Asked, Changed, Here, Traced
from vizlab.page.scale.questions import Question, Refused, Source, Unreachable, packed, unpacked
from vizlab.page.service.on_gpus import OnGpus, network_bytes

MODELS_BYTES = 4_000_000_000
"""Networks that a replica keeps loaded, in bytes; which was not asked for longest goes."""


class Replica:
    """Answers questions one at a time; it knows nothing of visitors, and keeps no picture.

    `threads` is how many of the CPU's it takes (None: as PyTorch finds), `gpu_models_mb` what may wait on its GPU.
    """

    def __init__(self, threads: int | None = None, gpu_models_mb: int = 4000) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self._networks = Here(OnGpus(gpu_models_mb * 1_000_000))
        self._models: ByteCache[Model] = ByteCache(MODELS_BYTES)

    def answer(self, question: bytes) -> bytes:
        """A packed `Traced`, `Changed`, `Refused` or `Unreachable` for a packed `Question`."""
        try:
            return packed(self._answer(unpacked(question)))
        except VizlabError as err:
            return packed(Refused.of(err))

    def devices(self) -> dict[str, str]:
        """What it can run on, in words."""
        return self._networks.devices()

    def _answer(self, question: Question) -> Traced | Changed | Unreachable:
        model = self._model(question.source)
        if model is None:
            return Unreachable()
        rgbd, asked, change = question.rgbd, _on_its_own(question.asked), question.change
        if change is None:
            return self._networks.trace(model, rgbd, asked, _unheeded)
        return self._networks.change(model, rgbd, change.changes, change.before, asked, change.truth, _unheeded)

    def _model(self, source: Source) -> Model | None:
        """The network, read now if it is not yet; None where its files are not to be found here.

        Raises CheckpointError for another file than the page read.
        """
        key = f"{source.hash} {source.name} {source.given}"
        model = self._models.get(key)
        if model is not None:
            return model
        if not all(path.is_file() for path in source.files):
            return None
        model = load_model(source.files, "cpu", **dict(source.given))
        if model.checkpoint_hash != source.hash:
            raise CheckpointError(f"The file of '{source.name}' is another one than the page read; add it again.")
        model.name = source.name
        self._models.put(key, model, network_bytes(model))
        return model


def _on_its_own(asked: Asked) -> Asked:
    """A replica sees one GPU, whatever its number is among the cluster's."""
    return replace(asked, device="cuda") if asked.device.startswith("cuda") else asked


def _unheeded() -> None:
    """Who gave up has stopped waiting; a forward ends by itself."""
