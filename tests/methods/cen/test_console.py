"""What the threshold's console counts in the browser, read from its HTML, against counts by hand."""

import base64
import json
import re
from html import unescape
from typing import Any

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.console import CONSOLE_JS, STEPS, console

TASKS = ("semseg", "depth", "normals")


def painted(html: str, at: int) -> dict[str, Any]:
    """The numbers that CONSOLE_JS writes with the slider at that step, by the same arithmetic."""
    found = re.search(r'data-console="([^"]*)"', html)
    assert found
    data = json.loads(unescape(found[1]))
    counts = np.frombuffer(base64.b64decode(data["counts"]), "<u2")
    steps, targets = len(data["steps"]), len(data["targets"])
    places = [[(s * targets + t) * steps + at for t in range(targets)] for s in range(len(data["sites"]))]
    below = counts[np.array(places)].astype(int)
    total, channels = below.sum(), sum(data["channels"])
    return {
        "threshold": data["steps"][at],
        "all": total / (channels * targets),
        "dead": data["dead"][at] / total if total else None,
        "by target": dict(zip(data["targets"], below.sum(0) / channels, strict=True)),
        "bars": {
            (i, target): below[i, j] / data["channels"][i]
            for i in range(len(data["sites"]))
            for j, target in enumerate(data["targets"])
        },
    }


def by_hand(gammas: dict[str, np.ndarray], streams: tuple[str, ...], threshold: float) -> dict[str, Any]:
    below = {name: np.abs(g.astype(np.float32)) < np.float32(threshold) for name, g in gammas.items()}
    channels, total = sum(g.shape[1] for g in gammas.values()), sum(int(b.sum()) for b in below.values())
    dead = sum(len(streams) * int(b.all(0).sum()) for b in below.values())
    return {
        "threshold": threshold,
        "all": total / (channels * len(streams)),
        "dead": dead / total if total else None,
        "by target": {s: sum(int(b[i].sum()) for b in below.values()) / channels for i, s in enumerate(streams)},
        "bars": {(at, s): float(b[i].mean()) for at, b in enumerate(below.values()) for i, s in enumerate(streams)},
    }


@pytest.mark.parametrize("streams", [("rgb", "depth"), TASKS])
def test_every_step_counts_what_is_below_it(cen_trace: FusionTrace, streams: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    gammas = {name: rng.choice([0, 0.01, -0.02, 0.3, 1.7], (len(streams), c)) for name, c in (("a", 12), ("b", 30))}
    html = console(with_sites(cen_trace, *(site(g, name=n, streams=streams) for n, g in gammas.items())), 0.02)
    assert painted(html, 0)["threshold"] == 0
    for at, step in enumerate(STEPS):
        shown, expected = painted(html, at), by_hand(gammas, streams, step)
        assert shown["threshold"] == pytest.approx(step)
        assert (shown["all"], shown["dead"]) == pytest.approx((expected["all"], expected["dead"]))
        assert shown["by target"] == pytest.approx(expected["by target"])
        assert shown["bars"] == pytest.approx(expected["bars"])


def test_it_starts_at_the_run_and_goes_back_to_the_checkpoint(cen_trace: FusionTrace) -> None:
    gamma = np.array([[0.01, 0.04, 1], [1, 0.04, 0.01]])
    html = console(with_sites(cen_trace, site(gamma), threshold=0.0456), 0.0123)
    shown, own = (int(re.search(rf'data-{name}="(\d+)"', html)[1]) for name in ("shown", "own"))  # type: ignore[index]
    assert painted(html, shown)["threshold"] == 0.0456
    assert painted(html, own)["threshold"] == 0.0123
    assert painted(html, shown)["all"] == pytest.approx(4 / 6)
    assert painted(html, shown)["dead"] == pytest.approx(2 / 4)


def test_the_browser_writes_them_where_they_belong(cen_trace: FusionTrace) -> None:
    """The places that CONSOLE_JS fills, in the words beside them."""
    html = console(cen_trace, 0.02)
    lines = [re.sub("<[^>]*>", "", line) for line in re.findall(r"<div>(<b data-sum.*?)</div>", html)]
    places = re.findall(r'data-sum="(\w+)"', html)
    assert places == ["all", "0", "1", "dead"]
    assert [line.removeprefix("–") for line in lines] == [
        "of all channels exchanged", "rgb takes from depth", "depth takes from rgb",
        "of exchanges are dead: what comes is below, too",
    ]  # fmt: skip
    assert all(f"[data-sum={place}]" in CONSOLE_JS for place in ("all", "dead"))
    assert "per site, from input to output" in html


def test_the_slider_is_for_the_network_on_show(cen_trace: FusionTrace) -> None:
    html = console(cen_trace, 0.02)
    assert f'data-model="{cen_trace.model.name}"' in html
    assert "model: slider.dataset.model" in CONSOLE_JS
    data = json.loads(unescape(re.search(r'data-console="([^"]*)"', html)[1]))  # type: ignore[index]
    assert data["sites"][0] == "site 1 of 17, stage 1, 32 channels"
