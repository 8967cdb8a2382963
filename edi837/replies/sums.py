"""The claims of a 277CA counted as they are listed, against its own totals.

Enters: the totals, each provider and the outcome of each claim, in file order. Leaves: where the totals say another
number. Claims of a provider who was sent back (2200C, U) may be listed or not: of his QTY*QC and the claims
listed as rejected the larger counts; and so for a batch that was sent back (2200B).
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837.replies.items import Batch, Provider, Totals
from edi837.replies.outcomes import Outcome


class Sums:
    """Counts the claims of one batch."""

    def __init__(self, batch: Batch | None = None, refused: bool = False) -> None:
        self._totals = batch.totals if batch else Totals()
        self._refused = refused
        self._listed: dict[Outcome, int] = {"accepted": 0, "rejected": 0, "unclear": 0}
        self._of_provider = self._sent_back = 0  # claims rejected, listed and by QTY*QC, of the provider at hand
        self._unlisted = 0

    def provider(self, item: Provider, refused: bool) -> None:
        """Another provider begins."""
        self._settle()
        self._sent_back = _number(item.totals.rejected) or 0 if refused else 0

    def claim(self, outcome: Outcome) -> None:
        """A claim is listed."""
        self._listed[outcome] += 1
        self._of_provider += outcome == "rejected"

    def differences(self) -> Iterator[tuple[str, str]]:
        """Where the totals say another number, once all is listed; nothing where no claim is."""
        self._settle()
        if not any(self._listed.values()):
            return
        rejected = self._listed["rejected"] + self._unlisted
        if self._refused:
            rejected = max(rejected, _number(self._totals.rejected) or 0)
        unclear = self._listed["unclear"]  # the totals have them among the one or the other
        for word, claimed, listed in (
            ("accepted", _number(self._totals.accepted), self._listed["accepted"]),
            ("rejected", _number(self._totals.rejected), rejected),
        ):
            if claimed is not None and not listed <= claimed <= listed + unclear:
                yield word, f"{claimed} by the totals, {listed} by the claims"

    def _settle(self) -> None:
        """The provider at hand is done with."""
        self._unlisted += max(self._sent_back - self._of_provider, 0)
        self._of_provider = self._sent_back = 0


def _number(count: str) -> int | None:
    return int(count) if count.isdecimal() and len(count) < 10 else None
