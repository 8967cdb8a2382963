"""Rows as a Parquet file, typed, for DuckDB, Spark and data frames; needs the extra ``parquet``.

Enters: rows with their positions, their columns (`columns`), and a binary stream. Leaves: row groups of `GROUP`
rows. Text is string, whole numbers and numbers of segments int32, dates date32, what is several a list, amounts
and counts decimal128(26, 6): one with more digits than that is null. What is missing is null; text that is
empty stays empty. Text is made safe to show (`safe`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO

from edi837 import safe
from edi837.columns import Column
from edi837.findings import Edi837Error
from edi837.table import Row

GROUP = 20_000  # rows
_DIGITS, _SCALE = 26, 6


def schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema of a file with these columns; what each holds stands in its metadata."""
    arrow = _arrow()
    string, whole = arrow.string(), arrow.int32()
    types = {
        "text": string, "whole": whole, "long": arrow.int64(),
        "decimal": arrow.decimal128(_DIGITS, _SCALE), "date": arrow.date32(),
        "texts": arrow.list_(string), "notes": arrow.list_(string), "wholes": arrow.list_(whole),
    }  # fmt: skip
    return arrow.schema(
        [arrow.field(c.name, types[c.kind], metadata={"holds": c.says, "position": c.at}) for c in columns]
    )


def write(rows: Iterable[Row], columns: Sequence[Column], target: BinaryIO) -> None:
    """Write the rows. Raises Edi837Error when pyarrow is not installed."""
    arrow, types = _arrow(), schema(columns)
    with arrow.parquet.ParquetWriter(target, types) as writer:
        for batch in batches(rows, types):
            writer.write_batch(batch)


def batches(rows: Iterable[Row], types: Any) -> Iterator[Any]:
    """The rows as record batches of this Arrow schema."""
    arrow = _arrow()
    for group in _groups(rows, len(types)):
        arrays = [arrow.array(held, field.type) for held, field in zip(group, types, strict=True)]
        yield arrow.RecordBatch.from_arrays(arrays, schema=types)


def _groups(rows: Iterable[Row], width: int) -> Iterator[list[list[object]]]:
    """Rows by `GROUP`, column by column."""
    source = iter(rows)
    while True:
        held: list[list[object]] = [[] for _ in range(width)]
        for row in islice(source, GROUP):
            for column, value in zip(held, row.values(), strict=True):
                column.append(_PLAIN[value.__class__](value))
        if not held[0]:
            return
        yield held


@lru_cache(maxsize=16384)
def _several(values: tuple[object, ...]) -> list[object]:
    return [_PLAIN[value.__class__](value) for value in values]


def _fits(value: Decimal) -> bool:
    return value.is_finite() and value.adjusted() < _DIGITS - _SCALE and value == round(value, _SCALE)


def _same(value: Any) -> Any:
    return value


# A value as Arrow takes it.
_PLAIN: dict[type, Callable[[Any], object]] = {
    str: lru_cache(maxsize=16384)(safe.text), tuple: _several, int: _same, date: _same, type(None): _same,
    Decimal: lambda value: value if _fits(value) else None,
}  # fmt: skip


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Edi837Error("Parquet needs pyarrow: pip install 'edi837[parquet]'") from None
    return pyarrow
