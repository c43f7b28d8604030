"""A sweep as a Parquet file, for data tools."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syncasync_sim.command_line import pip_install
from syncasync_sim.experiment.sweeping import Sweep
from syncasync_sim.files.atomic_write import write_atomically


def pyarrow() -> tuple[Any, Any]:
    """Return the modules pyarrow and pyarrow.parquet.

    Raises:
        ImportError: pyarrow is not installed; the message says how to install it.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise ImportError(
            f"a Parquet file needs pyarrow; install it with: {pip_install('parquet')}"
        ) from None
    return pa, parquet


def write_parquet(sweep: Sweep, path: Path) -> None:
    """Write the rows of a sweep as a Parquet file, whole or not at all.

    Args:
        sweep: the sweep.
        path: the file, which must not exist.

    Raises:
        ImportError: pyarrow is not installed.
        OSError: the file exists, or the disk refuses.
    """
    pa, parquet = pyarrow()
    rows = sweep.rows()
    table = pa.table({name: _of_one_type([row[name] for row in rows]) for name in sweep.columns})
    content = io.BytesIO()
    parquet.write_table(table, content)
    write_atomically(path, content.getvalue())


def _of_one_type(values: Sequence[Any]) -> list[Any]:
    """A column has one type: text where some of it is, as in 1, 2, unlimited; else fractions if some are."""
    kinds = {type(value) for value in values if value is not None}
    kind = next((candidate for candidate in (str, float) if candidate in kinds), None)
    return [value if value is None or kind is None else kind(value) for value in values]
