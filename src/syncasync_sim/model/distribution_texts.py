"""How a distribution is read of its text: `exponential(mean=1.5s)`, or a plain duration for a constant."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from syncasync_sim.model.distributions import (
    DISTRIBUTIONS,
    Constant,
    Distribution,
    DistributionForm,
    ParameterKind,
)
from syncasync_sim.model.measured import Columns
from syncasync_sim.model.quantities import DECIMAL, QuantityError, parse_duration
from syncasync_sim.model.stamps import DECIMALS

_CALL = re.compile(r"(?P<name>[A-Za-z_]+)\s*\((?P<inside>.*)\)", re.DOTALL)
_ARGUMENT = re.compile(  # possessive (*+, ?+): no text, however hostile, makes it look back
    r"\s*+(?:(?P<key>[A-Za-z_]\w*+)\s*+=)?+\s*+(?P<value>\[[^\]]*+\]|\"[^\"]*+\"|'[^']*+'|[^,\[\]\"']*+)\s*+(?:,|$)"
)
_OF_FILE = re.compile(r"(?:^|,)\s*+(?:file|column|unit)\s*+=")
"""What only a form has whose values stand in a file."""


def parse_distribution(text: str, columns: Columns | None = None) -> Distribution:
    """Parse a distribution: `name(...)` with named or positional parameters, or a plain duration.

    A plain duration is Constant.

    Args:
        text: the distribution, as `lognormal(p50=200ms, p95=1s)`.
        columns: gives the values of a column of a file; None if nobody has read one.

    Raises:
        QuantityError: a part of it cannot be read; the error has its place.
    """
    stripped = text.strip()
    lead = text.index(stripped) if stripped else 0
    call = _CALL.fullmatch(stripped)
    if call is None:
        if "(" in stripped:
            raise QuantityError(
                "this distribution is not closed",
                offset=lead,
                cure=f'inside {{ }} put it in quotes: "{stripped}...)"'
                if ")" not in stripped
                else "write nothing behind its ')'",
            )
        return Constant(parse_duration(text))
    if call["name"] not in DISTRIBUTIONS:
        raise QuantityError(
            f"unknown distribution '{call['name']}'", offset=lead, choices=tuple(DISTRIBUTIONS)
        )
    form = DISTRIBUTIONS[call["name"]]
    make: Callable[..., Distribution] = form.make
    if form.of_file is not None and _OF_FILE.search(call["inside"]):
        form = form.of_file
        make = partial(form.make, columns)
    arguments = _arguments(call["inside"], call["name"], form, lead + call.start("inside"))
    return make(*(arguments.get(name) for name in form.parameters))


def _arguments(inside: str, name: str, form: DistributionForm, offset: int) -> dict[str, object]:
    """The parameters by name, in any order; each is given at most once."""
    names = form.parameters
    wanted = f"{name}({', '.join(names)})"
    arguments: dict[str, object] = {}
    position = 0
    while position < len(inside):
        match = _ARGUMENT.match(inside, position)
        if match is None:
            raise QuantityError(f"expected {wanted}", offset=offset + position, cure=_as_in(form))
        key = match["key"] or next((n for n in names if n not in arguments), "")
        if key not in names or key in arguments:
            raise QuantityError(f"expected {wanted}", offset=offset + match.start(), cure=_as_in(form))
        arguments[key] = _argument(key, names[key], match["value"].rstrip(), offset + match.start("value"))
        position = match.end()
    missing = [n for n in names if n not in arguments and n not in form.optional]
    if missing:
        raise QuantityError(
            f"expected {wanted}: {missing[0]} is missing", offset=offset, cure=f"write {missing[0]}=..."
        )
    return arguments


def _as_in(form: DistributionForm) -> str:
    """How the distribution is written."""
    return f"as in  {form.example}"


def _argument(key: str, kind: ParameterKind, text: str, offset: int) -> object:
    try:
        if kind == "number":
            return float(text) if re.fullmatch(DECIMAL, text) else _refuse_number(key)
        if kind == "durations":
            return _durations(text)
        if kind == "name":
            return _name(key, text)
        if kind == "time unit":
            return _unit(text)
        return parse_duration(text)
    except QuantityError as error:
        raise error.moved(offset) from None


def _refuse_number(key: str) -> float:
    raise QuantityError(f"{key} is a plain number such as 0.7", cure=f"write for instance {key}=0.7")


def _name(key: str, text: str) -> str:
    name = text[1:-1] if text[:1] in ("'", '"') else text
    if not name:
        raise QuantityError(f"{key} is empty", cure=f"write the name of the {key}")
    return name


def _unit(text: str) -> str:
    if text not in DECIMALS:
        raise QuantityError(f"unknown unit '{text}'", choices=tuple(DECIMALS))
    return text


def _durations(text: str) -> tuple[float, ...]:
    if not (text.startswith("[") and text.endswith("]") and text[1:-1].strip()):
        raise QuantityError(
            "expected a list of durations such as [120ms, 180ms, 2s]", cure=_as_in(DISTRIBUTIONS["empirical"])
        )
    values, position = [], 1
    for item in text[1:-1].split(","):
        try:
            values.append(parse_duration(item))
        except QuantityError as error:
            raise error.moved(position) from None
        position += len(item) + 1
    return tuple(values)
