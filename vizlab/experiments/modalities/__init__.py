"""What each player was worth to an output: exact Shapley values of modalities, or of task streams at a site."""
