"""How a file is parted into tasks, without reading its claims.

Enters: a file, and how much text a task shall have. Leaves: a `Plan`: its stretches in file order, and what is
found on its envelope; or the whole file as one task, where it cannot be read otherwise. The file is told by
`process` itself, through hands that put a mark in the place of every part they are given: so the envelope is
judged as ever, and none of the text is held. Sizes of the plan do not depend on that of the file but by one
stretch for every so many bytes.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from edi837 import process
from edi837.claim import Claim
from edi837.cut import Standing
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.part import Part, Read
from edi837.spark.glance import Glance
from edi837.spark.stretch import Stretch
from edi837.x12 import BLOCK

MOST = 100_000  # findings on the envelope, or stretches: with more the file is one task, for the planner's memory
CUT = "a set in it cannot be cut"


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that one task reads from its beginning to its end."""

    path: str
    length: int  # bytes
    why: str = ""  # why it is not parted, in words; empty: it is small, or so was asked


@dataclass(frozen=True, slots=True)
class Noted:
    """What was found outside the bodies of sets."""

    path: str
    findings: tuple[Finding, ...]
    length: int = 0


Job = Stretch | Whole | Noted


def plan(path: str, most: int, beyond: bool) -> list[Job]:
    """The jobs of a file, in file order.

    ``most``: bytes of text in a job, from which on it is closed at the next place where a set can be cut.
    ``beyond``: whether claims of a patient under several HLs are judged as one. Raises NotX12.
    """
    size = os.stat(path).st_size
    if size <= most:
        return [Whole(path, size)]
    plan = _Plan(path, most, Glance(beyond))
    with _sips(path, most) as stream:
        why = plan.fill(process.tell(stream, hands=plan.hands))
    if why:
        return [Whole(path, size, why)]
    return [*plan.stretches, *([Noted(path, tuple(plan.findings))] if plan.findings else [])]


def packed(jobs: Iterable[Job], most: int) -> Iterator[tuple[Job, ...]]:
    """Jobs by tasks: small ones share one."""
    held: list[Job] = []
    size = 0
    for job in jobs:
        if held and size + job.length > most:
            yield tuple(held)
            held, size = [], 0
        held.append(job)
        size += job.length
    if held:
        yield tuple(held)


class _Sips(io.BufferedReader):
    """A file that gives no more at a time than a job shall have: where what was given ends, a set may be cut."""

    most = BLOCK

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


def _sips(path: str, most: int) -> _Sips:
    sips = _Sips(io.FileIO(path), BLOCK)
    sips.most = max(1, min(BLOCK, most))
    return sips


class _Mark(Verdict):
    """Stands in the stream of events where those of a part belong."""

    __slots__ = ("after", "begin", "delimiters", "length", "start")

    def __init__(self, part: Part) -> None:
        super().__init__(_NONE)
        self.begin, self.length = part.offset, len(part.text)
        self.delimiters, self.start, self.after = part.setting.delimiters, part.start, part.after


_NONE = Claim()


class _Any:
    """A standing that is whatever it is compared with, for nobody has read so far; nobody can go on from it."""

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class _Task:
    reads: Sequence[Read]

    def result(self) -> Sequence[Read]:
        """What is told of each part: a mark."""
        return self.reads


class _Hands:
    """Reads nothing, but glances at the parts."""

    most = 1

    def __init__(self, glance: Glance) -> None:
        self._glance = glance

    def begin(self, parts: Sequence[Part]) -> _Task:
        """Take note of some parts."""
        for part in parts:
            self._glance.take(part.text, part.setting.delimiters)
        return _Task([_marked(part) for part in parts])

    def again(self, part: Part, known: frozenset[int]) -> Read:
        """As `begin`; it is not asked for, as every standing will do."""
        return _marked(part)


def _marked(part: Part) -> Read:
    mark: list[Finding | Verdict | int] = [_Mark(part)]
    if part.after:
        standing: Standing = _Any()  # type: ignore[assignment]
        return Read(mark, standing, False, 0, ())
    stop = part.text[part.text.rfind(part.setting.delimiters.segment) + 1 :].lstrip()
    number = part.start.number if part.start else 1
    number += sum(1 for piece in part.pieces() if piece.strip())  # it matters only where the last of them is an SE
    return Read(mark, None, True, 0, (), number, stop)


@dataclass(slots=True)
class _Plan:
    """What is known of a file so far."""

    path: str
    most: int
    glance: Glance
    stretches: list[Stretch] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    hands: _Hands = field(init=False)
    _stamp: tuple[int, int] = field(init=False)
    _isa: tuple[str, ...] = ()
    _gs: tuple[str, ...] = ()
    _st: tuple[str, ...] = ()
    _frames: tuple[int, int, int] = (0, 0, 0)
    _ended: bool = False  # whether the set at hand was told by marks to its end
    _joins: bool = False  # whether only frames that are read lie between the stretch before and what follows

    def __post_init__(self) -> None:
        self.hands, self._stamp = _Hands(self.glance), stamp(self.path)

    def fill(self, events: Iterator[Event]) -> str:
        """Take the events of the file; says why it cannot be parted, or nothing."""
        for event in events:
            if isinstance(event, _Mark):
                self._take(event)
            elif isinstance(event, Finding):
                self.findings.append(event)
            elif isinstance(event, Verdict):
                return CUT
            elif isinstance(event, End):
                if not self._closes(event.of):
                    return CUT
            else:
                self._opens(event)
            if max(len(self.findings), len(self.stretches)) > MOST:
                return "it has too many frames"
        if self.glance.repeated():
            return "a claim may come twice in it"
        return "a patient comes again in it" if self.glance.again() else ""

    def _opens(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        interchange, group, ordinal = self._frames
        if isinstance(frame, Interchange):
            self._isa, self._frames, self._joins = tuple(frame.header), (interchange + 1, 0, 0), False
        elif isinstance(frame, FunctionalGroup):
            self._gs, self._frames = tuple(frame.header), (interchange, group + 1, 0)
        else:
            self._st, self._frames, self._ended = tuple(frame.header), (interchange, group, ordinal + 1), False

    def _closes(self, frame: Interchange | FunctionalGroup | TransactionSet) -> bool:
        """Whether all is well with a frame that closes."""
        if isinstance(frame, TransactionSet):
            if not frame.guide:  # it was not read, and no task may
                self._joins = False
            elif not self._ended:
                return False
        elif frame.refused:
            self._joins = False
        return True

    def _take(self, mark: _Mark) -> None:
        """A part of the set at hand."""
        last = self.stretches[-1] if self.stretches else None
        end, follows = mark.begin + mark.length, mark.start is not None
        if last and last.length < self.most and (follows or self._joins):
            sets = last.sets + (not follows)
            self.stretches[-1] = replace(last, length=end - last.offset, sets=sets, after=mark.after)
        else:
            if last and follows:
                self.stretches[-1] = replace(last, expected=mark.start)
            self.stretches.append(
                Stretch(
                    self.path, self._stamp, mark.begin, mark.length, mark.delimiters, self._isa, self._gs, self._st,
                    self._frames, mark.start, after=mark.after,
                )
            )  # fmt: skip
        self._ended, self._joins = not mark.after, True


def stamp(path: str) -> tuple[int, int]:
    """What tells that a file was written to."""
    said = os.stat(path)
    return said.st_size, said.st_mtime_ns
