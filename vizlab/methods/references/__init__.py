"""References: networks in which nothing mixes, to hold the others against."""
