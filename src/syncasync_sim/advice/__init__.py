"""Which steps belong in the request and which on a queue: what the rules say, and what a move really does."""

from syncasync_sim.advice.advice import advise
from syncasync_sim.advice.results import Advice, StepAdvice

__all__ = ["Advice", "StepAdvice", "advise"]
