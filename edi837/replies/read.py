"""Reads acknowledgements: TA1, 999 (or 997) and 277CA, as they come.

Enters: a binary stream. Leaves: one item after another, in file order: an `Envelope`, a `Receipt` (TA1), a
`GroupReply` (999), and of a 277 a `Batch`, each `Provider` and `ClaimReply`, and the `BatchEnd`; a `Cut`
where an interchange has no IEA. A claim at a time is held. Nothing is judged here: what is missing is empty,
what is out of place is taken as it stands. Raises NotX12 when the stream holds no interchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from edi837 import x12
from edi837.replies.items import (
    Batch,
    BatchEnd,
    ClaimReply,
    Context,
    Cut,
    ElementError,
    Envelope,
    GroupReply,
    Item,
    LineReply,
    Provider,
    Receipt,
    SegmentError,
    SetReply,
    Status,
)  # fmt: skip
from edi837.x12 import Delimiters, Segment, element

_LEVELS = {"20": "source", "21": "receiver", "19": "provider", "PT": "patient", "22": "patient", "23": "patient"}
_PARTIES = {"PR": "source", "AY": "source", "41": "receiver", "85": "provider", "1P": "provider", "QC": "patient",
            "IL": "patient", "03": "patient"}  # fmt: skip
_OLD = {"AK3": "IK3", "AK4": "IK4", "AK5": "IK5"}  # the 997 says the same in other segments


def read(stream: BinaryIO) -> Iterator[Item]:
    """Yield what a stream of acknowledgements says."""
    for raw in x12.read(stream):
        if isinstance(raw, x12.Stray):
            continue
        marks, reader, ended, version = raw.delimiters, None, False, ""
        for piece in raw.pieces:
            seg = raw.header(piece) if piece.lstrip().startswith("ISA") else x12.split(piece, marks)
            seg = [value.strip() for value in seg]
            tag = seg[0] if len(seg) > 1 else ""  # a tag alone may be the beginning of another: ST of an STC
            if tag in ("ISA", "ST", "SE", "GE", "IEA", "GS") and reader:
                yield from reader.close(whole=tag == "SE")
                reader = None
            if tag == "ISA":
                yield Envelope(element(seg, 13), element(seg, 6), element(seg, 8), element(seg, 15) == "T")
            elif tag == "TA1":
                yield Receipt(*(element(seg, n) for n in range(1, 6)))
            elif tag == "GS":
                version = element(seg, 8)
            elif tag == "ST":
                reader = _reader(element(seg, 1), Batch(element(seg, 2), element(seg, 3) or version), marks)
            elif reader:
                yield from reader.take(_OLD.get(tag, tag), seg, marks)
            ended = ended or tag == "IEA"
        if reader:
            yield from reader.cut()
        if not ended:
            yield Cut()


def _reader(kind: str, batch: Batch, marks: Delimiters) -> _Group | _Claims | None:
    """Who reads a set of this kind (ST01); nobody, when it is no answer to claims."""
    if kind == "277":
        return _Claims(marks, batch)
    return _Group() if kind in ("999", "997") else None


class _Group:
    """Reads a 999."""

    def __init__(self) -> None:
        self._group = GroupReply()

    def take(self, tag: str, seg: Segment, marks: Delimiters) -> Iterator[Item]:
        """Take a segment."""
        group = self._group
        if tag == "AK1":
            group.kind, group.number, group.version = (element(seg, n) for n in (1, 2, 3))
        elif tag == "AK2":
            group.sets.append(SetReply(element(seg, 2), element(seg, 3)))
        elif tag == "IK3":
            self._set.errors.append(SegmentError(element(seg, 1), element(seg, 2), element(seg, 3), element(seg, 4)))
        elif tag == "IK4":
            at = element(seg, 1).replace(marks.component, "-")
            self._error.elements.append(ElementError(at, element(seg, 3), element(seg, 4)))
        elif tag == "CTX":
            error, context = self._error, _context(seg, marks)
            (error.elements[-1].because if error.elements else error.contexts).append(context)
        elif tag == "IK5":
            self._set.status, self._set.codes = element(seg, 1), [code for code in seg[2:7] if code]
        elif tag == "AK9":
            group.status, group.declared, group.received, group.accepted = (element(seg, n) for n in (1, 2, 3, 4))
            group.codes = [code for code in seg[5:10] if code]
        return iter(())

    @property
    def _set(self) -> SetReply:
        """The set at hand; one without a name when AK2 is missing."""
        if not self._group.sets:
            self._group.sets.append(SetReply())
        return self._group.sets[-1]

    @property
    def _error(self) -> SegmentError:
        if not self._set.errors:
            self._set.errors.append(SegmentError())
        return self._set.errors[-1]

    def close(self, whole: bool) -> Iterator[Item]:
        """The group."""
        self._group.whole = whole
        yield self._group

    def cut(self) -> Iterator[Item]:
        """The group as far as it was told."""
        return self.close(whole=False)


def _context(seg: Segment, marks: Delimiters) -> Context:
    kind, _, value = element(seg, 1).partition(marks.repetition or "\0")[0].partition(marks.component)
    return Context(kind, value, element(seg, 2), element(seg, 3), element(seg, 5).replace(marks.component, "-"))


class _Claims:
    """Reads a 277: where an HL is missing, the NM1 tells the level."""

    def __init__(self, marks: Delimiters, batch: Batch) -> None:
        self._batch = batch
        self._told = False  # the batch was handed over
        self._level = "source"
        self._provider: Provider | None = None
        self._claim: ClaimReply | None = None
        self._patient = ("", "")
        self._marks = marks

    def take(self, tag: str, seg: Segment, marks: Delimiters) -> Iterator[Item]:
        """Take a segment."""
        if tag == "HL":
            yield from self._enter(_LEVELS.get(element(seg, 3), self._level))
        elif tag == "NM1":
            level = _PARTIES.get(element(seg, 1), self._level)
            if level != self._level or (level == "patient" and self._patient != ("", "")):
                yield from self._enter(level)
            self._name(seg)
        elif tag == "TRN":
            yield from self._trace(element(seg, 2))
        elif tag == "SVC":
            self._line(seg)
        elif tag == "STC":
            self._statuses.append(self._status(seg))
        elif tag in ("QTY", "AMT"):
            self._total(element(seg, 1), element(seg, 2))
        elif tag == "REF" and self._claim:
            self._reference(self._claim, element(seg, 1), element(seg, 2))
        elif tag == "DTP" and self._claim:
            of = self._claim.lines[-1] if self._claim.lines else self._claim
            of.dates = element(seg, 3)

    def close(self, whole: bool) -> Iterator[Item]:
        """What is left, and the end."""
        yield from self._pass()
        if not self._told:
            yield self._batch
        yield BatchEnd(whole)

    def cut(self) -> Iterator[Item]:
        """What is left; of the claim at hand more may have been told."""
        if self._claim:
            self._claim.whole = False
        return self.close(whole=False)

    def _enter(self, level: str) -> Iterator[Item]:
        if self._provider:
            self._provider.below = level == "patient"
        yield from self._pass()
        if level in ("provider", "patient") and not self._told:
            self._told = self._batch.below = True
            yield self._batch
        self._level, self._patient = level, ("", "")
        if level == "provider":
            self._provider = Provider()

    def _pass(self) -> Iterator[Item]:
        """Hand over the provider and the claim at hand."""
        if self._provider:
            yield self._provider
            self._provider = None
        if self._claim:
            yield self._claim
            self._claim = None

    def _name(self, seg: Segment) -> None:
        last, first, number = element(seg, 3), element(seg, 4), element(seg, 9)
        name = ", ".join(part for part in (last, first) if part)
        if self._level == "source":
            self._batch.source = name
        elif self._level == "receiver":
            self._batch.receiver = name
        elif self._level == "provider" and self._provider:
            self._provider.name, self._provider.id = name, number
        else:
            self._patient = name, number

    def _trace(self, number: str) -> Iterator[Item]:
        if self._level == "receiver":
            self._batch.reference = number
        elif self._level == "patient":
            yield from self._pass()
            self._claim = ClaimReply(number, *self._patient)

    @property
    def _here(self) -> ClaimReply:
        """The claim at hand; one without a number when its TRN is missing."""
        if self._claim is None:
            self._claim = ClaimReply("", *self._patient)
        return self._claim

    @property
    def _statuses(self) -> list[Status]:
        if self._level == "patient":
            return (self._here.lines[-1] if self._here.lines else self._here).statuses
        return self._provider.statuses if self._provider else self._batch.statuses

    def _status(self, seg: Segment) -> Status:
        parts = (element(seg, n).split(self._marks.component)[:3] for n in (1, 10, 11))
        codes = [":".join(each).strip(":") for each in parts]
        return Status([code for code in codes if code], element(seg, 3), element(seg, 4), element(seg, 12))

    def _line(self, seg: Segment) -> None:
        parts = element(seg, 1).split(self._marks.component)
        code = ":".join(part for part in parts[1:6] if part) or parts[0]
        self._here.lines.append(LineReply(code, element(seg, 2), element(seg, 4), element(seg, 7)))

    def _total(self, kind: str, value: str) -> None:
        totals = self._provider.totals if self._provider else self._batch.totals
        name = {"90": "accepted", "QA": "accepted", "AA": "rejected", "QC": "rejected", "YU": "accepted_charges",
                "YY": "rejected_charges"}.get(kind)  # fmt: skip
        if name and self._level != "patient":
            setattr(totals, name, value)

    def _reference(self, claim: ClaimReply, kind: str, value: str) -> None:
        if claim.lines:
            if kind == "FJ":
                claim.lines[-1].control = value
        elif kind == "1K":
            claim.payer_number = value
        else:
            claim.references[kind] = value
