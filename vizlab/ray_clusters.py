"""What a study and a page that join a Ray cluster, or start a Ray of their own, have in common."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray would report to its makers
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # else every actor of Ray Data starts with an "error" about its restarts
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""What a Ray of our own is started with, unless the environment says otherwise."""
JOINING = {"RAY_gcs_server_port_wait_time_s": "3"}
"""Ray asks a cluster so many times whether it is let in, 20 by default, a second and a line of warning each."""
CONNECTS = 5.0
"""Seconds in which a cluster has to answer."""


def answers(address: str) -> bool:
    """Whether something listens at HOST:PORT: where nothing does, Ray would try for a quarter of an hour."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECTS).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def turned_away(err: BaseException) -> bool:
    """Whether what `ray.init` raised says that a cluster refuses this process for its token, or that it has none.

    Ray's own error for that is raised only where there is no token to begin with; of a refusal its name is left, in
    the words of another error.
    """
    from ray.exceptions import AuthenticationError

    return any(
        isinstance(cause, AuthenticationError) or AuthenticationError.__name__ in str(cause) for cause in _causes(err)
    )


def no_token(address: str | None) -> str:
    """What is said to who is turned away from the cluster at `address`."""
    sent = os.environ.get("RAY_AUTH_MODE", "").lower() == "token"
    found = "no token was found, or another one" if sent else "none was sent, since RAY_AUTH_MODE is not 'token'"
    return (
        f"The Ray cluster at '{address}' takes only who has its token, and {found}. Set RAY_AUTH_MODE=token, and "
        "RAY_AUTH_TOKEN to the cluster's token or RAY_AUTH_TOKEN_PATH to its file (else ~/.ray/auth_token is read), "
        "which lies on the machine on which `ray get-auth-token --generate` made it."
    )


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Within the block, the variables that are not set have these values."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
