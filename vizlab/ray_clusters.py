"""What a study and a page that join a Ray cluster, or start a Ray of their own, have in common."""

import socket
from collections.abc import Iterator

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray would report to its makers
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # else every actor of Ray Data starts with an "error" about its restarts
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""What a Ray of our own is started with, unless the environment says otherwise."""
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


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
