"""What is wrong with a well-formed claim beyond its syntax: SNIP types 3, 4 and 5.

Enters: segments as they are read, then a mapped claim with its closed 2300 loop, still hanging
from its open ancestors. Leaves: findings with the claim status of a 277CA (never a code of the
999: a set is not refused for what one claim got wrong). The rules are one table, `RULES`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from functools import lru_cache

from edi837.chart import Loop
from edi837.claim import Claim
from edi837.findings import Finding, Place
from edi837.grammar import Guide, LoopUse, SegmentUse
from edi837.mapper import as_day
from edi837.snip import amounts, balance, codes, dates, forms, hospital, listed, relations, situations
from edi837.snip.relations import repeated
from edi837.snip.rule import RULES, Codes, Fault, Row, Rule, Single, View, Whole, is_named, party
from edi837.x12 import Segment, element

__all__ = [
    "RULES", "Codes", "Examiner", "Rule", "amounts", "balance", "codes", "dates", "filed", "forms", "hospital",
    "known_by", "listed", "relations", "repeated", "sent_before", "sent_twice", "situations",
]  # fmt: skip


_ONCE = [(rule, rule.same) for rule in RULES if rule.same]


@lru_cache(maxsize=16)
def _single(guide: Guide) -> dict[SegmentUse, list[tuple[Rule, Single]]]:
    """The rules on single segments, by the use they are asked on."""
    asked: dict[str, list[tuple[str, Rule]]] = {}  # by tag: the name that a use must have, and the rule
    for rule in RULES:
        if rule.segment and rule.kind in ("", guide.kind):
            for name in rule.tags:
                asked.setdefault(name.partition("*")[0], []).append((name, rule))
    found: dict[SegmentUse, list[tuple[Rule, Single]]] = {}
    for use in guide.root.segments():
        for name, rule in asked.get(use.tag, ()):
            if rule.segment and (not rule.loops or use.loop.id in rule.loops) and is_named(use, name):
                found.setdefault(use, []).append((rule, rule.segment))
    return found


@lru_cache(maxsize=4096)
def _asked(kind: str, tables: bool, use: LoopUse, seen: int, lines: int) -> tuple[tuple[Rule, Whole], ...]:
    """The rules on whole claims that have something to say of such a 2300: most claims of a file look alike."""
    mine = (rule for rule in RULES if rule.kind in ("", kind) and (tables or not rule.tables))
    return tuple((rule, rule.whole) for rule in mine if rule.whole and rule.asked(use, seen, lines))


class Examiner:
    """Examines the claims of one set: single segments as they are read, claims when they close."""

    def __init__(self, guide: Guide, component: str, tables: Codes | None = None) -> None:
        """``component`` separates the parts of a composite; ``tables`` are the operator's lists of codes, if any.

        Set `filed` before the first claim.
        """
        self._tables = tables
        self.filed: date | None = None  # the day the set was made; None when it does not tell
        self._component = component
        self._kind = guide.kind
        self._single = _single(guide)
        self.uses: Collection[SegmentUse] = self._single.keys()

    def noted(self, loop: Loop, row: Row) -> bool:
        """Whether a segment breaks a rule by itself; what was found goes to the loop's notes."""
        noted = False
        for rule, of in self._single[row[1]]:
            for flaw in of(row[2], self._component):
                entity = party(loop.segments[0] if loop.segments else row)
                loop.notes = [*(loop.notes or ()), rule.finding(Fault(row, flaw, _line(loop)), "", entity)]
                noted = True
        return noted

    def examine(self, loop: Loop, claim: Claim) -> list[Finding]:
        """The findings on a well-formed claim, in file order."""
        found: list[Finding] = []
        level: Loop | None = loop
        while level is not None:
            if level.notes:
                found += [replace(f, place=replace(f.place, claim=claim.id)) for f in level.notes]
            level = level.parent
        view = View(loop, claim, self._component, self.filed, self._tables)
        lines = 0
        for child in loop.loops:
            if child.use.id == "2400":
                lines |= child.seen
        for rule, whole in _asked(self._kind, self._tables is not None, loop.use, loop.seen, lines):
            for fault in whole(view):
                found.append(rule.finding(fault, claim.id, party(fault.row)))
        if len(found) > 1:
            found.sort(key=lambda f: f.place.segment)
        return found


def known_by(claim: Claim) -> list[tuple[Rule, int]]:
    """The keys by which a well-formed claim is known when it comes again, each with the rule that forbids it."""
    return [(rule, hash((rule.id, *same(claim)))) for rule, same in _ONCE]


def sent_twice(rule: Rule, claim: Claim) -> Finding:
    """What is said of a claim that came before in its file and was accepted. Frames are left to the gate."""
    return _same(rule, claim, "a claim before it in this file is the same, word for word")


def sent_before(claim: Claim) -> Finding:
    """What is said of a claim that the history holds already."""
    return _same(relations.SENT, claim, "the same claim, word for word, was accepted before")


def _same(rule: Rule, claim: Claim, detail: str) -> Finding:
    place = Place(claim=claim.id, segment=claim.segment, tag="CLM", loop="2300", element=1, value=claim.id)
    return Finding(
        rule.id, "reject", "claim", f"{rule.at}: {detail}", place, rule.source, fix=rule.fix, status=rule.status
    )


def filed(bht: Segment, group: str) -> date | None:
    """The day a set was made: the later of BHT04 and GS04, so that a slip in one makes no claim early."""
    return max((day for text in (element(bht, 4), group) if (day := as_day(text))), default=None)


def _line(loop: Loop) -> str:
    """LX01 of the line a loop stands in; empty outside lines."""
    at: Loop | None = loop
    while at is not None:
        if at.use.id == "2400":
            return element(at.first("LX"), 1)
        at = at.parent
    return ""
