"""Which lines a line is compared with, where a patient has very many.

Enters: the lines to compare, in file order, and those to compare them with. Leaves: each line with the
lines near it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence

from edi837.checks.vocabulary import dated, first_day
from edi837.claim import ServiceLine
from edi837.overlap import later

REACH = 100  # of a crowd of lines on one patient, only so many are compared with each line

# Comparing all with all is fine for a claim and ruinous for a patient with a hundred thousand
# lines. Of a crowd, each line meets the REACH that start last before its end; what lies farther
# off is passed, which favours the sender.


def before(mine: Sequence[ServiceLine]) -> Iterator[tuple[ServiceLine, Sequence[ServiceLine]]]:
    """Each line with the lines before it to compare it with."""
    if len(mine) <= REACH:
        for number, line in enumerate(mine):
            yield line, mine[:number]
        return
    crowd: list[ServiceLine] = []
    for line in mine:
        yield line, _nearest(line, crowd)
        if dated(line):
            insort(crowd, line, key=first_day)


def beside(
    mine: Sequence[ServiceLine], others: Sequence[ServiceLine], after: int
) -> Iterator[tuple[ServiceLine, Sequence[ServiceLine]]]:
    """Each line with the others to compare it with."""
    if len(others) <= REACH:
        for line in mine:
            yield line, others
        return
    crowd = sorted((line for line in others if dated(line)), key=first_day)
    for line in mine:
        yield line, _nearest(line, crowd, after)


def _nearest(line: ServiceLine, crowd: Sequence[ServiceLine], after: int = 0) -> Sequence[ServiceLine]:
    """Of a crowd in order of first days, those that start last before the line's end, or so many days after."""
    if line.last is None:
        return crowd[:1]
    end = bisect_right(crowd, later(line.last, after), key=first_day)
    return crowd[max(0, end - REACH) : end]
