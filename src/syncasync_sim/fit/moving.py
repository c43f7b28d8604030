"""A part of the work of each request that could go to a queue, as the user names it."""

from __future__ import annotations

from array import array
from dataclasses import replace

from syncasync_sim.errors import LogError, what_to_write
from syncasync_sim.fit.fitted import Fit, FittedStep
from syncasync_sim.fit.judging import Finding
from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.quantities import US_PER_S, QuantityError, parse_duration, parse_probability


def move(fit: Fit, text: str) -> Fit:
    """Move a step, or a part of the longest step, into the background.

    Args:
        fit: what was found.
        text: the name of a step of the trace; or a name with the part of the work that it takes, as
            `send email=300ms` or `send email=40%`.

    Raises:
        LogError: there is no such step, the time cannot be read, or the work is unknown.
    """
    name, equals, part = (piece.strip() for piece in text.partition("="))
    names = [step.name for step in fit.steps]
    if name in names and not equals:
        return replace(
            fit, steps=tuple(replace(s, background=True) if s.name == name else s for s in fit.steps)
        )
    if not equals or not name or name in names:
        raise LogError(
            f"--move {text}: there is no step '{name}'\n"
            f'  = {what_to_write(name, names)}; or give the time it takes, as in  --move "send email=300ms"'
        )
    if fit.threads.work_us is None:
        raise LogError(
            f"--move {text}: the work of the requests is unknown: {fit.threads.finding.reason}\n"
            f"  = {fit.threads.finding.cure}"
        )
    return _split(fit, name, part)


def _split(fit: Fit, name: str, part: str) -> Fit:
    """Take a part of each duration of the longest step of the request."""
    longest = max((s for s in fit.steps if not s.background), key=lambda step: step.mean_us)
    part_us = _part_us(longest.durations_us, name, part)
    short = sum(p > d for p, d in zip(part_us, longest.durations_us, strict=True))
    part_us = array("q", map(min, part_us, longest.durations_us))
    rest = array("q", (d - p for d, p in zip(longest.durations_us, part_us, strict=True)))
    cut = (
        f"; {format_count(short)} of {format_count(len(rest))} were shorter, and are moved as a whole"
        if short
        else ""
    )
    moved = FittedStep(
        name,
        part_us,
        Finding("work", "known", _mean(part_us), f"{part} of '{longest.name}', as given{cut}"),
        background=True,
        attempts=len(part_us),
    )
    kept = replace(
        longest,
        durations_us=rest,
        certainty=replace(
            longest.certainty, value=_mean(rest), reason=f"{longest.certainty.reason}; without '{name}'"
        ),
    )
    steps = [kept if step is longest else step for step in fit.steps]
    return replace(fit, steps=(*steps, moved))


def _mean(durations_us: array[int]) -> str:
    return f"{format_time(sum(durations_us) / len(durations_us) / US_PER_S)} on average"


def _part_us(durations_us: array[int], name: str, part: str) -> array[int]:
    try:
        if part.endswith("%"):
            share = parse_probability(part)
            return array("q", (round(duration * share) for duration in durations_us))
        return array("q", [round(parse_duration(part) * US_PER_S)]) * len(durations_us)
    except QuantityError as error:
        raise LogError(
            f"--move {name}={part}: {error}\n  = write a duration (300ms) or a share (40%)"
        ) from None
