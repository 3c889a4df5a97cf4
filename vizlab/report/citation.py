"""What to cite: vizlab, the methods whose networks are shown, and where their weights come from."""

from importlib.metadata import version

from vizlab.core.registry import methods
from vizlab.errors import one_line
from vizlab.report.material import Material

_SAID = ("data", "licence")
"""What of a checkpoint's card belongs beside a figure."""


def citation(found: Material) -> str:
    """Lines of text: vizlab and its version, then for each network its method, where that is defined, and its file."""
    lines = [f"Made with vizlab {version('vizlab')}, a microscope for networks that fuse (MIT licence)."]
    for name, trace in found.traces.items():
        method = methods().get(trace.model.family)
        if method is not None:
            lines.append(method.sentence if trace.sites else method.alone or method.sentence)
            lines += [f"{method.citation.text}: {method.citation.url}"] if method.citation else []
        lines.append(f"{name}: {trace.model.architecture}, checkpoint SHA-256 {trace.model.checkpoint_hash}.")
        card = found.cards.get(name, {})
        lines += [f"{name}, {key}: {one_line(card[key], 400)}" for key in _SAID if card.get(key)]
    return "\n".join(dict.fromkeys(lines)) + "\n"
