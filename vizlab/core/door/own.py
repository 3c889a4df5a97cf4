"""Our own files: safetensors in float16 with the configuration and the model card in the header."""

import json
import os
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from vizlab.core.config import NetworkConfig
from vizlab.core.door.settings import check_config
from vizlab.errors import CheckpointError, one_line
from vizlab.replacing import replace_bytes

FORMAT_VERSION = 1
HEADER_KEY = "vizlab"


def save_checkpoint(
    path: str | os.PathLike[str],
    network: nn.Module,
    config: NetworkConfig,
    card: Mapping[str, Any],
    *,
    half: bool = True,
) -> None:
    """Write the network's floating tensors, replacing `path` at once.

    They are float16 (float32 where float16 would overflow); without `half` float32, so that nothing is rounded.
    `card` is any JSON-ready mapping: data, recipe, figures. Raises CheckpointError where there is no room; what `path`
    was before is then as it was.
    """
    header = {"version": FORMAT_VERSION, "config": config.to_dict(), "card": dict(card)}
    metadata = {"format": "pt", HEADER_KEY: json.dumps(header, allow_nan=False)}
    stored = _half if half else _whole
    tensors = {key: stored(value) for key, value in network.state_dict().items() if value.is_floating_point()}
    # safetensors' save_file would make a file that only its owner can read.
    replace_bytes(path, save(tensors, metadata), CheckpointError)


def read_header(metadata: Mapping[str, str], name: str) -> tuple[NetworkConfig, dict[str, Any]]:
    """Configuration and card of our own file; `name` is the file's, for messages."""
    try:
        header = json.loads(metadata[HEADER_KEY])
        version = header["version"]
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"{name} is of vizlab's format {one_line(version, 40)}, this vizlab reads format "
                f"{FORMAT_VERSION}; update vizlab."
            )
        config = NetworkConfig.from_dict(header["config"])
        check_config(config)
        return config, dict(header.get("card", {}))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as err:
        raise CheckpointError(
            f"{name} is a safetensors file whose vizlab header cannot be used ({_reason(err)}); expected what "
            "vizlab.core.door.save_checkpoint writes. Export it again."
        ) from err


def _half(value: Tensor) -> Tensor:
    half = value.detach().cpu().contiguous().to(torch.float16)
    return half if bool(half.isfinite().all()) else _whole(value)


def _whole(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous().float()


def _reason(err: Exception) -> str:
    return one_line(f"{err} is missing" if isinstance(err, KeyError) else err)
