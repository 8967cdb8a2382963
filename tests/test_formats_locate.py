"""Segments found again by number: their bytes are those of a plain count of the file."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from edi837 import process
from edi837.findings import NotX12
from edi837.views.locate import STEP, Home, Segments
from edi837.views.spot import Trail
from tests.formats import FIXTURES, fixtures, name

EDI = fixtures("*.edi", "*/pass/*.edi", "*/fail/*.edi", "envelope/*.edi")


def counted(data: bytes) -> dict[tuple[int, int, int, int], tuple[int, bytes]]:
    """Every segment of every set by a count of its own: only for files whose frames are in order."""
    found: dict[tuple[int, int, int, int], tuple[int, bytes]] = {}
    at = interchange = group = sets = number = 0
    while (at := data.find(b"ISA", at)) >= 0:
        interchange, group = interchange + 1, 0
        end, mark = data[at + 105 : at + 106], data[at + 3 : at + 4]
        while True:
            stop = data.find(end, at)
            piece = data[at : stop if stop >= 0 else len(data)]
            text = piece.lstrip(b" \t\r\n")
            tag = text.split(mark)[0]
            if tag == b"GS":
                group, sets, number = group + 1, 0, 0
            elif tag == b"ST":
                sets, number = sets + 1, 1
            elif tag in (b"GE", b"ISA", b"IEA"):
                number = 0
            elif number and tag:
                number += 1
            if number and tag:
                found[interchange, group, sets, number] = at + len(piece) - len(text), text
            number *= tag != b"SE"
            at += len(piece) + 1
            if tag == b"IEA" or at >= len(data):
                break
    return found


ORDERLY = [p for p in EDI if p.stem.startswith(("demo", "two-interchanges", "three-sets", "crlf-after", "production",
                                                "long-segment", "newline-as", "byte-order", "professional-and"))
           or "/pass/" in str(p) if "truncated" not in p.stem and "apostrophe" not in p.stem]  # fmt: skip


def holds(data: bytes) -> None:
    segments = Segments(io.BytesIO(data))
    expected = counted(data)
    keys = list(expected)
    drawn = random.Random(7)
    drawn.shuffle(keys)
    edges = [key for key in keys if key[3] % STEP < 2]
    for key in [*keys[:150], *edges[:60]]:
        found = segments.find(Home(*key[:3]), key[3])
        assert found is not None, key
        offset, text = expected[key]
        assert (found.offset, found.text.encode("latin-1"), found.number) == (offset, text, key[3]), key
        before = data[:offset]
        assert (found.row, found.column) == (before.count(b"\n") + 1, offset - before.rfind(b"\n")), key
        for at in (0, drawn.randrange(len(text))):
            before = data[: offset + at]
            assert found.at(at) == (before.count(b"\n") + 1, offset + at - before.rfind(b"\n"))
    last = {key[:3]: key[3] for key in expected}
    for home, number in last.items():
        assert segments.find(Home(*home), number + 1) is None
    assert segments.find(Home(99, 1, 1), 1) is None


@pytest.mark.parametrize("path", ORDERLY, ids=name)
def test_orderly_files(path: Path) -> None:
    holds(path.read_bytes())


@pytest.mark.parametrize("end", [b"~\n", b"~", b"~\r\n", b"\n"])
@pytest.mark.parametrize("claims", [1, 20, 400])
def test_many_claims_in_many_sets(end: bytes, claims: int) -> None:
    lines = (FIXTURES / "demo.edi").read_bytes().replace(b"~\n", b"~").split(b"~")
    head, body = lines[:2], lines[2:-4]
    claim = lines[lines.index(b"CLM*HIT1001*1124***12:B:1*Y*A*Y*Y") :][:19]
    one = [*body, *claim * claims, b"SE*1*0001"]
    whole = [*head, *one, *one, b"GE*2*411", lines[1], *one, b"GE*1*411", b"IEA*2*000000042"]
    data = end.join([*whole, *whole, b""])
    if end == b"\n":
        data = data.replace(b":~", b":\n")
    assert claims < 400 or len(whole) > 10 * STEP
    holds(data)


@pytest.mark.parametrize("path", EDI, ids=name)
def test_every_finding_on_a_segment_has_its_own(path: Path) -> None:
    """Whatever is wrong with a file, the numbers of the findings are those the locator counts."""
    data = path.read_bytes()
    stream = io.BytesIO(data)
    trail = Trail(Segments(stream), "x")
    try:
        for event in process.tell(stream):
            for finding in trail.take(event):
                place = finding.place
                spot = trail.spot(finding)
                if place.segment:
                    assert spot.point is not None
                    if place.tag and finding.syntax != "IK3:3":
                        assert spot.point.segment.tag == place.tag
                    if place.value and place.element and finding.level == "element":
                        assert spot.point.segment.text[spot.point.start :].startswith(place.value)
                elif place.tag and spot.point:
                    assert spot.point.segment.tag == place.tag
    except NotX12:
        pass


def test_whoever_reads_beside_it_does_not_notice() -> None:
    data = (FIXTURES / "demo.edi").read_bytes()
    stream = io.BytesIO(data)
    stream.read(100)
    stream.seek(0)
    segments = Segments(stream)
    stream.read(333)
    assert segments.find(Home(1, 1, 1), 200) is not None
    assert stream.tell() == 333
