"""Trials of a page and of commands that one may leave running: load, memory, kills, full disks, damaged files.

`python -m benchmarks.trust load|soak|kills|disk|fuzz` runs one, on this machine alone, within bounds of time, memory
and disk, and puts its figures into docs/trust.json; `python -m benchmarks.trust text` makes docs/trust.md of that.
"""
