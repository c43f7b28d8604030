"""What killed runs have left on a broker: their queues, streams or topics, by the names that runs give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from syncasync_sim.errors import LiveError, ScenarioError
from syncasync_sim.live.plan import broker_at
from syncasync_sim.live.protocol import BEGINNING, QueueRequirements
from syncasync_sim.model.queue_parts import Queue

_OF_A_RUN = re.compile(rf"{BEGINNING}[0-9a-f]{{12}}(-dead|-wait-\d+)?(\.fifo)?")
_NOTHING = QueueRequirements(
    name=BEGINNING,
    queue=Queue(),
    workers=0,
    renew=False,
    speed=1.0,
    max_deliveries=None,
    retry_delays_s=(),
    has_jitter=False,
    has_host_crash=False,
)
"""Of a run that does not take place."""


@runtime_checkable
class Cleanable(Protocol):
    """A broker on which something may be left: an adapter that can list and remove it."""

    def names(self) -> Iterable[str]:
        """Return the names of all queues, streams or topics, or of those that begin with BEGINNING.

        Raises:
            BrokerError: the broker cannot be asked.
        """

    def messages(self, name: str) -> int:
        """Return the number of messages in one of them.

        Args:
            name: its name.

        Raises:
            BrokerError: the broker cannot be asked.
        """

    def drop(self, name: str) -> None:
        """Remove one of them.

        Args:
            name: its name.

        Raises:
            BrokerError: it cannot be removed.
        """


def leftovers(url: str) -> Mapping[str, int]:
    """Return what runs have left on a broker, each with its number of messages.

    What a run that is still going on uses is there, too.

    Args:
        url: the URL of the broker.

    Raises:
        ScenarioError: the URL is of no broker on which something could be left.
        BrokerError: the broker cannot be asked.
        LiveError: the client library is not installed.
    """
    broker = _broker(url)
    return {name: broker.messages(name) for name in sorted(broker.names()) if _OF_A_RUN.fullmatch(name)}


def remove(url: str, names: Iterable[str]) -> Mapping[str, str]:
    """Remove what runs have left on a broker.

    Args:
        url: the URL of the broker.
        names: the names that `leftovers` has returned.

    Returns:
        What could not be removed, each with the reason.
    """
    broker, failed = _broker(url), dict[str, str]()
    for name in names:
        try:
            broker.drop(name)
        except LiveError as error:
            failed[name] = str(error)
    return failed


def _broker(url: str) -> Cleanable:
    broker = broker_at(url, _NOTHING)
    if not isinstance(broker, Cleanable):
        raise ScenarioError(
            f"{url}: a queue in a file is left there by a killed run only, and the next run removes it"
        )
    return broker
