"""How far an output moves, by NumPy from the definitions, over the cells that show the picture alone."""

import numpy as np
import pytest
import torch
from scipy.special import expit, log_softmax

from vizlab.core.framing import Framing
from vizlab.measures.movement import Movement, kind_of, movement, relative

FRAMING = Framing((30, 40), (30, 40), (32, 64))
"""Of a map of 8x16 cells the first 8 rows and 10 columns show the picture."""
SHAPE = (8, 16)
SEEN = (..., slice(0, 8), slice(0, 10))


def pair(channels: int, seed: int = 0, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    before = torch.randn(2, channels, *SHAPE, generator=source) * scale
    return before, before + torch.randn(2, channels, *SHAPE, generator=source) * scale / 2


def seen(x: torch.Tensor) -> np.ndarray:
    return x.double().numpy()[SEEN]


def moved(task: str, before: torch.Tensor, after: torch.Tensor) -> Movement:
    return movement(task, before, after, FRAMING)


def test_classes_move_by_kl_of_before_to_after() -> None:
    before, after = pair(7)
    p, q = (log_softmax(seen(x), 1) for x in (before, after))
    expected = (np.exp(p) * (p - q)).sum(1)
    found = moved("semseg", before, after)
    np.testing.assert_allclose(found.map, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.size, expected.mean((1, 2)), rtol=1e-5)
    assert not np.allclose(found.map, (np.exp(q) * (q - p)).sum(1), rtol=1e-2)
    flipped = p.argmax(1) != q.argmax(1)
    assert found.flipped is not None
    assert found.share_flipped is not None
    np.testing.assert_array_equal(found.flipped, flipped)
    np.testing.assert_allclose(found.share_flipped, flipped.mean((1, 2)), rtol=1e-6)
    assert (found.unit, found.name) == ("nats", "KL")


def test_two_classes_in_closed_form() -> None:
    """KL of (1/2, 1/2) to (1/4, 3/4) is log(2 / sqrt 3)."""
    before, after = torch.zeros(1, 2, *SHAPE), torch.zeros(1, 2, *SHAPE)
    after[:, 1] = np.log(3)
    found = moved("semseg", before, after)
    np.testing.assert_allclose(found.size, [np.log(2 / np.sqrt(3))], rtol=1e-6)
    assert found.share_flipped == 1


def test_depth_moves_by_rms_of_what_is_shown_in_metres() -> None:
    before, after = pair(1, scale=2)
    p, q = (np.maximum(seen(x), 0)[:, 0] for x in (before, after))
    found = moved("depth", before, after)
    np.testing.assert_allclose(found.map, np.abs(p - q), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.size, np.sqrt(np.square(p - q).mean((1, 2))), rtol=1e-5)
    assert (found.unit, found.name, found.flipped, found.share_flipped) == ("m", "RMS change", None, None)
    assert moved("depth", -before.abs(), -after.abs()).size.eq(0).all()


def test_normals_move_by_the_angle_between_unit_vectors() -> None:
    before, after = pair(3)
    p, q = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in map(seen, (before, after)))
    expected = np.degrees(np.arccos((p * q).sum(1)))
    found = moved("normals", before, after * 5)
    np.testing.assert_allclose(found.map, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.size, expected.mean((1, 2)), rtol=1e-4)
    assert (found.unit, found.name) == ("°", "mean angle")
    np.testing.assert_allclose(moved("normals", before, -before).size, 180, rtol=1e-3)


def test_a_small_angle_is_not_lost() -> None:
    """A hundred-thousandth of a degree: its cosine is 1 in float32."""
    before, after = torch.zeros(1, 3, *SHAPE), torch.zeros(1, 3, *SHAPE)
    before[:, 2] = after[:, 2] = -1
    after[:, 0] = np.radians(1e-5)
    np.testing.assert_allclose(moved("normals", before, after).size, [1e-5], rtol=1e-3)


@pytest.mark.parametrize(("task", "shown"), [("edges", expit), ("sal", expit), ("image", lambda x: x)])
def test_other_maps_move_by_rms_of_what_they_show(task: str, shown: object) -> None:
    channels = 3 if task == "image" else 1
    before, after = pair(channels)
    difference = shown(seen(before)) - shown(seen(after))  # type: ignore[operator]
    found = moved(task, before, after)
    np.testing.assert_allclose(found.map, np.sqrt(np.square(difference).mean(1)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.size, np.sqrt(np.square(difference).mean((1, 2, 3))), rtol=1e-4)


@pytest.mark.parametrize(("task", "channels"), [("semseg", 7), ("depth", 1), ("normals", 3), ("edges", 1)])
def test_what_does_not_move_and_what_moves_in_the_padding_alone_is_nothing(task: str, channels: int) -> None:
    before, _ = pair(channels, scale=30)
    after = before.clone()
    after[..., 10:] += 5
    found = moved(task, before, after)
    assert found.size.eq(0).all()
    assert found.map.shape == (2, 8, 10)
    assert found.map.eq(0).all()


def test_kinds() -> None:
    named = [("semseg", 40), ("human_parts", 7), ("sal", 2), ("sal", 1), ("depth", 1), ("normals", 3), ("edges", 1)]
    assert [kind_of(*one) for one in named] == ["classes"] * 3 + ["map", "depth", "normals", "map"]


def test_a_part_of_nothing_is_undefined() -> None:
    assert relative(1, 4) == 0.25
    assert np.isnan(relative(0, 0))
