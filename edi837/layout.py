"""The layout of a file: one segment a line, or all segments in one line.

Enters: a binary stream. Leaves: the same text, one character a byte (latin-1), in which only the
line ends and blanks before each segment differ; they mean nothing (X12.5). What stands outside
interchanges is kept, but for the line ends right behind one. Laid out twice is laid out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from edi837 import x12
from edi837.isa import BLANK

_LINE_ENDS = "\r\n"


def laid(
    stream: BinaryIO, *, joined: bool = False, watch: Callable[[x12.RawInterchange], None] | None = None
) -> Iterator[str]:
    """Yield the text segment by segment; ``joined`` without line ends. Raises NotX12 when there is no interchange.

    ``watch`` is shown each interchange when it has been read.
    An interchange whose segments are ended by line ends has one a line whatever is asked. One whose
    delimiters cannot be used is kept as it is, for nobody can tell where its segments end.
    """
    behind = False  # an interchange, with nothing but line ends since
    for item in x12.read(stream):
        if isinstance(item, x12.Stray):
            text = item.text.lstrip(_LINE_ENDS) if behind else item.text
            behind = behind and not text
            yield text
            continue
        end = item.delimiters.segment
        before = "" if item.unusable else BLANK.replace(end, "")
        after = "" if joined or item.unusable or end == "\n" else "\n"
        held = None
        for piece in item.pieces:
            if held is not None:
                yield f"{held}{end}{after}"
            held = piece.lstrip(before) if before else piece
        if held is not None:
            yield held if item.unterminated else f"{held}{end}{after}"
        if watch:
            watch(item)
        behind = not item.unusable
