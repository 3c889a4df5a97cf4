"""Sum fusion: depth features added to colour features, each channel with a weight of its own."""
