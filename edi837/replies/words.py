"""What an acknowledgement says, in plain words: what was rejected, why, and what to do.

Enters: the items of `read`. Leaves: a `Said` for each that has something to say, and the counts of all. What
is a person's is masked unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from edi837 import personal, safe
from edi837.findings import Place
from edi837.replies import codes, facts
from edi837.replies.items import (
    Batch,
    BatchEnd,
    ClaimReply,
    Context,
    Cut,
    ElementError,
    Envelope,
    GroupReply,
    Item,
    Provider,
    Receipt,
    SegmentError,
    SetReply,
    Status,
    Totals,
)  # fmt: skip
from edi837.views import shown
from edi837.wording import many

Tone = Literal["good", "bad", "note"]


@dataclass(slots=True)
class Said:
    """One thing the answer says: a headline, and rows of a label and words."""

    kind: str  # TA1, 999, 277CA
    about: str  # interchange, group, set, batch, provider, claim, end
    tone: Tone
    head: str
    rows: list[tuple[str, str]] = field(default_factory=list)


_GUIDES = {"X222": "005010X222A1", "X223": "005010X223A2", "X098": "005010X222A1", "X096": "005010X223A2"}


class Teller:
    """Says items, and counts what was accepted and rejected."""

    def __init__(self, phi: bool = False) -> None:
        self._phi = phi
        self.accepted = self.rejected = 0  # claims told one by one
        self.refused = 0  # interchanges, groups, sets, batches, providers
        self.kinds: set[str] = set()
        self.cut = False  # something was cut off: there may be more
        self._totals = Totals()
        self._listed: list[int] = [0, 0]  # accepted, rejected, of the batch at hand
        self._unlisted = 0  # claims of providers that were sent back whole
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
            yield from self._provider(item)
        elif isinstance(item, ClaimReply):
            yield self._claim(item)
        elif isinstance(item, BatchEnd):
            yield from self._end(item)
        elif isinstance(item, Cut):
            if not self._missed:
                self.cut = True
                yield Said("", "end", "note", "The answer is cut off", [_cut("IEA")])
        elif isinstance(item, Envelope):
            self._missed = False
            usage = "test" if item.test else "production"
            sender, receiver = (_t(name) or "nobody named" for name in (item.sender, item.receiver))
            head = f"Answer {_t(item.number)} from {sender} to {receiver} ({usage})"
            yield Said("", "envelope", "note", head)

    # -------------------------------------------------------------- TA1

    def _receipt(self, item: Receipt) -> Said:
        self.kinds.add("TA1")
        bad = item.status == "R"
        self.refused += bad
        told = Said("TA1", "interchange", _tone(bad, item.status == "A"),
                    f"Interchange {_t(item.number)} was {codes.outcome(item.status)}")  # fmt: skip
        if item.day:
            told.rows.append(("sent", " ".join(part for part in (_t(item.day), _t(item.time)) if part)))
        if item.code not in ("", "000"):
            told.rows.append(("why", codes.syntax("TA1", item.code.zfill(3))))
        if bad:
            told.rows.append(("do", codes.AGAIN["interchange"]))
        return told

    # -------------------------------------------------------------- 999

    def _group(self, item: GroupReply) -> Iterator[Said]:
        self.kinds.add("999")
        bad = item.status not in ("A", "E", "P", "")
        self.refused += bad and not any(each.status not in ("A", "E", "") for each in item.sets)
        head = f"Group {_t(item.number) or 'without a number'} ({_t(item.version)}) was {codes.outcome(item.status)}"
        told = Said("999", "group", _tone(bad, item.status == "A"), head)
        if item.received:
            told.rows.append(("sets", f"{_t(item.accepted) or '0'} of {_t(item.received)} accepted"))
        told.rows += [("why", codes.syntax("AK9", code)) for code in item.codes]
        if bad and (item.codes or not item.sets):
            told.rows.append(("do", codes.AGAIN["group"]))
        yield told
        for each in item.sets:
            yield from self._set(each, each.guide or item.version)
        if not item.whole:
            self.cut = self._missed = True
            yield Said("999", "end", "note", "The answer is cut off", [_cut("SE")])

    def _set(self, item: SetReply, version: str) -> Iterator[Said]:
        bad = item.status not in ("A", "E", "")
        self.refused += bad
        guide = next((guide for part, guide in _GUIDES.items() if part in version), "")
        head = f"Set {_t(item.number) or 'without a number'} was {codes.outcome(item.status)}"
        told = Said("999", "set", _tone(bad, item.status == "A"), head)
        told.rows += [("why", codes.syntax("IK5", code)) for code in item.codes]
        for error in item.errors:
            told.rows += self._segment(error, guide)
        if bad:
            told.rows.append(("do", codes.AGAIN["set"]))
        yield told

    def _segment(self, error: SegmentError, guide: str) -> Iterator[tuple[str, str]]:
        where = f"segment {_t(error.number)}, {_t(error.tag)}" + (f" in loop {_t(error.loop)}" if error.loop else "")
        if error.claim:
            where += f", claim {_t(error.claim)}"
        if error.code and not (error.code == "8" and error.elements):
            yield "fault", f"{where}: {codes.syntax('IK3', error.code)}"
        for context in error.contexts:
            if context.kind != "CLM01":
                yield "because", self._context(context)
        for element in error.elements:
            yield "fault", f"{where}: {self._element(error, element, guide)}"
            for context in element.because:
                yield "because", self._context(context)

    def _element(self, error: SegmentError, element: ElementError, guide: str) -> str:
        parts = [int(part) if part.isdecimal() and len(part) < 4 else 0 for part in element.at.split("-")] + [0]
        place = Place(tag=error.tag, loop=error.loop, element=parts[0], component=parts[1])
        name = shown.name(guide, place)
        told = f"{_t(place.refdes or element.at)}{f' ({name})' if name else ''}: {codes.syntax('IK4', element.code)}"
        if element.value:
            value = safe.text(element.value) if self._phi else safe.masked(element.value)
            told += f"; sent was {value}"
        return told

    def _context(self, context: Context) -> str:
        if context.kind == "SITUATIONAL TRIGGER":
            element, _, rest = context.element.partition("-")
            name = f"{context.tag}{element.zfill(2) if element else ''}{f'-{rest}' if rest else ''}"
            return f"{_t(name)} of segment {_t(context.segment)} makes it so"
        hidden = 1 in personal.hidden(["CTX", context.kind]) and not self._phi
        return f"{_t(context.kind)} {safe.masked(context.value) if hidden else _t(context.value)}".strip()

    # -------------------------------------------------------------- 277CA

    def _batch(self, item: Batch) -> Said:
        self.kinds.add("277CA")
        self._totals, self._listed, self._unlisted = item.totals, [0, 0], 0
        bad = any(status.action == "U" for status in item.statuses)
        self.refused += bad
        outcome = "was sent back whole" if bad else "was received"
        who = _t(item.source) or "nobody named"
        told = Said("277CA", "batch", "bad" if bad else "note", f"Batch {_t(item.reference)} {outcome}, says {who}")
        told.rows += [("for", _t(item.receiver))] if item.receiver else []
        told.rows += facts.totals(item.totals)
        told.rows += self._statuses(item.statuses if bad else [])
        if bad:
            told.rows.append(("do", codes.what_to_do(_codes(item.statuses), "batch")))
        return told

    def _provider(self, item: Provider) -> Iterator[Said]:
        if any(status.action == "U" for status in item.statuses):
            self.refused += 1
            count = item.totals.rejected
            self._unlisted += int(count) if count.isdecimal() and len(count) < 10 else 0
            told = Said("277CA", "provider", "bad", f"Claims of {_t(item.name)} ({_t(item.id)}) were sent back")
            told.rows += [*facts.totals(item.totals), *self._statuses(item.statuses)]
            told.rows.append(("do", codes.what_to_do(_codes(item.statuses), "claim")))
            yield told

    def _claim(self, item: ClaimReply) -> Said:
        statuses = [*item.statuses, *(status for line in item.lines for status in line.statuses)]
        bad = any(status.action == "U" for status in statuses)
        known = bad or item.whole
        if known:
            self._listed[bad] += 1
            self.accepted += not bad
            self.rejected += bad
        amount = next((status.amount for status in item.statuses if status.amount), "")
        outcome = "was rejected" if bad else "was accepted" if known else "is cut off before its outcome"
        contrary = known and not bad and _contrary(item.statuses)
        tone: Tone = "bad" if bad else "note" if contrary or not known else "good"
        told = Said("277CA", "claim", tone, f"Claim {_t(item.id) or 'without a number'} {outcome}")
        sent = [facts.money(amount), facts.days(item.dates)]
        told.rows.append(("claim", "  ".join(fact for fact in sent if fact) or "no charge, no dates"))
        show = _t if self._phi else safe.masked
        told.rows.append(("patient", f"{show(item.patient)}  member {show(item.member)}"))
        if item.payer_number:
            told.rows.append(("number", f"{_t(item.payer_number)} with the payer"))
        told.rows += self._statuses(item.statuses if bad or contrary else [])
        for line in item.lines:
            told.rows.append(("line", facts.line(line)))
            told.rows += self._statuses(line.statuses)
        if bad:
            told.rows.append(("do", codes.what_to_do(_codes(statuses), "claim")))
        elif contrary:
            told.rows.append(("do", "Ask the payer: the action says accepted, the code says rejected."))
        return told

    def _statuses(self, statuses: list[Status]) -> Iterator[tuple[str, str]]:
        told: dict[tuple[str, str], None] = {}
        for status in statuses:
            for code in status.codes:
                if code == "A3:247":  # where it is told is said with the line
                    continue
                told["why", f"{_t(code)}: {codes.status(code)}"] = None
                if place := codes.place(code):
                    told["look at", place] = None
            if status.text:
                text = safe.text(status.text) if self._phi else f"{safe.MASK} (the payer's own words: --phi show)"
                told["text", text] = None
        yield from told

    def _end(self, item: BatchEnd) -> Iterator[Said]:
        """What the totals say that the claims do not."""
        head = "The totals do not agree with the claims" if item.whole else "The answer is cut off"
        told = Said("277CA", "end", "note", head)
        for word, claimed, listed in (
            ("accepted", self._totals.accepted, self._listed[0]),
            ("rejected", self._totals.rejected, self._listed[1] + self._unlisted),
        ):
            if claimed.isdecimal() and len(claimed) < 10 and int(claimed) != listed and any(self._listed):
                told.rows.append((word, f"{int(claimed)} by the totals, {listed} by the claims"))
        if not item.whole:
            self.cut = self._missed = True
            told.rows.append(_cut("SE"))
        if told.rows:
            yield told

    def summary(self) -> str:
        """The counts in a line."""
        parts = [f"{many(self.accepted, 'claim')} accepted, {self.rejected} rejected"] if "277CA" in self.kinds else []
        parts += [f"{self.refused} refused whole"] if self.refused else []
        parts += ["cut off: there may be more"] if self.cut else []
        return "; ".join(parts) or "nothing was refused"


def _t(text: str) -> str:
    return safe.text(text)


def _cut(end: str) -> tuple[str, str]:
    return "cut off", f"the answer ends before its {end}: there may be more"


def _tone(bad: bool, good: bool) -> Tone:
    return "bad" if bad else "good" if good else "note"


def _codes(statuses: list[Status]) -> list[str]:
    return [code for status in statuses for code in status.codes]


def _contrary(statuses: list[Status]) -> bool:
    """Whether an accepted claim has a code that rejects."""
    taken = [status for status in statuses if status.action != "U"]
    return any(code.startswith(codes.REJECTING) for code in _codes(taken))
