"""The pixel of the tab: marks where the neighbours are, in the colour of what was found there."""

import re

import numpy as np
import pytest

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.affinity_maps import compared_maps
from vizlab.measures.pixel_neighbours import DIFFERENT, SIMILAR, place_of
from vizlab.measures.reference import Reference
from vizlab.methods.mti_net.pixel_groups import maps_of, neighbours_at, origins
from vizlab.methods.mti_net.pixel_panel import pixel_html
from vizlab.methods.mti_net.tab import pixel_of
from vizlab.rgbd import RGBDImage
from vizlab.views.palettes import stream_colour


def rgb(name: str) -> list[int]:
    colour = stream_colour(name)
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_origins_are_those_of_the_affinity(mti_trace: FusionTrace) -> None:
    assert origins(mti_trace, None) == ("final", "scale 0", "scale 1", "scale 2", "scale 3")
    reference = Reference(depth=np.ones((90, 120), np.float32))
    assert origins(mti_trace, reference)[0] == "reference"
    with pytest.raises(InputError, match="no maps 'scale 9'; this trace has final, scale 0"):
        maps_of(mti_trace, None, "scale 9")


@pytest.mark.parametrize("origin", ["final", "scale 1"])
def test_marks_stand_on_their_cells(mti_trace: FusionTrace, small_rgbd: RGBDImage, origin: str) -> None:
    """At the centre of each neighbour that no other mark covers: filled with the task's colour, or not."""
    panels = views.pixel_groups(mti_trace, small_rgbd, 45, 60, origin=origin)
    maps = maps_of(mti_trace, None, origin)
    found = neighbours_at(mti_trace, maps, 45, 60)
    assert [p.title for p in panels] == [f"{task}, {origin}" for task in ("semseg", "depth task", "normals")]
    seen = {SIMILAR: 0, DIFFERENT: 0}
    for panel, one in zip(panels, found, strict=True):
        scale = panel.image.shape[1] / 120
        outer = (part[-2:].ravel() for part in (one.rows, one.columns, one.state))  # where no mark covers another
        for row, column, state in zip(*outer, strict=True):
            y, x = (int(at * scale) for at in place_of(maps, mti_trace.framing, (row, column)))
            if not (0 <= y < panel.image.shape[0] and 0 <= x < panel.image.shape[1]):
                continue
            filled = panel.image[y, x].tolist() == rgb(one.task)
            assert filled == (state == SIMILAR)
            seen[int(state)] += 1
    assert seen[SIMILAR] + seen[DIFFERENT] > 3


def test_the_caption_counts_all_of_them(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    panels = views.pixel_groups(mti_trace, small_rgbd, 10, 20)
    for panel, one in zip(panels, neighbours_at(mti_trace, maps_of(mti_trace, None, "final"), 10, 20), strict=True):
        similar, known = (int(n) for n in re.findall(r"\d+", panel.caption))
        assert similar == (one.state == SIMILAR).sum()
        assert known == (one.state >= 0).sum()


def test_the_table_says_them_by_dilation(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    html = pixel_html(mti_trace, small_rgbd, None, 45, 60, "final")
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    found = neighbours_at(mti_trace, maps_of(mti_trace, None, "final"), 45, 60)
    assert rows[0] == ["dilation", "semseg", "depth task", "normals"]
    assert [row[0] for row in rows[1:]] == [f"{d:g} px" for d in found[0].dilations]
    for at, row in enumerate(rows[1:]):
        assert row[1:] == ["{} of {}".format(*one.counts()[at]) for one in found]
    assert html.count("data-pick") == 3
    assert "same class, depth within 5 %, normals within 15°" in html


def test_another_pixel_has_other_neighbours(mti_trace: FusionTrace) -> None:
    (maps,) = (m for m in compared_maps(mti_trace, None) if m.origin == "final")
    first, second = (neighbours_at(mti_trace, maps, *place)[0] for place in ((10, 20), (70, 100)))
    assert (first.row, first.column) != (second.row, second.column)


def test_places_outside_get_a_sentence(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="Row 90, column 5 is not in the picture, which has 90 rows and 120 columns"):
        views.pixel_groups(mti_trace, small_rgbd, 90, 5)


def test_a_click_is_a_pixel(mti_trace: FusionTrace) -> None:
    assert pixel_of(mti_trace, {"x": 0.5, "y": 0.1}) == (9, 60)
    assert pixel_of(mti_trace, {"x": 1, "y": 1}) == (89, 119)
    for wrong in (None, {}, {"x": 2, "y": 0.5}, {"x": "0.5", "y": 0.5}, [0.5, 0.5]):
        with pytest.raises(InputError, match="no place in the picture"):
            pixel_of(mti_trace, wrong)
