"""`vizlab study` on a machine where torch is, but not what draws: no Ray, plotly, gradio, captum, typer, no install.

python vizlab/study/survey/bare.py CONFIG --data DIR --out DIR [--limit N]
python vizlab/study/survey/bare.py --join STUDY.npz ... --out DIR

`vizlab/__init__.py` brings the charts, so it is stepped over here: the package is known by its folder alone, and what
an installation would say of it (its version, its methods) is read from pyproject.toml.
"""

import argparse
import sys
import tempfile
import tomllib
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def prepare(root: Path = ROOT) -> None:
    """Make the modules below vizlab importable, without the package's own."""
    package = types.ModuleType("vizlab")
    package.__path__ = [str(root / "vizlab")]
    sys.modules["vizlab"] = package
    try:
        version("vizlab")
    except PackageNotFoundError:
        sys.path.append(str(_installed(root)))


def _installed(root: Path) -> Path:
    """A folder with what pip would have written about the package: its name, version and methods."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    folder = Path(tempfile.mkdtemp(prefix="vizlab-"))
    info = folder / f"vizlab-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vizlab\nVersion: {project['version']}\n")
    methods = project["entry-points"]["vizlab.methods"]
    lines = [f"{name} = {value}" for name, value in methods.items()]
    (info / "entry_points.txt").write_text("\n".join(["[vizlab.methods]", *lines, ""]))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, nargs="?")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--join", type=Path, nargs="+")
    given = parser.parse_args()
    prepare()
    from vizlab.errors import VizlabError

    try:
        if given.join:
            join(given.join, given.out)
        elif given.config is None or given.data is None:
            parser.error("CONFIG and --data, or --join, are needed")
        else:
            measure(given.config, given.data, given.out, given.limit)
    except VizlabError as err:
        sys.exit(f"vizlab: {err}")


def measure(config: Path, data: Path, out: Path, limit: int | None) -> None:
    from vizlab.study.survey.conduct import conduct
    from vizlab.study.survey.study import FILE

    conduct(config, data, out, _counting, limit=limit, here=True)
    print(out / FILE)


@contextmanager
def _counting(length: int) -> Iterator[Callable[[int], None]]:
    so_far = 0

    def progress(rows: int) -> None:
        nonlocal so_far
        so_far += rows
        print(f"\r{so_far} of {length}", end="", file=sys.stderr, flush=True)

    yield progress
    print(file=sys.stderr)


def join(files: list[Path], out: Path) -> None:
    from vizlab.study.survey.study import FILE, load_study, merged

    out.mkdir(parents=True, exist_ok=True)
    merged([load_study(file) for file in files]).save(out / FILE)
    print(out / FILE)


if __name__ == "__main__":
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [place for place in sys.path if place and Path(place).resolve() != Path(here)]
    main()
