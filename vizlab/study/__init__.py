"""Data folders, training, evaluation, model cards."""
