"""A segment as it may be shown, and where in what is shown an element stands.

Enters: a segment's text, and the guide that judges its set. Leaves: one line of harmless text, what is
a person's masked, and the columns of any element in it. Where the guide knows several uses of a
segment and it cannot be told which this is, what one of them would mask is masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from edi837 import grammar, marks, personal, safe
from edi837.findings import Place
from edi837.grammar import SegmentUse
from edi837.loops import ENVELOPE
from edi837.views.locate import Located

_LONGEST = 35  # characters of an element of the envelope; what is longer is none
_NUMBERS = {("GS", 6): "GS", ("GE", 2): "GS", ("ST", 2): "ST", ("SE", 2): "ST", ("IEA", 2): "ISA"}
_SECRETS = (2, 4)  # ISA02, ISA04: authorization and security information


@dataclass(frozen=True, slots=True)
class Line:
    """A segment on one line."""

    text: str
    cells: tuple[tuple[int, int, int, int, int], ...]  # element, repetition, component; first column, columns
    end: int = 1  # columns of the terminator

    def span(self, place: Place) -> tuple[int, int]:
        """First column and columns of what a place names; none wide where it is not there."""
        if not place.element:
            return 0, len(self.text)
        wanted = (place.element, place.repetition or 1, place.component)
        found = [cell for cell in self.cells if cell[0] == wanted[0]]
        if not found:
            return len(self.text) - self.end, 0  # before the terminator
        same = [cell for cell in found if cell[1] in (0, wanted[1])] if place.repetition else found
        exact = [cell for cell in same if cell[2] in (0, wanted[2])] if wanted[2] else same
        if not exact and place.component:  # behind the last component there is
            return (same or found)[-1][3] + (same or found)[-1][4], 0
        exact = exact or same or found
        return exact[0][3], exact[-1][3] + exact[-1][4] - exact[0][3]


def line(segment: Located, guide: str, *, loop: str = "", phi: bool = False, ascii: bool = False) -> Line:
    """A segment as it may be shown; ``loop`` where it is known."""
    values = _values(segment, guide, loop, phi)
    seen = marks.shown(segment.delimiters)
    known = segment.tag in grammar.known_tags() or segment.tag in ENVELOPE
    text, cells = _one(safe.text(segment.tag) if known or phi else safe.MASK, ascii), []
    for number, value in enumerate(values, 1):
        text += seen.element
        several = value["repetitions"] if isinstance(value, dict) else [value]
        for at, one in enumerate(several, 1):
            text += seen.repetition * (at > 1)
            parts = [one] if isinstance(one, str) else one
            for n, part in enumerate(parts, 1):
                text += seen.component * (n > 1)
                said = _one(part, ascii)
                where = at if isinstance(value, dict) else 0
                cells.append((number, where, 0 if isinstance(one, str) else n, len(text), len(said)))
                text += said
    return Line(text + seen.segment, tuple(cells), len(seen.segment))


def name(guide: str, place: Place, segment: Located | None = None) -> str:
    """What the guide calls an element; empty when it does not know it, or has several names for what it may be.

    The segment tells by its codes which use it is. Without it every use counts that the tag and the loop
    allow: a 999 tells no more, and of the loop no more than the number (2010).
    """
    uses: Sequence[SegmentUse] = _uses(guide, place.tag) if guide else ()
    uses = [use for use in uses if use.loop.id.startswith(place.loop)] or uses
    if segment and segment.tag == place.tag:
        uses = _coded(uses, segment)
    names = {_called(use, place) for use in uses}
    return names.pop() if len(names) == 1 else ""


def _called(use: SegmentUse, place: Place) -> str:
    """What a use calls an element; empty when it does not have it."""
    if not 0 < place.element <= len(use.elements):
        return ""
    element = use.elements[place.element - 1]
    parts = element.components
    return parts[place.component - 1].name if 0 < place.component <= len(parts) else element.name


@lru_cache(maxsize=512)
def loop_name(guide: str, id: str) -> str:
    """What the guide calls a loop; empty when it does not know it."""
    uses = grammar.load(guide).root.segments() if guide else ()
    return next((use.loop.name for use in uses if use.loop.id == id), "")


def _values(segment: Located, guide: str, loop: str, phi: bool) -> Sequence[personal.Value]:
    elements, own = segment.elements, segment.delimiters
    if segment.tag in ENVELOPE and segment.tag != "ST":
        return [_enveloped(segment.tag, n, value, phi) for n, value in enumerate(elements[1:], 1)]
    uses = list(_fitting(guide, segment, loop))
    if not uses:
        if segment.tag == "ST":
            return [_enveloped("ST", n, value, phi) for n, value in enumerate(elements[1:], 1)]
        return [safe.text(value) if phi else safe.masked(value) for value in elements[1:]]
    told = [list(personal.values(use, elements, own, phi)) for use in uses]
    return [_strictest(several) for several in zip(*told, strict=True)]


def _enveloped(tag: str, number: int, value: str, phi: bool) -> str:
    secret = tag == "ISA" and number in _SECRETS and bool(value.strip())
    if phi:
        return safe.text(value)
    if (tag, number) in _NUMBERS:
        return safe.number(_NUMBERS[tag, number], value)
    return safe.masked(value) if secret or len(value) > _LONGEST else safe.text(value)


def _strictest(values: Sequence[personal.Value]) -> personal.Value:
    """Of the ways to show an element, the one that shows least."""
    return max(values, key=lambda value: str(value).count(safe.MASK) + 100 * (value == safe.MASK))


def _fitting(guide: str, segment: Located, loop: str) -> Iterator[SegmentUse]:
    """The uses a segment may be: those that know its codes, or at least the first; of its loop if that has one."""
    coded = _coded(_uses(guide, segment.tag) if guide else (), segment)
    yield from [use for use in coded if use.loop.id == loop] or coded


def _coded(uses: Sequence[SegmentUse], segment: Located) -> Sequence[SegmentUse]:
    """Of some uses those that know a segment's codes, or at least the first; all where none does."""
    elements = segment.elements
    first = elements[1].partition(segment.delimiters.component)[0] if len(elements) > 1 else ""
    begun = [use for use in uses if first in (use.elements[0].components or use.elements)[0].codes] or uses
    return [use for use in begun if _knows(use, elements)] or begun


def _knows(use: SegmentUse, elements: Sequence[str]) -> bool:
    """Whether a use lists every code that the segment has where it lists any."""
    pairs = zip(use.elements, elements[1:], strict=False)
    return all(value in element.codes for element, value in pairs if value and element.codes)


@lru_cache(maxsize=512)
def _uses(guide: str, tag: str) -> tuple[SegmentUse, ...]:
    found: dict[object, SegmentUse] = {}
    for use in grammar.load(guide).root.segments():
        if use.tag == tag:
            found.setdefault((use.loop.id, use.pos, use.name), use)
    return tuple(found.values())


def _one(text: str, ascii: bool) -> str:
    return safe.in_ascii(text) if ascii else text
