"""Finds the segments that are asked for, by the outline of a file.

Enters: the marks of `outline`, and what is asked for. Leaves: a `Match` for each segment, up to a limit, and
what was met on the way, from which `nearest` says what could have been meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from edi837.chart import Loop
from edi837.findings import Finding
from edi837.frames import FunctionalGroup, Interchange, TransactionSet
from edi837.grammar import SegmentUse
from edi837.lookup.where import Where
from edi837.outline import Begin, Finish, Mark, Piece
from edi837.views.locate import Home, Located, Segments

MOST = 50  # segments told
_LEVEL = {"ISA": 1, "IEA": 1, "GS": 2, "GE": 2, "ST": 3, "SE": 3}
_ENDS = {Interchange: "IEA", FunctionalGroup: "GE", TransactionSet: "SE"}


@dataclass(slots=True)
class Match:
    """A segment that was asked for."""

    segment: Located
    home: Home
    use: SegmentUse | None = None  # None: of a frame, or without a place in its guide
    guide: str = ""
    path: str = ""  # 2300/2400[2]/SV1
    steps: tuple[tuple[str, str], ...] = ()  # ISA and its number, down to the line
    loop: str = ""
    day: date | None = None  # of service, of its line or claim
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Met:
    """What a file holds, as far as one may have meant it."""

    loops: dict[str, int] = field(default_factory=dict)  # by id, the most of them in one loop
    tags: dict[str, dict[str, None]] = field(default_factory=dict)  # by loop, the segments in it
    longest: int = 0  # segments of a set


@dataclass(slots=True)
class _Open:
    """An open loop."""

    id: str
    nth: int
    claim: str = ""
    line: str = ""
    day: date | None = None
    loops: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    pieces: int = 0


class Finder:
    """Goes through an outline."""

    def __init__(self, where: Where, segments: Segments, *, numbered: bool = True) -> None:
        """``numbered``: the outline holds every loop, so that their numbers mean something above claims too."""
        self._where, self._segments, self._numbered = where, segments, numbered
        self._target = _target(where, segments) if where.unit not in ("", "set") else None
        self._home = Home()
        self._frames: list[tuple[str, str]] = []  # ISA and ISA13 ...
        self._notes: list[dict[str, list[Finding]]] = []  # for each open frame, on its own segments
        self._guide = ""
        self._loops: list[_Open] = []
        self._loose: list[tuple[Home, Finding]] = []  # on the segment of the number, which has no place
        self.matches: list[Match] = []
        self.count = 0
        self.met = Met()

    def read(self, marks: Iterable[Mark]) -> None:
        """Go through to the end."""
        for mark in marks:
            if isinstance(mark, Piece):
                self._piece(mark)
            elif isinstance(mark, Begin):
                self._begin(mark)
            elif isinstance(mark, Finish):
                self._finish(mark)
            else:
                self._finding(mark)
        if not self.count and self._where.unit:
            self._without_place()

    # -------------------------------------------------------------- marks

    def _begin(self, mark: Begin) -> None:
        node = mark.node
        if isinstance(node, Loop):
            above = self._loops[-1] if self._loops else None
            likes = above.loops if above else self._top
            nth = likes[node.use.id] = likes.get(node.use.id, 0) + 1
            opened = _Open(node.use.id, nth, above.claim if above else "", above.line if above else "",
                           above.day if above else None)  # fmt: skip
            if mark.claim:
                opened.claim, opened.day = mark.claim.id, mark.claim.first
            if mark.line:
                opened.line, opened.day = mark.line.number, mark.line.first
            self._loops.append(opened)
            self.met.loops[node.use.id] = max(self.met.loops.get(node.use.id, 0), nth)
            return
        self._home = Home(*mark.at)
        tag = {Interchange: "ISA", FunctionalGroup: "GS"}.get(type(node), "ST")
        self._frames.append((tag, node.number))
        self._notes.append({})
        if isinstance(node, TransactionSet):
            self._guide = node.guide
            self._top: dict[str, int] = {}
            self._outside = _Open("ST_LOOP", 1, loops=self._top)
        if not (tag == "ST" and mark.root is not None):
            self._frame(tag)

    def _finish(self, mark: Finish) -> None:
        node = mark.node
        if isinstance(node, Loop):
            self._loops.pop()
            return
        self._frame(_ENDS[type(node)], node.segments if isinstance(node, TransactionSet) else 0)
        if isinstance(node, TransactionSet):
            self.met.longest = max(self.met.longest, node.segments)
            self._guide = ""
        self._frames.pop()
        self._notes.pop()
        self._home = Home(*self._home[: len(self._frames)])

    def _piece(self, piece: Piece) -> None:
        where, tag = self._where, piece.seg[0]
        loop = self._loops[-1] if self._loops else self._outside
        qualified = not where.qualifier or _first(piece, self._segments, self._home) == where.qualifier
        loop.pieces += 1
        self.met.tags.setdefault(loop.id, {})[tag] = None
        if qualified:
            loop.tags[tag] = loop.tags.get(tag, 0) + 1
        if where.unit:
            wanted = self._target or (self._home, where.number, "")
            hit = (self._home, piece.number) == wanted[:2]
        else:
            hit = (tag == where.tag if where.tag else loop.pieces == 1 and bool(where.steps)) and qualified
            hit = hit and (not where.nth or loop.tags[tag] == where.nth) and self._on_the_way()
        if not hit:
            return
        path = [self._step(each) for each in self._loops]
        inside = (("claim", loop.claim), ("line", loop.line))
        steps = [*self._frames, *(step for step in inside if step[1])]
        findings = list(piece.findings)
        if tag == "ST":
            findings = self._notes[-1].setdefault("ST", findings)
        segment = self._segments.find(self._home, piece.number)
        if segment:
            where_it_is = "/".join([*path, tag])
            self._put(Match(
                segment, self._home, piece.use, self._guide, where_it_is, tuple(steps), loop.id, loop.day, findings
            ))  # fmt: skip

    def _finding(self, finding: Finding) -> None:
        place = finding.place
        if not place.segment and place.tag in _LEVEL and len(self._notes) >= _LEVEL[place.tag]:
            self._notes[_LEVEL[place.tag] - 1].setdefault(place.tag, []).append(finding)
            return
        for match in self.matches if place.segment else ():  # found after its segment was told
            if match.segment.number == place.segment and match.home == self._home:
                match.findings.append(finding)
        if place.segment and len(self._loose) < MOST:
            wanted = self._target or (self._home, self._where.number, "")
            if self._where.unit and (self._home, place.segment) == wanted[:2]:
                self._loose.append((self._home, finding))

    # -------------------------------------------------------------- matches

    def _frame(self, tag: str, last: int = 1) -> None:
        """A segment of a frame, which begins or ends; ``last``: its number in the set."""
        where, home = self._where, self._home
        if where.unit:
            wanted = self._target or (home, where.number, "")
            hit = (Home(*home[: _LEVEL[tag]]), last if _LEVEL[tag] == 3 else 0) == wanted[:2]
            hit = hit and wanted[2] in ("", tag)
        else:
            hit = where.tag == tag and not where.steps
        segment = self._segments.frame(home, tag) if hit else None
        if segment:
            notes = self._notes[_LEVEL[tag] - 1].setdefault(tag, [])
            self._put(Match(segment, home, path=tag, steps=tuple(self._frames), findings=notes, guide=self._guide))

    def _without_place(self) -> None:
        """The segment of a number that the outline does not hold."""
        target, number, tag = self._target or (None, self._where.number, "")
        for home, segment in self._segments.every():
            if segment.number == number and home == (target or home) and (number or segment.tag == tag):
                findings = [finding for of, finding in self._loose if of == home]
                self._put(Match(segment, home, path=segment.tag, findings=findings))

    def _put(self, match: Match) -> None:
        self.count += 1
        if len(self.matches) < MOST:
            self.matches.append(match)

    def _on_the_way(self) -> bool:
        """Whether the open loops are those that are asked for: the last the innermost, the others above it."""
        steps, loops = list(self._where.steps), list(self._loops)
        if steps and steps[0].loop == "ST_LOOP":
            del steps[0]
            if not steps:
                return not loops
        for number, step in enumerate(reversed(steps)):
            while loops:
                one = loops.pop()
                if one.id == step.loop and step.nth in (0, one.nth):
                    break
                if not number:
                    return False
            else:
                return False
        return True

    def _step(self, loop: _Open) -> str:
        below = bool(loop.claim) and loop.id != "2300"
        return f"{loop.id}[{loop.nth}]" if below or self._numbered else loop.id


def _first(piece: Piece, segments: Segments, home: Home) -> str:
    """Element 01, or its first component."""
    if len(piece.seg) < 2:
        return ""
    if not piece.use.elements[0].components:
        return piece.seg[1].upper()
    located = segments.find(home, piece.number)
    return piece.seg[1].partition(located.delimiters.component if located else ":")[0].upper()


def _target(where: Where, segments: Segments) -> tuple[Home, int, str]:
    """The segment of a number in the file, a line or a byte: its frame, its number in the set, its tag."""
    for count, (home, segment) in enumerate(segments.every(), 1):
        end = segment.offset + len(segment.text)
        rows = segment.text.count("\n")
        if where.unit == "file":
            hit = count == where.number
        elif where.unit == "line":
            hit = segment.row <= where.number <= segment.row + rows
        else:
            hit = segment.offset <= where.number <= end
        if hit:
            return home, segment.number, segment.tag
    return Home(), -1, ""
