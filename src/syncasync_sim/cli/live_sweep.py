"""`live --sweep`: what killed runs have left on a broker, and its removal after a question."""

from __future__ import annotations

import sys

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.signals import quietly
from syncasync_sim.errors import LiveError, masked, visible

YES = ("y", "yes")


def sweep_broker(url: str, *, yes: bool) -> int:
    """List what is left on a broker, and remove it if that is wanted.

    Args:
        url: the URL of the broker.
        yes: whether to remove it without a question; without a terminal it is otherwise only listed.

    Returns:
        The exit code.

    Raises:
        LiveError: something could not be removed.
    """
    from syncasync_sim.live.leftovers import leftovers, remove
    from syncasync_sim.live.plan import with_password

    url = with_password(url)
    messages_by_name, where = leftovers(url), visible(masked(url))
    if not messages_by_name:
        print(f"Nothing of syncasync-sim is left on {where}.")
        return exit_codes.DONE
    print(f"Left on {where}:")
    width, digits = max(map(len, messages_by_name)), len(f"{max(messages_by_name.values()):,}")
    for name, messages in messages_by_name.items():
        print(f"  {name:<{width}}  {messages:>{digits},} message{'s' * (messages != 1)}")
    if not (yes or _wants_it(len(messages_by_name))):
        return exit_codes.DONE
    failed = remove(url, messages_by_name)
    print(f"Removed: {len(messages_by_name) - len(failed)} of {len(messages_by_name)}.")
    if failed:
        raise LiveError("; ".join(f"{name} is still there: {why}" for name, why in failed.items()))
    return exit_codes.DONE


def _wants_it(count: int) -> bool:
    """Ask on a terminal; elsewhere nobody answers."""
    sys.stdout.flush()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        print("Nothing is removed; with --yes it is.", file=sys.stderr)
        return False
    them = "it" if count == 1 else "them"
    question = f"Remove {them}? Queues of runs that are going on are in this list, too. [y/N] "
    with quietly():
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in YES
