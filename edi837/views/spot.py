"""A finding with where it stands: its bytes in the file, and what else it points at.

Enters: the events of a file, and its `Segments`. Leaves: a `Spot` for a finding: the segment, the
element in it, the elements that make it a fault and the line it is at odds with, each with its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi837.findings import Finding, Place
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.views.locate import Home, Located, Segments
from edi837.x12 import Delimiters

_FARTHEST = 4096  # segments walked back to the CLM of a line


@dataclass(frozen=True, slots=True)
class Point:
    """An element, or a whole segment, in the file."""

    place: Place
    segment: Located
    start: int  # character of the segment's text
    length: int  # bytes; 0: something is missing here

    @property
    def offset(self) -> int:
        """Its first byte."""
        return self.segment.offset + self.start

    @property
    def at(self) -> tuple[int, int]:
        """Its line and column."""
        return self.segment.at(self.start)

    @property
    def end(self) -> tuple[int, int]:
        """Line and column behind it."""
        return self.segment.at(self.start + self.length)


@dataclass(frozen=True, slots=True)
class Spot:
    """A finding and where it is seen."""

    finding: Finding
    file: str
    home: Home  # the frame it stands in
    guide: str = ""  # that judged the set; empty outside of one that was read
    point: Point | None = None  # None: it stands on no segment
    because: tuple[Point, ...] = ()
    other: Point | None = None
    missing: bool = False  # it says that a segment is missing: before the one it points at
    has_lines: bool = False  # whether the file has lines, so that a line number tells anything


class Trail:
    """Follows the events of a file, so that findings can be found in it."""

    def __init__(self, segments: Segments, file: str) -> None:
        self._segments = segments
        self._file = file
        self._home = Home()
        self._guide = ""
        self._isa: Interchange | None = None
        self._group: FunctionalGroup | None = None
        self._count = 0  # interchanges

    def take(self, event: Event) -> Iterator[Finding]:
        """Take the next event; what was found with it."""
        if isinstance(event, Verdict):
            yield from event.findings
        elif isinstance(event, Finding):
            yield event
        elif isinstance(event, End):
            self._leave(event.of)
        elif isinstance(event, Interchange):
            self._count += 1
            self._isa, self._home = event, Home(self._count)
        elif isinstance(event, FunctionalGroup):
            assert self._isa is not None
            self._group, self._home = event, Home(self._count, self._isa.groups)
        else:
            assert self._group is not None
            self._home, self._guide = Home(*self._home[:2], self._group.sets), event.guide

    def _leave(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        """A frame ends; what is found now stands in the one around it."""
        self._guide = ""
        if isinstance(frame, Interchange):
            self._home = Home()
        else:
            self._home = Home(*self._home[: 1 if isinstance(frame, FunctionalGroup) else 2])

    def spot(self, finding: Finding) -> Spot:
        """A finding of the event taken last, found in the file."""
        place = finding.place
        segment = self._segment(place)
        point = _point(place, segment) if segment else None
        missing = segment is not None and finding.syntax == "IK3:3"
        points = [at for each in finding.because if (at := self._point(each))]
        return Spot(
            finding, self._file, self._home, self._guide, point, tuple(points), self._other(finding),
            missing, self._segments.has_lines,
        )  # fmt: skip

    def near(self, spot: Spot, number: int) -> Located | None:
        """Another segment of the set a spot is in."""
        return self._segments.find(spot.home, number) if number > 0 and spot.home.set else None

    def _segment(self, place: Place) -> Located | None:
        if place.segment:
            return self._segments.find(self._home, place.segment)
        return self._segments.frame(_frame(self._home, place.tag), place.tag) if place.tag else None

    def _point(self, place: Place) -> Point | None:
        segment = self._segments.find(self._home, place.segment)
        return _point(place, segment) if segment else None

    def _other(self, finding: Finding) -> Point | None:
        """The other line, if it stands in this set for certain: its value and its claim are those."""
        place = finding.other
        segment = self._segments.find(self._home, place.segment) if place else None
        if place is None or segment is None or segment.tag != place.tag:
            return None
        point = _point(place, segment)
        said = segment.text[point.start : point.start + point.length].upper()
        if place.tag != "DTP" and said != place.value.upper():
            return None
        return point if place.claim == finding.place.claim or self._claim(segment) == place.claim else None

    def _claim(self, segment: Located) -> str:
        """CLM01 of the claim a segment stands in."""
        for number in range(segment.number, max(0, segment.number - _FARTHEST), -1):
            above = self._segments.find(self._home, number)
            if above and above.tag == "CLM":
                return above.elements[1] if len(above.elements) > 1 else ""
        return ""


def _frame(home: Home, tag: str) -> Home:
    """The frame that a segment of the envelope belongs to."""
    depth = {"ISA": 1, "IEA": 1, "GS": 2, "GE": 2}.get(tag, 3)
    return Home(*home[:depth])


def _point(place: Place, segment: Located) -> Point:
    start, length = span(segment.text, place, segment.delimiters)
    return Point(place, segment, start, length)


def span(text: str, place: Place, marks: Delimiters) -> tuple[int, int]:
    """First character and length of what a place names in the text of its segment; 0 long if it is not there."""
    if not place.element:
        return (0, len(text)) if place.tag in ("", text.partition(marks.element)[0]) else (0, 0)
    start, value, there = _part(text, 0, place.element, marks.element)
    if there and place.repetition and marks.repetition:
        start, value, there = _part(value, start, place.repetition - 1, marks.repetition)
    if there and place.component:
        start, value, there = _part(value, start, place.component - 1, marks.component)
    return start, len(value) if there else 0


def _part(text: str, start: int, index: int, separator: str) -> tuple[int, str, bool]:
    """One of the parts of a text that begins at ``start``: where it begins, and whether it is there."""
    parts = text.split(separator)
    if index >= len(parts):
        return start + len(text), "", False
    return start + sum(len(part) + len(separator) for part in parts[:index]), parts[index], True
