"""How a distribution is read of its text: `exponential(mean=1.5s)`, or a plain duration for a constant."""

from __future__ import annotations

import re

from syncasync_sim.model.distributions import DISTRIBUTIONS, Constant, Distribution, ParameterKind
from syncasync_sim.model.quantities import DECIMAL, QuantityError, parse_duration

_CALL = re.compile(r"(?P<name>[A-Za-z_]+)\s*\((?P<inside>.*)\)", re.DOTALL)
_ARGUMENT = re.compile(  # possessive (*+, ?+): no text, however hostile, makes it look back
    r"\s*+(?:(?P<key>[A-Za-z_]\w*+)\s*+=)?+\s*+(?P<value>\[[^\]]*+\]|[^,\[\]]*+)\s*+(?:,|$)"
)


def parse_distribution(text: str) -> Distribution:
    """Parse a distribution: `name(...)` with named or positional parameters, or a plain duration.

    A plain duration is Constant.

    Args:
        text: the distribution, as `lognormal(p50=200ms, p95=1s)`.

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
    arguments = _arguments(call["inside"], call["name"], lead + call.start("inside"))
    return form.make(*(arguments[name] for name in form.parameters))


def _arguments(inside: str, name: str, offset: int) -> dict[str, object]:
    """The parameters by name, in any order; each is given exactly once."""
    names = DISTRIBUTIONS[name].parameters
    wanted = f"{name}({', '.join(names)})"
    arguments: dict[str, object] = {}
    position = 0
    while position < len(inside):
        match = _ARGUMENT.match(inside, position)
        if match is None:
            raise QuantityError(f"expected {wanted}", offset=offset + position, cure=_as_in(name))
        key = match["key"] or next((n for n in names if n not in arguments), "")
        if key not in names or key in arguments:
            raise QuantityError(f"expected {wanted}", offset=offset + match.start(), cure=_as_in(name))
        arguments[key] = _argument(key, names[key], match["value"].rstrip(), offset + match.start("value"))
        position = match.end()
    missing = [n for n in names if n not in arguments]
    if missing:
        raise QuantityError(
            f"expected {wanted}: {missing[0]} is missing", offset=offset, cure=f"write {missing[0]}=..."
        )
    return arguments


def _as_in(name: str) -> str:
    """How the distribution is written."""
    return f"as in  {DISTRIBUTIONS[name].example}"


def _argument(key: str, kind: ParameterKind, text: str, offset: int) -> object:
    try:
        if kind == "number":
            return float(text) if re.fullmatch(DECIMAL, text) else _refuse_number(key)
        if kind == "durations":
            return _durations(text)
        return parse_duration(text)
    except QuantityError as error:
        raise error.moved(offset) from None


def _refuse_number(key: str) -> float:
    raise QuantityError(f"{key} is a plain number such as 0.7", cure=f"write for instance {key}=0.7")


def _durations(text: str) -> tuple[float, ...]:
    if not (text.startswith("[") and text.endswith("]") and text[1:-1].strip()):
        raise QuantityError(
            "expected a list of durations such as [120ms, 180ms, 2s]", cure=_as_in("empirical")
        )
    values, position = [], 1
    for item in text[1:-1].split(","):
        try:
            values.append(parse_duration(item))
        except QuantityError as error:
            raise error.moved(position) from None
        position += len(item) + 1
    return tuple(values)
