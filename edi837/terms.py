"""The terms on which files are judged and answered: policies, guides, tables of codes, history, switches.

Enters: what an operator has set, once. Leaves: for each file a `Reading`, which tells it as events
and, when its answers are out, keeps what was accepted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from edi837 import kin, process
from edi837.acks import Profile
from edi837.ahead import Hands
from edi837.bench import Bench
from edi837.companion import Guides
from edi837.envelope import Admit, Note
from edi837.findings import Finding, Place
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet
from edi837.gate import Judge
from edi837.history import History
from edi837.rules import Policy
from edi837.snip import Codes

# What speaks against a set that the 999 accepts; the code of a note is the composite for it.
Return = Callable[[TransactionSet], Iterable[Note]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is set for every file."""

    policies: Sequence[Policy] = ()
    routes: Mapping[str, Sequence[Policy]] = field(default_factory=dict)  # by payer id, instead of `policies`
    codes: Codes | None = None  # the operator's tables of codes
    guides: Guides = field(default_factory=Guides)  # as companions change them
    history: Path | None = None  # a store of claims accepted before
    replies: Profile = field(default_factory=Profile)  # of the 277CA
    admit: Admit | None = None  # what speaks against an interchange before it is read
    returns: Return | None = None  # what speaks against a set when it has been read

    def read(self, stream: BinaryIO, hands: Callable[[Sequence[Judge], bytes], Hands] | None = None) -> Reading:
        """Begin to read a file; ``hands`` makes those that read its sets in parts, under such judges."""
        return Reading(self, stream, hands)

    @property
    def judging(self) -> bool:
        """Whether claims are judged by more than the guide: by policies, or by a history."""
        return bool(self.policies or self.routes or self.history)

    @property
    def names(self) -> list[str]:
        """The policies by name, those of routes included."""
        return Bench(self.policies, routes=self.routes).names


class Reading:
    """One file, read on these terms."""

    def __init__(self, terms: Terms, stream: BinaryIO, hands: Callable[[Sequence[Judge], bytes], Hands] | None) -> None:
        self._terms = terms
        self._hands = hands
        self._begun: Iterator[Event] | None = None
        self._stream = stream
        self._source = digest(stream) if terms.history else b""
        self._past = History(terms.history, self._source) if terms.history else None
        self._bench = Bench(terms.policies, routes=terms.routes, past=self._past)
        self._new = self._past.recorder(self._bench.concerns) if self._past else None

    def tell(self) -> Iterator[Event]:
        """The events of the file. Raises NotX12 when it holds no interchange."""
        terms, at = self._terms, Place()
        for event in self._begun or self._events():
            if terms.returns:
                at = _at(event, at)
                yield from _returned(event, at, terms.returns)
            if self._new:
                self._new.take(event)
            yield event

    def begin(self) -> None:
        """Have its first sets read, if others read them. Raises NotX12 when the file holds no interchange."""
        events = self._events()
        self._begun = chain((next(events),), events)

    def _events(self) -> Iterator[Event]:
        terms, judges = self._terms, self.judges()
        hands = self._hands(judges, self._source) if self._hands else None
        return process.tell(self._stream, judges, terms.codes, terms.guides, terms.admit, hands)

    def judges(self) -> Sequence[Judge]:
        """Who judges the claims of the file: nobody, when there is neither a policy nor a history."""
        if not self._terms.judging:
            return ()
        terms, hands = self._terms, self._hands
        aside = (lambda judges: hands(judges, b"")) if hands else None
        return (kin.judge(self._stream, self._bench, terms.guides, terms.admit, aside),)

    def keep(self) -> None:
        """Put what was accepted into the history, once the answers are out."""
        if self._new:
            self._new.keep()


def _at(event: Event, before: Place) -> Place:
    """The frame that an event stands in."""
    if isinstance(event, Interchange):
        return Place(interchange=event.number)
    if isinstance(event, FunctionalGroup):
        return Place(interchange=before.interchange, group=event.number)
    if isinstance(event, TransactionSet):
        return Place(interchange=before.interchange, group=before.group, set=event.number)
    return before


def _returned(event: Event, at: Place, returns: Return) -> Iterator[Finding]:
    """What speaks against a set at its end; a grave note sends it back whole."""
    if isinstance(event, End) and isinstance(event.of, TransactionSet) and not event.of.refused:
        for note in returns(event.of):
            if note.grave:
                event.of.returned = note.code
            yield Finding(
                "X12-BATCH", "reject" if note.grave else "warn", "set", note.message,
                replace(at, tag="BHT", element=note.element), "external: the settings", fix=note.fix,
                status=(note.code,),
            )  # fmt: skip


def digest(stream: BinaryIO) -> bytes:
    """What tells the bytes of a stream from others; it is left where it stood."""
    said, start = hashlib.sha256(), stream.tell()
    while block := stream.read(1 << 20):
        said.update(block)
    stream.seek(start)
    return said.digest()
