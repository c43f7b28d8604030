"""The numbers of a trace, and two designs side by side."""

from syncasync_sim.stats.comparison import Comparison, compare
from syncasync_sim.stats.percentiles import Stats, nearest_rank
from syncasync_sim.stats.summary import Summary, summarise

__all__ = ["Comparison", "Stats", "Summary", "compare", "nearest_rank", "summarise"]
