"""Scenario files. Everything people write comes in through `load_scenario`.

The names are imported when they are asked for: a list of names needs no model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncasync_sim.files import bundled
    from syncasync_sim.files.scenario_loader import change_scenario, load_scenario, parse_scenario
    from syncasync_sim.files.schema import schema_text

__all__ = ["bundled", "change_scenario", "load_scenario", "parse_scenario", "schema_text"]
_HOME = {
    **dict.fromkeys(("change_scenario", "load_scenario", "parse_scenario"), "scenario_loader"),
    "schema_text": "schema",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value  # the next time it is simply there
    return value
