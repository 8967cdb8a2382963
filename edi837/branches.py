"""Of an outline, only the branches that lead to a finding.

Enters: the marks of `outline`. Leaves: those of each frame and loop in which something was found, or below
which; a part in which nothing was found is left out whole. Memory holds the segments of the parts that are
open and of which it is not known yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edi837.findings import Finding
from edi837.outline import Begin, Finish, Mark, Piece


def leading(marks: Iterable[Mark]) -> Iterator[Mark]:
    """The marks of the parts that lead to a finding."""
    held: list[Mark] = []  # of open parts that have not led to one yet
    since: list[int] = []  # for each open part, where it begins in them; -1: it is told
    for mark in marks:
        if isinstance(mark, Begin):
            since.append(len(held))
            held.append(mark)
        elif isinstance(mark, Finish):
            first = since.pop()
            if first < 0:
                yield mark
            else:
                del held[first:]
        elif isinstance(mark, Piece) and not mark.findings and since and since[-1] >= 0:
            held.append(mark)
        else:
            assert isinstance(mark, Piece | Finding)
            yield from held
            held.clear()
            since = [-1] * len(since)
            yield mark
