"""The named endpoints, as a program calls them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import vizlab
from tests.door.authors_files import filled_state, golden_facts
from tests.door.tensorflow_files import write_checkpoint
from tests.page.page_process import NAMES, OWN_CHECKPOINT, addable, page_checkpoints, random_checkpoint
from vizlab.experiments.corruptions import severity_sweep

ENDPOINTS = {
    "/scenes", "/devices", "/models", "/inspect", "/analyse", "/threshold", "/site", "/labels", "/trace", "/figure",
    "/matrix", "/affinity", "/corrupt", "/intervene", "/sweep", "/add_from_folder", "/add_upload",
}  # fmt: skip


def ask(client: Client, **given: Any) -> dict[str, Any]:
    """One analysis on the CPU; paths are uploaded, what is not given has the endpoint's default."""
    values = {name: handle_file(str(value)) if isinstance(value, Path) else value for name, value in given.items()}
    return client.predict(**({"device": "cpu"} | values), api_name="/analyse")


@pytest.fixture(scope="module")
def result(client: Client, pair: tuple[Path, Path]) -> dict[str, Any]:
    return ask(client, colour=pair[0], depth=pair[1])


def test_only_the_named_endpoints_are_offered(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS


def test_scenes_models_devices(client: Client) -> None:
    assert client.predict(api_name="/scenes")
    assert "cpu" in client.predict(api_name="/devices")
    cards = {card["name"]: card for card in client.predict(api_name="/models")}
    assert set(cards) >= set(NAMES.values())
    assert cards[NAMES["cen"]]["inputs"] == ["rgb", "depth"]
    assert len(cards[NAMES["cen"]]["sites"]) == 17


def test_inspect_says_how_files_are_read(client: Client, pair: tuple[Path, Path]) -> None:
    record = client.predict(handle_file(str(pair[0])), handle_file(str(pair[1])), "auto", api_name="/inspect")
    assert record["depth"]["encoding"] == "mm"
    assert record["size"] == [480, 640]
    assert record["depth"]["holes"] == pytest.approx(12 / 640)


def test_analyse_summarises_every_network(result: dict[str, Any]) -> None:
    assert set(result["models"]) == set(NAMES.values())
    cen, mti = (result["models"][NAMES[name]] for name in ("cen", "mti"))
    assert {"semseg/rgb", "semseg/depth", "semseg/ensemble"} <= set(cen["predictions"])
    assert mti["predictions"]["depth"]["rmse_m"] > 0
    shares = [site["share"] for site in cen["sites"].values()]
    assert np.nansum(np.array(shares, float), axis=-1) == pytest.approx(1, abs=1e-3)
    assert all(site["share"] is None for site in mti["sites"].values() if site["kind"] == "propagation")


def test_same_numbers_as_python(client: Client, result: dict[str, Any], pair: tuple[Path, Path]) -> None:
    name = NAMES["nddr"]
    model = vizlab.load_model(page_checkpoints() / f"{name}.safetensors", device="cpu")
    trace = vizlab.trace(model, vizlab.read_rgbd(*pair))
    for site, values in result["models"][name]["sites"].items():
        np.testing.assert_allclose(values["share"], trace.sites[site].share, rtol=1e-5, atol=1e-6)
    labels = client.predict(result["key"], name, "semseg", api_name="/labels")
    np.testing.assert_array_equal(np.asarray(Image.open(labels)), trace.predictions["semseg"].label)


def test_trace_file_is_read_by_python(client: Client, result: dict[str, Any]) -> None:
    trace = vizlab.load_trace(client.predict(result["key"], NAMES["cen"], api_name="/trace"))
    assert trace.model.name == NAMES["cen"]
    assert trace.input_digest == result["picture"]["digest"]


def test_threshold_reruns_cen_alone(client: Client, result: dict[str, Any]) -> None:
    moved = client.predict(result["key"], 0.5, api_name="/threshold")
    cen = NAMES["cen"]
    assert moved["key"] != result["key"]
    assert moved["models"][cen]["settings"] == {"threshold": 0.5}
    assert moved["models"][cen]["exchange"]["fraction"] > result["models"][cen]["exchange"]["fraction"]
    assert moved["models"][NAMES["mti"]] == result["models"][NAMES["mti"]]
    none = client.predict(result["key"], 0, api_name="/threshold")
    assert none["models"][cen]["exchange"]["fraction"] == 0


def test_site_gives_numbers_and_a_picture(client: Client, result: dict[str, Any]) -> None:
    numbers, picture = client.predict(result["key"], NAMES["nddr"], "nddr.stage3", "depth", api_name="/site")
    assert numbers["targets"] == ["semseg", "depth", "normals"]
    with Image.open(picture) as image:
        assert image.size == (640, 480)


@pytest.mark.parametrize(
    ("model", "view"), [("cen", "exchange_ledger"), ("nddr", "nddr_drift"), ("mti", "affinity_shares")]
)
def test_charts_are_plotly_json(client: Client, result: dict[str, Any], model: str, view: str) -> None:
    figure = client.predict(result["key"], NAMES[model], view, api_name="/figure")
    assert figure["data"]
    assert json.dumps(figure)


def test_matrix_and_affinity(client: Client, result: dict[str, Any]) -> None:
    assert client.predict(result["key"], NAMES["nddr"], "nddr.stage1", "drift", api_name="/matrix")["data"]
    assert client.predict(result["key"], NAMES["mti"], "raw", api_name="/affinity")["data"]


def test_a_users_own_checkpoint(client: Client, pair: tuple[Path, Path], tmp_path: Path) -> None:
    name = client.predict(OWN_CHECKPOINT, api_name="/add_from_folder")
    file = random_checkpoint(tmp_path / "brought.safetensors", seed=2)
    brought = client.predict(handle_file(str(file)), api_name="/add_upload")
    found = ask(client, colour=pair[0], depth=pair[1], models=[name, brought])
    assert set(found["models"]) == {name, brought} == {OWN_CHECKPOINT.removesuffix(".safetensors"), "brought"}


def test_a_checkpoint_of_several_files(client: Client, tmp_path: Path) -> None:
    """A client uploads each file to a folder of its own."""
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], "")
    index = write_checkpoint(tmp_path, {k: v.numpy() for k, v in state.items()}, "model.ckpt-9", shards=2)
    values = [handle_file(str(path)) for path in sorted(tmp_path.glob("*.data-*"))]
    with pytest.raises(AppError, match="their values are missing"):
        client.predict(handle_file(str(index)), api_name="/add_upload")
    added = client.predict(handle_file(str(index)), values=values, api_name="/add_upload")
    assert added == "model.ckpt-9"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"scene": "nowhere"}, "no picture yet"),
        ({"models": ["nobody"]}, "No network is called"),
        ({"working_size": "huge"}, "working size"),
        ({"settings": {"threshold": -1}}, "expected a number of 0 or more"),
        ({"settings": {"temperature": 1}}, "no setting of any method"),
        ({"depth_unit": "furlong"}, "depth unit"),
        ({"reading": {"align": "somehow"}}, "align"),
        ({"reading": {"depth": "mm"}}, "no option 'depth' of reading"),
        ({"device": "abacus"}, "device"),
    ],
)
def test_errors_are_one_sentence(client: Client, pair: tuple[Path, Path], given: dict[str, Any], words: str) -> None:
    picture = {} if "scene" in given else {"colour": pair[0], "depth": pair[1]}
    with pytest.raises(AppError, match=words) as caught:
        ask(client, **(picture | given))
    assert "Traceback" not in str(caught.value)


def test_unknown_key_says_what_to_do(client: Client) -> None:
    with pytest.raises(AppError, match="no longer kept"):
        client.predict("0" * 32, 0.1, api_name="/threshold")


def test_a_path_on_the_server_is_no_upload(client: Client) -> None:
    outside = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(AppError):
        client.predict(outside, None, "auto", api_name="/inspect")


def test_predicted_depth_can_be_asked_for(client: Client, pair: tuple[Path, Path]) -> None:
    given = {"colour": handle_file(str(pair[0])), "models": [NAMES["cen"], NAMES["nddr"]]}
    without = ask(client, **given)
    instead = ask(client, **given, predicted_depth=True)
    assert any("needs a depth map" in warning for warning in without["warnings"])
    assert any("predicted from the colour picture" in warning for warning in instead["warnings"])


def test_corrupt_is_the_sweep_of_python(client: Client, result: dict[str, Any], pair: tuple[Path, Path]) -> None:
    answer = client.predict(result["key"], NAMES["cen"], "depth-unit", api_name="/corrupt")
    rgbd = vizlab.read_rgbd(*pair)
    model = vizlab.load_model(page_checkpoints() / f"{NAMES['cen']}.safetensors", "cpu")
    expected = severity_sweep(model, rgbd, ["depth-unit"])
    for told, row in zip(answer["rows"], expected.rows(), strict=True):
        assert told["parameters"] == row["parameters"]
        assert told["confidence"] == pytest.approx(row["confidence"], abs=1e-3)
        for pair_ in expected.pairs:
            assert told[expected.column(pair_)] == pytest.approx(row[expected.column(pair_)], abs=1e-3)
    assert answer["fusion response"]["depth-unit"].startswith("With depth broken so (wrong unit)")
    with pytest.raises(AppError, match="There is no corruption 'rain'"):
        client.predict(result["key"], NAMES["cen"], "rain", api_name="/corrupt")


def test_intervene_is_that_of_python(client: Client, result: dict[str, Any], pair: tuple[Path, Path]) -> None:
    name = NAMES["cen"]
    rgbd = vizlab.read_rgbd(*pair)
    model = vizlab.load_model(page_checkpoints() / f"{name}.safetensors", "cpu")
    site = model.sites[-2].name
    given = [{"site": site, "target": "rgb", "source": "depth"}, {"set": "threshold", "value": 0.05}]
    answer = client.predict(result["key"], name, given, api_name="/intervene")
    effect = vizlab.intervene(model, rgbd, [vizlab.cut(site, "rgb", "depth"), vizlab.threshold(0.05)])
    assert answer["kl"] == pytest.approx(effect.kl, rel=1e-2)
    assert answer["changes"] == [change.to_dict() for change in effect.changes]
    for wrong, said in (([{"site": "nowhere"}], "has no site 'nowhere'; its sites are"), ([], "one or more"),
                        ([{"by": "cut"}], "A change is"), ([{"site": site, "by": "magic"}], "magic")):  # fmt: skip
        with pytest.raises(AppError, match=said):
            client.predict(result["key"], name, wrong, api_name="/intervene")


@pytest.mark.slow
def test_sweep_is_that_of_python(client: Client, pair: tuple[Path, Path]) -> None:
    """As in `tests/page/test_intervene_endpoints.py`, over the wire."""
    rgbd = vizlab.read_rgbd(*pair)
    small = client.predict(OWN_CHECKPOINT, api_name="/add_from_folder")
    key = ask(client, colour=pair[0], depth=pair[1], models=[small])["key"]
    swept = client.predict(key, small, api_name="/sweep")
    expected = vizlab.sweep(vizlab.load_model(addable() / OWN_CHECKPOINT, "cpu"), rgbd).to_dict()
    assert [(row["site"], row["target"]) for row in swept["edges"]] == [
        (row["site"], row["target"]) for row in expected["edges"]
    ]
    for kind in ("total", "direct"):
        assert [row[kind]["semseg"] for row in swept["edges"]] == pytest.approx(
            [row[kind]["semseg"] for row in expected["edges"]], rel=1e-2, abs=1e-6
        )
    assert client.predict(key, small, api_name="/sweep") == swept
