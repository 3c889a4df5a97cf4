"""Streams that begin as trained networks of one stream, each of which learned apart."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.registry import method_of
from vizlab.errors import DataError
from vizlab.methods.parts.compact import SAME_PADDING
from vizlab.study.training.recipe import Recipe


def load_networks_apart(paths: Sequence[Path], recipe: Recipe) -> list[Model]:
    """The networks that the streams of the recipe's network begin as, in the order of its tasks and, in each, inputs.

    Raises DataError unless the method knows how, there is one network a stream, and each sees its input as the recipe
    has it, and has its task and classes.
    """
    if paths and method_of(recipe.network).learning.as_networks is None:
        raise DataError(
            f"The streams of {recipe.network.architecture} cannot begin as networks of their own; leave --stream out."
        )
    streams = list(product(recipe.network.tasks, recipe.network.inputs))
    if paths and len(paths) != len(streams):
        names = ", ".join(f"{task} from {given}" for task, given in streams)
        raise DataError(
            f"{len(paths)} networks were given with --stream, but '{recipe.name}' has {len(streams)} streams: {names}; "
            "give one for each, in this order."
        )
    if paths and recipe.translation is not None:
        raise DataError(f"'{recipe.name}' has a [translation], which sets all scales itself; leave --stream out.")
    models = [load_model(path, "cpu", precision="float32") for path in paths]
    for model, (task, given) in zip(models, streams, strict=False):
        own, wanted = model.config, recipe.network
        has = (own.tasks, own.inputs, own.normalisation.get(given), *_same(own))
        if has != ((task,), (given,), wanted.normalisation[given], *_same(wanted)):
            raise DataError(
                f"{model.name} cannot be the stream '{task} from {given}' of '{recipe.name}': it predicts "
                f"{' and '.join(own.tasks)} from {' and '.join(own.inputs)}, or has another architecture, padding, "
                "normalisation or number of classes; give --stream in the order of the recipe's inputs, made alike."
            )
    return models


def _same(config: NetworkConfig) -> tuple[object, ...]:
    """What no tensor's shape tells, and what it tells too late."""
    return config.architecture, config.options.get(SAME_PADDING), config.semseg_channels


def begin_as(network: nn.Module, recipe: Recipe, models: Sequence[Model]) -> None:
    """The network's streams become these, and exchange what the recipe says; raises DataError where that cannot be."""
    learning = method_of(recipe.network).learning
    try:
        if models and learning.as_networks is not None:
            learning.as_networks(network, [model.network for model in models])
    except ValueError as err:
        raise DataError(
            f"The streams of '{recipe.name}' cannot begin as {', '.join(m.name for m in models)}: {err}."
        ) from err
    if recipe.exchange_least and learning.exchange_least is not None:
        learning.exchange_least(network, recipe.exchange_least)


def describe_networks(models: Sequence[Model]) -> str:
    """What a card says of the networks that streams began as, each with the start it was trained from itself."""
    starts = [str(model.card.get("start", "weights of unknown origin")) for model in models]
    named = ", ".join(f"{model.name} ({model.checkpoint_hash[:16]})" for model in models)
    return f"{'; '.join(dict.fromkeys(starts))}; streams that began as {named}"
