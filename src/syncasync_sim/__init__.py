"""See what a user waits for, and what they do not: one checkout in two designs.

>>> from syncasync_sim import compare, load_scenario
>>> comparison = compare(load_scenario("checkout"))
>>> comparison.figure("async", "response_time_s.max"), comparison.figure("async", "completion_time_s.max")
(1.05, 2.55)
"""

from __future__ import annotations

from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncasync_sim.advice import Advice as Advice
    from syncasync_sim.advice import advise as advise
    from syncasync_sim.engine import simulate as simulate
    from syncasync_sim.errors import BooksError as BooksError
    from syncasync_sim.errors import LogError as LogError
    from syncasync_sim.errors import RunStopped as RunStopped
    from syncasync_sim.errors import RunTooLongError as RunTooLongError
    from syncasync_sim.errors import ScenarioError as ScenarioError
    from syncasync_sim.errors import SyncAsyncSimError as SyncAsyncSimError
    from syncasync_sim.errors import UnknownFigureError as UnknownFigureError
    from syncasync_sim.errors import WorkersError as WorkersError
    from syncasync_sim.experiment import BrokerRefusal as BrokerRefusal
    from syncasync_sim.experiment import BrokerRun as BrokerRun
    from syncasync_sim.experiment import Sizing as Sizing
    from syncasync_sim.experiment import Sweep as Sweep
    from syncasync_sim.experiment import compare as compare
    from syncasync_sim.experiment import compare_brokers as compare_brokers
    from syncasync_sim.experiment import replicate as replicate
    from syncasync_sim.experiment import run_designs as run_designs
    from syncasync_sim.experiment import size as size
    from syncasync_sim.experiment import sweep as sweep
    from syncasync_sim.experiment import vary as vary
    from syncasync_sim.files import load_scenario as load_scenario
    from syncasync_sim.files.fitted_files import write_scenario as write_scenario
    from syncasync_sim.fit.fitted import Fit as Fit
    from syncasync_sim.fit.fitted import fit_log as fit_log
    from syncasync_sim.fit.log import Log as Log
    from syncasync_sim.fit.moving import move as move
    from syncasync_sim.fit.reading import read_log as read_log
    from syncasync_sim.fit.validation import Validation as Validation
    from syncasync_sim.fit.validation import validate as validate
    from syncasync_sim.lessons.notebook_lesson import lesson as lesson
    from syncasync_sim.lessons.notebook_question import ask as ask
    from syncasync_sim.model.scenario import Scenario as Scenario
    from syncasync_sim.render import charts as charts
    from syncasync_sim.replay.notebook_replay import Replay as Replay
    from syncasync_sim.replay.notebook_sliders import explore as explore
    from syncasync_sim.replay.recording import Recording as Recording
    from syncasync_sim.replay.saved import load_trace as load_trace
    from syncasync_sim.stats import Comparison as Comparison
    from syncasync_sim.stats import Summary as Summary
    from syncasync_sim.stats import compare_summaries as compare_summaries
    from syncasync_sim.stats import summarise as summarise
    from syncasync_sim.trace.records import Attempt as Attempt
    from syncasync_sim.trace.records import Crash as Crash
    from syncasync_sim.trace.records import Delivery as Delivery
    from syncasync_sim.trace.records import Message as Message
    from syncasync_sim.trace.records import Request as Request
    from syncasync_sim.trace.records import Trace as Trace

from syncasync_sim._version import __version__ as __version__

_HOMES = {
    "advice": ("Advice", "advise"),
    "engine": ("simulate",),
    "errors": (
        *("BooksError", "LogError", "RunStopped", "RunTooLongError", "ScenarioError", "SyncAsyncSimError"),
        *("UnknownFigureError", "WorkersError"),
    ),
    "experiment": (
        *("BrokerRefusal", "BrokerRun", "Sizing", "Sweep", "compare", "compare_brokers", "replicate"),
        *("run_designs", "size", "sweep", "vary"),
    ),
    "files": ("load_scenario",),
    "files.fitted_files": ("write_scenario",),
    "fit.fitted": ("Fit", "fit_log"),
    "fit.log": ("Log",),
    "fit.moving": ("move",),
    "fit.reading": ("read_log",),
    "fit.validation": ("Validation", "validate"),
    "lessons.notebook_lesson": ("lesson",),
    "lessons.notebook_question": ("ask",),
    "trace.records": ("Attempt", "Crash", "Delivery", "Message", "Request", "Trace"),
    "model.scenario": ("Scenario",),
    "replay.recording": ("Recording",),
    "replay.notebook_sliders": ("explore",),
    "replay.notebook_replay": ("Replay",),
    "replay.saved": ("load_trace",),
    "render.charts": ("charts",),
    "stats": ("Comparison", "Summary", "compare_summaries", "summarise"),
}
"""Where each public name lives: it is imported when it is first asked for, so that `--help` stays quick."""
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Advice",
    "Attempt",
    "BooksError",
    "BrokerRefusal",
    "BrokerRun",
    "Comparison",
    "Crash",
    "Delivery",
    "Fit",
    "Log",
    "LogError",
    "Message",
    "Recording",
    "Replay",
    "Request",
    "RunStopped",
    "RunTooLongError",
    "Scenario",
    "ScenarioError",
    "Sizing",
    "Summary",
    "Sweep",
    "SyncAsyncSimError",
    "Trace",
    "UnknownFigureError",
    "Validation",
    "WorkersError",
    "advise",
    "ask",
    "charts",
    "compare",
    "compare_brokers",
    "compare_summaries",
    "explore",
    "fit_log",
    "lesson",
    "load_scenario",
    "load_trace",
    "move",
    "read_log",
    "replicate",
    "run_designs",
    "simulate",
    "size",
    "summarise",
    "sweep",
    "validate",
    "vary",
    "write_scenario",
]


_DRAWN = {
    *("Advice", "Comparison", "Sweep", "advise", "compare", "compare_brokers", "compare_summaries"),
    *("replicate", "run_designs", "Sizing", "size", "sweep"),
}
"""Values that a notebook shows as a table, and what returns them."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOME[name]}")
    if name in _DRAWN:
        import_module(f"{__name__}.render.html").attach()
    value = module if module.__name__.endswith(f".{name}") else getattr(module, name)
    if isinstance(value, FunctionType):
        value = import_module(f"{__name__}.files.public_calls").checked(value)
    globals()[name] = value  # the next time it is simply there
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
