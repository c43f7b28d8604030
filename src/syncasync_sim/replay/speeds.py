"""How fast a replay may be shown; a module of its own, as the command line needs it to parse its options."""

SPEEDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0)
"""Seconds of the run in a second of ours, from the slowest to the fastest: in a terminal and on a page."""
