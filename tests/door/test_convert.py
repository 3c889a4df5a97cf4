"""`vizlab convert`: what an authors' file does not say is said once, and nothing else changes."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests.door.authors_files import filled_state, golden_facts, image
from vizlab.cli import app
from vizlab.core.door import load_model
from vizlab.core.door.commands import in_words_of_the_command
from vizlab.errors import InputError, UnsaidError

NAME = "nddr_cnn_resnet18_nyud"


@pytest.fixture(scope="module")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("convert") / f"{NAME}.pth.tar"
    torch.save(filled_state(golden_facts(NAME)["keys"]), path)
    return path


def convert(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_the_same_numbers_and_nothing_left_to_assume(authors: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.safetensors"
    printed = convert(authors, out, "--tasks", "depth, semseg", "--working-size", "240x320")
    before = load_model(authors, "cpu", precision="float32", tasks=("depth", "semseg"), working_size=(240, 320))
    after = load_model(out, "cpu", precision="float32")
    assert after.assumed == {}
    assert after.config == before.config
    assert after.config.tasks == ("depth", "semseg")
    assert set(before.assumed) == {"output_stride", "normalisation", "classes"}
    for name, why in before.assumed.items():
        assert f"assumed {name}: {why}" in printed
    inputs = {"rgb": image("any", (64, 96))}
    one, other = before.forward(inputs), after.forward(inputs)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert before.checkpoint_hash in after.card["notes"][0]


def test_half_rounds(authors: Path, tmp_path: Path) -> None:
    convert(authors, tmp_path / "half.safetensors", "--half")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * authors.stat().st_size
    weight = load_model(tmp_path / "half.safetensors", "cpu").network.state_dict()["heads.depth.4.weight"]
    assert torch.equal(weight, weight.half().float())


def test_what_cannot_be(authors: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'a\.pth' is to be written; expected a name that ends in \.safetensors"):
        convert(authors, tmp_path / "a.pth")
    with pytest.raises(InputError, match="--working-size is '480'; expected HEIGHTxWIDTH, such as 480x640"):
        convert(authors, tmp_path / "a.safetensors", "--working-size", "480")


def test_what_is_open_is_said_in_words_of_the_command() -> None:
    err = UnsaidError("a.pth is a network, but it does not say which", "tasks", [("depth",), ("sal", "edge")])
    assert in_words_of_the_command(err) == (
        "a.pth is a network, but it does not say which; say it once with `vizlab convert CHECKPOINT OUT.safetensors` "
        "and --tasks depth or --tasks sal,edge."
    )
