"""What the guides say of an element, a segment or a loop: facts of pyx12's maps, in our words.

Enters: an id such as CLM05, SV101-3, SV1 or 2400. Leaves: text for each that a guide knows.
Both claim guides are asked, and the guides of the answers where the claims' do not know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from textwrap import fill

from edi837.grammar import ElementUse, Guide, LoopUse, SegmentUse, load

_CLAIMS = {"837P": "005010X222A1", "837I": "005010X223A2"}
_ANSWERS = {"277CA": "005010X214", "999": "005010X231A1"}
USAGE = {"R": "required", "S": "situational", "N": "not used"}
_TYPES = {
    "AN": "text", "ID": "code", "R": "decimal number", "N0": "whole number", "N2": "number in hundredths",
    "DT": "date", "TM": "time", "B": "binary",
}  # fmt: skip
_ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})(\d\d)(?:-0?([1-9]\d?))?\Z")
_MOST_CODES = 40
_WIDTH = 100


def of(wanted: str) -> Iterator[str]:
    """What the guides know by this id, in upper case; nothing when they do not."""
    for guides in (_CLAIMS, _ANSWERS):
        told = [*_loops(wanted, guides), *_segments(wanted, guides), *_elements(wanted, guides)]
        if told:
            yield from told
            return


@cache
def ids() -> tuple[str, ...]:
    """Every loop, segment and element that the claim guides know."""
    known: dict[str, None] = {}
    for name in _CLAIMS.values():
        for use in load(name).root.segments():
            known[use.loop.id] = known[use.tag] = None
            for element in use.elements:
                known[element.refdes] = None
                known.update((part.refdes, None) for part in element.components)
    return tuple(known)


def homes(tag: str, guides: Iterable[str]) -> tuple[str, ...]:
    """The loops in which these guides have a segment."""
    found = (use.loop.id for name in guides for use in load(name).root.segments() if use.tag == tag)
    return tuple(dict.fromkeys(found))


def _uses(guides: dict[str, str]) -> Iterator[tuple[str, Guide, SegmentUse]]:
    """Every segment use, once a loop: 2300 stands below subscribers and below patients."""
    for name, guide_id in guides.items():
        guide, seen = load(guide_id), set()
        for use in guide.root.segments():
            mark = (use.loop.id, use.tag, use.name, use.pos)
            if mark not in seen:
                seen.add(mark)
                yield name, guide, use


def _label(guide: Guide, use: SegmentUse) -> str:
    """A segment use with the codes that tell it from its likes: ``2300 REF*G1``."""
    told = use.tag
    if use.tag in guide.keys:
        first = use.elements[0].components[0] if use.elements[0].components else use.elements[0]
        codes = sorted(first.codes)
        told += f"*{'/'.join(codes[:3])}{'/...' if len(codes) > 3 else ''}"
    return f"{use.loop.id} {told}"


# ------------------------------------------------------------------ elements


def _elements(wanted: str, guides: dict[str, str]) -> Iterator[str]:
    match = _ELEMENT.match(wanted)
    if not match:
        return
    tag, number, component = match[1], int(match[2]), int(match[3] or 0)
    facts: dict[str, list[str]] = {}
    name = ""
    for guide_name, guide, use in _uses(guides):
        if use.tag != tag:
            continue
        element = next((each for each in use.elements if each.seq == number), None)
        if element is not None and component:
            element = next((each for each in element.components if each.seq == component), None)
        if element is None:
            continue
        name = name or element.refdes
        place = f"{guide_name} {_label(guide, use)} ({use.name})"
        facts.setdefault("\n".join(_facts(element)), []).append(place)
    if facts:
        yield f"{name}: element of segment {tag}\n" + "\n".join(
            f"{_wrapped('in ' + '; '.join(places), 2)}\n{fact}" for fact, places in facts.items()
        )


def _facts(element: ElementUse) -> Iterator[str]:
    """An element in its place, in lines."""
    said = [element.name, USAGE[element.usage], f"data element {element.data_element}"]
    if not element.components:
        length = f"{element.max}" if element.min == element.max else f"{element.min} to {element.max}"
        plural = "s" * (element.max != 1)
        said.append(f"{_TYPES.get(element.type, element.type)} ({element.type}), {length} character{plural}")
    if element.repeat != 1:
        said.append(f"repeated up to {element.repeat} times" if element.repeat else "repeated")
    yield _wrapped("; ".join(said), 4)
    if element.usage == "N":
        return
    if element.codes:
        codes = sorted(element.codes)
        more = f" ... and {len(codes) - _MOST_CODES} more" if len(codes) > _MOST_CODES else ""
        yield _wrapped(f"one of {', '.join(codes[:_MOST_CODES])}{more}", 4)
    if element.code_list:
        yield _wrapped(f"from the external list {element.code_list}; not judged by it, for the copy at hand is old", 4)
    if element.shape:
        yield _wrapped(f"of the form {element.shape}", 4)
    for part in element.components:
        if part.usage != "N":
            yield _wrapped(f"{part.refdes:<9} {part.name}; {USAGE[part.usage]}", 6)


# ------------------------------------------------------------------ segments


def _segments(wanted: str, guides: dict[str, str]) -> Iterator[str]:
    uses = [(name, guide, use) for name, guide, use in _uses(guides) if use.tag == wanted]
    if not uses:
        return
    told = [f"{wanted}: segment"]
    kinds: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for name, guide, use in uses:
        often = f"at most {use.max_use} in its loop" if use.max_use else "any number in its loop"
        told.append(_wrapped(f"{name} {_label(guide, use)}  {use.name}; {USAGE[use.usage]}; {often}", 2))
        elements = tuple((e.refdes, e.name, e.usage) for e in use.elements if e.usage != "N")
        kinds.setdefault(elements, []).append(f"{name} {_label(guide, use)}")
    if len(kinds) > 2:
        one = uses[0][2].elements[0].refdes
        told.append(_wrapped(f"its elements differ with its place: ask for one, such as {one}", 2))
    else:
        for elements, places in kinds.items():
            told.append(_wrapped("elements in " + "; ".join(dict.fromkeys(places)), 2))
            told += [_wrapped(f"{refdes:<7} {name}; {USAGE[usage]}", 4) for refdes, name, usage in elements]
    yield "\n".join(told)


# ------------------------------------------------------------------ loops


def _loops(wanted: str, guides: dict[str, str]) -> Iterator[str]:
    told = []
    for name, guide_id in guides.items():
        found = [loop for loop in _below(load(guide_id).root) if loop.id.upper() == wanted]
        if not found:
            continue
        loop = found[0]
        above = sorted({each.parent.id for each in found if each.parent is not None})
        often = f"at most {loop.repeat} time{'s' * (loop.repeat != 1)}" if loop.repeat else "any number of times"
        within = f" in {' or '.join(above)}" if above else ""
        told.append(_wrapped(f"{name}  {loop.name}; {USAGE[loop.usage]}{within}, {often}", 2))
        for child in loop.children:
            if isinstance(child, LoopUse):
                told.append(_wrapped(f"loop {child.id}  {child.name}; {USAGE[child.usage]}", 4))
            else:
                label = _label(load(guide_id), child).partition(" ")[2]
                told.append(_wrapped(f"{label}  {child.name}; {USAGE[child.usage]}", 4))
    if told:
        yield "\n".join([f"{wanted}: loop", *told])


def _below(loop: LoopUse) -> Iterator[LoopUse]:
    yield loop
    for child in loop.children:
        if isinstance(child, LoopUse):
            yield from _below(child)


def _wrapped(text: str, indent: int) -> str:
    pad = " " * indent
    return fill(
        text, _WIDTH, initial_indent=pad, subsequent_indent=pad + "    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
