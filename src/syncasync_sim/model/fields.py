"""The kinds of value a scenario holds: each reads what was written, and writes itself back.

What cannot be read raises PydanticCustomError with, in its context, `offset` (where in the text),
`cure` and `choices`; the loader turns these into a line, a caret and a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import inf
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import DISTRIBUTIONS, Distribution
from syncasync_sim.model.quantities import (
    QuantityError,
    format_duration,
    format_rate,
    parse_duration,
    parse_probability,
    parse_rate,
    write_unit,
)
from syncasync_sim.model.stamps import stamp_us

MOST = 1_000_000_000
"""No count in a scenario may be larger. Requests and workers have lower limits of their own."""
FIRST = "first"
"""The start of measured arrivals that is the first of them."""
MOST_WORKERS = 100_000
"""Each worker is an object of its own: so many of them take about 100 MB."""


def field_error(
    message: str, *, cure: str = "", offset: int = 0, choices: tuple[str, ...] = (), **more: str
) -> PydanticCustomError:
    """The error about one value, in the form that the loader understands.

    Args:
        message: the fault, in words.
        cure: the text to write instead, in words.
        offset: the place of the fault in the value, in characters.
        choices: the allowed words; the nearest one is suggested.
        **more: more of the context, for the code that shows the error.
    """
    context: dict[str, Any] = {"message": message, "cure": cure, "offset": offset, "choices": choices, **more}
    return PydanticCustomError("value", "{message}", context)


def cross_field_error(where: tuple[str | int, ...], message: str, *, cure: str = "") -> PydanticCustomError:
    """The error about values that do not fit each other.

    Args:
        where: the path of the value to change.
        message: the fault, in words.
        cure: the text to write instead, in words.
    """
    context: dict[str, Any] = {"message": message, "cure": cure, "at": where}
    return PydanticCustomError("together", "{message}", context)


class StrictModel(BaseModel):
    """The common manners: frozen, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        validate_default=False,
        populate_by_name=False,
    )


@dataclass(frozen=True, eq=False)
class FieldType:
    """One kind of value: how it is read, how it is written, and what an editor may offer for it.

    `words` are the words that are allowed as well, each with its value: mostly absence (`none`, `never`,
    `unlimited`), which is None. Of a duration without a unit, numbers below `seconds_below` are likely to be
    seconds, others milliseconds.
    """

    read: Callable[..., Any]
    write: Callable[[Any], object]
    schemas: tuple[dict[str, Any], ...]
    words: tuple[tuple[str, str | None], ...] = ()
    seconds_below: float = 10

    def mostly_seconds(self, below: float = inf) -> FieldType:
        """The same kind, where a number without a unit is likely to be seconds if it is *below* that."""
        return replace(self, seconds_below=below)

    def or_word(self, word: str) -> FieldType:
        """The same type, which also accepts a word for the absence of a value."""
        return replace(self, words=(*self.words, (word, None)))

    def or_special(self, word: str) -> FieldType:
        """The same type, which also accepts a word with a meaning of its own, kept as it is."""
        return replace(self, words=(*self.words, (word, word)))

    def validate(self, value: object) -> Any:
        """Read a value of a file.

        Raises:
            PydanticCustomError: the value cannot be read; the error always has a cure.
        """
        for word, meaning in self.words:
            if value == word:
                return meaning
        try:
            return self.read(value)
        except PydanticCustomError as error:
            context = error.context or {}
            if bare := context.get("bare"):
                with_cure = {**context, "cure": write_unit(bare, self.seconds_below)}
                raise PydanticCustomError("value", "{message}", with_cure) from None
            if context.get("cure") or context.get("choices"):
                raise
            words = " or ".join(word for word, _ in self.words)
            cure = f"or the word {words}" if words else self._example()
            raise field_error(context["message"], cure=cure, offset=context["offset"]) from None

    def _example(self) -> str:
        """What to write, where nothing better can be said."""
        schema = self.schemas[0]
        example = schema["examples"][0] if "examples" in schema else max(schema["minimum"], 1)
        return f"write for instance {example}"

    def serialize(self, value: Any) -> object:
        """Write a value as a file holds it."""
        for word, meaning in self.words:
            if value is meaning or (isinstance(value, str) and value == meaning):
                return word
        return self.write(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self.validate, serialization=core_schema.plain_serializer_function_ser_schema(self.serialize)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        del schema, handler
        options = [*map(dict, self.schemas), *({"const": word} for word, _ in self.words)]
        return options[0] if len(options) == 1 else {"anyOf": options}


class RandomDurationType(FieldType):
    """A kind of value that may name a column of a file: the context of the validation has its values."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler

        def validate(value: object, info: ValidationInfo) -> Any:
            if info.context is None:
                return self.validate(value)
            return replace(self, read=partial(self.read, columns=info.context)).validate(value)

        return core_schema.with_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(self.serialize)
        )


def describe_value(value: object) -> str:
    """The given value in the words of the file."""
    names = {list: "a list", dict: "a mapping", type(None): "nothing", bool: str(value).lower()}
    return names.get(type(value), f"'{value}'")


def _reader(parse: Callable[..., object], expected: str, example: str) -> Callable[..., object]:
    """Hands text to *parse*; a bare number goes there too, so that it can ask for the unit."""

    def read(value: object, **context: Any) -> object:
        text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise field_error(
                f"expected {expected}, not {describe_value(value)}", cure=f"write for instance {example}"
            )
        try:
            return parse(text, **context)
        except QuantityError as error:
            raise field_error(
                str(error), cure=error.cure, offset=error.offset, choices=error.choices, bare=error.bare
            ) from None

    return read


def _positive(text: str) -> float:
    if seconds := parse_duration(text):
        return seconds
    raise QuantityError("must be longer than 0", cure="write for instance 30s, or leave the key out")


def _whole_number(least: int, most: int = MOST) -> FieldType:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise field_error(f"expected a whole number from {least}, not {describe_value(value)}")
        if not least <= value <= most:
            cure = f"write {least} or more" if value < least else f"write {most} or less"
            raise field_error(f"expected a whole number from {least} to {most}, not {value}", cure=cure)
        if isinstance(value, float):
            raise field_error("expected a whole number", cure=f"write {int(value)}")
        return value

    return FieldType(read, int, ({"type": "integer", "minimum": least, "maximum": most},))


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise field_error(
            f"expected a plain number such as 2 or 0.5, not {describe_value(value)}",
            cure="write for instance 2",
        )
    if not 0 < value <= 1_000_000:
        end = "write 1000000 or less" if value > 0 else "write a number above 0, for instance 2"
        raise field_error(f"a factor lies above 0 and is at most 1000000, not {value}", cure=end)
    return float(value)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise field_error(
            f"expected the name of a file or a column, not {describe_value(value)}",
            cure="put a name that is a number in quotes"
            if isinstance(value, int | float)
            else "write a name",
        )
    if not value.strip() or not value.isprintable():
        raise field_error("a name is not empty, and one line of printable characters", cure="write a name")
    return value


def _start(value: object) -> str:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    try:
        if not isinstance(text, str):
            raise ValueError
        if text != FIRST:
            stamp_us(text, "s")
    except ValueError:
        raise field_error(
            f"expected {FIRST}, a number or a date, not {describe_value(value)}",
            cure=f"write {FIRST}, or a time as the file has it",
        ) from None
    return text


_DURATION_TEXT = {
    "type": "string",
    "pattern": r"^\s*(0|((\d+(\.\d+)?|\.\d+)\s*(us|µs|ms|s|sec|m|min|h|d)\s*)+)$",
    "examples": ["200ms", "1.5s", "1m30s"],
}
_CALL_TEXT = {
    "type": "string",
    "pattern": rf"^\s*({'|'.join(DISTRIBUTIONS)})\s*\(.*\)\s*$",
    "examples": ["exponential(mean=1.5s)", "lognormal(p50=180ms, p99=900ms)"],
}
_RATE_TEXT = {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?|\.\d+)\s*/.+$", "examples": ["3/s", "300/min"]}
_PERCENT_TEXT = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$", "examples": ["5%"]}
_ZERO = {"const": 0}

DURATION = FieldType(
    _reader(parse_duration, "a duration such as 200ms, 1.5s or 2m", "200ms"),
    format_duration,
    (_DURATION_TEXT, _ZERO),
)
POSITIVE_DURATION = FieldType(
    _reader(_positive, "a duration such as 200ms, 1.5s or 2m", "30s"), format_duration, (_DURATION_TEXT,)
)
RANDOM_DURATION = RandomDurationType(
    _reader(parse_distribution, "a duration or a distribution", "200ms or exponential(mean=200ms)"),
    str,
    (_DURATION_TEXT, _ZERO, _CALL_TEXT),
)
NATURAL, POSITIVE, WORKER_COUNT = _whole_number(0), _whole_number(1), _whole_number(0, MOST_WORKERS)

_ON_THE_CLOCK, _POSITIVE_ON_THE_CLOCK = DURATION.mostly_seconds(), POSITIVE_DURATION.mostly_seconds()
"""Moments of a run, and how long a part of it lasts."""
_WAIT, _POSITIVE_WAIT = DURATION.mostly_seconds(100), POSITIVE_DURATION.mostly_seconds(100)
"""How long somebody waits: 30 is likely to be seconds, 500 milliseconds."""
_RANDOM_TIMEOUT = RANDOM_DURATION.mostly_seconds()

Duration = Annotated[float, _ON_THE_CLOCK]
PositiveDuration = Annotated[float, _POSITIVE_ON_THE_CLOCK]
PositiveDurationOrNone = Annotated[float | None, _POSITIVE_ON_THE_CLOCK.or_word("none")]
DurationOrNever = Annotated[float | None, _ON_THE_CLOCK.or_word("never")]
DurationOrUnlimited = Annotated[float | None, _ON_THE_CLOCK.or_word("unlimited")]
DurationOrForever = Annotated[float | None, _ON_THE_CLOCK.or_word("forever")]
Wait = Annotated[float, _WAIT]
WaitOrNone = Annotated[float | None, _WAIT.or_word("none")]
PositiveWaitOrNone = Annotated[float | None, _POSITIVE_WAIT.or_word("none")]
DurationOrOwn = Annotated[float | None, DURATION.or_word("duration")]
RandomDuration = Annotated[Distribution, RANDOM_DURATION]
RandomTimeoutOrNone = Annotated[Distribution | None, _RANDOM_TIMEOUT.or_word("none")]
RandomTimeoutOrSame = Annotated[
    Distribution | Literal["as crash_detection"] | None,
    _RANDOM_TIMEOUT.or_word("none").or_special("as crash_detection"),
]
DurationOrAuto = Annotated[float | Literal["auto"], _ON_THE_CLOCK.or_special("auto")]
DurationOrUntilIdle = Annotated[float | Literal["until_idle"], _ON_THE_CLOCK.or_special("until_idle")]
Rate = Annotated[
    Fraction,
    FieldType(_reader(parse_rate, "a rate such as 3/s or 300/min", "3/s"), format_rate, (_RATE_TEXT,)),
]
Probability = Annotated[
    float,
    FieldType(
        _reader(parse_probability, "a probability such as 5% or 0.05", "5%"),
        float,
        (_PERCENT_TEXT, {"type": "number", "minimum": 0, "maximum": 1}),
    ),
]
Factor = Annotated[
    float, FieldType(_factor, float, ({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},))
]
FileName = Annotated[str | None, FieldType(_name, str, ({"type": "string", "examples": ["arrivals.csv"]},))]
ColumnName = Annotated[str | None, FieldType(_name, str, ({"type": "string", "examples": ["arrival"]},))]
Start = Annotated[
    str | None,
    FieldType(
        _start, str, ({"type": "string", "examples": [FIRST, "2026-09-21T14:13:20Z"]}, {"type": "number"})
    ),
]
Natural = Annotated[int, NATURAL]
Positive = Annotated[int, POSITIVE]
WorkerCount = Annotated[int, WORKER_COUNT]
NaturalOrUnlimited = Annotated[int | None, NATURAL.or_word("unlimited")]
PositiveOrUnlimited = Annotated[int | None, POSITIVE.or_word("unlimited")]
Partitions = Annotated[int | Literal["customer"] | None, POSITIVE.or_word("none").or_special("customer")]


def check_short_text(text: str | None) -> str | None:
    """Check a short text: 1 to 80 printable characters, or None."""
    if text is None:
        return None
    if not text.strip():
        raise field_error("must not be empty", cure="write a word or two")
    if len(text) > 80:
        raise field_error(f"at most 80 characters, not {len(text)}", cure="write a shorter text")
    if not text.isprintable():
        raise field_error(
            "must be one line of printable characters", cure="write it on one line, without escapes"
        )
    return text
