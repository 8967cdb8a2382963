"""Checks on lines that need another line on the same day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from edi837.checks.vocabulary import Answer, Breaks, Lines, Traits, Unknown, begun_only, check, dated
from edi837.checks.words import NONE, Codes, Count, Modifiers
from edi837.claim import ServiceLine
from edi837.overlap import Days, Span, common, orphan, outside, union

NEAR = 8  # lines looked at before the days are counted
_LATE = "5"  # CLM05-3 of an 837I: charges that an earlier bill left out


def _ranked(
    line: Traits, *, codes: Codes, having: Modifiers, first_lacks: Modifiers, after: Modifiers = NONE
) -> bool:
    return line.code in codes and not having.isdisjoint(line.modifiers)


@check(wakes="codes having", tells="uncovered", pair=True, misses=True, line=_ranked)
def follows(
    lines: Lines, *, codes: Codes, having: Modifiers, first_lacks: Modifiers, after: Modifiers = NONE
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
def requires(
    lines: Lines, *, codes: Codes, other: Codes, before: Count = 0, after: Count = 0
) -> Iterator[Answer]:
    """A line has one of the other lines on its days, or not long before or after.

    codes   the lines that cannot stand alone
    other   the lines they need
    before  days by which the other may come before (left out: none)
    after   days by which the other may come after (left out: none)
    """
    yield from _orphans(lines, lines.having(codes), [lines.known(other)], "procedure", (before, after))


def _fellow(line: Traits, *, codes: Codes, having: Modifiers, lacking: Modifiers = NONE) -> bool:
    return line.code in codes and not having.isdisjoint(line.modifiers)


@check(wakes="codes having", tells="uncovered", pair=True, misses=True, line=_fellow)
def paired(
    lines: Lines, *, codes: Codes, having: Modifiers, lacking: Modifiers = NONE
) -> Iterator[Answer]:
    """A line with one of the modifiers has a line of the same code, without any of them, on its days.

    codes    the lines it looks at
    having   the modifiers of the line that cannot stand alone
    lacking  further modifiers that the other line does not carry
    """
    barred = having | lacking
    whole: dict[str, list[ServiceLine]] = {}
    for line in lines.known(codes):
        if barred.isdisjoint(line.modifiers):
            whole.setdefault(line.procedure, []).append(line)
    for line in lines.having(codes):
        if not having.isdisjoint(line.modifiers):
            yield from _orphans(lines, [line], [whole.get(line.procedure, [])], "modifiers")


def _orphans(
    lines: Lines, needy: Sequence[ServiceLine], leaned_on: Sequence[Sequence[ServiceLine]], on: str,
    reach: tuple[int, int] = (0, 0),
) -> Iterator[Answer]:  # fmt: skip
    """Lines that used more days than there are days with a line of every kind leaned on, or near one."""
    offered: Days | None = None
    perhaps: Days | None = None
    for line in needy:
        if not dated(line):
            yield Unknown(line, "the line has no dates")
            continue
        if all(any(_covers(near, line) for near in kind[:NEAR]) for kind in leaned_on):
            continue
        if offered is None:
            offered = _offered(leaned_on, reach)
        span = lines.span(line)
        if not orphan(span, offered):
            continue
        dateless = next((near for kind in leaned_on for near in kind if not dated(near)), None)
        if dateless is not None:
            yield Unknown(line, f"line {dateless.number} has no dates")
            continue
        uncovered = [
            (date.fromordinal(low), date.fromordinal(high))
            for low, high in outside(offered, span.first, span.last)
        ]
        if perhaps is None:
            perhaps = _offered(leaned_on, reach, lines)
        yield Breaks(line, on=on, doubt=_why_not(lines, line, perhaps), uncovered=uncovered)


def _why_not(lines: Lines, line: ServiceLine, perhaps: Days) -> str:
    """Why a line that stands alone here may not do so; empty when it does."""
    claim = lines.claim(line)
    if line.date_source == "statement":
        return "only the statement dates are known, not the day of the line"
    if claim.kind == "I" and claim.frequency == _LATE:
        return "the claim adds late charges to an earlier bill"
    if not orphan(_at_most(lines, line), perhaps):
        return "a line may be dated by its first day alone"
    return ""


def _covers(near: ServiceLine, line: ServiceLine) -> bool:
    """Whether one line spans all days of the other, which settles most claims at a glance."""
    return bool(
        near.first and near.last and line.first and line.last
        and near.first <= line.first and line.last <= near.last
    )  # fmt: skip


def _at_most(lines: Lines, line: ServiceLine) -> Span:
    """The days of a line; billed by the day and dated by its first one alone, it may last until its statement ends."""
    span, last = lines.span(line), _until(lines, line)
    if line.procedure not in lines.daily or last == span.last:
        return span
    return Span(span.first, last, int(line.units or 0))


def _until(lines: Lines, line: ServiceLine) -> int:
    """The last day of a dated line; that of its statement, where it may be dated by its first day alone."""
    assert line.first is not None and line.last is not None
    if not begun_only(lines, line):
        return line.last.toordinal()
    statement = lines.claim(line).last
    return statement.toordinal() if statement else line.first.toordinal() + int(line.units or 1) - 1


def _offered(
    leaned_on: Sequence[Sequence[ServiceLine]], reach: tuple[int, int], perhaps: Lines | None = None
) -> Days:
    """The days on which every kind has a line, so many days before or after; with ``perhaps``, or may have one."""
    before, after = reach
    kinds = [
        union((line.first.toordinal() - after,
               before + (_until(perhaps, line) if perhaps else line.last.toordinal())) for line in kind
              if line.first and line.last and line.first <= line.last)
        for kind in leaned_on
    ]  # fmt: skip
    days = kinds[0]
    for kind in kinds[1:]:
        days = common(days, kind)
    return days
