"""What a browser is told to refuse: other hosts, being shown inside a foreign site, files taken for what they are not.

Gradio's page has scripts in its HTML and makes functions from text (its own, and the page's few lines), so that both
are allowed; everything must come from the page itself.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.errors import InputError
from vizlab.page.guard.requests import API, path_of, split_url

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
FILE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""For what users uploaded or took along: opened by itself, nothing in it runs or reaches anything."""


class SafeHeaders:
    """Adds them to every answer. `embed_in` are the sites that may show the page inside theirs, beside itself."""

    def __init__(self, app: ASGIApp, embed_in: Sequence[str] = ()) -> None:
        self._app = app
        ancestors = " ".join(["'self'", *embed_in])
        page = {**POLICY, "frame-ancestors": ancestors}
        self._page = "; ".join(f"{name} {value}" for name, value in page.items())
        self._framed = {} if embed_in else {"X-Frame-Options": "SAMEORIGIN"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope) if scope["type"] == "http" else ""
        policy = FILE if path.startswith((f"{API}/file=", "/vizlab/export/")) else self._page

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
                for name, value in self._framed.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, sending)


def sites(given: Sequence[str]) -> tuple[str, ...]:
    """Sites as operators name them: https://example.org, or https://*.example.org. Raises InputError for others."""
    for site in given:
        parts = split_url(site)
        if parts is None:
            raise _no_site(site)
        alone = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
        named = parts.netloc.removeprefix("*.").replace(":", "").replace("-", "").replace(".", "").isalnum()
        if parts.scheme not in ("http", "https") or not named or not alone:
            raise _no_site(site)
    return tuple(site.rstrip("/") for site in given)


def _no_site(given: str) -> InputError:
    return InputError(f"'{given[:60]}' is no site; expected one such as https://example.org.")
