"""The guide as a chart to walk on, and the loops that open on the way.

Enters: a guide and the delimiters of an interchange. Leaves: for each place a `Site` with the
pattern that accepts its segment and the `Step`s known from there; and `Loop`, one occurrence
of a loop, which hangs from the loop it stands in.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from edi837 import accept, onward, syntax
from edi837.findings import Finding
from edi837.grammar import Guide, LoopUse, SegmentUse
from edi837.x12 import Delimiters, Segment

ROOM = 1024  # segments known by their text, for each place they land in


class Loop:
    """One occurrence of a loop, with what it holds so far."""

    __slots__ = ("broken", "counts", "excused", "gone", "loops", "notes", "parent", "seen", "segments", "use")
    use: LoopUse  # what the guide says of it: its `id`, as 2300, its name and what it may hold
    parent: Loop | None  # what it hangs from: an HL for a claim; None for the set

    def __init__(self, use: LoopUse, parent: Loop | None = None) -> None:
        self.use = use
        self.parent = parent
        self.segments: list[tuple[int, SegmentUse, Segment]] = []  # number in the set, use, elements
        self.loops: list[Loop] = []
        self.seen = 0  # bits of the children that came
        self.excused = 0  # bits of those in whose place something else stood
        self.counts: dict[int, int] | None = None  # by bit, from the second on
        self.gone: dict[int, int] | None = None  # by position: where the first child let go began
        self.broken = False  # something in it, or in what it closed over, is not well formed
        self.notes: list[Finding] | None = None  # found beyond syntax in it, or in what it closed over

    @property
    def well_formed(self) -> bool:
        """Whether nothing was found in it so far, nor in the loops above it."""
        above: Loop | None = self
        while above is not None:
            if above.broken:
                return False
            above = above.parent
        return True

    def outward(self) -> list[Loop]:
        """It and the loops it stands in, innermost first: as many as close lead to each."""
        loops = [self]
        while (parent := loops[-1].parent) is not None:
            loops.append(parent)
        return loops

    def release(self) -> None:
        """Let go of all below: loops that know each other would wait for the garbage collector."""
        for child in self.loops:
            if child.loops:
                child.release()
        self.loops.clear()

    def count(self, bit: int) -> int:
        """Count one more of a child that came before; how many there are now."""
        if self.counts is None:
            self.counts = {}
        count = self.counts[bit] = self.counts.get(bit, 1) + 1
        return count

    def crowded(self, bit: int, most: int) -> bool:
        """Whether more than so many of a child came."""
        return self.counts is not None and self.counts.get(bit, 1) > most

    def first(self, tag: str, qualifier: str = "") -> Segment:
        """Its first segment of that tag (and element 01); empty list when there is none."""
        for _, _, seg in self.segments:
            if seg[0] == tag and (not qualifier or seg[1:2] == [qualifier]):
                return seg
        return []

    def row(self, tag: str, qualifier: str = "") -> tuple[int, SegmentUse, Segment]:
        """As `first`, with its number and use; for a segment that is there."""
        seg = self.first(tag, qualifier)
        return next(row for row in self.segments if row[2] is seg)

    def child(self, id: str) -> Loop | None:
        """Its first closed or open child loop of that id."""
        for loop in self.loops:
            if loop.use.id == id:
                return loop
        return None


@dataclass(eq=False, slots=True)
class Site:
    """A segment use with this interchange's pattern, and the steps known from here."""

    use: SegmentUse
    accepts: Callable[[str], re.Match[str] | None]
    noted: int  # the first element that a syntax note speaks of
    # By tag: the Step; where the tag does not settle it, a dict by element 01, or a `Fork` by its key.
    steps: dict[str, Any] = field(default_factory=dict, repr=False)
    # Segments that were good from here on, by their text as it was read, each with its step.
    known: dict[str, tuple[Step, Segment]] = field(default_factory=dict, repr=False)
    room: int = 0  # of the segments that land here, how many more may be known


@dataclass(eq=False, slots=True)
class Step:
    """From one site to the next."""

    site: Site
    pops: int  # loops that close
    opens: tuple[LoopUse, ...]  # loops that open, outermost first
    bit: int  # of the target in the loop it lands in
    crosses: bool  # whether any loop closes or opens


class Fork(dict[str, Step]):
    """Steps that part by more than element 01: HL by its level code, HI by a component."""


@dataclass(eq=False, slots=True)
class Chart:
    """All sites of a guide under one set of delimiters; grows as places are first reached."""

    guide: Guide
    delimiters: Delimiters
    sites: dict[SegmentUse, Site] = field(default_factory=dict, repr=False)
    forks: frozenset[str] = frozenset()  # tags whose uses part by more than element 01

    def __post_init__(self) -> None:
        composite = {use.tag for use in self.guide.root.segments() if use.elements[0].components}
        keys = self.guide.keys.items()
        self.forks = frozenset(tag for tag, elements in keys if elements != (1,) or tag in composite)

    def key(self, seg: Segment) -> str:
        """What tells this segment's uses apart, as one string."""
        separator, component = self.delimiters.element, self.delimiters.component
        elements = self.guide.keys[seg[0]]
        return separator.join([seg[e].partition(component)[0] for e in elements if e < len(seg)])

    def remember(self, site: Site, seg: Segment, step: Step) -> None:
        """Keep the step that this segment takes from a site."""
        tag = seg[0]
        if tag not in self.guide.keys:
            site.steps[tag] = step
            return
        known = site.steps.get(tag)
        if known is None:
            known = site.steps[tag] = Fork() if tag in self.forks else {}
        known[self.key(seg) if tag in self.forks else seg[1]] = step

    def site(self, use: SegmentUse) -> Site:
        """The site of a use; its pattern is compiled on first sight."""
        site = self.sites.get(use)
        if site is None:
            accepts = re.compile(accept.pattern(use, self.delimiters)).fullmatch
            noted = min((syntax.concerns(note) for note in use.notes), default=sys.maxsize)
            site = Site(use, accepts, noted, room=ROOM)
            self.sites[use] = site
        return site

    def forget(self) -> None:
        """Forget the segments of an interchange; what places them stays."""
        for site in self.sites.values():
            site.known.clear()
            site.room = ROOM

    def step(self, place: onward.Placed) -> Step:
        """A placement as a step."""
        return Step(
            self.site(place.use), place.pops, place.opens, place.use.bit, bool(place.pops or place.opens)
        )


@lru_cache(maxsize=16)
def chart(guide: Guide, delimiters: Delimiters) -> Chart:
    """The chart of a guide for these delimiters, shared by the interchanges that use them."""
    return Chart(guide, delimiters)
