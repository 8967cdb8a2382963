"""Day arithmetic: when do two lines certainly share a day, and when only possibly?

Enters: spans of days, counted as `date.toordinal` counts them, both ends included, with
the number of days in them that were certainly used. Leaves: True or False, and lists of
day ranges; of a date, a later one. A per diem line of 7 units over 7 days used every day; 2 units over 14 days
used two, and nobody but the pharmacy knows which. So there are two questions: *can* the
lines share a day (their dates overlap), and *must* they (`certain`)? Only the second may reject.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Span(NamedTuple):
    """Days first to last, of which ``used`` (0 to all) were certainly used."""

    first: int
    last: int
    used: int

    @property
    def length(self) -> int:
        """Days from first to last, both counted."""
        return self.last - self.first + 1


def later(day: date, days: int) -> date:
    """A day, so many days on; the last there is, if there are not so many."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


Days = list[tuple[int, int]]  # ranges of days, in order, neither touching nor overlapping


def certain(a: Span, b: Span) -> bool:
    """Whether the used days cannot be laid out so that no day is used twice.

    Each line hides as many of its used days as it can where the other is not. What is
    left over must fit side by side into the common days; if it does not, a day is shared.
    """
    common = min(a.last, b.last) - max(a.first, b.first) + 1
    if common <= 0:
        return False
    left_a = max(0, a.used - (a.length - common))
    left_b = max(0, b.used - (b.length - common))
    return left_a + left_b > common


def union(ranges: Iterable[tuple[int, int]]) -> Days:
    """The days in any of the ranges."""
    days: Days = []
    for first, last in sorted(ranges):
        if days and first <= days[-1][1] + 1:
            days[-1] = (days[-1][0], max(days[-1][1], last))
        else:
            days.append((first, last))
    return days


def common(a: Days, b: Days) -> Days:
    """The days in both."""
    days: Days = []
    i = j = 0
    while i < len(a) and j < len(b):
        first, last = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if first <= last:
            days.append((first, last))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return days


def within(days: Days, first: int, last: int) -> Days:
    """The part of ``days`` that lies from first to last."""
    start = max(0, bisect_right(days, (first, first)) - 1)
    part: Days = []
    for low, high in days[start:]:
        if low > last:
            break
        if high >= first:
            part.append((max(low, first), min(high, last)))
    return part


def outside(days: Days, first: int, last: int) -> Days:
    """The days from first to last that are not in ``days``."""
    gaps: Days = []
    for low, high in within(days, first, last):
        if low > first:
            gaps.append((first, low - 1))
        first = high + 1
    if first <= last:
        gaps.append((first, last))
    return gaps


def orphan(span: Span, days: Days) -> bool:
    """Whether more days were used than ``days`` offers: one certainly stands alone."""
    offered = sum(high - low + 1 for low, high in within(days, span.first, span.last))
    return span.used > offered
