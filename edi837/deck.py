"""A file that may be taken apart or put together: its frames verified, its segments told one by one.

Enters: a binary stream. Leaves: each segment with the interchange it stands in. `Torn` says why a
file is not whole: what a TA1, or a 999 for a frame, would refuse, so that no claim is lost unseen.
What is wrong inside a set, and not with its frame, goes along with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edi837 import envelope, grammar, x12
from edi837.findings import Edi837Error
from edi837.x12 import Delimiters, RawInterchange, Segment, element


class Torn(Edi837Error):
    """A file that cannot be taken apart or put together; the message says why."""


@dataclass(frozen=True, slots=True)
class Frames:
    """The headers that a segment stands under, as sent."""

    isa: Segment
    gs: Segment
    st: Segment


def told(stream: BinaryIO) -> Iterator[tuple[RawInterchange, Segment]]:
    """Every segment of a file, in order. Raises NotX12, or `Torn` where the file stops being whole."""
    numbers: set[str] = set()
    for item in x12.read(stream):
        if isinstance(item, RawInterchange):
            for seg in _Reader(item, numbers).read():
                yield item, seg
        elif not item.blank:
            first, last = item.span
            raise Torn(f"{last - first} bytes from byte {first} on stand outside every interchange")


def text(seg: Segment, delimiters: Delimiters) -> str:
    """A segment on a line of its own."""
    return x12.join(seg, delimiters) + "\n" * (delimiters.segment != "\n")


class _Reader:
    """Reads one interchange and verifies its frames."""

    def __init__(self, item: RawInterchange, numbers: set[str]) -> None:
        self._item = item
        self._numbers = numbers  # ISA13 so far
        self._isa: Segment = []
        self._gs: Segment = []
        self._st: Segment = []
        self._groups: set[str] = set()  # GS06
        self._sets: set[str] = set()  # ST02 of the group
        self._segments = 0  # of the set
        self._ended = False

    def read(self) -> Iterator[Segment]:
        judges = {"ISA": self._begin, "GS": self._group, "ST": self._set, "SE": self._end_set, "GE": self._end_group,
                  "IEA": self._end}  # fmt: skip
        for piece in self._item.pieces:
            if self._item.unterminated:
                break
            seg = self._item.header(piece) if self._item.unusable else x12.split(piece, self._item.delimiters)
            if seg == [""]:
                continue
            self._segments += 1
            judge = judges.get(seg[0])
            if judge:
                self._refuse(judge(seg))
            elif not self._st:
                raise Torn("a segment stands outside every transaction set")
            yield seg
        if not self._ended:
            raise Torn("an interchange is cut off")

    def _refuse(self, notes: Iterable[envelope.Note]) -> None:
        for note in notes:
            if note.grave:
                raise Torn(note.message)

    def _begin(self, seg: Segment) -> Iterator[envelope.Note]:
        yield from envelope.isa(seg, self._item.unusable)
        if seg[13] in self._numbers:
            raise Torn("ISA13 came before in this file")
        self._numbers.add(seg[13])
        self._isa = seg

    def _group(self, seg: Segment) -> Iterator[envelope.Note]:
        if self._gs:
            raise Torn("GE is missing: a group does not end")
        yield from envelope.gs(seg, self._groups)
        if element(seg, 1) != "HC":
            raise Torn("GS01 is not HC: only health care claims are taken apart here")
        self._groups.add(seg[6])
        self._gs, self._sets = seg, set()

    def _set(self, seg: Segment) -> Iterator[envelope.Note]:
        if self._st or not self._gs:
            raise Torn("SE is missing: a transaction set does not end" if self._st else "a set stands in no group")
        d = self._item.delimiters
        guide = grammar.load(grammar.answers()[self._gs[8]])
        yield from envelope.st(seg, guide, self._sets, d.component + d.repetition)
        self._sets.add(seg[2])
        self._st, self._segments = seg, 1

    def _end_set(self, seg: Segment) -> Iterator[envelope.Note]:
        if not self._st:
            raise Torn("SE stands in no transaction set")
        yield from envelope.se(self._st, seg, self._segments)
        self._st = []

    def _end_group(self, seg: Segment) -> Iterator[envelope.Note]:
        if self._st or not self._gs:
            raise Torn("SE is missing: a transaction set does not end" if self._st else "GE ends no group")
        yield from envelope.ge(self._gs, seg, len(self._sets))
        self._gs = []

    def _end(self, seg: Segment) -> Iterator[envelope.Note]:
        if self._gs:
            raise Torn("GE is missing: a group does not end")
        yield from envelope.iea(self._isa, seg, len(self._groups))
        self._ended = True


def below(seg: Segment, path: Sequence[Segment]) -> int:
    """How deep an HL stands under the HLs above it, 0 at the top; `Torn` when its numbers or its code say otherwise."""
    depth = {"20": 0, "22": 1, "23": 2}.get(element(seg, 3), 9)
    if depth > len(path):
        raise Torn("HL03 is no level, or one that does not stand where it may")
    parent = path[depth - 1][1] if depth else ""
    if element(seg, 2) != parent:
        raise Torn("HL02 does not name the level above")
    return depth
