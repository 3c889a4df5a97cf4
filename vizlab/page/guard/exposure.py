"""How far the page may be reached: what stands before its app, and what an operator must have said for it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.middleware import Middleware

from vizlab.errors import InputError
from vizlab.page.guard.doors import OneDoor
from vizlab.page.guard.headers import SafeHeaders, sites
from vizlab.page.guard.hosts import Hosts, KnownHosts
from vizlab.page.guard.passwords import read_users
from vizlab.page.guard.signing_in import Door, SignedIn
from vizlab.page.settings import Settings, is_loopback
from vizlab.page.turns import Turns

log = logging.getLogger("vizlab.page")

OPEN_TO_ALL = (
    "the page on %s is open: whoever reaches this address uses it, and sites that a visitor opens can reach it under "
    "another name; --auth or --allowed-host closes that."
)
SHARED = "*.gradio.live"
"""Where Gradio's own links for sharing lead through."""


def check_exposure(settings: Settings, asks: bool = False) -> None:
    """Raises InputError for a page that others reach where nobody said who may; warns of one that is open.

    `asks` says that its visitors sign in anyway. Raises InputError for hosts and sites that are none, too.
    """
    Hosts.of(settings.allowed_hosts)
    sites(settings.embed_in)
    if is_loopback(settings.host) or settings.auth is not None or settings.allowed_hosts or asks:
        return
    if not settings.open:
        raise InputError(
            f"On {settings.host} others reach the page, and nothing says who may: give --auth FILE or --allowed-host "
            "NAME, or --open if everybody may."
        )
    log.warning(OPEN_TO_ALL, settings.host)


def answered_names(settings: Settings) -> tuple[str, ...] | None:
    """The names that the page answers to beside loopback ones; None is every name."""
    if settings.allowed_hosts:
        return (*settings.allowed_hosts, *_address_of(settings.host))
    return () if is_loopback(settings.host) else None


def guarded(
    options: Mapping[str, Any],
    settings: Settings,
    turns: Turns,
    door: Door | None = None,
    asks: bool = False,
    before: Sequence[Middleware] = (),
) -> dict[str, Any]:
    """Arguments for the app behind Gradio, with everything before it that `settings` ask for.

    Visitors must have signed in where there is a `door` or the app `asks` by itself. Requests pass `before` first, also
    those that are refused.
    """
    first = [
        *before,
        Middleware(SafeHeaders, embed_in=sites(settings.embed_in)),
        Middleware(KnownHosts, hosts=Hosts.of(answered_names(settings))),
        *([Middleware(SignedIn, door=door)] if asks or door is not None else []),
        Middleware(OneDoor, busy_words=turns.busy_words),
    ]
    return {**options, "middleware": [*first, *options.get("middleware", ())]}


def door_of(settings: Settings) -> Door | None:
    """Who asks for passwords, where there are any. Raises InputError for a file of users that is none."""
    return None if settings.auth is None else Door(read_users(settings.auth))


def event_threads(settings: Settings) -> int:
    """Threads for Gradio's events: who waits for his turn holds one, and the page's own routes have others.

    At 40 Gradio would take the routes' own.
    """
    return settings.max_queue + 64


def _address_of(host: str) -> tuple[str, ...]:
    """An address to listen on by which the page can be called: not 0.0.0.0 or ::, which stand for all."""
    return () if host.strip("[]") in ("0.0.0.0", "::", "") else (host,)
