"""What the commands share: exit status, messages, files by name, where data goes."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from edi837 import safe
from edi837.findings import Edi837Error, NotX12
from edi837.gaps import Gaps, NotWhole

_COLOURS = {"reject": "red", "warn": "yellow", "unknown": "cyan", "dim": "blue"}
REJECTED, USAGE, UNREADABLE, FAULT = 1, 2, 3, 4
_OUTPUT = "the output"
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))  # no reading fails so


class Run:
    """The worst exit status so far, and what is said on standard error."""

    def __init__(self) -> None:
        self.status = 0
        self._full = False  # whether the output took no more

    def worsen(self, status: int) -> None:
        """Remember the worst."""
        self.status = max(self.status, status)

    @contextmanager
    def guarding(self, file: str | Path | None) -> Iterator[None]:
        """Turn what is wrong with one file into a message and a status; go on with the next. None: standard output."""
        file = _OUTPUT if file is None else str(file)
        try:
            yield
        except NotX12 as error:
            self.say(f"{safe.text(file)}: not X12 at byte {error.offset}: {error}")
            self.worsen(UNREADABLE)
        except NotWhole as error:
            self.say(f"{safe.text(file)}: {error}")
            self.worsen(UNREADABLE)
        except BrokenPipeError:
            raise
        except OSError as error:
            usual = _OUTPUT if error.errno in _FULL else file
            named = error.filename if isinstance(error.filename, str) else usual  # perhaps what is written
            if named != _OUTPUT or not self._full:  # it would be said of each file
                self.say(f"{safe.text(named)}: cannot be read or written: {error.strerror}")
            self._full |= named == _OUTPUT
            self.worsen(UNREADABLE)
        except Edi837Error as error:
            self.say(f"{safe.text(file)}: {error}")
            self.worsen(USAGE)

    def missed(self, file: str, gaps: Gaps) -> None:
        """Say what of a file is missing, if anything is."""
        if said := str(gaps):
            self.say(f"{safe.text(file)}: {said}")
            self.worsen(UNREADABLE)

    def note(self, notes: Iterable[str]) -> None:
        """Say what is no fault, and easily overlooked."""
        for each in notes:
            self.say(f"note: {each}")

    @staticmethod
    def say(text: str) -> None:
        """Say it on standard error."""
        click.echo(text if _unicode(sys.stderr) else safe.in_ascii(text), err=True)


class Sink:
    """Where data goes: standard output, or a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.ascii = not _unicode(stream)
        self._colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def put(self, text: str) -> None:
        """Write a text as it is."""
        click.echo(text, file=self._stream, nl=False, color=self._colour)

    def paint(self, what: str, text: str) -> str:
        """A text in the colour of what it is, where there are colours; no less can be read without them."""
        if not self._colour:
            return text
        return click.style(text, fg=_COLOURS.get(what), bold=what != "dim")


def apart(out: Path | None, *files: str | Path | None) -> None:
    """Refuse to write over what is read: a usage error where OUT is one of the files, through links too."""
    for file in files if out is not None else ():
        if file is not None and _same(str(out), str(file)):
            named = {"-": "standard input", str(out): "a file"}.get(str(file), safe.text(str(file)))
            raise click.UsageError(f"{safe.text(str(out))} is {named} that is read here: nothing is written over it")


def _same(out: str, file: str) -> bool:
    """Whether two names mean one file, there or to come; - is standard input. What is no file is never lost."""
    try:
        if not os.path.exists(out):
            return file != "-" and os.path.realpath(out) == os.path.realpath(file)
        if not os.path.isfile(out):
            return False
        read = os.fstat(sys.stdin.fileno()) if file == "-" else os.stat(file)
        return os.path.samestat(os.stat(out), read)
    except (OSError, AttributeError, ValueError):  # not there, or closed: who reads it will say so
        return False


def in_utf8() -> None:
    """Have standard output take what programs read, which is UTF-8 whatever the terminal knows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def written(path: Path | None, *, data: bool = False) -> Iterator[Sink]:
    """Standard output; or a file, for its owner alone, that has its name only when it is whole.

    ``data``: programs read it, so that standard output too is UTF-8.
    """
    if path is None:
        if data:
            in_utf8()
        yield Sink(sys.stdout)
        return
    with writing(path) as target:
        stream = io.TextIOWrapper(target, encoding="utf-8", errors="backslashreplace", newline="")
        yield Sink(stream)
        stream.detach()


@contextmanager
def writing(out: Path | None) -> Iterator[BinaryIO]:
    """A file open for writing that gets its name when it is whole, for its owner alone; else standard output.

    What is no file, such as a pipe, is written to as it is. Ended by SIGTERM, it leaves nothing behind.
    """
    if out is None:
        yield sys.stdout.buffer
        return
    if out.exists() and not out.is_file():
        with open(out, "wb") as target:
            yield target
        return
    path = out.resolve()  # a link stays one
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(out)) from None
    try:
        with _ended_in_order(), os.fdopen(handle, "wb") as target:
            yield target
            target.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have SIGTERM unwind the program, where nobody else has a use for it."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Closed(io.RawIOBase):
    """A standard output that was closed before we began: what is written to it gets nowhere."""

    def writable(self) -> bool:
        """So that a text stream takes it."""
        return True

    def write(self, data: object) -> int:
        """Refuse it."""
        raise OSError(errno.EBADF, "it is closed", "standard output")


def stand_in() -> None:
    """Put something in the place of standard streams that are closed (>&-), so that no file gets their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_Closed(), encoding="utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """A file open for reading; - is standard input."""
    if file == "-":
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed", "standard input")
        yield sys.stdin.buffer
    else:
        with open(file, "rb") as stream:
            yield stream


def _unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") == "utf8"
