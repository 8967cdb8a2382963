"""What of a file is missing, or may be: a frame of it is refused, or it is cut off.

Enters: the events of a file. Leaves: one sentence with the code of the TA1 or 999, empty for a file that is
whole. Who turns claims into data drops what is said of frames; without it a file that ends in the
middle would look like a shorter one.
"""

from __future__ import annotations

from edi837.findings import Edi837Error, Finding
from edi837.wording import many
from edi837.x12 import RawInterchange

_FRAMES = ("interchange", "group", "set")


class NotWhole(Edi837Error):
    """A file of which something is missing, where only a whole one will do."""


class Gaps:
    """Watches what is said of the frames of a file."""

    def __init__(self) -> None:
        self._first: Finding | None = None
        self._more = 0

    def take(self, event: object) -> None:
        """Take the next event: a frame that is refused, or bytes that were not read, are remembered."""
        if not isinstance(event, Finding) or event.level not in _FRAMES:
            return
        if (event.rejects and event.syntax) or event.rule == "X12-STRAY":
            if self._first is None:
                self._first = event
            else:
                self._more += 1

    def wire(self, raw: RawInterchange) -> None:
        """Take an interchange that was read for its segments alone: it may be cut off."""
        if raw.cut:
            self.take(Finding("X12-TA1-023", "reject", "interchange", f"the interchange is cut off: {raw.cut}",
                              syntax="TA1:023"))  # fmt: skip

    def __str__(self) -> str:
        """The first of them, with its code, and how many more there are."""
        first = self._first
        if first is None:
            return ""
        more = f"; and {many(self._more, 'fault')} more" if self._more else ""
        return f"not read whole: {first.syntax or first.rule} {first.message}{more} (edi837 check tells all)"
