"""What the operator decides."""

import re
from pathlib import Path

import pytest

from vizlab.errors import InputError
from vizlab.page.app_builder import _as_launched, launch_options
from vizlab.page.settings import Settings, parse_settings
from vizlab.rgbd.stored import too_large


def test_defaults_are_closed() -> None:
    settings = parse_settings([], {})
    options = launch_options(settings)
    assert (settings.host, settings.add_from) == ("127.0.0.1", None)
    assert options["share"] is False
    assert options["show_error"] is False
    assert options["allowed_paths"] == []
    assert [options[name] for name in ("run_history", "ssr_mode", "enable_monitoring")] == [False] * 3
    assert launch_options(parse_settings(["--host", "0.0.0.0"], {}))["max_file_size"] == 100_000_000


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LocalHost", True), ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("lab.example.org", False),
        ("localhost.example.org", False), ("", False),
    ],
)  # fmt: skip
def test_checkpoints_may_be_uploaded_where_only_this_machine_reaches_the_page(host: str, local: bool) -> None:
    assert parse_settings(["--host", host], {}).uploads is local
    assert parse_settings(["--host", host, "--allow-upload-checkpoints"], {}).uploads
    assert not parse_settings(["--host", host, "--no-allow-upload-checkpoints"], {}).uploads


@pytest.mark.parametrize(("word", "allowed"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("off", False)])
def test_a_variable_says_it_either_way_and_the_command_line_wins(word: str, allowed: bool) -> None:
    env = {"VIZLAB_ALLOW_UPLOAD_CHECKPOINTS": word}
    assert parse_settings([], env).uploads is allowed
    assert parse_settings(["--host", "0.0.0.0"], env).uploads is allowed
    other = "--no-allow-upload-checkpoints" if allowed else "--allow-upload-checkpoints"
    assert parse_settings([other], env).uploads is not allowed


def test_a_variable_that_is_neither_is_refused() -> None:
    assert parse_settings([], {"VIZLAB_ALLOW_UPLOAD_CHECKPOINTS": ""}).uploads
    with pytest.raises(InputError, match="'maybe'; expected 1 or 0"):
        parse_settings([], {"VIZLAB_ALLOW_UPLOAD_CHECKPOINTS": "maybe"})


def test_a_page_that_is_shared_or_open_takes_no_checkpoints_unasked() -> None:
    assert _as_launched(Settings(), {}).uploads
    assert not _as_launched(Settings(), {"share": True}).uploads
    assert not _as_launched(Settings(), {"server_name": "0.0.0.0"}).uploads
    assert _as_launched(Settings(allow_upload_checkpoints=True), {"share": True}).uploads


def test_checkpoints_have_a_limit_of_their_own() -> None:
    given = ["--max-checkpoint-mb", "300", "--max-upload-mb", "20"]
    local, closed = parse_settings(given, {}), parse_settings([*given, "--no-allow-upload-checkpoints"], {})
    assert (local.max_file_bytes, local.limits.max_bytes) == (300_000_000, 20_000_000)
    assert closed.max_file_bytes == 20_000_000


def test_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    env = {"VIZLAB_PORT": "7000", "VIZLAB_ADD_FROM": str(tmp_path), "VIZLAB_ALLOW_UPLOAD_CHECKPOINTS": "1"}
    settings = parse_settings(["--port", "7001"], env)
    assert (settings.port, settings.add_from, settings.allow_upload_checkpoints) == (7001, tmp_path, True)


def test_uploads_are_bounded_by_visitor_and_in_all() -> None:
    given = parse_settings(["--max-upload-mb", "20", "--no-allow-upload-checkpoints"], {})
    assert (given.visitor_upload_bytes, given.all_upload_bytes) == (80_000_000, 800_000_000)
    own = parse_settings(["--visitor-uploads-mb", "5"], {"VIZLAB_ALL_UPLOADS_MB": "7"})
    assert (own.visitor_upload_bytes, own.all_upload_bytes) == (5_000_000, 7_000_000)
    for bound in ({"visitor_uploads_mb": 0}, {"all_uploads_mb": -1}, {"gpu_models_mb": 0}):
        with pytest.raises(InputError, match="positive"):
            Settings(**bound)


def test_limits_reach_the_reader() -> None:
    limits = parse_settings(["--max-upload-mb", "2", "--max-megapixels", "1.5"], {}).limits
    assert (limits.max_bytes, limits.max_pixels) == (2_000_000, 1_500_000)


def test_what_is_too_large_names_the_option_of_the_page() -> None:
    """And one that there is: a visitor can ask for it, an operator can give it."""
    limits = Settings().limits
    assert re.findall(r"--[a-z-]+", too_large("a.npy", 10**9, limits)) == ["--max-megapixels"]
    found = {}
    for what, check in (
        ("pixels", lambda: limits.check_pixels("a.png", (10_000, 10_000))),
        ("bytes", lambda: limits.check_bytes("a.png", 10**9)),
    ):
        with pytest.raises(InputError) as raised:
            check()
        (option,) = re.findall(r"--[a-z-]+", str(raised.value))
        found[what] = option
    assert found == {"pixels": "--max-megapixels", "bytes": "--max-upload-mb"}
    for option in found.values():
        parse_settings([option, "7"], {})


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
