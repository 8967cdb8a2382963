"""What an acknowledgement says, in plain words: what was rejected, why, and what to do.

Enters: the items of `read`. Leaves: a `Said` for each that has something to say, and the counts of all. What
is a person's is masked unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

from edi837 import personal, safe
from edi837.findings import Place
from edi837.replies import codes
from edi837.replies.items import (
    Batch,
    BatchEnd,
    ClaimReply,
    Context,
    ElementError,
    Envelope,
    GroupReply,
    Item,
    LineReply,
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
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")


class Teller:
    """Says items, and counts what was accepted and rejected."""

    def __init__(self, phi: bool = False) -> None:
        self._phi = phi
        self.accepted = self.rejected = 0  # claims told one by one
        self.refused = 0  # interchanges, groups, sets, batches, providers
        self.kinds: set[str] = set()
        self._totals = Totals()
        self._listed: list[int] = [0, 0]  # accepted, rejected, of the batch at hand
        self._unlisted = 0  # claims of providers that were sent back whole

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
        elif isinstance(item, Envelope):
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
        told.rows += _totals(item.totals)
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
            told.rows += [*_totals(item.totals), *self._statuses(item.statuses)]
            told.rows.append(("do", codes.what_to_do(_codes(item.statuses), "claim")))
            yield told

    def _claim(self, item: ClaimReply) -> Said:
        statuses = [*item.statuses, *(status for line in item.lines for status in line.statuses)]
        bad = any(status.action == "U" for status in statuses)
        self._listed[bad] += 1
        self.accepted += not bad
        self.rejected += bad
        amount = next((status.amount for status in item.statuses if status.amount), "")
        head = f"Claim {_t(item.id) or 'without a number'} was {'rejected' if bad else 'accepted'}"
        contrary = not bad and _contrary(item.statuses)
        told = Said("277CA", "claim", "bad" if bad else "note" if contrary else "good", head)
        facts = [_money(amount), _days(item.dates)]
        told.rows.append(("claim", "  ".join(fact for fact in facts if fact) or "no charge, no dates"))
        show = _t if self._phi else safe.masked
        told.rows.append(("patient", f"{show(item.patient)}  member {show(item.member)}"))
        if item.payer_number:
            told.rows.append(("number", f"{_t(item.payer_number)} with the payer"))
        told.rows += self._statuses(item.statuses if bad or contrary else [])
        for line in item.lines:
            told.rows.append(("line", _line(line)))
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
        told = Said("277CA", "end", "note", "The totals do not agree with the claims")
        for word, claimed, listed in (
            ("accepted", self._totals.accepted, self._listed[0]),
            ("rejected", self._totals.rejected, self._listed[1] + self._unlisted),
        ):
            if claimed.isdecimal() and len(claimed) < 10 and int(claimed) != listed and any(self._listed):
                told.rows.append((word, f"{int(claimed)} by the totals, {listed} by the claims"))
        if not item.whole:
            told.rows.append(("cut off", "the answer ends before its SE: there may be more"))
        if told.rows:
            yield told

    def summary(self) -> str:
        """The counts in a line."""
        parts = [f"{many(self.accepted, 'claim')} accepted, {self.rejected} rejected"] if "277CA" in self.kinds else []
        parts += [f"{self.refused} refused whole"] if self.refused else []
        return "; ".join(parts) or "nothing was refused"


def _t(text: str) -> str:
    return safe.text(text)


def _tone(bad: bool, good: bool) -> Tone:
    return "bad" if bad else "good" if good else "note"


def _codes(statuses: list[Status]) -> list[str]:
    return [code for status in statuses for code in status.codes]


def _contrary(statuses: list[Status]) -> bool:
    """Whether an accepted claim has a code that rejects."""
    taken = [status for status in statuses if status.action != "U"]
    return any(code.startswith(codes.REJECTING) for code in _codes(taken))


def _totals(totals: Totals) -> Iterator[tuple[str, str]]:
    for word, count, charges in (
        ("accepted", totals.accepted, totals.accepted_charges), ("rejected", totals.rejected, totals.rejected_charges)
    ):  # fmt: skip
        if count or charges:
            claims = f"{_t(count) or '0'} {'claim' if count == '1' else 'claims'}"
            yield word, f"{claims}  {_money(charges)}".rstrip()


def _line(line: LineReply) -> str:
    units = f"x{_t(line.units)}" if line.units else ""
    control = f"number {_t(line.control)}" if line.control else ""
    facts = [_t(line.code), units, _money(line.charge), _days(line.dates), _t(line.revenue), control]
    return "  ".join(fact for fact in facts if fact)


def _money(amount: str) -> str:
    try:
        return f"${Decimal(amount):,.2f}" if amount and len(amount) < 19 else _t(amount)
    except InvalidOperation:
        return _t(amount)


def _days(dates: str) -> str:
    days = [_DAY.fullmatch(part) for part in dates.split("-")]
    told = [f"{day[1]}-{day[2]}-{day[3]}" if day else "" for day in days]
    if not all(told):
        return _t(dates)
    return told[0] if len(set(told)) == 1 else " to ".join(told)
