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

    def doubts(self, kind: str, code: str, day: date) -> bool:
        """Whether there are tables of the kind, yet none that can tell of that day, and the code is in none."""


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
    fix: str = ""  # likewise


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


Single = Callable[[Segment, str], Iterable[Flaw]]  # a segment and the component separator
Whole = Callable[[View], Iterable[Fault]]


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
    tags: tuple[str, ...]  # segments it is asked on, as ``CAS`` or ``REF*X4``; empty: it is asked once a claim
    loops: tuple[str, ...]  # only in these loops; empty: in all
    kind: str  # P, I; empty: both
    action: Action
    tables: bool = False  # it asks the operator's tables
    wakes: str = ""  # it is asked only of claims that have one of these; see `met`
    unless: str = ""  # and not of those that have one of these
    segment: Single | None = None
    whole: Whole | None = None
    same: Same | None = None

    def asked(self, use: LoopUse, seen: int, lines: int) -> bool:
        """Whether a 2300 of that use, with these children, and these in its lines, has anything to ask it about."""
        return (not self.wakes or met(use, self.wakes, seen, lines)) and not met(use, self.unless, seen, lines)

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
            place, self.source, fix=flaw.fix or self.fix, status=status,
        )  # fmt: skip


RULES: list[Rule] = []

GUIDE = "guide"


def on(
    id: str, at: str, title: str, *, status: str, fix: str, tags: str, loops: str = "", kind: str = "",
    source: str = GUIDE, action: Action = "reject",
) -> Callable[[Single], Single]:  # fmt: skip
    """Enter a rule on single segments: ``f(segment, component separator)`` yields its flaws."""

    def enter(f: Single) -> Single:
        RULES.append(
            Rule(id, int(id[1]), at, title, tuple(status.split()), fix, source, tuple(tags.split()),
                 tuple(loops.split()), kind, action, segment=f)
        )  # fmt: skip
        return f

    return enter


def over(
    id: str, at: str, title: str, *, status: str, fix: str, kind: str = "", source: str = GUIDE,
    action: Action = "reject", wakes: str = "", unless: str = "", tables: bool = False,
) -> Callable[[Callable[[View], Iterable[Fault]]], Callable[[View], Iterable[Fault]]]:  # fmt: skip
    """Enter a rule on whole claims: ``f(view)`` yields its faults."""

    def enter(f: Callable[[View], Iterable[Fault]]) -> Callable[[View], Iterable[Fault]]:
        RULES.append(
            Rule(id, int(id[1]), at, title, tuple(status.split()), fix, source, (), (), kind, action, tables,
                 wakes, unless, whole=f)
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


def met(use: LoopUse, names: str, seen: int, lines: int) -> bool:
    """Whether a 2300 has one of these: ``HI``, ``HI*BBQ``, ``2320``; with ``2400/`` before it, one of its lines."""
    above, below = _masks(use, names)
    return bool(seen & above or lines & below)


@cache
def _masks(use: LoopUse, names: str) -> tuple[int, int]:
    """The bits of these among the children of a 2300, and among those of its lines."""
    wanted = names.split()
    line = next(child for child in use.children if isinstance(child, LoopUse) and child.id == "2400")
    below = [name.partition("/")[2] for name in wanted if "/" in name]
    return mask(use, " ".join(name for name in wanted if "/" not in name)), mask(line, " ".join(below))


@cache
def mask(use: LoopUse, names: str) -> int:
    """The bits of a loop's children of these names."""
    wanted = names.split()
    return sum({child.bit for child in use.children if any(is_named(child, name) for name in wanted)})


def is_named(child: SegmentUse | LoopUse, name: str) -> bool:
    """Whether a segment is of that tag, and of the qualifier behind its ``*``; or a loop of that id."""
    if isinstance(child, LoopUse):
        return child.id == name
    tag, _, qualifier = name.partition("*")
    first = child.elements[0]
    return child.tag == tag and (not qualifier or qualifier in (first.components or (first,))[0].codes)


def party(row: Row) -> str:
    """The party a finding is about, by the NM1 that opens its loop; the billing provider for a PRV of 2000A."""
    seg = row[2]
    code = element(seg, 1) if seg[0] == "NM1" else "85"
    return code if code in ENTITIES else _AS.get(code, "73")
