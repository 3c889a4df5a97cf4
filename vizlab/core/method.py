"""The descriptor of a method: everything that core, page and study ask of a room, in one value.

What costs an import (charts, a tab) is a function that imports when it is called: loading a network draws nothing.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from vizlab.core.config import NetworkConfig
from vizlab.core.network import FusionNetwork
from vizlab.core.published import KnownFile, PublishedFormat
from vizlab.errors import InputError

if TYPE_CHECKING:
    from vizlab.core.trace import FusionTrace, SiteTrace

Builder = Callable[[NetworkConfig], FusionNetwork]
"""From a configuration to a network with fresh weights."""
Counts = Mapping[str, tuple[int, int]]
"""By site: how many, of how many."""


@dataclass(frozen=True)
class Citation:
    """Where a definition stands: a paper and the place in it, and its address."""

    text: str
    url: str


@dataclass(frozen=True)
class Origin:
    """Where networks of a method come from: a paper and its address.

    `code` says in whose code base they stand, `licence` under which licence that is, both in words and empty where
    nothing is published. `name` says what of the method it is ("segmentation"), empty for all of it.
    """

    paper: str
    url: str
    code: str = ""
    licence: str = ""
    name: str = ""


@dataclass(frozen=True)
class Published:
    """What authors printed of a full-size network on NYUv2's test split: figures by task, in the units of our own.

    `inputs` are the network's; `setting` is in words.
    """

    inputs: tuple[str, ...]
    name: str
    setting: str
    source: str
    figures: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Effect:
    """What a control decides by the weights alone, as counts: `name` some of `what`.

    `name` is the key in cards and logs ("exchanged"), `verb` the sentence's ("exchanges"), `what` is counted ("eligible
    channels"); `off` says that nothing of it happens ("exchange off"). `counts` follows the current
    intervention.
    """

    name: str
    verb: str
    what: str
    off: str
    counts: Callable[[FusionNetwork], Counts]

    def share(self, network: FusionNetwork) -> float:
        """How much of it happens over all sites, 0..1; NaN where there is nothing to count."""
        counts = self.counts(network).values()
        total = sum(of for _, of in counts)
        return sum(some for some, _ in counts) / total if total else math.nan


@dataclass(frozen=True)
class Control:
    """A number that a run may set anew: `name` as keyword, `title` in sentences, within `low`..`high`.

    `own` reads the value a network has by itself off its configuration, None where it has no such control; `absent` is
    what to say then ("exchanges no channels").
    """

    name: str
    title: str
    own: Callable[[NetworkConfig], float | None]
    absent: str
    effect: Effect | None = None
    low: float = 0.0
    high: float = math.inf

    def check(self, value: object) -> float:
        """`value` as a number within the range; raises InputError for anything else."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and math.isfinite(value) and self.low <= value <= self.high:  # type: ignore[arg-type,operator]
            return value  # type: ignore[return-value]
        end = "or more" if self.high == math.inf else f"to {self.high:g}"
        raise InputError(f"The {self.name} is {value!r}; expected a number of {self.low:g} {end}.")


@dataclass(frozen=True)
class Fixed:
    """What one source is to one target of a site by the weights alone, so the same for every picture.

    `value` 0..1 is a part of a whole that all sources share, in the method's own measure; `sentence` says it with its
    denominator, and has no full stop ("33 % of rgb's channels here are exchanged (192 of 576)"). `they` says that the
    sentence is about things of the target of which each comes wholly from that source: a share is then theirs.
    """

    value: float
    sentence: str
    they: bool = False


@dataclass(frozen=True)
class Learning:
    """What training does for a method beyond its losses.

    `fusion_modules` are those whose parameters learn at a rate of their own; `after_step` is called after every
    optimiser step with the network and how much to shrink (sparsity x rate). `start` sets where that which it shrinks
    begins, before the first step of a network that nothing was learned in. `as_networks` begins the streams of a
    network as networks of one stream, given in the streams' order (ValueError where they cannot be its streams), and
    `exchange_least` has each of its sites exchange that share of what it may, what counts least. `penalty` watches the
    forwards of a network and then gives, as a number that gradients flow through, what of these joins the loss, times
    the sparsity. `ensemble` are the parameters that weigh streams in ensembles.
    """

    fusion_modules: Callable[[nn.Module], Iterable[nn.Module]] = lambda network: ()
    after_step: Callable[[nn.Module, float], None] | None = None
    start: Callable[[nn.Module, float], None] | None = None
    as_networks: Callable[[nn.Module, Sequence[nn.Module]], None] | None = None
    exchange_least: Callable[[nn.Module, float], None] | None = None
    penalty: Callable[[nn.Module], AbstractContextManager[Callable[[], Tensor]]] | None = None
    ensemble: Callable[[nn.Module], Iterable[nn.Parameter]] = lambda network: ()


@dataclass(frozen=True)
class Method:
    """A method as everything outside its room sees it.

    `family` is its name in files and traces, `title` how it is written, `sentence` what it does (with its source).
    `architectures` build its networks; `files` are the published formats it recognises, `others` what else its
    authors' programs write. `rank` orders methods on the page. `without` are values of controls at which nothing is
    exchanged, where there are such: a network must then do what it does with its edges cut. `kinds` say of each kind of
    site, in words, what it is; `order_words` in which order sites stand. `alone` stands in place of `sentence` for a
    network in which nothing mixes; `citation` is of its outputs by stream.

    `origins` say where its networks come from; `examples` are small ones that together show every kind of site.

    `side_by_side` names the kinds whose sites work next to each other, not one after the other. `edge_weight` is asked
    for a site, the indices of a target and of another stream that sends to it, and how streams are called in sentences;
    None where nothing is the same for every picture.

    `views` gives its public charts and panels by name (they appear in `vizlab.views`), `charts` names those that draw
    one trace alone. `tab` gives the class of its tab. `site_note` is a sentence about one site and target of a trace
    that holds by its weights, or of this picture alone with `note_of_picture`. `summary` is what the API adds about a
    trace. `questions` are further API endpoints: charts of a trace and texts.
    """

    family: str
    title: str
    sentence: str
    architectures: Mapping[str, Builder] = field(default_factory=dict)
    files: tuple[PublishedFormat, ...] = ()
    others: tuple[KnownFile, ...] = ()
    controls: tuple[Control, ...] = ()
    without: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    order_words: str = "from input to output"
    side_by_side: frozenset[str] = frozenset()
    alone: str = ""
    citation: Citation | None = None
    literature: tuple[Published, ...] = ()
    origins: tuple[Origin, ...] = ()
    examples: tuple[NetworkConfig, ...] = ()
    learning: Learning = Learning()
    views: Callable[[], Mapping[str, Callable[..., Any]]] = dict
    charts: tuple[str, ...] = ()
    tab: Callable[[], type] | None = None
    site_note: "Callable[[SiteTrace, int], str]" = lambda site, target: ""
    note_of_picture: bool = False
    edge_weight: "Callable[[SiteTrace, int, int, Mapping[str, str]], Fixed | None]" = lambda *edge: None
    summary: "Callable[[FusionTrace], Mapping[str, Any]]" = lambda trace: {}
    questions: Callable[[], Mapping[str, Callable[..., Any]]] = dict
    rank: int = 100

    def own_settings(self, config: NetworkConfig) -> dict[str, float]:
        """The value that a network of that configuration has by itself, for each control that it has."""
        values = {control.name: control.own(config) for control in self.controls}
        return {name: value for name, value in values.items() if value is not None}
