"""PAD-Net (Xu et al., CVPR 2018)."""
