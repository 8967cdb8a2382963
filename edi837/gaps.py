"""What of a file is missing, or may be: a frame of it is refused, or it is cut off.

Enters: the events of a file. Leaves: one sentence with the code of the TA1 or 999, empty for a file that is
whole. Who turns claims into data drops what is said of frames; without it a file that ends in the
middle would look like a shorter one. A set that is refused for a segment or element in it is all there: that is a
note beside its claims, some of which may be good by themselves.
"""

from __future__ import annotations

from edi837 import safe
from edi837.findings import Edi837Error, Finding
from edi837.frames import End, TransactionSet
from edi837.wording import many
from edi837.x12 import RawInterchange

_FRAMES = ("interchange", "group", "set")


class NotWhole(Edi837Error):
    """A file of which something is missing, where only a whole one will do."""


class Gaps:
    """Watches what is said of a file."""

    def __init__(self) -> None:
        self._first: Finding | None = None
        self._more = 0
        self._wrong = False  # a segment or element of the set at hand
        self._back: str | None = None  # the first set that goes back for one, ST02
        self._sets = self._claims = 0  # all of them, and the claims in them

    def take(self, event: object) -> None:
        """Take the next event: frames that are refused, for themselves or what is in them, and bytes not read."""
        if isinstance(event, Finding):
            if event.level not in _FRAMES:
                self._wrong = self._wrong or event.rejects
            elif (event.rejects and event.syntax) or event.rule == "X12-STRAY":
                if self._first is None:
                    self._first = event
                else:
                    self._more += 1
        elif isinstance(event, TransactionSet):
            self._wrong = False
        elif isinstance(event, End) and isinstance(event.of, TransactionSet) and event.of.refused and self._wrong:
            self._back = event.of.number if self._back is None else self._back
            self._sets += 1
            self._claims += event.of.claims

    def wire(self, raw: RawInterchange) -> None:
        """Take an interchange that was read for its segments alone: it may be cut off."""
        if raw.cut:
            self.take(Finding("X12-TA1-023", "reject", "interchange", f"the interchange is cut off: {raw.cut}",
                              syntax="TA1:023"))  # fmt: skip

    def back(self) -> str:
        """Which sets the 999 refuses for what is in them, though nothing is missing; empty for none."""
        if self._back is None:
            return ""
        first = safe.number("ST", self._back)
        sets = f"set {first}" if self._sets == 1 else f"{self._sets} sets, {first} first,"
        told = f"the 999 refuses {sets} with {many(self._claims, 'claim')}"
        return f"{told}, whatever the status of a claim says (edi837 check tells why)"

    def __str__(self) -> str:
        """The first of them, with its code, and how many more there are."""
        first = self._first
        if first is None:
            return ""
        more = f"; and {many(self._more, 'fault')} more" if self._more else ""
        return f"not read whole: {first.syntax or first.rule} {first.message}{more} (edi837 check tells all)"
