"""Rows as a table for people: service lines, or claims.

Enters: rows of `rows` or `claimrows`, and how they look. Leaves: text, aligned, not wider than a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice

from edi837 import safe

Row = dict[str, object]

_BATCH = 256  # rows laid out, and written, at a time
_RIGHT = frozenset(("line", "lines", "units", "charge"))
_ROOM = {"claim": 12, "findings": 8, "units": 8, "mods": 5}  # what these are cut to when the table is too wide


@dataclass(frozen=True, slots=True)
class Look:
    """How a table of some rows looks."""

    heads: tuple[str, ...]
    dispensable: tuple[str, ...]  # left out in this order when the table is still too wide
    cells: Callable[[Row], Sequence[object]]  # of a row, one for each head


def as_table(rows: Iterable[Row], look: Look, *, header: bool = True, width: int = 100) -> Iterator[str]:
    """Rows as a table for people, at most ``width`` columns wide (60 or more).

    The layout is that of the first rows; a column they leave empty is left out until a row
    fills it, under a new head. What does not fit is cut, with ``~`` in its place.
    """
    layout: dict[str, int] = {}
    filled: set[str] = set()
    for batch in batches(rows):
        told = [_told(row, look) for row in batch]
        new = {name for name in look.heads if any(cells[name] for cells in told)} - filled
        if new:
            again = bool(filled)
            filled |= new
            layout = _layout([name for name in look.heads if name in filled], told, look.dispensable, max(width, 60))
            if header or again:
                yield "\n" * again + _written(dict(zip(look.heads, look.heads, strict=True)), layout)
        yield "".join(_written(cells, layout) for cells in told)


def _told(row: Row, look: Look) -> dict[str, str]:
    return {name: safe.text(str(cell)) for name, cell in zip(look.heads, look.cells(row), strict=True)}


def _of_line(row: Row) -> Sequence[object]:
    units = row["units"]
    return (
        row["claim"], "" if row["line"] is None else row["line"], row["revenue"], row["code"],
        ":".join(row["modifiers"]),  # type: ignore[arg-type]
        f"{units:f} {row['unit']}" if isinstance(units, Decimal) else "",
        _amount(row["charge"]), row["first"] or "", _until(row), row["ndc"], "yes" if row["authorization"] else "",
        _status(row), " ".join(dict.fromkeys((*row["findings"], *row["claim_findings"]))),  # type: ignore[misc]
    )  # fmt: skip


def _of_claim(row: Row) -> Sequence[object]:
    return (
        row["claim"], row["kind"], row["place"] or row["bill_type"], row["frequency"], row["lines"],
        _amount(row["charge"]), row["first"] or "", _until(row), row["payer_id"], row["provider_npi"],
        "yes" if row["authorization"] else "", _status(row),
        " ".join(dict.fromkeys((*row["findings"], *row["line_findings"]))),  # type: ignore[misc]
    )  # fmt: skip


def _until(row: Row) -> str:
    """The last day, if it is not the first, without the year they share."""
    first, last = row["first"], row["last"]
    if not (isinstance(first, date) and isinstance(last, date)) or first == last:
        return ""
    return f"{last:%m-%d}" if first.year == last.year else f"{last}"


def _amount(value: object) -> str:
    if not isinstance(value, Decimal):
        return ""
    exponent = value.as_tuple().exponent
    return f"{value:.2f}" if isinstance(exponent, int) and exponent >= -2 else f"{value:f}"


def _status(row: Row) -> object:
    return "" if row["status"] == "not judged" else row["status"]


LINES = Look(
    ("claim", "line", "rev", "code", "mods", "units", "charge", "from", "to", "ndc", "auth", "status", "findings"),
    ("auth", "to", "ndc", "rev", "mods"), _of_line,
)  # fmt: skip
CLAIMS = Look(
    ("claim", "kind", "place", "freq", "lines", "charge", "from", "to", "payer", "npi", "auth", "status", "findings"),
    ("auth", "kind", "freq", "npi", "to", "payer", "place"), _of_claim,
)  # fmt: skip


def _layout(
    filled: Sequence[str], told: Sequence[dict[str, str]], dispensable: Sequence[str], width: int
) -> dict[str, int]:
    """The columns of a table and their widths."""
    layout = {name: max(len(name), *(len(cells[name]) for cells in told)) for name in filled}
    shrink = [name for name in _ROOM if name in layout]
    drop = [name for name in dispensable if name in layout]
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
