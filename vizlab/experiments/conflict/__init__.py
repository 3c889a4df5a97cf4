"""Whether tasks pull the same way where they share parameters or features: gradient cosines and look-ahead affinity."""
