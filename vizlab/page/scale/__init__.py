"""Where networks run for the page: in its own process, or as replicas on this machine or a cluster."""
