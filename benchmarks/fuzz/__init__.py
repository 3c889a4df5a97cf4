"""Tiny valid files of every kind that is read, changed at random and read again, each in a child with bounds.

`python -m benchmarks.fuzz --cases 2000` prints what became of them; a crash, a hang, too much memory, an exception that
is none of vizlab's or a sentence that is none is a fault, and makes the exit status 1. `--keep FOLDER` keeps files that
ended their child.
The same seed makes the same files wherever the libraries write the same valid ones.
"""
