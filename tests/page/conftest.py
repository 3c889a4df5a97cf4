"""The page of whichever workspace a module makes."""

import pytest

from tests.page.building import build_page
from vizlab.page.page import Page
from vizlab.page.workspace import Workspace


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    return build_page(workspace)
