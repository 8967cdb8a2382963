"""A claimed file read and judged: where it belongs and what answers it. Nothing is written here.

Enters: the file, open, with what is set and what came before. Leaves: a `Result`, which `job` makes true.
What is wrong with the file is a reason of a closed list; what is wrong with us is an exception.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from edi837 import answer
from edi837.acks import ta1
from edi837.envelope import Note
from edi837.findings import NotX12
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet
from edi837.gateway import probe, unpack
from edi837.gateway.settings import Partner, Settings, action
from edi837.terms import Terms, digest
from edi837.x12 import element

REASONS = {  # why a file is in quarantine
    "empty": "it holds nothing",
    "not_x12": "it holds no interchange",
    "too_large": "it is larger than max_file_bytes, or was packed into less than a 200th",
    "compressed": "it is compressed, and compressed = false",
    "unpackable": "it is compressed and damaged, locked, or holds more than one file",
    "not_regular": "it is a link, or no regular file of one name",
    "unreadable": "the gateway's user may not read it",
    "unknown_partner": "its sender has no profile, and unknown = quarantine",
    "wrong_folder": "it lay in the folder of another partner",
    "mixed": "it holds interchanges of several partners, whose terms and folders differ",
    "no_claims": "nothing in it is answered: it holds acknowledgements, or no set at all",
    "fault": "our own fault: reading it failed max_attempts times",
    "poison": "reading it ended its worker max_attempts times: it hangs, or needs too much memory",
}
Past = Callable[[bytes, str], str]  # key and first day to the job that took it, or ""


class Held(Exception):
    """Somebody is still writing the file."""


class Mixed(Exception):
    """An interchange of the file is not of the partner on whose terms it is read."""


@dataclass(slots=True)
class Frame:
    """An interchange of a file, for the ledger."""

    key: bytes  # a keyed hash of who sent which number to whom
    sender: str
    number: str
    usage: str
    taken: bool = False  # it was not refused: its number may not come again
    code: str = "000"  # TA105


@dataclass(slots=True)
class Batch:
    """A transaction set of a file, for the ledger."""

    key: bytes  # a keyed hash of submitter, BHT03 and ISA15
    usage: str
    number: str  # ST02
    claims: int
    refused: bool  # by a TA1 or 999, or sent back whole by the 277CA
    again: bool  # it came before


@dataclass(slots=True)
class Result:
    """What becomes of a file."""

    folder: str  # archive, error, quarantine
    reason: str = ""
    size: int = 0
    sha256: str = ""
    ends: probe.Ends = field(default_factory=probe.Ends)
    partner: Partner | None = None
    outcome: answer.Outcome = field(default_factory=answer.Outcome)
    first: int = 0  # control number
    frames: list[Frame] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    duplicate_of: str = ""  # the job that took the same interchange
    twin: tuple[str, str] = "", ""  # the first job of the same bytes, and its day
    packed: str = ""  # gzip, zip


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reading rests on beside the file."""

    settings: Settings
    hashed: Callable[..., bytes]
    past: Past  # of interchanges
    sent: Past  # of sets
    now: datetime
    cut: bool = False  # read it though it does not end with its IEA
    replay: bool = False  # somebody asked for it again: its number may have come before
    twin: Callable[[str], tuple[str, str]] = lambda _: ("", "")  # by SHA-256: see `Result`

    @property
    def since(self) -> str:
        """The first day of what is remembered."""
        return (self.now.date() - timedelta(days=self.settings.duplicate_days)).isoformat()


def read(stream: BinaryIO, desk: Desk, *, name: str, folder: str, control: int) -> Result:
    """Read a claimed file; ``folder`` is the partner's that it lay in. Raises Held, and whatever is our own fault."""
    settings = desk.settings
    before = os.fstat(stream.fileno())
    if before.st_size > settings.max_file_bytes:
        return Result("quarantine", "too_large", before.st_size)
    result = Result("archive", size=before.st_size, first=control, packed=unpack.kind(stream))
    with ExitStack() as stack:
        content: BinaryIO | None = stream
        if result.packed:
            content = _unpacked(stream, result, desk, stack)
        result.ends = _ends(content)
        if not (result.ends.whole or result.reason or desk.cut):
            raise Held
        result.partner = settings.partner(result.ends)
        stream.seek(0)
        result.sha256 = digest(stream).hex()
        result.twin = desk.twin(result.sha256)
        result.reason = result.reason or _barred(result, settings, folder)
        if content and not result.reason:
            result.reason = _answer(content, result, desk, name, control)
    after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Held
    if result.reason:
        result.folder = "quarantine"
    elif result.outcome.refused:
        result.folder = "error"
    return result


def _ends(content: BinaryIO | None) -> probe.Ends:
    if content is None:
        return probe.Ends()
    return probe.ends(content, content.seek(0, os.SEEK_END))


def _unpacked(stream: BinaryIO, result: Result, desk: Desk, stack: ExitStack) -> BinaryIO | None:
    """What is packed in a file; None, with the reason noted, when it is not taken."""
    if not desk.settings.compressed:
        result.reason = "compressed"
        return None
    try:
        return stack.enter_context(unpack.unpacked(stream, result.size, desk.settings.max_file_bytes))
    except unpack.PackedError as error:
        if error.partial and not desk.cut:
            raise Held from None
        result.reason = error.reason
        return None


def _barred(result: Result, settings: Settings, folder: str) -> str:
    """Why a file is not answered at all, as far as its head tells."""
    if not result.size:
        return "empty"
    if folder and result.ends.isa and (result.partner is None or result.partner.folder != folder):
        return "wrong_folder"
    if result.ends.isa and result.partner is None and settings.unknown == "quarantine":
        return "unknown_partner"
    return ""


def _answer(stream: BinaryIO, result: Result, desk: Desk, name: str, control: int) -> str:
    """Note what answers a file; returns why nothing does, empty when something does."""
    doorman = Doorman(desk, result.partner, result.ends.sender, result.twin)
    stream.seek(0)
    general = result.partner.terms if result.partner else desk.settings.terms
    terms: Terms = replace(general, admit=doorman.admit, returns=doorman.returns)
    tally = Tally(doorman)
    try:
        outcome = answer.answer(stream, terms, file=name, now=desk.now, control=control, watch=tally.take)
    except NotX12:
        return "not_x12"
    except Mixed:
        return "mixed"
    if not outcome.numbers:  # each answer has one
        outcome.close()
        return "no_claims"
    result.outcome = outcome
    result.frames, result.batches, result.duplicate_of = tally.frames, tally.batches, doorman.duplicate_of
    return ""


class Doorman:
    """What speaks against an interchange before it is read: its usage, its sender, its number."""

    def __init__(self, desk: Desk, partner: Partner | None, first: str, twin: tuple[str, str]) -> None:
        self._desk, self._twin = desk, twin
        self._partner, self._first = partner, first  # the partner, and ISA06, of the first interchange
        self._usage = ""
        self._sets: set[bytes] = set()  # of this file, by their keys
        self.duplicate_of = ""
        self.again = False  # the last set asked about came before

    def key(self, isa: Sequence[str]) -> bytes:
        """Who sent which number to whom, as a keyed hash: ISA05 to ISA08, ISA13, ISA15."""
        said = [element(isa, at).strip() for at in (5, 6, 7, 8, 13, 15)]
        return self._desk.hashed("interchange", *said)

    def batch(self, submitter: Sequence[str], reference: str) -> bytes:
        """1000A NM109, BHT03 and ISA15, as a keyed hash."""
        return self._desk.hashed("batch", element(submitter, 9).strip(), reference, self._usage)

    def admit(self, isa: Sequence[str]) -> Iterable[Note]:
        """Notes on an ISA, each with its TA1 code. Mixed when it is not of the partner of the first."""
        settings, usage = self._desk.settings, element(isa, 15)
        self._usage = usage
        if not self._fits(element(isa, 6).strip()):
            raise Mixed
        if settings.usage not in ("any", usage):
            yield Note("TA1:020", f"ISA15 is {usage}; only {settings.usage} is taken here",
                       "send tests to the test system and claims to the other", 15)  # fmt: skip
            return
        if self._partner is None and settings.unknown == "reject":
            yield Note("TA1:006", "the sender in ISA06 is not known here", "agree on your sender id first", 6)
            return
        wanted = action((self._partner or settings).duplicates, usage)
        if wanted == "off" or self._desk.replay:
            return
        if earlier := self._desk.past(self.key(isa), self._desk.since):
            self.duplicate_of = earlier
            job, day = self._twin
            same = f"; the file is byte for byte that of job {job} of {day}" if job else ""
            yield Note("TA1:025", f"ISA13 came before from this sender (job {earlier}){same}",
                       "number each interchange apart", 13, wanted == "reject")  # fmt: skip

    def _fits(self, sender: str) -> bool:
        """Whether an ISA06 is of the file's partner: terms and folders are those of the first ISA."""
        if self._partner:
            return sender in self._partner.isa06
        return sender == self._first or not any(sender in each.isa06 for each in self._desk.settings.partners)

    def returns(self, frame: TransactionSet) -> Iterable[Note]:
        """A note on a set whose BHT03 its submitter sent before; of two in one file that is no proof, and noted."""
        wanted = action((self._partner or self._desk.settings).batches, self._usage)
        self.again = False
        if wanted == "off" or self._desk.replay or not frame.reference:
            return
        key = self.batch(frame.submitter, frame.reference)
        earlier = self._desk.sent(key, self._desk.since)
        self.again = bool(earlier) or key in self._sets
        self._sets.add(key)
        if self.again:
            where = f"job {earlier}" if earlier else "in this file"
            yield Note("A3:746", f"BHT03 came before from this submitter ({where})",
                       "send a batch once; give one that is corrected a BHT03 of its own", 3,
                       wanted == "reject" and bool(earlier))  # fmt: skip


class Tally:
    """What the ledger keeps of the events of a file."""

    def __init__(self, doorman: Doorman) -> None:
        self._doorman = doorman
        self._usage = ""
        self._isa = self._group = 0  # sets before them
        self.frames: list[Frame] = []
        self.batches: list[Batch] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Interchange):
            isa, self._usage = event.header, element(event.header, 15)
            sender, number = element(isa, 6).strip(), element(isa, 13)
            self.frames.append(Frame(self._doorman.key(isa), sender, number, self._usage))
            self._isa = len(self.batches)
        elif isinstance(event, FunctionalGroup):
            self._group = len(self.batches)
        elif isinstance(event, End) and isinstance(event.of, FunctionalGroup):
            self._undo(self._group, event.of.refused)
        elif isinstance(event, End) and isinstance(event.of, Interchange):
            self.frames[-1].taken = not event.of.refused
            self._undo(self._isa, event.of.refused)
            self.frames[-1].code = ta1.verdict(event.of)[1]
        elif isinstance(event, End) and isinstance(event.of, TransactionSet):
            frame = event.of
            key = self._doorman.batch(frame.submitter, frame.reference) if frame.reference else b""
            refused = frame.refused or bool(frame.returned)
            again = self._doorman.again and not frame.refused
            self.batches.append(Batch(key, self._usage, frame.number, frame.claims, refused, again))

    def _undo(self, first: int, refused: bool) -> None:
        """What stands in a frame that is refused in the end is refused with it."""
        for batch in self.batches[first:] if refused else ():
            batch.refused = True
