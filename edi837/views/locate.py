"""Where segments stand in a file: byte, line and text of any of them, found again on demand.

Enters: a stream that can be read twice. Leaves: a segment by its set and its number in the set. The
file is glanced over once, as far as is asked for, and only every `STEP`th segment is noted; the few
between are read again from there. Whoever reads the same stream beside it does not notice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from edi837 import x12
from edi837.isa import BLANK
from edi837.loops import ENVELOPE
from edi837.x12 import Delimiters

STEP = 256  # segments
_GLANCE = 1 << 16  # bytes in which a file that has lines shows one


class Home(NamedTuple):
    """A frame by its place in the file: which interchange, which group of it, which set of that; from 1, 0 for none."""

    interchange: int = 0
    group: int = 0
    set: int = 0


@dataclass(frozen=True, slots=True)
class Located:
    """A segment where it stands."""

    number: int  # in its set, ST is 1 and SE the last; 0 for one of the envelope around it
    offset: int  # of its first byte, from 0
    row: int  # line of the file, from 1
    column: int  # byte in that line, from 1
    text: str  # without terminator and the blanks before it; one byte is one character
    delimiters: Delimiters

    @property
    def tag(self) -> str:
        """Its segment id."""
        return self.text.partition(self.delimiters.element)[0]

    @property
    def elements(self) -> list[str]:
        """Its elements: ``[2]`` is element 02."""
        return self.text.split(self.delimiters.element)

    def at(self, start: int) -> tuple[int, int]:
        """Line and column of a character of its text."""
        before = self.text[:start]
        rows = before.count("\n")
        return self.row + rows, start - before.rfind("\n") if rows else self.column + start


class _Mark(NamedTuple):
    """A noted segment: its key, and where what is read again begins."""

    key: tuple[int, int, int, int]
    offset: int
    row: int
    column: int
    delimiters: Delimiters


class Segments:
    """The segments of a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._start = stream.tell()
        self._scan = self._glance()
        self._marks: list[_Mark] = []
        self._keys: list[tuple[int, int, int, int]] = []
        self._frames: dict[tuple[Home, str], Located] = {}
        self._ends: dict[int, int] = {}  # by interchange: the byte behind it
        self._line = (1, 1)  # line and column at which the next interchange begins
        self._whole = False
        self._block = lru_cache(maxsize=8)(self._read_block)
        first = _Apart(stream, self._start).read(_GLANCE)
        self.has_lines = b"\n" in first

    def find(self, home: Home, number: int) -> Located | None:
        """The segment of a set with this number; None when there is none."""
        key = (*home, number)
        while not self._whole and (not self._keys or self._keys[-1] <= key):
            self._more()
        at = bisect_right(self._keys, key) - 1
        if at < 0 or self._keys[at][:3] != tuple(home):
            return None
        block = self._block(at)
        index = number - self._keys[at][3]
        return block[index] if index < len(block) else None

    def frame(self, home: Home, tag: str) -> Located | None:
        """A segment of the envelope: ISA or IEA of an interchange, GS or GE of a group, SE of a set."""
        if tag == "ST":
            return self.find(home, 1)
        while not self._whole and (home, tag) not in self._frames:
            self._more()
        return self._frames.get((home, tag))

    def every(self) -> Iterator[tuple[Home, Located]]:
        """Every segment of the file in order, with the innermost frame it stands in; a reading of its own."""
        kept, self._line = self._line, (1, 1)
        try:
            for interchange, raw in self._interchanges():
                yield from self._whole_of(raw, interchange)
        finally:
            self._line = kept

    def _whole_of(self, raw: x12.RawInterchange, interchange: int) -> Iterator[tuple[Home, Located]]:
        place = _Place(raw.offset, *self._line)
        groups = sets = number = 0
        grouped = False
        for piece in raw.pieces:
            tag = piece.lstrip(BLANK)[:3].rstrip(raw.delimiters.element)
            if tag == "GS":
                groups, sets, number, grouped = groups + 1, 0, 0, True
            elif tag == "ST" and grouped:
                sets, number = sets + 1, 0
            elif tag in ("GE", "IEA"):
                grouped, number = False, 0
            if tag:
                inside = number or (tag == "ST" and grouped)
                number += bool(inside)
                of = Home(interchange, groups * (tag != "IEA"), sets * bool(inside))
                yield of, place.locate(piece, number, raw.delimiters)
                number *= tag != "SE"
            place.past(piece, raw.delimiters.segment)
        self._line = place.row, place.column

    def _more(self) -> None:
        mark = next(self._scan, None)
        if mark is None:
            self._whole = True
        else:
            self._marks.append(mark)
            self._keys.append(mark.key)

    def _read_block(self, at: int) -> list[Located]:
        """The segments from a mark up to the next, or to the end of the set."""
        mark = self._marks[at]
        if at + 1 == len(self._marks) and not self._whole:
            self._more()
        end = self._ends.get(mark.key[0])
        if at + 1 < len(self._marks):
            end = min(self._marks[at + 1].offset, end or self._marks[at + 1].offset)
        assert end is not None
        text = _Apart(self._stream, self._start + mark.offset).read(end - mark.offset).decode("latin-1")
        found: list[Located] = []
        place = _Place(mark.offset, mark.row, mark.column)
        for piece in text.split(mark.delimiters.segment):
            if piece.strip(BLANK):
                segment = place.locate(piece, mark.key[3] + len(found), mark.delimiters)
                if (segment.tag in ENVELOPE and segment.tag not in ("ST", "SE")) or (segment.tag == "ST" and found):
                    break
                found.append(segment)
                if segment.tag == "SE":
                    break
            place.past(piece + mark.delimiters.segment)
        return found

    def _glance(self) -> Iterator[_Mark]:
        """Every `STEP`th segment of every set, and its ST; the envelope goes into `_frames`."""
        for interchange, raw in self._interchanges():
            yield from self._interchange(raw, interchange)

    def _interchanges(self) -> Iterator[tuple[int, x12.RawInterchange]]:
        """The interchanges of the file, counted from 1, past what stands between them."""
        interchange = 0
        for item in x12.read(_Apart(self._stream, self._start)):  # type: ignore[arg-type]
            if isinstance(item, x12.Stray):
                place = _Place(item.offset, *self._line)
                place.past(item.text)
                self._line = place.row, place.column
            else:
                interchange += 1
                yield interchange, item

    def _interchange(self, raw: x12.RawInterchange, interchange: int) -> Iterator[_Mark]:
        place = _Place(raw.offset, *self._line)
        end = raw.delimiters.segment
        home, number, grouped = Home(interchange), 0, False
        groups = sets = 0
        for piece in raw.pieces:
            tag = piece.lstrip(BLANK)[:3].rstrip(raw.delimiters.element)
            if number and tag not in ENVELOPE:
                if tag:
                    number += 1
                    if number % STEP == 1:
                        yield _Mark((*home, number), place.offset, place.row, place.column, raw.delimiters)
            elif tag == "GS":
                groups, sets, number, grouped = groups + 1, 0, 0, True
                home = Home(interchange, groups)
            elif tag == "ST" and grouped:
                sets, number = sets + 1, 1
                home = Home(interchange, groups, sets)
                yield _Mark((*home, 1), place.offset, place.row, place.column, raw.delimiters)
            elif tag in ENVELOPE:
                number = 0
                if tag == "GE":
                    home, grouped = Home(interchange, groups), False
            if tag in ENVELOPE and tag != "ST":
                of = Home(interchange) if tag in ("ISA", "IEA") else home
                self._frames.setdefault((of, tag), place.locate(piece, 0, raw.delimiters))
            place.past(piece, end)
        self._ends[interchange] = place.offset
        self._line = place.row, place.column


class _Apart:
    """A stream read at a place of its own."""

    def __init__(self, stream: BinaryIO, at: int) -> None:
        self._stream, self._at = stream, at

    def read(self, size: int = -1) -> bytes:
        """The next bytes; the stream is left where it stood."""
        held = self._stream.tell()
        self._stream.seek(self._at)
        data = self._stream.read(size)
        self._stream.seek(held)
        self._at += len(data)
        return data


class _Place:
    """Counts bytes, lines and columns."""

    __slots__ = ("column", "offset", "row")

    def __init__(self, offset: int, row: int, column: int) -> None:
        self.offset, self.row, self.column = offset, row, column

    def past(self, text: str, end: str = "") -> None:
        """Go past a text, and the terminator behind it."""
        size = len(text) + len(end)
        self.offset += size
        rows = text.count("\n") + (end == "\n")
        if rows:
            self.row += rows
            self.column = 1 if end == "\n" else len(text) - text.rfind("\n") + len(end)
        else:
            self.column += size

    def locate(self, piece: str, number: int, delimiters: Delimiters) -> Located:
        """The segment in a piece that begins here; the blanks before it do not count."""
        text = piece.lstrip(BLANK)
        ahead = _Place(self.offset, self.row, self.column)
        ahead.past(piece[: len(piece) - len(text)])
        return Located(number, ahead.offset, ahead.row, ahead.column, text, delimiters)
