"""A segment known word for word changes the speed, never the answer; and it is forgotten in time."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from benchmarks.generate import write_837i, write_837p
from edi837 import chart, grammar, process, x12
from edi837.chart import Chart, Loop
from edi837.frames import Verdict

WRITERS = {"P": write_837p, "I": write_837i}


def written(kind: str) -> list[bytes]:
    """The segments of thirty claims."""
    stream = io.BytesIO()
    WRITERS[kind](stream, 30, seed=7)
    return stream.getvalue().split(b"~\n")


def chart_of(data: bytes) -> Chart:
    guide = grammar.load("005010X223A2" if b"X223" in data else "005010X222A1")
    return chart.chart(guide, x12.Delimiters.read(data[:200].decode()))


def told(data: bytes) -> tuple[list[object], int]:
    """All that is said of a file, with the place of every segment; and how many it came to know."""
    events: list[object] = []
    known = 0
    for event in process.tell_loops(io.BytesIO(data)):
        if isinstance(event, Loop):
            events += placed(event)
            known = max(known, sum(len(site.known) for site in chart_of(data).sites.values()))
        else:
            events.append(event.claim if isinstance(event, Verdict) else repr(event))
    return events, known


def placed(loop: Loop) -> Iterator[tuple[int, str, list[str]]]:
    for number, use, seg in loop.segments:
        yield number, use.loop.id, seg
    for child in loop.loops:
        yield from placed(child)


def spoiled(segments: list[bytes], draw: Random) -> bytes:
    """The interchange with one segment spoilt wherever it stands: lost, doubled, moved, or an element changed."""
    victim = draw.choice(segments[2:-4])
    elements = victim.split(b"*")
    at = draw.randrange(1, len(elements))
    value = draw.choice([b"", b"ZZ", b"20250230", b"-1", b"HC:S9500:SH", b"9" * 90, b"\x07"])
    instead = draw.choice(
        [[], [victim, victim], [b" \r\n" + victim], [b"*".join([*elements[:at], value, *elements[at + 1 :]])],
         [victim, draw.choice(segments[2:-4])], [victim + b"*" * draw.randrange(1, 9)]]
    )  # fmt: skip
    rare = draw.random() < 0.3  # only in half of its places
    changed: list[bytes] = []
    for segment in segments:
        changed += instead if segment == victim and not (rare and draw.random() < 0.5) else [segment]
    return b"~\n".join(changed)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("seed", range(150))
def test_what_is_known_by_heart_is_judged_as_if_it_were_new(
    kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = spoiled(written(kind), Random(seed))
    knowing, some = told(data)
    monkeypatch.setattr(chart, "ROOM", 0)
    chart_of(data).forget()
    try:
        afresh, none = told(data)
    finally:
        monkeypatch.undo()
        chart_of(data).forget()
    assert knowing == afresh
    assert some > 40 or len(knowing) < 100  # a set that is refused at its head is not read
    assert none == 0


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_is_known_once_the_interchange_ends(kind: str) -> None:
    data = b"~\n".join(written(kind))
    told(data)
    events = process.tell_loops(io.BytesIO(data))
    for event in events:
        if isinstance(event, Loop) and event.use.id == "2300":
            break
    sites = chart_of(data).sites.values()
    assert any(site.known for site in sites)
    events.close()  # type: ignore[attr-defined]
    assert not any(site.known for site in sites)


def test_only_so_many_are_known_and_no_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"~\n".join(written("P")).replace(b"EXAMPLE CLAIMS GENERATOR", b"E" * 60)
    monkeypatch.setattr(chart, "ROOM", 2)
    chart_of(data).forget()
    most = 0
    for event in process.tell_loops(io.BytesIO(data)):
        if isinstance(event, Loop) and event.use.id == "2300":
            known = [pair for site in chart_of(data).sites.values() for pair in site.known.items()]
            assert not any("E" * 60 in text for text, _ in known)
            landed = Counter(id(step.site) for _, (step, _) in known)
            most = max(most, *landed.values())
    monkeypatch.undo()
    chart_of(data).forget()
    assert most == 2
