"""What an exam's maps and its dataset.json hold, by code: for who writes them and for who reads them.

A need is the modality from which an object can be told, by construction.
"""

VERSION = 1
"""Of dataset.json's "exam"."""
NOT_ASKED, RGB, DEPTH, BOTH, EITHER, NONE = range(6)
"""The codes of the maps in need/."""
NEEDS: tuple[str, ...] = ("not asked", "rgb", "depth", "both", "either", "none")
"""Their names, by code."""
CODES: dict[str, int] = {need: code for code, need in enumerate(NEEDS) if code != NOT_ASKED}
"""By name the codes of what an object may need; `none` once a fault has taken what it needed."""
WRITTEN: dict[str, str] = {str(code): need for need, code in CODES.items()}
""" "needs" in dataset.json."""
FAULTS: tuple[str, ...] = ("none", "rgb", "depth", "both")
"""Which modality is broken, by the codes of the maps in fault/: a bit for each."""
