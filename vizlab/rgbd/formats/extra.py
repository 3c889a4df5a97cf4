"""Libraries that only some files need: imported when such a file comes, and named where they are missing."""

import importlib
from typing import Any

from vizlab.errors import InputError, one_line
from vizlab.rgbd.files import StoredFile


def library(module: str, file: StoredFile, what: str) -> Any:
    """The module named `module`, which reads `file`, that is `what`. Raises InputError naming the extra to install."""
    try:
        return importlib.import_module(module)
    except ImportError as err:
        package = module.split(".")[0].replace("_", "-")
        raise InputError(
            f"{file.name} is {what}, which needs the package {package}, not installed here; install the extra "
            "'formats' (pip install \"vizlab[formats]\"), or convert the file to one of the expected kinds: 16-bit "
            "PNG, .npy or JPEG."
        ) from err


def damaged(file: StoredFile, what: str, reason: object = "") -> InputError:
    """The error for `file`, which starts like `what` but cannot be read on; `reason` is a library's own words."""
    words = one_line(reason, 120).rstrip(".")
    aside = f" ({words})" if words else ""
    return InputError(
        f"{file.name} starts like {what} but is cut off, damaged or of a rare variant{aside}; expected a complete "
        "file: export or copy it again."
    )
