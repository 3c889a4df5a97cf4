"""What vizlab brings along is found in an installed package as well as in a checkout."""

from pathlib import Path

import pytest

from tests.packaging.commands import ROOT
from vizlab import bundled
from vizlab.errors import InputError
from vizlab.page.settings import Settings
from vizlab.scenes import library


def test_in_a_checkout_it_lies_at_the_root() -> None:
    assert bundled.folder("checkpoints") == ROOT / "checkpoints" == Settings().checkpoints
    assert bundled.folder("scenes") == ROOT / "assets/scenes" == library.FOLDER
    assert bundled.checkpoint("cen-mobilenetv2-nyuv2") == ROOT / "checkpoints/cen-mobilenetv2-nyuv2.safetensors"


def test_what_lies_in_the_package_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "site-packages/vizlab"
    (package / "bundled_files/scenes").mkdir(parents=True)
    monkeypatch.setattr(bundled, "_PACKAGE", package)
    assert bundled.folder("scenes") == package / "bundled_files/scenes"
    assert bundled.folder("checkpoints") == tmp_path / "site-packages/checkpoints"  # none was installed
    with pytest.raises(InputError, match="there are: none"):
        bundled.checkpoint("cen-mobilenetv2-nyuv2")


def test_other_names_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="expected checkpoints or scenes"):
        bundled.folder("../..")
    with pytest.raises(InputError, match="No network called 'cen' is bundled; there are: cen-mobilenetv2-nyuv2, "):
        bundled.checkpoint("cen")
