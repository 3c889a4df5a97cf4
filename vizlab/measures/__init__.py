"""Numbers from predictions and references: arrays in, small typed results out; nothing here draws or knows a method."""
