"""The public map's names for experiments, which wait until they are asked for."""

import subprocess
import sys

import pytest

import vizlab


def test_every_public_name_is_there() -> None:
    for name in vizlab.__all__:
        assert getattr(vizlab, name) is not None
    from vizlab.experiments.attribution import attribute
    from vizlab.experiments.interventions import intervene, sweep

    assert (vizlab.intervene, vizlab.sweep, vizlab.attribute) == (intervene, sweep, attribute)


def test_a_name_that_is_none_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'swoop'"):
        _ = vizlab.swoop


def test_importing_vizlab_loads_no_experiment() -> None:
    asked = "import sys, vizlab; print([name for name in sys.modules if name.startswith('vizlab.experiments')])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
