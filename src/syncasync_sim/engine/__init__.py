"""Runs one design of one scenario and writes down what happened. The only place that knows SimPy."""

from syncasync_sim.engine.simulation import simulate

__all__ = ["simulate"]
