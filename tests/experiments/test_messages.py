"""How much of what comes on each edge the target's own features tell: by hand on small networks."""

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from tests.experiments.linear_fusion import linear_model, linear_picture
from vizlab.core.site import FusionModule, Intervention, Mixing, fusion_modules, intervening, observing
from vizlab.experiments.interventions.edges import Edge, edges_of
from vizlab.experiments.similarity.messages import own_features, predicted_messages
from vizlab.experiments.similarity.streams import cells_of
from vizlab.measures.linear_prediction import checkered_folds, predicted_share
from vizlab.rgbd import RGBDImage

SIZE = (32, 40)


def test_what_a_target_could_have_said_itself() -> None:
    """Depth drawn apart from colour is told by nothing of it; depth that is a sum of colours is told whole."""
    model = linear_model(SIZE)
    apart = linear_picture(SIZE)
    assert apart.colour is not None
    same = RGBDImage(apart.colour, (1 + apart.colour.astype(np.float32) @ np.array([0.002, 0.001, 0.003])).astype("f4"))
    into_rgb = Edge("first", "rgb", "depth")
    assert predicted_messages(model, apart)[into_rgb] == pytest.approx(0, abs=0.03)
    assert predicted_messages(model, same)[into_rgb] == pytest.approx(1, abs=1e-5)


def test_every_edge_that_adds_has_a_figure(cen_model: vizlab.Model, small_rgbd: RGBDImage) -> None:
    found = predicted_messages(cen_model, small_rgbd)
    assert list(found) == [edge for edge in edges_of(cen_model) if edge.source is not None]
    assert all(share <= 1 for share in found.values() if share == share)
    assert any(share == share for share in found.values())


def test_own_of_an_exchange_are_the_channels_that_were_not_replaced(small_rgbd: RGBDImage) -> None:
    """And what comes is the other stream's normalised channels in their place."""
    model = make_model("cen")
    site = model.sites[1].name
    exchanged = fusion_modules(model.network)[site].static_weights()["exchanged"][0]
    seen: list[torch.Tensor] = []

    def observe(module: FusionModule, mixing: Mixing) -> None:
        if module.site.name == site and mixing.target == 0:
            own = own_features(mixing)
            assert own is not None
            seen.extend([own.clone(), mixing.output.clone()])

    framing = model.frame(small_rgbd.size)
    with observing(observe), intervening(Intervention()):
        model.forward(model.preprocess(small_rgbd))
    own, output = seen
    assert torch.equal(own, output[:, torch.from_numpy(~exchanged)])
    message = output[:, torch.from_numpy(exchanged)]
    cells = cells_of(message, framing)
    height, width = framing.visible((message.shape[2], message.shape[3]))
    assert cells.shape[1] == height * width
    expected = predicted_share(cells_of(own, framing), cells, checkered_folds(height, width))
    found = predicted_messages(model, small_rgbd)[Edge(site, "rgb", "depth")]
    np.testing.assert_allclose(found, float(expected), rtol=1e-4)


def test_a_target_is_taken_apart_once_whoever_sends_to_it(
    small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three tasks each gets from two others: four folds for each target that has a figure, not eight."""
    count, eigh = [0], torch.linalg.eigh

    def counted(values: torch.Tensor) -> object:
        count[0] += 1
        return eigh(values)

    monkeypatch.setattr(torch.linalg, "eigh", counted)
    found = predicted_messages(make_model("nddr-cnn"), small_rgbd)
    known = [edge for edge, share in found.items() if share == share]
    targets = {(edge.site, edge.target) for edge in known}
    assert len(known) == 2 * len(targets) > 0
    assert count == [4 * len(targets)]
