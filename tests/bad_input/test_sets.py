"""`--set`: what may be changed from the command line, and how a mistake there is told."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import parse_scenario

GOOD = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
BARE = """\
traffic: {rate: 3/s, for: 60s}
steps:
  - {name: work, duration: 1s}
  - {name: 'a.b=c', duration: 2s}
"""


@pytest.mark.parametrize(
    ("flag", "attribute", "value"),
    [
        ("seed=3", "seed", 3),
        ("title='A: b'", "title", "A: b"),
        ("server.threads=4", "server.threads", 4),
        ("server={threads: 4, backlog: 2}", "server.backlog", 2),
        ("workers.count=0", "workers.count", 0),
        ("queue.broker=ideal", "queue.broker", "ideal"),
        ("customer.patience=3s", "customer.patience_s", 3.0),
        ("traffic.for=30s", "traffic.for_s", 30.0),
        ("traffic={requests: 10}", "traffic.requests", 10),
        ("stop_at=1m30s", "stop_at_s", 90.0),
    ],
)
def test_values(flag: str, attribute: str, value: object) -> None:
    assert attrgetter(attribute)(parse_scenario(BARE, sets=[flag])) == value


@pytest.mark.parametrize("step", ["steps[1]", "steps[a.b=c]"])
def test_a_step_by_place_or_name(step: str) -> None:
    scenario = parse_scenario(
        BARE, sets=[f"{step}.duration=exponential(mean=5s)", f"{step}.retry.attempts=2"]
    )
    assert [s.duration.mean_s for s in scenario.steps] == [1.0, 5.0]
    assert [s.retry.attempts for s in scenario.steps] == [5, 2]


def test_an_empty_section_is_filled_and_the_later_flag_wins() -> None:
    scenario = parse_scenario("server:\n" + BARE, sets=["server.threads=4", "server.threads=5"])
    assert scenario.server.threads == 5


def test_other_keys_of_the_section_stay() -> None:
    changed = parse_scenario(GOOD, sets=["server.backlog=3", "steps[send email].outages[0].for=5s"])
    original = parse_scenario(GOOD)
    assert changed.server == original.server.model_copy(update={"backlog": 3})
    assert changed.steps[2].outages[0].for_s == 5.0
    assert changed.steps[:2] == original.steps[:2]


MESSAGES = {
    ("duration=10",): """\
--set:1:1: unknown key 'duration'
  1 | duration=10
    | ^^^^^^^^
    = 'duration' belongs under steps""",
    ("seed=3", "steps[0].duration=10"): """\
--set:2:19: a duration needs a unit: 10ms, 10s or 10m?
  2 | steps[0].duration=10
    |                   ^^
    = write for instance 10ms""",
    ("wrkers.count=3",): """\
--set:1:1: unknown key 'wrkers'
  1 | wrkers.count=3
    | ^^^^^^
    = did you mean 'workers'?""",
    ("server.threds=3",): """\
--set:1:8: unknown key 'threds'
  1 | server.threds=3
    |        ^^^^^^
    = did you mean 'threads'?""",
    ("traffic.requests=10",): """\
--set:1:18: traffic takes exactly one of requests, at, rate, phases or file; here is both requests and rate
  1 | traffic.requests=10
    |                  ^^
    = set all of it at once: --set 'traffic={...}'""",
    ("steps[werk].duration=1s",): """\
--set:1:7: there is no item 'werk'
  1 | steps[werk].duration=1s
    |       ^^^^
    = did you mean 'work'?""",
    ("steps[7].duration=1s",): """\
--set:1:7: there is no item 7: items are counted from 0
  1 | steps[7].duration=1s
    |       ^
    = the last is [1]""",
    ("steps.duration=1s",): """\
--set:1:7: this is a list: say which item
  1 | steps.duration=1s
    |       ^^^^^^^^
    = as in  [work]""",
    ("traffic.rate.unit=s",): """\
--set:1:9: 'rate' is a single value; nothing can be set under it
  1 | traffic.rate.unit=s
    |         ^^^^
    = write traffic.rate=...""",
    ("steps[0].outages[0].for=3s",): """\
--set:1:10: there is no list 'outages' here
  1 | steps[0].outages[0].for=3s
    |          ^^^^^^^
    = set all of it: steps[0].outages=[...]""",
    ("title=A: b",): """\
--set:1:1: expected text, not a mapping
  1 | title=A: b
    | ^^^^^
    = write text here, in quotes if it holds any of  : # [ ] { } ,""",
    ("server={threads: [}",): """\
--set:1:19: a value is missing here
  1 | server={threads: [}
    |                   ^
    = write it, or remove the character""",
    ("seed",): """\
--set:1:4: expected a path, '=' and a value
  1 | seed
    |    ^
    = as in  --set workers.count=3  or  --set 'steps[send email].duration=3s'""",
    ("title=\u202ex",): """\
--set:1:7: invisible character U+202E changes how the text reads
  1 | title=\\u202ex
    |       ^^^^^^
    = remove it, or type the line again""",
}


@pytest.mark.parametrize(("flags", "message"), MESSAGES.items(), ids=lambda value: str(value)[:20])
def test_messages(flags: tuple[str, ...], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(BARE, sets=flags)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "flag", ["", "=", "a\nb=3", "[0]=3", "a..b=3", "a[=3", "\udc80=3", "title=\udc80", "x" * 20_000]
)
def test_malformed_flags(flag: str) -> None:
    with pytest.raises(ScenarioError, match=r"^--set:"):
        parse_scenario(BARE, sets=[flag])


def test_the_file_is_blamed_for_its_own_mistakes() -> None:
    with pytest.raises(ScenarioError, match=r"^a\.yaml:3:28: a duration needs a unit"):
        parse_scenario(BARE.replace("1s", "1"), "a.yaml", ["seed=3"])


@pytest.mark.parametrize("flags", [[], ["seed=3"]])
def test_a_flag_that_is_too_long_is_told_its_length_the_limit_and_where_to_put_it(flags: list[str]) -> None:
    stops = ", ".join(f"{{worker: 1, at: {at}s, grace: 1s, restart_after: 1s}}" for at in range(0, 400, 2))
    flag = f"workers.stops=[{stops}]"
    number = len(flags) + 1
    with pytest.raises(ScenarioError) as error:
        parse_scenario(BARE, sets=[*flags, flag])
    first, shown, _, cure = str(error.value).splitlines()
    limit = f"this --set has {len(flag):,} characters; at most 10,000 are allowed"
    assert first == f"--set:{number}:1: {limit}"
    assert shown.startswith(f"  {number} | workers.stops=[{{worker: 1,")
    assert cure == "    = put this value into the scenario file"
    longest = "title=".ljust(10_000, "x")
    assert len(parse_scenario(BARE, sets=[longest]).title or "") == 10_000 - len("title=")
