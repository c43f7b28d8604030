"""Floor 4: lessons. Predict, run, explain; what is shown of a run is decided here, by whoever answered."""
