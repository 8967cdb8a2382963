"""How much of the guides the clean fixtures show: each place where a segment may stand, and whether one stands there.

A place is a segment use: path of loops, tag, qualifier. ``pytest -rP tests/test_coverage_of_guides.py``
lists those that no fixture has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edi837 import grammar, process
from edi837.chart import Loop
from edi837.grammar import LoopUse, SegmentUse
from tests.snippets import CLAIM_P, HEAD, I, P, interchange

FIXTURES = Path(__file__).parent.parent / "fixtures"
GUIDES = {P: "837P", I: "837I"}
LEAST = 80  # percent of the uses of each guide
CLEAN = 40  # fixtures, of both guides together


def clean(folder: str) -> list[Path]:
    return sorted((FIXTURES / folder / "pass").glob("*.edi"))


def met(path: Path) -> set[SegmentUse]:
    """The uses that a file has, as its own loops tell them."""
    uses: set[SegmentUse] = set()
    with path.open("rb") as stream:
        for event in process.tell_loops(stream):
            if isinstance(event, Loop):
                uses.update(_below(event))
                event.release()
    return uses


def _below(loop: Loop) -> Iterator[SegmentUse]:
    yield from (use for _, use, _ in loop.segments)
    for child in loop.loops:
        yield from _below(child)


def place(use: SegmentUse) -> str:
    """``2000A/2000B/2300 REF*G1``."""
    path, loop = [], use.loop
    while loop.parent is not None:
        path.append(loop.id)
        loop = loop.parent
    first = use.elements[0]
    codes = sorted((first.components[0] if first.components else first).codes)
    segment = f"{use.tag}*{'/'.join(codes)}" if codes else use.tag
    return f"{'/'.join(reversed(path))} {segment}".lstrip()


def uncovered(guide: str, files: list[Path]) -> tuple[list[SegmentUse], int]:
    """The uses that none of these files has, in guide order, and the count of all."""
    uses = list(grammar.load(guide).root.segments())
    seen = set().union(*map(met, files))
    assert seen <= set(uses)
    return [use for use in uses if use not in seen], len(uses)


@pytest.mark.parametrize("guide", GUIDES)
def test_the_clean_fixtures_show_the_guide(guide: str) -> None:
    missing, count = uncovered(guide, clean(GUIDES[guide]))
    told = [f"{guide}: {count - len(missing)} of {count} segment uses stand in a clean fixture"]
    told += [f"  not in any: {place(use)}  {use.name}" for use in missing]
    print("\n".join(told))
    assert 100 * (count - len(missing)) >= LEAST * count, "\n".join(told)


def test_there_are_enough_clean_fixtures() -> None:
    assert sum(len(clean(folder)) for folder in GUIDES.values()) >= CLEAN


def test_what_is_not_there_is_missed(tmp_path: Path) -> None:
    """One claim of a subscriber covers no level of a patient, and each use is counted in its own loop."""
    file = tmp_path / "one.edi"
    file.write_bytes(interchange(HEAD + CLAIM_P))
    missing, count = uncovered(P, [file])
    places = {place(use) for use in missing}
    assert count - len(missing) == len(met(file)) < 30
    assert "2000A/2000B/2300 REF*G1" in places and "2000A/2000B/2300/2400 REF*G1" in places
    assert "2000A/2000B/2000C HL" in places and "2000A/2000B HL" not in places
    assert "2000A/2000B/2300/2400 DTP*472" not in places and "2000A/2000B/2000C/2300/2400 DTP*472" in places


def test_a_use_is_told_apart_from_those_of_the_other_loops() -> None:
    """Both levels have their own uses of 2300: what a subscriber's claim has says nothing of a dependant's."""
    uses = list(grammar.load(P).root.segments())
    assert len({id(use) for use in uses}) == len(uses)
    loops: list[LoopUse] = [use.loop for use in uses if use.tag == "CLM"]
    assert [str(loop.parent and loop.parent.id) for loop in loops] == ["2000B", "2000C"]
