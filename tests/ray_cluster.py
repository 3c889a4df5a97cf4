"""A Ray cluster as an operator starts one, with a token, and what its processes are.

The cluster listens on all addresses of the machine, as every one of Ray's does; only who has its token may use it.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STARTS, ENDS = 300, 30
"""Seconds in which a cluster has to stand, and to be gone."""
PATIENCE = {
    "RAY_agent_register_timeout_ms": str(STARTS * 1000),
    "RAY_worker_register_timeout_seconds": str(STARTS),
    "RAY_gcs_server_port_wait_time_s": str(STARTS),
}
"""How long parts of a cluster wait for each other on a slow machine."""
AGENTS = "metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port"


@dataclass(frozen=True)
class Cluster:
    """Where it is, its process, what the environment of who may use it has besides, and whose home that is."""

    address: str
    process: "subprocess.Popen[bytes]"
    token: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Of one core, on this machine; its ports are chosen so that other clusters of the machine are not in the way."""
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere Ray starts no clusters unless told to")
    folder = Path(tempfile.mkdtemp(prefix="vz", dir="/tmp"))  # sockets below it have paths of 107 bytes at most
    (folder / "token").touch(0o600)
    (folder / "token").write_text(secrets.token_hex(32))
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    node, (agent, client) = secrets.token_hex(28), _free_ports(2)
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--port=0", "--num-cpus=1"]
    command += ["--include-dashboard=false", "--no-monitor", "--include-log-monitor=false", "--disable-usage-stats"]
    command += [f"--ray-client-server-port={client}", f"--runtime-env-agent-port={agent}", "--min-worker-port=0"]
    command += ["--max-worker-port=0", f"--object-store-memory={128 * 2**20}"]
    environment = environment_of(folder, token) | PATIENCE | {"RAY_OVERRIDE_NODE_ID_FOR_TESTING": node}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        ports = {f"{name}_{node}": -1 for name in AGENTS} | {f"runtime_env_agent_port_{node}": agent}
        yield Cluster(_address(folder, process, ports), process, token, folder)
    finally:
        _stop(process)
        shutil.rmtree(folder)


def _address(folder: Path, process: "subprocess.Popen[bytes]", ports: dict[str, int]) -> str:
    """HOST:PORT, once the cluster stands: Ray writes it down then."""
    written = folder / "ray/ray_current_cluster"
    deadline = time.monotonic() + STARTS
    while time.monotonic() < deadline and process.poll() is None:
        if written.exists() and (address := written.read_text()):
            return address
        _write_ports(folder, ports)
        time.sleep(0.2)
    raise AssertionError((folder / "log").read_text())


def _write_ports(folder: Path, ports: dict[str, int]) -> None:
    """What Ray's agents write once they are imported, which Ray awaits for 15 seconds, however slow the machine is."""
    session = folder / "ray/session_latest"
    for name, port in ports.items():
        if session.is_dir() and not (session / name).exists():
            (folder / name).write_text(str(port))
            (folder / name).rename(session / name)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as opened:
        servers = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def environment_of(folder: Path, token: dict[str, str]) -> dict[str, str]:
    """This one's without anything of Ray's; below `folder` lies what Ray, and a user of his own, would have lying."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    own = {"RAY_TMPDIR": str(folder), "HOME": str(folder), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return kept | own | token


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """`ray stop` would end everybody's clusters: this one's processes alone."""
    own = family(process.pid)
    process.terminate()
    try:
        process.wait(ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in set(own) & set(family(1)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def family(root: int) -> list[int]:
    """The process, its children, and theirs."""
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    found = [root]
    for one in found:
        found += [pid for pid, parent in pairs if parent == one]
    return found
