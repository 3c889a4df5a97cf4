"""Who has signed in: the page's own routes ask as Gradio's do, and programs may send name and password (HTTP Basic)."""

import asyncio
import base64
import hashlib
import secrets
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from vizlab.page.guard.passwords import Users
from vizlab.page.guard.requests import API, header_values, path_of, refusal
from vizlab.page.guard.threads import Workers

WRONG = 1.0
"""Seconds that a wrong password waits for its answer."""
AT_ONCE = 2
"""Passwords that are tried at a time: a burst of tries takes neither threads nor memory from the page."""
REMEMBERED = 500

OPEN = {"/", "/login", "/logout", "/favicon.ico", "/theme.css", "/robots.txt", "/health", f"{API}/theme.css",
        f"{API}/startup-events", f"{API}/app_id", f"{API}/user", f"{API}/login_check"}  # fmt: skip
"""What a browser needs to show the form that asks for the password, and whether the page lives."""
OPEN_BELOW = ("/assets/", "/static/", "/svelte/")


class Door:
    """Gradio calls it with what was typed; it is a coroutine, since a hash takes as long as a picture."""

    def __init__(self, users: Users, wrong: float = WRONG) -> None:
        self._users, self._wrong, self._workers = users, wrong, Workers(AT_ONCE)

    async def known(self, name: str, password: str) -> bool:
        """Whether name and password belong together; a wrong one waits for its answer."""
        right = await self._workers.run(self._users.know, name, password)
        if not right:
            await asyncio.sleep(self._wrong)
        return right


class SignedIn:
    """Refuses (401) who has not signed in, wherever something is to be seen or done.

    Without a `door` that knows users by name and password, the cookie alone counts.
    """

    def __init__(self, app: ASGIApp, door: Door | None = None) -> None:
        self._app, self._door = app, door
        self._salt = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope) if scope["type"] == "http" else "/"
        if path in OPEN or path.startswith(OPEN_BELOW) or await self._known(scope):
            await self._app(scope, receive, send)
            return
        # No WWW-Authenticate for a browser's page: it has a form of its own.
        headers = {} if header_values(scope, b"sec-fetch-mode") else {"WWW-Authenticate": 'Basic realm="vizlab"'}
        answer = refusal(path, 401, "Sign in first: this page is for users its operator named.", headers)
        await answer(scope, receive, send)

    async def _known(self, scope: Scope) -> bool:
        return signed_in(scope) is not None or await self._by_header(scope)

    async def _by_header(self, scope: Scope) -> bool:
        """Name and password in the request itself; those that were right are remembered as a keyed hash."""
        for value in header_values(scope, b"authorization"):
            kind, _, code = value.partition(" ")
            if kind.lower() != "basic":
                continue
            mark = hashlib.blake2b(code.encode(), key=self._salt).digest()
            if mark in self._remembered:
                return True
            try:
                name, colon, password = base64.b64decode(code, validate=True).decode().partition(":")
            except ValueError:  # no base64, or no text within
                continue
            if colon and self._door is not None and await self._door.known(name, password):
                self._remembered[mark] = None
                if len(self._remembered) > REMEMBERED:
                    self._remembered.popitem(last=False)
                return True
        return False


def signed_in(scope: Scope) -> str | None:
    """The user whose cookie the request has, as Gradio's own routes know him."""
    app: Any = scope.get("app")
    tokens = getattr(app, "tokens", {})
    for value in header_values(scope, b"cookie"):
        try:
            cookies = SimpleCookie(value)
        except CookieError:
            continue
        for name in (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}"):
            if name in cookies and cookies[name].value in tokens:
                return str(tokens[cookies[name].value])
    return None
