"""The networks that ship, and those of the authors, have every property."""

from pathlib import Path

import pytest
import torch

import vizlab
from tests.conftest import CONFIGS, make_model
from tests.door.authors_files import NAMES, filled_state, golden_facts, wrapped
from vizlab.checks import LIMITS, check
from vizlab.checks.limits import APART, REST, WITHOUT

CHECKPOINTS = sorted((Path(__file__).parents[2] / "checkpoints").glob("*.safetensors"))
LESS = (120, 160)
"""Half the working size of what ships, each way."""


@pytest.mark.parametrize(
    "path",
    [*CHECKPOINTS[:1], *(pytest.param(path, marks=pytest.mark.slow) for path in CHECKPOINTS[1:])],
    ids=lambda path: path.stem,
)
def test_shipped_networks_have_every_property(path: Path) -> None:
    report = check(vizlab.load_model(path, "cpu"), working_size=LESS)
    assert report.ok, str(report)


@pytest.mark.slow
@pytest.mark.parametrize("path", CHECKPOINTS, ids=lambda path: path.stem)
def test_shipped_networks_have_every_property_at_their_own_size(path: Path) -> None:
    report = check(vizlab.load_model(path, "cpu"))
    assert report.ok, str(report)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "cen_refinenet50" else ()) for name in NAMES]
)
def test_the_authors_networks_have_every_property(name: str, tmp_path: Path) -> None:
    translation = name == "cen_pix2pix_nf8"
    path = tmp_path / f"{name}.pth.tar"
    torch.save(wrapped(name, filled_state(golden_facts(name)["keys"], "" if translation else "module.")), path)
    model = vizlab.load_model(path, "cpu", inputs=("rgb", "depth") if translation else None)
    path.unlink()  # up to a quarter of a gigabyte, which pytest would keep
    report = check(model, working_size=(256, 256) if translation else (64, 96))
    assert report.ok, str(report)


@pytest.mark.parametrize("family", CONFIGS)
def test_every_property_is_looked_at_wherever_it_makes_sense(family: str) -> None:
    report = check(make_model(family))
    assert report.ok, str(report)
    senseless = {
        "cen-multitask": {APART},
        "nddr-cnn": {APART, REST, WITHOUT},
        "mti-net": {APART, REST, WITHOUT},
    }
    assert {f.property for f in report.findings} == set(LIMITS) - senseless.get(family, set())
