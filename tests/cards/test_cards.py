"""Cards: what training writes into them, and how they are shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import CONFIGS, make_model
from tests.evaluation.result_examples import result
from vizlab.core.method import Control, Effect, Method
from vizlab.core.model import Model
from vizlab.core.registry import known_control
from vizlab.errors import CheckpointError, InputError
from vizlab.study.cards import card_markdown, card_sections, with_evaluation
from vizlab.study.cards.folder import refresh_folder, write_readme
from vizlab.study.data.manifest import Manifest
from vizlab.study.evaluation.curve import Curve, CurvePoint
from vizlab.study.training.card import training_card
from vizlab.study.training.recipe import Recipe

MEASURED = {"split": "test", "pictures": 654, "precision": "float32"}
FIGURES = {**MEASURED, "outputs": {"semseg/ensemble": {"mIoU": 31.0, "mean accuracy": 40.0, "pixel accuracy": 60.0}}}


ROOMS = Manifest(source="forty rooms", limits=("indoors",), licence="Rooms: public domain.")


def recipe(family: str = "cen", **card: object) -> Recipe:
    return Recipe("mine", CONFIGS[family], {"semseg": 1.0, "depth": 0.5}, epochs=3, card=card)


def with_card(card: dict[str, object]) -> Model:
    model = make_model("cen")
    model.card = card
    return model


def test_data_that_say_nothing_of_themselves_get_a_neutral_text() -> None:
    card = training_card(recipe(), Manifest(), 12, (480, 640))
    assert card["data"] == "split train, 12 pictures at 480x640"
    assert card["limits"] == ["Trained on 12 pictures at 480x640 only."]
    assert "licence" not in card
    assert "NYU" not in str(card)
    assert card["recipe"]["loss_weights"] == {"semseg": 1.0, "depth": 0.5}
    assert not {"card", "network"} & set(card["recipe"])


def test_a_card_says_what_the_data_say_and_what_the_recipe_adds() -> None:
    own = recipe("mti-net", licence="Weights: MIT.", notes=["by night"])
    card = training_card(own, ROOMS, 795, (240, 320), "on two cores, 3 h", "imagenet.pth")
    assert card["data"] == "forty rooms, split train, 795 pictures at 240x320"
    assert card["limits"][:2] == ["Trained on 795 pictures at 240x320 only.", "indoors"]
    assert "derived normals" in card["limits"][2]
    assert card["licence"] == "Weights: MIT. Rooms: public domain."
    assert card["notes"] == ["by night"]
    assert card["training"] == "on two cores, 3 h"
    assert card["start"] == "imagenet.pth"


def test_semseg_alone_has_no_limit_of_normals() -> None:
    assert "normals" not in str(training_card(recipe(), ROOMS, 795)["limits"])


def test_every_key_of_a_card_is_shown() -> None:
    card = training_card(recipe(colour="red"), ROOMS, 795, (240, 320), "on a laptop", "imagenet.pth")
    shown = card_markdown(with_card({**card, "figures": FIGURES}))
    texts = (
        "# cen\n",
        "each other's channels",
        "795 pictures",
        "on a laptop",
        "start: imagenet.pth",
        "loss_weights: semseg 1.0, depth 0.5",
        "SHA-256: `000",
    )
    for text in (*texts, "| cen, ensemble |", "## Limits", "## Licence", "colour: red", "not comparable"):
        assert text in shown, text


def test_a_card_says_in_which_part_of_the_pictures_depth_was_compared() -> None:
    card = with_evaluation({}, result("x", {"depth": {"RMSE": 0.8}}, measured="rows 3 to 9"))
    assert "compared in rows 3 to 9 only" in card_markdown(with_card(card))
    everywhere = with_evaluation({}, result("x", {"depth": {"RMSE": 0.8}}))
    assert "only, where" not in card_markdown(with_card(everywhere))


def test_a_network_without_a_card_is_still_described() -> None:
    titles = [section.title for section in card_sections(with_card({}))]
    assert titles == ["cen", "Exchanged at threshold 0.02 (share of eligible channels)"]
    lines = card_sections(with_card({}))[-1].lines
    assert lines[14].startswith("site 14 of 17, stage 5, 576 channels (features.14.conv.1.1): ")


@pytest.mark.parametrize(
    "card",
    [
        {"figures": 3}, {"figures": {"split": "test"}}, {"figures": {**FIGURES, "outputs": {"semseg": 1}}},
        {"figures": FIGURES, "cost": {"size": [1, 2]}}, {"threshold curve": {"points": [1]}}, {"recipe": [1]},
        {"figures": FIGURES, "baselines": [{"name": "x"}]}, {"limits": 7},
    ],
)  # fmt: skip
def test_a_card_of_unexpected_form_gets_a_sentence(card: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="card of cen cannot be shown"):
        card_markdown(with_card(card))


def test_a_folder_without_checkpoints_and_a_readme_without_marks_get_sentences(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \.safetensors"):
        refresh_folder(tmp_path)
    with pytest.raises(InputError, match="no place for the table"):
        write_readme(tmp_path / "README.md", tmp_path)


def test_a_threshold_curve_of_other_pictures_does_not_stay() -> None:
    curve = Curve(known_control("threshold"), (CurvePoint(0.02, 0.3, {"semseg/ensemble": {"mIoU": 30.0}}),))
    figures = {"semseg/ensemble": {"mIoU": 30.0, "mean accuracy": 40.0, "pixel accuracy": 60.0}}
    card = with_evaluation({}, result("x", figures, data="rooms"), curve)
    assert "Threshold curve (rooms, split test, 654 pictures" in card_markdown(with_card(card))
    again = with_evaluation(card, result("x", figures, data="rooms"))
    assert again == card
    assert "Threshold curve" not in card_markdown(
        with_card(with_evaluation(card, result("x", figures, data="streets")))
    )


def figures_of(semseg: float) -> dict[str, dict[str, float]]:
    return {"semseg/ensemble": {"mIoU": semseg, "mean accuracy": 40.0, "pixel accuracy": 60.0}}


@pytest.mark.parametrize("order", [("float32", "bfloat16"), ("bfloat16", "float32")])
def test_a_card_carries_both_precisions(order: tuple[str, str]) -> None:
    """In whichever order they were measured, bfloat16 are the figures and float32 stands beside them, named."""
    card: dict[str, object] = {}
    for precision in order:
        found = figures_of(31.0 if precision == "bfloat16" else 32.5)
        card = with_evaluation(card, replace(result("x", found), precision=precision))
    assert card["figures"]["precision"] == "bfloat16"  # type: ignore[index]
    (section,) = [s for s in card_sections(with_card(card)) if s.title.startswith("Figures")]
    assert section.title.endswith("bfloat16)")
    assert section.table is not None
    assert {row[0]: row[1] for row in section.table.rows} == {"cen, ensemble": "31.0", "cen, ensemble, float32": "32.5"}
    other = replace(result("x", figures_of(20.0)), precision="bfloat16", pictures=100)
    assert [s.title for s in card_sections(with_card(with_evaluation(card, other)))][1] == (
        "Figures (split test, 100 pictures, bfloat16)"
    )
    assert "figures in other precisions" not in with_evaluation(card, other)


BLEND = Method(
    family="blend",
    title="Blend",
    sentence="Blend: streams are averaged.",
    controls=(
        Control(
            "strength", "strength of blending", lambda config: 0.5, "blends nothing",
            Effect("blended", "blends", "layers", "blending off", lambda network: {"a": (1, 4), "b": (1, 1)}),
        ),
        Control("heat", "heat", lambda config: 1.0, "has no heat"),
    ),
)  # fmt: skip
"""A method of somebody else's, of which nothing outside of it knows."""


def test_the_card_of_any_other_method_is_made_of_what_its_descriptor_says() -> None:
    points = (CurvePoint(0.5, 0.4, {"depth": {"RMSE": 0.8}}), CurvePoint(None, 0.0, {"depth": {"RMSE": 0.9}}))
    model = make_model("nddr-cnn", method=BLEND)
    model.card = with_evaluation({}, result("x", {"depth": {"RMSE": 0.8}}), Curve(BLEND.controls[0], points))
    found = model.card["strength curve"]["points"]
    assert found[0] == {"strength": 0.5, "blended": 0.4, "outputs": {"depth": {"RMSE": 0.8}}}
    shown = card_markdown(model)
    for text in (
        "Blend: streams are averaged.",
        "## Strength curve (split test, 654 pictures, float32)",
        "| strength          | blended % | depth RMSE |",
        "| 0.5 (as it ships) |",
        "| blending off      |",
        "## Blended at strength 0.5 (share of layers)\n\n- all sites: 40.0 %\n- a: 25 %\n- b: 100 %\n",
    ):
        assert text in shown, text
    assert "## Further" not in shown
    assert "Published" not in shown


def test_a_network_without_sites_has_the_sentence_of_its_method_unless_there_is_one_for_it() -> None:
    model = make_model("nddr-cnn", method=replace(BLEND, controls=()))
    model.network.sites = ()
    assert card_sections(model)[0].sentences == ("Blend: streams are averaged.",)
    model.method = replace(model.method, alone="A baseline.")
    assert card_sections(model)[0].sentences == ("A baseline.",)


def test_a_method_that_cannot_count_does_not_take_the_page_down() -> None:
    def counting(counts: object) -> Model:
        control = replace(BLEND.controls[0], effect=replace(BLEND.controls[0].effect, counts=counts))  # type: ignore[type-var]
        return make_model("nddr-cnn", method=replace(BLEND, controls=(control,)))

    with pytest.raises(CheckpointError, match="cannot be shown"):
        card_markdown(counting(lambda network: {"a": "many"}))
    assert "Blended" not in card_markdown(counting(lambda network: {}))
