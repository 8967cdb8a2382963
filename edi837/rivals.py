"""Claims of one patient of which the payer may pay but one: when are two of them not at odds for certain?

Enters: all claims of the patient at hand. Leaves: a doubt in words, and what claims that surely stand side by
side have in common. A claim that is replaced or voided may be the very one that another is at odds with; so may
one that is sent to the same payer in another turn, where a patient is covered by it twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from edi837.claim import Claim, ServiceLine

VOID = "8"  # CLM05-3
REPLACEMENT = "7"
SUPERSEDES = (REPLACEMENT, VOID)


class Rivals:
    """The claims of a patient, as far as one may stand in the place of another."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._superseded = {claim.id for claim in claims if claim.frequency in SUPERSEDES}

    def doubt(self, one: Claim, other: Claim) -> str:
        """Why two claims, or their lines, may not be at odds; empty when they are, and for a claim and itself."""
        if one is other:
            return ""
        if REPLACEMENT in (one.frequency, other.frequency):
            return "one claim replaces an earlier one, which may be the other"
        if one.id in self._superseded or other.id in self._superseded:
            return "one of the two claims is replaced or voided by another"
        return "" if one.sequence == other.sequence else "the payer gets one of the two claims as a later payer"

    def side(self, claim: Claim) -> object:
        """The same for two claims if, and only if, there is no doubt between them."""
        if claim.frequency == REPLACEMENT or claim.id in self._superseded:
            return id(claim)
        return claim.sequence


def meet(one: Sequence[ServiceLine], other: Sequence[ServiceLine]) -> bool:
    """Whether the lines of two claims reach over a common day, as far as they have dates."""
    spans = [[day for line in lines for day in (line.first, line.last) if day] for lines in (one, other)]
    return not all(spans) or max(map(min, spans)) <= min(map(max, spans))
