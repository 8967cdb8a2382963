"""What could have been meant by words that name no segment of the file.

Enters: what was asked for, and what was met in the file. Leaves: a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest

from edi837 import guidebook, safe
from edi837.lookup.found import Met
from edi837.lookup.where import Where
from edi837.maps import frames

_CLOSE = 0.6


def sentence(where: Where, met: Met, guides: Iterable[str]) -> str:
    """Why there is nothing, and what comes nearest."""
    words = safe.text(where.words)
    if where.unit == "set":
        return f"no set has a segment {where.number}; the longest has {met.longest}"
    if where.unit:
        return f"there is no segment at {words}"
    for step in where.steps:
        if step.loop not in met.loops and step.loop != "ST_LOOP":
            return f"the file has no loop {step.loop}{_instead(step.loop, met.loops)}"
    for step in where.steps:
        most = met.loops.get(step.loop, step.nth)
        if step.nth > most:
            return f"there is no {step.loop}[{step.nth}]; of loop {step.loop} at most {most} stand together"
    if where.tag not in {tag for tags in met.tags.values() for tag in tags} and where.tag not in frames():
        known = (*guidebook.ids(), *frames())
        if where.tag not in known:
            return f"no guide has a segment {where.tag}{_close(where.refdes or where.tag, known)}"
        return f"the file has no {where.tag}; the guide has it in loop {_listed(guidebook.homes(where.tag, guides))}"
    homes = [loop for loop, tags in met.tags.items() if where.tag in tags]
    loop = where.steps[-1].loop if where.steps else ""
    if loop and loop not in homes:
        also = f"; {where.tag} stands in {_listed(homes)}" if homes else ""
        return f"no {loop} of the file holds {where.tag}, but {_listed(met.tags.get(loop, ()))}{also}"
    if where.qualifier:
        return f"there is no {where.tag} whose element 01 is {where.qualifier} at {words}"
    return f"there is no {words} in the file"


def claims(wanted: str, known: Iterable[str]) -> str:
    """The claims (CLM01) whose numbers come nearest to the one that is not there."""
    matcher = SequenceMatcher(b=wanted)
    best: list[tuple[float, str]] = []
    for name in known:
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= _CLOSE and matcher.quick_ratio() >= _CLOSE:
            best = nlargest(3, {*best, (matcher.ratio(), name)})
    close = [safe.text(name) for ratio, name in best if ratio >= _CLOSE]
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _instead(wanted: str, known: Iterable[str]) -> str:
    return _close(wanted, known) or f"; it has {_listed(known)}"


def _close(wanted: str, known: Iterable[str]) -> str:
    close = get_close_matches(wanted, list(dict.fromkeys(known)), n=3, cutoff=_CLOSE)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _listed(words: Iterable[str]) -> str:
    told = [safe.text(word) for word in words]
    return ", ".join(told[:12]) + (f" and {len(told) - 12} more" if len(told) > 12 else "")
