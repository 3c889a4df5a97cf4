"""The properties that every network must have for its traces to be true, looked at on the network itself.

In a test of a package that brings a method of its own:

    from vizlab.checks import require

    def test_my_network() -> None:
        require(make_my_model())
"""

from vizlab.checks.checking import check, require
from vizlab.checks.limits import LIMITS
from vizlab.checks.picture import default_picture
from vizlab.checks.report import Finding, Report

__all__ = ["LIMITS", "Finding", "Report", "check", "default_picture", "require"]
