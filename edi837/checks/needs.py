"""Checks on lines that need another line on the same day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from edi837.checks.vocabulary import (
    NONE,
    Answer,
    Breaks,
    Codes,
    Lines,
    Unknown,
    Words,
    check,
    dated,
)
from edi837.claim import ServiceLine
from edi837.overlap import Days, common, orphan, outside, union

NEAR = 8  # lines looked at before the days are counted


@check(wakes="codes having", tells="uncovered", pair=True, misses=True)
def follows(
    lines: Lines, *, codes: Codes, having: Words, first_lacks: Words, after: Words = NONE
) -> Iterator[Answer]:
    """A ranked line has a first line, and one of each lower rank, on its days.

    codes        the lines that are ranked
    having       the modifier of the rank it looks at
    first_lacks  a first line carries none of these modifiers
    after        the modifiers of the lower ranks, each of which must be there as well
    """
    ranked = [line for line in lines.having(codes) if not having.isdisjoint(line.modifiers)]
    if not ranked:
        return
    known = lines.known(codes)
    leaned_on = [[line for line in known if first_lacks.isdisjoint(line.modifiers)]]
    leaned_on += [[line for line in known if modifier in line.modifiers] for modifier in sorted(after)]
    yield from _orphans(lines, ranked, leaned_on, "modifiers")


@check(wakes="codes", tells="uncovered", pair=True, misses=True)
def requires(lines: Lines, *, codes: Codes, other: Codes) -> Iterator[Answer]:
    """A line has one of the other lines on its days.

    codes  the lines that cannot stand alone
    other  the lines they need
    """
    yield from _orphans(lines, lines.having(codes), [lines.known(other)], "procedure")


def _orphans(
    lines: Lines, needy: Sequence[ServiceLine], leaned_on: Sequence[Sequence[ServiceLine]], on: str
) -> Iterator[Answer]:
    """Lines that used more days than there are days with a line of every kind leaned on."""
    offered: Days | None = None
    for line in needy:
        if not dated(line):
            yield Unknown(line, "the line has no dates")
            continue
        if all(any(_covers(near, line) for near in kind[:NEAR]) for kind in leaned_on):
            continue
        if offered is None:
            offered = _offered(leaned_on)
        span = lines.span(line)
        if not orphan(span, offered):
            continue
        dateless = next((near for kind in leaned_on for near in kind if not dated(near)), None)
        if dateless is not None:
            yield Unknown(line, f"line {dateless.number} has no dates")
            continue
        doubt = "only the statement dates are known, not the day of the line"
        uncovered = [
            (date.fromordinal(low), date.fromordinal(high))
            for low, high in outside(offered, span.first, span.last)
        ]
        yield Breaks(
            line, on=on, doubt=doubt if line.date_source == "statement" else "", uncovered=uncovered
        )


def _covers(near: ServiceLine, line: ServiceLine) -> bool:
    """Whether one line spans all days of the other, which settles most claims at a glance."""
    return bool(
        near.first and near.last and line.first and line.last
        and near.first <= line.first and line.last <= near.last
    )  # fmt: skip


def _offered(leaned_on: Sequence[Sequence[ServiceLine]]) -> Days:
    """The days on which every kind has a line."""
    kinds = [
        union((line.first.toordinal(), line.last.toordinal()) for line in kind
              if line.first and line.last and line.first <= line.last)
        for kind in leaned_on
    ]  # fmt: skip
    days = kinds[0]
    for kind in kinds[1:]:
        days = common(days, kind)
    return days
