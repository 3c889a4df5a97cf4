"""What the tab Attribution shows: signed maps over the photograph, totals in words, the check, edges, curves."""

import math
from collections.abc import Sequence
from html import escape

from vizlab.core.site import Site
from vizlab.core.site_words import site_words
from vizlab.experiments.attribution import Attribution, Conductance, Curves, SanityCheck
from vizlab.experiments.attribution.methods import AttributionMethod
from vizlab.experiments.attribution.pictures import MODALITIES, attribution_panels, signed
from vizlab.experiments.attribution.result import WARN_ABOVE
from vizlab.experiments.attribution.sanity import FUSION
from vizlab.page.kit.html import badge, heading, panel_figure, tag
from vizlab.page.kit.tables import table
from vizlab.rgbd import RGBDImage
from vizlab.views.panels import number

SIDE = 520
MOST_EDGES = 8
"""So many edges are listed, those that carried most either way."""
NOT_AN_EFFECT = (
    "A conductance is what flows along one path from the baseline, not what a cut would cost; edges of different sites "
    "stand behind one another and do not add up."
)


def attribution_html(found: Attribution, rgbd: RGBDImage, method: AttributionMethod) -> str:
    """Maps side by side on one scale, over them what they are of, under them totals and the residual in words."""
    panels = attribution_panels(found, rgbd)
    figures = "".join(panel_figure(panel, SIDE) for panel in panels)
    head = heading(f"{found.of[:1].upper()}{found.of[1:]}", method.sentence, badges=_badges(found))
    return tag(
        "section",
        head + tag("div", figures, "vz-attribution-maps") + totals_html(found),
        "vz-attribution",
        data_value=repr(found.value),
        data_before=repr(found.before),
        data_residual=repr(found.residual),
        **{f"data_total_{name.replace('/', '_')}": repr(total) for name, total in found.totals.items()},
    )


def totals_html(found: Attribution) -> str:
    """The value, the baseline's, totals by modality, the residual and its warning."""
    sentences = [value_words(found), totals_words(found)]
    lines = [tag("p", escape(sentence), "vz-sensor-said") for sentence in sentences]
    residual = f"{100 * found.residual:.1f} %" if math.isfinite(found.residual) else "infinite"
    said = f"Completeness residual {residual}: how far the sum is off the difference, as a share of it."
    marked = badge("does not add up", "warn") + " " + escape(found.warning) if found.warning else escape(said)
    if found.warning:
        marked += " " + escape(said)
    return "".join(lines) + tag("p", marked, "vz-note")


def value_words(found: Attribution) -> str:
    """Such as "probability of bed: 0.876 here, 0.0001 for the baseline (...): a difference of +0.875."."""
    replaced = "; ".join(f"{MODALITIES.get(name, name)}: {what}" for name, what in found.baselines.items())
    return (
        f"The value is {number(found.value, found.unit)}; with the baseline ({replaced}) it is "
        f"{number(found.before, found.unit)}: a difference of {signed(found.difference, found.unit)}."
    )


def totals_words(found: Attribution) -> str:
    """What each modality (or stream) adds, and which adds most."""
    parts = [f"{_named(found, name)} {signed(total, found.unit)}" for name, total in found.totals.items()]
    listed = " and ".join(parts) if len(parts) < 3 else ", ".join(parts)
    sums = f", together {signed(found.total, found.unit)}" if len(parts) > 1 else ""
    return f"Attributed to {listed}{sums}."


def sanity_html(found: SanityCheck) -> str:
    """Rank correlations of the maps with those of shuffled networks."""
    names = list(found.maps)
    rows = [
        (_shuffled_words(one.what, one.layers), *(_correlation(one.correlation[name]) for name in names))
        for one in found.shuffled
    ]
    caption = f"Spearman rank correlation with the map of the network as it is; seed {found.seed}."
    shown = table(("weights shuffled", *(MODALITIES.get(n, n) for n in names)), rows, "sanity check", caption)
    sentence = (
        "The same map, made with shuffled weights: a map that stays alike does not show what the network learnt "
        "(Adebayo et al. 2018). One shuffle, one picture."
    )
    return heading("Sanity check", sentence) + tag("p", escape(found.words), "vz-sensor-said") + shown


def _shuffled_words(what: str, layers: int) -> str:
    return f"{what} ({layers} {'layer' if layers == 1 else 'layers'})" if what != FUSION else f"{what} ({layers} sites)"


def _correlation(value: float) -> str:
    return _plain(f"{value:+.2f}") if math.isfinite(value) else "–"


def edges_html(found: Conductance, sites: Sequence[Site]) -> str:
    """The edges between streams that carried most of the difference, and how much all others did."""
    words = site_words(sites)
    strongest = found.strongest(MOST_EDGES)
    rows = [
        (
            words[flow.site].title,
            f"{flow.source or 'all others'} → {flow.target}",
            signed(flow.value, found.unit),
            _share(found.share(flow)),
        )
        for flow in strongest
    ]
    count = sum(flow.cross for flow in found.flows)
    caption = (
        f"{len(strongest)} of {count} edges between streams, those that carried most either way; {found.steps} steps."
    )
    shown = table(("site", "edge", "conductance", "of the difference"), rows, "conductance of edges", caption)
    sentence = (
        f"Of the difference of {signed(found.difference, found.unit)}, how much flows through what one stream sends "
        f"another (layer conductance, Dhamdhere et al. 2019). {NOT_AN_EFFECT}"
    )
    return heading("Which edges carry it", sentence) + shown


def _share(value: float) -> str:
    return _plain(f"{100 * value:+.1f} %") if math.isfinite(value) else "–"


def _plain(text: str) -> str:
    """With a real minus, and no sign before nothing."""
    return text[1:] if not text.strip("+-0. %") else text.replace("-", "−")


def curves_html(found: Curves) -> str:
    """The areas in words, and what they say."""
    said = []
    unit = found.attribution.unit
    for name, curve in found.by_modality.items():
        areas = curve.areas
        falls = areas["deletion"] < areas["random_deletion"]
        rises = areas["insertion"] > areas["random_insertion"]
        verdict = "on both counts better than at random" if falls and rises else "no better than at random"
        if falls != rises:
            verdict = "better than at random on one count alone"
        said.append(
            f"{MODALITIES.get(name, name).capitalize()}: mean value {number(areas['deletion'], unit)} while pixels are "
            f"taken out (at random {number(areas['random_deletion'])}), {number(areas['insertion'], unit)} while they "
            f"are put in (at random {number(areas['random_insertion'])}), {verdict}."
        )
    head = heading("Insertion and deletion", "Areas under the curves (Petsiuk et al. 2018), in the value's own unit.")
    return head + "".join(tag("p", escape(one), "vz-sensor-said") for one in said)


def _named(found: Attribution, name: str) -> str:
    return name if found.site else MODALITIES.get(name, name)


def _badges(found: Attribution) -> list[str]:
    shown = [badge(found.model), badge(found.method), badge(f"{found.output}, computed in float32")]
    if found.residual > WARN_ABOVE:
        shown.append(badge("does not add up", "warn", found.warning))
    return shown
