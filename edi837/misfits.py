"""Where a segment goes, and when it goes nowhere, the one cause.

Enters: where we stand in the guide, the segment, and the one after it. Leaves: its place
(`forward`), or a `Misfit`: out of order, a wrong qualifier, a loop whose first segment is
missing, or a segment that has no business there. One slip gives one cause, so that what
follows can be read on as if it had not been made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edi837 import onward, remedy
from edi837.grammar import Guide, LoopUse, SegmentUse, known_tags, uses
from edi837.onward import Placed
from edi837.x12 import Segment, element

if TYPE_CHECKING:
    from edi837.chart import Loop


_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]{1,2}\Z")
_KNOWN = 1024  # tags with their key elements whose loops are kept
_FEW = 3  # loops that are named as those where a segment belongs


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a segment did not go forward, and what to do with it."""

    code: str  # IK304 (1, 2, 3, 5, 7); empty for a flaw of an element
    message: str = ""
    loop: str = ""
    placed: Placed | None = None
    element: int = 0
    component: int = 0
    data_element: str = ""
    value: str = ""
    opens_unknown: bool = False  # it opens a loop we cannot name: what follows may belong to it
    instead: tuple[Loop, SegmentUse | LoopUse] | None = None  # the child of an open loop in whose place it stands
    early: bool = False  # it belongs to the loop that the next segment opens
    fix: str = ""  # where it would be right, or what would be


def explain(at: SegmentUse, top: Loop, seg: Segment, following: Segment, guide: Guide, component: str) -> Misfit:
    """The cause for a segment that `forward` could not place."""
    tag = seg[0]
    if following[:1] == ["SE"]:
        following = []
    then = onward.forward(at, following, guide, component) if following else None
    if then and not then.opens and not _room(top.outward()[then.pops], then.use):
        then = None  # that place is taken
    stuck = bool(following) and then is None
    passed = None if stuck else _passed(at, top, then)
    owed = (top.outward()[passed[0]], passed[1]) if passed else None
    if tag not in guide.tags:
        astray = stuck and following[0] in guide.tags
        code, message = "2", f"segment {tag} is not used in {guide.id}"
        if tag not in known_tags():
            shown = f" {tag}" if _TAG.match(tag) else ""
            code, message = "1", f"segment id{shown} is not one that X12 knows"
        mend = "leave it out" if code == "2" else remedy.unknown(tag, guide.tags)
        return Misfit(code, message, top.use.id, opens_unknown=astray, instead=owed, fix=mend)
    if tag == "HL":
        return _level(top, seg)
    if passed and isinstance(passed[1], LoopUse) and (found := _inside(passed[1], passed[0], seg, guide, component)):
        return Misfit("3", placed=found)
    if then and (early := _early(then, seg, guide, component)):
        loop, opener = early.use.loop.id, following[0]
        message = f"{tag} ({early.use.name}) stands before the {opener} that opens loop {loop}"
        return Misfit("7", message, loop, early, early=True, fix=f"send it behind that {opener}")
    headless = _headless(at, top, seg, following, stuck, guide, component)
    if headless and stuck and headless.opens[0].entry.tag == "HL":
        return Misfit("3", placed=headless)
    placed = _behind(top, seg, guide, component)
    if placed:
        return _late(top.outward()[placed.pops], placed)
    taken = _behind(top, seg, guide, component, taken=True)
    if headless and not (taken and _owes(headless, tag)):
        return Misfit("3", placed=headless)
    candidates = list(_same_tag(at, tag))
    if taken and not candidates:
        return _late(top.outward()[taken.pops], taken)
    homes = _homes(seg, then, guide, component)
    mend = remedy.belongs(homes) if homes else ""
    if not candidates:
        message = f"segment {tag} is not expected here, after {at}"
        return Misfit("2", message, top.use.id, instead=owed, fix=mend or "leave it out")
    slip = _wrong_qualifier(top, seg, candidates, then, guide, component, mend)
    use = slip.placed.use if slip.placed else None
    if use and use.loop.entry is use and following and not onward.forward(use, following, guide, component):
        entries = (u for u in uses(guide)[tag] if u.loop.entry is u)
        other = next((u for u in entries if onward.fits(u, seg, guide, component)), None)
        if other:  # no slip of the qualifier: it opens another loop, with what follows in it
            message = f"segment {tag} ({other.name}) is not expected here, after {at}"
            return Misfit("2", message, top.use.id, opens_unknown=True, fix=mend)
    return slip


def _late(loop: Loop, placed: Placed) -> Misfit:
    """A segment whose place lies behind in an open loop: it is out of order; or too many, if that place is full."""
    use = placed.use
    if not placed.opens and not _room(loop, use):
        return Misfit("5", placed=placed)
    message = f"{use.tag} ({use.name}) is out of order in loop {use.loop.id}"
    return Misfit("7", message, use.loop.id, placed, fix=_earlier(loop, placed))


def _earlier(loop: Loop, placed: Placed) -> str:
    """Before which segment a place lies that was passed in an open loop."""
    child = _child(placed)
    later = [(number, use.tag) for number, use, _ in loop.segments if use.pos > child.pos]
    behind = [each for each in loop.loops if each.use.pos > child.pos]
    behind += [below for each in behind for below in each.loops]  # with which one without a first segment begins
    later += [(c.segments[0][0], c.segments[0][1].tag) for c in behind if c.segments]
    gone = loop.gone or {}
    for each in loop.use.children if gone else ():
        if isinstance(each, LoopUse) and each.pos > child.pos and each.bit in gone:
            later.append((gone[each.bit], each.entry.tag))
    if not later:
        return remedy.belongs([placed.use])
    number, tag = min(later)
    return f"send {'it' if placed.use is child else 'its loop'} before {tag} (segment {number})"


@lru_cache(maxsize=_KNOWN)
def _fitting(guide: Guide, tag: str, key: tuple[str, ...], component: str) -> dict[str, SegmentUse]:
    """The uses of a tag that fit these key elements, by their loops."""
    seg = [tag]
    for at, value in zip(guide.keys.get(tag, ()), key, strict=True):
        seg[at:] = [""] * (at - len(seg)) + [value]
    return {use.loop.id: use for use in uses(guide)[tag] if not use.unused and onward.fits(use, seg, guide, component)}


def _homes(seg: Segment, then: Placed | None, guide: Guide, component: str) -> list[SegmentUse]:
    """Where a segment would fit: in the loop that the next one opens, else wherever the guide has it, if in few."""
    homes = _fitting(guide, seg[0], tuple([element(seg, at) for at in guide.keys.get(seg[0], ())]), component)
    opening = then.opens[-1].id if then and then.opens else ""
    if opening in homes:
        return [homes[opening]]
    return list(homes.values()) if len(homes) <= _FEW else []


def _behind(top: Loop, seg: Segment, guide: Guide, component: str, taken: bool = False) -> Placed | None:
    """A place already passed in an open loop, where none came to it yet; or if it is ``taken``, that of a segment."""
    for pops, loop in enumerate(top.outward()):
        for use, opens, _, bit in onward.below(loop.use, seg[0]):
            if bool(loop.seen & bit) == taken and not (taken and opens) and onward.fits(use, seg, guide, component):
                return Placed(use, pops, opens)
    return None


def _owes(headless: Placed, tag: str) -> bool:
    """Whether a loop without its first segment lacks another one, too, before the one that is there."""
    below = onward.below(headless.opens[0], tag)
    return any(required for use, _, required, _ in below if use is headless.use)


def _headless(
    at: SegmentUse, top: Loop, seg: Segment, following: Segment, stuck: bool, guide: Guide, component: str
) -> Placed | None:
    """A loop ahead that holds this segment, its first one being missing.

    Believed only if the next segment goes on from there, and the loop is still owed, or no
    other loop of the guide has such a segment and it lacks nothing else, or the next one is
    stuck without it: else the segment is an intruder. A loop still owed is likelier than one
    that comes again.
    """
    again: Placed | None = None
    homes = {use.loop.id for use in uses(guide)[seg[0]] if onward.fits(use, seg, guide, component)}
    inside = {loop.use for loop in top.outward()}
    for pops, child in onward.ahead(at):
        if not isinstance(child, LoopUse) or not (found := _inside(child, pops, seg, guide, component)):
            continue
        if following and not onward.forward(found.use, following, guide, component):
            continue
        if following and onward.place(child, pops, following, guide, component):
            continue  # the loop opens next
        loop = top.outward()[pops]
        if child.usage == "R" and not (loop.seen | loop.excused) & child.bit:
            return found
        alone = homes == {child.id} and child not in inside
        alone = alone and not child.required & ~(child.entry.bit | found.use.bit)
        if (stuck or alone) and not again and _room(loop, child):
            again = found
    return again


def _early(then: Placed, seg: Segment, guide: Guide, component: str) -> Placed | None:
    """A place in the loop that the next segment opens, for a segment it needs.

    Only of a loop that comes once: else a loop of its own may have lost its first segment.
    """
    for loop in then.opens[-1:]:
        if loop.repeat == 1 and loop.entry is then.use:
            for child in loop.children[1:]:
                required = child.usage == "R" and isinstance(child, SegmentUse)
                if required and (found := onward.place(child, 0, seg, guide, component)):
                    return Placed(found.use, then.pops)
    return None


def _inside(loop: LoopUse, pops: int, seg: Segment, guide: Guide, component: str) -> Placed | None:
    """The place of a segment in a loop whose own first one is missing.

    It may also open a loop right below, if nothing required stands before that.
    """
    if seg[0] != loop.entry.tag:
        for use, opens, required, _ in onward.below(loop, seg[0]):
            if not (opens and required) and onward.fits(use, seg, guide, component):
                return Placed(use, pops, (loop, *opens))
    return None


def _passed(at: SegmentUse, top: Loop, then: Placed | None) -> tuple[int, SegmentUse | LoopUse] | None:
    """The first required child ahead, if the place of the next segment leaves it behind; None: all are left."""
    for pops, child in onward.ahead(at):
        loop = top.outward()[pops]
        if child.usage == "R" and not (loop.seen | loop.excused) & child.bit:
            reached = (then.pops, _child(then).bit) if then else (pops + 1, 0)
            return (pops, child) if reached > (pops, child.bit) else None
    return None


def _same_tag(at: SegmentUse, tag: str) -> Iterator[Placed]:
    """Uses of the tag ahead whatever their qualifier, in the nearest loop that has any."""
    found = -1
    for pops, child in onward.ahead(at):
        if 0 <= found < pops:
            return
        use, opens = onward.entry(child)
        if use.tag == tag:
            found = pops
            yield Placed(use, pops, opens)


def _wrong_qualifier(
    top: Loop, seg: Segment, candidates: list[Placed], then: Placed | None, guide: Guide, component: str, mend: str
) -> Misfit:
    """A tag with a place ahead and a qualifier without one: the qualifier is the slip."""
    loop = top.outward()[candidates[0].pops]
    # The next segment may take the same place, which must hold them both then.
    able = [c for c in candidates if _room(loop, _child(c), 2 if then and then.use is c.use else 1)]
    free = [c for c in able if not loop.seen & _child(c).bit]
    chosen = [c for c in free if _child(c).usage == "R"][:1] or able
    if len(chosen) == 1:
        return Misfit("", placed=chosen[0], fix=mend)  # judged there: the code is one flaw
    uses = [c.use for c in candidates]
    for index in guide.keys[seg[0]]:
        value = seg[index] if index < len(seg) else ""
        if not any(onward.part(u.elements[index - 1], value, component)[1] in _codes(u, index) for u in uses):
            break
    element = uses[0].elements[index - 1]
    part = 1 if element.components and value else 0
    if part:
        element, value = onward.part(element, value, component)
    unknown = any(c.opens for c in candidates)
    allowed = {code for use in uses for code in _codes(use, index)}
    mend = mend or remedy.codes(allowed, value)
    return Misfit("", "", loop.use.id, None, index, part, element.data_element, value, unknown, fix=mend)


def _child(placed: Placed) -> SegmentUse | LoopUse:
    """The child it is of the loop it lands in: the outermost loop it opens, else itself."""
    return placed.opens[0] if placed.opens else placed.use


def _room(loop: Loop, child: SegmentUse | LoopUse, more: int = 1) -> bool:
    """Whether so many more of a child may come in this loop."""
    most = child.max_use if isinstance(child, SegmentUse) else child.repeat
    count = (loop.counts or {}).get(child.bit, 1) if loop.seen & child.bit else 0
    return not most or count + more <= most


def _codes(use: SegmentUse, index: int) -> frozenset[str]:
    element = use.elements[index - 1]
    return element.components[0].codes if element.components else element.codes


# ------------------------------------------------------------------ hierarchical levels


def _level(top: Loop, seg: Segment) -> Misfit:
    """An HL whose level code is wrong goes where its parent puts it."""
    parent = seg[2] if len(seg) > 2 else ""
    open_levels: dict[str, tuple[int, LoopUse]] = {}
    for pops, loop in enumerate(top.outward()):
        first = loop.first("HL")
        open_levels[first[1] if len(first) > 1 else ""] = (pops, loop.use)
    depth, use = open_levels.get(parent) or open_levels[""]
    below = [c for c in use.children if isinstance(c, LoopUse) and c.entry.tag == "HL"]
    if not below:
        fix = "leave it out, or name another level in HL02"
        return Misfit("2", "no hierarchical level may stand below this one", use.id, fix=fix)
    return Misfit("", placed=Placed(below[0].entry, depth, (below[0],)))
