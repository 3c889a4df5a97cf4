"""A study written down: its numbers with intervals, what they say of claims made before, figures, text."""
