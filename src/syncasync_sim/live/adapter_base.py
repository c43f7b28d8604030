"""What the adapters of real brokers have in common: refusing, telling what went wrong, working in slices."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from syncasync_sim.errors import LiveError, masked
from syncasync_sim.live.protocol import CA_FILE, BrokerError, QueueRequirements
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.quantities import format_duration, parse_duration
from syncasync_sim.model.written import display_text as as_written

SHORTEST_SECRET = 4
"""A shorter one would be found in every sentence."""
Fixed = Mapping[str, tuple[tuple[object, ...], str]]
"""Of a field of the queue: the values that the broker can keep, as a scenario writes them; why no other."""
WORKERS_ASK = ("least_held",), "it pushes nothing: a worker that is free asks for a message"
"""The `deal` of a broker that is polled."""


def upper_limit(preset: str, field: str) -> int:
    """Return the greatest value that a broker takes for a field: a count, or whole seconds.

    Args:
        preset: the name of the broker's preset.
        field: the name of the field of the queue.
    """
    allowed = BROKERS[preset].settings[field].allowed
    assert allowed is not None
    return allowed.most if isinstance(allowed.most, int) else round(parse_duration(allowed.most))


def refusals(wanted: QueueRequirements, broker: str, fixed: Fixed) -> list[str]:
    """Return a sentence for each field of the queue with a value that the broker does not support.

    Args:
        wanted: the requirements on the queue.
        broker: the name of the broker, for the sentences.
        fixed: the supported values of each field, and the reason.
    """
    written = wanted.queue.model_dump(mode="json", by_alias=True)
    return [
        refusal(broker, field, written[field], why, " or ".join(map(_word, allowed)))
        for field, (allowed, why) in fixed.items()
        if written[field] not in allowed
    ]


def refusal(broker: str, field: str, given: object, why: str, cure: str) -> str:
    """The sentence about a value that the broker does not support.

    Args:
        broker: the name of the broker.
        field: the name of the field of the queue.
        given: the value in the scenario.
        why: the reason.
        cure: the values to choose instead.
    """
    return f"queue.{field}: {_word(given)} cannot be had from {broker}: {why}; choose {cure}"


def _word(value: object) -> str:
    if isinstance(value, list):
        return "none" if not value else f"{len(value)} of them"
    return as_written(value)


def one_at_a_time(wanted: QueueRequirements, broker: str) -> list[str]:
    """Return a sentence if workers retry in place and prefetch; otherwise nothing.

    A worker that keeps a message until it succeeds must not have begun another one.

    Args:
        wanted: the requirements on the queue.
        broker: the name of the broker, for the sentence.
    """
    if wanted.queue.failure != "in_place" or wanted.queue.prefetch == 1:
        return []
    why = "with failure: in_place a worker holds one message, so that nothing overtakes"
    return [refusal(broker, "prefetch", wanted.queue.prefetch or "unlimited", why, "1")]


def whole_seconds(wanted: QueueRequirements, scenario_s: float) -> int | None:
    """Return the real seconds of a time of the scenario; None if they are no whole number from 1.

    Args:
        wanted: the requirements on the queue, with the speed.
        scenario_s: the time, in seconds of the scenario.
    """
    real_s = wanted.real_s(scenario_s)
    return round(real_s) if real_s >= 1 and abs(real_s - round(real_s)) < 1e-6 else None


def at_speed(wanted: QueueRequirements, real_s: float) -> str:
    """The text of real seconds with the speed that made them: `0.1 s at speed 5`.

    Args:
        wanted: the requirements on the queue, with the speed.
        real_s: the time, in real seconds.
    """
    text = format_duration(round(real_s, 6))
    return text if wanted.speed == 1 else f"{text} at speed {wanted.speed:g}"


def client_library(module: str, extra: str) -> Any:
    """Import the client library of a broker.

    Args:
        module: the name of the module.
        extra: the extra of this package that installs it.

    Raises:
        LiveError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".", maxsplit=1)[0]:
            raise
        raise LiveError(
            f"the package {error.name} is not installed; "
            f"install it with  pip install 'syncasync-sim[{extra}]'"
        ) from None


def without_ca_file(query: str) -> tuple[str, ssl.SSLContext | None]:
    """Return the query of a URL without the file of authorities, and the TLS settings that trust only them.

    Args:
        query: the query of the URL.

    Returns:
        The other options, and the settings; None if there is no such file.
    """
    options = parse_qsl(query, keep_blank_values=True)
    file = next((value for name, value in options if name == CA_FILE), None)
    if file is None:
        return query, None
    others = urlencode([(name, value) for name, value in options if name != CA_FILE])
    return others, ssl.create_default_context(cafile=file)


def hidden(text: str, url: str) -> str:
    """The text without user names and passwords, also where a library repeats those of the URL.

    Args:
        text: the text.
        url: the URL of the broker.
    """
    parts = urlsplit(url)
    secrets = {
        parts.password or "",
        *(v for k, v in parse_qsl(parts.query) if masked(f"//?{k}={v}").endswith("***")),
    }
    for secret in sorted({*secrets, *map(unquote, secrets)}, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return masked(text)


def innermost(error: Exception) -> str:
    """The message of the first cause of an error; pika wraps it in errors without a message."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    return str(error)


@contextmanager
def translate_errors(
    url: str, *errors: type[Exception], say: Callable[[Exception], str] = innermost
) -> Iterator[None]:
    """Turn the errors of a client library into a BrokerError of one line, with the URL.

    Args:
        url: the URL of the broker.
        *errors: the classes of errors to turn.
        say: makes the message of an error.

    Raises:
        BrokerError: one of these errors was raised inside the block.
    """
    try:
        yield
    except errors as error:
        message = " ".join(say(error).split()) or type(error).__name__
        raise BrokerError(hidden(f"{url}: {message}", url)) from error


def what_stays(url: str, wanted: QueueRequirements, remove: Callable[[], object]) -> str:
    """Remove what a run has made on a broker; if that fails, return what stays there, and why.

    Args:
        url: the URL of the broker.
        wanted: the requirements on the queue, with the name that all begins with that the run has made.
        remove: removes it.
    """
    try:
        remove()
    except Exception as error:  # whatever a client library may raise: the run itself is over
        why = hidden(" ".join(str(error).split()) or type(error).__name__, url)
        return f"what begins with {wanted.name} could not be removed and stays there: {why}"
    return ""


def work_in_slices(seconds: float, every_s: float | None, renew: Callable[[], None]) -> None:
    """Sleep, and renew the hold on a message now and then meanwhile.

    Args:
        seconds: the length of the sleep, in seconds.
        every_s: the seconds between two renewals; None for none.
        renew: renews the hold.
    """
    end = time.monotonic() + seconds
    while every_s is not None and end - time.monotonic() > every_s:
        time.sleep(every_s)
        renew()
    time.sleep(max(0.0, end - time.monotonic()))
