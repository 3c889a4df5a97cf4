"""Which of a file's tensors are a network's: under any prefix, and the one set where there are several.

Trainers wrap weights in any order and depth: `state_dict`, `model`, `module.`, `_orig_mod.`, a Lightning module's
`net.`. Names of wrappers need not be known: a network begins where some method recognises the names below.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from vizlab.errors import InputError, one_line

_DEPTH = 16
_AVERAGED = re.compile(r"(^|.*_)(ema|swa|avg|average|averaged|averaging|shadow)(_.*|\d*)$", re.IGNORECASE)
# What a trainer calls the network itself, where other things have its tensors' names as well (gradients, a teacher).
_USUAL = re.compile(
    r".*(state_?dict|model|net|network|segmenter|generator|student|weights|params)(_.*)?", re.IGNORECASE
)
_OPTIMISER = re.compile(r"(.*\.)?(optim\w*|(max_)?exp_avg(_sq)?|momentum_buffer)\.")
# Wrappers that leave their mark inside of names, where they went around a part of a network.
_MARKS = re.compile(r"(?<![^.])(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
_SILENT = ("module",)  # says nothing about whose weights follow
_COUNTER = "n_averaged"  # torch's AveragedModel keeps it beside its `module`

Recognise = Callable[[Collection[str]], bool]


@dataclass(frozen=True)
class WeightSet:
    """One network's tensors by its own names, which in the file stand after `prefix`.

    `label` is what the prefix says, for people; `averaged` whether it is a running mean over training.
    """

    prefix: str
    tensors: Mapping[str, Tensor]
    averaged: bool

    @property
    def label(self) -> str:
        return ".".join(part for part in self.prefix.split(".") if part and part not in _SILENT) or "raw"

    @property
    def usual(self) -> bool:
        """Whether the file calls it what trainers call a network."""
        return self.label == "raw" or any(_USUAL.fullmatch(part) for part in self.prefix.split("."))

    def answers_to(self, wanted: str) -> bool:
        """Whether `weights=wanted` means this set: its label or a part of it, "ema" or "raw"."""
        if wanted in (self.label, *self.label.split(".")):
            return True
        return {"ema": self.averaged, "raw": not self.averaged}.get(wanted, False)


def weight_sets(tensors: Mapping[str, Tensor], recognise: Recognise) -> list[WeightSet]:
    """The sets of tensors whose names `recognise` knows, in the file's order; the same tensors twice are one set."""
    found: list[WeightSet] = []
    tensors = {_MARKS.sub("", key): tensor for key, tensor in tensors.items() if not _OPTIMISER.match(key)}
    tensors = _without_parallel(tensors)
    roots = _roots(tensors, recognise)
    for prefix in roots:
        inside = _below(tensors, prefix, roots)
        averaged = any(_AVERAGED.match(p) for p in prefix.split(".")) or _is_counted(tensors, prefix)
        if not any(_same(inside, other.tensors) for other in found):
            found.append(WeightSet(prefix, inside, averaged))
    return found


def choose(sets: list[WeightSet], wanted: str | None, name: str) -> tuple[WeightSet, str]:
    """The set to load, and a sentence's end that says which and why; empty where there was no choice.

    A running mean goes before raw weights, since it is what trainers evaluate, unless it lacks tensors that these have
    (norm statistics, where only parameters were averaged). Raises InputError for a `wanted` that is not one of them.
    """
    if wanted is not None:
        return _wanted(sets, wanted, name), ""
    if len(sets) == 1:
        return sets[0], ""
    chosen = min(sets, key=lambda s: (_is_partial(s, sets), not s.averaged, not s.usual))
    others = one_line(", ".join(f"'{s.label}'" for s in sets if s is not chosen), 120)
    why = "the running mean" if chosen.averaged else "the first that is whole"
    return chosen, f"'{one_line(chosen.label, 60)}', {why}; the file also holds {others}"


def own_names(tensors: Iterable[str]) -> list[str]:
    """The names without the prefix that they all have in common."""
    names = list(tensors)
    while (
        (first := {name.partition(".")[0] for name in names})
        and len(first) == 1
        and all(n.count(".") > 1 for n in names)
    ):
        names = [name.partition(".")[2] for name in names]
    return names


def _wanted(sets: list[WeightSet], wanted: str, name: str) -> WeightSet:
    fitting = [s for s in sets if s.answers_to(wanted)]
    if len(fitting) != 1:
        known = one_line(", ".join(f"'{s.label}'" for s in sets))
        raise InputError(
            f"{name} holds {'several sets' if fitting else 'no set'} of weights called '{one_line(wanted, 60)}'; "
            f"expected weights= one of {known}."
        )
    return fitting[0]


def _roots(tensors: Iterable[str], recognise: Recognise) -> list[str]:
    """Prefixes, each with its last point, below which a network's names are recognised; in the file's order."""
    groups = _by_prefix(tensors)
    roots: list[str] = []
    for prefix in sorted(groups, key=lambda p: p.count(".")):
        outer = [root for root in roots if prefix.startswith(root)]
        if all(_is_copy(groups[prefix], groups[root]) for root in outer) and recognise(groups[prefix].keys()):
            roots.append(_deepest(prefix, groups, recognise))
    order = list(groups)  # a prefix is met with its first tensor
    return sorted(dict.fromkeys(roots), key=order.index)


def _without_parallel(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The tensors without the `module.` that DataParallel put inside of names, around a part of a network.

    Some authors have single layers called `module`; what DataParallel goes round has parts of its own.
    """
    groups = _by_prefix(tensors)
    inner = [f"{prefix}module." for prefix in groups if prefix]
    around = [p for p in inner if p in groups and len(groups[p]) == len(groups[p.removesuffix("module.")])]
    around = [p for p in around if any("." in name for name in groups[p])]
    for prefix in sorted(around, key=len, reverse=True):
        kept = prefix.removesuffix("module.")
        tensors = {(kept + k.removeprefix(prefix) if k.startswith(prefix) else k): t for k, t in tensors.items()}
    return tensors


def _by_prefix(tensors: Iterable[str]) -> dict[str, dict[str, None]]:
    """The names below every prefix, in the file's order."""
    groups: dict[str, dict[str, None]] = {}
    for key in tensors:
        place = 0
        for _ in range(_DEPTH):
            groups.setdefault(key[:place], {})[key[place:]] = None
            place = key.find(".", place) + 1
            if not place:
                break
    return groups


def _is_copy(inner: Collection[str], outer: Collection[str]) -> bool:
    """Whether most names of `inner` are names of `outer` too: a second set beside the first, not a part of it."""
    return 2 * sum(key in outer for key in inner) > len(inner)


def _deepest(prefix: str, groups: Mapping[str, Collection[str]], recognise: Recognise) -> str:
    """Further in while every name goes on alike: a method may know its tensors under `module.` as well."""
    first = {key.partition(".")[0] for key in groups[prefix]}
    inner = f"{prefix}{next(iter(first))}."
    if len(first) == 1 and inner in groups and recognise(groups[inner]):
        return _deepest(inner, groups, recognise)
    return prefix


def _below(tensors: Mapping[str, Tensor], prefix: str, roots: Iterable[str]) -> dict[str, Tensor]:
    """What stands after `prefix`, but for what belongs to a root further in."""
    inner = tuple(root for root in roots if root != prefix and root.startswith(prefix))
    return {
        key.removeprefix(prefix): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix) and not (inner and key.startswith(inner))
    }


def _is_counted(tensors: Mapping[str, Tensor], prefix: str) -> bool:
    parts = prefix.split(".")
    return any(".".join([*parts[:i], _COUNTER]) in tensors for i in range(len(parts)))


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether both are the very same memory, as where a trainer registered a network twice."""
    return one.keys() == other.keys() and all(one[key].data_ptr() == other[key].data_ptr() for key in one)


def _is_partial(one: WeightSet, sets: Iterable[WeightSet]) -> bool:
    return any(one.tensors.keys() < other.tensors.keys() for other in sets)
