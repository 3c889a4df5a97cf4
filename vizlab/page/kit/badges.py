"""Remarks that several panels make about a network."""

from vizlab.core.trace import FusionTrace
from vizlab.page.kit.html import badge


def assumed_badge(trace: FusionTrace) -> str:
    """A remark on the settings the checkpoint's file does not say; empty where it says all."""
    assumed = trace.model.assumed
    if not assumed:
        return ""
    listed = "; ".join(f"{name}: {value}" for name, value in assumed.items())
    return badge(f"{trace.model.name}: assumed {', '.join(assumed)}", "warn", listed)
