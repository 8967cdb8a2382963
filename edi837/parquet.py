"""Service lines as a Parquet file, typed, for DuckDB, Spark and data frames; needs the extra ``parquet``.

Enters: rows with their `rows.POSITIONS`, and a binary stream. Leaves: row groups of `GROUP` lines. Columns
are those of `rows`: text as string, LX01 and numbers of segments as int32, dates as date32, what is several
as a list, amounts and counts as decimal128(26, 6): one with more digits than that is null. What is missing
is null; text that is empty stays empty. Text is made safe to show (`safe`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from edi837 import safe
from edi837.findings import Edi837Error
from edi837.rows import COLUMNS, POSITIONS, Row

GROUP = 20_000  # lines
_DECIMALS = ("units", "charge", "ndc_quantity")
_DATES = ("first", "last")
_LISTS = ("modifiers", "diagnoses", "authorization", "notes", "findings", "claim_findings")
_DIGITS, _SCALE = 26, 6


def schema() -> Any:
    """The Arrow schema of the file."""
    arrow = _arrow()
    kinds = {
        **dict.fromkeys(COLUMNS, arrow.string()), **dict.fromkeys(_DECIMALS, arrow.decimal128(_DIGITS, _SCALE)),
        **dict.fromkeys(_DATES, arrow.date32()), **dict.fromkeys(_LISTS, arrow.list_(arrow.string())),
        **dict.fromkeys(("line", *POSITIONS), arrow.int32()), "pointers": arrow.list_(arrow.int32()),
    }  # fmt: skip
    return arrow.schema([(name, kinds[name]) for name in (*COLUMNS, *POSITIONS)])


def write(rows: Iterable[Row], target: BinaryIO) -> None:
    """Write the rows. Raises Edi837Error when pyarrow is not installed."""
    arrow, columns = _arrow(), schema()
    with arrow.parquet.ParquetWriter(target, columns) as writer:
        for group in _groups(rows):
            writer.write_batch(arrow.RecordBatch.from_pylist(group, columns))


def _groups(rows: Iterable[Row]) -> Iterable[list[dict[str, object]]]:
    source = iter(rows)
    while group := list(islice(source, GROUP)):
        yield [{name: _value(value) for name, value in row.items()} for row in group]


def _value(value: object) -> object:
    if isinstance(value, str):
        return safe.text(value)
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    if isinstance(value, Decimal):
        return value if _fits(value) else None
    assert value is None or isinstance(value, int | date)
    return value


def _fits(value: Decimal) -> bool:
    return value.is_finite() and value.adjusted() < _DIGITS - _SCALE and value == round(value, _SCALE)


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Edi837Error("Parquet needs pyarrow: pip install 'edi837[parquet]'") from None
    return pyarrow
