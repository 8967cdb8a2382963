"""What an acknowledgement says, in plain words: what was rejected, why, and what to do.

Enters: the items of `read`. Leaves: a `Said` for each that has something to say, and the counts of all. What
is a person's is masked unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837 import safe
from edi837.replies import codes, facts, groups, inquiries, outcomes, reasons
from edi837.replies.heads import Head
from edi837.replies.items import (
    Batch,
    BatchEnd,
    ClaimReply,
    Cut,
    Envelope,
    GroupReply,
    Item,
    Provider,
    Receipt,
    Status,
)  # fmt: skip
from edi837.replies.said import Said, cut, tone
from edi837.replies.sums import Sums
from edi837.wording import many

_BATCH = {
    "accepted": "was received", "rejected": "was sent back whole",
    "unclear": "was answered, but its outcome is not clear",
}  # fmt: skip
_CLAIM = {
    "accepted": "was accepted",
    "rejected": "was rejected",
    "unclear": "was answered, but its outcome is not clear",
}


class Teller:
    """Says items, and counts what was accepted and rejected."""

    def __init__(self, phi: bool = False) -> None:
        self._phi = phi
        self.accepted = self.rejected = 0  # claims told one by one
        self.unclear = 0  # claims, batches and providers of which is said neither
        self.inquired = 0  # claims in what is no acknowledgement
        self.refused = 0  # interchanges, groups, sets, batches, providers
        self.kinds: set[str] = set()
        self.cut = False  # something was cut off: there may be more
        self._sums = Sums()  # of the batch at hand
        self._head, self._provided = Head(), Head()  # the batch and the provider at hand
        self._came_before = False  # the batch at hand, which was sent back for it
        self._inquiry: inquiries.Inquiry | None = None  # the batch at hand is no acknowledgement
        self._missed = False  # it was said of this interchange that it is cut off

    def say(self, item: Item) -> Iterator[Said]:
        """What an item says."""
        if isinstance(item, Receipt):
            yield self._receipt(item)
        elif isinstance(item, GroupReply):
            yield from self._group(item)
        elif isinstance(item, Batch):
            yield self._batch(item)
        elif isinstance(item, Provider):
            yield from self._inquiry.provider(item) if self._inquiry else self._provider(item)
        elif isinstance(item, ClaimReply):
            self.inquired += self._inquiry is not None
            yield self._inquiry.claim(item) if self._inquiry else self._claim(item)
        elif isinstance(item, BatchEnd):
            yield from self._end(item)
        elif isinstance(item, Cut):
            if not self._missed:
                self.cut = True
                yield Said("", "end", "note", "The answer is cut off", [cut("IEA")])
        elif isinstance(item, Envelope):
            self._missed = False
            usage = "test" if item.test else "production"
            sender, receiver = (safe.text(name) or "nobody named" for name in (item.sender, item.receiver))
            head = f"Answer {safe.text(item.number)} from {sender} to {receiver} ({usage})"
            yield Said("", "envelope", "note", head)

    # -------------------------------------------------------------- TA1

    def _receipt(self, item: Receipt) -> Said:
        self.kinds.add("TA1")
        bad = codes.refuses(item.status)
        unclear = not bad and item.status not in ("A", "E")
        self.refused += bad
        self.unclear += unclear
        told = Said("TA1", "interchange", tone(bad, item.status == "A"),
                    f"Interchange {safe.text(item.number)} was {codes.outcome(item.status)}")  # fmt: skip
        if item.day:
            told.rows.append(("sent", " ".join(part for part in map(safe.text, (item.day, item.time)) if part)))
        if item.code not in ("", "000"):
            told.rows.append(("why", codes.syntax("TA1", item.code.zfill(3))))
        if bad:
            told.rows.append(("do", codes.resend("TA1", [item.code.zfill(3)], "interchange")))
        elif unclear:
            told.rows.append(("do", codes.ASK))
        return told

    # -------------------------------------------------------------- 999

    def _group(self, item: GroupReply) -> Iterator[Said]:
        self.kinds.add("999")
        refused = sum(map(groups.bad, item.sets)) + groups.unnamed(item)
        self.refused += refused or groups.refused(item)
        self.unclear += groups.unclear(item)
        if not item.whole:
            self.cut = self._missed = True
        yield from groups.GroupTeller(item, self._phi).say()

    # -------------------------------------------------------------- 277CA

    def _batch(self, item: Batch) -> Said:
        outcome = outcomes.of_whole(item.statuses)
        self._sums = Sums(item, outcome == "rejected")
        guide = inquiries.guide(item)
        self._inquiry = inquiries.Inquiry(guide, self._phi) if guide else None
        self.kinds.add(inquiries.KIND if self._inquiry else "277CA")
        self._head, self._provided, self._came_before = Head(), Head(), False
        if self._inquiry:
            return self._inquiry.batch(item)
        bad = outcome == "rejected"
        given = reasons.of(item.statuses)
        self.refused += bad
        self.unclear += outcome == "unclear"
        who = safe.text(item.source) or "nobody named"
        which = safe.text(item.reference) or "without a number"
        head = f"Batch {which} {'was sent back' if bad and item.below else _BATCH[outcome]}, says {who}"
        told = Said("277CA", "batch", tone(bad, False), head)
        told.rows += [("for", safe.text(item.receiver))] if item.receiver else []
        told.rows += facts.totals(item.totals)
        told.rows += self._reasons(item.statuses if outcome != "accepted" else [])
        if bad:
            self._came_before = codes.came_before(given)
            whole = codes.what_to_do(given, "batch")
            told.rows.append(("do", codes.above_claims(given) if item.below else whole))
            self._head = Head(f"Batch {which}", True, whole if item.below else "")
        return told

    def _provider(self, item: Provider) -> Iterator[Said]:
        yield from self._ended(self._provided)
        self._provided = Head()
        outcome = outcomes.of_whole(item.statuses)
        bad = outcome == "rejected"
        self._sums.provider(item, bad)
        if outcome == "accepted":
            return
        self.refused += bad
        self.unclear += not bad
        whose = f"Claims of {safe.text(item.name)} ({safe.text(item.id)})"
        head = f"{whose} were sent back" if bad else f"{whose} were answered, but their outcome is not clear"
        told = Said("277CA", "provider", tone(bad, False), head)
        told.rows += [*facts.totals(item.totals), *self._reasons(item.statuses)]
        given = reasons.of(item.statuses)
        if bad:
            self._provided = Head(whose, True)
            self._head.claims += not item.below  # told by their provider
        to_do = codes.above_claims(given) if item.below else codes.what_to_do(given, "provider")
        told.rows.append(("do", to_do if bad else codes.ASK))
        yield told

    def _claim(self, item: ClaimReply) -> Said:
        lines = [status for line in item.lines for status in line.statuses]
        outcome = outcomes.of_claim([*item.statuses, *lines], item.whole)
        bad = outcome == "rejected"
        known = bad or item.whole
        if known:
            for count in (self._sums.claim, self._head.take, self._provided.take):
                count(outcome)
            self.accepted += outcome == "accepted"
            self.rejected += bad
            self.unclear += outcome == "unclear"
        words = _CLAIM[outcome] if known else "is cut off before its outcome"
        head = f"Claim {safe.text(item.id) or 'without a number'} {words}"
        told = Said("277CA", "claim", tone(bad, known and outcome == "accepted"), head)
        told.rows += facts.claim(item, self._phi)
        unclear = known and outcome == "unclear"
        if unclear:
            told.rows += _lacking(item.statuses)
        told.rows += self._reasons(item.statuses if bad or unclear else [], reasons.LINES if lines else "")
        for line in item.lines:
            told.rows.append(("line", facts.line(line)))
            told.rows += self._reasons(line.statuses)
        if bad:
            given = reasons.of(item.statuses)
            to_do = codes.what_to_do(given, "claim", reasons.of(lines))
            returned = self._came_before and to_do != codes.ASK_FIRST
            told.rows.append(("do", codes.of_returned(given) if returned else to_do))
        elif unclear:
            told.rows.append(("do", codes.ASK))
        return told

    def _reasons(self, statuses: list[Status], but: str = "") -> Iterator[tuple[str, str]]:
        return reasons.rows(statuses, self._phi, but)

    def _ended(self, head: Head) -> Iterator[Said]:
        """A batch or provider is done with: where claims below were accepted, it was not refused whole."""
        if head.belied:
            self.refused -= 1
            self.unclear += not head.rejected
        yield from head.end()

    def _end(self, item: BatchEnd) -> Iterator[Said]:
        """What the totals and heads say that the claims do not."""
        yield from self._ended(self._provided)
        yield from self._ended(self._head)
        self._head, self._provided = Head(), Head()
        head = "The totals do not agree with the claims" if item.whole else "The answer is cut off"
        told = Said(inquiries.KIND if self._inquiry else "277CA", "end", "note", head)
        told.rows += self._sums.differences()
        if not item.whole:
            self.cut = self._missed = True
            told.rows.append(cut("SE"))
        if told.rows:
            yield told

    def summary(self) -> str:
        """The counts in a line."""
        parts = [f"{many(self.accepted, 'claim')} accepted, {self.rejected} rejected"] if "277CA" in self.kinds else []
        parts += [f"{self.unclear} not clear"] if self.unclear else []
        parts += [f"{self.refused} refused whole"] if self.refused else []
        if inquiries.KIND in self.kinds:
            parts.append(f"{many(self.inquired, 'claim')} in a 277 that is no acknowledgement")
        parts += ["cut off: there may be more"] if self.cut else []
        return "; ".join(parts) or "nothing was refused"


def _lacking(statuses: list[Status]) -> Iterator[tuple[str, str]]:
    """What the statuses of a claim lack to be clear, beside their codes."""
    if not reasons.of(statuses):
        yield "why", "it has no status code of its own (STC01)"
    for action in dict.fromkeys(status.action for status in statuses):
        if action not in ("WQ", "U"):
            yield "why", f"its action (STC03) is {safe.text(action) or 'empty'}: WQ accepts, U rejects"
