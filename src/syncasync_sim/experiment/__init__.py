"""Running a question more than once: replications, both designs, every broker, many values."""

from syncasync_sim.experiment.designs import (
    BrokerRefusal,
    BrokerRun,
    compare,
    compare_brokers,
    on_broker,
    replicate,
    run_beside,
    run_designs,
    run_replications,
    vary,
)
from syncasync_sim.experiment.grid import Axis, Cell, grid
from syncasync_sim.experiment.sizing import Sizing, Trial, size
from syncasync_sim.experiment.sweeping import Row, Sweep, run_cells, sweep

__all__ = [
    "Axis",
    "BrokerRefusal",
    "BrokerRun",
    "Cell",
    "Row",
    "Sizing",
    "Sweep",
    "Trial",
    "compare",
    "compare_brokers",
    "grid",
    "on_broker",
    "replicate",
    "run_beside",
    "run_cells",
    "run_designs",
    "run_replications",
    "size",
    "sweep",
    "vary",
]
