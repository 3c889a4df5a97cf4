"""Start the page: `python app.py`, then open the address it prints. `python app.py --help` lists the settings."""

import sys

from vizlab.errors import VizlabError
from vizlab.ui import build_app, launch_options, parse_settings


def main() -> None:
    """Settings in, page out."""
    try:
        settings = parse_settings()
        app = build_app(settings)
    except VizlabError as err:
        sys.exit(f"vizlab: {err}")
    try:
        app.launch(**launch_options(settings))
    except OSError:
        wanted = f"port {settings.port}" if settings.port else "any port from 7860 on"
        sys.exit(f"vizlab: the page cannot listen on {settings.host}, {wanted}; choose a free one with --port.")


if __name__ == "__main__":
    main()
