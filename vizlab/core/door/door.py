"""The one door for weights: a file in, a model out, or a sentence that says why not."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.device import pick_device, pick_precision
from vizlab.core.door.container import Contents, check_stored, expected, file_hash, read_file, read_metadata
from vizlab.core.door.file_sets import INDEX, PART, CheckpointPath, checkpoint_files
from vizlab.core.door.own import HEADER_KEY, read_header
from vizlab.core.door.settings import override
from vizlab.core.door.strict import is_stray, load_network
from vizlab.core.door.weights import choose, own_names, weight_sets
from vizlab.core.model import Model
from vizlab.core.published import Clues, PublishedFormat
from vizlab.core.registry import method_of, methods
from vizlab.errors import CheckpointError, InputError, UnsaidError, one_line

SUFFIXES = (".safetensors", ".tar", ".pth", ".pt", ".ckpt", ".pkl", ".npz", INDEX)
"""How checkpoint files end, of those that TensorFlow writes together the one that stands for all.

An authors' file may end in two of them.
"""
_ENDING = re.compile(f"({'|'.join(map(re.escape, SUFFIXES))}|{PART})+$", re.IGNORECASE)


def load_model(
    path: CheckpointPath,
    device: str = "auto",
    *,
    precision: str = "auto",
    weights: str | None = None,
    tasks: Sequence[str] | None = None,
    auxiliary_tasks: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    normalisation: Mapping[str, Normalisation] | None = None,
    working_size: tuple[int, int] | None = None,
    output_stride: int | None = None,
    classes: Sequence[str] | None = None,
    architecture: str | None = None,
    **settings: float,
) -> Model:
    """The model in a file: vizlab's own safetensors, or a checkpoint that the authors of a method published.

    Of a TensorFlow checkpoint `path` is any of its files, their common prefix, the folder, or the paths of files that
    lie in several folders; TensorFlow is not needed. Arrays by variable name in an .npz do as well.

    What a published file does not say follows the authors' configuration, is listed in `model.assumed`, and can be
    given: the order of `tasks` and `auxiliary_tasks` (senders), the modality of each stream (`inputs`), `normalisation`
    by input, the `working_size` (H, W), a dilated backbone's `output_stride`, the names of the `classes`, and by name
    the `settings` of the method's controls (`threshold=0.05`). Some files fit several networks and do not say which
    they hold; then `tasks` or the `architecture` decides, or the folder in which the authors' programs put such files.
    `precision` is auto, float32 or bfloat16.

    Where a trainer stored several sets of weights (raw ones and their running mean), the mean is loaded,
    `model.assumed["weights"]` says so, and `weights` names another: "raw", "ema", or the name it has in the file.

    Raises CheckpointError for a file that cannot be used (UnsaidError where something has to be given), InputError for
    a setting that cannot.
    """
    files = checkpoint_files(path)
    main = files[0]
    where = pick_device(device)
    number_format = pick_precision(precision, where)
    contents = read_file(files)
    given = {
        **settings,
        "tasks": tasks,
        "auxiliary_tasks": auxiliary_tasks,
        "inputs": inputs,
        "normalisation": normalisation,
        "working_size": working_size,
        "output_stride": output_stride,
        "classes": classes,
    }
    published, tensors, note = _weights(contents, weights, main.name)
    check_stored(tensors, main.name)
    clues = Clues(_folders(main), contents.settings, {**given, "architecture": architecture})
    config, assumed, card = _describe(contents, tensors, published, main.name, clues)
    config, assumed = _override(config, assumed, given, main.name)
    _check_architecture(config, architecture, main.name)
    network = load_network(
        config,
        tensors,
        main.name,
        sources=(lambda key: published.sources(key, config)) if published else lambda key: key,
        unused=(lambda key: published.unused(key) or is_stray(key, tensors[key])) if published else lambda key: False,
    )
    return Model(
        network,
        config,
        checkpoint_name(main.name),
        card=card,
        assumed={**assumed, "weights": note} if note else assumed,
        checkpoint_hash=file_hash(files),
        device=where,
        precision=number_format,
    )


def _weights(
    contents: Contents, wanted: str | None, name: str
) -> tuple[PublishedFormat | None, Mapping[str, Tensor], str]:
    """The format (None for our own), the tensors to load by the authors' names, and what was chosen among several."""
    if HEADER_KEY in contents.metadata:
        if wanted is not None:
            raise InputError(f"{name} is vizlab's own file with one set of weights; leave weights= out.")
        return None, contents.tensors, ""
    formats = [known for method in methods().values() for known in method.files]
    sets = weight_sets(contents.tensors, lambda keys: any(known.recognise(keys) for known in formats))
    if not sets:
        raise CheckpointError(_unknown(contents, name))
    chosen, note = choose(sets, wanted, name)
    known = next(known for known in formats if known.recognise(chosen.tensors.keys()))
    return known, _arranged(known, chosen.tensors, name), note


def _arranged(known: PublishedFormat, tensors: Mapping[str, Tensor], name: str) -> Mapping[str, Tensor]:
    try:
        return known.arrange(tensors)
    except CheckpointError as err:
        raise CheckpointError(f"{name} looks like {known.name}, but {err}") from err


def _unknown(contents: Contents, name: str) -> str:
    """What to say of tensors that no method loads: what they are, where the code base that wrote them is known."""
    for other in (other for method in methods().values() for other in method.others):
        if weight_sets(contents.tensors, other.recognise):
            return f"{name} holds {other.name}; expected {other.instead}."
    some = one_line(", ".join(own_names(contents.tensors)[:3]), 120)
    return f"{name} holds the tensors of no network vizlab knows ({some}, ...); {expected()}."


def _describe(
    contents: Contents, tensors: Mapping[str, Tensor], published: PublishedFormat | None, name: str, clues: Clues
) -> tuple[NetworkConfig, dict[str, str], dict[str, Any]]:
    """Configuration, what of it is assumed, and the card."""
    if published is None:
        config, card = read_header(contents.metadata, name)
        return config, {}, card
    try:
        config, assumed = published.describe(tensors, clues)
    except UnsaidError as err:
        raise UnsaidError(f"{name} is {published.name}, but {err.question}", err.parameter, err.choices) from err
    except CheckpointError as err:
        raise CheckpointError(f"{name} looks like {published.name}, but {err}") from err
    return config, assumed, {}


def _folders(path: Path) -> tuple[str, ...]:
    """The names of the folders around the file, innermost first."""
    return tuple(folder.name for folder in path.absolute().parents)


def _check_architecture(config: NetworkConfig, wanted: str | None, name: str) -> None:
    if wanted is not None and wanted != config.architecture:
        raise InputError(
            f"{name} holds a {config.architecture}, not a {one_line(wanted, 60)}; leave architecture= out."
        )


def _override(
    config: NetworkConfig, assumed: dict[str, str], given: Mapping[str, Any], name: str
) -> tuple[NetworkConfig, dict[str, str]]:
    try:
        return override(config, assumed, given)
    except (ValueError, TypeError, AttributeError) as err:
        raise InputError(f"{name} cannot be loaded with these settings: {one_line(err)}.") from err


def checkpoint_name(name: str) -> str:
    """The file's name without its suffixes: authors.pth.tar is "authors", model.ckpt-9.index "model.ckpt-9"."""
    return _ENDING.sub("", name) or name


def family_of(path: Path) -> str:
    """The family of the method in a vizlab file, by its header alone; empty for any other file."""
    config = own_config(path)
    return "" if config is None else method_of(config).family


def own_config(path: Path) -> NetworkConfig | None:
    """The configuration in a vizlab file, by its header alone; None for any other file."""
    try:
        config, _ = read_header(read_metadata(path), path.name)
    except CheckpointError:
        return None
    return config
