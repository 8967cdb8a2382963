"""The terms on which files are judged and answered: policies, guides, tables of codes, history, switches.

Enters: what an operator has set, once. Leaves: for each file a `Reading`, which tells it as events
and, when its answers are out, keeps what was accepted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from edi837 import kin, process
from edi837.acks import Profile
from edi837.bench import Bench
from edi837.companion import Guides
from edi837.envelope import Admit
from edi837.frames import Event
from edi837.gate import Judge
from edi837.history import History
from edi837.rules import Policy
from edi837.snip import Codes


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

    def read(self, stream: BinaryIO) -> Reading:
        """Begin to read a file."""
        return Reading(self, stream)

    @property
    def names(self) -> list[str]:
        """The policies by name, those of routes included."""
        return Bench(self.policies, routes=self.routes).names


class Reading:
    """One file, read on these terms."""

    def __init__(self, terms: Terms, stream: BinaryIO) -> None:
        self._terms = terms
        self._stream = stream
        self._past = History(terms.history, digest(stream)) if terms.history else None
        self._bench = Bench(terms.policies, routes=terms.routes, past=self._past)
        self._new = self._past.recorder(self._bench.concerns) if self._past else None

    def tell(self) -> Iterator[Event]:
        """The events of the file. Raises NotX12 when it holds no interchange."""
        terms = self._terms
        for event in process.tell(self._stream, self.judges(), terms.codes, terms.guides, terms.admit):
            if self._new:
                self._new.take(event)
            yield event

    def judges(self) -> Sequence[Judge]:
        """Who judges the claims of the file: nobody, when there is neither a policy nor a history."""
        if not (self._terms.policies or self._terms.routes or self._past):
            return ()
        return kin.judges(self._stream, self._bench, self._terms.guides, self._terms.admit)

    def keep(self) -> None:
        """Put what was accepted into the history, once the answers are out."""
        if self._new:
            self._new.keep()


def digest(stream: BinaryIO) -> bytes:
    """What tells the bytes of a stream from others; it is left where it stood."""
    said, start = hashlib.sha256(), stream.tell()
    while block := stream.read(1 << 20):
        said.update(block)
    stream.seek(start)
    return said.digest()
