"""One writer of segments for the three acknowledgements.

Enters: values. Leaves: counted, delimited segments as bytes (X12.6). What we echo is the
sender's data and may hold any character but his own delimiters: hence `delimiters`
answers in the sender's. Bytes are latin-1, as in `x12`, so they go back as they came.
A value of our own that holds a delimiter is our fault: ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO

from edi837.findings import Edi837Error
from edi837.frames import Interchange
from edi837.x12 import Delimiters

LINE_END = "\n"  # after each terminator: readers skip it, and people can read the file
IN_MEMORY = 1 << 20  # bytes of a spool kept off the disk

_OURS = "-. "  # in the spans, amounts and names we write ourselves, so never delimiters
_SPARE_REPETITIONS = "^|`}"  # of four, three may be the sender's own for other uses
_BUFFERED = 1024  # segments joined for one write


class AckError(Edi837Error):
    """What we were about to write contradicts itself: our fault, never the sender's."""


def spool() -> IO[bytes]:
    """A file for bytes that have to wait: in memory while small, on disk beyond that."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)


def delimiters(received: Interchange) -> Delimiters:
    """The delimiters of an answer: the sender's own where they can serve, else the usual ones."""
    theirs = (received.element, received.component, received.segment)
    if len(set(theirs)) != 3 or not all(map(_separates, theirs)):
        return Delimiters()
    repetition = received.repetition
    if repetition in theirs or not _separates(repetition):
        repetition = next(spare for spare in _SPARE_REPETITIONS if spare not in theirs)
    return Delimiters(received.element, received.component, repetition, received.segment)


def _separates(character: str) -> bool:
    return not character.isalnum() and character not in _OURS  # as no character is: "" is in every text


def amount(value: Decimal | None) -> str:
    """A number as X12 writes it (type R): no exponent, no trailing zeros; None is 0."""
    if not value:
        return "0"
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Composite(str):
    """An element of joined components, as `Segments.composite` makes it."""

    __slots__ = ()


class Segments:
    """Writes segments to a stream and counts them."""

    def __init__(self, stream: IO[bytes], marks: Delimiters) -> None:
        self.count = 0
        self.marks = marks
        self._stream = stream
        self._end = marks.segment + (LINE_END if marks.segment != LINE_END else "")
        self._waiting: list[str] = []
        every = marks.element + marks.component + marks.repetition + marks.segment
        self._unsafe = re.compile(f"[{re.escape(every)}\\x00-\\x1f\\x7f]")

    def put(self, *elements: str) -> None:
        """Write one segment: tag, elements. Trailing empty ones are left out.

        Raises ValueError when a value holds a delimiter or is no latin-1 text.
        """
        marks = self.marks
        text = marks.element.join(elements)
        bare = text.rstrip(marks.element)
        if (
            bare.count(marks.element) != len(elements) - 1 - (len(text) - len(bare))
            or (marks.component in bare and bare.count(marks.component) != self._inside(elements))
            or marks.segment in bare
            or marks.repetition in bare
        ):
            raise ValueError(f"a value of {elements[0]} holds a delimiter")
        self._write(bare)

    def composite(self, *components: str) -> Composite:
        """Join components, trailing empty ones left out; ValueError when one holds their delimiter."""
        mark = self.marks.component
        text = mark.join(components)
        bare = text.rstrip(mark)
        if bare.count(mark) != len(components) - 1 - (len(text) - len(bare)):
            raise ValueError("a component holds a delimiter")
        return Composite(bare)

    def echo(self, value: str, most: int = 0) -> str:
        """A value of the sender's as we may repeat it: safe characters only, ``most`` of them."""
        if self._unsafe.search(value):
            value = self._unsafe.sub(" ", value).strip()
        return (value[:most] if most else value).rstrip()

    def splice(self, other: Segments) -> None:
        """Move everything written to ``other`` here, and leave it empty for the next use."""
        self.flush()
        other.flush()
        other._stream.seek(0)
        copyfileobj(other._stream, self._stream)
        self.count += other.count
        other.clear()

    def clear(self) -> None:
        """Forget all that was written."""
        self._waiting.clear()
        self._stream.seek(0)
        self._stream.truncate()
        self.count = 0

    def flush(self) -> None:
        """Hand what is buffered to the stream."""
        if self._waiting:
            self._stream.write("".join(self._waiting).encode("latin-1"))
            self._waiting.clear()

    def _inside(self, elements: Sequence[str]) -> int:
        mark = self.marks.component
        return sum([text.count(mark) for text in elements if text.__class__ is Composite])

    def _write(self, text: str) -> None:
        self.count += 1
        self._waiting.append(text + self._end)
        if len(self._waiting) >= _BUFFERED:
            self.flush()
