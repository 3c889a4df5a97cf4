"""What networks are called wherever they stand side by side: short, and the same whoever stands beside them."""

from collections.abc import Sequence

from vizlab.core.registry import methods, title_of


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
