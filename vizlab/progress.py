"""How long work says how far it is, and how it is stopped: one form for the page, the command line and Python."""

from collections.abc import Callable

Step = Callable[[float, str], object]
"""Called with the share done, in [0, 1], and what is done now; raises CancelledError to stop."""


def silent(done: float, what: str) -> None:
    """The step of those who want to hear nothing."""
