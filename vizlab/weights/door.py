"""The one door for weights: a file in, a model out, or a sentence that says why not."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vizlab.device import pick_device, pick_precision
from vizlab.errors import CheckpointError, InputError
from vizlab.models.config import NetworkConfig, Normalisation
from vizlab.models.model import Model
from vizlab.weights.container import EXPECTED, Contents, file_hash, read_file
from vizlab.weights.own import HEADER_KEY, read_header
from vizlab.weights.published import PUBLISHED_FORMATS, PublishedFormat
from vizlab.weights.settings import override
from vizlab.weights.strict import load_network

SUFFIXES = (".safetensors", ".tar", ".pth", ".pt", ".ckpt")
"""How checkpoint files end; an authors' file may end in two of them."""
_ENDING = re.compile(f"({'|'.join(map(re.escape, SUFFIXES))})+$", re.IGNORECASE)


def load_model(
    path: str | os.PathLike[str],
    device: str = "auto",
    *,
    precision: str = "auto",
    threshold: float | None = None,
    tasks: Sequence[str] | None = None,
    auxiliary_tasks: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    normalisation: Mapping[str, Normalisation] | None = None,
    working_size: tuple[int, int] | None = None,
    output_stride: int | None = None,
    classes: Sequence[str] | None = None,
) -> Model:
    """The model in a file: vizlab's own safetensors, or a checkpoint that the authors of a method published.

    What a published file does not say follows the authors' configuration, is listed in `model.assumed`, and can be
    given: the exchange `threshold` (CEN), the order of `tasks` and `auxiliary_tasks` (senders), the modality of each
    stream (`inputs`), `normalisation` by input, the `working_size` (H, W), the dilated backbone's `output_stride`
    (NDDR-CNN), the names of the `classes`. `precision` is auto, float32 or bfloat16.

    Raises CheckpointError for a file that cannot be used, InputError for a setting that cannot.
    """
    path = Path(path)
    where = pick_device(device)
    number_format = pick_precision(precision, where)
    contents = read_file(path)
    given = {
        "threshold": threshold,
        "tasks": tasks,
        "auxiliary_tasks": auxiliary_tasks,
        "inputs": inputs,
        "normalisation": normalisation,
        "working_size": working_size,
        "output_stride": output_stride,
        "classes": classes,
    }
    published = None if HEADER_KEY in contents.metadata else _recognise(contents, path.name)
    config, assumed, card = _describe(contents, published, path.name)
    config, assumed = _override(config, assumed, given, path.name)
    network = load_network(
        config,
        contents.tensors,
        path.name,
        sources=(lambda key: published.sources(key, config)) if published else lambda key: key,
        unused=published.unused if published else lambda key: False,
    )
    return Model(
        network,
        config,
        checkpoint_name(path.name),
        card=card,
        assumed=assumed,
        checkpoint_hash=file_hash(path),
        device=where,
        precision=number_format,
    )


def _recognise(contents: Contents, name: str) -> PublishedFormat:
    for known in PUBLISHED_FORMATS:
        if known.recognise(contents.tensors.keys()):
            return known
    some = ", ".join(list(contents.tensors)[:3])
    raise CheckpointError(f"{name} holds the tensors of no network vizlab knows ({some}, ...); {EXPECTED}.")


def _describe(
    contents: Contents, published: PublishedFormat | None, name: str
) -> tuple[NetworkConfig, dict[str, str], dict[str, Any]]:
    """Configuration, what of it is assumed, and the card."""
    if published is None:
        config, card = read_header(contents.metadata, name)
        return config, {}, card
    try:
        config, assumed = published.describe(contents.tensors)
    except CheckpointError as err:
        raise CheckpointError(f"{name} looks like {published.name}, but {err}") from err
    return config, assumed, {}


def _override(
    config: NetworkConfig, assumed: dict[str, str], given: Mapping[str, Any], name: str
) -> tuple[NetworkConfig, dict[str, str]]:
    try:
        return override(config, assumed, given)
    except (ValueError, TypeError, AttributeError) as err:
        raise InputError(f"{name} cannot be loaded with these settings: {err}.") from err


def checkpoint_name(name: str) -> str:
    """The file's name without its suffixes: authors.pth.tar is "authors"."""
    return _ENDING.sub("", name) or name
