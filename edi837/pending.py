"""Findings of a set that wait for their segment to be told.

Enters: findings as they are found, some behind their segment. Leaves: those on a segment, and those before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from edi837.findings import Finding


class Pending:
    """Findings by the number of the segment they stand on."""

    def __init__(self) -> None:
        self._at: dict[int, list[Finding]] = {}
        self._numbers: list[int] = []  # a heap

    def add(self, finding: Finding) -> None:
        """Have one wait."""
        number = finding.place.segment
        if number not in self._at:
            self._at[number] = []
            heappush(self._numbers, number)
        self._at[number].append(finding)

    def take(self, number: int) -> Sequence[Finding]:
        """Those on a segment; all before it were taken."""
        if self._numbers and self._numbers[0] == number:
            return self._at.pop(heappop(self._numbers))
        return ()

    def before(self, number: int, claim: str | None = None) -> Iterator[Finding]:
        """Those on segments before this one that the tree does not hold; up to the first of another claim."""
        while self._numbers and self._numbers[0] < number:
            first = self._at[self._numbers[0]]
            if claim is not None and first[0].place.claim != claim:
                return
            yield from self._at.pop(heappop(self._numbers))

    def forget(self, since: int) -> None:
        """Drop those from a segment on."""
        self._at = {number: found for number, found in self._at.items() if number < since}
        self._numbers = sorted(self._at)
