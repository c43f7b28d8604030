"""The reference of the Python names: what is public, sorted by what it is; Sphinx reads the docstrings."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import syncasync_sim

HEAD = """# Python

Everything here can be imported from `syncasync_sim`:

```python
from syncasync_sim import load_scenario, run_designs

comparison, traces = run_designs(load_scenario("checkout"), seed=1)
print(comparison.figure("async", "response_time_s.max"))  # 1.05
```

Names that end in `_s` are times in seconds. The keys of a scenario are in the
[scenario reference](scenario-reference.md), the rows of a trace are explained in [The trace](trace.md).
"""
_DIRECTIVES = {
    "Functions": "autofunction",
    "Classes": "autoclass",
    "Charts": "automodule",
    "Errors": "autoexception",
}


def page() -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for title, directive in _DIRECTIVES.items():
        names = [name for name in syncasync_sim.__all__ if _kind(getattr(syncasync_sim, name)) == title]
        parts.append(f"## {title}\n")
        parts += [_entry(directive, name) for name in names]
    return "\n".join(parts)


def _kind(value: Any) -> str:
    if isinstance(value, ModuleType):
        return "Charts"
    if not isinstance(value, type):
        return "Functions"
    return "Errors" if issubclass(value, Exception) else "Classes"


def _entry(directive: str, name: str) -> str:
    value = getattr(syncasync_sim, name)
    if directive == "automodule":
        options = f":members: {', '.join(n for n in value.__all__ if callable(getattr(value, n)))}"
        return f"```{{eval-rst}}\n.. automodule:: {value.__name__}\n   {options}\n```\n"
    return f"```{{eval-rst}}\n.. {directive}:: syncasync_sim.{name}\n```\n"
