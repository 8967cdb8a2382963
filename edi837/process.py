"""An interchange told as one stream of events: the only place where all stages meet.

Enters: a binary stream and the policies. Leaves: frames as they open, findings, a verdict on
every claim, and an `End` for each frame as it closes (see `frames`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from edi837 import envelope, grammar, loops, x12
from edi837.ahead import Ahead, Hands
from edi837.body import Body, Setting
from edi837.chart import Chart, Loop, chart
from edi837.companion import Guides
from edi837.envelope import Admit
from edi837.findings import Finding, Level, Place
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet
from edi837.gate import Judge
from edi837.isa import BLANK
from edi837.parted import Parted
from edi837.seen import Seen
from edi837.snip import Codes

_OUTSIDE = envelope.Note("TA1:022", "a segment stands outside every transaction set", "put it between ST and SE")
_GUIDES = Guides()  # as published


def tell(
    stream: BinaryIO, policies: Sequence[Judge] = (), codes: Codes | None = None, guides: Guides | None = None,
    admit: Admit | None = None, hands: Hands | None = None,
) -> Iterator[Event]:
    """Tell a stream of interchanges as events; ``codes`` and ``guides`` are the operator's own.

    ``admit`` says what speaks against an ISA beyond its form; ``hands`` read sets in parts. Raises NotX12 when
    the stream holds none.
    """
    for event in _tell(stream, policies, codes, guides, admit, hands):
        if isinstance(event, Loop):
            event.release()
        else:
            yield event


def tell_loops(
    stream: BinaryIO, policies: Sequence[Judge] = (), codes: Codes | None = None, guides: Guides | None = None,
    admit: Admit | None = None,
) -> Iterator[Event | Loop]:
    """As `tell`, with each 2300 and HL loop as it closes, before what is said of it."""
    return _tell(stream, policies, codes, guides, admit, None)


def _tell(
    stream: BinaryIO, policies: Sequence[Judge], codes: Codes | None, guides: Guides | None, admit: Admit | None,
    hands: Hands | None,
) -> Iterator[Event | Loop]:
    numbers: set[tuple[str, ...]] = set()
    seen = Seen()
    stray: tuple[int, int] | None = None  # from byte to byte; it may come in parts
    refused = False  # for its delimiters, so that nobody can tell where it ends
    count = 0
    for item in x12.read(stream):
        if isinstance(item, x12.Stray):
            if not item.blank and not refused:
                first, last = item.span
                stray = (stray[0] if stray else first, last)
            continue
        if stray:
            yield _outside(*stray)
            stray = None
        refused = bool(item.unusable)
        count += 1
        yield from _Teller(item, policies, codes, guides or _GUIDES, seen, hands, count).tell(numbers, admit)
    if stray:
        yield _outside(*stray)


def _outside(first: int, last: int) -> Finding:
    return Finding(
        "X12-STRAY", "warn", "interchange",
        f"{last - first} bytes from byte {first} on belong to no interchange and were not read",
        fix="begin each interchange with ISA and end it with IEA",
    )  # fmt: skip


class _Teller:
    """Tells one interchange."""

    def __init__(
        self, raw: x12.RawInterchange, policies: Sequence[Judge], codes: Codes | None, guides: Guides, seen: Seen,
        hands: Hands | None, number: int,
    ) -> None:  # fmt: skip
        """``number``: which of the file it is, from 1."""
        self._seen = seen  # claims of the file; those of what is refused do not count
        self._codes, self._guides = codes, guides
        self._raw, self._number, self._delimiters = raw, number, raw.delimiters
        self._ahead = Ahead(raw, number, guides, codes, hands) if hands and not raw.unusable else None
        self._pieces: Iterator[str] = self._ahead or raw.pieces
        self._policies = policies
        self._stop: x12.Segment | None = None  # read and not yet acted on
        self._charts: set[Chart] = set()  # what they know by heart is this sender's
        header = raw.header(next(self._pieces))
        d = x12.Delimiters() if raw.unusable else raw.delimiters  # the answer needs marks that can be used
        self._frame = Interchange(header, d.element, d.component, d.repetition, d.segment)
        self._at = Place(interchange=self._frame.number)
        self._stray = False

    def tell(self, numbers: set[tuple[str, ...]], admit: Admit | None = None) -> Iterator[Event | Loop]:
        frame = self._frame
        yield frame
        for note in envelope.isa(frame.header, self._raw.unusable):
            yield self._noted(note, "interchange", "ISA", self._at)
        identity = (*tuple(frame.header[5:9]), frame.number)
        admitted = [envelope.TWICE] if identity in numbers else admit(frame.header) if admit else ()
        for note in admitted if not frame.refused else ():
            yield self._noted(note, "interchange", "ISA", self._at)
        numbers.add(identity)
        self._seen.settle()
        try:
            if not frame.refused:
                yield from self._groups()
        finally:
            for each in self._charts:
                each.forget()
        if frame.refused:
            self._seen.back(0)
        yield End(frame)

    def _groups(self) -> Iterator[Event | Loop]:
        seen: set[str] = set()
        while seg := self._next():
            if seg[0] == "GS":
                self._frame.groups += 1
                yield from self._group(seg, seen)
            elif seg[0] == "IEA":
                torn = self._torn()
                if torn:
                    seg[-1] = seg[-1].rstrip(BLANK)  # a line end in the terminator's place
                notes = list(envelope.iea(self._frame.header, seg, self._frame.groups))
                if torn:
                    if notes:
                        break  # cut off inside it
                    what = "another ISA begins" if self._raw.followed else "the file ends"
                    notes = [envelope.Note("TA1:023", f"{what} before IEA's terminator", "end IEA too", 0, False)]
                for note in notes:
                    if self._stray and note.element == 1:
                        continue  # what stands outside already spoils the count
                    yield self._noted(note, "interchange", "IEA", self._at)
                return
            elif seg[0] == "ST":
                note = envelope.Note("TA1:024", "ST stands in no functional group", "send GS before ST and GE after SE")
                yield from self._outside(note, "ST")
            elif seg[0] != "TA1":
                yield from self._outside(_OUTSIDE, seg[0])
        note = envelope.Note("TA1:023", f"the interchange is cut off: {self._raw.why}", "send it again, whole")
        yield self._noted(note, "interchange", "IEA", self._at)

    def _outside(self, note: envelope.Note, tag: str) -> Iterator[Finding]:
        """Segments outside every set: one finding an interchange, for they come in runs."""
        if not self._stray:
            self._stray = True
            known = tag if tag in grammar.known_tags() else ""  # else it may be anything, a name too
            yield self._noted(note, "interchange", known, self._at)

    def _group(self, gs: x12.Segment, seen: set[str]) -> Iterator[Event | Loop]:
        group = FunctionalGroup(gs)
        at = replace(self._at, group=group.number)
        yield group
        for note in envelope.gs(gs, seen):
            yield self._noted(note, "group", "GS", at, group)
        seen.add(group.number)
        refused, mark = bool(group.codes), self._seen.mark()
        numbers: set[str] = set()
        while seg := self._next():
            if seg[0] == "ST":
                group.sets += 1
                if not refused:
                    yield from self._set(seg, group, at, numbers)
            elif seg[0] == "GE":
                group.declared = seg[1] if len(seg) > 1 else ""
                for note in envelope.ge(gs, seg, group.sets):
                    if self._stray and note.element == 1:
                        continue
                    yield self._noted(note, "group", "GE", at, group)
                break
            elif seg[0] in ("GS", "IEA"):
                self._stop = seg
                note = envelope.Note("AK9:3", "GE is missing: the group does not end", "end the group with GE")
                yield self._noted(note, "group", "GE", at, group)
                break
            elif not refused:
                yield from self._outside(_OUTSIDE, seg[0])
        if group.refused:
            self._seen.back(mark)
        yield End(group)

    def _set(
        self, st: x12.Segment, group: FunctionalGroup, at: Place, numbers: set[str]
    ) -> Iterator[Event | Loop]:
        sender, receiver = (*group.header[2:4], "", "")[:2]
        guide = self._guides.guide(group.version, sender, receiver)
        frame = TransactionSet(st, guide.id, guide.kind)
        at, mark = replace(at, set=frame.number), self._seen.mark()
        yield frame
        for note in envelope.st(st, guide, numbers, self._delimiters.component + self._delimiters.repetition):
            yield self._noted(note, "set", "ST", at, frame)
        numbers.add(frame.number)
        named = grammar.answers().get(st[3] if len(st) > 3 else "", guide.id)
        if {"6", "18"} & set(frame.codes) or named != guide.id:  # another guide's content means nothing here
            frame.guide = frame.kind = ""
            count = self._skip()
        else:
            self._charts.add(chart(guide, self._delimiters))
            setting = Setting(guide, self._delimiters, group.header, st, at, self._number)
            body: Body | Parted
            if self._ahead:
                body = Parted(setting, self._policies, self._seen, self._codes, self._ahead)
                told = body.read()
            else:
                body = Body(setting, self._policies, self._seen, self._codes)
                told = body.read(self._pieces, self._torn)
            for event in told:
                frame.refused = frame.refused or (isinstance(event, Finding) and event.rejects)
                yield event
            frame.claims = body.claims
            frame.head(*body.head)
            self._stop, count = body.stop, body.number
        if self._stop and self._cut(self._stop):
            self._stop = None
        frame.segments, cut = count, self._stop is None
        if self._stop and self._stop[0] == "SE":
            for note in envelope.se(st, self._stop, count):
                yield self._noted(note, "set", "SE", at, frame)
            self._stop = None
        elif self._stop:
            note = envelope.Note("IK5:2", "SE is missing: the transaction set does not end", "end the set with SE")
            yield self._noted(note, "set", "SE", at, frame)
        frame.refused = frame.refused or bool(frame.codes) or cut
        if frame.refused:
            self._seen.back(mark)
        else:
            group.accepted += 1
        yield End(frame)

    def _next(self) -> x12.Segment | None:
        """The next segment, or the one that ended a set; None at the end."""
        if self._stop:
            seg, self._stop = self._stop, None
            return seg
        for piece in self._pieces:
            seg = x12.split(piece, self._delimiters)
            if seg != [""]:
                return None if self._cut(seg) else seg
        return None

    def _torn(self) -> bool:
        """Whether the file ends in the piece read last."""
        return self._ahead.torn() if self._ahead else self._raw.unterminated

    def _cut(self, seg: x12.Segment) -> bool:
        """Whether the file ends inside this segment: then that is its only fault. An IEA may be whole even so."""
        return self._torn() and seg[0] != "IEA"

    def _skip(self) -> int:
        """Pass over a set that is not read; the count of its segments, ST and SE included."""
        count = 1
        for piece in self._pieces:
            seg = x12.split(piece, self._delimiters)
            if seg[0] in loops.ENVELOPE:
                self._stop = seg
                return count + (seg[0] == "SE")
            count += seg != [""]
        return count

    def _noted(
        self, note: envelope.Note, level: Level, tag: str, at: Place,
        frame: FunctionalGroup | TransactionSet | None = None,
    ) -> Finding:  # fmt: skip
        """A note as a finding, its code entered in the frame that answers for it."""
        kind, _, code = note.code.partition(":")
        if kind == "TA1":
            self._frame.codes.append(("R" if note.grave else "E", code))
        elif note.grave and frame is not None:
            frame.codes.append(code)
        return Finding(
            f"X12-{kind}-{code or 'NOTE'}", "reject" if note.grave else "warn", level, note.message,
            replace(at, tag=tag, element=note.element), "X12", fix=note.fix, syntax=note.code if code else "",
        )  # fmt: skip
