"""No picture of the test split, nor of the held-out tenth, is read in training; choices read the tenth alone."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vizlab import load_model
from vizlab.cli import app
from vizlab.errors import DataError
from vizlab.study.data import RGBDFolder, folder
from vizlab.study.training.recipe import load_recipe
from vizlab.study.training.train import train

RECIPE = Path(__file__).parents[2] / "vizlab/study/training/recipes/semseg-rgb-mobilenetv2-nyuv2.toml"


@pytest.fixture(scope="module")
def longer(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """130 names to train on and 4 to test with, all of them copies of eight pictures."""
    root = tmp_path_factory.mktemp("longer")
    present = sorted(path.stem for path in (data_folder / "rgb").iterdir())
    names = [f"{index:03d}" for index in range(134)]
    for kind in ("rgb", "depth", "label40"):
        (root / kind).mkdir()
        (suffix,) = {path.suffix for path in (data_folder / kind).iterdir()}
        for index, name in enumerate(names):
            shutil.copy(
                data_folder / kind / f"{present[index % len(present)]}{suffix}", root / kind / f"{name}{suffix}"
            )
    (root / "train.txt").write_text("\n".join(names[:130]))
    (root / "test.txt").write_text("\n".join(names[130:]))
    return root


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of pictures whose colour was read."""
    read, seen = folder.read_rgbd, set()

    def watched(colour: Path | None, *args: object, **kwargs: object) -> object:
        if colour is not None:
            seen.add(Path(colour).stem)
        return read(colour, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "read_rgbd", watched)
    return seen


def test_ten_of_every_hundred_are_held_out(longer: Path) -> None:
    kept, held = RGBDFolder(longer, "kept").names, RGBDFolder(longer, "held-out").names
    assert held == [f"{index:03d}" for index in range(40, 50)]  # of 100 to 129 none is the 41st to 50th
    assert sorted(kept + held) == RGBDFolder(longer, "train").names


def test_the_second_hundred_has_ten_too(longer: Path, tmp_path: Path) -> None:
    root = shutil.copytree(longer, tmp_path / "two hundred")
    names = (root / "train.txt").read_text().split()
    (root / "train.txt").write_text("\n".join([*names, *names[:30]]))
    assert RGBDFolder(root, "held-out").names == [*names[40:50], *[*names, *names[:30]][140:150]]


def test_training_reads_neither_the_tenth_nor_the_test_split(longer: Path, tmp_path: Path, opened: set[str]) -> None:
    recipe = dataclasses.replace(
        load_recipe(RECIPE), epochs=1, batch_size=40, crop=(32, 32), zoom=(1.0, 1.1), precision="32-true", distil=0.0,
        hold_out=True,
    )  # fmt: skip
    trained = train(recipe, longer, tmp_path)
    assert opened == set(RGBDFolder(longer, "kept").names)
    said = load_model(trained, "cpu").card["data"]
    assert said.endswith("split train, without the tenth that is held out, 120 pictures at 72x96")
    opened.clear()
    result = CliRunner().invoke(app, ["eval", str(trained), "--data", str(longer), "--split", "held-out", "--json"])
    assert result.exit_code == 0, result.output
    assert opened == set(RGBDFolder(longer, "held-out").names)


def test_a_short_list_has_nothing_to_hold_out(data_folder: Path) -> None:
    with pytest.raises(DataError, match=r"pictures to train on, and of those the 41st to 50th .* expected 41 or more"):
        RGBDFolder(data_folder, "held-out")
