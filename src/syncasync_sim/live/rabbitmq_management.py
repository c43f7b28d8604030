"""The names of the queues of a RabbitMQ, from its management plugin: AMQP itself has no list of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from syncasync_sim.errors import masked
from syncasync_sim.live.adapter_base import without_ca_file
from syncasync_sim.live.protocol import BrokerError

PORT_OPTION = "management_port"
_PORTS = {"amqp": 15672, "amqps": 15671}
_PATIENCE_S = 10.0


def without_management(query: str) -> str:
    """Return the query of a URL without the port of the management plugin.

    Args:
        query: the query of the URL.
    """
    options = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in options if name != PORT_OPTION])


def queue_names(url: str, translate_errors: Callable[[], AbstractContextManager[None]]) -> list[str]:
    """Return the names of all queues in the virtual host of a URL.

    Args:
        url: the URL of the broker.
        translate_errors: turns the errors of a connection into BrokerError.

    Raises:
        BrokerError: the management plugin does not answer, or refuses.
    """
    parts = urlsplit(url)
    port = int(dict(parse_qsl(parts.query)).get(PORT_OPTION) or _PORTS[parts.scheme])
    host = parts.hostname or "localhost"
    with translate_errors():
        if parts.scheme == "amqps":
            context = without_ca_file(parts.query)[1]
            connection: HTTPConnection = HTTPSConnection(host, port, timeout=_PATIENCE_S, context=context)
        else:
            connection = HTTPConnection(host, port, timeout=_PATIENCE_S)
        try:
            path = quote(unquote(parts.path.strip("/")) or "/", safe="")
            connection.request("GET", f"/api/queues/{path}?columns=name", headers=_login(url))
            answer = connection.getresponse()
            body = answer.read()
        except OSError as error:
            raise BrokerError(
                f"{masked(url)}: RabbitMQ lists its queues only by its management plugin, and at port {port} "
                f"there is none: {error.strerror or error}; on the server, one of  rabbitmq-plugins enable "
                f"rabbitmq_management  and  rabbitmqctl list_queues name messages  (another port: "
                f"?{PORT_OPTION}=N)"
            ) from error
        finally:
            connection.close()
    if answer.status != 200:
        raise BrokerError(f"{masked(url)}: the management plugin says {answer.status} {answer.reason}")
    return [queue["name"] for queue in json.loads(body)]


def _login(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
