"""The gate before the policies: what they see, and when.

Enters: claims as they are mapped, with what was found on them. Leaves: a `Verdict` on each. A
policy sees only claims that are well formed, and all claims of one patient together: those
under one HL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import date
from typing import Protocol, runtime_checkable

from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.findings import Finding, Missing, Place
from edi837.frames import Verdict
from edi837.seen import Seen
from edi837.snip import known_by, sent_twice

MOST_HELD = 100  # claims of one patient judged together: the guide's own limit for a level

_CODED = (("SV1", 1), ("SV2", 2))  # the procedure of a line: its list of codes, its code, and then its modifiers
_CODE = 2

Where = tuple[int, str, str]  # a set: its interchange counted from 1, GS06 and ST02; two such are refused
Put = tuple[bytes, str, int]  # a claim put by: whose it is, the claim packed, and the number of its CLM


class Judge(Protocol):
    """A policy, as far as the gate knows one."""

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """Findings for each of a patient's claims."""


@runtime_checkable
class Attentive(Protocol):
    """A judge who wants to know which set the claims are of."""

    def begin(self, where: Where) -> None:
        """The claims of this set follow."""


@runtime_checkable
class Receiver(Protocol):
    """A judge who is told what was put by where the parts of a set were read."""

    def receive(self, where: Where, levels: Sequence[Sequence[Put]]) -> None:
        """Take it in, those of each HL by themselves, in file order."""


@runtime_checkable
class Choosy(Protocol):
    """A judge who is not for every claim."""

    def covers(self, claim: Claim) -> bool:
        """Whether it is for this claim."""


class Gate:
    """Holds a patient's claims until all are there."""

    def __init__(self, policies: Sequence[Judge], at: Place, seen: Seen) -> None:
        """``at``: interchange, group and set; ``seen``: the claims of the file before this set."""
        self._policies = policies
        self._seen = seen
        self._at = at  # interchange, group and set, for every finding
        self._held: list[tuple[Claim, list[Finding] | None]] = []
        self._level: Loop | None = None

    def hold(self, claim: Claim, found: list[Finding] | None, level: Loop | None) -> Iterator[Verdict]:
        """Take a claim with what was found beyond its syntax, None when it is not well formed.

        The verdicts it makes due are those on claims before it.
        """
        if self._held and (level is not self._level or len(self._held) >= MOST_HELD):
            yield from self.judge()
        self._level = level
        self._held.append((claim, found))

    def judge(self) -> Iterator[Verdict]:
        """The verdicts on all claims held, in file order."""
        if not self._held:
            return
        good = [claim for claim, found in self._held if found is not None]
        said = [iter(policy.judge(good)) for policy in self._policies] if good else []
        held, self._held = self._held, []
        for claim, found in held:
            mine = found or []
            if found is not None:
                keys = self._keys(claim, mine)
                known: set[object] | None = None  # what a policy need not say again
                for findings in map(next, said):
                    if findings:
                        if known is None:
                            known = {*map(_slip, mine), *((f.rule, f.place.segment) for f in mine if f.rejects)}
                        new = list(_new(claim, findings, known, mine))
                        mine = [*_left(mine, new), *new]
                if not (mine and any(f.rejects for f in mine)):
                    self._seen.take(keys)  # of what is sent back, nothing is waiting
            yield Verdict(claim, tuple(map(self._framed, mine)) if mine else ())

    def _keys(self, claim: Claim, found: list[Finding]) -> list[int]:
        """The keys by which the claim is known when it comes again; if it has come before, that is ``found``."""
        keys = []
        for rule, key in known_by(claim):
            if key in self._seen:
                found.append(sent_twice(rule, claim))
            else:
                keys.append(key)
        return keys

    def _framed(self, finding: Finding) -> Finding:
        """The finding with its interchange, group and set."""
        other = finding.other and self._placed(finding.other)
        return replace(finding, place=self._placed(finding.place), other=other)

    def _placed(self, place: Place) -> Place:
        at = self._at
        return replace(place, interchange=at.interchange, group=at.group, set=at.set)


def _new(
    claim: Claim, findings: Sequence[Finding], known: Set[object], mine: Sequence[Finding]
) -> Iterator[Finding]:
    """Of what a policy found on a claim, what is neither told by the guide nor a consequence of what goes back."""
    refused = any(f.rejects for f in mine)  # then what cannot be told may be its consequence
    lines = {line.number: line for line in claim.lines}
    back = [(f, lines[f.place.line]) for f in (*mine, *findings) if f.rejects and f.place.line in lines]
    for f in findings:
        if (refused and f.action == "unknown") or _slip(f) in known:
            continue
        if any((rule, f.place.segment) in known for rule in f.told_by):
            continue
        if f.missing and any(_explains(other, line, f, f.missing, claim) for other, line in back):
            continue
        yield f


def _explains(back: Finding, line: ServiceLine, finding: Finding, missing: Missing, claim: Claim) -> bool:
    """Whether a line that goes back, once it is corrected where it is at fault, may be the one that is missing."""
    at = back.place
    if back.rule not in finding.explained_by or at.line == finding.place.line:
        return False
    misdated = at.tag == "DTP"
    miscoded = (at.tag, at.element) in _CODED and at.component <= _CODE
    return (
        (miscoded or line.procedure in missing.codes)
        and not any(modifier in missing.barred for modifier in line.modifiers)
        and (misdated or _reaches(line, claim, missing.days))
    )


def _reaches(line: ServiceLine, claim: Claim, days: Sequence[tuple[date, date]]) -> bool:
    """Whether a line may lie on one of the days: it may last a day a unit, and on an 837I all of its statement."""
    if line.first is None or line.last is None or line.first > line.last:
        return True
    more = max(int(line.units or 0) - 1, 0)
    low = min(line.first.toordinal(), line.last.toordinal() - more)
    high = max(line.last.toordinal(), line.first.toordinal() + more)
    if line.kind == "I" and claim.first and claim.last:
        low, high = min(low, claim.first.toordinal()), max(high, claim.last.toordinal())
    return any(first.toordinal() <= high and low <= last.toordinal() for first, last in days)


def _left(mine: list[Finding], new: Sequence[Finding]) -> list[Finding]:
    """Of what is found already, what is not a mere warning of the guide of what a policy now tells."""
    told = {_at(rule, f) for f in new if f.told_by and f.action != "unknown" for rule in f.told_by}
    return [f for f in mine if f.action != "warn" or _at(f.rule, f) not in told] if told else mine


def _at(rule: str, finding: Finding) -> object:
    return rule, finding.place.segment, finding.place.element, finding.place.component


def _slip(finding: Finding) -> object:
    """What is the same in two findings on one slip: its place and how it is told."""
    place = finding.place
    return place.segment, place.element, place.component, place.repetition, finding.status[:1] or finding.rule
