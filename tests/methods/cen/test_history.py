"""The scales of a training: files as the authors' program leaves them, and what is read off them."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from vizlab import views
from vizlab.cli import app
from vizlab.errors import VizlabError
from vizlab.methods.cen.history import Crossing, ScaleHistory
from vizlab.methods.cen.history_charts import FRAMES, exchange_history, scale_film, scale_map
from vizlab.methods.cen.history_files import read_history

LEVELS = (1, 2, 4, 8, 8, 8, 8, 8)
"""Of the encoder, times the number of filters."""
SITES = [f"conv{level}.insnorm_conv" for level in range(2, 8)]


def scale(epoch: int, level: int, stream: int, channel: int) -> float:
    """A value that says of what it is; by its sign as well, as trained ones do."""
    return (-1) ** channel * (1 + epoch + 10 * level + 100 * stream + channel / 1000)


def listed(epoch: int, streams: int = 2, filters: int = 2, levels: range = range(1, 9)) -> list[torch.nn.Parameter]:
    """As the authors' program keeps an epoch: parameters in the order of their names."""
    return [
        torch.nn.Parameter(torch.tensor([scale(epoch, level, s, c) for c in range(filters * LEVELS[level - 1])]))
        for level in levels
        for s in range(streams)
    ]


def write(folder: Path, epochs: range, **how: object) -> Path:
    inner = folder / "insnorm_params"
    inner.mkdir(parents=True, exist_ok=True)
    for epoch in epochs:
        torch.save(listed(epoch, **how), inner / f"insnorm_params_{epoch:03d}.pth")  # type: ignore[arg-type]
    return inner


@pytest.mark.parametrize("streams", [1, 2, 3, 4])
@pytest.mark.parametrize("levels", [range(1, 9), range(2, 8), range(2, 9)])
def test_every_scale_is_in_its_place(streams: int, levels: range, tmp_path: Path) -> None:
    folder = write(tmp_path, range(98, 102), streams=streams, levels=levels)
    torch.save({}, folder / "checkpoint-gen-99.pkl")  # of another kind, and not looked at
    found = read_history(tmp_path)
    assert found.epochs == (98, 99, 100, 101)  # by number, not by name
    assert found.streams == tuple(f"input{i}" for i in range(streams))
    assert [norm.name for norm in found.norms] == [f"conv{level}.insnorm_conv" for level in levels]
    assert [site.name for site in found.sites] == SITES
    for norm, level in zip(found.norms, levels, strict=True):
        for e, s, c in itertools.product(range(4), range(streams), range(norm.channels)):
            assert norm.gamma[e, s, c] == pytest.approx(scale(98 + e, level, s, c))


@pytest.mark.parametrize("filters", [1, 3, 64])
def test_any_number_of_filters(filters: int, tmp_path: Path) -> None:
    write(tmp_path, range(1), filters=filters)
    found = read_history(tmp_path / "insnorm_params" / "insnorm_params_000.pth")
    assert [site.channels for site in found.sites] == [filters * n for n in LEVELS[1:7]]


def made(values: np.ndarray, epochs: tuple[int, ...]) -> ScaleHistory:
    """A history whose every site has the scales `values` (E, S, C), in conv4 and conv7 shifted by a channel."""
    from vizlab.methods.cen.history import SiteHistory

    norms = [SiteHistory(name, np.roll(values, name[4] in "47", 2).astype(np.float32), True) for name in SITES]
    norms.append(SiteHistory("conv8.insnorm_conv", np.zeros_like(values, np.float32), False))
    return ScaleHistory(epochs, ("input0", "input1"), tuple(norms))


VALUES = np.array([
    [[0.5, -0.2, 0.3, 1.0], [0.005, 1.0, 1.0, 1.0]],
    [[0.5, -0.004, 0.3, 1.0], [0.005, 1.0, 1.0, 1.0]],
    [[0.5, -0.004, 0.002, 1.0], [0.02, 1.0, 1.0, 1.0]],
])  # fmt: skip


def test_shares_and_passings_by_hand() -> None:
    """At 0.01: nobody and a quarter; then a channel of input0 falls; at last another, and that of input1 is back."""
    found = made(VALUES, (3, 4, 9))
    np.testing.assert_allclose(found.share(0.01), [[0, 0.25], [0.25, 0.25], [0.5, 0]])
    assert found.shares(0.01).shape == (3, 6, 2)
    np.testing.assert_allclose(found.shares(0.01)[:, 0], [[0, 0.25], [0.25, 0.25], [0.5, 0]])
    passed = found.crossings(0.01)
    assert len(passed) == 18
    assert passed[0] == Crossing("conv2.insnorm_conv", "input0", 1, 4, down=True)
    assert passed[2] == Crossing("conv4.insnorm_conv", "input0", 2, 4, down=True)
    at_nine = [one for one in passed if one.epoch == 9 and one.site == SITES[0]]
    assert [(one.stream, one.channel, one.down) for one in at_nine] == [("input0", 2, True), ("input1", 0, False)]
    assert found.settled(0.01) == 9
    assert found.settled(0.001) == 3
    assert found.missing == ()  # more are missing than there are: they were not kept
    words = found.words(0.01)
    assert "input0 from 0.0 % to 50.0 %, input1 from 25.0 % to 0.0 %, epoch 3 to 9" in words
    assert "12 times a channel falls" in words
    assert "6 times one comes back" in words
    assert "No channel passes" in found.words(0.001)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path, range(5))
    (folder / "insnorm_params_002.pth").unlink()
    found = read_history(folder)
    assert found.missing == (2,)
    assert "No file of 1 epochs in between (2, ...)" in scale_film(found).layout.title.text


def test_the_film_shows_every_epoch() -> None:
    found = made(VALUES, (3, 4, 9))
    figure = scale_film(found, 0.01)
    (slider,) = figure.layout.sliders
    assert [step.label for step in slider.steps] == ["3", "4", "9"]
    assert [trace.name for trace in figure.data] == ["input0", "input1"] * 6
    np.testing.assert_allclose(figure.data[0].y, [0.002, 0.004, 0.5, 1.0])  # the last epoch, sorted
    np.testing.assert_allclose(figure.data[0].x, [0.25, 0.5, 0.75, 1.0])
    (first,), _ = (step.args[0]["y"][:1] for step in slider.steps[:2])
    np.testing.assert_allclose(first, [0.2, 0.3, 0.5, 1.0])
    assert list(slider.steps[0].args[1]) == list(range(12))
    assert slider.active == 2


def test_long_trainings_are_drawn_at_some_epochs() -> None:
    found = made(np.tile(VALUES, (200, 1, 1)), tuple(range(600)))
    figure = scale_film(found)
    steps = figure.layout.sliders[0].steps
    assert len(steps) == FRAMES
    assert (steps[0].label, steps[-1].label) == ("0", "599")
    assert f"{FRAMES} of 600 epochs are drawn" in figure.layout.title.text


def test_shares_over_time_and_one_site() -> None:
    found = made(VALUES, (3, 4, 9))
    thick = [trace for trace in exchange_history(found, 0.01).data if trace.line.width == 3]
    assert [list(trace.x) for trace in thick] == [[3, 4, 9]] * 2
    np.testing.assert_allclose([trace.y for trace in thick], found.share(0.01).T)
    figure = scale_map(found, "conv3.insnorm_conv", 0.01)
    rows = [trace.customdata[:, 0].tolist() for trace in figure.data]
    assert rows == [["2", "1", "0", "3"], ["0", "1", "2", "3"]]  # by |gamma| at the end
    np.testing.assert_allclose(figure.data[0].z[0], np.log10([0.3, 0.3, 0.002]), rtol=1e-5)
    with pytest.raises(VizlabError, match="is no site of these files; expected one of conv2"):
        scale_map(found, "conv8.insnorm_conv")


def refusal(given: object) -> str:
    with pytest.raises(VizlabError) as caught:
        read_history(given)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def save(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "a generator": (lambda: {"conv2.insnorm_conv.insnorm_0.weight": torch.ones(4)}, "holds tensors by name, such as"),
    "matrices": (lambda: [torch.ones(2, 2)] * 4, "holds other things than scales"),
    "whole numbers": (lambda: [torch.ones(2, dtype=torch.long)], "holds other things than scales"),
    "gaps": (lambda: [torch.ones(2), torch.ones(2), {"a": torch.ones(2)}], "holds tensors by name"),
    "nothing": (list, "expected"),
    "not finite": (lambda: [torch.full((2,), float("nan"))], "no finite numbers"),
    "other widths": (lambda: [torch.ones(n) for n in (2, 2, 6, 6)], "2, 2, 6, 6 channels, which is no encoder"),
    "uneven": (lambda: listed(0)[:-1], "no encoder"),
    "too many levels": (lambda: [*listed(0), *listed(0)[-2:]], "no encoder"),
    "one level": (lambda: [torch.ones(8)] * 4, "no encoder"),
}


@pytest.mark.parametrize("what", WRONG)
def test_other_files_are_refused_by_what_they_hold(what: str, tmp_path: Path) -> None:
    content, words = WRONG[what]
    assert words in refusal(save(tmp_path / "insnorm_params_000.pth", content()))


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, range(3))
    other = save(tmp_path / "insnorm_params_007.pth", listed(0, filters=3))
    files = [*folder.iterdir()]
    assert "hold scales of two networks" in refusal([*files, other])
    again = save(tmp_path / "insnorm_params_0001.pth", listed(1))
    assert "are both of epoch 1" in refusal([*files, again])
    nameless = save(tmp_path / "scales.pth", listed(0))
    assert "does not say of which epoch" in refusal([*files, nameless])
    assert read_history(nameless).epochs == (0,)
    assert "No file was given" in refusal([])
    (tmp_path / "empty").mkdir()
    assert "holds no files such as insnorm_params_012.pth" in refusal(tmp_path / "empty")


def test_damage_is_said_of_the_file(tmp_path: Path) -> None:
    folder = write(tmp_path, range(2))
    damaged = folder / "insnorm_params_001.pth"
    damaged.write_bytes(damaged.read_bytes()[:700])
    assert refusal(folder).startswith("insnorm_params_001.pth")
    with damaged.open("wb") as file:
        file.truncate(9_000_000)
    assert "more than the scales of an epoch have" in refusal(folder)


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(tmp_path / "executed"), "w")

    assert "Nothing in it was run" in refusal(save(tmp_path / "insnorm_params_000.pth", [Trap()]))
    assert not (tmp_path / "executed").exists()


def test_from_python_and_the_command_line(tmp_path: Path) -> None:
    folder = write(tmp_path, range(3))
    assert len(views.scale_film(folder).layout.sliders[0].steps) == 3
    assert views.exchange_history(tmp_path).layout.height
    assert len(views.scale_map(folder).data) == 2
    page = tmp_path / "film.html"
    done = CliRunner().invoke(app, ["scales", str(folder), "--out", str(page), "--threshold", "22.5"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["epochs"] == [0, 1, 2]
    assert said["share"]["input1"] == [0, 0, 0]
    counts = np.array([4, 8, 16, 16, 16, 16])
    assert said["share"]["input0"][0] == pytest.approx(counts[0] / counts.sum(), abs=1e-4)  # conv2 alone
    text = page.read_text()
    assert text.count("Plotly.newPlot") == 3
    assert "The scales over training" in text
