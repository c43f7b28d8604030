"""Many scenarios that differ in a few values: only the parts that hold these values are read for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.measured import Columns
from syncasync_sim.model.paths import Keys, with_value
from syncasync_sim.model.scenario import Scenario


class Variants:
    """The scenarios that one scenario becomes with other values at the same few paths.

    A section or step that holds no such value is that of the scenario itself, checked already. Whether all
    values of a scenario fit each other is checked for each.
    """

    def __init__(
        self, base: Scenario, data: dict[str, Any], paths: Sequence[Keys], columns: Columns | None
    ) -> None:
        """Begin with no other value.

        Args:
            base: the scenario.
            data: its plain data.
            paths: where the other values go; none is above another.
            columns: gives the values of the files that the scenario names.
        """
        names = {info.alias or name: name for name, info in Scenario.model_fields.items()}
        self._data = {"name": base.name, **data}
        self._paths, self._columns = paths, columns
        self._parts = {key: getattr(base, name) for key, name in names.items()}

    @property
    def rename(self) -> bool:
        """Whether names are changed, by which another path may go."""
        return any(keys[-1] == "name" for keys in self._paths)

    def scenario(self, values: Sequence[object]) -> Scenario:
        """Make the scenario that has these values.

        Args:
            values: plain data, one value for each path.

        Raises:
            ValidationError: a value is not allowed (an error of pydantic). Its places are those within the
                part; a scenario read as a whole has those to show.
        """
        data = self._data
        for keys, value in zip(self._paths, values, strict=True):
            data = with_value(data, keys, value)
        fields = {
            key: self._part(value, self._data.get(key), self._parts.get(key)) for key, value in data.items()
        }
        return Scenario.model_validate(fields, strict=True, context=self._columns)

    def _part(self, data: Any, before: Any, part: Any) -> Any:
        """What a new scenario has for plain data: the part as before, a new part, or the data itself."""
        if data is before and isinstance(data, dict | list):
            return part
        if isinstance(data, dict) and isinstance(part, StrictModel):
            return type(part).model_validate_json(json.dumps(data), strict=True, context=self._columns)
        if isinstance(data, list) and isinstance(before, list) and len(data) == len(before):
            return tuple(map(self._part, data, before, part))
        return data
