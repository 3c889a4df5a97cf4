"""Which names the page answers to, and from which sites a browser may call it.

A page on a loopback address is reached by every site that its visitor opens: by a name that suddenly means 127.0.0.1
(DNS rebinding), or by a form that a foreign site sends here. The first has a foreign Host, the second a foreign Origin.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from vizlab.errors import InputError
from vizlab.page.guard.requests import header_values, path_of, refusal, split_url
from vizlab.page.settings import is_loopback


@dataclass(frozen=True)
class Hosts:
    """`names` as operators give them: lab.example.org, or *.example.org for every name below; None allows every name.

    A loopback name or address is always allowed: no browser takes a foreign site for it.
    """

    names: frozenset[str] | None

    @classmethod
    def of(cls, names: Iterable[str] | None) -> "Hosts":
        """Raises InputError for what is no host's name."""
        return cls(None if names is None else frozenset(_checked(name) for name in names))

    def allow(self, host: str) -> bool:
        """Whether a request for that host, with or without a port, is answered."""
        name = bare(host)
        return bool(name) and (self.names is None or is_loopback(name) or self.name(name))

    def name(self, name: str) -> bool:
        """Whether the operator named it, or every name above it."""
        above = name.partition(".")[2]
        return name in (self.names or ()) or (bool(above) and f"*.{above}" in (self.names or ()))


class KnownHosts:
    """Refuses requests for other hosts (421) and those that a foreign site has a browser send (403)."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._fault(scope) if scope["type"] == "http" else None
        answer = self._app if found is None else refusal(path_of(scope), *found)
        await answer(scope, receive, send)

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        asked = header_values(scope, b"host")
        forwarded = header_values(scope, b"x-forwarded-host")
        named = [part.strip() for value in (*asked, *forwarded) for part in value.split(",")]
        if len(asked) != 1 or not all(self._hosts.allow(host) for host in named):
            return 421, "This page does not answer to that name; its operator can allow it with --allowed-host."
        origins = header_values(scope, b"origin")
        if not all(self._may_call(origin, named) for origin in origins):
            return 403, "Another site sent this request; open the page itself, or have its operator allow that site."
        site, mode = (header_values(scope, name) for name in (b"sec-fetch-site", b"sec-fetch-mode"))
        if site == ["cross-site"] and mode != ["navigate"] and not origins:
            return 403, "Another site asked for this; open the page itself."
        return None

    def _may_call(self, origin: str, named: list[str]) -> bool:
        """The page's own site, or one that the operator named. On this machine a port tells one site from another."""
        parts = split_url(origin)
        name = "" if parts is None else bare(parts.netloc)
        if parts is None or parts.scheme not in ("http", "https") or not name:
            return False  # "null": a file, a sandbox
        same = parts.netloc.lower() in [host.lower() for host in named]
        # Between a browser and this process proxies add and drop ports.
        elsewhere = {bare(host) for host in named if not is_loopback(bare(host))}
        return same or name in elsewhere or self._hosts.name(name)


def bare(host: str) -> str:
    """The name or address alone, in small letters, without port and brackets; empty for what is none."""
    parts = split_url(f"//{host}")
    name = None if parts is None else parts.hostname
    if parts is None or name is None or parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return name.rstrip(".").lower()


def _checked(name: str) -> str:
    text = name.strip().lower()
    found = bare(text.removeprefix("*."))
    if not found:
        raise InputError(f"'{name[:60]}' is no host's name; expected one such as lab.example.org or *.example.org.")
    return f"*.{found}" if text.startswith("*.") else found
