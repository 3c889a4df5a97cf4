"""Weights in and out: one door for every file, one format of our own."""

from vizlab.weights.door import SUFFIXES, checkpoint_name, load_model
from vizlab.weights.own import save_checkpoint

__all__ = ["SUFFIXES", "checkpoint_name", "load_model", "save_checkpoint"]
