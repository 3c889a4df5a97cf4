"""What the tab says of one site: its choices, its pictures, and a table whose numbers are those of its channels."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from tests.methods.cen.test_channels import known
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.site_panel import SORTS, channels_html, groups_html, site_choices


def rows_of(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_sites_are_offered_in_network_order(cen_trace: FusionTrace) -> None:
    half = np.array([[0.001, 1, 1, 1], [0.001, 0.001, 0.001, 1]])
    trace = with_sites(cen_trace, site(half, name="features.1.conv"), site(half[:, 1:], name="features.2.conv"))
    assert site_choices(trace) == [
        ("site 1 of 2, stage 1, 4 channels · 50.0 % exchanged", "features.1.conv"),
        ("site 2 of 2, stage 1, 3 channels · 33.3 % exchanged", "features.2.conv"),
    ]


def test_the_table_holds_the_numbers_of_its_channels(cen_trace: FusionTrace) -> None:
    html = channels_html(with_sites(cen_trace, known()), "a", "rgb", "gamma")
    head, *rows = rows_of(html)
    assert head == ["channel", "|γ| rgb", "|γ| depth", "eligible", "state", "had", "goes on with", "ratio"]
    assert [row[0] for row in rows] == ["3", "0", "5", "2", "4", "1"]
    assert [float(cell) for cell in rows[0][1:3]] == [0.002, 0.01]
    assert rows[0][3:] == ["no", "exchanged, dead", "4.00", "5.00", "1.25"]
    assert [float(cell) for cell in rows[1][1:3]] == [0.01, 0.4]
    assert rows[1][3:] == ["yes", "exchanged", "1.00", "8.00", "8.00"]
    assert rows[2][4:] == ["kept", "3.00", "3.00", "–"]
    assert "2 of 6 are exchanged, 1 of these dead." in html
    assert "more of" not in html


@pytest.mark.parametrize("by", SORTS.values())
def test_long_tables_say_how_many_are_left(cen_trace: FusionTrace, by: str) -> None:
    gamma = np.random.default_rng(0).uniform(0.001, 1, (2, 40))
    html = channels_html(with_sites(cen_trace, site(gamma)), "a", "depth", by)  # type: ignore[arg-type]
    assert len(rows_of(html)) == 13
    assert "+28 more of 40 channels" in html


def test_pictures_stand_under_their_groups(cen_trace: FusionTrace) -> None:
    html = groups_html(with_sites(cen_trace, known()), "a")
    assert html.count("<figure") == 8
    assert html.index("γ of rgb ≈ 0: 1 of 6") < html.index("γ of depth ≈ 0: 1 of 6") < html.index("kept by both")
    assert html.count("mean feature less its mean over the picture") >= 1


def test_an_older_trace_gets_a_sentence(cen_trace: FusionTrace) -> None:
    old = with_sites(cen_trace, replace(known(), extras={}))
    assert "holds no feature maps; trace the picture again" in groups_html(old, "a")
    assert "<figure" not in groups_html(old, "a")
