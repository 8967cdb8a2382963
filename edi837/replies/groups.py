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
from edi837.wording import many

_GUIDES = {"X222": "005010X222A1", "X223": "005010X223A2", "X098": "005010X222A1", "X096": "005010X223A2"}
_GOOD = ("A", "E")
_UNNAMED = "Find out which they are, correct these and send them again; the accepted sets are not sent again."


def refused(item: GroupReply) -> bool:
    """Whether a group was refused: AK901."""
    return codes.refuses(item.status)


def bad(item: SetReply) -> bool:
    """Whether a set was refused: IK501."""
    return codes.refuses(item.status)


def unnamed(item: GroupReply) -> int:
    """Sets of a group not refused that were not accepted (AK903 less AK904) and are not told to be refused.

    No more than have no AK2: of a set that is named its IK5 tells; some count those with E out of AK904.
    """
    if not _counted(item):
        return 0
    received = _number(item.received)
    return max(min(received - _number(item.accepted) - sum(map(bad, item.sets)), received - len(item.sets)), 0)


def disagrees(item: GroupReply) -> bool:
    """Whether the sets of a group not refused cannot be as many accepted as AK904 says."""
    good = sum(each.status in _GOOD for each in item.sets)
    most = _number(item.received) - sum(map(bad, item.sets))
    return _counted(item) and not good <= _number(item.accepted) <= most


def unclear(item: GroupReply) -> int:
    """The group and the sets of which is said neither that they were accepted nor that they were refused.

    Where the answer is cut off, what is not there may have been; P of a group says that a set was refused.
    """
    known = [item.status in (*_GOOD, "P") or refused(item) or not (item.status or item.whole)]
    if not _none(item):
        known += [each.status in _GOOD or bad(each) or not (each.status or item.whole) for each in item.sets]
    if item.status == "P" and not unnamed(item) and not any(map(bad, item.sets)) and not _leaves_out_errors(item):
        known.append(not item.whole)
    return known.count(False)


def _none(item: GroupReply) -> bool:
    """Whether no set of a refused group was accepted (AK904)."""
    return refused(item) and not item.accepted.strip("0")


def _counted(item: GroupReply) -> bool:
    return not refused(item) and item.received.isdecimal() and item.accepted.isdecimal()


def _leaves_out_errors(item: GroupReply) -> bool:
    """Whether each set is told to be accepted, and P and AK904 only count those with E out."""
    named = [each.status for each in item.sets]
    told = set(named) <= {*_GOOD} and len(named) == _number(item.received)
    return told and _number(item.accepted) == named.count("A") < len(named)


def _number(count: str) -> int:
    return int(count) if count.isdecimal() and len(count) < 10 else 0


class GroupTeller:
    """Says what one group holds."""

    def __init__(self, item: GroupReply, phi: bool) -> None:
        self._item, self._phi = item, phi
        self._none = _none(item)
        self._itself = refused(item) and bool(item.codes or not item.sets)  # for what is wrong in GS or GE

    def say(self) -> Iterator[Said]:
        """The group, and each of its sets."""
        item = self._item
        number = safe.text(item.number) or "without a number"
        head = f"Group {number} ({safe.text(item.version)}) was {codes.outcome(item.status)}"
        more = unnamed(item)
        told = Said("999", "group", tone(refused(item) or more > 0, item.status == "A"), head)
        if item.received:
            told.rows.append(("sets", f"{safe.text(item.accepted) or '0'} of {safe.text(item.received)} accepted"))
        told.rows += [("why", codes.syntax("AK9", code)) for code in item.codes]
        if more:
            told.rows.append(("refused", f"{many(more, 'set')} not accepted, and not named"))
        if disagrees(item):
            told.rows.append(("counts", "the sets accepted by AK904 are not those accepted by their IK5"))
        if self._itself:
            told.rows.append(("do", codes.resend("AK9", item.codes, "group")))
        elif more:
            told.rows.append(("do", _UNNAMED))
        elif unclear(item) and item.status not in _GOOD:
            told.rows.append(("do", codes.ASK))
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
            what = self._again()
            told.rows.append(("do", codes.AGAIN[what] if self._itself else codes.resend("IK5", item.codes, what)))
        elif item.status not in _GOOD and not self._none and (item.status or self._item.whole):
            told.rows.append(("do", codes.ASK))
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
