"""A client of the real page."""

import sys
from pathlib import Path

import pytest
from gradio_client import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from page_process import running_page


@pytest.fixture(scope="session")
def client() -> Client:
    return Client(running_page().url, verbose=False, httpx_kwargs={"timeout": 600, "trust_env": False})


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    from page_process import write_pair

    return write_pair(tmp_path_factory.mktemp("pair"), name="api")
