"""The three answers to a sender: TA1, 999 and 277CA.

Enters: the events of a file, one after the other (`frames`). Leaves: up to three files,
each a sequence of interchanges addressed back to the senders of the interchanges received:
``ta1``, ``999`` with one interchange for each functional group, and ``277ca`` with one for
each transaction set that the 999 does not refuse. Memory does not grow with the input.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import IO

from edi837.acks import ta1
from edi837.acks.ack277ca import Ack277CA, Profile, Role
from edi837.acks.ack999 import Ack999
from edi837.acks.source import Source
from edi837.acks.writer import AckError, spool
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.x12 import element

__all__ = ["AckError", "Acknowledgements", "Profile", "Role", "Source"]

_CLAIMS = ("P", "I")  # kinds of set that have a 277CA
_UNANSWERED = "FA"  # GS01 of acknowledgements, which are never acknowledged themselves


class Acknowledgements:
    """Folds the events of a file into acknowledgements.

    ``now`` dates all that is written. ``control`` is the first ISA13, from 1; each
    interchange takes the next number when it begins: a group's 999 at the GS, a set's
    277CA at the SE, the TA1 at the IEA. What the inside of a refused interchange or
    group had taken is given back, so numbers have no gaps and depend on nothing but the
    events. ``files`` makes the files that hold the answers and the claims that wait for
    their totals.
    """

    def __init__(
        self,
        now: datetime,
        control: int,
        profile: Profile | None = None,
        *,
        files: Callable[[], IO[bytes]] = spool,
    ) -> None:
        self.control = control  # the next number to be taken
        self._now = now
        self._profile = profile or Profile()
        self._files = files
        self._out: dict[str, IO[bytes]] = {}
        self._spools = (files(), files())
        self._isa = self._gs = self._mark()
        self._received: Interchange
        self._group: FunctionalGroup
        self._ack999: Ack999 | None = None
        self._ack277ca: Ack277CA | None = None

    def take(self, event: Event) -> None:
        """Take the next event. Raises AckError when what it leads to contradicts itself."""
        if isinstance(event, Verdict):
            if self._ack277ca:
                self._ack277ca.add(event)
        elif isinstance(event, Finding):
            if self._ack999:
                self._ack999.add(event)
        elif isinstance(event, End):
            self._end(event.of)
        elif isinstance(event, TransactionSet):
            self._begin_set(event)
        elif isinstance(event, FunctionalGroup):
            self._begin_group(event)
        else:
            self._received = event
            self._isa = self._mark()

    def finish(self) -> dict[str, IO[bytes]]:
        """The files by kind, ``ta1``, ``999``, ``277ca``, each at its start; the empty ones left out.

        They are the caller's to close; all others are closed.
        """
        files = {kind: file for kind, file in self._out.items() if file.tell()}
        for kind, file in files.items():
            file.seek(0)
            del self._out[kind]
        self.close()
        return files

    def close(self) -> None:
        """Close the files that were not handed out by `finish`."""
        for file in (*self._spools, *self._out.values()):
            file.close()

    def _begin_group(self, group: FunctionalGroup) -> None:
        self._group = group
        if element(group.header, 1) != _UNANSWERED:
            self._ack999 = Ack999(self._file("999"), self._received, group, self._now, self._number())
        self._gs = self._mark()

    def _begin_set(self, received: TransactionSet) -> None:
        if not self._ack999:
            return
        self._ack999.begin(received)
        if received.kind in _CLAIMS:
            self._ack277ca = Ack277CA(self._received, self._group, self._now, self._profile, self._spools)

    def _end(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        if isinstance(frame, TransactionSet):
            if self._ack999:
                self._ack999.end(frame)
            if self._ack277ca and frame.refused:
                self._ack277ca.drop()
            elif self._ack277ca:
                self._ack277ca.write(self._file("277ca"), self._number(), frame)
            self._ack277ca = None
        elif isinstance(frame, FunctionalGroup):
            if self._ack999:
                self._ack999.close()
                if frame.refused:
                    self._take_back(self._gs, "277ca")
            self._ack999 = None
        else:
            if frame.refused:
                self._take_back(self._isa, "999", "277ca")
            if ta1.due(frame):
                ta1.write(self._file("ta1"), frame, self._now, self._number())

    def _mark(self) -> tuple[int, dict[str, int]]:
        """The next number, and how long each file is."""
        return self.control, {kind: file.tell() for kind, file in self._out.items()}

    def _take_back(self, mark: tuple[int, dict[str, int]], *kinds: str) -> None:
        """Cut off what was answered, since ``mark``, to the inside of what is refused in the end."""
        self.control, lengths = mark
        for kind in kinds:
            if file := self._out.get(kind):
                file.seek(lengths.get(kind, 0))
                file.truncate()

    def _file(self, kind: str) -> IO[bytes]:
        if kind not in self._out:
            self._out[kind] = self._files()
        return self._out[kind]

    def _number(self) -> int:
        self.control += 1
        return self.control - 1
