"""Further passes of a network: what its exchange, its modalities and its sensors were worth. No method's name."""
