"""Checks on how the days of a service are laid out over lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi837.checks.vocabulary import (
    Answer,
    Breaks,
    Lines,
    Unknown,
    check,
    code_of,
    dated,
    first_day,
    last_day,
)
from edi837.checks.words import Codes, Count
from edi837.claim import ServiceLine


@check(wakes="codes", twice="codes", tells="other days stretch number", pair=True)
def not_split(lines: Lines, *, codes: Codes, least: Count, longer: Count = 0) -> Iterator[Answer]:
    """Lines of one code and its modifiers that follow day upon day are not cut up into short ones.

    One line of such a stretch may be short: what is left over. With a second one the stretch could
    have been billed in lines that are long enough; that is said once for the stretch.

    codes   the lines it looks at
    least   days a line should cover
    longer  it asks only of stretches of more days than this (left out: of all)
    """
    mine: dict[object, list[ServiceLine]] = {}
    for line in lines.having(codes):
        if line.date_source == "statement":
            continue  # its days are not its own
        if dated(line):
            mine.setdefault((code_of(line), frozenset(line.modifiers)), []).append(line)
        else:
            yield Unknown(line, "the line has no dates")
    for some in mine.values():
        if len(some) > 1:
            for stretch in _stretches(sorted(some, key=first_day)):
                yield from _cut_up(stretch, least, longer)


def _cut_up(stretch: Sequence[ServiceLine], least: int, longer: int) -> Iterator[Answer]:
    first, last = first_day(stretch[0]), last_day(stretch[-1])
    short = [line for line in stretch if line.days < least]
    if len(short) > 1 and (last - first).days + 1 > longer:
        line, other = short[1], short[0]
        yield Breaks(
            line, other=other, on="dates", days=line.days, stretch=(first, last), number=len(short)
        )


def _stretches(mine: Sequence[ServiceLine]) -> Iterator[list[ServiceLine]]:
    """Lines in order of first days, cut where one does not begin on the day after the one before."""
    stretch = [mine[0]]
    for line in mine[1:]:
        if (first_day(line) - last_day(stretch[-1])).days != 1:
            yield stretch
            stretch = []
        stretch.append(line)
    yield stretch
