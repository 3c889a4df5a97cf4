"""ruff, the type checker and the direction of imports, as part of the one test command."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A module may import from its own layer and from those before it.
LAYERS = (
    ("errors", "tasks"),
    ("rgbd", "geometry", "device", "cache", "marked"),
    ("models", "data"),
    ("weights", "predictions"),
    ("tracing", "evaluation", "scenes", "training", "cards"),
    ("analysis", "experiments"),
    ("views",),
    ("ui", "cli"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=["lint", "format", "types"]
)
def test_checks_pass(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imported(path: Path) -> set[str]:
    """The vizlab subpackages a file imports at module level or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {n.split(".")[1] for n in names if n.startswith("vizlab.")}


def test_imports_point_one_way() -> None:
    wrong = []
    for path in sorted((ROOT / "vizlab").rglob("*.py")):
        parts = path.relative_to(ROOT / "vizlab").with_suffix("").parts
        if parts[0] in ("__init__", "cli"):
            continue
        assert parts[0] in RANK, f"{parts[0]} has no layer: add it to LAYERS"
        wrong += [
            f"{'.'.join(parts)} -> {name}" for name in imported(path) if name in RANK and RANK[name] > RANK[parts[0]]
        ]
    assert not wrong
