"""What is drawn of messages and gates, and that captions and headings are true of it."""

import itertools
import re
from dataclasses import replace
from html import escape

import numpy as np
import pytest

from tests.methods.mti_net.units import unit, with_units
from vizlab import views
from vizlab.core.framing import Framing
from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.measures.distillation import Message, messages
from vizlab.methods.mti_net import citations
from vizlab.page.kit import distillation as kit
from vizlab.views import ColourBar
from vizlab.views import distillation as charts
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import coloured
from vizlab.views.panels import placed
from vizlab.views.shares import NOT_AN_EFFECT


@pytest.fixture
def known(mti_trace: FusionTrace) -> FusionTrace:
    return with_units(mti_trace, unit(1), unit(0))


def opposed() -> SiteTrace:
    """From edge to depth a gate that opens where there is nothing to let through; from semseg one that follows."""
    one = unit(0)
    assert one.gates is not None
    rising = np.linspace(0.2, 0.6, 48, dtype=np.float32).reshape(6, 8)
    received = np.ones(one.gates.shape, np.float16)
    received[1, 2], received[1, 0] = 0.8 - rising, rising
    gates = one.gates.copy()
    gates[1, 2] = gates[1, 0] = rising
    return replace(one, gates=gates, received=received)


def drawn(trace: FusionTrace, values: np.ndarray, bar: ColourBar) -> np.ndarray:
    return coloured(placed(in_steps(values, bar), trace.framing, None, THUMBNAIL), bar.low, bar.high, bar.colormap)


def in_steps(values: np.ndarray, bar: ColourBar) -> np.ndarray:
    """Each value the nearest of 64 from one end of the range to the other."""
    steps = np.linspace(bar.low, bar.high, 64)
    return steps[np.abs(np.asarray(values)[..., None] - steps).argmin(-1)]


def test_a_message_is_drawn_by_its_strength_and_a_gate_by_its_mean(known: FusionTrace) -> None:
    sent = messages(known)
    for kind, panels in (("message", views.message_panels(known)), ("gate", views.gate_panels(known))):
        assert [p.key for p in panels] == [f"{kind}/{m.site}/{m.target}/{m.source}" for m in sent]
        assert panels[0].title == "scale 0: depth → semseg"
        for panel, message in zip(panels, sent, strict=True):
            assert isinstance(panel.legend, ColourBar)
            values = message.strength if kind == "message" else message.gate
            assert values is not None
            np.testing.assert_array_equal(panel.image, drawn(known, values, panel.legend))


def test_cells_are_drawn_where_the_network_saw_them(mti_trace: FusionTrace) -> None:
    """8 rows of cells lie over 32 of input, of which 22 show the picture: the sixth row is cut off half-way."""
    framed = replace(mti_trace, framing=Framing(picture=(48, 64), content=(22, 32), padded=(32, 32)))
    trace = with_units(framed, replace(unit(0), grid=(8, 8)))
    for panel, message in zip(views.message_panels(trace), messages(trace), strict=True):
        bar = panel.legend
        assert isinstance(bar, ColourBar)
        assert message.strength is not None
        assert panel.image.shape == (120, 160, 3)
        for y, x in itertools.product((0, 21, 22, 60, 109, 119), (0, 19, 20, 159)):
            cell = message.strength[int((y + 0.5) / 120 * 22 / 4), int((x + 0.5) / 160 * 32 / 4)]
            expected = coloured(in_steps(np.array([[cell]]), bar), bar.low, bar.high, bar.colormap)[0, 0]
            np.testing.assert_array_equal(panel.image[y, x], expected)


def test_all_messages_share_one_range_from_zero(known: FusionTrace) -> None:
    """The 98th percentile over maps that count alike: here both scales are drawn from the same values."""
    (bar,) = {p.legend for p in views.message_panels(known)}
    assert isinstance(bar, ColourBar)
    assert bar.low == 0
    pooled = np.concatenate([m.strength.ravel() for m in messages(known) if m.strength is not None])
    assert bar.high == pytest.approx(np.percentile(pooled, 98), rel=0.05)
    assert bar.label == "message, relative to all that the receiver has"
    (gates,) = {p.legend for p in views.gate_panels(known)}
    assert gates == ColourBar(0.25, 0.9, "", "viridis", "gate, mean over channels")


def test_silent_messages_are_drawn_dark(mti_trace: FusionTrace) -> None:
    one = unit(0)
    assert one.received is not None
    silent = with_units(mti_trace, replace(one, received=np.zeros_like(one.received)))
    panels = views.message_panels(silent)
    assert {p.legend.high for p in panels if isinstance(p.legend, ColourBar)} == {0.01}
    assert all(panel.image.max() < 10 for panel in panels)


def test_the_two_maps_stand_in_one_picture(known: FusionTrace) -> None:
    both = views.message_and_gate_panels(known)
    triples = zip(both, views.message_panels(known), views.gate_panels(known), strict=True)
    for panel, message, gate in triples:
        height = message.image.shape[0]
        np.testing.assert_array_equal(panel.image[:height], message.image)
        np.testing.assert_array_equal(panel.image[-height:], gate.image)
        assert panel.title == message.title
        assert panel.legend is None
        assert len(np.unique(panel.image.reshape(-1, 3), axis=0)) <= 129  # of a palette: half the bytes


def test_captions_hold_the_numbers_of_their_message(known: FusionTrace) -> None:
    panels = views.message_and_gate_panels(known)
    for panel, message in zip(panels, messages(known), strict=True):
        form = r"Share (−?-?[\d.]+) ?%, mean gate ([\d.]+), correlation (−?[\d.]+)\."
        found = re.fullmatch(form, panel.caption)
        assert found, panel.caption
        share, gate, together = (float(part.replace("−", "-")) for part in found.groups())
        assert share == pytest.approx(100 * message.share, abs=0.51)
        assert gate == pytest.approx(message.mean_gate, abs=0.0051)
        assert together == pytest.approx(message.correlation, abs=0.0051)
    for panel, message in zip(views.gate_panels(known), messages(known), strict=True):
        assert panel.caption == f"Mean gate {message.mean_gate:.2f}."


def test_an_open_gate_is_not_said_to_let_more_through(mti_trace: FusionTrace) -> None:
    """Where gate and message are opposed, the brightest pixel of one is the darkest of the other, and it says so."""
    trace = with_units(mti_trace, opposed())
    captions = {
        (m.target, m.source): p.caption for p, m in zip(views.message_panels(trace), messages(trace), strict=True)
    }
    assert captions["depth", "edge"].endswith("Correlation with its gate −1.00.")
    assert captions["depth", "semseg"].endswith("Correlation with its gate 1.00.")
    assert "orrelation" not in captions["semseg", "edge"]  # the same everywhere: there is none
    text = kit.messages_html(trace, citations.GATES)
    assert "lets more" not in text
    assert "correlation −1.00" in text


def test_the_heading_is_true_of_the_maps(known: FusionTrace) -> None:
    text = kit.messages_html(known, citations.GATES)
    assert text.count("<figure") == len(messages(known)) == 8
    assert text.index("scale 0</span>") < text.index("scale 1</span>")  # finest first
    for part in (kit.MESSAGES, NOT_AN_EFFECT, charts.STRENGTH, charts.GATE):
        assert escape(part) in text
    assert kit.GATES_ALONE not in text


def test_an_older_trace_shows_its_gates_and_says_why(mti_trace: FusionTrace) -> None:
    old = with_units(mti_trace, replace(unit(0), received=None))
    assert views.message_panels(old) == ()
    assert [p.key for p in views.message_and_gate_panels(old)] == [p.key for p in views.gate_panels(old)]
    text = kit.messages_html(old, citations.GATES)
    assert kit.GATES_ALONE in text
    assert charts.STRENGTH not in text
    assert text.count("<figure") == 4


def test_tasks_cut_apart_send_nothing(mti_trace: FusionTrace) -> None:
    cut = with_units(mti_trace, replace(unit(0), gates=None))
    assert views.gate_panels(cut) == views.message_panels(cut) == views.message_and_gate_panels(cut) == ()
    assert kit.CUT_APART in kit.messages_html(cut, citations.GATES)
    assert "<figure" not in kit.messages_html(cut, citations.GATES)


def test_shares_beyond_one_are_not_clipped(mti_trace: FusionTrace) -> None:
    one = unit(0)
    share = np.array([[1.5, -0.4, -0.1], [0.2, 0.3, 0.5]], np.float32)
    figure = views.affinity_shares(with_units(mti_trace, replace(one, share=share)))
    np.testing.assert_array_equal(figure.data[0].z, share)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1.5, 1.5)


def test_shares_are_not_called_effects(mti_trace: FusionTrace) -> None:
    text = re.sub("<[^>]*>", " ", views.affinity_shares(mti_trace).layout.title.text)
    assert NOT_AN_EFFECT in " ".join(text.split())


def test_sites_are_listed_in_the_order_the_words_give(mti_trace: FusionTrace) -> None:
    """Propagation from coarse to fine, then the four units, which run side by side: no way from input to output."""
    words = methods()["mti-net"].order_words
    assert words == "propagation from coarse to fine, then the four parallel distillation units"
    kinds = [(s.site.kind, s.site.stage) for s in mti_trace.sites.values()]
    assert kinds[:3] == [("propagation", f"scale {k}") for k in (3, 2, 1)]
    assert [kind for kind, _ in kinds[3:]] == ["distillation"] * 4
    figure = views.cross_share_profile(mti_trace)
    text = " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())
    assert words in text
    assert "input to output" not in text + figure.layout.yaxis.title.text


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "cross-stitch"])
def test_other_methods_run_from_input_to_output(family: str) -> None:
    assert methods()[family].order_words == "from input to output"


def test_undefined_numbers_have_no_sign_and_no_word() -> None:
    assert charts.signed(-0.004) == "0.00"
    assert charts.signed(-0.6) == "−0.60"
    blank = np.zeros((2, 2), np.float32)
    message = Message("s", "scale 0", "a", "b", blank + 0.5, blank, float("nan"))
    assert charts.strength_caption(message) == "– of the variance."
