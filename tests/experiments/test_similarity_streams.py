"""Similarity of streams at sites against CKA of the features that hooks collect, and over pictures against sums."""

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Mixing, fusion_modules, observing
from vizlab.experiments.similarity.cka import linear_cka, unbiased_cka
from vizlab.experiments.similarity.streams import (
    MOST_CELLS,
    Place,
    StreamSimilarity,
    cells_of,
    stream_similarity,
    summed_up,
)
from vizlab.rgbd import RGBDImage


def whole_outputs(model: Model, inputs: dict[str, torch.Tensor]) -> dict[tuple[str, int], torch.Tensor]:
    """Copies of every site's outputs by site and target."""
    kept = {}

    def keep(module: FusionModule, mixing: Mixing) -> None:
        kept[module.site.name, mixing.target] = mixing.output.clone()

    with observing(keep):
        model.forward(inputs)
    return kept


@pytest.fixture(scope="module")
def low(small_rgbd: RGBDImage) -> RGBDImage:
    """A picture below which there is padding."""
    return RGBDImage(small_rgbd.colour[:60].copy(), small_rgbd.depth[:60].copy())  # type: ignore[index]


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_after_mixing_it_is_the_cka_of_what_targets_have(family: str, low: RGBDImage) -> None:
    model, small_rgbd = make_model(family), low
    assert model.frame(low.size).content != model.frame(low.size).padded
    framing, inputs = model.frame(small_rgbd.size), model.preprocess(small_rgbd)
    outputs = whole_outputs(model, inputs)
    found = {one.place: one for one in stream_similarity(model, small_rgbd)}
    assert not fusion_modules(model.network)[model.sites[0].name].observer
    for site in model.sites:
        if not site.additive:
            assert not [place for place in found if place.site == site.name]
            continue
        for i, first in enumerate(site.targets):
            for j in range(i + 1, len(site.targets)):
                one = found[Place(site.name, "after", first, site.targets[j])]
                height, width = framing.visible(outputs[site.name, i].shape[-2:])
                x, y = (outputs[site.name, t][0, :, :height, :width].flatten(1).T for t in (i, j))
                assert (one.cells, one.channels, one.pictures) == (*x.shape, 1)
                assert one.cka == pytest.approx(float(unbiased_cka(x, y)), abs=1e-6, nan_ok=True)
                assert one.kornblith == pytest.approx(float(linear_cka(x, y)), abs=1e-6)
                assert np.isnan([one.low, one.high]).all()


def test_before_mixing_where_a_target_adds_itself(small_rgbd: RGBDImage) -> None:
    """A distillation's own part is the task's features; where channels are replaced there is no own part to see."""
    mti = {one.place.when for one in stream_similarity(make_model("mti-net"), small_rgbd)}
    cen = {one.place.when for one in stream_similarity(make_model("cen"), small_rgbd)}
    assert mti == {"before", "after"}
    assert cen == {"after"}
    model, entering = make_model("mti-net"), {}
    for name, module in fusion_modules(model.network).items():
        module.register_forward_pre_hook(lambda m, args, name=name: entering.update({name: args[0]}))
    found = {one.place: one for one in stream_similarity(model, small_rgbd)}
    site = next(s for s in model.sites if s.additive)
    first, second = site.targets[:2]
    cells = [cells_of(entering[site.name][t], model.frame(small_rgbd.size))[0] for t in (first, second)]
    assert found[Place(site.name, "before", first, second)].cka == pytest.approx(float(unbiased_cka(*cells)), abs=1e-6)


def test_a_batch_is_its_pictures_one_after_the_other(small_rgbd: RGBDImage) -> None:
    assert small_rgbd.colour is not None
    model = make_model("nddr-cnn")
    other = RGBDImage(small_rgbd.colour[:, ::-1].copy())
    framing = model.frame(small_rgbd.size)
    single, both = StreamSimilarity(), StreamSimilarity()
    inputs = [model.preprocess(rgbd, framing) for rgbd in (small_rgbd, other)]
    for one in inputs:
        single.add(model, one, framing)
    both.add(model, {name: torch.cat([one[name] for one in inputs]) for name in model.inputs}, framing)
    assert single.terms().keys() == both.terms().keys()
    for place, terms in single.terms().items():
        assert terms.shape == (2, 6)
        np.testing.assert_allclose(both.terms()[place], terms, rtol=2e-3)


def test_forwards_within_one_block_stand_for_themselves(small_rgbd: RGBDImage) -> None:
    model = make_model("nddr-cnn")
    framing = model.frame(small_rgbd.size)
    first, second = model.preprocess(small_rgbd), {"rgb": model.preprocess(small_rgbd)["rgb"].flip(3)}
    apart, together = StreamSimilarity(), StreamSimilarity()
    for inputs in (first, second):
        apart.add(model, inputs, framing)
    with together.watching(framing):
        for inputs in (first, second):
            model.forward(inputs)
    for place, terms in apart.terms().items():
        np.testing.assert_array_equal(together.terms()[place], terms)


def test_terms_are_averaged_apart_before_the_quotient() -> None:
    terms = np.array([[1.0, 2, 4, 3, 9, 4], [0.5, 8, 1, 1, 1, 4]])
    found = summed_up(Place("s", "after", "a", "b"), terms, (10, 3), resamples=400)
    assert found.cka == pytest.approx(1.5 / np.sqrt(10 * 5))
    assert found.kornblith == pytest.approx((3 / 6 + 1 / 2) / 2)
    each = 1 / np.sqrt(8), 0.5 / np.sqrt(8)
    assert found.low == pytest.approx(min(*each, found.cka))
    assert found.high == pytest.approx(max(*each, found.cka))
    assert summed_up(found.place, terms, (10, 3), resamples=400) == found


def test_a_stream_that_is_constant_has_none() -> None:
    found = summed_up(Place("s", "after", "a", "b"), np.zeros((3, 6)), (10, 3), resamples=10)
    assert np.isnan([found.cka, found.low, found.high, found.kornblith]).all()


def test_large_maps_are_thinned_from_their_middle(cen_model: Model) -> None:
    framing = cen_model.frame((96, 128))
    features = torch.arange(96.0 * 128).view(1, 1, 96, 128)
    cells = cells_of(features, framing)
    assert cells.shape == (1, 48 * 64, 1)
    assert cells.shape[1] <= MOST_CELLS
    assert cells[0, 0, 0] == 128 + 1
    assert cells[0, 1, 0] == 128 + 3
    small = cells_of(features[..., :6, :8], framing)
    assert small.shape == (1, 48, 1)


def test_nothing_is_kept_of_a_forward_that_breaks(cen_model: Model, small_rgbd: RGBDImage) -> None:
    similarity = StreamSimilarity()
    with pytest.raises(RuntimeError), similarity.watching(cen_model.frame(small_rgbd.size)):
        raise RuntimeError
    cen_model.forward(cen_model.preprocess(small_rgbd))
    assert not similarity.terms()
