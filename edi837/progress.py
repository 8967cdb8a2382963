"""How far a long reading has come: a bar on standard error, for whoever sits before it.

Enters: a stream that can be read twice. Leaves: the same stream, watched. Nothing is shown, and nothing is
loaded for it, unless standard error is a terminal, standard output is not (the bar would run into the
data), and the file is long.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from edi837 import safe

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LONG = 4 << 20  # bytes; a shorter file is read before the bar would be seen


@contextmanager
def watched(stream: BinaryIO, file: str, *, apart: bool = False) -> Iterator[BinaryIO]:
    """A stream whose reading is shown; ``apart``: the data goes elsewhere than to standard output."""
    size = _size(stream)
    if size < LONG or not sys.stderr.isatty() or (sys.stdout.isatty() and not apart):
        yield stream
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        yield cast(BinaryIO, _Watched(stream, bar, bar.add_task(safe.text(file)[-40:], total=size)))


class _Watched:
    """Passes a stream through, and tells the bar where it stands."""

    def __init__(self, stream: BinaryIO, bar: Progress, task: TaskID) -> None:
        self._stream, self._bar, self._task = stream, bar, task
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._stream.read(size)
        self._bar.update(self._task, completed=self._stream.tell())
        return data


def long(stream: BinaryIO) -> bool:
    """Whether reading it takes so long that it is worth showing."""
    return _size(stream) >= LONG


def _size(stream: BinaryIO) -> int:
    at = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(at)
    return size
