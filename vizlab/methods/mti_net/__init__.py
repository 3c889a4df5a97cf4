"""MTI-Net (Vandenhende et al., ECCV 2020)."""
