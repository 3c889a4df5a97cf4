"""What Gradio keeps of each visitor's session: what he set, and no copy of what the page says of its components.

Gradio makes such a copy for links that lead to what a visitor sees, which this page has in its own address (`link.py`).
For some hundred components it takes a tenth of a second of a core, in the event loop, where everybody else's requests
wait meanwhile, and a megabyte, beside what the visitor's page shows, until ten thousand others have come.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gradio.blocks import BlocksConfig

SESSIONS = 1000
"""Sessions that are kept, those that were used last: some 100 kB each. Who is forgotten loads the page again."""
NOTHING: Mapping[str, Any] = MappingProxyType({})  # one for all sessions, so nobody may write into it


class PageConfig(BlocksConfig):
    """The page's components and events; Gradio copies them for each session."""

    def __copy__(self) -> "SessionConfig":
        own = SessionConfig(self.root_block)
        vars(own).update(vars(super().__copy__()))
        return own


class SessionConfig(BlocksConfig):
    """Those of one session: other components take the place of those that were changed for it alone."""

    @staticmethod
    def config_for_block(*given: Any, **further: Any) -> Any:
        """Nothing, into which Gradio puts nothing."""
        return NOTHING
