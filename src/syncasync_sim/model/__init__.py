"""What a scenario says and what a run leaves behind. Knows nothing of engines, files or screens."""
