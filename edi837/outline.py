"""A file as an outline: frames, loops, segments, and what was found at each of them.

Enters: a binary stream. Leaves: marks, in file order: `Begin` and `Finish` of each frame and
loop, each `Piece` (segment) with the findings on it, and findings that stand on no segment.
Memory holds the claims that wait for their verdict (one patient's) and the path above them.

A loop is told when it closes, so its ancestors are begun when their first claim is told, with
what they held before it. What comes to an ancestor later (a segment out of order) is told
before the next claim, or at the ancestor's own end.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edi837 import process
from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.companion import Guides
from edi837.findings import Edi837Error, Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.gate import Judge
from edi837.grammar import SegmentUse
from edi837.loops import LEVELS
from edi837.pending import Pending
from edi837.safe import text
from edi837.snip import Codes
from edi837.x12 import Segment

Frame = Interchange | FunctionalGroup | TransactionSet
Node = Frame | Loop


class UnknownClaim(Edi837Error):
    """No claim of the file has the CLM01 that was asked for."""


@dataclass(slots=True)
class Begin:
    """A frame or loop begins. A set is its own ST loop: what stands in that, stands in the set."""

    node: Node
    root: Loop | None = None  # of a set; None when it was refused unread
    claim: Claim | None = None  # of a 2300
    line: ServiceLine | None = None  # of a 2400
    at: tuple[int, ...] = (0, 0, 0)  # of a frame: interchange of the file, group of it, set of that; from 1


@dataclass(slots=True)
class Piece:
    """A segment in its place."""

    number: int  # position in its set, ST is 1
    use: SegmentUse
    seg: Segment
    findings: Sequence[Finding] = ()


@dataclass(slots=True)
class Finish:
    """The innermost open node ends; the counts of a frame are final."""

    node: Node


Mark = Begin | Piece | Finding | Finish


@dataclass(slots=True)
class Count:
    """The claims of a stream, as far as it was read."""

    claims: int = 0
    wanted: int = 0  # of them, those that were asked for


def walk(
    stream: BinaryIO, policies: Sequence[Judge] = (), *, claim: str = "", codes: Codes | None = None,
    guides: Guides | None = None, count: Count | None = None, watch: Callable[[object], None] | None = None,
) -> Iterator[Mark]:
    """Yield the marks of a stream; with ``claim``, only those of the claims of that CLM01.

    ``codes`` and ``guides`` are the operator's own; ``count`` is kept while the stream is read, and ``watch``
    shown every event.
    """
    walker = _Walk(claim, count or Count())
    for event in process.tell_loops(stream, policies, codes, guides):
        if watch:
            watch(event)
        yield from walker.take(event)
    if claim and not walker.count.wanted:
        raise UnknownClaim(f"there is no claim {text(claim)}")


class _Walk:
    """Turns events into marks."""

    def __init__(self, claim: str, count: Count) -> None:
        self._claim = claim
        self.count = count
        self._frames: list[Frame] = []  # open
        self._at: tuple[int, ...] = (0, 0, 0)  # of the innermost of them
        self._begun = 0  # how many of them were begun
        self._notes: list[tuple[int, Finding]] = []  # on frames not yet begun, by depth
        self._path: list[Loop] = []  # begun and open, the root first
        self._told: list[list[int]] = []  # for each of the path: segments and loops told
        self._waiting: deque[Loop] = deque()  # a claim without its verdict, and what closed after it
        self._found = Pending()

    def take(self, event: Event | Loop) -> Iterator[Mark]:
        """Take the next event."""
        if isinstance(event, Loop):
            if self._waiting or event.use.id == "2300":
                self._waiting.append(event)
            else:
                yield from self._closed(event)
        elif isinstance(event, Verdict):
            yield from self._judged(self._waiting.popleft(), event)
            while self._waiting and self._waiting[0].use.id != "2300":
                yield from self._closed(self._waiting.popleft())
        elif isinstance(event, Finding):
            yield from self._finding(event)
        elif isinstance(event, End):
            yield from self._end(event.of)
        else:
            self._frames.append(event)
            ordinal = self._at[len(self._frames) - 1] + 1
            self._at = (*self._at[: len(self._frames) - 1], ordinal, 0, 0)[:3]
            if not self._claim and not isinstance(event, TransactionSet):
                yield from self._begin_frames(None)

    # -------------------------------------------------------------- frames

    def _begin_frames(self, root: Loop | None) -> Iterator[Mark]:
        for frame in self._frames[self._begun :]:
            self._begun += 1
            at = (*self._at[: self._begun], 0, 0)[:3]
            yield Begin(frame, root if isinstance(frame, TransactionSet) else None, at=at)
            yield from (finding for depth, finding in self._notes if depth == self._begun)
        self._notes.clear()

    def _finding(self, finding: Finding) -> Iterator[Mark]:
        place = finding.place
        if place.segment:
            if not self._claim or not place.claim or self._wants(place.claim):
                self._found.add(finding)
        elif self._begun < len(self._frames):
            self._notes.append((len(self._frames), finding))
        elif self._frames or not self._claim:
            yield finding

    def _end(self, frame: Frame) -> Iterator[Mark]:
        if not self._claim:
            yield from self._begin_frames(None)  # a set that was refused unread
        if self._begun == len(self._frames):
            self._begun -= 1
            yield Finish(frame)
        self._frames.pop()
        self._notes = [(depth, finding) for depth, finding in self._notes if depth <= len(self._frames)]

    # -------------------------------------------------------------- loops

    def _judged(self, loop: Loop, verdict: Verdict) -> Iterator[Mark]:
        claim = verdict.claim
        self.count.claims += 1
        if self._claim and not self._wants(claim.id):
            return
        self.count.wanted += 1
        for finding in verdict.findings:
            if finding.place.segment:
                self._found.add(finding)
        yield from self._begin(loop.parent, before=_start(loop))
        loose = [finding for finding in verdict.findings if not finding.place.segment]
        yield from self._whole(loop, claim, iter(claim.lines), loose)

    def _closed(self, loop: Loop) -> Iterator[Mark]:
        """A level, or the root of a set, has closed."""
        told = any(loop is each for each in self._path)
        if self._claim and not told:
            self._found.forget(_start(loop))
            return
        yield from self._begin(loop.parent, before=_start(loop))
        if told:
            yield from self._more(len(self._path) - 1, sys.maxsize)
        else:
            yield from self._begin_loop(loop, sys.maxsize)
        self._path.pop()
        self._told.pop()
        if loop.parent is not None:
            yield Finish(loop)
        else:
            yield from self._found.before(sys.maxsize)

    def _begin(self, loop: Loop | None, before: int) -> Iterator[Mark]:
        """Begin a loop and those above it, as far as they are not; tell what they hold before a segment."""
        chain: list[Loop] = []
        while loop is not None:
            chain.append(loop)
            loop = loop.parent
        for depth, each in enumerate(reversed(chain)):
            if depth < len(self._path):
                yield from self._more(depth, before)
            else:
                yield from self._begin_loop(each, before)

    def _begin_loop(self, loop: Loop, before: int) -> Iterator[Mark]:
        """Begin the next loop of the path."""
        self._path.append(loop)
        self._told.append([0, 0])
        if loop.parent is None:
            yield from self._begin_frames(loop)
        else:
            yield from self._found.before(_start(loop))
            yield Begin(loop)
        yield from self._more(len(self._path) - 1, before)

    def _more(self, depth: int, before: int) -> Iterator[Mark]:
        """What an open loop of the path holds before a segment and has not told."""
        loop, told = self._path[depth], self._told[depth]
        headers = [each for each in loop.loops if each.use.id != "2300" and each.use.id not in LEVELS]
        pieces = [each for each in loop.segments[told[0] :] if each[0] < before]
        loops = [each for each in headers[told[1] :] if _start(each) < before]
        told[0] += len(pieces)
        told[1] += len(loops)
        yield from self._held(pieces, loops, None)

    def _whole(
        self, loop: Loop, claim: Claim | None, lines: Iterator[ServiceLine] | None, loose: Iterable[Finding] = ()
    ) -> Iterator[Mark]:
        """A closed loop with all it holds."""
        yield from self._found.before(_start(loop))
        line = next(lines, None) if lines is not None and loop.use.id == "2400" else None
        yield Begin(loop, claim=claim, line=line)
        yield from self._held(loop.segments, loop.loops, lines)
        yield from loose
        if claim is not None:
            until = _start(self._waiting[0]) if self._waiting else sys.maxsize
            yield from self._found.before(until, claim.id)
        yield Finish(loop)

    def _held(
        self,
        pieces: Sequence[tuple[int, SegmentUse, Segment]],
        loops: Sequence[Loop],
        lines: Iterator[ServiceLine] | None,
    ) -> Iterator[Mark]:
        """Segments and loops in the order of the file."""
        at = 0
        for loop in loops:
            start = _start(loop)
            while at < len(pieces) and pieces[at][0] < start:
                yield from self._piece(*pieces[at])
                at += 1
            yield from self._whole(loop, None, lines)
        for piece in pieces[at:]:
            yield from self._piece(*piece)

    def _piece(self, number: int, use: SegmentUse, seg: Segment) -> Iterator[Mark]:
        yield from self._found.before(number)
        yield Piece(number, use, seg, self._found.take(number))

    def _wants(self, claim: str) -> bool:
        return claim == self._claim or text(claim) == self._claim


def _start(loop: Loop) -> int:
    """The number of the first segment in a loop; some have lost the segment that opens them."""
    first = loop.segments[0][0] if loop.segments else sys.maxsize
    return min(first, _start(loop.loops[0])) if loop.loops else first
