"""What networks are called above their pictures: by their method, and by more where two share one."""

from collections.abc import Sequence
from itertools import takewhile

from vizlab.core.registry import methods, title_of


def model_headings(models: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """A heading for each of `models`, given as (family, name).

    The method where only one model has it; else the names, without the parts that all of that method end with:
    cen-mobilenetv2-nyuv2 and cen-multitask-mobilenetv2-nyuv2 become CEN and CEN multitask. Names that end each in its
    own way stay as they are.
    """
    alike = {family: [n for f, n in models if f == family] for family, _ in models}
    return tuple(_heading(family, name, alike[family]) for family, name in models)


def _heading(family: str, name: str, alike: Sequence[str]) -> str:
    if family not in methods():
        return name
    title = title_of(family)
    if len(alike) == 1:
        return title
    shared = _shared_ending([other.split("-") for other in alike])
    if not shared:
        return name
    left, own = name.split("-")[:-shared], family.split("-")
    return " ".join([title, *left[len(own) :]]) if left[: len(own)] == own else "-".join(left)


def _shared_ending(names: Sequence[Sequence[str]]) -> int:
    """How many last parts all names share; 0 where they are the same, and never a whole name."""
    if len(set(map(tuple, names))) == 1:
        return 0
    endings = zip(*(reversed(name[1:]) for name in names), strict=False)
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, endings))


def network_titles(models: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """A short title for each of `models`, given as (family, architecture, name), that another one's absence leaves.

    The method, and what a name says between the method and the backbone: cen-multitask-mobilenetv2-nyuv2 is CEN
    multitask whether or not cen-mobilenetv2-nyuv2 is there. Names of another form, or with one title, stay as they are.
    """
    titles = [_title(*model) for model in models]
    return tuple(
        title if titles.count(title) == 1 else name for title, (_, _, name) in zip(titles, models, strict=True)
    )


def _title(family: str, architecture: str, name: str) -> str:
    own, parts = family.split("-"), name.split("-")
    backbone = architecture.split("-")[len(own) :]
    if family not in methods() or parts[: len(own)] != own or not backbone:
        return name
    places = [at for at in range(len(own), len(parts)) if parts[at : at + len(backbone)] == backbone]
    return " ".join([title_of(family), *parts[len(own) : places[0]]]) if places else name
