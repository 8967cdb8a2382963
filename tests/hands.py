"""A set read in parts, in this process: for holding it to the set read whole."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from edi837 import part, process
from edi837.findings import NotX12
from edi837.frames import Event
from edi837.gate import Judge
from edi837.part import Part, Read


class Done(NamedTuple):
    """A task that is done."""

    reads: list[Read]

    def result(self) -> list[Read]:
        """What came of each part."""
        return self.reads


class Here:
    """Hands that read in this process, and count."""

    most = 3

    def __init__(self, judges: Sequence[Judge] = (), data: bytes = b"") -> None:
        self._judges = judges
        self._data = data.decode("latin-1")
        self.parts = self.twice = 0

    def begin(self, parts: Sequence[Part]) -> Done:
        """Read some parts."""
        self.parts += len(parts)
        for each in parts if self._data else ():
            assert self._data.startswith(each.text, each.offset)
        return Done([part.read(each, self._judges, None) for each in parts])

    def again(self, each: Part, known: frozenset[int]) -> Read:
        """Read a part once more."""
        self.twice += 1
        return part.read(each, self._judges, None, known)


class Slow(io.BytesIO):
    """A stream that gives little at a time, so that there is a cut at nearly every HL."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(600)


def told(data: bytes, judges: Sequence[Judge] = (), hands: Here | None = None) -> list[Event] | str:
    """The events of a file; or that it is none."""
    try:
        return list(process.tell(Slow(data) if hands else io.BytesIO(data), judges, hands=hands))
    except NotX12 as error:
        return str(error)


def same(data: bytes, judges: Sequence[Judge] = ()) -> Here:
    """Hold the file read in parts to the file read whole."""
    hands = Here(judges, data)
    assert told(data, judges, hands) == told(data, judges)
    return hands
