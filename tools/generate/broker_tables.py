"""The tables of docs/brokers.md: the presets side by side, each with its sources, and what they leave out."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.model.brokers import BROKERS, Broker, Setting
from syncasync_sim.model.queue_parts import Queue

REAL = [name for name, broker in BROKERS.items() if broker.is_real]


def presets() -> str:
    """One row a field that some preset sets, one column a broker; a star where it is no default."""
    rows = []
    for field in Queue.model_fields:
        settings = [BROKERS[name].settings.get(field) for name in REAL]
        if any(settings):
            stars = ["*" if s is not None and s.origin != "default" else "" for s in settings]
            rows.append(
                [f"`{field}`", *(_written(s) + star for s, star in zip(settings, stars, strict=True))]
            )
    return table(["", *REAL], rows)


def sources() -> str:
    """A section a preset, with one row a value: what it is called there, and where that is written."""
    sections = []
    for broker in map(BROKERS.__getitem__, REAL):
        rows = [
            (f"`{field}`", _written(s), f"[`{s.real_name}`]({s.source})", s.remark)
            for field, s in broker.settings.items()
        ]
        values = table(("field", "value", "called there", ""), rows)
        sections.append(f"\n### {broker.title}\n\n{values}")
        if broker.older:
            sections.append(f"\nIn older versions:\n\n{_older(broker)}")
    return "".join(sections)


def _older(broker: Broker) -> str:
    """One row a value that was different in some version."""
    rows = [
        (row.versions, f"`{field}`", _written(s), s.remark)
        for row in broker.older
        for field, s in row.settings.items()
    ]
    return table(("versions", "field", "value", ""), rows)


def left_out() -> str:
    """A list: what each preset leaves out."""
    return "".join(f"- **{name}**: {text}\n" for name in REAL for text in BROKERS[name].leaves_out)


def _written(setting: Setting | None) -> str:
    value = "" if setting is None else setting.value
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else ""
