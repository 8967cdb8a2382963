"""An interchange whose sets are read ahead of the one who tells it.

Enters: the segments of an interchange, and somebody who reads parts of sets (`Hands`). Leaves: the
segments of the envelope as they were, and between ST and SE the parts of the set, already under way.
A set that cannot be cut (`Rest`) is left to be read as it comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from edi837 import foresight
from edi837.body import Setting
from edi837.companion import Guides
from edi837.cut import Standing
from edi837.findings import Place
from edi837.isa import BLANK
from edi837.loops import ENVELOPE
from edi837.part import Part, Read
from edi837.snip import Codes
from edi837.x12 import Delimiters, RawInterchange, Segment, element, split

GRAIN = 1 << 18  # characters of a task
FAR = 16  # grains of text without a place to cut: then the rest of the set is read as it comes
WAITING = 16_384  # segments of the envelope and parts held while tasks are under way


class Task(Protocol):
    """Parts that are being read."""

    def result(self) -> Sequence[Read]:
        """What came of each; waits for it."""


class Hands(Protocol):
    """Reads parts of sets elsewhere."""

    most: int  # tasks under way at a time

    def begin(self, parts: Sequence[Part]) -> Task:
        """Begin to read some parts."""

    def again(self, part: Part, known: frozenset[int]) -> Read:
        """Read a part in which claims of these keys came before."""


@dataclass(slots=True)
class _Batch:
    """Parts of one task."""

    parts: list[Part] = field(default_factory=list)
    size: int = 0  # characters
    task: Task | None = None
    reads: Sequence[Read] | None = None


@dataclass(slots=True)
class Coming:
    """A part under way."""

    part: Part
    batch: _Batch
    index: int


@dataclass(slots=True)
class Rest:
    """What is left of a set, to be read as it comes."""

    pieces: Iterator[str]


class Ahead:
    """The pieces of an interchange: iterate over those of its envelope; `parts` are those of the set at hand."""

    def __init__(
        self, raw: RawInterchange, number: int, guides: Guides, codes: Codes | None, hands: Hands
    ) -> None:
        """``number``: which interchange of the file it is, from 1."""
        self._raw, self._number, self._guides, self._codes, self._hands = raw, number, guides, codes, hands
        self._text, self._at = "", 1  # a terminator, then pieces, one between two; and where the next piece begins
        self._offset = 0  # of the text in the file
        self._last = ""  # the piece handed out last
        self._exhausted = False  # whether it is the last of all
        self._items = self._scan()
        self._queue: deque[str | Coming | Rest] = deque()
        self._batch = _Batch()
        self._under_way = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next piece; those of a set that nobody asked for too."""
        while True:
            item = self._take()
            if isinstance(item, str):
                return item
            if isinstance(item, Coming):
                self.read(item)
                self._queue.extendleft(reversed(list(item.part.pieces())))
            elif (piece := next(item.pieces, None)) is not None:
                if not self._exhausted and _tag(piece, self._raw.delimiters) not in ENVELOPE:
                    self._queue.appendleft(item)
                return piece

    def torn(self) -> bool:
        """Whether the file ends in the piece handed out last."""
        return self._raw.unterminated and self._exhausted and not self._queue

    def parts(self) -> Iterator[Coming | Rest]:
        """The parts of the set whose ST was read last."""
        while True:
            try:
                item = self._take()
            except StopIteration:
                return
            if isinstance(item, str):
                self._queue.appendleft(item)
                return
            yield item

    def read(self, coming: Coming) -> Read:
        """What came of a part."""
        batch = coming.batch
        if batch.reads is None:
            if batch.task is None:
                self._begin()
            assert batch.task is not None
            batch.reads = batch.task.result()
            self._under_way -= 1
        return batch.reads[coming.index]

    def again(self, coming: Coming, standing: Standing | None, known: frozenset[int]) -> Read:
        """What comes of a part when it begins so, and claims of these keys came before it."""
        return self._hands.again(replace(coming.part, start=standing), known)

    # -------------------------------------------------------------- looking ahead

    def _take(self) -> str | Coming | Rest:
        while self._under_way < self._hands.most and len(self._queue) < WAITING:
            if self._queue and isinstance(self._queue[-1], Rest):
                break  # what follows comes when that has been read
            item = next(self._items, None)
            if item is None:
                self._begin()
                break
            self._queue.append(item)
        if not self._queue:
            raise StopIteration
        return self._queue.popleft()

    def _begin(self) -> None:
        if self._batch.parts:
            self._batch.task = self._hands.begin(self._batch.parts)
            self._under_way += 1
            self._batch = _Batch()

    def _coming(self, part: Part) -> Coming:
        batch = self._batch
        batch.parts.append(part)
        batch.size += len(part.text)
        if batch.size >= GRAIN:
            self._begin()
        return Coming(part, batch, len(batch.parts) - 1)

    def _scan(self) -> Iterator[str | Coming | Rest]:
        """The pieces of the envelope and the parts of sets, in file order."""
        d = self._raw.delimiters
        gs: Segment = []
        isa = next(self._raw.runs)
        self._offset = self._raw.offset + len(isa)
        self._exhausted = not self._refill()
        yield isa
        interchange = element(self._raw.header(isa), 13)
        for piece in self._pieces():
            yield piece
            end: str | None = piece
            while end is not None:  # an ST that ends a set begins one
                seg, end = split(end, d), None
                if seg[0] in ("GS", "GE"):
                    gs = seg if seg[0] == "GS" else []
                elif seg[0] == "ST" and gs:
                    try:
                        guide = self._guides.guide(element(gs, 8), element(gs, 2), element(gs, 3))
                    except KeyError:  # the group goes back unread
                        continue
                    at = Place(interchange=interchange, group=element(gs, 6), set=element(seg, 2))
                    end = yield from self._set(Setting(guide, d, gs, seg, at, self._number))

    def _set(self, setting: Setting) -> Generator[Coming | Rest, None, str | None]:
        """The parts of a set; returns the piece of the envelope that ended it."""
        d, start = setting.delimiters, None
        while True:
            sight = foresight.glance(self._text, self._at, d)
            if sight.end is not None:
                begin = self._at + sight.end
                end = self._text.find(d.segment, begin)
                if end < 0:
                    if self._refill():
                        continue
                    if self._raw.unterminated:
                        break
                    end = len(self._text)
                self._last = self._text[begin:end]
                yield self._coming(Part(setting, start, self._text[self._at : end], "", self._offset + self._at))
                self._past(end)
                return self._last
            index = foresight.last_cut(sight)
            if index is None:
                if len(self._text) - self._at > FAR * GRAIN or not self._refill():
                    break
                continue
            after = sight.marks[index]
            end = self._text.rfind(d.segment, 0, self._at + after.at)
            part = Part(setting, start, self._text[self._at : end], d.element.join(after.seg), self._offset + self._at)
            start = foresight.foresee(part, sight.marks[:index], after, self._codes)
            yield self._coming(part)
            self._past(end)
            if start is None:
                break
        self._begin()
        if self._exhausted:  # the file ends where something should follow
            return None
        self._last = ""
        yield Rest(self._pieces())
        return self._last if _tag(self._last, d) in ENVELOPE else None

    # -------------------------------------------------------------- the text

    def _pieces(self) -> Iterator[str]:
        """The pieces from here on; whoever asks goes on where the one before him stopped."""
        terminator = self._raw.delimiters.segment
        while self._at <= len(self._text):
            end = self._text.find(terminator, self._at)
            if end < 0:
                end = len(self._text)
            self._last = self._text[self._at : end]
            self._past(end)
            yield self._last

    def _past(self, end: int) -> None:
        """Go past the terminator here."""
        self._at = end + 1
        if self._at > len(self._text):
            self._exhausted = not self._refill()

    def _refill(self) -> bool:
        """Take in more text; whether there was any."""
        run = next(self._raw.runs, None)
        if run is None:
            return False
        self._offset += self._at - 1
        self._text, self._at = f"{self._text[self._at - 1 :]}{self._raw.delimiters.segment}{run}", 1
        return True


def _tag(piece: str, delimiters: Delimiters) -> str:
    return piece.lstrip(BLANK).partition(delimiters.element)[0]
