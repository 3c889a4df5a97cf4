"""The page itself, made once: `GET /` is the same for everybody who calls the page by one name.

Gradio makes it anew for everybody, from a copy of all its components: a tenth of a second of a core, in an interpreter
that networks keep busy. Who opens the page would wait many times that while they run.
"""

from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.page.guard.requests import header_values, path_of

DEPENDS = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server", b"accept-encoding")
"""Headers on which it depends: what Gradio takes for the page's address, and how it may be packed."""
NAMES = 16
"""Names that it is kept for, those that were asked for last."""

_Key = tuple[str, ...]


class FrontPage:
    """Stands before what makes the page and packs it. Where visitors sign in, it keeps nothing: each has his own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._made: OrderedDict[_Key, list[Message]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_for_everybody(scope):
            await self._app(scope, receive, send)
            return
        key = (scope["scheme"], scope.get("root_path", ""), *(",".join(header_values(scope, name)) for name in DEPENDS))
        messages = self._made.get(key)
        if messages is None:
            messages = await self._answer(scope, receive)
            if _may_be_kept(messages[0]):
                self._made[key] = messages
                while len(self._made) > NAMES:
                    self._made.popitem(last=False)
        else:
            self._made.move_to_end(key)
        for message in messages:
            await send(_own(message))

    async def _answer(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def kept(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, kept)
        return messages


def _is_for_everybody(scope: Scope) -> bool:
    """Whether the page itself is asked for, without anything that another answer would follow from."""
    if scope["type"] != "http" or scope["method"] != "GET" or path_of(scope) != "/" or scope["query_string"]:
        return False
    app = scope.get("app")
    return getattr(app, "auth", None) is None and getattr(app, "auth_dependency", None) is None


def _may_be_kept(start: Message) -> bool:
    return start["status"] == 200 and not any(name.lower() == b"set-cookie" for name, _ in start["headers"])


def _own(message: Message) -> Message:
    """A copy: whoever passes it on adds headers of his own."""
    return {**message, "headers": list(message["headers"])} if "headers" in message else dict(message)
