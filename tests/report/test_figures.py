"""Figures: as wide as asked, with the viewer's pixels and the map's rules, letters embedded."""

import io
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

import vizlab
from tests.conftest import make_model
from vizlab import report
from vizlab.core.registry import methods
from vizlab.errors import InputError
from vizlab.report import Material
from vizlab.report.colouring import pixels_of, range_of, read_settings
from vizlab.report.layers import entry_of, values_of
from vizlab.report.map_layout import bands_of, layout_map
from vizlab.report.saving import inches
from vizlab.rgbd import RGBDImage
from vizlab.views.figures import styled


def axes_named(figure: Figure, label: str) -> Axes:
    (found,) = [axes for axes in figure.axes if axes.get_label() == label]
    return found


@pytest.mark.parametrize("key", ["nddr-cnn|depth", "nddr-cnn|semseg", "nddr-cnn|normals", "nddr-cnn|depth|error"])
def test_the_drawn_pixels_are_those_of_the_viewer(material: Material, key: str) -> None:
    drawn = report.figure(material, [key], width="single")
    (image,) = axes_named(drawn, key).images
    entry = entry_of(material.document, key)
    shown = range_of(material.document, entry)
    expected = pixels_of(material.document, entry, values_of(material.document, entry).array, shown)
    np.testing.assert_array_equal(image.get_array(), expected)
    assert image.get_interpolation() == "nearest"


def test_one_pixel_on_paper_has_the_colour_of_its_value(material: Material) -> None:
    """Through the file: a PNG with a value's pixel in the middle of a cell."""
    data = report.saved(report.figure(material, ["picture|depth"], width=4), "png", dpi=300)
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    depth = values_of(material.document, entry_of(material.document, "picture|depth")).array
    shown = range_of(material.document, entry_of(material.document, "picture|depth"))
    scale = 1200 / 120
    top = round(0.15 * 300)  # the title's line
    for row, column in ((20, 60), (50, 65), (80, 10)):
        at = picture[round(top + (row + 0.5) * scale), round((column + 0.5) * scale)]
        index = int((depth[row, column] - shown.low) / (shown.high - shown.low) * 255 + 0.5)
        np.testing.assert_array_equal(at, vizlab.views.colormap("viridis")[index])


def test_a_coarse_map_lies_where_its_cells_look(small_rgbd: RGBDImage) -> None:
    """At a working size whose sides are rounded, so that cells are not quite square."""
    run = vizlab.trace(make_model("nddr-cnn"), small_rgbd, working_size=(41, 59))
    found = Material({"nddr-cnn": run}, small_rgbd)
    entry = [e for e in found.document.manifest["layers"] if e["key"].endswith("|outside")][-1]
    assert entry["cell"][0] != entry["cell"][1]
    drawn = report.figure(found, [entry["key"]])
    axes = axes_named(drawn, entry["key"])
    image = axes.images[-1]
    rows, columns = entry["shape"]
    assert image.get_extent() == pytest.approx([0, columns * entry["cell"][1], rows * entry["cell"][0], 0], rel=1e-5)
    assert axes.get_xlim() == (0, 120)
    assert axes.get_ylim() == (90, 0)
    assert image.get_alpha() == 0.78  # over the photograph, as in the viewer
    assert len(axes.images) == 2


@pytest.mark.parametrize(("width", "wide"), [("single", 3.5), ("double", 7.16), (5, 5.0), ("120mm", 120 / 25.4)])
def test_a_figure_is_exactly_as_wide_as_a_column(material: Material, width: object, wide: float) -> None:
    drawn = report.figure(material, ["*|semseg"], columns=2, width=width)  # type: ignore[arg-type]
    assert drawn.get_size_inches()[0] == pytest.approx(wide)
    picture = Image.open(io.BytesIO(report.saved(drawn, "png", dpi=200)))
    assert picture.width == pytest.approx(wide * 200, abs=1)
    sides = [axes.get_position() for axes in drawn.axes]
    assert max(side.x1 for side in sides) <= 1.0001


@pytest.mark.parametrize("width", ["wide", "0", "999", "-3in", "nan"])
def test_a_width_that_cannot_be_is_refused(width: str) -> None:
    with pytest.raises(InputError, match=r"expected single \(3.5 in\)"):
        inches(width)


def test_letters_are_embedded_and_two_files_are_the_same_bytes(material: Material) -> None:
    drawn = lambda: report.network_map(material)  # noqa: E731
    pdf = report.saved(drawn(), "pdf")
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Type3" not in pdf
    assert pdf == report.saved(drawn(), "pdf")
    svg = report.saved(drawn(), "svg")
    assert b"<text" not in svg
    assert svg == report.saved(drawn(), "svg")
    with pytest.raises(InputError, match="no format of figures"):
        report.saved(drawn(), "jpg")


def test_the_legend_names_every_class_on_show_the_largest_first(material: Material) -> None:
    drawn = report.figure(material, ["nddr-cnn|semseg"])
    (legend,) = drawn.legends
    label = material.traces["nddr-cnn"].predictions["semseg"].label  # type: ignore[union-attr]
    counts = np.bincount(label.ravel(), minlength=40)
    names = material.document.manifest["classes"]["names"]
    texts = [text.get_text() for text in legend.get_texts() if text.get_text()]
    assert set(texts) == {names[i] for i in np.flatnonzero(counts)}
    assert texts[0] == names[int(counts.argmax())]


def test_what_lies_beyond_a_locked_range_is_marked_at_that_end(material: Material) -> None:
    drawn = report.figure(material, ["picture|depth"], ranges=read_settings("depth~lock~1.0~2.0~magma"))
    texts = {text.get_text() for text in drawn.texts}
    assert "1.00" in texts
    assert "2.00 m ▸" in texts


def test_a_figure_that_would_be_a_tapestry_is_refused(material: Material) -> None:
    with pytest.raises(InputError, match="inches high"):
        report.figure(material, ["*|semseg", "*|depth"], columns=1, width=20)
    with pytest.raises(InputError, match="million pixels"):
        report.saved(Figure(figsize=(30, 50)), "png")


def test_a_zoomed_figure_shows_the_part_in_sight(material: Material) -> None:
    axes = axes_named(report.figure(material, ["picture|depth"], zoom=(4, 0.5, 0.25)), "picture|depth")
    assert axes.get_xlim() == (45, 75)
    assert axes.get_ylim() == (90 * 0.375, 90 * 0.125)


def test_the_map_draws_each_edge_as_wide_as_its_share(material: Material) -> None:
    drawn = report.network_map(material)
    (axes,) = drawn.axes
    bands = {patch.get_label(): patch for patch in axes.patches if "|" in str(patch.get_label())}
    edges = [
        (site["name"], edge)
        for network in material.document.manifest["networks"]
        for site in network["flow"]["sites"]
        for edge in site["edges"]
    ]
    seen = 0
    for site, edge in edges:
        share = edge["share"]
        if share is not None and share > 0.06:
            patch = bands[f"{site}|{edge['target']}|{edge['source']}|band"]
            assert patch.get_linewidth() == pytest.approx(min(22.5, 15 * share) * 72 / 110)
            seen += 1
    assert seen > 10


def test_negative_and_undefined_shares_are_drawn_as_such() -> None:
    streams = [{"name": n, "title": n, "colour": "#000"} for n in "ab"]
    edges = [{"target": "a", "source": "b", "lane": "b", "share": -0.4, "fixed": None},
             {"target": "b", "source": "a", "lane": "a", "share": None, "fixed": 0.0}]  # fmt: skip
    site = {"name": "s", "short": "1", "stage": "1", "column": 0, "targets": ["a", "b"], "edges": edges}
    (row,) = layout_map([{"name": "n", "title": "n", "flow": {"streams": streams, "sites": [site]}}], 200)
    negative, undefined = bands_of(row.sites[0], row.lanes, "share")
    assert (negative.mark, negative.width) == ("negative", 6.0)
    assert (undefined.mark, undefined.width) == ("undefined", 0.0)
    assert negative.start == row.lanes[1].y  # from the sender's lane
    assert negative.end == row.lanes[0].y  # to the receiver's
    assert {band.mark for band in bands_of(row.sites[0], row.lanes, "fixed")} == {"nothing"}


def test_a_chart_has_plotlys_numbers_colours_and_axes() -> None:
    made = go.Figure()
    made.add_scatter(x=[0.01, 0.1, 1.0], y=[0.2, 0.5, 0.9], mode="lines", name="to rgb", line={"color": "#D55E00"})
    made.add_heatmap(z=[[0.0, 1.0], [np.nan, 0.5]], x=["a", "b"], y=["c", "d"], xaxis="x2", yaxis="y2", zmin=0, zmax=1,
                     colorscale=[[0, "#000000"], [1, "#FFFFFF"]])  # fmt: skip
    made.update_layout(xaxis={"type": "log", "domain": [0, 0.4]}, xaxis2={"domain": [0.6, 1], "anchor": "y2"},
                       yaxis2={"autorange": "reversed", "anchor": "x2"})  # fmt: skip
    styled(made, "A title", ["A note & more."], 200, legend=True)
    drawn = report.chart(made, "single")
    lines, cells = drawn.axes[:2]
    (line,) = lines.lines
    np.testing.assert_allclose(np.asarray(line.get_xydata()), [(0.01, 0.2), (0.1, 0.5), (1.0, 0.9)])
    assert line.get_color() == "#D55E00"
    assert lines.get_xscale() == "log"
    (image,) = cells.images
    pixels = image.get_array()
    np.testing.assert_allclose(pixels[..., 0][[0, 0, 1], [0, 1, 1]], [0, 1, 0.5], atol=1 / 255)
    assert pixels[1, 0, 3] == 0  # what is not a number is not drawn
    assert cells.get_ylim()[0] > cells.get_ylim()[1]
    assert [text.get_text() for text in drawn.texts] == ["A title", "A note & more."]
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["to rgb"]


def test_plots_that_share_an_axis_share_its_ends(mti_trace: vizlab.FusionTrace) -> None:
    drawn = report.chart(vizlab.views.pixel_affinity(mti_trace), "double")
    ends = {axes.get_ylim() for axes in drawn.axes}
    assert len(ends) == 1


@pytest.mark.parametrize("fixture", ["cen_trace", "nddr_trace", "mti_trace"])
def test_every_methods_charts_are_drawn_for_paper(fixture: str, request: pytest.FixtureRequest) -> None:
    trace = request.getfixturevalue(fixture)
    method = methods()[trace.model.family]
    for name in ("cross_share_profile", *method.charts):
        drawn = report.chart(getattr(vizlab.views, name)(trace), "single")
        assert len(report.saved(drawn, "pdf")) > 5000, name
        titles = [re.sub(r"\s+", " ", text.get_text()) for text in drawn.texts]
        assert titles
        assert not any("<" in title for title in titles), name


def test_an_unknown_mark_is_named() -> None:
    made = styled(go.Figure(go.Pie(values=[1, 2])), "Pie", [], 200)
    with pytest.raises(InputError, match="kind 'pie'"):
        report.chart(made)
