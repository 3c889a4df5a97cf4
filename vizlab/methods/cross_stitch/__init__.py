"""Cross-stitch networks (Misra et al., CVPR 2016)."""
