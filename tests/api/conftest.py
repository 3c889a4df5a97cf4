"""A client of the real page."""

from pathlib import Path

import pytest
from gradio_client import Client

from tests.page.page_process import page_checkpoints, running_page, write_pair


@pytest.fixture(scope="session")
def client() -> Client:
    url = running_page(page_checkpoints()).url
    return Client(url, verbose=False, httpx_kwargs={"timeout": 600, "trust_env": False})


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pair"), name="api")
