"""Lessons. Predict, run, explain; what is shown of a run is decided here, by whoever answered."""
