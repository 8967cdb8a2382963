"""A segment told element by element: name, value, what it means, how it is used, and what was found on it.

Enters: a match. Leaves: plain values, the same for text and JSON. A value that is a person's is masked unless
asked for, and everything is safe to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edi837 import grammar, marks, safe, wording
from edi837.findings import Finding
from edi837.grammar import ElementUse
from edi837.guidebook import USAGE
from edi837.lookup.found import Match
from edi837.lookup.meanings import Meanings
from edi837.lookup.where import Where
from edi837.maps import frames
from edi837.views import shown


def as_dict(match: Match, where: Where, meanings: Meanings, *, file: str, phi: bool = False) -> dict[str, Any]:
    """All that is told of a segment; of one element alone where one is asked for."""
    segment, use = match.segment, match.use
    line = shown.line(segment, match.guide, loop=match.loop, phi=phi)
    name = use.name if use else frames().get(segment.tag, ("", ()))[0]
    known = segment.tag in grammar.known_tags() or bool(name)
    tag = safe.text(segment.tag) if known or phi else safe.MASK
    elements = list(_elements(match, line, meanings))
    if where.element:
        elements = [each for each in elements if each["element"].startswith(f"{where.tag}{where.element:02d}")]
        if where.component:
            elements = [each for each in elements if each["element"] == where.refdes]
    return {
        "file": safe.text(file), "offset": segment.offset, "row": segment.row, "column": segment.column,
        "steps": [f"{word} {safe.number(word, value)}" for word, value in match.steps],
        "segment": segment.number or None, "tag": tag,
        "loop": match.loop, "path": safe.text(match.path) if known else "", "name": name,
        "usage": USAGE[use.usage] if use else "", "guide": match.guide, "text": line.text,
        "elements": elements,
        "findings": [_said(f, phi) for f in match.findings if not f.place.element or not _among(f, elements)],
    } | ({"separators": words} if (words := marks.said(segment.delimiters)) else {})  # fmt: skip


def _among(finding: Finding, elements: list[dict[str, Any]]) -> bool:
    return any(finding in each["found"] for each in elements)


def _elements(match: Match, line: shown.Line, meanings: Meanings) -> Iterator[dict[str, Any]]:
    """Each element in its place, and each component; once for each repetition that was sent."""
    cells: dict[int, list[tuple[int, int, str]]] = {}
    for number, repetition, component, start, length in line.cells:
        cells.setdefault(number, []).append((repetition, component, line.text[start : start + length]))
    named = _named(match)
    for number in range(1, max([*named, *cells], default=0) + 1):
        element = named.get(number)
        sent = cells.get(number, [])
        for repetition in dict.fromkeys(repetition for repetition, _, _ in sent) or (0,):
            here = {component: value for again, component, value in sent if again == repetition}
            yield from _element(match, number, repetition, element, here, meanings)


def _element(
    match: Match, number: int, repetition: int, element: ElementUse | None, sent: dict[int, str], meanings: Meanings
) -> Iterator[dict[str, Any]]:
    refdes = f"{match.segment.tag if element else ''}{number:02d}"
    parts = element.components if element else ()
    composite = bool(parts) or bool(sent and 0 not in sent)
    whole = sent.get(0, "") if not composite else ""
    yield _row(match, refdes, number, 0, repetition, element, whole, meanings, bool(any(sent.values())))
    if composite:
        if 0 in sent:  # hidden as a whole
            sent = dict.fromkeys(sent, sent[0]) if not parts else {1: sent[0]}
        before = ""
        for n in range(1, max([len(parts), *sent]) + 1):
            part = parts[n - 1] if n <= len(parts) else None
            value = sent.get(n, "")
            yield _row(match, f"{refdes}-{n}", number, n, repetition, part, value, meanings, bool(value), before)
            before = value if n == 1 else before


def _row(
    match: Match, refdes: str, number: int, component: int, repetition: int, element: ElementUse | None, value: str,
    meanings: Meanings, sent: bool, qualifier: str = "",
) -> dict[str, Any]:  # fmt: skip
    found = [
        f for f in match.findings
        if f.place.element == number and f.place.component == component and f.place.repetition in (0, repetition or 1)
    ]  # fmt: skip
    means = meanings.of(
        refdes, element.data_element if element else "", value if value != safe.MASK else "", match.use, match.guide,
        element if match.use else None, match.day, qualifier,
    )  # fmt: skip
    return {
        "element": refdes, "repetition": repetition, "name": element.name if element else "",
        "usage": USAGE[element.usage] if element else "not known", "value": value, "sent": sent, "means": list(means),
        "found": found,
    }  # fmt: skip


def _named(match: Match) -> dict[int, ElementUse]:
    """The elements that the guide, or the map of the frames, knows."""
    if match.use:
        return {element.seq: element for element in match.use.elements}
    known = frames().get(match.segment.tag, ("", ()))[1]
    return {n: ElementUse(e.refdes, e.name, "R", n, e.data_element) for n, e in enumerate(known, 1)}


def _said(finding: Finding, phi: bool) -> dict[str, Any]:
    told = wording.as_dict(finding, "", phi)
    kept = ("rule", "action", "level", "message", "status", "syntax", "element", "says", "proposal")
    return {key: told[key] for key in kept} | {"fix": safe.text(finding.fix)}


def plain(told: dict[str, Any], phi: bool = False) -> dict[str, Any]:
    """The same, as JSON can hold it."""
    elements = []
    for each in told["elements"]:
        row = {key: value for key, value in each.items() if key not in ("found", "repetition")}
        row["findings"] = [_said(finding, phi) for finding in each["found"]]
        elements.append(row | ({"repetition": each["repetition"]} if each["repetition"] else {}))
    return told | {"elements": elements}
