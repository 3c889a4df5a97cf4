"""ruff, the type checker, and the house: who may import whom, as part of the one test command."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vizlab"
METHODS = sorted(p.name for p in (PACKAGE / "methods").iterdir() if (p / "about.py").is_file())

# Who may import whom, by the first part of a module's name below vizlab; everybody may import himself.
GROUND = {"errors", "tasks", "geometry", "bundled", "progress", "ray_clusters", "replacing"}
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    "rgbd": GROUND,
    "scenes": GROUND | {"rgbd"},
    "core": GROUND | {"rgbd"},
    "measures": GROUND | {"rgbd", "core"},
    "views": GROUND | {"rgbd", "core", "measures"},
    "checks": GROUND | {"rgbd", "core"},
    "experiments": GROUND | {"rgbd", "core", "measures", "views"},
    "study": GROUND | {"rgbd", "core", "measures", "views", "scenes", "methods.parts", "experiments"},
    "report": GROUND | {"rgbd", "core", "measures", "views"},
    "page": GROUND | {"rgbd", "core", "measures", "views", "scenes", "study", "report", "experiments"},
    "methods.parts": GROUND | {"core"},
    "methods": GROUND | {"rgbd", "core", "measures", "views", "methods.parts", "page.kit"},
    "page.kit": GROUND | {"rgbd", "core", "measures", "views", "experiments"},
}
SHELL = {"__init__", "cli", "scenes.__main__"}
"""They put the parts together: the public map and the commands."""


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=["lint", "format", "types"]
)
def test_checks_pass(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def module_name(path: Path) -> str:
    """`core.site` for vizlab/core/site.py, `core` for vizlab/core/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path, everywhere: bool = True) -> set[str]:
    """The modules of vizlab that a file imports; `everywhere` also inside functions and for type checking alone."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if everywhere else _at_import(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {found for n in names if n.startswith("vizlab.") and (found := n.removeprefix("vizlab.")) in FILES}


def _at_import(tree: ast.Module) -> list[ast.AST]:
    """What runs when the module is imported: no functions, nothing under `if TYPE_CHECKING`."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not lazy and not typing:
            found.append(node)
            waiting += ast.iter_child_nodes(node)
    return found


def room(module: str) -> str:
    """The part of the house a module stands in: `core`, `page`, `page.kit`, `methods.cen`, ..."""
    parts = module.split(".")
    deep = parts[0] == "methods" or parts[:2] == ["page", "kit"]
    return ".".join(parts[:2]) if deep else parts[0]


def rule(place: str) -> set[str]:
    return MAY_IMPORT[place] if place in MAY_IMPORT else MAY_IMPORT[place.split(".")[0]]


def allowed(place: str, other: str) -> bool:
    """Whether a module in `place` may import one in `other`; a part of a house includes the parts below it."""
    same = other == place or (other == "page.kit" and place == "page")
    return same or any(other == name or (other.startswith(f"{name}.") and name != "methods") for name in rule(place))


def test_every_file_imports_only_what_its_room_may() -> None:
    wrong = []
    for module, path in FILES.items():
        if module in SHELL:
            continue
        place = room(module)
        assert place in MAY_IMPORT or place.startswith("methods"), f"{place} has no rule: add it to MAY_IMPORT"
        wrong += [f"{module} -> {name}" for name in imported(path) if not allowed(place, room(name))]
    assert not wrong


def test_a_method_imports_no_other_method_and_nothing_imports_a_method() -> None:
    for module, path in FILES.items():
        used = {room(name) for name in imported(path)} & {f"methods.{name}" for name in METHODS}
        assert used <= {room(module)}, module


def test_core_names_no_method() -> None:
    """Neither in code nor in sentences: families, titles, and the words of their files."""
    words = re.compile(r"\b(cen|nddr\w*|mti\w*|cross_stitch|channel.exchang\w*)\b", re.IGNORECASE)
    found = [
        f"{module}:{number}: {line.strip()}"
        for module, path in FILES.items()
        if room(module) == "core"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_import_circle_between_files() -> None:
    graph = {module: imported(path, everywhere=False) - {module} for module, path in FILES.items()}
    # `from vizlab.rgbd import X` inside vizlab/rgbd would count its own package; a package imports its modules.
    graph = {m: {n for n in names if not m.startswith(f"{n}.")} for m, names in graph.items()}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError with the modules of the circle


def test_no_import_circle_between_packages() -> None:
    """Lazy imports included; a method's room stands behind its descriptor."""
    graph: dict[str, set[str]] = {}
    for module, path in FILES.items():
        if module not in SHELL:
            graph.setdefault(room(module), set()).update(room(n) for n in imported(path) if room(n) != room(module))
    list(graphlib.TopologicalSorter(graph).static_order())
