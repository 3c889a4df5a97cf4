"""MTAN, the multi-task attention network (Liu et al., CVPR 2019)."""
