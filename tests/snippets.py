"""Interchanges written by hand: only the segments that a test is about, the frames around them made.

Enters: segments, one a line, in ``*`` and ``:`` whatever the marks asked for. Leaves: the bytes of
an interchange whose counts are right.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from edi837 import process
from edi837.claim import Claim
from edi837.findings import Finding
from edi837.frames import Verdict

P, I = "005010X222A1", "005010X223A2"

FRONT = """
BHT*0019*00*BATCH1*20250303*0915*CH
NM1*41*2*EXAMPLE INFUSION BILLING*****46*SUBMIT042
PER*IC*CLAIMS DESK*TE*6165550100
NM1*40*2*SAMPLE HEALTH PLAN*****46*PAYER042
"""

PROVIDER = """
HL*1**20*1
PRV*BI*PXC*251F00000X
NM1*85*2*EXAMPLE HOME INFUSION LLC*****XX*2000000010
N3*100 EXAMPLE PARKWAY
N4*SAMPLETON*MI*490009998
REF*EI*123456789
"""

SUBSCRIBER = """
HL*2*1*22*0
SBR*P*18*GRP042******CI
NM1*IL*1*ASPEN*IRIS*Q**JR*MI*SYN000001
N3*12 BIRCH LANE
N4*SAMPLETON*MI*48000
DMG*D8*19600606*F
NM1*PR*2*SAMPLE HEALTH PLAN*****PI*PAYER042
"""

HEAD = FRONT + PROVIDER + SUBSCRIBER

CLAIM_P = """
CLM*C1*100***12:B:1*Y*A*Y*Y
HI*ABK:A419
LX*1
SV1*HC:S9500*100*UN*1***1
DTP*472*D8*20250106
"""

CLAIM_I = """
CLM*C1*100***34:A:1**A*Y*Y
DTP*434*RD8*20250106-20250112
CL1*3*1*30
HI*ABK:A419
NM1*71*1*OAKES*CLIFF****XX*2000000150
LX*1
SV2*0640*HC:S9500*100*UN*1
DTP*472*D8*20250106
"""


def segments(text: str) -> list[str]:
    """The lines that hold a segment."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def transaction(body: str, guide: str = P, number: str = "0001") -> list[str]:
    """ST to SE."""
    told = segments(body)
    return [f"ST*837*{number}*{guide}", *told, f"SE*{len(told) + 2}*{number}"]


def interchange(*sets: str, guide: str = P, marks: str = "*:^~", after: str = "\n") -> bytes:
    """One interchange of one group, with a set for each body; ``marks``: element, component, repetition, segment."""
    element, component, repetition, end = list(marks)
    head = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'SUBMIT042':15}", "ZZ", f"{'PAYER042':15}"]
    head += ["250303", "0915", repetition, "00501", "000000001", "0", "T", component]
    inside = [segment for n, body in enumerate(sets, 1) for segment in transaction(body, guide, f"{n:04d}")]
    inside = [f"GS*HC*SUBMIT042*PAYER042*20250303*0915*1*X*{guide}", *inside, f"GE*{len(sets)}*1", "IEA*1*000000001"]
    told = [element.join(head), *(s.replace("*", "\0").replace(":", component).replace("\0", element) for s in inside)]
    after = after.replace(end, "")
    return "".join(segment + end + after for segment in told).encode("latin-1")


def claims(data: bytes) -> list[Claim]:
    """Every claim of an interchange."""
    return [event.claim for event in process.tell(io.BytesIO(data)) if isinstance(event, Verdict)]


def found(data: bytes) -> list[Finding]:
    """Every finding outside the verdicts."""
    return [event for event in process.tell(io.BytesIO(data)) if isinstance(event, Finding)]


def codes(data: bytes) -> list[str]:
    """The codes of those findings, in file order."""
    return [finding.syntax or finding.rule for finding in found(data)]


def replaced(text: str, changes: Sequence[tuple[str, str]]) -> str:
    """A text with each change made; each must hit once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def two_sets(old: str = "", new: str = "", *, trailer: tuple[str, str] = ("", "")) -> bytes:
    """The demonstration twice in one group, its second set and its trailers altered."""
    lines = (Path(__file__).parent.parent / "fixtures" / "demo.edi").read_text().splitlines(keepends=True)
    first = "".join(lines[2:-2])
    second = first
    for word, other in (("HIT1", "BIT1"), ("*0001", "*0002"), ("DEMO2025", "DEMO2"), ("SYN42", "SYN2")):
        second = second.replace(word, other)
    end = "".join(lines[-2:]).replace("GE*1", "GE*2").replace(*trailer)
    return "".join([*lines[:2], first, second.replace(old, new, 1), end]).encode()
