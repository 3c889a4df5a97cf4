"""One watched forward, and what it showed."""

from vizlab.tracing.storage import load_trace, save_trace
from vizlab.tracing.tracer import trace
from vizlab.tracing.types import FusionTrace, SiteTrace, TracedModel

__all__ = ["FusionTrace", "SiteTrace", "TracedModel", "load_trace", "save_trace", "trace"]
