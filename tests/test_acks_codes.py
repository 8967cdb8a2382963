"""Every code of a TA1 and 999 that the table of rules lists is given by some input here, and no other is.

The inputs are the fixtures, one fault at a time (`mutate`), the slips of the envelope
(`guide_mutants`), and a few of their own below for what none of these has.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi837 import explain, process, rulebook
from edi837.companion import Guides
from edi837.findings import Finding, NotX12
from tests.ack_events import answer, segments, starting
from tests.mutate import mutations
from tests.test_guide_mutants import CLEAN, envelope

FIXTURES = Path(__file__).parent.parent / "fixtures"
MINIMUM = (FIXTURES / "837P/pass/minimum.edi").read_bytes()
HEAD = b"*00*          *00*          *ZZ*"


def put(old: bytes, new: bytes, data: bytes = MINIMUM) -> bytes:
    assert data.count(old) >= 1, old
    return data.replace(old, new, 1)


ASKED = MINIMUM[:99] + b"*1*" + MINIMUM[102:]  # ISA14: a TA1 is wanted
OWN = {
    "TA1:002": put(b"*^*00501*", b"*^*00401*", ASKED),
    "TA1:004": MINIMUM[:105] + MINIMUM[107:],
    "TA1:011": put(HEAD, b"*03*          *00*          *ZZ*", ASKED),
    "TA1:013": put(HEAD, b"*00*          *01*          *ZZ*", ASKED),
    "TA1:017": put(b"*00501*", b"*5010X*"),
    "TA1:026": MINIMUM[:106].replace(b"*", b"\t") + MINIMUM[106:],
    "TA1:027": MINIMUM[:104] + b"A" + MINIMUM[105:],
    "IK5:6": put(b"ST*837*", b"ST**"),
    "IK4:I12": put(b"SE*23*", b"SE*24*", put(b"*19600606*F~", b"*19600606*F~REF*SY*12345~")),
    "IK4:10": put(b"N4*SAMPLETON*MI*490009998~", b"N4*SAMPLETON*MI*490009998*AD***1~"),
}


@functools.cache
def given(data: bytes) -> frozenset[str]:
    """The codes of the findings on an interchange, and in the TA1 and 999 that answer it."""
    try:
        events = list(process.tell(io.BytesIO(data)))
    except NotX12:
        return frozenset()
    files = answer(events)
    codes = {event.syntax for event in events if isinstance(event, Finding)} - {""}
    for kind in ("ta1", "999"):
        for s in segments(files.get(kind, b"")) if data[3:4] == b"*" else _any_marks(files.get(kind, b"")):
            first = {"TA1": 5, "AK9": 5, "IK5": 2, "IK3": 4, "IK4": 3}.get(s[0], 99)
            codes |= {f"{s[0]}:{code}" for code in s[first : first + (5 if s[0] in ("AK9", "IK5") else 1)]}
    return frozenset(codes)


def forbidden(folder: Path) -> set[str]:
    """The codes of what only a companion guide forbids."""
    path = folder / "payer.xml"
    change = '<change loop="2300" segment="HI" fact="usage" value="N" reason="none is taken"/>'
    path.write_text(f'<companion guide="005010X222A1">{change}</companion>', "utf-8")
    events = list(process.tell(io.BytesIO(MINIMUM), guides=Guides.read([path])))
    return {event.syntax for event in events if isinstance(event, Finding)} - {""}


def _any_marks(data: bytes) -> list[list[str]]:
    text = data.decode("latin-1")
    return segments(data, text[3], text[105]) if text else []


def inputs() -> Iterator[bytes]:
    for path in sorted(FIXTURES.rglob("*.edi")):
        if path.parent.name != "expected":
            yield path.read_bytes()
    for name in ("837P/pass/coordination-of-benefits", "837I/pass/hospital"):
        yield from (data for _, data in mutations((FIXTURES / f"{name}.edi").read_bytes()))
    for kind in CLEAN:
        yield from (mutant.data for mutant in envelope(kind))
    yield from OWN.values()


def test_the_table_lists_the_codes_that_are_given_and_no_others(tmp_path: Path) -> None:
    listed = {entry.rule for entry in rulebook.entries([]) if entry.rule.startswith("X12-")}
    made = {f"X12-{code.replace(':', '-')}" for data in inputs() for code in given(data)} - {"X12-TA1-000"}
    made |= {f"X12-{code.replace(':', '-')}" for code in forbidden(tmp_path)}
    assert listed - made == set(), "listed, and never given"
    assert made - listed == set(), "given, and not listed"


@pytest.mark.parametrize("code", OWN)
def test_these_are_told_once_and_answered(code: str) -> None:
    found = [e for e in process.tell(io.BytesIO(OWN[code])) if isinstance(e, Finding)]
    assert [f.syntax for f in found] == [code]
    assert code in given(OWN[code])


def test_codes_that_are_never_given_are_explained_as_such() -> None:
    for kind, codes in explain.NEVER.items():
        for code in codes:
            assert "This program never gives it." in explain.explain(f"{kind}:{code}", [])
    assert "never" not in explain.explain("IK4:7", [])


@pytest.mark.parametrize("code", ["TA1:004", "TA1:026", "TA1:027"])
def test_an_interchange_of_no_use_is_refused_and_the_next_one_is_answered(code: str) -> None:
    """Where it ends nobody can tell: what it held is not told again as text outside every interchange."""
    events = list(process.tell(io.BytesIO(OWN[code] + MINIMUM.replace(b"000000001", b"000000002") + b"WORDS~\n")))
    assert [f.rule for f in events if isinstance(f, Finding)] == [f"X12-{code.replace(':', '-')}", "X12-STRAY"]
    files = answer(iter(events))
    assert starting("TA1", files["ta1"]) == [f"TA1*000000001*250303*0915*R*{code[4:]}"]
    assert starting("ISA", files["ta1"])[0].split("*")[6:9] == ["PAYER042       ", "ZZ", "SUBMIT042      "]
    assert starting("AK9", files["999"]) == ["AK9*A*1*1*1"]
