"""NDDR-CNN (Gao et al., CVPR 2019)."""
