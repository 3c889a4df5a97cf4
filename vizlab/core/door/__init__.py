"""Weights in and out: one door for every file, one format of our own."""

from vizlab.core.door.container import file_hash
from vizlab.core.door.door import SUFFIXES, checkpoint_name, family_of, load_model, own_config
from vizlab.core.door.file_sets import CheckpointPath, checkpoint_files
from vizlab.core.door.own import save_checkpoint

__all__ = [
    "SUFFIXES", "CheckpointPath", "checkpoint_files", "checkpoint_name", "family_of", "file_hash", "load_model",
    "own_config", "save_checkpoint",
]  # fmt: skip
