"""A stretch of a file: sets, or a part of one, that a task reads by itself.

Enters: a `Stretch`, plain values that say where its text lies and how its reader stands there, and the file.
Leaves: the events of its sets (`frames`), as `process` tells them, without what is said of the envelope.
A stretch that does not end as was foreseen is an `Unforeseen`, never a wrong row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edi837 import x12
from edi837.body import Body, Setting
from edi837.chart import Loop, chart
from edi837.companion import Guides
from edi837.cut import Standing
from edi837.findings import Edi837Error, Place
from edi837.frames import Event, FunctionalGroup, Interchange, TransactionSet
from edi837.gate import Judge
from edi837.grammar import Guide
from edi837.seen import Seen
from edi837.x12 import Delimiters, Segment, element

BLOCK = 1 << 18  # bytes read at a time


class Unforeseen(Edi837Error):
    """A stretch is not what its file was planned to hold."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where the text lies, and what its reader has to know."""

    path: str
    stamp: tuple[int, int]  # size and time of the file when it was planned
    offset: int  # byte at which it begins: behind an ST, or at an HL
    length: int  # bytes, without the terminator at its end
    delimiters: Delimiters
    isa: tuple[str, ...]
    gs: tuple[str, ...]
    st: tuple[str, ...]
    frames: tuple[int, int, int]  # which interchange of the file, which group of it, which set of that, from 1
    start: Standing | None  # None: it begins behind the ST
    sets: int = 1  # how many it has to do with
    after: str = ""  # the HL behind it; empty: it ends as its last set does
    expected: Standing | None = None  # where its reader should stand before that HL


def tell(
    stretch: Stretch, stream: BinaryIO, judges: Sequence[Judge] = (), guides: Guides | None = None
) -> Iterator[Event | Loop]:
    """The events of a stretch: its frames as they open, findings, loops as they close, verdicts."""
    d, guides = stretch.delimiters, guides or Guides()
    interchange, group = Interchange([*stretch.isa], d.element, d.component, d.repetition, d.segment), [*stretch.gs]
    interchange.groups, ordinal = stretch.frames[1:]
    yield interchange
    yield _group(group, ordinal)
    pieces, st, start = _pieces(stretch, stream), [*stretch.st], stretch.start
    for left in range(stretch.sets - 1, -1, -1):
        guide = guides.guide(*(element(group, at) for at in (8, 2, 3)))
        at = Place(interchange=interchange.number, group=element(group, 6), set=element(st, 2))
        setting = Setting(guide, d, group, st, at, stretch.frames[0])
        yield TransactionSet(st, guide.id, guide.kind)
        body = Body(setting, judges, Seen(), None, start)
        if stretch.after and not left:
            yield from body.read_part(pieces, stretch.after)
            _forget(guide, d)
            if body.stop is not None or stretch.expected is None or body.reader.standing != stretch.expected:
                raise _otherwise(stretch, at)
            return
        yield from body.read(pieces)
        _forget(guide, d)
        seg: Segment | None = body.stop
        if seg is None:
            raise _otherwise(stretch, at)
        while left and not (seg[0] == "ST" and group):
            if seg[0] in ("GS", "GE"):  # between two groups there is no set
                group, ordinal = seg if seg[0] == "GS" else [], 0
                interchange.groups += bool(group)
            seg = _next(pieces, d)
            if seg is None:
                raise _otherwise(stretch, at)
        ordinal, st, start = ordinal + 1, seg, None
        if left:
            yield _group(group, ordinal)


def _group(gs: Segment, sets: int) -> FunctionalGroup:
    group = FunctionalGroup(gs)
    group.sets = sets
    return group


def _forget(guide: Guide, delimiters: Delimiters) -> None:
    """What is known by heart of this sender is nothing to the next."""
    chart(guide, delimiters).forget()


def _next(pieces: Iterator[str], delimiters: Delimiters) -> Segment | None:
    for piece in pieces:
        seg = x12.split(piece, delimiters)
        if seg != [""]:
            return seg
    return None


def _pieces(stretch: Stretch, stream: BinaryIO) -> Iterator[str]:
    """The text of each segment, as it comes from the file."""
    stream.seek(stretch.offset)
    left, held, end = stretch.length, "", stretch.delimiters.segment
    while left:
        data = stream.read(min(BLOCK, left))
        if not data:
            raise changed(stretch.path)
        left -= len(data)
        *whole, held = (held + data.decode("latin-1")).split(end)
        yield from whole
    yield held


def changed(path: str) -> Unforeseen:
    """The file is another than was planned."""
    return Unforeseen(f"EDI837-CHANGED: {path} was written to after its reading was planned; read it again")


def _otherwise(stretch: Stretch, at: Place) -> Unforeseen:
    return Unforeseen(
        f"EDI837-SPLIT: {stretch.path}: set {at.set} of interchange {at.interchange}, bytes {stretch.offset} to "
        f"{stretch.offset + stretch.length}, does not end as was foreseen, so what follows cannot be read by "
        'itself; read the file in one task: .option("whole", name), or all files: .option("split", "false")'
    )
