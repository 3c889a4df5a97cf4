"""Files that several tests read, written once per session."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.door.authors_files import filled_state, golden_facts, wrapped

AuthorsFile = Callable[[str], Path]


@pytest.fixture(scope="session")
def authors_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorsFile]:
    """The path of the authors' file whose outputs are in tests/golden/ under that name."""
    folder = tmp_path_factory.mktemp("authors")

    def path_of(name: str) -> Path:
        path = folder / f"{name}.pth.tar"
        if not path.exists():
            prefix = "" if name == "cen_pix2pix_nf8" else "module."
            torch.save(wrapped(name, filled_state(golden_facts(name)["keys"], prefix)), path)
        return path

    yield path_of
    shutil.rmtree(folder)  # half a gigabyte that pytest would keep for three runs
