"""Slips made from the guide itself, each with the one finding that the guide's words give it.

Enters: a clean 837P or 837I with one transaction set. Leaves: `Mutant`s, each with one slip
and what must be found. What is expected is worked out here from the facts of the guide, not
asked of the modules under test; only where each segment of the *clean* file stands is taken
from the reader. Nothing is drawn by lot, and SE01 stays right.

How a slip is expected to be told, where its place is not plain:

* What is missing is missed at the first segment that stands behind its place for certain: a
  later one of the same loop, or the first after the loop.
* A loop without its first segment is told as that segment missing, at the one behind it; any
  loop that may stand there and holds that one may be named. If all that is left may as well
  belong to the loop before, nothing is amiss, and there is no such mutant.
* HL04 says whether a level stands below (IK4:7 of that HL). A level of no level below, and
  of no claim, lacks its loop 2300.
* A qualifier that no use of its tag has is a bad code (IK4:7), an empty one is missing
  (IK4:1). If it decides which loop is meant, the loop above is named.
* Of a syntax note: P, C, L and R miss the first absent element that would mend it; E has
  the last one present too many. An element with a flaw of its own is not told again.
  The elements that are there and ask for it, or exclude it, are told with it.
"""

from __future__ import annotations

import copy
import functools
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edi837 import grammar, process
from edi837.chart import Loop
from edi837.grammar import ElementUse, Guide, LoopUse, SegmentUse
from tests.edits import Wire

Note = tuple[str, tuple[int, ...]]
Sent = list[str]


@dataclass(frozen=True)
class Expected:
    """The one finding. `loops`: those that may be named; `segment` 0: it is of the envelope."""

    code: str  # IK4:7
    segment: int
    tag: str
    loops: tuple[str, ...] = ()
    element: int = 0
    component: int = 0
    because: tuple[int, ...] = ()  # the elements beside it that make it a slip


@dataclass(frozen=True)
class Mutant:
    """An interchange with one slip: ``2310B NM1*82 NM109 too long``."""

    name: str
    data: bytes
    expected: Expected


@dataclass(eq=False)
class Spot:
    """A segment of the clean file in its place."""

    number: int  # in the set, ST is 1
    use: SegmentUse
    loop: Loop
    sent: Sent

    @property
    def path(self) -> str:
        """Its loops, outermost first, and its use: what makes two spots the same place of the guide."""
        names, loop = [], self.loop.use
        while loop.parent is not None:
            names.append(loop.id)
            loop = loop.parent
        return "/".join(reversed(names)) + f" {self.use.tag} {self.use.pos} {self.use.name}"

    def __str__(self) -> str:
        qualifier = self.sent[1].partition(":")[0] if len(self.sent) > 1 else ""
        known = self.use.tag in ("NM1", "REF", "DTP", "HI", "AMT", "PWK", "NTE", "CRC", "PRV", "CAS", "PER")
        above = f"{self.loop.parent.use.id}/" if self.loop.parent else ""
        return f"{above}{self.loop.use.id} {self.use.tag}" + (f"*{qualifier}" if known else "")


class Clean:
    """A clean interchange, each segment with its place."""

    def __init__(self, data: bytes) -> None:
        self.wire = Wire.read(data)
        self.start = self.wire.index("ST")
        self.end = self.wire.index("SE") - self.start + 1  # the number of SE
        self.guide: Guide = grammar.load(self.wire.at("ST")[3])
        spots: dict[int, Spot] = {}
        self.loops: list[Loop] = []
        self._roots: list[Loop] = []
        for event in process.tell_loops(io.BytesIO(data)):
            if isinstance(event, Loop):
                self._roots.append(event)
                self._collect(event, spots)
        self.spots = [spots[number] for number in sorted(spots)]
        assert [s.number for s in self.spots] == list(range(1, self.end)), "one set, each segment once"
        self.loops.sort(key=lambda loop: loop.segments[0][0])
        self._span = {}
        for loop in self.loops:
            inside = [s.number for s in self.spots if _within(s.loop, loop)]
            self._span[id(loop)] = inside[0], inside[-1] + 1

    def _collect(self, loop: Loop, spots: dict[int, Spot]) -> None:
        self.loops.append(loop)
        for number, use, sent in loop.segments:
            spots[number] = Spot(number, use, loop, list(sent))
        for child in loop.loops:
            self._collect(child, spots)

    def span(self, loop: Loop) -> tuple[int, int]:
        """The first segment of a loop and the first behind it, by number."""
        return self._span[id(loop)]

    def index(self, number: int) -> int:
        """Where a segment of the set stands in the wire."""
        return self.start + number - 1

    def write(self, change: Callable[[Wire], None]) -> bytes:
        """The interchange with a change, SE01 made right."""
        wire = copy.deepcopy(self.wire)
        change(wire)
        wire.recount()
        return wire.write()

    def behind(self, loop: Loop, child: SegmentUse | LoopUse, but: tuple[int, int]) -> int:
        """Where a child of a loop is missed for certain, when the segments of `but` are left out."""
        later = [n for n, use, _ in loop.segments if use.pos > child.pos]
        later += [
            self.span(c)[0] for c in self.loops if c.parent is loop and _order(c.use, child) and c.use is not child
        ]
        found = min((n for n in later if not but[0] <= n < but[1]), default=self.span(loop)[1])
        return found - (but[1] - but[0] if found >= but[1] else 0)


def _order(loop: LoopUse, child: SegmentUse | LoopUse) -> bool:
    assert loop.parent is not None
    places = loop.parent.children
    return places.index(loop) > places.index(child)


def _within(inner: Loop | None, outer: Loop) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return False


def mutants(clean: Clean, done: set[str]) -> Iterator[Mutant]:
    """Every slip the guide allows in a clean file; `done` holds the places that need no more of them."""
    found = ((spot, m) for spot in clean.spots[1:] for m in _all(clean, spot))
    for spot, mutant in found:
        slip = f"{spot.path}: {mutant.name}"
        if slip not in done:
            done.add(slip)
            yield mutant


def _all(clean: Clean, spot: Spot) -> Iterator[Mutant]:
    yield from _segments(clean, spot)
    yield from _elements(clean, spot)
    yield from _notes(clean, spot)
    if spot.use is spot.loop.use.entry and spot.loop.parent:
        yield from _loops(clean, spot.loop, spot)
    if spot.use.tag == "HL":
        yield from _levels(clean, spot)


# ------------------------------------------------------------------ segments and loops


def _segments(clean: Clean, spot: Spot) -> Iterator[Mutant]:
    use, loop, number = spot.use, spot.loop, spot.number
    opens = use is use.loop.entry
    alike = [n for n, u, _ in loop.segments if u is use]
    if use.usage == "R" and not opens and len(alike) == 1:
        missed = clean.behind(loop, use, (number, number + 1))
        yield Mutant(
            f"{spot} left out", _without(clean, number, number + 1), Expected("IK3:3", missed, use.tag, (loop.use.id,))
        )
    if use.max_use and not opens and number == alike[-1]:
        more = use.max_use - len(alike) + 1
        yield Mutant(
            f"{spot} {use.max_use + 1} times", _again(clean, number, number + 1, more),
            Expected("IK3:5", number + more, use.tag, (loop.use.id,)),
        )  # fmt: skip


def _loops(clean: Clean, loop: Loop, first: Spot) -> Iterator[Mutant]:
    use, parent = loop.use, loop.parent
    assert parent is not None
    start, stop = clean.span(loop)
    alike = [c for c in clean.loops if c.parent is parent and c.use is use]
    if use.usage == "R" and len(alike) == 1:
        missed = clean.behind(parent, use, (start, stop))
        if use.entry.tag != "HL" or stop == clean.end:
            yield Mutant(
                f"{first} left out with its loop", _without(clean, start, stop),
                Expected("IK3:3", missed, use.entry.tag, (use.id,)),
            )  # fmt: skip
    if stop - start > 1:
        rest = [s for s in clean.spots if start < s.number < stop]
        if not _fits_before(clean, clean.spots[start - 2], rest):
            assert use.parent is not None
            like = [c for c in use.parent.children if isinstance(c, LoopUse) and _holds(clean, c, 0, rest[0])]
            yield Mutant(
                f"{first} left out, its loop kept", _without(clean, start, start + 1),
                Expected("IK3:3", start, use.entry.tag, tuple(c.id for c in like) or (use.id,)),
            )  # fmt: skip
    if use.repeat and loop is alike[-1] and use.repeat * (stop - start) < 4_000:
        more = use.repeat - len(alike) + 1
        yield Mutant(
            f"{first} {use.repeat + 1} times with its loop", _again(clean, start, stop, more),
            Expected("IK3:4", start + more * (stop - start), use.entry.tag, (use.id,)),
        )  # fmt: skip


def _fits_before(clean: Clean, before: Spot, rest: list[Spot]) -> bool:
    """Whether segments may as well go on in the loop of the segment before them."""
    pos = before.use.pos
    for spot in rest:
        found = _holds(clean, before.loop.use, pos, spot)
        if found is None:
            return False
        pos = found.pos
    return True


def _holds(clean: Clean, loop: LoopUse, pos: int, spot: Spot) -> SegmentUse | None:
    """The place of a segment in a loop from a position on."""
    keys = clean.guide.keys.get(spot.use.tag, ())
    for child in loop.children[1:]:
        if isinstance(child, SegmentUse) and child.tag == spot.use.tag and child.pos >= pos:
            elements = [(child.elements[seq - 1], spot.sent[seq].partition(":")[0]) for seq in keys]
            if all(value in (e.components[0] if e.components else e).codes for e, value in elements):
                return child
    return None


def _levels(clean: Clean, spot: Spot) -> Iterator[Mutant]:
    """HL04 against what stands below, and the levels of no claim."""
    element, loop = spot.use.elements[3], spot.loop
    told = Expected("IK4:7", spot.number, "HL", (loop.use.id,), 4)
    for other in sorted(element.codes - {spot.sent[4]}):
        made = _mutant(clean, spot, element, 0, "against what stands below", "7", other, False)
        yield Mutant(made.name, made.data, told)
    below = [c for c in clean.loops if c.parent is loop]
    levels = [c for c in below if c.use.entry.tag == "HL"]
    claims = [c for c in below if c.use.id == "2300"]
    if levels and levels[0].use.usage == "S" and clean.span(levels[-1])[1] == clean.end:
        data = _without(clean, clean.span(levels[0])[0], clean.end)
        yield Mutant(f"{spot} left without the levels below", data, told)
    if claims and not levels:
        start, stop = clean.span(claims[0])[0], clean.span(claims[-1])[1]
        missed = Expected("IK3:3", start, "CLM", ("2300",))
        yield Mutant(f"{spot} left without a claim", _without(clean, start, stop), missed)


def _without(clean: Clean, start: int, stop: int) -> bytes:
    def change(wire: Wire) -> None:
        del wire.segments[clean.index(start) : clean.index(stop)]

    return clean.write(change)


def _again(clean: Clean, start: int, stop: int, more: int) -> bytes:
    """The segments `more` times again, behind themselves; service lines are numbered on."""

    def change(wire: Wire) -> None:
        at = clean.index(stop)
        for n in range(more, 0, -1):
            copies = copy.deepcopy(clean.wire.segments[clean.index(start) : at])
            if copies[0][0] == "LX":
                copies[0][1] = str(int(copies[0][1]) + n)
            wire.segments[at:at] = copies

    return clean.write(change)


# ------------------------------------------------------------------ elements


def _elements(clean: Clean, spot: Spot) -> Iterator[Mutant]:
    use, guide = spot.use, clean.guide
    for element in use.elements:
        where = spot.sent[element.seq] if element.seq < len(spot.sent) else ""
        key = element.seq in guide.keys.get(use.tag, ())
        if not element.components:
            for what, code, value in _values(element, where, _every_code(guide, spot, element, key), spot.sent):
                if not _breaks_a_note(use, spot.sent, element.seq, value) or code == "1":
                    yield _mutant(clean, spot, element, 0, what, code, value, key)
            continue
        if element.usage == "R" and where:
            yield _mutant(clean, spot, element, 0, "empty", "1", "", key)
        if not where:
            continue
        parts = where.split(clean.wire.component)
        more = ":".join([*parts, *[""] * (len(element.components) - len(parts)), "X"])
        yield _mutant(clean, spot, element, 0, "with a component too many", "13", more, False)
        yield _mutant(clean, spot, element, 0, "repeated", "12", f"{where}^{where}", False)
        for part in element.components:
            old = parts[part.seq - 1] if part.seq <= len(parts) else ""
            decides = key and part.seq == 1
            codes = _every_code(guide, spot, part, decides)
            for what, code, value in _values(part, old, codes, ["", *parts]):
                new = [*parts, *[""] * (part.seq - len(parts))]
                new[part.seq - 1] = value
                if any(new) and what not in ("repeated", "with a component mark"):  # those are the composite's
                    text = ":".join(new)
                    yield _mutant(clean, spot, element, part.seq, what, code, text, decides)
    last = len(use.elements)
    yield _mutant(clean, spot, None, 0, "with an element too many", "3", "X", False, last + 1)


def _values(use: ElementUse, old: str, codes: frozenset[str], around: Sent) -> Iterator[tuple[str, str, str]]:
    """Bad values of a simple element: what, code, value. An empty one that may be empty gets none but what
    tells that it is not used."""
    if use.usage == "N":
        yield "filled", "I10", "X"
        return
    if not old:
        return
    if use.usage == "R":
        yield "empty", "1", ""
    yield "with a component mark", "13", f"{old}:{old}"
    yield "repeated", "12", f"{old}^{old}"
    if use.data_element == "1251":
        form = around[use.seq - 1]
        bad = {"D8": "20250229", "RD8": "20250106-20251301", "DT": "202513010900", "TM": "2460"}.get(form)
        if bad:
            yield "impossible", "9" if form == "TM" else "8", bad
        yield "too long", "5", "1" * (use.max + 1)
        return
    if use.type in ("DT", "TM"):
        date = use.type == "DT"
        yield "impossible", "8" if date else "9", "20250229" if date else "2460"
        yield "in letters", "8" if date else "9", "ABCDEFGH"[: 8 if date else 4]
        return
    if use.codes:
        country = {"N402": 4, "CLM11-4": 5}.get(use.refdes, len(around))
        if not _there(around, country) or around[country] in ("US", "CA"):  # else no state that is listed
            yield "of no code", "7", _no_code(use, codes)
        return
    if use.type in ("R", "N0", "N2"):
        yield "in letters", "6", "A"
        yield "too long", "5", "1" * (use.max + 1)
        if use.type != "R":
            yield "with a point", "6", "1.5"
        return
    yield "too long", "5", "1" * (use.max + 1)
    if use.min > 1:
        yield "too short", "4", "1" * (use.min - 1)
    if use.shape:
        yield "of another form", "I12", "A" * len(old)


def _no_code(use: ElementUse, codes: frozenset[str]) -> str:
    letters = "09" if use.type in ("R", "N0", "N2") else "ZQXJ9"
    tries = (a * n for n in range(use.min, use.max + 1) for a in letters)
    more = (a + b for a in letters for b in "QWXZJVK9" if use.max > 1)
    return next(t for t in (*tries, *more) if t not in codes)


def _every_code(guide: Guide, spot: Spot, element: ElementUse, key: bool) -> frozenset[str]:
    """The codes a wrong one must not be: where it tells uses apart, those of every use of its tag."""
    if not key:
        return element.codes
    uses = [u for u in guide.root.segments() if u.tag == spot.use.tag]
    found = [u.elements[seq - 1] for u in uses for seq in guide.keys[spot.use.tag]]
    return frozenset().union(*((e.components[0] if e.components else e).codes for e in found))


def _mutant(
    clean: Clean, spot: Spot, element: ElementUse | None, component: int, what: str, code: str, value: str,
    key: bool, seq: int = 0,
) -> Mutant:  # fmt: skip
    seq = element.seq if element else seq

    def change(wire: Wire) -> None:
        segment = wire.segments[clean.index(spot.number)]
        segment.extend([""] * (seq + 1 - len(segment)))
        segment[seq] = value
        while segment[-1] == "":
            segment.pop()

    loops: tuple[str, ...] = (spot.use.loop.id,)
    if key and spot.use is spot.use.loop.entry and spot.loop.parent:
        loops += (spot.loop.parent.use.id,)
    called = f"{spot.use.tag}{seq:02d}" + (f"-{component}" if component else "")
    expected = Expected(f"IK4:{code}", spot.number, spot.use.tag, loops, seq, component)
    return Mutant(f"{spot} {called} {what}", clean.write(change), expected)


# ------------------------------------------------------------------ syntax notes


def _notes(clean: Clean, spot: Spot) -> Iterator[Mutant]:
    """Break each syntax note that the segment keeps, by emptying or filling one element."""
    use, sent = spot.use, spot.sent
    for note in use.notes:
        for seq in note[1]:
            element = use.elements[seq - 1]
            there = _there(sent, seq)
            value = "" if there else _good(element)
            if value is None or (there and element.usage == "R") or seq in clean.guide.keys.get(use.tag, ()):
                continue
            new = _with(sent, seq, value)
            if note[0] == "E":  # what it brings along is no part of the slip
                new = _mended(use, new)
            told = _told(note, new)
            if told and {t for n in use.notes if (t := _told(n, new))} == {told}:
                named = note[0] + "".join(f"{s:02d}" for s in note[1])
                yield Mutant(
                    f"{spot} {use.tag}{seq:02d} {'filled' if value else 'emptied'} against {named}",
                    clean.write(functools.partial(_replace, at=clean.index(spot.number), segment=new)),
                    Expected(
                        f"IK4:{told[0]}", spot.number, use.tag, (use.loop.id,), told[1],
                        because=next(_because(n, new) for n in use.notes if _told(n, new)),
                    ),
                )  # fmt: skip


def _replace(wire: Wire, at: int, segment: Sent) -> None:
    last = max(i for i, e in enumerate(segment) if e)
    wire.segments[at] = segment[: last + 1]


def _mended(use: SegmentUse, sent: Sent) -> Sent:
    """A segment with what its conditional notes ask for."""
    for kind, seqs in use.notes:
        for seq in seqs[1:]:
            if kind == "C" and _there(sent, seqs[0]) and not _there(sent, seq):
                sent = _with(sent, seq, _good(use.elements[seq - 1]) or "")
    return sent


def _told(note: Note, sent: Sent) -> tuple[str, int] | None:
    """What X12.6 says of a note that does not hold: code and element."""
    kind, seqs = note
    there = [seq for seq in seqs if _there(sent, seq)]
    absent = [seq for seq in seqs if seq not in there]
    first = seqs[0] in there
    if kind == "P" and there and absent:
        return "2", absent[0]
    if kind == "R" and not there:
        return "2", seqs[0]
    if kind == "E" and len(there) > 1:
        return "10", there[-1]
    if kind == "C" and first and absent:
        return "2", absent[0]
    if kind == "L" and first and len(there) == 1:
        return "2", seqs[1]
    return None


def _because(note: Note, sent: Sent) -> tuple[int, ...]:
    """The elements that are there and so break a note: all of P, but the last of E, the first of C and L."""
    there = tuple(seq for seq in note[1] if _there(sent, seq))
    return {"P": there, "E": there[:-1], "C": note[1][:1], "L": note[1][:1], "R": ()}[note[0]]


def _breaks_a_note(use: SegmentUse, sent: Sent, seq: int, value: str) -> bool:
    return any(_told(note, _with(sent, seq, value)) for note in use.notes)


def _with(sent: Sent, seq: int, value: str) -> Sent:
    new = [*sent, *[""] * (seq + 1 - len(sent))]
    new[seq] = value
    return new


def _there(sent: Sent, seq: int) -> bool:
    return seq < len(sent) and sent[seq] != ""


def _good(use: ElementUse) -> str | None:
    """A value an element may have; None for one that is not simple to make."""
    if use.components or use.data_element == "1251" or use.shape or use.type in ("DT", "TM"):
        return None
    if use.codes:
        return min(use.codes)
    return "1" * use.min


# ------------------------------------------------------------------ the envelope

ENVELOPE: dict[str, tuple[str, int, str | None, str]] = {  # place, element, value (None: empty), code
    "SE01 wrong": ("SE", 1, "999", "IK5:4"),
    "SE01 in letters": ("SE", 1, "X", "IK5:4"),
    "SE01 empty": ("SE", 1, None, "IK5:4"),
    "SE02 another number": ("SE", 2, "9999", "IK5:3"),
    "SE02 empty": ("SE", 2, None, "IK5:3"),
    "ST01 another set": ("ST", 1, "835", "IK5:18"),
    "ST03 another guide": ("ST", 3, "005010X221A1", "IK5:19"),
    "ST03 empty": ("ST", 3, None, "IK5:19"),
    "GE01 wrong": ("GE", 1, "9", "AK9:5"),
    "GE01 in letters": ("GE", 1, "X", "AK9:5"),
    "GE01 empty": ("GE", 1, None, "AK9:5"),
    "GE02 another number": ("GE", 2, "9999", "AK9:4"),
    "GE02 empty": ("GE", 2, None, "AK9:4"),
    "GS01 of another group": ("GS", 1, "HP", "AK9:1"),
    "GS08 of no guide": ("GS", 8, "005010X999", "AK9:2"),
    "GS08 empty": ("GS", 8, None, "AK9:2"),
    "IEA01 wrong": ("IEA", 1, "9", "TA1:021"),
    "IEA01 in letters": ("IEA", 1, "X", "TA1:021"),
    "IEA01 empty": ("IEA", 1, None, "TA1:021"),
    "IEA02 another number": ("IEA", 2, "000009999", "TA1:001"),
    "IEA02 empty": ("IEA", 2, None, "TA1:001"),
    "ISA01 of no code": ("ISA", 1, "09", "TA1:010"),
    "ISA03 of no code": ("ISA", 3, "09", "TA1:012"),
    "ISA05 of no code": ("ISA", 5, "QQ", "TA1:005"),
    "ISA06 blank": ("ISA", 6, " " * 15, "TA1:006"),
    "ISA07 of no code": ("ISA", 7, "QQ", "TA1:007"),
    "ISA08 blank": ("ISA", 8, " " * 15, "TA1:008"),
    "ISA09 impossible": ("ISA", 9, "250229", "TA1:014"),
    "ISA10 impossible": ("ISA", 10, "2460", "TA1:015"),
    "ISA11 a letter": ("ISA", 11, "U", "TA1:016"),
    "ISA11 the component mark": ("ISA", 11, ":", "TA1:016"),
    "ISA12 of no version": ("ISA", 12, "00999", "TA1:003"),
    "ISA14 of no code": ("ISA", 14, "2", "TA1:019"),
    "ISA15 of no code": ("ISA", 15, "X", "TA1:020"),
}
BOTH_ENDS: dict[str, tuple[str, int, str, int, str, str]] = {  # header and trailer say the same
    "ST02 too short": ("ST", 2, "SE", 2, "1", "IK5:7"),
    "ST02 too long": ("ST", 2, "SE", 2, "1234567890", "IK5:7"),
    "ST02 with a mark": ("ST", 2, "SE", 2, "00:1", "IK5:7"),
    "GS06 in letters": ("GS", 6, "GE", 2, "ABC", "AK9:6"),
    "GS06 too long": ("GS", 6, "GE", 2, "1234567890", "AK9:6"),
    "ISA13 in letters": ("ISA", 13, "IEA", 2, "ABCDEFGHI", "TA1:018"),
}


def envelope(clean: Clean) -> Iterator[Mutant]:
    """Each count, number and version of the envelope made wrong."""
    for name, (place, element, value, code) in ENVELOPE.items():
        wire = copy.deepcopy(clean.wire)
        if place == "ISA":
            wire.at("ISA")[14] = "1"  # a TA1 is asked for
        wire.at(place)[element] = value or ""
        yield Mutant(name, wire.write(), Expected(code, 0, place, (), element))
    for name, (head, at, tail, then, text, code) in BOTH_ENDS.items():
        wire = copy.deepcopy(clean.wire)
        wire.at(head)[at] = wire.at(tail)[then] = text
        yield Mutant(name, wire.write(), Expected(code, 0, head, (), at))
