"""A file in parts: by transaction set, by count of claims, or by payer.

Enters: a binary stream of whole frames (`deck`). Leaves: text for numbered parts, each of them an
interchange, and one alone, with its own headers, counts and numbers. Every claim goes into one part, word for word,
under the levels and the head of set it stood under; a level is repeated in each part that needs it.

What is written anew: ISA13 where a part before has it, HL01, HL02, HL04 and the counts of SE, GE and
IEA. An HL with claims of its own and dependents below it becomes two, and SBR02 (the patient is the
subscriber) is left out of the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from edi837 import deck
from edi837.deck import Frames, Torn
from edi837.x12 import Delimiters, Segment, element

Text = tuple[int, str, str]  # number of the part from 1, its label (a payer id), text to add to it
NO_PAYER = "no payer"


@dataclass(eq=False, slots=True)
class _Level:
    """An HL with its segments before the first claim."""

    segments: list[Segment]
    claims: int = 0


Path = list[tuple[_Level, bool]]  # from the top; whether a level stands below it


class _Numbers:
    """ISA13 for each interchange written: its own, or the next that is free."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._last = 0

    def give(self, own: str) -> str:
        number = own
        while number in self._given:
            self._last = max(self._last, int(own)) % 999_999_999 + 1
            number = f"{self._last:09d}"
        self._given.add(number)
        return number


@dataclass(slots=True)
class _Part:
    """What stands open in one part."""

    number: int
    label: str
    numbers: _Numbers
    frames: Frames | None = None
    delimiters: Delimiters = field(default_factory=Delimiters)
    control: str = ""  # ISA13
    groups: int = 0
    sets: int = 0
    segments: int = 0
    levels: int = 0
    path: Path = field(default_factory=list)
    above: list[str] = field(default_factory=list)  # HL01 of the path
    claims: int = 0

    def open(self, frames: Frames, head: list[Segment], delimiters: Delimiters) -> Iterator[Segment]:
        """Open the set these frames lead to, of the part's interchange, when another stands open or none."""
        old = self.frames
        if old is not None and old.st is frames.st:
            return
        if old is not None:
            yield from self.close(group=old.gs is not frames.gs, interchange=False)
        self.frames, self.delimiters = frames, delimiters
        if old is None:
            self.control, self.groups = self.numbers.give(frames.isa[13]), 0
            yield [*frames.isa[:13], self.control, *frames.isa[14:]]
        if old is None or old.gs is not frames.gs:
            self.groups, self.sets = self.groups + 1, 0
            yield frames.gs
        self.sets, self.segments, self.levels, self.path, self.above = self.sets + 1, len(head), 0, [], []
        yield from head

    def within(self, frames: Frames) -> bool:
        """Whether these frames lead into the interchange that stands open here, or none does."""
        return self.frames is None or self.frames.isa is frames.isa

    def claim(self, path: Path, claim: list[Segment]) -> Iterator[Segment]:
        """A claim, under such levels of its path as do not stand open."""
        common = 0
        while common < min(len(path), len(self.path)) and path[common] == self.path[common]:
            common += 1
        del self.above[common:]
        for level, more in path[common:]:
            self.levels += 1
            hl = level.segments[0]
            above = self.above[-1] if self.above else ""
            self.above.append(str(self.levels))
            self.segments += len(level.segments)
            yield ["HL", str(self.levels), above, hl[3], "1" if more else "0", *hl[5:]]
            own = more and level.claims  # the subscriber's, which stand under another HL here
            for seg in level.segments[1:]:
                yield [*seg[:2], "", *seg[3:]] if own and seg[0] == "SBR" else seg
        self.path = path
        self.segments += len(claim)
        self.claims += 1
        yield from claim

    def close(self, *, group: bool = True, interchange: bool = True) -> Iterator[Segment]:
        """Close the set, and the group and interchange around it."""
        assert self.frames is not None
        yield ["SE", str(self.segments + 1), self.frames.st[2]]
        if group:
            yield ["GE", str(self.sets), self.frames.gs[6]]
        if interchange:
            yield ["IEA", str(self.groups), self.control]

    def text(self, segments: Iterator[Segment]) -> Text:
        """Segments as text to add; `open` sets the delimiters before it tells its first."""
        return self.number, self.label, "".join([deck.text(seg, self.delimiters) for seg in segments])


def by_set(stream: BinaryIO) -> Iterator[Text]:
    """Each transaction set alone, its segments as they are."""
    numbers = _Numbers()
    part = _Part(0, "", numbers)
    isa: Segment = []
    gs: Segment = []
    for item, seg in deck.told(stream):
        if seg[0] == "ISA":
            isa = seg
        elif seg[0] == "GS":
            gs = seg
        elif seg[0] == "ST":
            part = _Part(part.number + 1, "", numbers)
            yield part.text(part.open(Frames(isa, gs, seg), [seg], item.delimiters))
        elif seg[0] == "SE":
            yield part.text(part.close())
        elif seg[0] not in ("GE", "IEA"):
            part.segments += 1
            part.claims += seg[0] == "CLM"
            yield part.number, "", deck.text(seg, item.delimiters)


def by_claims(stream: BinaryIO, most: int) -> Iterator[Text]:
    """Parts of so many claims at most, in file order; none goes beyond its interchange."""
    numbers = _Numbers()
    part = _Part(1, "", numbers)
    for frames, head, path, claim, delimiters in _claims(stream):
        if part.claims == most or not part.within(frames):
            yield part.text(part.close())
            part = _Part(part.number + 1, "", numbers)
        yield part.text(part.open(frames, head, delimiters))
        yield part.text(part.claim(path, claim))
    if part.claims:
        yield part.text(part.close())


def by_payer(stream: BinaryIO) -> Iterator[Text]:
    """A part for each payer (2010BB NM109) of each interchange, in the order in which they come."""
    numbers = _Numbers()
    parts: dict[str, _Part] = {}
    count = 0
    for frames, head, path, claim, delimiters in _claims(stream):
        payer = next((element(seg, 9) for level, _ in path for seg in level.segments if seg[:2] == ["NM1", "PR"]), "")
        if parts and not next(iter(parts.values())).within(frames):
            for part in parts.values():
                yield part.text(part.close())
            parts.clear()
        if payer not in parts:
            count += 1
            parts[payer] = _Part(count, payer or NO_PAYER, numbers)
        part = parts[payer]
        yield part.text(part.open(frames, head, delimiters))
        yield part.text(part.claim(path, claim))
    for part in parts.values():
        yield part.text(part.close())


def _claims(stream: BinaryIO) -> Iterator[tuple[Frames, list[Segment], Path, list[Segment], Delimiters]]:
    """Each claim with its frames, the head of its set and the levels above it."""
    isa: Segment = []
    gs: Segment = []
    head: list[Segment] = []
    levels: list[_Level] = []
    claim: list[Segment] = []
    count = claims = 0
    frames = Frames([], [], [])
    here: list[Segment] = []  # where the next segment goes
    for item, seg in deck.told(stream):
        tag = seg[0]
        if tag in ("CLM", "HL", "SE") and claim:
            claims += 1
            levels[-1].claims += 1
            path = [(level, level is not levels[-1]) for level in levels]
            yield frames, head, path, claim, item.delimiters
            claim = []
        if tag == "ISA":
            isa = seg
        elif tag == "GS":
            gs = seg
        elif tag == "ST":
            frames, head, levels, count, claims = Frames(isa, gs, seg), [seg], [], 0, 0
            here = head
        elif tag == "HL":
            count += 1
            if element(seg, 1) != str(count):
                raise Torn("HL01 does not count on")
            depth = deck.below(seg, [level.segments[0] for level in levels])
            _promised(levels, depth)
            del levels[depth:]
            here = [seg]
            levels.append(_Level(here))
        elif tag == "CLM":
            if len(levels) < 2:
                raise Torn("a claim stands under no subscriber")
            claim = here = [seg]
        elif tag == "SE":
            _promised(levels, 0)
            if not claims:
                raise Torn("a transaction set holds no claim")
        elif tag not in ("GE", "IEA"):
            here.append(seg)


def _promised(levels: list[_Level], depth: int) -> None:
    """Verify that the last level has below it what its HL04 says, or a claim."""
    if not levels:
        return
    last = levels[-1]
    more = depth == len(levels)
    if element(last.segments[0], 4) != ("1" if more else "0"):
        raise Torn("HL04 does not say whether a level stands below")
    if not more and not last.claims:
        raise Torn("a level holds no claim")
