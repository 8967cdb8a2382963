"""What became of claims: accepted or rejected one by one, or inside what is refused.

Enters: the events of a file. Leaves: the three counts. Rejected is what the 277CA rejects: a claim of a set, group or
interchange that a TA1 or 999 refuses is neither accepted nor rejected, whatever was found on it, for there is no 277CA
for it; where the 277CA sends a set back whole, all its claims are.
"""

from __future__ import annotations

from dataclasses import dataclass

from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict


@dataclass(slots=True)
class Fates:
    """Counts claims by what became of them."""

    claims: int = 0
    accepted: int = 0  # by the 277CA
    rejected: int = 0  # by the 277CA
    refused: int = 0  # inside what a TA1 or 999 refuses
    _set: tuple[int, int] = (0, 0)  # accepted and rejected of the set at hand
    _group: tuple[int, int] = (0, 0)  # and of what goes on of the group and the interchange
    _whole: tuple[int, int] = (0, 0)

    def take(self, event: Event) -> None:
        """Take the next event; a claim counts as accepted or rejected when its interchange has ended."""
        if isinstance(event, Verdict):
            self.claims += 1
            self._set = _sum(self._set, (0, 1) if event.rejected else (1, 0))
        elif isinstance(event, End):
            self._end(event.of)

    def _end(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        if isinstance(frame, TransactionSet):
            count, self._set = self._set, (0, 0)
            count = (0, sum(count)) if frame.returned else count
            self._group = _sum(self._group, self._going(frame, count))
        elif isinstance(frame, FunctionalGroup):
            count, self._group = self._group, (0, 0)
            self._whole = _sum(self._whole, self._going(frame, count))
        else:
            count, self._whole = self._whole, (0, 0)
            accepted, rejected = self._going(frame, count)
            self.accepted += accepted
            self.rejected += rejected

    def _going(self, frame: Interchange | FunctionalGroup | TransactionSet, count: tuple[int, int]) -> tuple[int, int]:
        """What goes on of the claims of a frame."""
        if frame.refused:
            self.refused += sum(count)
            return 0, 0
        return count

    def __str__(self) -> str:
        """What did not go on, in words; the claims of what is refused only where there are any."""
        return f"{self.rejected} rejected" + (f", {self.refused} in what is refused" if self.refused else "")


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
