"""What a file shows at its two ends: whose it is, and whether all of it is there.

Enters: a file open for reading. Leaves: the first ISA and GS, and whether the last segment is the IEA of
the last ISA: X12 proves by itself that a file is complete (X12.5, IEA02 equals ISA13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from edi837.findings import NotX12
from edi837.x12 import Delimiters, element, split

_HEAD = 8192  # bytes; an ISA has 106 characters, the GS follows it
_TAIL = 4096
_BLOCK = 1 << 16
_ISA = 424  # bytes that hold an ISA even when its blanks are doubled
_BLANK = " \t\r\n\0\x1a"


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a file."""

    isa: tuple[str, ...] = ()  # the first ISA; empty when the file does not begin with one
    gs: tuple[str, ...] = ()  # the first GS, if it stands near
    whole: bool = False

    @property
    def sender(self) -> str:
        """ISA06 without its blanks."""
        return element(self.isa, 6).strip()

    @property
    def number(self) -> str:
        """ISA13."""
        return element(self.isa, 13).strip()

    @property
    def usage(self) -> str:
        """ISA15."""
        return element(self.isa, 15)


def ends(stream: BinaryIO, size: int) -> Ends:
    """Read the ends of a file of so many bytes; a few thousand bytes are read, more only if it holds several ISA."""
    stream.seek(0)
    head = stream.read(_HEAD).decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip(" \t\r\n\0\x1a")
    try:
        marks = Delimiters.read(head)
    except NotX12:
        return Ends()
    pieces = head[106:].split(marks.segment) if head[105:106] == marks.segment else []
    isa = split(head[:105] if pieces else head.split(marks.segment, 1)[0], marks)
    gs = next((split(piece, marks) for piece in pieces[:4] if split(piece, marks)[0] == "GS"), [])
    return Ends(tuple(isa), tuple(gs), _whole(stream, size, tuple(isa), marks))


def _whole(stream: BinaryIO, size: int, isa: tuple[str, ...], marks: Delimiters) -> bool:
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL).decode("latin-1")
    if _closes(tail, element(isa, 13), marks):
        return True
    last = _last(stream, size) if "IEA" in tail else None
    return last is not None and _closes(tail, element(last[0], 13), last[1])


def _closes(tail: str, number: str, marks: Delimiters) -> bool:
    """Whether a text ends with the IEA of this number, its terminator included."""
    pieces = tail.split(marks.segment)
    if len(pieces) < 2 or pieces[-1].strip(_BLANK):
        return False
    said = next((piece for piece in reversed(pieces) if piece.strip(_BLANK)), "")
    last = split(said, marks)
    return last[0] == "IEA" and element(last, 2).strip() == number.strip() != ""


def _last(stream: BinaryIO, size: int) -> tuple[list[str], Delimiters] | None:
    """The last ISA of a file, looked for from its end."""
    end, rest = size, b""
    while end > 0:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        block = stream.read(end - start) + rest
        at = block.rfind(b"ISA")
        while at >= 0:
            text = block[at : at + _ISA].decode("latin-1")
            try:
                marks = Delimiters.read(text)
                return split(text, marks), marks
            except NotX12:
                at = block.rfind(b"ISA", 0, at)
        end, rest = start, block[:_ISA]
    return None
