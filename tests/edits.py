"""A small language for changing one place of an interchange.

Enters: the bytes of an interchange that begins with its ISA. `Wire` takes it apart and
writes it again; each operation below makes a `Change`, which alters a `Wire` in place or
raises `Absent`. A place is written as a segment begins, in ``*`` and ``:`` whatever the
interchange's own marks (``NM1*IL``, ``HI*ABK``); the first such segment is meant.
``NM1*IL>N4`` is the first N4 from the first NM1*IL on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


class Absent(Exception):
    """The interchange has no such place."""


@dataclass
class Wire:
    """An interchange as segments of elements, with the marks to write it again."""

    segments: list[list[str]]
    element: str
    component: str
    repetition: str
    terminator: str
    after: str  # what stands behind each terminator: nothing or a line end

    @classmethod
    def read(cls, data: bytes) -> Wire:
        """Take apart an interchange that begins with its ISA; latin-1, so any byte goes."""
        text = data.decode("latin-1")
        element, repetition, component, terminator = text[3], text[82], text[104], text[105]
        after = text[106 : text.index("GS", 106)]
        segments = [s.strip("\r\n").split(element) for s in text.split(terminator)]
        return cls([s for s in segments if s != [""]], element, component, repetition, terminator, after)

    def write(self) -> bytes:
        """The bytes again."""
        end = self.terminator + self.after
        return "".join(self.element.join(s) + end for s in self.segments).encode("latin-1")

    def index(self, place: str, start: int = 0) -> int:
        """Where the first segment that begins as ``place`` does stands, from ``start`` on."""
        first, _, then = place.partition(">")
        if then:
            return self.index(then, self.index(first, start))
        wanted = place.split("*")
        for i, segment in enumerate(self.segments[start:], start):
            found = [e.split(self.component)[0] for e in segment[: len(wanted)]]
            if found == wanted:
                return i
        raise Absent(place)

    def at(self, place: str) -> list[str]:
        """The first segment that begins as ``place`` does."""
        return self.segments[self.index(place)]

    def split(self, text: str) -> list[str]:
        """Elements of a segment written with ``*`` and ``:``, in this wire's own marks."""
        return [e.replace(":", self.component) for e in text.split("*")]

    def span(self, first: str, last: str) -> tuple[int, int]:
        """First and one past the last index of a frame, ``ST`` to ``SE``."""
        start = self.index(first)
        return start, self.index(last, start) + 1

    def recount(self) -> None:
        """Make every SE01 right."""
        start = None
        for i, segment in enumerate(self.segments):
            if segment[0] == "ST":
                start = i
            elif segment[0] == "SE" and start is not None and len(segment) > 1:
                segment[1] = str(i - start + 1)


Change = Callable[[Wire], None]


def drop(place: str) -> Change:
    """Leave the segment out."""

    def change(w: Wire) -> None:
        del w.segments[w.index(place)]

    return change


def drop_only(place: str) -> Change:
    """Leave the segment out, if the next is not another of its kind."""

    def change(w: Wire) -> None:
        i = w.index(place)
        if w.segments[i + 1][0] == w.segments[i][0]:
            raise Absent(f"another {place} follows")
        del w.segments[i]

    return change


def put(place: str, element: int, value: str | Callable[[str], str]) -> Change:
    """Give the element another value, or one made of the value it has."""

    def change(w: Wire) -> None:
        segment = w.at(place)
        segment.extend([""] * (element + 1 - len(segment)))
        old = segment[element]
        new = value(old) if callable(value) else value.replace(":", w.component)
        if new == old:
            raise Absent(f"{place} has {new!r} already")
        segment[element] = new
        while segment[-1] == "":
            segment.pop()

    return change


def part(place: str, element: int, component: int, value: str) -> Change:
    """Give one component of the element another value."""

    def change(w: Wire) -> None:
        parts = w.at(place)[element].split(w.component)
        parts.extend([""] * (component - len(parts)))
        if parts[component - 1] == value:
            raise Absent(f"{place} has {value!r} already")
        parts[component - 1] = value
        w.at(place)[element] = w.component.join(parts)

    return change


def insert(text: str, before: str = "", after: str = "") -> Change:
    """Put a new segment before or after a place."""

    def change(w: Wire) -> None:
        w.segments.insert(w.index(before) if before else w.index(after) + 1, w.split(text))

    return change


def again(place: str, times: int = 1) -> Change:
    """Repeat the segment ``times`` more."""

    def change(w: Wire) -> None:
        i = w.index(place)
        w.segments[i:i] = [list(w.segments[i]) for _ in range(times)]

    return change


def move(place: str, after: str) -> Change:
    """Move the segment behind another."""

    def change(w: Wire) -> None:
        segment = w.segments.pop(w.index(place))
        w.segments.insert(w.index(after) + 1, segment)

    return change


def double(first: str, last: str, count: tuple[str, int] | None = None) -> Change:
    """Write the frame twice, and raise the count of the frame around it."""

    def change(w: Wire) -> None:
        start, stop = w.span(first, last)
        w.segments[stop:stop] = copy.deepcopy(w.segments[start:stop])
        if count:
            trailer = w.at(count[0])
            trailer[count[1]] = str(int(trailer[count[1]]) + 1)

    return change


def lines(count: int) -> Change:
    """Make the first claim's service lines ``count``, by copies of its last line."""

    def change(w: Wire) -> None:
        start = w.index("LX")
        ends = ("CLM", "HL", "SE")
        stop = next(i for i in range(start, len(w.segments)) if w.segments[i][0] in ends)
        marks = [i for i in range(start, stop) if w.segments[i][0] == "LX"]
        line = w.segments[marks[-1] : stop]
        for n in range(len(marks) + 1, count + 1):
            w.segments[stop:stop] = [["LX", str(n)], *copy.deepcopy(line[1:])]
            stop += len(line)
        charge = {"SV1": 2, "SV2": 3}
        total = sum(float(s[charge[s[0]]]) for s in w.segments[start:stop] if s[0] in charge)
        w.at("CLM")[2] = f"{total:g}"

    return change


def no_lines(w: Wire) -> None:
    """Leave out every service line of the first claim."""
    start = w.index("LX")
    while w.segments[start][0] not in ("CLM", "HL", "SE"):
        w.segments.pop(start)


def no_claim(w: Wire) -> None:
    """Leave out the only claim of the first subscriber who has no child."""
    start = w.index("CLM", w.index("HL*2*1*22*0"))
    w.segments.pop(start)
    while w.segments[start][0] not in ("CLM", "HL", "SE"):
        w.segments.pop(start)
    if w.segments[start][0] == "CLM":
        raise Absent("the subscriber has another claim")


def same_id(w: Wire) -> None:
    """Give the second claim the first one's CLM01."""
    first = w.index("CLM")
    w.segments[w.index("CLM", first + 1)][1] = w.segments[first][1]


def control_numbers(value: str) -> Change:
    """Another interchange control number, the same at both ends."""

    def change(w: Wire) -> None:
        w.at("ISA")[13] = w.at("IEA")[2] = value

    return change


def half(text: str) -> str:
    """``20250106-20250112`` without its end."""
    if "-" not in text:
        raise Absent("not a range")
    return text.split("-")[0]


def backwards(text: str) -> str:
    """``20250106-20250112`` the wrong way round."""
    return "-".join(reversed(text.split("-")))


def changed(path: str, *changes: Change) -> bytes:
    """A fixture with these changes, its segments counted anew."""
    wire = Wire.read((FIXTURES / path).read_bytes())
    for change in changes:
        change(wire)
    wire.recount()
    return wire.write()
