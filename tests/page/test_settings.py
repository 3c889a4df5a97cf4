"""What the operator decides."""

from pathlib import Path

import pytest

from vizlab.errors import InputError
from vizlab.page.app_builder import launch_options
from vizlab.page.settings import Settings, parse_settings


def test_defaults_are_closed() -> None:
    settings = parse_settings([], {})
    options = launch_options(settings)
    assert (settings.host, settings.allow_upload_checkpoints, settings.add_from) == ("127.0.0.1", False, None)
    assert options["share"] is False
    assert options["show_error"] is False
    assert options["allowed_paths"] == []
    assert options["max_file_size"] == 100_000_000


def test_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    env = {"VIZLAB_PORT": "7000", "VIZLAB_ADD_FROM": str(tmp_path), "VIZLAB_ALLOW_UPLOAD_CHECKPOINTS": "1"}
    settings = parse_settings(["--port", "7001"], env)
    assert (settings.port, settings.add_from, settings.allow_upload_checkpoints) == (7001, tmp_path, True)


def test_limits_reach_the_reader() -> None:
    limits = parse_settings(["--max-upload-mb", "2", "--max-megapixels", "1.5"], {}).limits
    assert (limits.max_bytes, limits.max_pixels) == (2_000_000, 1_500_000)


def test_a_folder_that_is_none_is_said() -> None:
    with pytest.raises(InputError, match="no folder"):
        Settings(add_from=Path("/nowhere/at/all"))
    with pytest.raises(InputError, match="positive"):
        Settings(max_upload_mb=0)


def test_no_style_or_script_points_to_another_host() -> None:
    options = launch_options(Settings())
    assert "http" not in options["css"]
    assert "http" not in options["js"]
    css = options["theme"]._get_theme_css() + "".join(options["theme"]._font_css)
    assert "IBMPlexSans" in css
    assert "https://" not in css
    assert options["theme"]._stylesheets == []
