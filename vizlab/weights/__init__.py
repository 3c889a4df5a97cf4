"""Weights in and out: one door for every file, one format of our own."""

from vizlab.weights.door import load_model
from vizlab.weights.own import save_checkpoint

__all__ = ["load_model", "save_checkpoint"]
