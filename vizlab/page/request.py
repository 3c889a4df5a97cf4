"""From what a user typed, ticked and uploaded to one request, whichever door it came through."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vizlab.errors import InputError
from vizlab.page.kit.analysis import Request
from vizlab.rgbd import ReadOptions

WORKING_SIZES = {
    "own": None,
    "240x320": (240, 320),
    "360x480": (360, 480),
    "480x640": (480, 640),
    "720x960": (720, 960),
}
"""Working sizes the page offers, (H, W); "own" is each checkpoint's."""


def request_for(
    scene: str | None,
    colour: str | None,
    depth: str | None,
    reading: ReadOptions | None = None,
    models: Sequence[str] = (),
    device: str = "auto",
    size: str = "own",
    predicted_depth: bool = False,
    settings: Mapping[str, float] | None = None,
    precision: str = "auto",
) -> Request:
    """Files, where there are any, else the scene. Raises InputError for a working size that is not offered."""
    if size not in WORKING_SIZES:
        raise InputError(f"The working size is '{size[:40]}'; expected one of {', '.join(WORKING_SIZES)}.")
    if settings is not None and not isinstance(settings, Mapping):
        raise InputError('The settings are no mapping of names to numbers; give for instance {"threshold": 0.05}.')
    return Request(
        scene=None if colour or depth else scene or None,
        colour=Path(colour) if colour else None,
        depth=Path(depth) if depth else None,
        reading=reading or ReadOptions(),
        models=tuple(models),
        device=device,
        working_size=WORKING_SIZES[size],
        settings=dict(settings or {}),
        predicted_depth=predicted_depth,
        precision=precision or "auto",
    )
