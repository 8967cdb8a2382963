"""Rows as text: CSV and JSON Lines.

Enters: rows, and the columns they have (`columns`). Leaves: text by the few hundred rows. Text of a file is
made safe to show (`safe`), and in CSV is never a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from edi837 import safe
from edi837.columns import Column
from edi837.table import Row, batches

_ENDS = re.compile('[,"\r\n]')


def as_csv(rows: Iterable[Row], columns: Sequence[Column], *, header: bool = True) -> Iterator[str]:
    """Rows as CSV (RFC 4180, CRLF), with a first row of names if ``header``.

    Text is never a formula (`safe.cell`); numbers and dates stand as such: 437.5, 2025-02-03.
    What is several is joined by blanks, notes by bars.
    """
    notes = [number for number, column in enumerate(columns) if column.kind == "notes"]
    before: list[object] = [None] * len(columns)  # of a column; lines of a claim have most in common
    written = [""] * len(columns)
    told = [",".join([column.name for column in columns])] if header else []
    for batch in batches(rows):
        for row in batch:
            values = list(row.values())
            written = [
                text if value is same else _CELLS[value.__class__](value)
                for value, same, text in zip(values, before, written, strict=True)
            ]
            for number in notes:
                value = values[number]
                written[number] = _cell(" | ".join(value)) if value else ""  # type: ignore[arg-type]
            before = values
            told.append(",".join(written))
        yield "\r\n".join((*told, ""))
        told.clear()
    if told:
        yield "\r\n".join((*told, ""))


def as_jsonl(rows: Iterable[Row], columns: Sequence[Column], *, header: bool = True) -> Iterator[str]:
    """Rows as JSON Lines; ``header`` changes nothing, for each line names its keys.

    Amounts and counts are JSON numbers with the decimals that were sent: 437.5 never becomes
    437.50000001 unless the reader makes it a float. Dates are ``2025-02-03``, what is several is
    an array, and what is missing is null, but empty where it is text.
    """
    keys = [f'"{column.name}": ' for column in columns]
    before: list[object] = [None] * len(columns)
    written = [f"{key}null" for key in keys]
    for batch in batches(rows):
        told = []
        for row in batch:
            values = list(row.values())
            written = [
                text if value is same else key + _JSON[value.__class__](value)
                for key, value, same, text in zip(keys, values, before, written, strict=True)
            ]
            before = values
            told.append(f"{{{', '.join(written)}}}\n")
        yield "".join(told)


def _digits(value: Decimal) -> str:
    return f"{value:f}"


@lru_cache(maxsize=16384)
def _cell(value: str) -> str:
    """Text made safe, in quotes where it holds what would end a cell."""
    text = safe.cell(value)
    return '"' + text.replace('"', '""') + '"' if _ENDS.search(text) else text


@lru_cache(maxsize=4096)
def _several(values: tuple[object, ...]) -> str:
    return _cell(" ".join(map(str, values))) if values else ""


# A value as it stands in a cell: text made safe, numbers as they are. Asked 34 times a line.
_CELLS: dict[type, Callable[[Any], str]] = {
    str: _cell,
    int: str,
    Decimal: _digits,
    date: date.isoformat,
    tuple: _several,
    type(None): "".format,
}


@lru_cache(maxsize=16384)
def _string(value: str) -> str:
    return encode_basestring(safe.text(value))


@lru_cache(maxsize=4096)
def _array(values: tuple[object, ...]) -> str:
    return "[" + ", ".join(_JSON[value.__class__](value) for value in values) + "]"


_JSON: dict[type, Callable[[Any], str]] = {
    str: _string,
    int: str,
    Decimal: _digits,
    date: '"{}"'.format,
    tuple: _array,
    type(None): "null".format,
}
