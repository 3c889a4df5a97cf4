"""MTL-NAS: two networks, and from where each of them takes the other's features, found by search."""
