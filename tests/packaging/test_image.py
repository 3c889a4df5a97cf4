"""The container image: no builder is at hand here, so what the Dockerfile says is held, and its steps are run."""

import os
import re
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.packaging.commands import ROOT, SECONDS, environment
from tests.packaging.conftest import build
from tests.packaging.dockerfile import Stage, context, read_stages
from tests.page.page_process import free_port

BUILDER, FINAL = read_stages(ROOT / "Dockerfile")
PLACE = "/opt/vizlab"
"""Where the image has its environment."""
GIGABYTE = 1e9
BASE = {"libc", "libm", "libdl", "libpthread", "librt", "libutil", "libgcc_s", "libstdc++", "ld-linux-x86-64", "libz"}
"""Libraries of every slim Python image: Debian's essential packages and Python need them."""


def test_it_is_two_stages_and_the_last_installs_nothing() -> None:
    assert (BUILDER.name, FINAL.name) == ("build", "")
    assert BUILDER.image == FINAL.image
    assert FINAL.image.endswith("-slim")
    assert [value.split()[0] for value in FINAL.values("RUN")] == ["useradd"]
    assert FINAL.values("COPY") == [f"--from=build {PLACE} {PLACE}"]
    assert not {"ADD", "VOLUME", "ENTRYPOINT", "ONBUILD", "SHELL"} & {step for step, _ in BUILDER.steps + FINAL.steps}


def test_every_package_comes_as_a_wheel_of_the_pinned_version() -> None:
    assert BUILDER.env["PIP_ONLY_BINARY"] == ":all:"  # so no compiler is in either stage
    installs = [value for value in BUILDER.values("RUN") if " install " in value]
    assert len(installs) == 2
    assert all(" -c constraints.txt " in value for value in installs)
    assert not re.search(r"\bapt|\bcurl|\bwget", " ".join(BUILDER.values("RUN")))


def test_it_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    steps = [step for step, _ in FINAL.steps]
    (user,) = FINAL.values("USER")
    (made,) = FINAL.values("RUN")
    assert re.fullmatch(r"([1-9]\d{3}):\1", user)  # numbers: what runs it can see that it is not root
    assert f"--uid {user.partition(':')[0]} " in made
    assert steps.index("USER") < steps.index("CMD")
    (port,) = FINAL.values("EXPOSE")
    assert port == FINAL.env["VIZLAB_PORT"] == "7860"
    assert f"'http://127.0.0.1:{port}/health'" in FINAL.command("HEALTHCHECK")[-1]


def test_it_names_no_outside_host() -> None:
    addresses = re.findall(r"https?://[^\s'\"]+", (ROOT / "Dockerfile").read_text())
    assert addresses == ["http://127.0.0.1:7860/health"]


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with a `python` that only writes down what it is asked, and an x86-64 `uname`; and what it wrote."""
    log = tmp_path / "asked"
    log.touch()
    for name, script in {"python": f'echo "$@" >> {log}', "uname": "echo x86_64"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path, log


def shell(stage: Stage, line: str, folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """One RUN, with the build arguments that are given and the programs in `folder` before all others."""
    env = {**stage.env, **stage.args, **given, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["/bin/sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("given", "index"),
    [({"TORCH_INDEX": "INDEX"}, "--index-url INDEX"), ({"DEVICE": "cuda"}, "")],
    ids=["cpu", "cuda"],
)
def test_one_file_makes_both_images(given: dict[str, str], index: str, asked: tuple[Path, Path]) -> None:
    folder, log = asked
    for line in BUILDER.values("RUN"):
        done = shell(BUILDER, line, folder, **given)
        assert done.returncode == 0, done.stderr
    pip = f"-m pip --python {PLACE}/bin/python install -q"
    torch = " ".join(f"{pip} --no-deps -c constraints.txt {index} torch".split())
    expected = [f"-m venv --without-pip {PLACE}", torch, f"{pip} -c constraints.txt .[formats,serve]"]
    assert log.read_text().splitlines() == expected


def test_without_an_index_a_cpu_image_is_refused_in_a_sentence(asked: tuple[Path, Path]) -> None:
    folder, log = asked
    done = shell(BUILDER, BUILDER.values("RUN")[1], folder)
    assert done.returncode == 1
    assert re.fullmatch(r"Found no TORCH_INDEX; .* expected .*\.\n", done.stderr)
    assert log.read_text() == ""


@pytest.fixture(scope="module")
def sent(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a builder gets of this checkout."""
    place = tmp_path_factory.mktemp("context") / "source"
    for file in [".dockerignore", *context(checkout)]:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / file, place / file)
    return place


@pytest.mark.slow
def test_the_builder_gets_what_the_wheel_is_made_of_and_little_else(sent: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(build("build_wheel", sent)) as found:
        # The viewer's TypeScript comes along from the source distribution; nothing reads it where it is installed.
        wanted_names = [name for name in whole.namelist() if not name.startswith("vizlab/page/web/")]
        assert sorted(found.namelist()) == sorted(wanted_names)
        (metadata,) = (name for name in whole.namelist() if name.endswith("/METADATA"))
        assert found.read(metadata) == whole.read(metadata)
        wanted = sum(file.file_size for file in whole.infolist())
    sizes = [(sent / file).stat().st_size for file in context(sent)]
    assert sum(sizes) < 1.2 * wanted


def test_an_ignored_file_is_not_sent(tmp_path: Path) -> None:
    shutil.copy2(ROOT / ".dockerignore", tmp_path)
    kept = ["pyproject.toml", "vizlab/cli.py", "assets/scenes/office/rgb.jpg", "docs/on-an-index.md"]
    out = [
        "docs/study.md",
        ".git/config",
        "runs/x",
        "assets/readme/tour.gif",
        "vizlab/a/__pycache__/b.pyc",
        "README.md",
    ]
    for name in kept + out:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert context(tmp_path) == set(kept)


@contextmanager
def container(place: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[str], dict[str, str]]]:
    """CMD running with the image's variables, without root's rights, in an empty folder; and the health check's words.

    `place` is the environment that stands for the image's.
    """
    port, home = str(free_port()), folder / "tmp"
    home.mkdir()
    own = {name: value.replace("/tmp", str(home)) for name, value in FINAL.env.items() if name != "PATH"}
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    kept = {name: value for name, value in environment().items() if name not in ("HOME", "TMPDIR")}
    env = {**kept, **own, "PATH": path, "VIZLAB_PORT": port, "TMPDIR": str(home), "HOME": "/nonexistent"}
    check = [part.replace(FINAL.env["VIZLAB_PORT"], port) for part in FINAL.command("HEALTHCHECK")]
    with (folder / "log").open("w") as log:
        command = [*without_root(), *FINAL.command("CMD")]
        process = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process, check, env
    except Exception as err:
        err.add_note(f"The log ends in:\n{(folder / 'log').read_text()[-3000:]}")
        raise
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def without_root() -> list[str]:
    """Where the tests run as root: a user of a namespace, to whom our files belong but who has no rights beyond."""
    if os.geteuid() != 0:
        return []
    words = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    allowed = shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if allowed and allowed.returncode == 0 else []


def becomes_healthy(process: "subprocess.Popen[bytes]", check: list[str], env: Mapping[str, str]) -> bool:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        if subprocess.run(check, env=env, capture_output=True, check=False).returncode == 0:
            return True
        time.sleep(1)
    return False


def state(place: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in place.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_its_command_serves_the_page_writes_nowhere_else_and_stops(python: Path, tmp_path: Path) -> None:
    place = python.parents[1]
    before = state(place)
    with container(place, tmp_path) as (process, check, env):
        assert subprocess.run(check, env=env, capture_output=True, check=False).returncode != 0  # not there yet
        assert becomes_healthy(process, check, env)
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE) or not without_root()
        with socket.create_connection(("127.0.0.1", int(env["VIZLAB_PORT"])), 10):
            pass
        process.terminate()
        process.wait(10)  # docker's patience before it kills
    assert state(place) == before


@pytest.mark.slow
def test_its_steps_make_an_environment_that_serves_the_page(sent: Path, tmp_path: Path) -> None:
    """Minutes, and hundreds of megabytes from an index.

    As `DEVICE=cuda`, that is what pip takes by itself where this runs; its size is held if that was for CPUs.
    """
    place = tmp_path / "vizlab"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIZLAB_"))}
    env = {**kept, **BUILDER.env, **BUILDER.args, "DEVICE": "cuda", "TORCH_INDEX": os.environ.get("TORCH_INDEX", "")}
    for line in BUILDER.values("RUN"):
        command = ["/bin/sh", "-c", line.replace(PLACE, str(place))]
        done = subprocess.run(command, cwd=sent, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    size = sum(path.lstat().st_size for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{size / GIGABYTE:.2f} GB")
    if not list(place.rglob("nvidia")):
        assert size < 2.3 * GIGABYTE  # and a slim Python image is some 0.13
    assert foreign_libraries(place) <= BASE
    with container(place, tmp_path) as (process, check, env):
        assert becomes_healthy(process, check, env)


def foreign_libraries(place: Path) -> set[str]:
    """What the environment's shared objects load from outside of it, by name; "not found" among it if any is absent."""
    objects = [path for path in place.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    said = subprocess.run(["ldd", *objects], capture_output=True, text=True, check=False).stdout
    absent = set(re.findall(r"(\S+) => not found", said))
    loaded = re.findall(r"(/\S+)\.so\S* \(0x", said)
    return absent | {Path(path).name for path in loaded if not path.startswith(str(place))}
