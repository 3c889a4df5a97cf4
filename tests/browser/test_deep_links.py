"""An address that names a tab opens it, drawn; see also `test_effects_tab` and `test_links_of_tabs`."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


@pytest.mark.slow
@pytest.mark.parametrize(("tab", "shows"), [("sensors", "#vz-sensors"), ("attribution", "#vz-attribution")])
def test_a_tab_in_the_address_is_drawn(open_page: OpenPage, tab: str, shows: str) -> None:
    page = open_page(link=f"#tab={tab}")
    expect(page.locator(shows)).to_be_visible()
