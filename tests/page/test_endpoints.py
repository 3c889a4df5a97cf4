"""What programs and assistants read of the endpoints: names, defaults and words, as the page's server tells them."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from PIL import Image

from tests.page.page_process import free_port
from vizlab.core.registry import methods
from vizlab.page import api, app_builder
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

REQUIRED = {
    "/scenes": [], "/devices": [], "/models": [], "/inspect": [], "/analyse": [],
    "/site": ["key", "model", "site", "target"], "/labels": ["key", "model"], "/trace": ["key", "model"],
    "/figure": ["key", "model", "view"], "/affinity": ["key", "model"], "/corrupt": ["key", "model"],
    "/intervene": ["key", "model", "changes"], "/sweep": ["key", "model"],
    "/threshold": ["key", "value"], "/matrix": ["key", "model", "site"], "/add_from_folder": ["name"],
    "/add_upload": ["checkpoint"],
}  # fmt: skip


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with gr.Blocks(analytics_enabled=False) as blocks:
        api.add_endpoints(Workspace(Settings(checkpoints=tmp_path_factory.mktemp("none"))))
    return blocks.get_api_info()["named_endpoints"]


def test_what_must_be_given_has_no_default_and_the_rest_has_its_own(endpoints: dict[str, Any]) -> None:
    assert set(endpoints) == set(REQUIRED)
    for name, endpoint in endpoints.items():
        without = [p["parameter_name"] for p in endpoint["parameters"] if not p["parameter_has_default"]]
        assert without == REQUIRED[name], name
    defaults = {p["parameter_name"]: p["parameter_default"] for p in endpoints["/analyse"]["parameters"]}
    assert defaults == {
        "colour": None, "depth": None, "scene": "", "models": None, "depth_unit": "auto", "settings": None,
        "device": "auto", "working_size": "own", "predicted_depth": False, "precision": "auto", "reading": None,
        "domains": None, "pictures": None,
    }  # fmt: skip


def test_defaults_are_those_of_the_functions(endpoints: dict[str, Any], tmp_path: Path) -> None:
    import inspect

    does = api.Endpoints(Workspace(Settings(checkpoints=tmp_path)))
    for name, endpoint in endpoints.items():
        function = getattr(does, name[1:], None)
        if function is None:  # a control's or a method's own
            continue
        expected = inspect.signature(function).parameters
        assert [p["parameter_name"] for p in endpoint["parameters"]] == list(expected), name
        for parameter in endpoint["parameters"]:
            usual = expected[parameter["parameter_name"]].default
            assert parameter["parameter_default"] == (None if usual is inspect.Parameter.empty else usual)


def test_every_parameters_schema_is_one(endpoints: dict[str, Any]) -> None:
    """By JSON Schema a type is a word; assistants refuse a tool of which any parameter has another."""
    words = {"array", "boolean", "integer", "null", "number", "object", "string"}
    found = {}
    for endpoint in endpoints.values():
        for parameter in endpoint["parameters"]:
            form = parameter["type"]
            found[parameter["parameter_name"]] = form["type"]
            assert form["type"] in words, parameter["parameter_name"]
            assert form.get("items", {}).get("type", "object") in words
    assert (found["models"], found["settings"], found["changes"]) == ("array", "object", "array")


def test_every_endpoint_and_every_parameter_says_what_it_is(endpoints: dict[str, Any]) -> None:
    for name, endpoint in endpoints.items():
        assert endpoint["description"].strip(), name
        for parameter in endpoint["parameters"]:
            assert len(parameter["python_type"]["description"]) > 5, (name, parameter["parameter_name"])


def test_no_name_was_made_up_by_the_machine(endpoints: dict[str, Any]) -> None:
    made_up = re.compile(r"^(value|parameter|param|input|output)_?\d+$")
    for endpoint in endpoints.values():
        for one in (*endpoint["parameters"], *endpoint["returns"]):
            assert not made_up.match(one["label"])
            assert not made_up.match(one.get("parameter_name", ""))


def test_a_methods_own_questions_name_their_parameters(endpoints: dict[str, Any]) -> None:
    asked = {f"/{name}" for method in methods().values() for name in method.questions()}
    assert asked
    (matrix,) = [endpoint for name, endpoint in endpoints.items() if name in asked]
    last = matrix["parameters"][-1]
    assert (last["parameter_name"], last["parameter_default"]) == ("show", "weight")
    assert last["python_type"]["description"] == "weight, scaled or drift"


def test_assistants_are_served_where_their_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, expected in ((object(), True), (None, False)):
        monkeypatch.setattr(app_builder, "find_spec", lambda name, found=found: found if name == "mcp" else None)
        assert app_builder.launch_options(Settings())["mcp_server"] is expected


Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """How an assistant asks a running page: a method of MCP, its parameters, headers of its own."""
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
    settings = Settings(checkpoints=tmp_path_factory.mktemp("none"), port=free_port())
    app = app_builder.launch(settings=settings, prevent_thread_lock=True, quiet=True)
    accepts = {"Accept": "application/json, text/event-stream"}
    with httpx.Client(trust_env=False, headers=accepts, timeout=120) as client:

        def asking(method: str, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
            question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
            return client.post(f"http://127.0.0.1:{settings.port}/gradio_api/mcp/", json=question, headers=headers)

        yield asking
    app.close()


def result(answer: httpx.Response) -> dict[str, Any]:
    return json.loads(answer.text.partition("data: ")[2])["result"]


def test_an_assistants_call_goes_the_way_of_all(ask: Ask) -> None:
    """With a picture as it sends one; addresses, which Gradio would fetch for it, are refused."""
    pixels = io.BytesIO()
    Image.new("RGB", (64, 48)).save(pixels, "png")
    given = f"data:image/png;base64,{base64.b64encode(pixels.getvalue()).decode()}"
    found = result(ask("tools/call", {"name": "inspect", "arguments": {"colour": given}}))
    assert not found["isError"]
    assert "'size': [48, 64]" in found["content"][0]["text"]
    for address in ("http://127.0.0.1:1/a.png", "file:///etc/passwd", "/etc/passwd"):
        assert result(ask("tools/call", {"name": "inspect", "arguments": {"colour": address}}))["isError"]
    refused = result(ask("tools/call", {"name": "analyse", "arguments": {"scene": "nowhere", "models": ["none"]}}))
    assert "choose a bundled scene" in refused["content"][0]["text"]


def test_foreign_names_and_sites_do_not_reach_assistants_tools_either(ask: Ask) -> None:
    assert ask("tools/list", Host="elsewhere.example").status_code == 421
    assert ask("tools/list", Origin="http://elsewhere.example").status_code == 403


def test_an_assistant_reads_what_a_program_reads(ask: Ask) -> None:
    tools = {tool["name"]: tool for tool in result(ask("tools/list"))["tools"]}
    assert {f"/{name}" for name in tools} == set(REQUIRED)
    site = tools["site"]["inputSchema"]
    assert site["required"] == REQUIRED["/site"]
    assert site["properties"]["key"]["description"] == api.PARAMETERS["key"]
