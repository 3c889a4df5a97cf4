"""Who may do what: hosts, signing in, the one door for work, and what a browser is told to refuse."""
