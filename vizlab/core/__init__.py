"""What every method has in common: sites, observing and intervening, framing, outputs, traces, the door for weights."""
