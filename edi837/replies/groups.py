"""What a 999 says of a group and its sets: which were refused, at which element, and what to do.

Enters: a `GroupReply`. Leaves: what it says of the group and of each set. A set may be said to be accepted in a group
that is not: its IK5 is written before the end of the group, GE, is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837 import personal, safe
from edi837.findings import Place
from edi837.replies import codes
from edi837.replies.items import Context, ElementError, GroupReply, SegmentError, SetReply
from edi837.replies.said import Said, cut, tone
from edi837.views import shown

_GUIDES = {"X222": "005010X222A1", "X223": "005010X223A2", "X098": "005010X222A1", "X096": "005010X223A2"}
_GOOD = ("A", "E")


def refused(item: GroupReply) -> bool:
    """Whether a group was refused: AK901 is neither A, E nor P."""
    return item.status not in (*_GOOD, "P", "")


def bad(item: SetReply) -> bool:
    """Whether a set was refused: IK501 is neither A nor E."""
    return item.status not in (*_GOOD, "")


class GroupTeller:
    """Says what one group holds."""

    def __init__(self, item: GroupReply, phi: bool) -> None:
        self._item, self._phi = item, phi
        self._none = refused(item) and not item.accepted.strip("0")  # AK904: no set of it was accepted
        self._itself = refused(item) and bool(item.codes or not item.sets)  # for what is wrong in GS or GE

    def say(self) -> Iterator[Said]:
        """The group, and each of its sets."""
        item = self._item
        number = safe.text(item.number) or "without a number"
        head = f"Group {number} ({safe.text(item.version)}) was {codes.outcome(item.status)}"
        told = Said("999", "group", tone(refused(item), item.status == "A"), head)
        if item.received:
            told.rows.append(("sets", f"{safe.text(item.accepted) or '0'} of {safe.text(item.received)} accepted"))
        told.rows += [("why", codes.syntax("AK9", code)) for code in item.codes]
        if self._itself:
            told.rows.append(("do", codes.AGAIN["group"]))
        yield told
        for each in item.sets:
            yield self._set(each)
        if not item.whole:
            yield Said("999", "end", "note", "The answer is cut off", [cut("SE")])

    def _set(self, item: SetReply) -> Said:
        version = item.guide or self._item.version
        guide = next((guide for part, guide in _GUIDES.items() if part in version), "")
        number = safe.text(item.number) or "without a number"
        told = Said("999", "set", tone(bad(item), item.status == "A"), f"Set {number} was {codes.outcome(item.status)}")
        if self._none and item.status in _GOOD:
            told.tone, told.head = "note", f"Nothing was found in set {number}; it went back with its group"
            if item.status == "E":
                told.head = f"Set {number} had errors that refuse nothing; it went back with its group"
        told.rows += [("why", codes.syntax("IK5", code)) for code in item.codes]
        for error in item.errors:
            told.rows += self._segment(error, guide)
        if bad(item):
            told.rows.append(("do", codes.AGAIN[self._again()]))
        return told

    def _again(self) -> str:
        """What to do with a set that was refused: in a group of its own, or with accepted ones, or with its group."""
        if self._itself:
            return "set with its group"
        others = any(each.status in _GOOD for each in self._item.sets) and not self._none
        return "set" if others else "set alone"

    def _segment(self, error: SegmentError, guide: str) -> Iterator[tuple[str, str]]:
        where = f"segment {safe.text(error.number)}, {safe.text(error.tag)}"
        where += f" in loop {safe.text(error.loop)}" if error.loop else ""
        where += f", claim {safe.text(error.claim)}" if error.claim else ""
        if error.code and not (error.code == "8" and error.elements):
            yield "fault", f"{where}: {codes.syntax('IK3', error.code)}"
        for context in error.contexts:
            if context.kind != "CLM01":
                yield "because", self._context(context)
        for element in error.elements:
            yield "fault", f"{where}: {self._element(error, element, guide)}"
            for context in element.because:
                yield "because", self._context(context)

    def _element(self, error: SegmentError, element: ElementError, guide: str) -> str:
        parts = [int(part) if part.isdecimal() and len(part) < 4 else 0 for part in element.at.split("-")] + [0]
        place = Place(tag=error.tag, loop=error.loop, element=parts[0], component=parts[1])
        name = shown.name(guide, place)
        where = safe.text(place.refdes or element.at)
        told = f"{where}{f' ({name})' if name else ''}: {codes.syntax('IK4', element.code)}"
        if element.value:
            value = safe.text(element.value) if self._phi else safe.masked(element.value)
            told += f"; sent was {value}"
        return told

    def _context(self, context: Context) -> str:
        if context.kind == "SITUATIONAL TRIGGER":
            element, _, rest = context.element.partition("-")
            name = f"{context.tag}{element.zfill(2) if element else ''}{f'-{rest}' if rest else ''}"
            return f"{safe.text(name)} of segment {safe.text(context.segment)} makes it so"
        hidden = 1 in personal.hidden(["CTX", context.kind]) and not self._phi
        value = safe.masked(context.value) if hidden else safe.text(context.value)
        return f"{safe.text(context.kind)} {value}".strip()
