"""Scenario files. Everything people write comes in through `load_scenario`."""

from syncasync_sim.files import bundled
from syncasync_sim.files.scenario_loader import change_scenario, load_scenario, parse_scenario
from syncasync_sim.files.schema import schema, schema_text

__all__ = ["bundled", "change_scenario", "load_scenario", "parse_scenario", "schema", "schema_text"]
