"""How a RabbitMQ of our own is run: any user, no system service, every port on loopback."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from syncasync_sim.errors import LiveError

LOOPBACK = "127.0.0.1"
_PLACES = ("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin")
"""Before the PATH: what Debian puts there is a script that wants to be root."""


def _program() -> str:
    folders = os.pathsep.join((*_PLACES, os.environ.get("PATH", "")))
    if program := shutil.which("rabbitmq-server", path=folders):
        return program
    raise LiveError(
        "no RabbitMQ to start: rabbitmq-server is not installed; on Debian or Ubuntu: "
        "apt-get install rabbitmq-server"
    )


def rabbitmq_command(
    folder: Path, port: int, distribution: int, epmd: int
) -> tuple[tuple[str, ...], dict[str, str], tuple[tuple[str, ...], ...]]:
    """Return the command that starts RabbitMQ, its environment, and the commands that clean up after it.

    Erlang's name server epmd outlives the server, so a command has to end it.

    Args:
        folder: the folder for its data and settings.
        port: the port for clients.
        distribution: the port for Erlang's distribution.
        epmd: the port for epmd.
    """
    program = _program()
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = {LOOPBACK}:{port}\n")
    (folder / "plugins").write_text("[].\n")
    env = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"syncasync-{port}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        # It would use idle processors to spin in, which are the workers' here.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(epmd),
        # Else epmd lives on if it does not know yet that the server has been killed.
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
    }
    return (program,), env, (("epmd", "-port", str(epmd), "-kill"),)
