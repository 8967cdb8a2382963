"""Every acknowledgement we write for a fixture: read by us, judged by pyx12, counted again.

The totals of the 277CA are recounted here from the bytes of the 837 by a reader of its own,
a split on the delimiters and nothing else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import edi837
from edi837 import answer, process
from edi837.findings import Finding, NotX12
from edi837.rules import load
from edi837.terms import Terms
from tests.ack_events import TOLERATED
from tests.judge import judge_all

FIXTURES = Path(__file__).parent.parent / "fixtures"
INPUTS = sorted(p for folder in ("837?/*", "envelope", ".") for p in FIXTURES.glob(f"{folder}/*.edi"))
NOW = datetime(2026, 1, 15, 9, 30)

# What pyx12 alone holds against an acknowledgement, with the reason it is written so all the same.
JUDGED_OTHERWISE = {
    r'1:ELE:6:Data element ".*" \(ISA1[16]\), contains an invalid control character.*': (
        "the sender's delimiters are used again; X12.5 allows control characters"
    ),
    r'\d+:ELE:6:Data element "Patient Last Name" \(NM103\) is type AN, contains an invalid character.*': (
        "a name is echoed as it was sent; X12's extended set has letters beyond ASCII"
    ),
}


@cache
def answers(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as stream:
            outcome = answer.answer(stream, Terms([load("042")]), file=path.name, now=NOW, control=1)
    except NotX12:
        return {}
    return {kind: content.read() for kind, content in outcome.files.items() if "report" not in kind}


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_we_read_back_what_we_write_without_a_finding(path: Path) -> None:
    for kind, data in answers(path).items():
        found = [e for e in process.tell(io.BytesIO(data)) if isinstance(e, Finding)]
        assert not found, (kind, found[0].syntax, found[0].message, found[0].place)


def test_pyx12_accepts_what_we_write() -> None:
    written = [(path.name, kind, data) for path in INPUTS for kind, data in answers(path).items()]
    assert len(written) > 250
    said = judge_all([data for _, _, data in written])
    known = {**TOLERATED, **JUDGED_OTHERWISE}
    used: set[str] = set()
    against = []
    for (name, kind, _), complaints in zip(written, said, strict=True):
        for complaint in complaints:
            reasons = {pattern for pattern in known if re.fullmatch(pattern, complaint)}
            used |= reasons
            if not reasons:
                against.append((name, kind, complaint))
    assert not against, "\n".join(map(str, against))
    assert not [pattern for pattern in JUDGED_OTHERWISE if pattern not in used], "tolerated, and never said"


def sets(data: bytes) -> Iterator[list[list[str]]]:
    """The segments of each 837 set of clean fixture bytes, by a plain split."""
    text = data.decode("latin-1").lstrip("ï»¿ \r\n")
    element, end = text[3], text[105]
    segments = [s.strip("\r\n").split(element) for s in text.split(end) if s.strip()]
    current: list[list[str]] = []
    for seg in segments:
        current.append(seg)
        if seg[0] == "ST":
            current = [seg]
        elif seg[0] == "SE":
            yield current


def figures(segments: list[list[str]], *tags: tuple[str, str]) -> list[Decimal]:
    return [Decimal(s[2]) for s in segments for tag, kind in tags if s[0] == tag and s[1] == kind]


CHAIN = [p for p in INPUTS if p.parent.name == "pass" or p.name.startswith("policy-") or p.name == "demo.edi"]


@pytest.mark.parametrize("path", CHAIN, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_277ca_accounts_for_every_claim_and_dollar(path: Path) -> None:
    received = list(sets(path.read_bytes()))
    written = list(sets(answers(path)["277ca"]))
    assert len(received) == len(written) > 0
    for claims_set, reply in zip(received, written, strict=True):
        claims = [(s[1], Decimal(s[2])) for s in claims_set if s[0] == "CLM"]
        assert next(s[3] for s in claims_set if s[0] == "BHT") == next(s[2] for s in reply if s[:2] == ["TRN", "2"])
        verdicts = dict(verdict_of(reply))
        traces = [s[2] for s in reply if s[:2] == ["TRN", "2"]]
        assert traces[1:] == [id for id, _ in claims], "each claim once, in order"
        going = [charge for id, charge in claims if verdicts[id] == "WQ"]
        back = [charge for id, charge in claims if verdicts[id] == "U"]
        assert len(going) + len(back) == len(claims)
        for accepted, rejected in (("90", "AA"), ("QA", "QC")):
            assert sum(figures(reply, ("QTY", accepted))) == len(going)
            assert sum(figures(reply, ("QTY", rejected))) == len(back)
        # of the set and of its providers: every sum stands twice
        assert sum(figures(reply, ("AMT", "YU"))) == 2 * sum(going, Decimal())
        assert sum(figures(reply, ("AMT", "YY"))) == 2 * sum(back, Decimal())
        total = next(Decimal(s[4]) for s in reply if s[0] == "STC")
        assert total == sum((charge for _, charge in claims), Decimal())


def verdict_of(reply: list[list[str]]) -> Iterator[tuple[str, str]]:
    """CLM01 and STC03 of each 2200D; a claim with a rejected line must itself be U."""
    trace = ""
    for seg in reply:
        if seg[0] == "TRN":
            trace = seg[2] if seg[1] == "2" else ""
        elif seg[0] == "STC" and trace and len(seg) > 3 and seg[3]:
            yield trace, seg[3]
            category = seg[1].split(":")[0]
            assert (category in ("A3", "A6", "A7", "A8")) == (seg[3] == "U"), seg


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_set_that_the_999_refuses_has_no_277ca(path: Path) -> None:
    said = answers(path)
    accepted = group = 0
    for seg in edi837.segments(said["999"]) if "999" in said else ():
        if seg[0] == "AK2":
            claims = seg[1] == "837"
        elif seg[0] == "IK5":
            group += claims and seg[1] in "AE"
        elif seg[0] == "AK9":
            accepted += group if seg[1] != "R" else 0
            group = 0
    acknowledged = [s for s in edi837.segments(said["277ca"]) if s[0] == "ST"] if "277ca" in said else []
    assert len(acknowledged) == accepted


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_refusal_says_why(path: Path) -> None:
    """Every IK5 and AK9 with R has a code, unless AK9 only sums up its sets."""
    said = answers(path)
    sets = 0
    for seg in edi837.segments(said["999"]) if "999" in said else ():
        if seg[0] == "IK5":
            sets += 1
            assert seg[1] == "A" or len(seg) > 2, seg
        elif seg[0] == "AK9":
            assert seg[1] != "R" or len(seg) > 5 or sets or seg[3] == "0", seg
            sets = 0
