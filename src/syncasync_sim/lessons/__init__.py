"""Lessons. Predict, run, explain; what is shown of a run is decided here, by the answers given."""
