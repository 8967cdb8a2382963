"""Where a set can be cut into parts, and what a reader has to know to go on there.

Enters: a reader's open loops just before an HL that stands in its place. Leaves: a `Standing`: plain
values that can be sent to another process, compared, and turned into open loops again. Two readers that
stand alike find the same in what follows.

Only what can matter behind the cut is in it: the head of the set and of the level that stays open, and
what has been seen of their children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edi837.chart import Loop
from edi837.findings import Finding
from edi837.grammar import UNBOUNDED, LoopUse, SegmentUse


@dataclass(frozen=True, slots=True)
class Opened:
    """A loop, by the places of its uses among the children of their loops."""

    use: int
    seen: int
    excused: int
    counts: dict[int, int]
    gone: dict[int, int]
    broken: bool
    notes: tuple[Finding, ...]
    rows: tuple[tuple[int, int, tuple[str, ...]], ...]  # number in the set, use, elements
    loops: tuple[Opened, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a reader stands before an HL."""

    number: int  # of the last segment read
    path: tuple[Opened, ...]  # the open loops, the set first
    levels: int  # HLs so far
    last: str  # HL01 of the last one
    above: dict[str, tuple[str, str]]  # HL01 of each open level, by loop id: as sent, and as it should be
    empty: int  # terminators so far with nothing before them


def path(top: Loop, doubtful: Loop | None) -> dict[str, Opened]:
    """The open loops by their ids, the set first; empty when one of them, such as ``doubtful``, tells nothing sure."""
    found: list[tuple[str, Opened]] = []
    inside: Loop | None = None
    loop: Loop | None = top
    while loop is not None:
        said = opened(loop, inside)
        if said is None or loop is doubtful or not loop.segments:
            return {}
        found.append((loop.use.id, said))
        inside, loop = loop, loop.parent
    return dict(reversed(found))


def reopen(path: Sequence[Opened], use: LoopUse) -> tuple[Loop, Loop]:
    """The loops of a path, open again: that of the set, whose use it is, and the innermost."""
    root = top = reopened(path[0], use, None)
    for said in path[1:]:
        loop = reopened(said, inner(top.use, said), top)
        top.loops.append(loop)
        top = loop
    return root, top


def opened(loop: Loop, inside: Loop | None = None) -> Opened | None:
    """A loop as plain values, without its child ``inside``; None when something in it has an odd place."""
    use, rows, below = loop.use, [], []
    for number, seg_use, seg in loop.segments:
        if seg_use.loop is not use:
            return None
        rows.append((number, use.children.index(seg_use), tuple(seg)))
    for child in loop.loops:
        if child is not inside:
            each = opened(child)
            if each is None:
                return None
            below.append(each)
    counts = {bit: count for bit, count in (loop.counts or {}).items() if bit & ~_endless(use)}
    index = use.parent.children.index(use) if use.parent else 0
    return Opened(
        index, loop.seen, loop.excused, counts, dict(loop.gone or {}), loop.broken, tuple(loop.notes or ()),
        tuple(rows), tuple(below),
    )  # fmt: skip


def reopened(said: Opened, use: LoopUse, parent: Loop | None) -> Loop:
    """The loop that was told so."""
    loop = Loop(use, parent)
    loop.seen, loop.excused, loop.broken = said.seen, said.excused, said.broken
    loop.counts, loop.gone = dict(said.counts) or None, dict(said.gone) or None
    loop.notes = list(said.notes) or None
    for number, index, seg in said.rows:
        child = use.children[index]
        assert isinstance(child, SegmentUse)
        loop.segments.append((number, child, list(seg)))
    loop.loops = [reopened(each, inner(use, each), loop) for each in said.loops]
    return loop


def inner(use: LoopUse, said: Opened) -> LoopUse:
    """The use of a child loop."""
    child = use.children[said.use]
    assert isinstance(child, LoopUse)
    return child


def _endless(use: LoopUse) -> int:
    """The bits of levels that may come without end: how many came does not matter."""
    return sum(c.bit for c in use.children if isinstance(c, LoopUse) and c.told and c.repeat == UNBOUNDED)
