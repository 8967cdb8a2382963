"""Where a segment may stand after another, in the guide's order.

Enters: where we stand in the guide, and a segment. Leaves: its place: inwards first, then in each enclosing
loop. Which places a tag may have is looked up once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from edi837.grammar import ElementUse, Guide, LoopUse, SegmentUse
from edi837.x12 import Segment

_KNOWN = 8192  # places and tags whose answer is kept


@dataclass(frozen=True, slots=True)
class Placed:
    """A place found: how many loops close, which open, and the use reached."""

    use: SegmentUse
    pops: int
    opens: tuple[LoopUse, ...] = ()


def forward(at: SegmentUse, seg: Segment, guide: Guide, component: str) -> Placed | None:
    """The first place at or after `at`, inwards first, then in each enclosing loop."""
    for pops, use, opens in places(at, seg[0]):
        if fits(use, seg, guide, component):
            return Placed(use, pops, opens)
    return None


def place(child: SegmentUse | LoopUse, pops: int, seg: Segment, guide: Guide, component: str) -> Placed | None:
    """A child of a loop as the place of a segment, if it is one."""
    use, opens = entry(child)
    if use.tag == seg[0] and fits(use, seg, guide, component):
        return Placed(use, pops, opens)
    return None


def fits(use: SegmentUse, seg: Segment, guide: Guide, component: str) -> bool:
    """Whether the elements that tell this tag's uses apart are right for this one."""
    elements = guide.keys.get(use.tag)
    if elements is None:
        return True
    for index in elements:
        value = seg[index] if index < len(seg) else ""
        element, value = part(use.elements[index - 1], value, component)
        if value not in element.codes:
            return False
    return True


@lru_cache(maxsize=_KNOWN)
def places(at: SegmentUse, tag: str) -> tuple[tuple[int, SegmentUse, tuple[LoopUse, ...]], ...]:
    """What may follow and begins with this tag, nearest first: loops to close, the use, the loop it opens."""
    each = ((pops, *entry(child)) for pops, child in ahead(at))
    return tuple(found for found in each if found[1].tag == tag)


@lru_cache(maxsize=_KNOWN)
def below(loop: LoopUse, tag: str) -> tuple[tuple[SegmentUse, tuple[LoopUse, ...], bool, int], ...]:
    """The children of a loop, but its first, that begin with this tag, and the loop each opens.

    With each, whether a required one stands before it, and its bit.
    """
    found, required = [], False
    for child in loop.children[1:]:
        use, opens = entry(child)
        if use.tag == tag:
            found.append((use, opens, required, child.bit))
        required = required or child.usage == "R"
    return tuple(found)


def entry(child: SegmentUse | LoopUse) -> tuple[SegmentUse, tuple[LoopUse, ...]]:
    """The segment a child begins with, and the loop that opens then."""
    return (child, ()) if isinstance(child, SegmentUse) else (child.entry, (child,))


def ahead(at: SegmentUse) -> Iterator[tuple[int, SegmentUse | LoopUse]]:
    """What may follow, nearest first, with the number of loops to close."""
    loop: LoopUse | None = at.loop
    pops, pos = 0, at.pos
    while loop is not None:
        for child in loop.children[1:]:  # the first opens the loop: that is the parent's business
            if child.pos >= pos:
                yield pops, child
        pops, pos, loop = pops + 1, loop.pos, loop.parent


def part(element: ElementUse, value: str, component: str) -> tuple[ElementUse, str]:
    """The element that tells uses apart: itself, or its first component."""
    if element.components:
        return element.components[0], value.partition(component)[0]
    return element, value
