"""What vizlab knows about every method, as one page: what mixes where, what is defined of it, which files open."""

from collections.abc import Iterable, Sequence

from vizlab.core.method import Method, Origin
from vizlab.core.registry import build_network, methods
from vizlab.core.site import FusionModule, fusion_modules

HEAD = """# Methods

What each method's networks mix where, and what can be said of it. This page is written by `vizlab methods` from what
the rooms declare, so it holds for the version that wrote it.

A **share** is whose variation a target has, an **effect** what an answer loses when an edge is cut. Both need a sum: of
sites that are none, only what a target receives as a whole can be changed, and no share by stream is shown.
"""


def methods_markdown() -> str:
    """The page over all installed methods, in their order."""
    return "\n".join([HEAD, *(method_markdown(method) for method in methods().values())])


def method_markdown(method: Method) -> str:
    """One method: its sentence, a row for every kind of site, its controls, its networks, files and origins."""
    parts = [f"## {method.title}", "", method.sentence, ""]
    parts += _kinds(method) or ["Nothing mixes in these networks: they have no sites.", ""]
    parts += [f"- {line}" for line in _lines(method)]
    return "\n".join([*parts, ""])


def _kinds(method: Method) -> list[str]:
    rows: dict[str, FusionModule] = {}
    for config in method.examples:
        for module in fusion_modules(build_network(config)).values():
            rows.setdefault(module.site.kind, module)
    if not rows:
        return []
    head = ("site", "what it is", "share by stream", "effect of an edge", "the same for every picture")
    table = [_row(head), _row("---" for _ in head)]
    table += [_row(_cells(method, kind, module)) for kind, module in rows.items()]
    return [*table, ""]


def _cells(method: Method, kind: str, module: FusionModule) -> Sequence[str]:
    return (
        kind,
        method.kinds.get(kind, ""),
        "yes" if module.site.additive else "no: not a sum",
        _effect(module),
        _weights(module),
    )


def _effect(module: FusionModule) -> str:
    ways = module.edges()
    if not ways:
        return "none: nothing of another stream arrives"
    return "yes" if any(source is not None for _, source in ways) else "of all that is handed on, together"


def _weights(module: FusionModule) -> str:
    names = ", ".join(sorted(module.static_weights()))
    return names or "nothing"


def _lines(method: Method) -> Iterable[str]:
    if method.controls:
        yield f"Can be set anew: {', '.join(control.title for control in method.controls)}."
    yield f"Networks: {', '.join(f'`{name}`' for name in method.architectures)}."
    opened = [known.name for known in method.files]
    yield f"Files of its authors that open: {'; '.join(opened)}." if opened else "No file of its authors opens."
    yield from map(_origin, method.origins)


def _origin(origin: Origin) -> str:
    what = f"{origin.name[:1].upper()}{origin.name[1:]}: " if origin.name else ""
    code = f"; {origin.code}" if origin.code else "; no code of it is published"
    licence = f" ({origin.licence})" if origin.licence else ""
    return f"{what}[{origin.paper}]({origin.url}){code}{licence}."


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
