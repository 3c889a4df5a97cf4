"""What this process finds of the page's first scene, once for all tests that hold the page to it."""

import functools

from tests.page.page_process import NAMES, page_checkpoints
from vizlab.core.door import load_model
from vizlab.experiments.modalities.worth import Worth, worth
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture


@functools.cache
def worth_for_cen(target: str) -> Worth:
    """Of colour and depth, for the class that is predicted or the true one; the second scene is another picture."""
    (rgbd, truth), (other, _) = (scene_picture(load_scene(name)) for name in list_scenes()[:2])
    model = load_model(page_checkpoints() / f"{NAMES['cen']}.safetensors")
    return worth(model, rgbd, target=target, truth=truth, other=other)
