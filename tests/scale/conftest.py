"""A page's workspace whose networks run as replicas, and one whose networks run in its process."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.page.page_process import NAMES, addable, checkpoints, scenes
from tests.scale.made_replicas import MadeReplicas
from vizlab.page.kit.analysis import Request
from vizlab.page.scale.replicated import Replicated
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns
from vizlab.page.workspace import Workspace

SIZE = (96, 128)


@pytest.fixture(scope="package")
def settings() -> Settings:
    return Settings(checkpoints=checkpoints(), add_from=addable(), scenes=scenes())


@pytest.fixture
def replicated(settings: Settings) -> Callable[..., tuple[Workspace, MadeReplicas]]:
    """Makes a workspace that asks replicas made for tests, with these options."""

    def make(**options: Any) -> tuple[Workspace, MadeReplicas]:
        workspace, replicas = Workspace(settings), MadeReplicas(**options)
        ask(workspace, replicas)
        return workspace, replicas

    return make


def ask(workspace: Workspace, replicas: Any) -> None:
    """The workspace asks these replicas from now on, as it would with `scale` in its settings."""
    workspace.networks = Replicated(replicas, workspace.shelf.source, workspace.networks)  # type: ignore[arg-type]
    workspace._means = type(workspace._means)(workspace.networks, workspace._means.scene)
    workspace.turns = Turns(elsewhere=workspace.networks.at_once)


def request_of(*names: str, **more: Any) -> Request:
    """A bundled scene by these networks (by their short names), small, on the CPU in float32."""
    models = tuple(NAMES.get(name, name) for name in names)
    given: dict[str, Any] = {"device": "cpu", "precision": "float32", "working_size": SIZE, **more}
    return Request(models=models, **given)


@pytest.fixture(scope="package")
def scene(settings: Settings) -> str:
    return Workspace(settings).scenes()[0]
