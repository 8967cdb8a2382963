"""What each tool makes of faults planted in good files, one at a time, and of the good files themselves.

The faults are those of the tests: `tests.guide_mutants`, each with the code and the segment that the guide gives it,
and of `tests.mutate` those that lie beyond one segment. They are this project's own, made from the guides as pyx12's
maps tell them; that edi837 is right on them is what its tests demand. What a tool holds against the good file as well
is left out. Where a tool does not read the good file itself, a fault in it tells nothing of the tool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from benchmarks.judges import FRAMES, Judge, Said, Word, beyond
from tests import guide_mutants
from tests.guide_mutants import Clean, Expected
from tests.mutate import mutations
from tests.test_guide_mutants import CLEAN, FIXTURES
from tests.test_oracle import MUTATED

IN_PLACE, ELSEWHERE, PASSED, CRASHED, UNREAD = "in place", "elsewhere", "passed", "crashed", "unread"


class Fault(NamedTuple):
    """An interchange with one fault, and where that should be told; None where only a refusal is asked for."""

    fixture: str  # 837P/pass/drugs
    data: bytes
    expected: Expected | None


class Outcome(NamedTuple):
    """What a tool makes of a fault."""

    kind: str
    coded: bool = False  # by the code that the guide gives it
    noted: bool = False  # passed, with a note


def _path(kind: str, name: str) -> str:
    return f"837{kind}/pass/{name}"


@cache
def good(fixture: str) -> bytes:
    """The good file."""
    return (FIXTURES / f"{fixture}.edi").read_bytes()


def good_files() -> list[str]:
    """Every good file there is, the shortest first."""
    found = [f"837{kind}/pass/{path.stem}" for kind in CLEAN for path in FIXTURES.glob(f"837{kind}/pass/*.edi")]
    return sorted(found, key=lambda name: (len(good(name)), name))


def slips(fixtures: Iterable[str]) -> Iterator[Fault]:
    """Every slip that the guides allow in these files, each place of a guide but once; and those of the envelope."""
    done: dict[str, set[str]] = {"P": set(), "I": set()}
    begun = set[str]()
    for fixture in fixtures:
        kind = fixture[3]
        data = good(fixture)
        if data.count(b"ST*837*") != 1 or (data[3:4], data[82:83], data[104:106]) != (b"*", b"^", b":~"):
            continue  # the slips are made in files of one set, and written in these marks
        clean = Clean(data)
        made = guide_mutants.mutants(clean, done[kind])
        if kind not in begun:
            begun.add(kind)
            yield from (Fault(fixture, m.data, m.expected) for m in guide_mutants.envelope(clean))
        yield from (Fault(fixture, m.data, m.expected) for m in made)


def all_slips() -> Iterator[Fault]:
    """The slips of the tests."""
    return slips(_path(kind, name) for kind, names in CLEAN.items() for name in names)


def further_faults() -> Iterator[Fault]:
    """Faults beyond one segment: sums, check digits, days in order, pointers, forms of codes."""
    for fixture in MUTATED:
        yield from (Fault(fixture, data, None) for name, data in mutations(good(fixture)) if name.startswith("B"))


def outcome(judge: Judge, fault: Fault, clean: Word) -> Outcome:
    """What a tool makes of a fault; ``clean`` is its word on the good file."""
    if clean.end in ("stopped", "crashed"):
        return Outcome(UNREAD)
    word = judge.judge(fault.data)
    if word.end == "crashed":
        return Outcome(CRASHED)
    said = list(beyond(word, clean))
    if not said and word.end != "stopped":
        return Outcome(PASSED, noted=word.noted)
    expected = fault.expected
    placed = [s for s in said if expected and in_place(s, expected, judge.positions)]
    return Outcome(IN_PLACE if placed else ELSEWHERE, any(expected and _same(s.code, expected.code) for s in placed))


def in_place(said: Said, expected: Expected, positions: bool) -> bool:
    """Whether a complaint names the segment at fault.

    By its position in the set and its id, or, of a tool without positions, by its id and a loop that may be meant. A
    segment that is missing has no position: it may be missed one before or behind. A loop that is missing, or there
    too often, may be named by itself, and the envelope by its header.
    """
    if positions:
        if not expected.segment or not said.segment:
            return not expected.segment and FRAMES.get(said.tag) == FRAMES[expected.tag]
        apart = abs(said.segment - expected.segment)
        return said.tag == expected.tag and apart <= (expected.code == "IK3:3")
    loop = not said.loop or said.loop in expected.loops
    if not said.tag:
        return said.loop in expected.loops and expected.code in ("IK3:3", "IK3:4")
    return loop and said.tag == expected.tag


def _same(code: str, expected: str) -> bool:
    return code.replace("I10", "10") == expected.replace("I10", "10")


def words_on(judge: Judge, fixtures: Iterable[str]) -> dict[str, Word]:
    """What a tool says of good files."""
    return {fixture: judge.judge(good(fixture)) for fixture in fixtures}


def tally(judge: Judge, faults: Iterable[Fault], clean: dict[str, Word]) -> Counter[str]:
    """How often each outcome is met; also ``code`` and ``noted``, which are among the others."""
    counts: Counter[str] = Counter()
    for fault in faults:
        found = outcome(judge, fault, clean[fault.fixture])
        counts[found.kind] += 1
        counts["code"] += found.coded
        counts["noted"] += found.noted
    return counts


LEGEND = """\
refused: it says something that it does not say of the good file; in place: it names the segment at fault (position
and id, or where a tool has no positions, id and loop); code: by the code of the 999 that the guide gives it (- it has
no codes); elsewhere: it refuses and names another place or none; passed: it takes the fault for good; crashed: an
exception that it does not raise on purpose; unread: it does not read the good file that the fault is planted in."""


COLUMNS = ("refused", IN_PLACE, "code", ELSEWHERE, PASSED, CRASHED, UNREAD)
FURTHER = ("refused", PASSED, CRASHED, UNREAD)  # where no place is known


def row(judge: Judge, counts: Counter[str], columns: Sequence[str]) -> str:
    """A line of the table."""
    counts["refused"] = counts[IN_PLACE] + counts[ELSEWHERE]
    cells = ["-" if column == "code" and not judge.codes else f"{counts[column]:,}" for column in columns]
    noted = f"  ({counts['noted']:,} passed with a note)" if counts["noted"] else ""
    return f"  {judge.name:20}" + "".join(f"{cell:>10}" for cell in cells) + noted


def table(judges: Sequence[Judge], every: int = 1) -> None:
    """Print what each tool makes of good files and of faults; of the faults every so manieth."""
    files = good_files()
    clean = {judge.name: words_on(judge, files) for judge in judges}
    print(f"\n{len(files)} good files of this project")
    print(f"  {'':20}" + "".join(f"{name:>10}" for name in ("passed", "refused", "crashed")))
    for judge in judges:
        words = clean[judge.name].values()
        passed, crashed = sum(w.good for w in words), sum(w.end == "crashed" for w in words)
        print(f"  {judge.name:20}{passed:10}{len(files) - passed - crashed:10}{crashed:10}")
    ground = [file for file in files if all(clean[judge.name][file].good for judge in judges)]
    print(f"\n{LEGEND}")
    beyond_one = "faults beyond one segment: sums, check digits, days in order, pointers, forms of codes"
    for says, faults, columns in (
        ("slips in one segment, loop or count, made from the guides", all_slips(), COLUMNS),
        (f"such slips in the {len(ground)} good files that every tool takes for good", slips(ground), COLUMNS),
        (beyond_one, further_faults(), FURTHER),
    ):
        chosen = list(islice(faults, 0, None, every))
        print(f"\n{len(chosen):,} {says}\n  {'':20}" + "".join(f"{name:>10}" for name in columns), flush=True)
        for judge in judges:
            print(row(judge, tally(judge, chosen, clean[judge.name]), columns), flush=True)
