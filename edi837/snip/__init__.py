"""What is wrong with a well-formed claim beyond its syntax: SNIP types 3, 4 and 5.

Enters: segments as they are read, then a mapped claim with its closed 2300 loop, still hanging
from its open ancestors. Leaves: findings with the claim status of a 277CA (never a code of the
999: a set is not refused for what one claim got wrong). The rules are one table, `RULES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from edi837.chart import Loop
from edi837.claim import Claim
from edi837.findings import Finding, Place
from edi837.grammar import Guide, SegmentUse
from edi837.snip import balance, codes, dates, relations
from edi837.snip.rule import RULES, Fault, Row, Rule, View, element, mask
from edi837.statuscodes import ENTITIES

__all__ = ["RULES", "Examiner", "Rule", "balance", "codes", "dates", "relations", "together"]

_AS = {"P3": "DN", "ZZ": "73", "PE": "41", "45": "41", "PW": "41"}  # NM101 the 277CA has no code for


class Examiner:
    """Examines the claims of one set: single segments as they are read, claims when they close."""

    def __init__(self, guide: Guide, component: str) -> None:
        """``component`` separates the parts of a composite; set `filed` before the first claim."""
        self.filed: date | None = None  # the day the set was made; None when it does not tell
        self._component = component
        mine = [rule for rule in RULES if rule.kind in ("", guide.kind)]
        self._whole = [(rule.wakes, rule, rule.whole) for rule in mine if rule.whole]
        self._single: dict[SegmentUse, list[Rule]] = {}
        for use in guide.root.segments():
            rules = [rule for rule in mine if use.tag in rule.tags and (not rule.loops or use.loop.id in rule.loops)]
            if rules:
                self._single[use] = rules
        self.uses = frozenset(self._single)

    def noted(self, loop: Loop, row: Row) -> bool:
        """Whether a segment breaks a rule by itself; what was found goes to the loop's notes."""
        noted = False
        for rule in self._single[row[1]]:
            assert rule.segment
            for flaw in rule.segment(row[2], self._component):
                entity = _entity(loop.segments[0] if loop.segments else row)
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
        view = View(loop, claim, self._component, self.filed)
        seen, use = loop.seen, loop.use
        for wakes, rule, whole in self._whole:
            if not wakes or seen & mask(use, wakes):
                for fault in whole(view):
                    found.append(rule.finding(fault, claim.id, _entity(fault.row)))
        if len(found) > 1:
            found.sort(key=lambda f: f.place.segment)
        return found


def together(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Finding]]:
    """What is wrong among the well-formed claims of one patient; frames are left to the gate."""
    for rule in RULES:
        for claim, detail in rule.group(claims) if rule.group else ():
            place = Place(claim=claim.id, segment=claim.segment, tag="CLM", loop="2300", element=1, value=claim.id)
            yield claim, Finding(
                rule.id, "reject", "claim", f"{rule.at}: {detail}", place, rule.source, fix=rule.fix, status=rule.status
            )


def _line(loop: Loop) -> str:
    """LX01 of the line a loop stands in; empty outside lines."""
    at: Loop | None = loop
    while at is not None:
        if at.use.id == "2400":
            return element(at.first("LX"), 1)
        at = at.parent
    return ""


def _entity(row: Row) -> str:
    """The party a finding is about, by the NM1 that opens its loop; the billing provider for a PRV of 2000A."""
    seg = row[2]
    code = element(seg, 1) if seg[0] == "NM1" else "85"
    return code if code in ENTITIES else _AS.get(code, "73")
