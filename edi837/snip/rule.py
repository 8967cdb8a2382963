"""What a rule beyond syntax is made of: its entry in the table, what it sees, what it answers.

WEDI's SNIP types: 3 balancing, 4 relations between segments, 5 code sets. Every rule is
written for certainty: it answers only where the claim breaks it beyond doubt, or says
``unknown``. A rule on one segment is a function of that segment alone; a rule on a claim
sees the whole `View`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple, Protocol

from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.findings import Action, Finding, Place
from edi837.grammar import LoopUse, SegmentUse
from edi837.statuscodes import ENTITIES
from edi837.x12 import Segment, element

_AS = {"P3": "DN", "ZZ": "73", "PE": "41", "45": "41", "PW": "41"}  # NM101 the 277CA has no code for


class Codes(Protocol):
    """Code tables, as far as a rule knows them."""

    def says(self, kind: str, code: str, day: date) -> bool | None:
        """Whether the code was valid on that day; None when no table can tell."""


Row = tuple[int, SegmentUse, Segment]  # number in the set, use, elements
Same = Callable[[Claim], Iterable[object]]  # what two claims have in common that are the same


class Flaw(NamedTuple):
    """One element of a segment at fault."""

    element: int
    value: str
    detail: str  # figures for the message; never a person's value
    component: int = 0
    status: tuple[str, ...] = ()  # instead of the rule's own
    action: Action | None = None  # likewise


class Fault(NamedTuple):
    """A flaw and the segment it stands on, or that should be followed by what is missing."""

    row: Row
    flaw: Flaw
    line: str = ""  # LX01; empty: the fault is the claim's


@dataclass(slots=True)
class View:
    """A well-formed claim, with everything around it that a rule may look at."""

    loop: Loop  # 2300
    claim: Claim
    component: str
    filed: date | None  # the later of BHT04 and GS04; None when neither is a date
    codes: Codes | None = None  # code tables, if the operator has any

    @property
    def lines(self) -> Iterable[tuple[Loop, ServiceLine]]:
        """The lines, each with its 2400 loop. `claim.lines` is at hand sooner."""
        return zip((each for each in self.loop.loops if each.use.id == "2400"), self.claim.lines, strict=True)

    def home(self, line: ServiceLine) -> Loop:
        """The 2400 loop of a line."""
        return next(loop for loop, each in self.lines if each is line)

    @property
    def clm(self) -> Row:
        """The CLM."""
        return self.loop.segments[0]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table that `edi837 rules` prints."""

    id: str
    snip: int
    at: str  # the element it speaks of, by its usual name
    title: str  # what must hold
    status: tuple[str, ...]  # claim status composites; {entity} is the NM101 of the party at fault
    fix: str
    source: str  # guide; or "external: " and the document
    tags: tuple[str, ...]  # segments it is asked on; empty: it is asked once a claim
    loops: tuple[str, ...]  # only in these loops; empty: in all
    kind: str  # P, I; empty: both
    action: Action
    tables: bool = False  # it asks the operator's tables
    wakes: str = ""  # it is asked only of claims with one of these in their 2300, by tag or loop id
    segment: Callable[[Segment, str], Iterable[Flaw]] | None = None
    whole: Callable[[View], Iterable[Fault]] | None = None
    same: Same | None = None

    def finding(self, fault: Fault, claim: str, entity: str) -> Finding:
        """The finding that a fault comes to; interchange, group and set are left to the gate."""
        number, use, seg = fault.row
        flaw = fault.flaw
        at = Place(tag=seg[0], element=flaw.element, component=flaw.component).refdes or use.loop.id
        place = Place(
            claim=claim, line=fault.line, segment=number, tag=seg[0], loop=use.loop.id, element=flaw.element,
            component=flaw.component, value=flaw.value,
        )  # fmt: skip
        status = tuple(code.format(entity=entity) for code in flaw.status or self.status)
        return Finding(
            self.id, flaw.action or self.action, "line" if fault.line else "claim", f"{at}: {flaw.detail}",
            place, self.source, fix=self.fix, status=status,
        )  # fmt: skip


RULES: list[Rule] = []

GUIDE = "guide"


def on(
    id: str, at: str, title: str, *, status: str, fix: str, tags: str, loops: str = "", kind: str = "",
    source: str = GUIDE, action: Action = "reject",
) -> Callable[[Callable[[Segment, str], Iterable[Flaw]]], Callable[[Segment, str], Iterable[Flaw]]]:  # fmt: skip
    """Enter a rule on single segments: ``f(segment, component separator)`` yields its flaws."""

    def enter(f: Callable[[Segment, str], Iterable[Flaw]]) -> Callable[[Segment, str], Iterable[Flaw]]:
        RULES.append(
            Rule(id, int(id[1]), at, title, tuple(status.split()), fix, source, tuple(tags.split()),
                 tuple(loops.split()), kind, action, segment=f)
        )  # fmt: skip
        return f

    return enter


def over(
    id: str, at: str, title: str, *, status: str, fix: str, kind: str = "", source: str = GUIDE,
    action: Action = "reject", wakes: str = "", tables: bool = False,
) -> Callable[[Callable[[View], Iterable[Fault]]], Callable[[View], Iterable[Fault]]]:  # fmt: skip
    """Enter a rule on whole claims: ``f(view)`` yields its faults."""

    def enter(f: Callable[[View], Iterable[Fault]]) -> Callable[[View], Iterable[Fault]]:
        RULES.append(
            Rule(id, int(id[1]), at, title, tuple(status.split()), fix, source, (), (), kind, action, tables,
                 wakes, whole=f)
        )  # fmt: skip
        return f

    return enter


def once(
    id: str, at: str, title: str, *, status: str, fix: str, source: str = GUIDE
) -> Callable[[Same], Same]:
    """Enter a rule that no two claims are the same: ``f(claim)`` yields what would make them so."""

    def enter(f: Same) -> Same:
        RULES.append(Rule(id, int(id[1]), at, title, tuple(status.split()), fix, source, (), (), "", "reject", same=f))
        return f

    return enter


def has(loop: Loop, names: str) -> bool:
    """Whether one of these segments or loops, by tag or id, stands right in the loop."""
    return bool(loop.seen & mask(loop.use, names))


def has_all(loop: Loop, names: str) -> bool:
    """Whether each of these stands right in the loop."""
    return not mask(loop.use, names) & ~loop.seen


@cache
def mask(use: LoopUse, names: str) -> int:
    """The bits of a loop's children of these tags or ids."""
    wanted = names.split()
    bits = [child.bit for child in use.children if (child.tag if isinstance(child, SegmentUse) else child.id) in wanted]
    return sum(set(bits))


def party(row: Row) -> str:
    """The party a finding is about, by the NM1 that opens its loop; the billing provider for a PRV of 2000A."""
    seg = row[2]
    code = element(seg, 1) if seg[0] == "NM1" else "85"
    return code if code in ENTITIES else _AS.get(code, "73")
