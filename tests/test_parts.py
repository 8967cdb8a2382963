"""A set that is read in parts is told as if it had been read whole: the same events, wherever it is cut."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from benchmarks.generate import write_837i, write_837p
from edi837 import rules
from edi837.bench import Bench
from tests.fuzz import mutated
from tests.hands import Here, same, told
from tests.test_corpus import FOLDER

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(FIXTURES.rglob("*.edi"))
CHANGES = 6  # of each file, by hand of chance


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
    bad = data.replace(b"ABK:", b"ABK:.", 3)  # three claims go back: when they come again, they are the first
    hands = same(bad)
    assert hands.twice > 2
    again = [f.rule for v in told(bad, (), Here()) for f in getattr(v, "findings", ())]
    assert [again.count(rule) for rule in ("S5-HI", "S4-DUPLICATE")] == [3, 37]
