"""What the operator of the page decides: command-line options, each with an environment variable beside it."""

import argparse
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vizlab.bundled import folder
from vizlab.core.device import pick_device
from vizlab.errors import InputError
from vizlab.rgbd import Limits

FILES_OF_ONE, VISITORS = 4, 10
"""How many of the largest files a visitor may have, and how many such visitors fit, where no limit is set."""
_SEVERAL = {"allowed_hosts": "VIZLAB_ALLOWED_HOST", "embed_in": "VIZLAB_EMBED_IN"}
"""Settings that may be given again, and the variables that name all of them, between commas."""
_SWITCH = {
    "": None,
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True)
class Settings:
    """`checkpoints` is the folder of the shipped networks; `scenes` one of scenes to offer instead of the bundled ones;
    `add_from` one whose checkpoints a user may add by name.

    `allow_upload_checkpoints` lets users upload checkpoints of their own; None allows it where only this machine can
    reach the page (see `uploads`).

    `max_upload_mb` bounds every uploaded picture, `max_checkpoint_mb` every uploaded checkpoint, `max_megapixels` every
    picture before it is decoded, `cache_mb` the results that are kept. `visitor_uploads_mb` bounds the files of one
    visitor and `all_uploads_mb` those of all; None is a few of the largest that are allowed, and ten visitors' worth.
    `gpu_models_mb` bounds the networks that stay on GPUs.

    `auth` is a file of users (see `guard.passwords`); `allowed_hosts` the names that the page answers to beside
    loopback ones, empty for all of them where others reach it; `open` says that they may without either. `embed_in` are
    sites that may show the page inside theirs. `max_queue` bounds the runs that wait, `max_job_seconds` each of them.

    `scale` is where networks run: "" in the page's process, "local" as replicas on this machine, else on the Ray
    cluster of that address; `replicas` how many are started, None as many as there are GPUs, or two. `secret_file`
    holds the secret of the results' keys (see `scale.secret`).
    """

    host: str = "127.0.0.1"
    port: int | None = None
    checkpoints: Path = field(default_factory=partial(folder, "checkpoints"))
    scenes: Path | None = None
    add_from: Path | None = None
    allow_upload_checkpoints: bool | None = None
    device: str = "auto"
    max_upload_mb: int = 100
    max_checkpoint_mb: int = 2000
    max_megapixels: float = 25.0
    cache_mb: int = 1024
    visitor_uploads_mb: int | None = None
    all_uploads_mb: int | None = None
    gpu_models_mb: int = 4000
    auth: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    open: bool = False
    embed_in: tuple[str, ...] = ()
    max_queue: int = 64
    max_job_seconds: int = 1800
    scale: str = ""
    replicas: int | None = None
    secret_file: Path | None = None

    def __post_init__(self) -> None:
        if min(self.max_upload_mb, self.max_checkpoint_mb, self.max_megapixels, self.cache_mb) <= 0:
            raise InputError("The limits of upload, picture and cache size must be positive numbers.")
        if any(mb is not None and mb <= 0 for mb in (self.visitor_uploads_mb, self.all_uploads_mb, self.gpu_models_mb)):
            raise InputError("The limits of uploads and of networks on GPUs must be positive numbers of MB.")
        if min(self.max_queue, self.max_job_seconds) <= 0:
            raise InputError("How many runs may wait and how many seconds one may take must be positive numbers.")
        if self.replicas is not None and not (self.scale and self.replicas > 0):
            raise InputError("--replicas is how many --scale starts: a positive number, and not without --scale.")
        pick_device(self.device)  # refuses a device that is not there before anyone waits for it
        if self.add_from is not None and not self.add_from.is_dir():
            raise InputError(f"--add-from names '{self.add_from}', which is no folder; expected one with checkpoints.")

    @property
    def uploads(self) -> bool:
        """Whether users may upload checkpoints: as the operator said, else only on a loopback address."""
        return is_loopback(self.host) if self.allow_upload_checkpoints is None else self.allow_upload_checkpoints

    @property
    def max_file_bytes(self) -> int:
        """What any file may weigh that a browser sends; of a picture the reader takes less, see `limits`."""
        largest = max(self.max_upload_mb, self.max_checkpoint_mb) if self.uploads else self.max_upload_mb
        return largest * 1_000_000

    @property
    def visitor_upload_bytes(self) -> int:
        """What the files of one visitor may weigh together."""
        own = self.visitor_uploads_mb
        return FILES_OF_ONE * self.max_file_bytes if own is None else own * 1_000_000

    @property
    def all_upload_bytes(self) -> int:
        """What the files of all visitors may weigh together."""
        own = self.all_uploads_mb
        return VISITORS * self.visitor_upload_bytes if own is None else own * 1_000_000

    @property
    def limits(self) -> Limits:
        """What a picture file may cost before it is decoded."""
        return Limits(
            max_bytes=self.max_upload_mb * 1_000_000,
            max_pixels=int(self.max_megapixels * 1e6),
            more_bytes="ask this page's operator for more, by vizlab page --max-upload-mb",
            more_pixels="ask this page's operator for more, by vizlab page --max-megapixels",
        )


def parse_settings(argv: Sequence[str] | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Settings from the command line; what is not given there comes from VIZLAB_* variables, then from defaults."""
    env = os.environ if env is None else env
    given = vars(_parser(env).parse_args(argv))
    for name, variable in _SEVERAL.items():
        given[name] = tuple(given[name] or _listed(env.get(variable, "")))
    return Settings(**given)


def _parser(env: Mapping[str, str]) -> argparse.ArgumentParser:
    base = Settings()
    parser = argparse.ArgumentParser(
        prog="vizlab page",
        description="Serve the page until interrupted.",
        epilog="Each option can also be set as VIZLAB_NAME, e.g. VIZLAB_PORT=7861.",
    )

    def option(name: str, kind: type, default: object, text: str) -> None:
        variable = "VIZLAB_" + name.upper().replace("-", "_")
        parser.add_argument(f"--{name}", type=kind, default=env.get(variable, default), help=text)

    option("host", str, base.host, "address to listen on; 0.0.0.0 opens the page to the network")
    option("port", int, base.port, "port to listen on; the first free one from 7860 if not given")
    option("checkpoints", Path, base.checkpoints, "folder of the networks the page offers")
    option("scenes", Path, base.scenes, "folder of scenes to offer instead of the bundled ones")
    option("add-from", Path, base.add_from, "folder whose checkpoints a user may add by name")
    option("device", str, base.device, "auto, cpu, cuda or cuda:N")
    option("max-upload-mb", int, base.max_upload_mb, "largest picture file a user may upload, in MB")
    option("max-checkpoint-mb", int, base.max_checkpoint_mb, "largest checkpoint a user may upload, in MB")
    option("max-megapixels", float, base.max_megapixels, "largest picture that is decoded, in million pixels")
    option("cache-mb", int, base.cache_mb, "memory for results that are kept, in MB")
    option("visitor-uploads-mb", int, None, "disk for the files of one visitor, MB; if not given, four of the largest")
    option("all-uploads-mb", int, None, "disk for the files of all visitors, in MB; if not given, ten visitors'")
    option("gpu-models-mb", int, base.gpu_models_mb, "memory of GPUs for networks that wait there, in MB")
    option("max-queue", int, base.max_queue, "how many runs may wait for their turn, half of them one visitor's")
    option("max-job-seconds", int, base.max_job_seconds, "how long one run may take, without waiting, in seconds")
    option("replicas", int, None, "how many replicas --scale starts; one for each GPU, or two, if not given")
    option("secret-file", Path, None, "file of the secret that pages share which give the same results the same keys")
    parser.add_argument(
        "--scale",
        nargs="?",
        const="local",
        default=env.get("VIZLAB_SCALE", base.scale),
        metavar="ADDRESS",
        help="run networks as replicas on Ray Serve: on this machine, or on the cluster of ADDRESS",
    )
    option("auth", Path, base.auth, "file of users who may sign in: python -m vizlab.page.guard.passwords NAME >> FILE")

    for name, text in (
        ("allowed-host", "name the page answers to, beside this machine's; may be given again"),
        ("embed-in", "site that may show the page inside its own, such as https://example.org; may be given again"),
    ):
        dest = name.replace("-", "_").replace("host", "hosts")
        parser.add_argument(f"--{name}", dest=dest, action="append", metavar="NAME", help=text)
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=_switch(env, "VIZLAB_OPEN", base.open),
        help="let everybody in who reaches --host; needed beyond this machine without --auth or --allowed-host",
    )
    parser.add_argument(
        "--allow-upload-checkpoints",
        action=argparse.BooleanOptionalAction,
        default=_switch(env, "VIZLAB_ALLOW_UPLOAD_CHECKPOINTS", base.allow_upload_checkpoints),
        help="let users upload checkpoints of their own; if not said, only where --host is this machine alone. "
        "Behind a proxy that others reach, say no",
    )
    return parser


def _listed(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _switch(env: Mapping[str, str], variable: str, default: bool | None) -> bool | None:
    """A variable that is on or off; raises InputError for any other word."""
    word = env.get(variable, "").strip().lower()
    if word not in _SWITCH:
        raise InputError(f"{variable} is '{env[variable][:40]}'; expected 1 or 0, true or false, yes or no, on or off.")
    return default if word == "" else _SWITCH[word]


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone: 127.0.0.1, ::1, localhost and the like."""
    if host.strip().lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip().strip("[]")).is_loopback
    except ValueError:
        return False
