"""An address that names a tab opens it, drawn."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("tab", "shows"),
    [
        ("effects", "#vz-effects"),
        pytest.param("sensors", "#vz-sensors", marks=pytest.mark.slow),
        pytest.param("attribution", "#vz-attribution", marks=pytest.mark.slow),
    ],
)
def test_a_tab_in_the_address_is_drawn(open_page: OpenPage, tab: str, shows: str) -> None:
    page = open_page(link=f"#tab={tab}")
    expect(page.locator(shows)).to_be_visible()
