"""What vizlab brings along besides code: the trained networks and the scenes, wherever it was installed from."""

from functools import lru_cache
from pathlib import Path

from vizlab.errors import InputError

IN_CHECKOUT = {"checkpoints": "checkpoints", "scenes": "assets/scenes"}
"""The bundled folders by name, and where each lies in a checkout."""
IN_WHEEL = "bundled_files"
"""The folder of the installed package into which setup.py puts them, each under its name."""
_PACKAGE = Path(__file__).resolve().parent
_VIEWER = _PACKAGE / "page" / "static" / "viewer.js"


def folder(name: str) -> Path:
    """The folder "checkpoints" or "scenes": inside the installed package or, in a checkout, at its root.

    Raises InputError for any other name. The folder need not exist: whoever lists it finds nothing then.
    """
    if name not in IN_CHECKOUT:
        raise InputError(f"'{name[:40]}' is nothing vizlab brings along; expected {' or '.join(IN_CHECKOUT)}.")
    installed = _PACKAGE / IN_WHEEL / name
    return installed if installed.is_dir() else _PACKAGE.parent / IN_CHECKOUT[name]


def checkpoint(name: str) -> Path:
    """The file of a bundled network, such as "cen-mobilenetv2-nyuv2"; raises InputError if there is none."""
    known = {path.stem: path for path in sorted(folder("checkpoints").glob("*.safetensors"))}
    if name not in known:
        raise InputError(f"No network called '{name[:80]}' is bundled; there are: {', '.join(known) or 'none'}.")
    return known[name]


@lru_cache(maxsize=1)
def viewer_script() -> bytes:
    """The viewer as one JavaScript module, for the page as well as for files that work without one."""
    return _VIEWER.read_bytes()
