"""What the server reads off an address."""

import pytest

from vizlab.page.link import Link


def test_scene_networks_and_settings() -> None:
    found = Link.read("#scene=bedroom&networks=a,b&set=threshold:0.05,b~threshold:0.5&zoom=2,0.1,0.2")
    assert (found.scene, found.networks) == ("bedroom", ("a", "b"))
    assert found.settings == {"threshold": 0.05}
    assert found.settings_by_model == {"b": {"threshold": 0.5}}
    assert found.uploaded == ""


def test_names_are_read_as_a_browser_writes_them() -> None:
    found = Link.read("#scene=living+room%2C2&networks=a%2Cb&set=b%7Ethreshold%3A0.5")
    assert (found.scene, found.networks, found.settings_by_model) == (
        "living room,2",
        ("a", "b"),
        {"b": {"threshold": 0.5}},
    )


@pytest.mark.parametrize(
    "text", [None, "", "#", "#set=", "#set=threshold", "#set=:1", "#set=threshold:nan", "#networks=,"]
)
def test_what_cannot_be_read_is_left_out(text: str | None) -> None:
    assert Link.read(text) == Link()
