"""What a file shows at its two ends: whose it is, and whether all of it is there.

Enters: a file open for reading. Leaves: the first ISA and GS, and whether the last segment is the IEA of
the last ISA: X12 proves by itself that a file is complete (X12.5, IEA02 equals ISA13).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from edi837.findings import NotX12
from edi837.x12 import Delimiters, element, split

_HEAD = 8192  # bytes; an ISA has 106 characters, the GS follows it
_TAIL = 4096
_BLOCK = 1 << 16
_ISA = 424  # bytes that hold an ISA even when its blanks are doubled
_BLANK = " \t\r\n\0\x1a"
_BEGUN = re.compile(rb"ISA(?=[^A-Za-z0-9 \t\r\n])")  # what may be the beginning of an ISA
_TRIES = 1000  # texts that look like an ISA and are none, after which the last ISA is looked for no more
_FAR = 1 << 26  # bytes before the end that it is looked for in


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
    """Read the ends of a file of so many bytes.

    A few thousand bytes are read, more only if it holds several ISA. A file whose last ISA is not found within
    `_TRIES` and `_FAR` passes for whole by its IEA alone.
    """
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
    said = _closing(tail, marks)
    if said and said == element(isa, 13).strip():
        return True
    if "IEA" not in tail:
        return False
    try:
        last = _last(stream, size)
    except _Lost:
        return bool(said)  # whoever reads all of it will tell
    number = element(last[0], 13).strip() if last else ""
    return last is not None and number != "" and _closing(tail, last[1]) == number


def _closing(tail: str, marks: Delimiters) -> str:
    """IEA02 of a text that ends with an IEA, its terminator included; else empty."""
    pieces = tail.split(marks.segment)
    if len(pieces) < 2 or pieces[-1].strip(_BLANK):
        return ""
    last = split(next((piece for piece in reversed(pieces) if piece.strip(_BLANK)), ""), marks)
    return element(last, 2).strip() if last[0] == "IEA" else ""


class _Lost(Exception):
    """The last ISA was not found within what may be spent on it."""


def _last(stream: BinaryIO, size: int) -> tuple[list[str], Delimiters] | None:
    """The last ISA of a file, looked for from its end."""
    end, rest, tries = size, b"", 0
    while end > 0:
        if size - end > _FAR:
            raise _Lost
        start = max(0, end - _BLOCK)
        stream.seek(start)
        block = stream.read(end - start) + rest
        for at in reversed([found.start() for found in _BEGUN.finditer(block, 0, end - start + 3)]):
            text = block[at : at + _ISA].decode("latin-1")
            try:
                marks = Delimiters.read(text)
                return split(text, marks), marks
            except NotX12:
                tries += 1
                if tries > _TRIES:
                    raise _Lost from None
        end, rest = start, block[:_ISA]
    return None
