"""The wire: an X12 interchange as a stream of segments, and back to the same bytes.

Enters: a binary stream. Leaves: `RawInterchange`s, each with the delimiters its own ISA
declares (X12.5, ISA positions 4, 83, 105 and 106), and `Stray` text that belongs to none.
One byte is one character here (latin-1), so any bytes at all pass through unharmed and
every legal delimiter works; what people read is decoded later, at the edge.

A segment is a plain list of strings: ``seg[0]`` is its tag and ``seg[2]`` its element 02.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO

from edi837 import isa
from edi837.findings import NotX12
from edi837.isa import BLANK
from edi837.isa import Delimiters as Delimiters

Segment = list[str]

LONGEST = 1 << 20  # a segment longer than this is no segment
BLOCK = LONGEST // 2  # bytes read at a time: so only the first segment of what is held can be too long

_NOTHING = "\0\x1a"  # fills a last block, or marks the end of a file
_BOM = "\xef\xbb\xbf"  # UTF-8, seen as latin-1

@dataclass(frozen=True, slots=True)
class Stray:
    """Text outside any interchange: a byte order mark, blank lines, or what should not be there."""

    text: str
    offset: int  # of its first byte

    @property
    def blank(self) -> bool:
        """Whether it is only blanks, zeros or a byte order mark, which mean nothing."""
        return not self.text.replace(_BOM, "").strip(BLANK + _NOTHING)

    @property
    def span(self) -> tuple[int, int]:
        """First byte, and one past the last, of what is left without the blanks around it."""
        text = self.text.rstrip(BLANK + _NOTHING)
        return self.offset + len(text) - len(text.lstrip(BLANK + _NOTHING)), self.offset + len(text)


@dataclass(slots=True)
class RawInterchange:
    """One interchange on the wire. Read `pieces` to its end before asking for the next one."""

    delimiters: Delimiters
    offset: int  # byte at which the ISA begins
    runs: Iterator[str] = field(repr=False)  # the ISA, then text of some segments, a terminator between two
    pieces: Iterator[str] = field(repr=False)  # text of each segment, with the line ends before it; or take `runs`
    unterminated: bool = False  # the last piece had no terminator: the stream, or the next ISA, cut it off
    followed: bool = False  # it was the next ISA
    oversize: bool = False  # a segment passed LONGEST: reading stopped there
    ended: bool = False  # by an IEA, which may lack its own terminator
    unusable: str = ""  # TA105 of a delimiter that cannot be used: then the ISA is the only piece

    @property
    def why(self) -> str:
        """Why it is cut off, when it is."""
        return "a segment is longer than 1 MiB" if self.oversize else "it ends without IEA"

    @property
    def cut(self) -> str:
        """Why it is cut off, once its pieces were read; empty when it is not, or nobody can tell."""
        return self.why if self.oversize or not (self.ended or self.unusable) else ""

    def header(self, piece: str) -> Segment:
        """The elements of the ISA, by their widths where its delimiters cannot be used."""
        if not self.unusable:
            return split(piece, self.delimiters)
        return isa.by_width(piece)


def read(stream: BinaryIO, *, block: int = BLOCK) -> Iterator[RawInterchange | Stray]:
    """Yield the interchanges of a stream, and the text between them, in order.

    Memory is bounded by two blocks whatever the stream holds. Raises NotX12 at the end of
    a stream that held no interchange at all.
    """
    source = _Source(stream, block)
    found = False
    while True:
        delimiters, unusable = source.seek_isa()
        text, offset = source.take_skipped()
        if text:
            yield Stray(text, offset)
        if delimiters:
            found = True
            raw = RawInterchange(delimiters, source.offset, iter(()), iter(()), unusable=unusable)
            raw.runs = _runs(source, raw)
            raw.pieces = _pieces(raw)
            yield raw
            for _ in raw.pieces:  # what the caller left unread
                pass
        elif source.ended:
            break
    if not found:
        raise source.refusal or NotX12("there is nothing in it")


def split(piece: str, delimiters: Delimiters) -> Segment:
    """Split the text of one segment into its elements."""
    return piece.lstrip(BLANK).split(delimiters.element)


def behind(delimiters: Delimiters) -> str:
    """A pattern for a terminator and the blanks that may stand before the segment behind it."""
    blank = re.escape(BLANK.replace(delimiters.segment, ""))
    return f"{re.escape(delimiters.segment)}[{blank}]*"


def element(segment: Sequence[str], index: int) -> str:
    """An element of a segment, 1 for element 01; empty when the segment ends before it."""
    return segment[index] if index < len(segment) else ""


def join(segment: Iterable[str], delimiters: Delimiters) -> str:
    """Join elements into the text of one segment, terminator included; the partner of `split`."""
    return delimiters.element.join(segment) + delimiters.segment


def write(items: Iterable[RawInterchange | Stray], stream: BinaryIO) -> None:
    """Write what `read` yielded; the bytes are those that were read."""
    for item in items:
        if isinstance(item, Stray):
            stream.write(item.text.encode("latin-1"))
            continue
        held = None
        for piece in item.pieces:
            if held is not None:
                stream.write((held + item.delimiters.segment).encode("latin-1"))
            held = piece
        if held is not None:
            stream.write((held + item.delimiters.segment * (not item.unterminated)).encode("latin-1"))


class _Source:
    """A binary stream with a buffer of text in front, and a count of bytes behind."""

    def __init__(self, stream: BinaryIO, block: int) -> None:
        self._stream = stream
        self._block = min(block, BLOCK)
        self._skipped: list[str] = []
        self._skipped_at = 0
        self.text = ""
        self.offset = 0  # of text[0]
        self.ended = False
        self.refusal: NotX12 | None = None

    def more(self) -> str:
        """The next block, empty at the end of the stream."""
        data = self._stream.read(self._block)
        if data is None or isinstance(data, str):
            raise TypeError(f"a stream gives bytes when it is read, as of open(path, 'rb'), not {type(data).__name__}")
        if not data:
            self.ended = True
        return data.decode("latin-1")

    def seek_isa(self) -> tuple[Delimiters | None, str]:
        """Move to the next readable ISA; what lies before it goes to `take_skipped`.

        With it, TA105 if its delimiters cannot be used. None after a block without one, so
        that the caller can pass the skipped text on.
        """
        self._skipped_at = self.offset
        while len(self.text) < isa.HEAD and not self.ended:
            self.text += self.more()
        match = isa.ANY.search(self.text)
        while match and (self.ended or len(self.text) - match.start() >= isa.HEAD):
            head, unusable = self.text[match.start() : match.start() + isa.HEAD], ""
            try:
                delimiters = Delimiters.read(head)
            except NotX12:
                unusable = isa.unusable(head)
                if not unusable:
                    match = isa.ANY.search(self.text, match.start() + 1)
                    continue
                delimiters = Delimiters(head[3], head[104], "", head[105])
            self._skip(match.start())
            return delimiters, unusable
        settled = len(self.text) if self.ended else len(self.text) - isa.HEAD + 1
        lead = len(self.text) - len(self.text.removeprefix(_BOM).lstrip(BLANK + _NOTHING))
        if not self.refusal and lead < settled:
            self.refusal = isa.refusal(self.text[lead : lead + isa.HEAD], self.offset + lead)
        self._skip(max(settled, lead))
        return None, ""

    def _skip(self, count: int) -> None:
        if count > 0:
            self._skipped.append(self.text[:count])
            self.text = self.text[count:]
            self.offset += count

    def take_skipped(self) -> tuple[str, int]:
        """The text passed over by the last `seek_isa`, and the offset of its first byte."""
        text = "".join(self._skipped)
        self._skipped.clear()
        return text, self._skipped_at


def _pieces(raw: RawInterchange) -> Iterator[str]:
    end = raw.delimiters.segment
    return chain(islice(raw.runs, 1), chain.from_iterable(run.split(end) for run in raw.runs))


def _runs(source: _Source, raw: RawInterchange) -> Iterator[str]:
    """Yield the ISA and the text of segments through the IEA; stop before the next ISA or at the end of the stream.

    A piece without a terminator is a run of its own.
    """
    end = raw.delimiters.segment
    if raw.unusable:  # where its segments end cannot be told: what follows is left to the next search
        head, source.text = source.text[: isa.LENGTH - 1], source.text[isa.LENGTH:]
        yield head
        source.offset += isa.LENGTH
        return
    match = isa.ISA.match(source.text)
    assert match is not None
    seen = match.end() + 1  # not the first `end`: a name in ISA06 may hold one
    text, source.text = source.text[seen:], ""
    yield match[0]
    while True:
        if len(text) > LONGEST and text.find(end, 0, LONGEST + 1) < 0:
            raw.oversize = True
            break
        start, torn = _frame(text, raw.delimiters)
        if start >= 0:
            last = text.rfind(end, 0, start) + 1 if torn else start
            if last:
                yield text[: last - 1]
            if torn:
                raw.unterminated = raw.followed = True
                yield text[last:start]
            seen += start
            text = text[start:]
            if text.lstrip(BLANK).startswith("ISA"):
                break
            at = text.find(end, 0, LONGEST + 1)
            if at >= 0:
                after = isa.alike(raw.delimiters).search(text, 0, at + 1)
                if after:  # the IEA is cut off
                    raw.unterminated = raw.followed = True
                    at = len(text[: after.start()].rstrip(BLANK))
                raw.ended = not raw.unterminated or _ends(text[:at], raw.delimiters)
                yield text[:at]
                at += not raw.unterminated
                seen += at
                text = text[at:]
                break
        else:
            last = text.rfind(end) + 1
            if last:
                yield text[: last - 1]
            seen += last
            text = text[last:]
        if len(text) > LONGEST:
            continue
        block = source.more()
        if not block:
            if text.strip(BLANK):
                raw.unterminated = True
                raw.ended = _ends(text, raw.delimiters)
                yield text
                seen += len(text)
                text = ""
            break
        text += block
    source.text = text + source.text
    source.offset += seen


def _ends(piece: str, delimiters: Delimiters) -> bool:
    """Whether an IEA without its terminator is there to its end: IEA02 has nine digits."""
    tag, *rest = split(piece, delimiters)
    return tag == "IEA" and len(element(rest, 1).rstrip(BLANK)) >= 9


def _frame(text: str, delimiters: Delimiters) -> tuple[int, bool]:
    """Where the first IEA or ISA segment begins, blanks before it included; -1 if nowhere.

    And whether it is an ISA in the middle of a segment: of an interchange that was cut off, with another behind it.
    Looked for once a block, not once a segment.
    """
    for match in re.finditer(f"I[ES]A{re.escape(delimiters.element)}", text):
        start = match.start()
        while start and text[start - 1] in BLANK and text[start - 1] != delimiters.segment:
            start -= 1
        if start == 0 or text[start - 1] == delimiters.segment:
            return start, False
        if isa.alike(delimiters).match(text, match.start()):
            return start, True
    return -1, False
