"""Which segment is asked for, in words: by its number, its line or byte, or its place in the loops.

::

    54              the 54th segment of the set, ST being the first (as `check` counts them)
    file:56         the 56th of the file; line:56, byte:1525: what stands there
    CLM             every CLM; CLM05-3 its element 05, component 3
    2300/REF*G1     a REF of loop 2300 whose element 01 is G1
    2400[2]/SV1     the SV1 of the second 2400 of its claim; 2400[2] alone: the segment that opens it
    ISA13, GS, SE   the frames around the sets
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edi837.findings import Edi837Error

_STEP = re.compile(r"([A-Z0-9_]+)(?:\[([1-9]\d{0,5})\])?\Z")
_LOOP = re.compile(r"(?:\d{4}[A-Z]{0,2}|ST_LOOP)\Z")
_SEGMENT = re.compile(
    r"(?P<tag>[A-Z][A-Z0-9]{1,2}?)(?P<element>\d\d)?(?:-0?(?P<component>[1-9]\d?))?"
    r"(?:\*(?P<qualifier>[A-Z0-9]{1,6}))?(?:\[(?P<nth>[1-9]\d{0,5})\])?\Z"
)


class BadWhere(Edi837Error):
    """The words name no place."""


@dataclass(frozen=True, slots=True)
class Step:
    """A loop on the way, and which of its likes in the loop above; 0: any."""

    loop: str
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """What is asked for."""

    words: str
    unit: str = ""  # set, file, line or byte, when a number is asked for
    number: int = 0
    steps: tuple[Step, ...] = ()
    tag: str = ""  # empty: the segment that opens the last of the loops
    element: int = 0
    component: int = 0
    qualifier: str = ""  # element 01, or its first component
    nth: int = 0  # of such segments in their loop

    @property
    def refdes(self) -> str:
        """The element that is asked for: CLM05-3; empty when a whole segment is."""
        name = f"{self.tag}{self.element:02d}" if self.element else ""
        return f"{name}-{self.component}" if self.component else name


def parse(words: str) -> Where:
    """Read the words. BadWhere when they name no place."""
    said = words.strip().upper()
    unit, _, number = said.rpartition(":")
    if number.isdecimal() and number.isascii() and unit in ("", "SEGMENT", "SET", "FILE", "LINE", "BYTE"):
        if len(number) > 15:
            raise BadWhere(f"there is no segment {number[:15]}...")
        known = {"": "set", "SEGMENT": "set"}.get(unit, unit.lower())
        return Where(words, known, int(number))
    *loops, last = said.split("/")
    if _LOOP.match(last.partition("[")[0]):
        loops, last = [*loops, last], ""
    steps = []
    for each in loops:
        step = _STEP.match(each)
        if not step or not _LOOP.match(step[1]):
            raise BadWhere(f"{each or '/'!r} is no loop; a place is said as 2400[2]/SV1, CLM05-3, 54 or line:56")
        steps.append(Step(step[1], int(step[2] or 0)))
    if not last:
        return Where(words, steps=tuple(steps))
    segment = _SEGMENT.match(last)
    if not segment or (segment["component"] and not segment["element"]):
        raise BadWhere(f"{last!r} is no segment; a place is said as 2400[2]/SV1, CLM05-3, 54 or line:56")
    return Where(
        words, steps=tuple(steps), tag=segment["tag"], element=int(segment["element"] or 0),
        component=int(segment["component"] or 0), qualifier=segment["qualifier"] or "", nth=int(segment["nth"] or 0),
    )  # fmt: skip
