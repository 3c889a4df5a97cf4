"""What ships in checkpoints/: loads through the door, is small, says what it is, and really fuses."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import vizlab
from vizlab import scenes
from vizlab.core.outputs import Output
from vizlab.core.predictions import DepthPrediction, NormalsPrediction
from vizlab.study import scene_scores as scoring
from vizlab.study.cards import card_markdown
from vizlab.study.cards.contents import baselines_of, curves_of, result_of
from vizlab.study.cards.folder import MARKS, readme_section
from vizlab.study.data.manifest import Manifest
from vizlab.study.effects import counted, effect_of, share_of
from vizlab.study.evaluation.baselines import read_baselines
from vizlab.study.evaluation.gain import JUDGED_BY, comparisons
from vizlab.study.training.card import training_card
from vizlab.study.training.recipe import load_recipe

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "checkpoints"
RECIPES = ROOT / "vizlab/study/training/recipes"
SHIPPED = sorted(FOLDER.glob("*-nyuv2.safetensors"))
SHIPPED_BASELINES = sorted((FOLDER / "baselines").glob("*.safetensors"))
METHODS = {"cen", "nddr-cnn", "mti-net"}
TOTAL_BYTES = 65e6
CARD = ("name", "data", "start", "recipe", "figures", "limits", "licence", "cost")
"""What every shipped card must say."""
FLOORS = {
    "cen": {"semseg": 31.0},
    "cen-multitask": {"semseg": 26.0, "depth": 0.74, "normals": 25.5},
    "nddr-cnn": {"semseg": 30.0, "depth": 0.70, "normals": 24.0},
    "mti-net": {"semseg": 31.5, "depth": 0.68, "normals": 24.0},
}
"""By network, what its card must reach on NYUv2's test pictures: at least this mIoU in percent, at most this RMSE in
metres and this mean angle in degrees to derived normals. Otherwise training went wrong."""

NAMED_RIGHTLY = {"cen": (60, 45), "cen-multitask": (50, 30), "nddr-cnn": (57, 30), "mti-net": (60, 30)}
"""By network, the pixel accuracy in percent on average of the bundled scenes, and in each, that it must exceed."""


ROOMS = scenes.list_scenes()
SEEN = [name if place % 4 == 0 else pytest.param(name, marks=pytest.mark.slow) for place, name in enumerate(ROOMS)]
"""Every fourth room, and with `-m slow` each: a fault of a network or of a score shows in all."""


@functools.cache
def loaded(path: Path) -> vizlab.Model:
    """In float32; what is in the file is the same for all tests that only look."""
    return vizlab.load_model(path, device="cpu", precision="float32")


def kind(path: Path) -> str:
    """The network's name in FLOORS."""
    return path.stem.removesuffix("-mobilenetv2-nyuv2")


def read_scene(name: str) -> vizlab.RGBDImage:
    scene = scenes.load_scene(name)
    return vizlab.read_rgbd(scene.rgb_path, scene.depth_path)


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda p: p.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def shipped(path: Path) -> vizlab.Model:
    return loaded(path)


@pytest.fixture(scope="module")
def cen() -> vizlab.Model:
    return loaded(FOLDER / "cen-mobilenetv2-nyuv2.safetensors")


def test_a_checkpoint_of_each_method_ships_and_all_together_are_small() -> None:
    assert METHODS <= set(map(kind, SHIPPED)) <= set(FLOORS)
    assert sum(p.stat().st_size for p in FOLDER.rglob("*.safetensors")) < TOTAL_BYTES


@pytest.mark.parametrize("file", [*SHIPPED, *SHIPPED_BASELINES], ids=lambda p: p.stem)
def test_the_recipe_in_the_card_is_the_one_in_the_project(file: Path) -> None:
    """Which makes the file again, with every setting, down to the network's."""
    recipe, model = load_recipe(RECIPES / f"{file.stem}.toml"), loaded(file)
    written = training_card(recipe, Manifest(), 0)["recipe"]
    assert model.card["recipe"] == json.loads(json.dumps(written))
    assert dataclasses.replace(model.config, classes=()) == recipe.network
    assert "MobileNetV2" in model.card["start"]
    assert "NYUv2" in model.card["licence"]


@pytest.mark.parametrize("file", SHIPPED_BASELINES, ids=lambda p: p.stem)
def test_a_baseline_that_ships_is_the_one_that_was_measured(file: Path) -> None:
    model = loaded(file)
    (noted,) = (known for known in read_baselines(FOLDER / "baselines.json") if known.name == model.name)
    assert noted == result_of(model)
    assert file.with_suffix(".md").read_text() == card_markdown(model)


def test_the_card_beside_the_file_is_made_from_its_header(path: Path, shipped: vizlab.Model) -> None:
    assert path.with_suffix(".md").read_text() == card_markdown(shipped)
    assert set(CARD) <= set(shipped.card)
    assert not shipped.assumed
    assert shipped.classes[:2] == ("wall", "floor")


def test_the_table_of_checkpoints_is_made_from_the_cards() -> None:
    written = MARKS.read(FOLDER / "README.md")
    assert written == readme_section(FOLDER), "run: vizlab cards checkpoints --readme checkpoints/README.md"
    told = [
        line for line in written.splitlines() if "gain over" in line and "late fusion," not in line.partition(":")[0]
    ]
    assert len(told) >= 6
    for line in told:  # cards keep figures rounded, which must not make them say another gain
        name, _, gain = line.removeprefix("- ").partition(", ")
        assert gain.removesuffix(".") in (FOLDER / f"{name}.md").read_text(), line


def test_the_figures_in_the_card_are_above_the_floors(path: Path, shipped: vizlab.Model) -> None:
    result = result_of(shipped)
    assert result is not None
    assert (result.split, result.pictures) == ("test", 654)
    floors = FLOORS[kind(path)]
    assert set(result.tasks) == set(floors)
    for task, floor in floors.items():
        name, sign = JUDGED_BY[task]
        assert sign * result.by_task[task][name] >= sign * floor, f"{task}: {name} {result.by_task[task][name]}"


def test_an_ensemble_beats_each_of_its_streams(shipped: vizlab.Model) -> None:
    result = result_of(shipped)
    assert result is not None
    for output, figures in result.outputs.items():
        parsed = Output.parse(output)
        if not parsed.answer:
            name, sign = JUDGED_BY[parsed.task]
            assert sign * result.by_task[parsed.task][name] > sign * figures[name], output


def test_cen_is_better_than_networks_of_either_modality(cen: vizlab.Model) -> None:
    gains = {found.title: found.gain for found in comparisons(result_of(cen), baselines_of(cen))}  # type: ignore[arg-type]
    assert gains["gain over rgb alone"] > 0
    assert gains["gain over depth alone"] > 0


def test_cen_really_exchanges(shipped: vizlab.Model) -> None:
    """Between 5 % and 40 % of the channels that training pushes towards zero are exchanged."""
    controls = counted(shipped.method, shipped.config)
    assert [c.name for c in controls] == (["threshold"] if shipped.method.family == "cen" else [])
    for control in controls:
        assert 0.05 < share_of(shipped, control) < 0.40


def test_switching_the_exchange_off_changes_what_cen_sees(cen: vizlab.Model) -> None:
    rgbd = read_scene(scenes.list_scenes()[0])
    on, off = vizlab.trace(cen, rgbd), vizlab.trace(cen, rgbd, cross=False)
    differs = on.predictions["semseg"].label != off.predictions["semseg"].label  # type: ignore[union-attr]
    assert np.mean(differs) > 0.02


Tables = dict[str, dict[str, dict[str, float]]]
"""The tables of scenes: by task, network and scene."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    """As they are written."""
    written = read_tables(scoring.MARKS.read(ROOT / "assets/scenes/README.md"))
    return dict(zip(scoring.SCORES, written, strict=True))


@pytest.mark.parametrize("name", SEEN)
def test_the_tables_of_scenes_are_of_these_checkpoints(shipped: vizlab.Model, tables: Tables, name: str) -> None:
    """Not to the last digit: processors round in ways of their own."""
    rgbd, truth = scoring.scene_picture(scenes.load_scene(name))
    predictions = vizlab.trace(shipped, rgbd).predictions
    found = scoring.scores_by_task(predictions, truth)
    tolerance = {"semseg": 0.3, "depth": 0.02, "normals": 0.3}
    assert set(found) == set(shipped.config.tasks) == {task for task in tables if shipped.name in tables[task]}
    for task, score in found.items():
        assert tables[task][shipped.name][name] == pytest.approx(score, abs=tolerance[task]), (
            "run: vizlab scenes score checkpoints/*.safetensors --readme assets/scenes/README.md"
        )
    for prediction in predictions.values():
        if isinstance(prediction, DepthPrediction):
            assert 0.2 < float(np.median(prediction.value)) < 10
        if isinstance(prediction, NormalsPrediction):
            assert np.nanmedian(prediction.value[..., 2]) < 0  # surfaces face the camera


def test_every_checkpoint_recognises_the_bundled_rooms(path: Path, shipped: vizlab.Model, tables: Tables) -> None:
    """Far better than the most frequent class alone could be by chance; CEN names three pixels of five.

    By the tables, which the test before holds to the networks.
    """
    average, least = NAMED_RIGHTLY[kind(path)]
    of = {task: table[shipped.name] for task, table in tables.items() if shipped.name in table}
    assert all(list(found) == [*ROOMS, "mean"] for found in of.values())
    right = [of["semseg"][name] for name in ROOMS]
    assert len(right) == 12
    assert np.mean(right) > average
    assert min(right) > least
    for name in ROOMS:
        assert of.get("depth", {}).get(name, 0) < 2, name
        assert of.get("normals", {}).get(name, 0) < 50, name


def read_tables(text: str) -> list[dict[str, dict[str, float]]]:
    """Markdown tables as figures by column and row."""
    tables: list[dict[str, dict[str, float]]] = []
    for line in text.splitlines():
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not cells or set(first) == {"-"}:
            continue
        if first == "scene":
            tables.append({name: {} for name in cells})
        else:
            for column, cell in zip(tables[-1].values(), cells, strict=True):
                column[first] = float(cell)
    return tables


def test_cen_s_card_tells_what_the_exchange_is_worth_and_where_it_happens(cen: vizlab.Model) -> None:
    """The threshold curve goes through the card's own figure, falls when the exchange is cut, and no site is idle."""
    (of_thresholds,) = curves_of(cen)
    curve = {point.value: point.outputs["semseg/ensemble"]["mIoU"] for point in of_thresholds.points}
    result = result_of(cen)
    assert result is not None
    own = result.by_task["semseg"]["mIoU"]
    assert curve[cen.config.threshold] == pytest.approx(own, abs=0.01)
    assert curve[None] < own - 2
    counts = effect_of(of_thresholds.control).counts(cen.network)
    shares = [some / all_ for some, all_ in counts.values()]
    assert all(share > 0 for share in shares)
    assert sum(share > 0.05 for share in shares[: len(shares) // 2]) >= 2
    assert sum(share > 0.05 for share in shares[len(shares) // 2 :]) >= 2


def test_the_documented_lines_work(tmp_path: Path, cen: vizlab.Model) -> None:
    """The public API as it is promised."""
    rgbd = read_scene(scenes.list_scenes()[0])
    trace = vizlab.trace(cen, rgbd)
    assert trace.predictions["semseg"].label.shape == rgbd.size  # type: ignore[union-attr]
    share = trace.sites[cen.sites[8].name].share
    assert share is not None
    assert share.sum(1) == pytest.approx(1, abs=1e-4)
    assert vizlab.views.exchange_ledger(trace).data
    trace.save(str(tmp_path / "trace.npz"))
    loaded = vizlab.load_trace(tmp_path / "trace.npz")
    assert np.array_equal(loaded.predictions["semseg"].label, trace.predictions["semseg"].label)  # type: ignore[union-attr]
    with torch.inference_mode():
        outputs = cen.network(cen.preprocess(rgbd))
    assert set(outputs) == {"semseg/rgb", "semseg/depth", "semseg/ensemble"}


def test_default_precision_stays_within_tolerance(path: Path, shipped: vizlab.Model) -> None:
    """bfloat16, the default where a CPU computes in it, gives float32's label on nine pixels of ten at the least."""
    fast = vizlab.load_model(path, device="cpu", precision="bfloat16")
    rgbd = read_scene(scenes.list_scenes()[0])
    exact, rough = (vizlab.trace(m, rgbd).predictions["semseg"].label for m in (shipped, fast))  # type: ignore[union-attr]
    assert np.mean(exact == rough) > 0.9
