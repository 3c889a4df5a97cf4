"""Counts of given-up tokens and their sentences, on traces whose scores are written by hand; pictures and charts."""

from dataclasses import replace

import numpy as np
import pytest

from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.token_fusion.charts import LEAST, token_score_spread, token_shares
from vizlab.methods.token_fusion.maps import (
    given_up_strip,
    token_scores,
    tokens_given_up,
    tokens_given_up_over_blocks,
)
from vizlab.methods.token_fusion.numbers import (
    block_sentence,
    block_tokens,
    given_up_of,
    most_given_up,
    statement,
    stream_tokens,
)
from vizlab.rgbd import RGBDImage

FIRST, SECOND = "exchange.3", "exchange.5"


def written(trace: FusionTrace, given_up: dict[str, np.ndarray], score: float = 0.5) -> FusionTrace:
    """The trace with these blocks alone; (2, h, w) bool. Scores are `score`, and 0.01 where given up."""
    sites = {}
    for name, mask in given_up.items():
        scores = np.where(mask, 0.01, score).astype(np.float16)
        sites[name] = replace(trace.sites[name], extras={"given_up": mask, "score": scores})
    return replace(trace, sites=sites)


@pytest.fixture
def made(tokens_trace: FusionTrace) -> FusionTrace:
    """rgb: 3 of 24 and 6 of 6; depth: none, and 2 of 6, of which rgb gives up both."""
    first, second = np.zeros((2, 4, 6), bool), np.zeros((2, 2, 3), bool)
    first[0, 0, :3] = True
    second[0] = True
    second[1, 1, 1:] = True
    return written(tokens_trace, {FIRST: first, SECOND: second})


def test_blocks_are_counted(made: FusionTrace) -> None:
    rows = block_tokens(made)
    found = [(row.site, row.target, row.source, row.given_up, row.tokens, row.both) for row in rows]
    assert found == [
        (FIRST, "rgb", "depth", 3, 24, 0), (FIRST, "depth", "rgb", 0, 24, 0),
        (SECOND, "rgb", "depth", 6, 6, 2), (SECOND, "depth", "rgb", 2, 6, 2),
    ]  # fmt: skip
    assert [row.share for row in rows] == [3 / 24, 0, 1, 2 / 6]
    assert rows[0].score == pytest.approx((21 * 0.5 + 3 * 0.01) / 24, abs=1e-4)


def test_streams_are_counted_over_blocks(made: FusionTrace) -> None:
    rgb, depth = stream_tokens(made)
    assert (rgb.given_up, rgb.tokens, rgb.both, rgb.most.site) == (9, 30, 2, SECOND)
    assert (depth.given_up, depth.tokens, depth.share) == (2, 30, 2 / 30)
    assert most_given_up(made) == SECOND


def test_the_statement_has_its_denominators(made: FusionTrace) -> None:
    assert statement(made) == (
        "In this picture, over 2 blocks, rgb gives up 30 % of its tokens (9 of 30), depth gives up 6.7 % of its tokens "
        "(2 of 30). Most: rgb at site 2 of 2 (100 %) and depth at site 2 of 2 (33 %). At 2 of these 9 places both did, "
        "and changed places."
    )
    assert block_sentence(made, FIRST) == (
        "rgb gave up 12 % of its 24 tokens here (3), depth gave up none of its 24 tokens here."
    )
    assert block_sentence(made, SECOND).endswith("(2). At 2 places both did, and changed places.")


def test_nothing_given_up_and_switched_off_are_said(made: FusionTrace) -> None:
    nothing = written(made, {FIRST: np.zeros((2, 4, 6), bool)})
    assert statement(nothing).startswith("No token of this picture has a score below 0.02 in any of 1 blocks")
    assert statement(replace(made, changes={"cross": False})) == "The exchange was switched off for this run."


def test_traces_of_others_and_without_scores_get_a_sentence(made: FusionTrace, cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="exchanges no tokens"):
        block_tokens(cen_trace)
    bare = replace(made, sites={FIRST: replace(made.sites[FIRST], extras={})})
    with pytest.raises(TraceError, match="holds no scores"):
        statement(bare)
    with pytest.raises(TraceError, match=r"No tokens are exchanged at 'a'; .* exchange\.3, exchange\.5"):
        given_up_of(made, "a")


def test_a_given_up_place_has_the_other_streams_colour(made: FusionTrace, small_rgbd: RGBDImage) -> None:
    """Left of the upper quarter rgb gave up: there the picture is depth's blue, and elsewhere grey."""
    trace = written(made, {FIRST: _left_half(made)})
    panel = tokens_given_up(trace, small_rgbd, FIRST, "rgb")
    left, right = panel.image[:, :10].astype(int), panel.image[:, -10:].astype(int)
    assert (left[..., 2] > left[..., 0] + 60).all()
    assert (right[..., 0] == right[..., 2]).all()
    assert panel.legend is not None
    assert panel.legend[0].label == "depth's token instead"  # type: ignore[index]
    assert panel.legend[0].share == pytest.approx(_left_half(made)[0].mean())  # type: ignore[index]
    other = tokens_given_up(trace, small_rgbd, FIRST, "depth").image.astype(int)
    assert (other[..., 0] == other[..., 2]).all()


def _left_half(trace: FusionTrace) -> np.ndarray:
    """What rgb gives up, at the site's true size; depth nothing."""
    grid = trace.sites[FIRST].grid
    assert grid is not None
    shown = trace.framing.visible(grid)
    mask = np.zeros((2, *shown), bool)
    mask[0, :, : shown[1] // 2] = True
    return mask


def test_over_blocks_places_are_counted(made: FusionTrace, small_rgbd: RGBDImage) -> None:
    both = written(made, {FIRST: _left_half(made)})
    panel = tokens_given_up_over_blocks(both, small_rgbd, "rgb")
    assert panel.caption.startswith("Given up in 1 of 1 blocks where most often; nowhere on 50")
    assert tokens_given_up_over_blocks(both, small_rgbd, "depth").caption.startswith("Given up in 0 of 1 blocks")


def test_the_film_goes_block_by_block(tokens_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    keys = [panel.key for panel in given_up_strip(tokens_trace, small_rgbd)]
    assert keys == [f"given_up/{site}/{target}" for site in tokens_trace.sites for target in ("rgb", "depth")]
    panel = token_scores(tokens_trace, FIRST, "depth")
    assert "below 0.02 a token is given up" in panel.caption
    assert panel.key == f"score/{FIRST}/depth"


def test_bars_are_the_shares(made: FusionTrace) -> None:
    figure = token_shares(made)
    assert [bar.name for bar in figure.data] == ["rgb gives up", "depth gives up"]
    np.testing.assert_allclose(figure.data[0].x, [3 / 24, 1])
    np.testing.assert_allclose(figure.data[1].x, [0, 2 / 6])
    assert figure.data[1].customdata.tolist() == [[0, 24, 0], [2, 6, 2]]


def test_boxes_are_quartiles_and_do_not_go_below_the_axis(made: FusionTrace) -> None:
    scores = np.zeros((2, 2, 2), np.float16)
    scores[0] = [[0.1, 0.2], [0.3, 0.4]]
    extras = {"score": scores, "given_up": scores < 0.02}
    figure = token_score_spread(replace(made, sites={FIRST: replace(made.sites[FIRST], extras=extras)}))
    rgb, depth = figure.data
    np.testing.assert_allclose([rgb.lowerfence[0], rgb.median[0], rgb.upperfence[0]], [0.1, 0.25, 0.4], atol=2e-3)
    assert depth.lowerfence[0] == np.float32(LEAST)
    assert figure.layout.shapes[0].x0 == 0.02
