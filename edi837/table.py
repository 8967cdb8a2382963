"""Service lines as a table for people.

Enters: rows of `rows`. Leaves: text, aligned, not wider than a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from edi837 import safe

Row = dict[str, object]

_BATCH = 256  # rows laid out, and written, at a time
_TABLE = ("claim", "line", "rev", "code", "mods", "units", "charge", "from", "to", "ndc", "auth", "status", "findings")
_RIGHT = frozenset(("line", "units", "charge"))
_DISPENSABLE = ("auth", "to", "ndc", "rev", "mods")  # left out in this order when the table is too wide
_ROOM = {"claim": 12, "findings": 8, "units": 8, "mods": 5}  # what these are cut to, then



def as_table(rows: Iterable[Row], *, header: bool = True, width: int = 100) -> Iterator[str]:
    """Rows as a table for people, at most ``width`` columns wide (60 or more).

    The layout is that of the first rows; a column they leave empty is left out until a row
    fills it, under a new head. What does not fit is cut, with ``~`` in its place.
    """
    layout: dict[str, int] = {}
    filled: set[str] = set()
    for batch in batches(rows):
        told = [_told(row) for row in batch]
        new = {name for name in _TABLE if any(cells[name] for cells in told)} - filled
        if new:
            again = bool(filled)
            filled |= new
            layout = _layout([name for name in _TABLE if name in filled], told, max(width, 60))
            if header or again:
                yield "\n" * again + _written(dict(zip(_TABLE, _TABLE, strict=True)), layout)
        yield "".join(_written(cells, layout) for cells in told)


def _told(row: Row) -> dict[str, str]:
    """The cells of a table row; ``to`` without the year it shares with ``from``."""
    first, last, charge, units = row["first"], row["last"], row["charge"], row["units"]
    to = ""
    if isinstance(first, date) and isinstance(last, date) and first != last:
        to = f"{last:%m-%d}" if first.year == last.year else f"{last}"
    rules = dict.fromkeys((*row["findings"], *row["claim_findings"]))  # type: ignore[misc]
    cells = (
        row["claim"], "" if row["line"] is None else str(row["line"]), row["revenue"], row["code"],
        ":".join(row["modifiers"]),  # type: ignore[arg-type]
        f"{units:f} {row['unit']}" if isinstance(units, Decimal) else "",
        (f"{charge:.2f}" if charge.as_tuple().exponent >= -2 else f"{charge:f}") if isinstance(charge, Decimal) else "",  # type: ignore[operator]
        f"{first or ''}", to, row["ndc"], "yes" if row["authorization"] else "",
        "" if row["status"] == "not judged" else row["status"], " ".join(rules),
    )  # fmt: skip
    return {name: safe.text(str(cell)) for name, cell in zip(_TABLE, cells, strict=True)}


def _layout(filled: Sequence[str], told: Sequence[dict[str, str]], width: int) -> dict[str, int]:
    """The columns of a table and their widths."""
    layout = {name: max(len(name), *(len(cells[name]) for cells in told)) for name in filled}
    shrink = [name for name in _ROOM if name in layout]
    drop = [name for name in _DISPENSABLE if name in layout]
    while sum(layout.values()) + len(layout) - 1 > width:
        excess = sum(layout.values()) + len(layout) - 1 - width
        if shrink:
            name = shrink.pop(0)
            layout[name] = max(min(layout[name], _ROOM[name]), layout[name] - excess)
        elif drop:
            del layout[drop.pop(0)]
        else:
            widest = max(layout, key=lambda name: layout[name])
            layout[widest] -= 1
    return layout


def _written(cells: dict[str, str], layout: dict[str, int]) -> str:
    parts = []
    for name, room in layout.items():
        cell = cells[name] if len(cells[name]) <= room else cells[name][: room - 1] + "~"
        parts.append(cell.rjust(room) if name in _RIGHT else cell.ljust(room))
    return " ".join(parts).rstrip() + "\n"


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows by the few hundred: what is written at a time."""
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch
