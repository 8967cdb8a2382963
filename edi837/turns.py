"""Files one after the other, some of them begun before their turn.

Enters: files by name, terms, and the processes that read for us, if any. Leaves: each file in its turn. The
small ones behind it are opened and begun too, so that the processes have work; what is wrong with a file is
said when its turn comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from edi837 import progress
from edi837.ahead import Hands
from edi837.console import opened
from edi837.findings import Edi837Error
from edi837.gate import Judge
from edi837.jobs import Crew
from edi837.sources import spooled
from edi837.terms import Reading, Terms


@dataclass(slots=True)
class Turn:
    """A file whose turn it is, or will be."""

    file: str
    _stack: ExitStack = field(default_factory=ExitStack)
    _stream: BinaryIO | None = None
    _reading: Reading | None = None
    _error: Exception | None = None

    def begin(self, terms: Terms, hands: Callable[[Sequence[Judge], bytes], Hands] | None) -> None:
        """Open the file, and begin to read it if it is small and others do the reading."""
        try:
            source = self._stack.enter_context(opened(self.file))
            self._stream = self._stack.enter_context(spooled(source))
            if hands and self.file != "-" and self._stream is source and not progress.long(source):
                own = self._stack.enter_context(opened(self.file))  # the other stays where it is
                reading = terms.read(own, hands)
                reading.begin()
                self._reading = reading
        except (Edi837Error, OSError) as error:
            self._error = error

    @contextmanager
    def taken(self) -> Iterator[tuple[BinaryIO, Reading | None]]:
        """The stream, and its reading if that has begun. Raises what was wrong."""
        with self._stack:
            if self._error:
                raise self._error
            assert self._stream
            yield self._stream, self._reading


@dataclass(frozen=True, slots=True)
class Turns:
    """How files are read: on what terms, and by whom."""

    terms: Terms
    crew: Crew | None
    light: bool = False  # of claims, only the lines are counted

    @property
    def hands(self) -> Callable[[Sequence[Judge], bytes], Hands] | None:
        """Makes those who read the sets of a file."""
        return partial(self.crew.hands, light=self.light) if self.crew else None

    def each(self, files: Iterable[str]) -> Iterator[Turn]:
        """The files in their turn."""
        # With a history, a file is judged by what came of the one before it.
        hands = None if self.terms.history else self.hands
        ahead, waiting = self.crew.files if self.crew and hands else 0, deque[Turn]()
        for file in files:
            turn = Turn(file)
            turn.begin(self.terms, hands)
            waiting.append(turn)
            if len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting
