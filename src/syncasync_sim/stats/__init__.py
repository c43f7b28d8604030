"""The numbers of a trace, and two designs side by side."""

from syncasync_sim.stats.comparison import Comparison, compare_summaries
from syncasync_sim.stats.percentiles import Stats, nearest_rank
from syncasync_sim.stats.summary import Summary, summarise

__all__ = ["Comparison", "Stats", "Summary", "compare_summaries", "nearest_rank", "summarise"]
