"""What the documents say is true: their code runs, their links lead somewhere, their walk is the way things go."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import vizlab
from tests.page.page_process import page_checkpoints
from vizlab import bundled, scenes

ROOT = Path(__file__).parents[1]
OPERATORS = "run-it-for-long"
"""The how-to of who serves the page: settings, and no Python."""
LONG = ("intervene",)
"""Sweeps of shipped networks at their own size; tests/experiments has what it does on small ones."""
HOW_TOS = sorted((ROOT / "docs/how-to").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def run_blocks(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The page's Python, one block after the other, run in `folder`."""
    script = folder / "page.py"
    script.write_text("\n".join(blocks(page, "python")))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow if page.stem in LONG else ())
        for page in HOW_TOS
        if page.stem != OPERATORS
    ],
    ids=lambda page: page.stem,
)
def test_the_code_of_a_how_to_runs(page: Path, tmp_path: Path) -> None:
    assert len(blocks(page, "python")) >= 4
    done = run_blocks(page, tmp_path)
    assert done.returncode == 0, done.stderr


def test_there_is_a_how_to_for_each_thing_a_stranger_wants() -> None:
    coded = {"read-a-trace", "intervene", "adapt-your-own-network", "add-a-method"}
    assert {page.stem for page in HOW_TOS} == coded | {OPERATORS}


Step = tuple[str, str]
"""A file and the qualified name of a function in it."""


def walk() -> dict[Step, str]:
    """The steps of the walk in CONTRIBUTING.md in its order, and to which part of it each belongs."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    part, steps = "", {}
    for begins, file, function in re.findall(r"^\| (\w*) +\| `(vizlab/[\w/]+\.py)` +\| `([\w.]+)`", text, re.MULTILINE):
        part = begins or part
        steps[file, function] = part
    return steps


@pytest.fixture(scope="module")
def calls() -> list[Step]:
    """Every call of a function of vizlab, in order, by which a picture and a checkpoint become a chart."""
    scene = scenes.load_scene("office")
    found: list[Step] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(f"{ROOT}/vizlab/"):
            file = Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()
            found.append((file, frame.f_code.co_qualname))

    sys.setprofile(watch)
    try:
        rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path)
        model = vizlab.load_model(bundled.checkpoint("cen-mobilenetv2-nyuv2"), "cpu")
        vizlab.views.exchange_ledger(vizlab.trace(model, rgbd))
    finally:
        sys.setprofile(None)
    return found


def test_the_walk_names_functions_in_the_order_in_which_they_are_entered(calls: list[Step]) -> None:
    steps, entered = list(walk()), list(dict.fromkeys(calls))
    assert len(steps) > 25
    assert [step for step in steps if step not in entered] == []
    assert [step for step in entered if step in steps] == steps


def test_no_part_of_the_walk_goes_back_to_one_before_it(calls: list[Step]) -> None:
    steps = walk()
    parts = list(dict.fromkeys(steps.values()))
    assert parts == ["picture", "checkpoint", "forward", "chart"]
    ranks = [parts.index(steps[call]) for call in calls if call in steps]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    """Links within the project, and paths in its text that look like files of it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"`((?:vizlab|tests|docs|examples|benchmarks|assets|checkpoints)/[\w./-]+)`", text):
        if "NAME" not in path:
            assert (ROOT / path).exists(), path


def test_the_changelog_is_dated_and_its_newest_version_is_this_one() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    if re.fullmatch(r"\d+\.\d+\.\d+ \(unreleased\)", headings[0]):  # what comes next
        del headings[0]
    dated = [re.fullmatch(r"(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)", heading) for heading in headings]
    assert all(dated)
    version, date = dated[0].groups()  # type: ignore[union-attr]
    assert [match[2] for match in dated if match] == sorted((match[2] for match in dated if match), reverse=True)
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {version}\ndate-released: {date}\n" in citation


def rows_of(text: str) -> dict[str, dict[str, str]]:
    """Markdown tables of networks as cells by row and column."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    (heads,) = [line for line in lines if line[0] == "network"]
    return {line[0]: dict(zip(heads, line, strict=True)) for line in lines[lines.index(heads) + 2 :]}


def test_the_summary_in_the_readme_is_out_of_the_table_of_checkpoints() -> None:
    summary = rows_of((ROOT / "README.md").read_text())
    table = rows_of((ROOT / "checkpoints/README.md").read_text())
    assert len(summary) == 5
    for name, row in summary.items():
        assert row == {column: table[name][column] for column in row}, name


def test_the_readme_is_short_and_its_commands_are_where_they_are_read() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 150
    _, _, after = text.partition("<!-- test command -->\n```bash\n")
    command = after.partition("\n```")[0]
    assert command.count("\n") == 0
    assert ".venv/bin/python -m pytest" in command
    assert "-c constraints.txt -e . && .venv/bin/python app.py" in text


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    """Beside pictures and checkpoints of those names; it sweeps every edge, so that they work at half their size."""
    scene = scenes.load_scene("office")
    (tmp_path / "rgb.jpg").write_bytes(scene.rgb_path.read_bytes())
    (tmp_path / "depth.png").write_bytes(scene.depth_path.read_bytes())
    (tmp_path / "checkpoints").symlink_to(page_checkpoints())
    done = run_blocks(ROOT / "README.md", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "trace.npz").is_file()


def test_each_advisory_is_fixed_in_the_gradio_that_is_required_or_said_to_be_open() -> None:
    text = (ROOT / "docs/security.md").read_text()
    rows = re.findall(r"^\| (CVE-\d+-\d+) \| .+ \| ([\d.]+) \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == len(dict.fromkeys(cve for cve, *_ in rows)) >= 12
    (required,) = re.findall(r'"gradio>=([\d.]+),', (ROOT / "pyproject.toml").read_text())
    assert f"requires ({required})" in text
    (said,) = re.findall(rf"^Open in Gradio {re.escape(required)}.*?: (CVE[^.]+)\.", text, re.MULTILINE)
    later = [cve for cve, fixed, _ in rows if _numbers(fixed) > _numbers(required)]
    assert later == said.split(", ")


def test_each_advisory_names_tests_that_there_are() -> None:
    text = (ROOT / "docs/security.md").read_text()
    held = re.findall(r"^\| CVE-\d+-\d+ \| .+ \| (.+) \|$", text, re.MULTILINE)
    for cell in held:
        names = re.findall(r"`(test_\w+)(\.py)?`", cell)
        assert names or cell == "the same", cell
        for name, file in names:
            if file:
                source = (ROOT / "tests/page" / f"{name}.py").read_text()
            else:
                assert f"def {name}(" in source, name


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
