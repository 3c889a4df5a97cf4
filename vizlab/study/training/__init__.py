"""Training and its data; needs the extra `train`."""
