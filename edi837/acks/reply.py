"""One interchange of ours, ISA to IEA, addressed back to the sender (X12.5).

Enters: the frames of what was received, a control number and the time. Leaves: the
envelope of one acknowledgement, with at most one functional group of one transaction
set, so that a file of several can be cut before any ISA, and so that receivers who read
only the first set of a file miss nothing. ISA13, GS06 and their trailers share a number.

Whatever state the received ISA and GS are in, ours is valid: an address that breaks the
rules of its element is padded, cut or, when nothing is left of it, UNKNOWN.
"""

from __future__ import annotations

from datetime import datetime
from typing import IO

from edi837.acks.writer import Segments, delimiters
from edi837.frames import FunctionalGroup, Interchange
from edi837.x12 import element

LAST_NUMBER = 999_999_999  # ISA13 and GS06 have nine digits
SET = "0001"  # ST02: one set in each group

_QUALIFIERS = frozenset(("01", "14", "20", "27", "28", "29", "30", "33"))  # ISA05, ISA07, beside ZZ
NOBODY = "UNKNOWN"  # in place of what the sender left out and we must write


class Reply(Segments):
    """An interchange that answers ``received``. It opens with its ISA; `close` ends it.

    ``number`` is ISA13, from 1; larger ones start again behind LAST_NUMBER. ``now`` fills
    ISA09, ISA10, GS04 and GS05.
    """

    def __init__(self, out: IO[bytes], received: Interchange, now: datetime, number: int) -> None:
        super().__init__(out, delimiters(received))
        self.number = (number - 1) % LAST_NUMBER + 1
        self._now = now
        self._header = received.header
        self._groups = 0
        self._set: tuple[str, int] | None = None  # ST02 and segments before the ST
        marks = self.marks
        usage = "T" if element(received.header, 15) == "T" else "P"
        fields = ["ISA", "00", " " * 10, "00", " " * 10, *self._party(7), *self._party(5)]
        fields += [f"{now:%y%m%d}", f"{now:%H%M}", marks.repetition, "00501", f"{self.number:09d}"]
        fields += ["0", usage, marks.component]
        self._write(marks.element.join(fields))

    def open(self, group: FunctionalGroup, functional: str, set_id: str, guide: str) -> None:
        """Write GS and ST: ``functional`` is GS01, ``set_id`` ST01, ``guide`` GS08 and ST03."""
        sender, receiver = self._application(group.header, 3, 8), self._application(group.header, 2, 6)
        stamp = (f"{self._now:%Y%m%d}", f"{self._now:%H%M%S}")
        self.put("GS", functional, sender, receiver, *stamp, str(self.number), "X", guide)
        self._groups += 1
        self._set = (SET, self.count)
        self.put("ST", set_id, SET, guide)

    def close(self) -> None:
        """Write the trailers that are due, and hand everything to the stream."""
        if self._set:
            number, before = self._set
            self.put("SE", str(self.count - before + 1), number)
            self.put("GE", "1", str(self.number))
        self.put("IEA", str(self._groups), f"{self.number:09d}")
        self.flush()

    def _party(self, at: int) -> tuple[str, str]:
        """Qualifier and id of ISA element ``at`` and the next, as our ISA may hold them."""
        qualifier = element(self._header, at)
        name = self.echo(element(self._header, at + 1)).strip() or NOBODY
        return qualifier if qualifier in _QUALIFIERS else "ZZ", f"{name[:15]:15}"

    def _application(self, header: list[str], at: int, instead: int) -> str:
        """GS02 or GS03: element ``at`` of the received GS, else the id in ISA ``instead``."""
        for value in (element(header, at), element(self._header, instead)):
            text = self.echo(value).strip()
            if len(text) > 1:
                return text[:15].rstrip()
        return NOBODY
