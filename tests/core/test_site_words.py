"""One name for each site: place in the network's order, what tells kinds apart, stage, channels."""

import pytest

from vizlab.core.site import Site
from vizlab.core.site_words import site_words, stage_words

STREAMS = ("rgb", "depth")


def site(name: str, stage: str, channels: int, kind: str = "sum") -> Site:
    return Site(name, kind, STREAMS, STREAMS, channels, stage)


def test_a_site_is_called_by_its_place_its_stage_and_its_channels() -> None:
    first, last = site_words([site("b.2", "stage1", 32), site("a.1", "stage5", 576)]).values()
    assert (first.title, first.label, first.short) == ("site 1 of 2, stage 1, 32 channels", "1, stage 1", "1")
    assert (last.title, last.label, last.short) == ("site 2 of 2, stage 5, 576 channels", "2, stage 5", "2")
    assert (first.path, last.path) == ("b.2", "a.1"), "the tensor path is kept as a detail"


def test_words_are_found_by_the_tensor_path() -> None:
    found = site_words([site("b", "stage1", 4), site("a", "stage2", 8)])
    assert {name: words.place for name, words in found.items()} == {"b": 1, "a": 2}


def test_the_kind_is_named_only_where_a_network_has_several() -> None:
    mixed = site_words([site("p", "scale 3", 96, "propagation"), site("d", "scale 3", 96, "distillation")])
    assert mixed["p"].title == "site 1 of 2, propagation, scale 3, 96 channels"
    assert mixed["d"].label == "2, distillation, scale 3"
    alike = site_words([site("d", "scale 3", 96, "distillation")])
    assert alike["d"].title == "site 1 of 1, scale 3, 96 channels"


def test_a_site_of_no_stage_has_none_in_its_name() -> None:
    assert site_words([site("d", "", 96)])["d"].title == "site 1 of 1, 96 channels"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("stage5", "stage 5"), ("scale_3", "scale 3"), ("scale 3", "scale 3"), ("stage12", "stage 12"),
        ("layer3", "layer3"), ("conv", "conv"), ("backstage5", "backstage5"), ("stage5.b", "stage5.b"),
    ],
)  # fmt: skip
def test_a_stage_in_words(stage: str, words: str) -> None:
    assert stage_words(stage) == words
