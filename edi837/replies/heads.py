"""What a 277CA says of a batch or a provider as a whole (2200B, 2200C), against what it says of each claim below.

Enters: the head, and the outcome of each claim under it. Leaves: where claims were accepted under a head that was sent
back (some payers send U there as soon as one claim is rejected), what to do: sent again whole, they would be taken
twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi837.replies import codes
from edi837.replies.outcomes import Outcome
from edi837.replies.said import Said
from edi837.wording import many


@dataclass(slots=True)
class Head:
    """A batch or a provider."""

    name: str = ""
    refused: bool = False
    do: str = ""  # what there is to do where no claim is told below
    accepted: int = 0
    rejected: int = 0
    claims: int = 0

    def take(self, outcome: Outcome) -> None:
        """A claim under it."""
        self.claims += 1
        self.accepted += outcome == "accepted"
        self.rejected += outcome == "rejected"

    @property
    def belied(self) -> bool:
        """Whether it was sent back and claims of it were accepted."""
        return self.refused and self.accepted > 0

    def end(self) -> Iterator[Said]:
        """What is to be said once all claims are told; nothing where the head and they agree."""
        if self.belied:
            were = f"{many(self.accepted, 'claim')} below {'were' if self.accepted > 1 else 'was'} accepted"
            head = f"{self.name}: sent back as a whole, but {were}"
            yield Said("277CA", "end", "note", head, [("do", codes.AGAIN["below"])])
        elif self.refused and self.do and not self.claims:
            yield Said("277CA", "end", "note", f"{self.name}: no claim is told below", [("do", self.do)])
