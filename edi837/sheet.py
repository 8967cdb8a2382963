"""The lines of a tree on a sheet: what stands at the end of a line may be written when its part has ended.

Enters: lines, each with its depth. Leaves: the same lines in order, each with all that was added to it
since. Memory holds the latest of them; the others wait in a file that has no name, and one that is changed
is changed there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import IO

MOST = 4096  # lines in memory
_HEAD = Struct("<bBHHI")  # depth, kind and whether it is the last; lengths of the words before and behind; the text's
_ROOM = 96  # bytes for what stands behind a line
_COUNTS = 64  # bytes for the counts of a part


@dataclass(slots=True)
class Line:
    """A line of a tree."""

    depth: int
    text: str
    part: bool = True  # it stands for a part; else it hangs on the part above it
    last: bool = False  # of the parts that hang on the same one
    counts: str = ""  # what the part held, known at its end
    mark: str = ""  # what was found in it, likewise
    at: int = -1  # where it waits in the file; in memory until then


class Sheet:
    """Lines that wait to be written."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: list[Line] = []
        self._file: IO[bytes] | None = None
        self._end = 0  # of the file

    def put(self, line: Line) -> None:
        """Add a line."""
        self._held.append(line)
        if len(self._held) > self._most:
            self._lay_by()

    def change(self, line: Line) -> None:
        """Take note of what was changed in a line that was put: all but its text and depth may be."""
        if line.at >= 0:
            assert self._file is not None
            self._file.seek(line.at)
            self._file.write(_packed(line)[: _HEAD.size + _COUNTS + _ROOM])

    def lines(self) -> Iterator[Line]:
        """All lines, in the order in which they came; none is put any more."""
        if self._file is not None:
            self._file.seek(0)
            while head := self._file.read(_HEAD.size):
                yield _unpacked(head, self._file)
            self._file.close()
        yield from self._held

    def _lay_by(self) -> None:
        """Put the older half of what is held into the file."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._file.seek(self._end)
        half = len(self._held) // 2
        for line in self._held[:half]:
            line.at = self._end
            said = _packed(line)
            self._file.write(said)
            self._end += len(said)
        del self._held[:half]


def _packed(line: Line) -> bytes:
    counts, mark = _cut(line.counts, _COUNTS), _cut(line.mark, _ROOM)
    text = line.text.encode("utf-8", "surrogatepass")
    head = _HEAD.pack(line.depth, line.part | line.last << 1, len(counts), len(mark), len(text))
    return head + counts.ljust(_COUNTS) + mark.ljust(_ROOM) + text


def _unpacked(head: bytes, file: IO[bytes]) -> Line:
    depth, flags, counts, mark, length = _HEAD.unpack(head)
    said = file.read(_COUNTS + _ROOM)
    text = file.read(length).decode("utf-8", "surrogatepass")
    return Line(
        depth, text, bool(flags & 1), bool(flags & 2), said[:counts].decode(), said[_COUNTS : _COUNTS + mark].decode()
    )


def _cut(words: str, room: int) -> bytes:
    return words.encode()[:room].decode("utf-8", "ignore").encode()
