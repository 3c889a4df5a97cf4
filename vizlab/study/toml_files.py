"""Files in TOML that users write: configurations of studies, recipes."""

import tomllib
from pathlib import Path
from typing import Any

from vizlab.errors import DataError


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """What the file says, by key. Raises DataError where there is no such file, which is a `what`, or it is no TOML."""
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as err:
        raise DataError(f"There is no {what} '{path}'; give the path of a TOML file.") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise DataError(f"'{path.name}' is not a TOML file: {err}.") from err
