"""Checks on how much there may be in a stretch of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from edi837.checks.vocabulary import Answer, Breaks, Lines, Unknown, check, dated, last_day
from edi837.checks.words import Codes, Count, Weights, Window
from edi837.claim import ServiceLine
from edi837.rivals import Rivals

REACH = 200  # of a crowd of lines, so many that end on or after a day are counted together
_ONE = Decimal(1)


@check(wakes="codes", tells="total most allowed", pair=True)
def at_most(
    lines: Lines, *, codes: Codes, most: Count, per: Window, weights: Weights | None = None
) -> Iterator[Answer]:
    """The units of all these lines together, in any day, week, month or run of days.

    A breach is certain when the units of lines cannot be laid out over their days so that none has
    too many; as long as they can, the edit holds.

    codes    the lines it counts
    most     units there may be
    per      day, week (Monday to Sunday), month, or a number of days: any so many in a row
    weights  what a unit of a code counts, where that is not 1
    """
    mine: list[ServiceLine] = []
    yield from _countable(lines.having(codes), mine)
    yield from _counted(lines, mine, most, per, weights)


@check(wakes="most", tells="total most allowed", pair=True)
def at_most_each(lines: Lines, *, most: Weights, per: Window) -> Iterator[Answer]:
    """As at_most, but each code is counted by itself and has a limit of its own.

    most  codes, and the units there may be of each
    per   day, week (Monday to Sunday), month, or a number of days: any so many in a row
    """
    mine: list[ServiceLine] = []
    yield from _countable(lines.having(frozenset(most)), mine)
    for code in dict.fromkeys(line.procedure for line in mine):
        yield from _counted(lines, [line for line in mine if line.procedure == code], most[code], per, None)


def _countable(some: Iterable[ServiceLine], mine: list[ServiceLine]) -> Iterator[Answer]:
    """Puts into ``mine`` the lines that have dates and units; of the others nothing can be told."""
    for line in some:
        if not dated(line):
            yield Unknown(line, "the line has no dates")
        elif line.units is None or line.unit == "MJ":
            yield Unknown(line, "the line has no units that count services")
        else:
            mine.append(line)


def _counted(
    lines: Lines, mine: Sequence[ServiceLine], most: Decimal | int, per: Window, weights: Weights | None
) -> Iterator[Answer]:
    """What is too much of claims that surely stand side by side; and of all, where that is not told by then."""
    rivals = Rivals(lines.claims)
    sides: dict[object, list[ServiceLine]] = {}
    for line in mine:
        sides.setdefault(rivals.side(lines.claim(line)), []).append(line)
    said: set[int] = set()
    for some in sides.values():
        for answer in _too_many(some, most, per, weights):
            said.update(map(id, answer.counted))
            yield answer
    for answer in _too_many(mine, most, per, weights) if len(sides) > 1 else ():
        if said.isdisjoint(map(id, answer.counted)):
            yield answer


def _too_many(
    mine: Sequence[ServiceLine], most: Decimal | int, per: Window, weights: Weights | None
) -> Iterator[Breaks]:
    """The last line of each crowd whose units cannot be laid out over its days."""
    rank = {id(line): number for number, line in enumerate(mine)}
    said: set[int] = set()
    by_end = sorted(mine, key=last_day)
    for first in sorted({line.first for line in mine if line.first}):
        total, counted = Decimal(0), []
        for line in _from(by_end, first):
            total += _weight(line, weights)
            counted.append(line)
            allowed = most * _windows(first, last_day(line), per)
            if total <= allowed:
                continue
            latest = max(counted, key=lambda each: rank[id(each)])
            if id(latest) not in said:
                said.add(id(latest))
                doubt = any(each.date_source == "statement" for each in counted)
                yield Breaks(
                    latest, on="units", counted=tuple(counted), total=total, most=most, allowed=allowed,
                    doubt="only the statement dates are known, not the day of each line" if doubt else "",
                )  # fmt: skip
            break


def _from(by_end: Sequence[ServiceLine], first: date) -> Iterator[ServiceLine]:
    """The lines that begin on the day or later, by their last days; of a crowd those that end soonest."""
    start = bisect_left(by_end, first, key=last_day)
    for line in by_end[start : start + REACH]:
        if line.first is not None and line.first >= first:
            yield line


def _weight(line: ServiceLine, weights: Weights | None) -> Decimal:
    assert line.units is not None
    return max(line.units, Decimal(0)) * (weights.get(line.procedure, _ONE) if weights else _ONE)


def _windows(first: date, last: date, per: Window) -> int:
    """How many days, weeks, months or runs of days the days from first to last touch."""
    if per == "day":
        per = 1
    if per == "week":
        return (last.toordinal() - 1) // 7 - (first.toordinal() - 1) // 7 + 1
    if per == "month":
        return 12 * (last.year - first.year) + last.month - first.month + 1
    assert isinstance(per, int)
    return -(-((last - first).days + 1) // per)
