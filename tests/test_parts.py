"""A set that is read in parts is told as if it had been read whole: the same events, wherever it is cut."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.generate import write_837i, write_837p
from edi837 import part, process, rules
from edi837.bench import Bench
from edi837.findings import NotX12
from edi837.frames import Event
from edi837.gate import Judge
from edi837.part import Part, Read
from tests.fuzz import mutated
from tests.test_corpus import FOLDER

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(FIXTURES.rglob("*.edi"))
CHANGES = 6  # of each file, by hand of chance


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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_files(path: Path) -> None:
    same(path.read_bytes())


@pytest.mark.skipif(not FOLDER.is_dir(), reason="there is no shared corpus beside this checkout")
def test_files_of_others() -> None:
    assert sum(same(path.read_bytes()).parts for path in sorted(FOLDER.rglob("*")) if path.is_file()) > 300


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_that_chance_has_spoiled(path: Path) -> None:
    chance = random.Random(path.stem)
    for _ in range(CHANGES):
        same(mutated(path.read_bytes(), chance))


def made(claims: int, kind: str = "P", **more: float) -> bytes:
    """A made file."""
    stream = io.BytesIO()
    (write_837p if kind == "P" else write_837i)(stream, claims, **more)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["P", "I"])
@pytest.mark.parametrize("bad", [0.0, 0.5])
@pytest.mark.parametrize("newline", [True, False])
def test_where_a_part_ends_is_foreseen(kind: str, bad: float, newline: bool) -> None:
    data = made(1200, kind, bad=bad, newline=newline)
    hands = same(data, [Bench([rules.load("042")])])
    assert hands.parts > 200 and hands.twice == 0


def test_a_claim_that_came_before_is_known_in_a_later_part() -> None:
    once = made(40)
    isa, rest = once.split(b"~", 1)
    sets, end = rest.split(b"GE*", 1)
    gs, first = sets.split(b"ST*", 1)
    data = isa + b"~" + gs + b"ST*" + first + b"ST*" + first.replace(b"*0001*", b"*0002*").replace(b"*0001~", b"*0002~")
    data += b"GE*2*" + end.split(b"*", 1)[1]
    hands = same(data)
    assert hands.twice > 2
    repeated = [f for f in told(data, (), Here()) if getattr(f, "rejected", False)]
    assert len(repeated) == 40
