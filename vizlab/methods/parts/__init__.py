"""The toolkit of the rooms: backbones, decoders, norms, and how names and shapes are read off published files."""
