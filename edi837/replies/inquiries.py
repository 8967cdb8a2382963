"""What a 277 says that is no acknowledgement: where a claim stands that was asked about, or what the payer asks for.

Enters: batch, providers and claims of a 277 whose guide is 005010X212, 005010X213 or 005010X228, as `read` hands them
over. Leaves: what each says. Nothing here counts as accepted or rejected: these claims were taken long ago, and a code
such as F2 tells of their payment.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837 import safe
from edi837.replies import facts, reasons
from edi837.replies.items import Batch, ClaimReply, Provider
from edi837.replies.said import Said

KIND = "277"
_WHAT = {
    "X212": "it answers a question about the status of claims",
    "X213": "it asks for more information on claims",
    "X228": "it names claims that are pending: they were taken and are not yet decided",
}  # fmt: skip
_DO = {
    "X212": "",
    "X213": "Send the payer what the codes ask for; the claim itself is not sent again.",
    "X228": "Wait, unless a code asks for something; the claim itself is not sent again.",
}  # fmt: skip


def guide(item: Batch) -> str:
    """X212, X213 or X228, where the guide of a set (ST03, else GS08) is one of them; else empty."""
    return next((part for part in _WHAT if part in item.guide), "")


class Inquiry:
    """Says what one such set holds."""

    def __init__(self, guide: str, phi: bool) -> None:
        self._guide, self._phi = guide, phi

    def batch(self, item: Batch) -> Said:
        """The head of the set."""
        head = f"This is no acknowledgement ({safe.text(item.guide)}): {_WHAT[self._guide]}"
        told = Said(KIND, "batch", "note", head)
        told.rows.append(("from", safe.text(item.source) or "nobody named"))
        told.rows += [("for", safe.text(item.receiver))] if item.receiver else []
        told.rows += self._rows(item)
        return told

    def provider(self, item: Provider) -> Iterator[Said]:
        """A provider, where something is said of it."""
        if item.statuses:
            head = f"Of provider {safe.text(item.name)} ({safe.text(item.id)})"
            yield Said(KIND, "provider", "note", head, list(self._rows(item)))

    def claim(self, item: ClaimReply) -> Said:
        """A claim, with its codes: its number is REF*EJ, and where that is missing that of the inquiry."""
        number = safe.text(item.references.get("EJ") or item.id) or "without a number"
        told = Said(KIND, "claim", "note", f"Of claim {number}")
        told.rows += facts.claim(item, self._phi)
        told.rows += self._rows(item)
        for line in item.lines:
            told.rows.append(("line", facts.line(line)))
            told.rows += reasons.rows(line.statuses, self._phi, inquiry=True)
        told.rows += [("do", words)] if (words := _DO[self._guide]) else []
        return told

    def _rows(self, item: Batch | Provider | ClaimReply) -> Iterator[tuple[str, str]]:
        return reasons.rows(item.statuses, self._phi, inquiry=True)
