"""The queues people meet, each one row: the values its preset gives to the fields of `queue`.

A field that a row does not name keeps the default of an ideal queue; a scenario may override every one.
"""

from __future__ import annotations

from types import MappingProxyType

BROKERS: MappingProxyType[str, MappingProxyType[str, object]] = MappingProxyType(
    {"ideal": MappingProxyType({})}
)
