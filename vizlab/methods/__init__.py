"""A room for each method. They are found as entry points of the group `vizlab.methods`, never imported by name."""
