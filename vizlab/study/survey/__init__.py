"""The study: measures of networks over all pictures of a split, picture by picture, kept as rows in one file."""
