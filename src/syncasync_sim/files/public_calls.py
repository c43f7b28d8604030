"""A call of a public function from Python: what is wrong with its arguments is said here, for all of them.

A value of another type is a TypeError. A key, a value or a claim that the model refuses is a ScenarioError
with the words of the command line. Inside the package the functions are called without this.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from numbers import Integral
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from syncasync_sim.errors import ScenarioError, what_to_write
from syncasync_sim.files.diagnostics import Source, Span, refusal
from syncasync_sim.fit.fitted import Fit
from syncasync_sim.fit.log import Log
from syncasync_sim.model.claims import Claim, parse_claim
from syncasync_sim.model.measured import known_columns
from syncasync_sim.model.paths import PathError
from syncasync_sim.model.quantities import QuantityError
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Summary
from syncasync_sim.trace.records import Trace

_EXPECTED: Mapping[str, tuple[type, str, str]] = {
    "scenario": (Scenario, "a Scenario", 'load_scenario("checkout")'),
    "log": (Log, "a Log", 'read_log("access.log")'),
    "fit": (Fit, "a Fit", "fit_log(log)"),
    "trace": (Trace, "a Trace", 'simulate(scenario, "async")'),
    "summaries": (Summary, "a Summary", "summarise(trace)"),
    "varied": (Mapping, "a mapping of keys to values", '{"workers.count": "1..8"}'),
    "changes": (Mapping, "a mapping of paths to values", '{"workers.count": 3}'),
    "target": (str, "a claim", '"async.completion_time_s.p95 < 10s"'),
    "replications": (Integral, "a whole number", "10"),
}
"""The arguments of public functions by their names: the type, what it is called, and one to write."""

_READERS = {"scenario": "load_scenario", "log": "read_log"}
"""What makes such an argument of a text."""


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its arguments checked, and with errors in the words of the command line.

    Args:
        function: a public function.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            arguments = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # Python itself says which argument is missing, or too many
        _check_types(function.__name__, arguments)
        try:
            return function(*args, **kwargs)
        except (ValidationError, PydanticCustomError, PathError, QuantityError) as error:
            raise _in_words(arguments, error) from None

    call.__module__ = "syncasync_sim"  # where another process finds it
    return call


def _check_types(function: str, arguments: Mapping[str, Any]) -> None:
    for name in arguments.keys() & _EXPECTED.keys():
        kind, described, example = _EXPECTED[name]
        for value in arguments[name] if name == "summaries" else [arguments[name]]:
            if not isinstance(value, kind):
                reader = _READERS.get(name) if isinstance(value, str) else None
                cure = f"{reader}({value!r})" if reader else example
                raise TypeError(f"{function}: {name} is {described}, not {_described(value)}; write  {cure}")
    for key, values in arguments.get("varied", {}).items():
        if not isinstance(values, Iterable):
            message = f"{function}: the values of {key!r} are a range or a list, not {_described(values)}"
            raise TypeError(f'{message}; write  "1..8"  or  [1, 2, 4]')


def _described(value: object) -> str:
    """`the text 'checkout'`, `3`, `a Trace`."""
    if isinstance(value, str):
        return f"the text {value[:80]!r}"
    return str(value) if value is None or isinstance(value, int | float) else f"a {type(value).__name__}"


def _in_words(arguments: Mapping[str, Any], error: Exception) -> Exception:
    """The error that the command line has for the same arguments; else what the model said, and its cure."""
    from syncasync_sim.files.scenario_loader import change_scenario, scenario_document
    from syncasync_sim.files.varying import grid_of

    scenario = arguments.get("scenario")
    try:
        if "varied" in arguments and scenario is not None:
            flags = [f"{key}={_range_text(values)}" for key, values in arguments["varied"].items()]
            document = scenario_document(
                json.dumps(scenario.to_data(), ensure_ascii=False), scenario.name, ()
            )
            document.columns = known_columns(scenario.measured.values())
            grid_of(document, flags)
        if "changes" in arguments and scenario is not None:
            changes = arguments["changes"].items()
            change_scenario(scenario, [f"{key}={json.dumps(value, default=str)}" for key, value in changes])
        if "target" in arguments and scenario is not None:
            claim_of(arguments["target"], scenario)
    except ScenarioError as refused:
        return refused
    return ScenarioError(str(error))


def _range_text(values: str | Iterable[str | int | float]) -> str:
    return values if isinstance(values, str) else ",".join(map(str, values))


def claim_of(text: str, scenario: Scenario, name: str = "target") -> Claim:
    """Read the target of `size`; what is wrong with it is said as for a claim in a file.

    Args:
        text: the claim.
        scenario: the scenario, whose effects have figures of their own.
        name: the name of the text, for messages.

    Raises:
        ScenarioError: the claim cannot be read; the error points into it.
    """
    try:
        return parse_claim(text, scenario.effects)
    except PydanticCustomError as error:
        context = error.context or {}
        offset = context.get("offset", 0)
        word = text[offset:].partition(" ")[0].partition(".")[0]
        cure = what_to_write(word, context.get("choices", ()), context.get("cure", ""))
        span = Span(Source(name, (text,)), 0, offset, max(1, len(word)))
        raise refusal(span, context["message"], cure) from None
