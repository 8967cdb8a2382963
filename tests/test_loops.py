"""Every segment in its loop; what does not fit is one slip, said once, and reading goes on behind it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from edi837 import process
from edi837.chart import Loop
from edi837.findings import Finding
from edi837.frames import Verdict
from tests.snippets import CLAIM_I, CLAIM_P, FRONT, HEAD, PROVIDER, SUBSCRIBER, I, interchange, segments

FIXTURES = Path(__file__).parent.parent / "fixtures"


def read(data: bytes) -> tuple[list[Loop], list[Finding], list[str]]:
    """The loops as they close, what was found, and CLM01 of each claim."""
    loops, found, ids = [], [], []
    for event in process.tell_loops(io.BytesIO(data)):
        if isinstance(event, Loop):
            loops.append(event)
        elif isinstance(event, Finding):
            found.append(event)
        elif isinstance(event, Verdict):
            ids.append(event.claim.id)
    return loops, found, ids


def inside(loop: Loop) -> Iterator[tuple[int, str, str]]:
    for number, _, seg in loop.segments:
        yield number, loop.use.id, seg[0]
    for child in loop.loops:
        yield from inside(child)


def placed(data: bytes) -> list[tuple[str, str]]:
    """Loop and tag of every segment from ST on, in the order of the file."""
    told = sorted({row for loop in read(data)[0] for row in inside(loop)})
    assert [number for number, _, _ in told] == list(range(1, len(told) + 1)), "each segment once"
    return [(loop, tag) for _, loop, tag in told]


def listed(text: str) -> list[tuple[str, str]]:
    """``2300 CLM DTP*4`` a line, as loop and tag of each segment."""
    told = []
    for line in text.strip().splitlines():
        loop, *tags = line.split()
        for tag in tags:
            name, _, times = tag.partition("*")
            told += [(loop, name)] * int(times or 1)
    return told


# ------------------------------------------------------------------ the place of every segment

PROFESSIONAL = """
ST_LOOP ST BHT
1000A NM1 PER*2
1000B NM1
2000A HL PRV CUR
2010AA NM1 N3 N4 REF*3 PER
2010AB NM1 N3 N4
2010AC NM1 N3 N4 REF*2
2000B HL SBR PAT
2010BA NM1 N3 N4 DMG REF*2 PER
2010BB NM1 N3 N4 REF*5
2300 CLM DTP*14 PWK*2 CN1 AMT REF*13 K3*2 NTE CRC*2 HI*3 HCP
2310A NM1 REF*2
2310A NM1
2310B NM1 PRV REF
2310C NM1 N3 N4 REF PER
2310D NM1 REF
2320 SBR CAS*2 AMT*2 OI MOA
2330A NM1 N3 N4 REF
2330B NM1 N3 N4 DTP REF*6
2330C NM1 REF
2330D NM1 REF
2330E NM1 REF
2330F NM1 REF
2330G NM1 REF
2400 LX SV1 PWK CRC DTP*9 CN1 REF*6 AMT*2 K3 NTE*2 HCP
2420A NM1 PRV REF
2420C NM1 N3 N4 REF
2420D NM1
2420E NM1 N3 N4 REF PER
2420F NM1
2420F NM1
2430 SVD CAS DTP
2440 LQ FRM*4
2400 LX SV1 DTP REF
2410 LIN CTP REF
2430 SVD DTP
"""

INSTITUTIONAL = """
ST_LOOP ST BHT
1000A NM1 PER*2
1000B NM1
2000A HL PRV CUR
2010AA NM1 N3 N4 REF PER
2010AB NM1 N3 N4
2010AC NM1 N3 N4 REF*2
2000B HL SBR
2010BA NM1 N3 N4 DMG REF*2
2010BB NM1 N3 N4 REF*2
2300 CLM DTP*4 CL1 PWK*2 CN1 AMT REF*12 K3 NTE*3 CRC HI*13 HCP
2310A NM1 PRV REF
2310B NM1 REF
2310C NM1
2310D NM1 REF
2310E NM1 N3 N4 REF
2310F NM1 REF
2320 SBR CAS*2 AMT*2 OI MOA
2330A NM1 N3 N4 REF
2330B NM1 N3 N4 DTP REF*5
2330C NM1 REF
2330D NM1 REF
2330E NM1 REF
2330F NM1 REF
2330G NM1 REF
2330H NM1 REF
2330I NM1 REF
2400 LX SV2 PWK DTP REF*3 AMT*2 NTE HCP
2420A NM1 REF
2420B NM1
2420C NM1 REF
2420D NM1
2430 SVD CAS DTP
2400 LX SV2 DTP REF
2410 LIN CTP REF
2430 SVD DTP
"""


@pytest.mark.parametrize(("kind", "expected"), [("837P", PROFESSIONAL), ("837I", INSTITUTIONAL)])
def test_every_segment_of_the_guide_finds_its_loop(kind: str, expected: str) -> None:
    assert placed((FIXTURES / kind / "pass" / "many-segments.edi").read_bytes()) == listed(expected)


# In a claim: the segments put after HI or behind the line, and the loops they open.
PLACES: list[tuple[str, str, str]] = [
    ("NM1*DN*1*A*B", "2300", "2310A"),
    ("NM1*P3*1*A*B", "2300", "2310A"),
    ("NM1*82*1*A*B", "2300", "2310B"),
    ("NM1*77*2*A", "2300", "2310C"),
    ("NM1*DQ*1*A*B", "2300", "2310D"),
    ("NM1*PW*2", "2300", "2310E"),
    ("NM1*45*2", "2300", "2310F"),
    ("NM1*82*1*A*B", "2400", "2420A"),
    ("NM1*QB*2*****XX*2000000010", "2400", "2420B"),
    ("NM1*77*2*A", "2400", "2420C"),
    ("NM1*DQ*1*A*B", "2400", "2420D"),
    ("NM1*DK*1*A*B", "2400", "2420E"),
    ("NM1*DN*1*A*B", "2400", "2420F"),
    ("NM1*PW*2", "2400", "2420G"),
    ("NM1*45*2", "2400", "2420H"),
    ("LIN**N4*99999010101", "2400", "2410"),
    ("SVD*P1*1*HC:S9500**1", "2400", "2430"),
    ("LQ*AS*01.02", "2400", "2440"),
]


@pytest.mark.parametrize(("segment", "where", "loop"), PLACES, ids=[f"{w}-{s[:6]}" for s, w, _ in PLACES])
def test_the_qualifier_decides_the_loop(segment: str, where: str, loop: str) -> None:
    before = "LX*1" if where == "2300" else "SE*"
    told = segments(HEAD + CLAIM_P)
    at = told.index(before) if before in told else len(told)
    told.insert(at, segment)
    assert placed(interchange("\n".join(told)))[at + 1] == (loop, segment.split("*")[0])


# ------------------------------------------------------------------ one slip, one finding

OTHER = """
SBR*S*01*******CI
AMT*D*50
OI***Y***Y
NM1*IL*1*ASPEN*CLAY****MI*OTH1
NM1*PR*2*OTHER PLAN*****PI*OTHER1
"""

TWO_P = segments(
    HEAD
    + CLAIM_P.replace("HI*ABK:A419", "REF*D9*TRACE1\nHI*ABK:A419\nNM1*82*1*ALDER*JUNE****XX*2000000069\n" + OTHER)
    + "REF*6R*C1-1\nLIN**N4*99999010101\nCTP****1*UN\nLX*2\nSV1*HC:S9501*1*UN*1***1\nDTP*472*D8*20250107"
    + CLAIM_P.replace("C1", "C2")
    + SUBSCRIBER.replace("HL*2*", "HL*3*")
    + CLAIM_P.replace("C1", "C3")
)
TWO_I = segments(
    HEAD + CLAIM_I + CLAIM_I.replace("C1", "C2") + SUBSCRIBER.replace("HL*2*", "HL*3*") + CLAIM_I.replace("C1", "C3")
)


class Slip(NamedTuple):
    """What is expected: the code, the loop, the tag, and the segment at whose position it stands (``-`` before)."""

    code: str
    loop: str
    tag: str
    at: str
    element: int = 0


Edit = Callable[[list[str]], None]


def index(told: list[str], start: str) -> int:
    return next(i for i, segment in enumerate(told) if segment.startswith(start))


def drop(*starts: str) -> Edit:
    def edit(told: list[str]) -> None:
        for start in starts:
            del told[index(told, start)]

    return edit


def after(start: str, *new: str) -> Edit:
    def edit(told: list[str]) -> None:
        at = index(told, start) + 1
        told[at:at] = new

    return edit


def before(start: str, *new: str) -> Edit:
    def edit(told: list[str]) -> None:
        at = index(told, start)
        told[at:at] = new

    return edit


def put(start: str, new: str) -> Edit:
    def edit(told: list[str]) -> None:
        told[index(told, start)] = new

    return edit


def move(start: str, ahead_of: str) -> Edit:
    def edit(told: list[str]) -> None:
        segment = told.pop(index(told, start))
        told.insert(index(told, ahead_of), segment)

    return edit


def again(start: str, times: int) -> Edit:
    def edit(told: list[str]) -> None:
        at = index(told, start)
        told[at:at] = [told[at]] * times

    return edit


SLIPS: dict[str, tuple[Edit, Slip]] = {
    # a segment that must come is missing: told at the first one behind its place
    "BHT missing": (drop("BHT"), Slip("IK3:3", "ST_LOOP", "BHT", "NM1*41")),
    "PER of the submitter missing": (drop("PER"), Slip("IK3:3", "1000A", "PER", "NM1*40")),
    "SBR missing": (drop("SBR"), Slip("IK3:3", "2000B", "SBR", "NM1*IL")),
    "N3 of the provider missing": (drop("N3"), Slip("IK3:3", "2010AA", "N3", "N4")),
    "N4 of the provider missing": (drop("N4"), Slip("IK3:3", "2010AA", "N4", "REF*EI")),
    "REF*EI missing": (drop("REF*EI"), Slip("IK3:3", "2010AA", "REF", "HL*2")),
    "HI missing": (drop("HI"), Slip("IK3:3", "2300", "HI", "NM1*82")),
    "SV1 missing": (drop("SV1"), Slip("IK3:3", "2400", "SV1", "DTP*472")),
    "DTP*472 missing": (drop("DTP*472"), Slip("IK3:3", "2400", "DTP", "REF*6R")),
    "CTP missing": (drop("CTP"), Slip("IK3:3", "2410", "CTP", "LX*2")),
    "OI missing": (drop("OI"), Slip("IK3:3", "2320", "OI", "NM1*IL*1*ASPEN*CLAY")),
    # a loop that must come is missing
    "submitter missing": (drop("NM1*41", "PER"), Slip("IK3:3", "1000A", "NM1", "NM1*40")),
    "receiver missing": (drop("NM1*40"), Slip("IK3:3", "1000B", "NM1", "HL*1")),
    "provider missing": (drop("NM1*85", "N3", "N4", "REF*EI"), Slip("IK3:3", "2010AA", "NM1", "HL*2")),
    "subscriber missing": (
        drop("NM1*IL", "N3*12", "N4*SAMPLETON*MI*48", "DMG"), Slip("IK3:3", "2010BA", "NM1", "NM1*PR"),
    ),
    "payer missing": (drop("NM1*PR"), Slip("IK3:3", "2010BB", "NM1", "CLM*C1")),
    "other subscriber missing": (drop("NM1*IL*1*ASPEN*CLAY"), Slip("IK3:3", "2330A", "NM1", "NM1*PR*2*OTHER")),
    "other payer missing": (drop("NM1*PR*2*OTHER"), Slip("IK3:3", "2330B", "NM1", "LX*1")),
    # a loop without its first segment
    "LX missing": (drop("LX*1"), Slip("IK3:3", "2400", "LX", "SV1")),
    "NM1*85 missing": (drop("NM1*85"), Slip("IK3:3", "2010AA", "NM1", "N3")),
    "NM1*IL missing": (drop("NM1*IL"), Slip("IK3:3", "2010BA", "NM1", "N3*12")),
    "NM1*41 missing": (drop("NM1*41"), Slip("IK3:3", "1000A", "NM1", "PER")),
    "SBR of the other payer missing": (drop("SBR*S"), Slip("IK3:3", "2320", "SBR", "AMT*D")),
    # too often
    "REF*D9 twice": (again("REF*D9", 1), Slip("IK3:5", "2300", "REF", "REF*D9*TRACE1")),
    "N3 twice": (again("N3", 1), Slip("IK3:5", "2010AA", "N3", "N3*100")),
    "DMG twice": (again("DMG", 1), Slip("IK3:5", "2010BA", "DMG", "DMG")),
    "rendering provider twice": (again("NM1*82", 1), Slip("IK3:4", "2310B", "NM1", "NM1*82")),
    "receiver twice": (again("NM1*40", 1), Slip("IK3:4", "1000B", "NM1", "NM1*40")),
    "REF*D9 again behind HI": (after("HI", "REF*D9*AGAIN"), Slip("IK3:5", "2300", "REF", "REF*D9*AGAIN")),
    "N3 again behind N4": (after("N4", "N3*AGAIN"), Slip("IK3:5", "2010AA", "N3", "N3*AGAIN")),
    # in the wrong order
    "REF behind HI": (move("REF*D9", "NM1*82"), Slip("IK3:7", "2300", "REF", "REF*D9")),
    "DTP*472 behind REF": (move("DTP*472", "LIN"), Slip("IK3:7", "2400", "DTP", "DTP*472")),
    "DMG before N3": (move("DMG", "N3*12"), Slip("IK3:7", "2010BA", "N3", "N3*12")),
    # with a wrong qualifier
    "NM1*85 as NM1*ZQ": (
        put("NM1*85", "NM1*ZQ*2*EXAMPLE*****XX*2000000010"), Slip("IK4:7", "2010AA", "NM1", "NM1*ZQ", 1),
    ),
    "NM1*IL as NM1*ZQ": (put("NM1*IL", "NM1*ZQ*1*ASPEN*IRIS****MI*SYN1"), Slip("IK4:7", "2010BA", "NM1", "NM1*ZQ", 1)),
    "REF*EI as REF*ZQ": (put("REF*EI", "REF*ZQ*123456789"), Slip("IK4:7", "2010AA", "REF", "REF*ZQ", 1)),
    "DTP*472 as DTP*999": (put("DTP*472", "DTP*999*D8*20250106"), Slip("IK4:7", "2400", "DTP", "DTP*999", 1)),
    "HI*ABK as HI*ABF": (put("HI*ABK", "HI*ABF:A419"), Slip("IK4:7", "2300", "HI", "HI*ABF", 1)),
    "SBR*P as SBR*Q": (put("SBR*P", "SBR*Q*18*GRP042******CI"), Slip("IK4:7", "2000B", "SBR", "SBR*Q", 1)),
    "REF of the claim as REF*ZQ": (put("REF*D9", "REF*ZQ*TRACE1"), Slip("IK4:7", "2300", "REF", "REF*ZQ", 1)),
    "HL03 unknown": (put("HL*2", "HL*2*1*99*0"), Slip("IK4:7", "2000B", "HL", "HL*2*1*99", 3)),
    # what has no business there
    "an unknown segment": (after("CLM*C1", "ZZZ*1"), Slip("IK5:5", "2300", "", "ZZZ")),
    "a segment of another guide": (after("CLM*C1", "CL1*3*1*30"), Slip("IK3:2", "2300", "CL1", "CL1")),
    "a segment of another transaction": (after("CLM*C1", "CLP*1*1*1"), Slip("IK3:2", "2300", "CLP", "CLP")),
    "a drug's quantity without the drug": (drop("LIN"), Slip("IK3:3", "2410", "LIN", "CTP")),
    "a drug's quantity before the drug": (move("CTP", "LIN"), Slip("IK3:7", "2410", "CTP", "CTP")),
    "a street before the provider": (move("N3", "NM1*85"), Slip("IK3:7", "2010AA", "N3", "N3*100")),
    "a segment of another loop": (after("CLM*C1", "SV1*HC:S9500*1*UN*1***1"), Slip("IK3:2", "2300", "SV1", "SV1")),
    "SBR too early": (before("NM1*40", "SBR*P*18"), Slip("IK3:2", "1000A", "SBR", "SBR*P*18")),
    "a tag in lower case": (put("SBR*P", "sbr*P*18*GRP042******CI"), Slip("IK5:5", "2000B", "", "sbr")),
    # levels
    "HL01 wrong": (put("HL*2*1*22", "HL*9*1*22*0"), Slip("IK4:7", "2000B", "HL", "HL*9", 1)),
    "HL01 not a number": (put("HL*2*1*22", "HL*X*1*22*0"), Slip("IK4:7", "2000B", "HL", "HL*X", 1)),
    "HL01 missing": (put("HL*2*1*22", "HL**1*22*0"), Slip("IK4:1", "2000B", "HL", "HL**1", 1)),
    "HL02 of no level": (put("HL*2*1*22", "HL*2*7*22*0"), Slip("IK4:7", "2000B", "HL", "HL*2*7", 2)),
    "HL02 missing": (put("HL*2*1*22", "HL*2**22*0"), Slip("IK4:1", "2000B", "HL", "HL*2**22", 2)),
    "a first level with a parent": (put("HL*1", "HL*1*1*20*1"), Slip("IK4:I10", "2000A", "HL", "HL*1*1", 2)),
    "HL04 1 and no level below": (put("HL*2*1*22", "HL*2*1*22*1"), Slip("IK4:7", "2000B", "HL", "HL*2", 4)),
    "HL02 of the subscriber before": (put("HL*3*1*22", "HL*3*2*22*0"), Slip("IK4:7", "2000B", "HL", "HL*3*2", 2)),
    # elements
    "CLM02 missing": (put("CLM*C1", "CLM*C1****12:B:1*Y*A*Y*Y"), Slip("IK4:1", "2300", "CLM", "CLM*C1", 2)),
    "CLM05-2 wrong": (put("CLM*C1", "CLM*C1*100***12:Z:1*Y*A*Y*Y"), Slip("IK4:7", "2300", "CLM", "CLM*C1", 5)),
    "one element too many": (put("LX*1", "LX*1*2"), Slip("IK4:3", "2400", "LX", "LX*1*2", 2)),
}  # fmt: skip


REPEATED = [name for name in SLIPS if "twice" in name]  # told at the second one


@pytest.mark.parametrize("name", SLIPS)
def test_one_slip_is_one_finding(name: str) -> None:
    edit, expected = SLIPS[name]
    told = list(TWO_P)
    edit(told)
    assert told != TWO_P
    _, found, ids = read(interchange("\n".join(told)))
    assert [f.syntax for f in found] == [expected.code]
    place = found[0].place
    assert (place.loop, place.tag, place.element) == (expected.loop, expected.tag, expected.element)
    at = index(told, expected.at)
    while name in REPEATED and told[at + 1] == told[at]:
        at += 1
    assert place.segment == at + 2
    assert found[0].rejects
    assert found[0].rule == "X12-" + expected.code.replace(":", "-")
    assert ids == ["C1", "C2", "C3"], "the claims behind it are found"


INSTITUTIONAL_SLIPS: dict[str, tuple[Edit, Slip]] = {
    "DTP*434 missing": (drop("DTP*434"), Slip("IK3:3", "2300", "DTP", "CL1")),
    "CL1 missing": (drop("CL1"), Slip("IK3:3", "2300", "CL1", "HI")),
    "SV2 missing": (drop("SV2"), Slip("IK3:3", "2400", "SV2", "DTP*472")),
    "SV1 for SV2": (put("SV2", "SV1*HC:S9500*100*UN*1***1"), Slip("IK3:2", "2400", "SV1", "SV1")),
    "NM1*71 as NM1*DK": (put("NM1*71", "NM1*DK*1*OAKES*CLIFF"), Slip("IK4:7", "2300", "NM1", "NM1*DK", 1)),
    "DTP*434 behind CL1": (move("DTP*434", "HI"), Slip("IK3:7", "2300", "DTP", "DTP*434")),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTITUTIONAL_SLIPS)
def test_one_slip_is_one_finding_in_an_837i(name: str) -> None:
    edit, expected = INSTITUTIONAL_SLIPS[name]
    told = list(TWO_I)
    edit(told)
    _, found, ids = read(interchange("\n".join(told), guide=I))
    assert [(f.syntax, f.place.loop, f.place.tag, f.place.element, f.place.segment) for f in found] == [
        (*expected[:3], expected.element, index(told, expected.at) + 2)
    ]
    assert ids == ["C1", "C2", "C3"]


def test_those_interchanges_are_right_before_they_are_changed() -> None:
    assert read(interchange("\n".join(TWO_P)))[1:] == ([], ["C1", "C2", "C3"])
    assert read(interchange("\n".join(TWO_I), guide=I))[1:] == ([], ["C1", "C2", "C3"])


def test_two_slips_are_two_findings_each_in_its_claim() -> None:
    told = list(TWO_P)
    drop("HI")(told)
    told.remove("CLM*C3*100***12:B:1*Y*A*Y*Y")
    told.insert(-4, "CLM*C3*100***12:B:1*Z*A*Y*Y")
    found = read(interchange("\n".join(told)))[1]
    assert [(f.syntax, f.place.claim) for f in found] == [("IK3:3", "C1"), ("IK4:7", "C3")]


CLAIM_LEVEL = [  # segments that a line may have, too
    (["REF*G1*A"], [], []),
    ([], ["REF*G1*A"], ["IK3:7"]),
    (["REF*G1*A"], ["REF*G1*B"], ["IK3:5"]),
    (["REF*G1*A"], ["REF*G1*B", "REF*G1*C"], ["IK3:5"]),
    ([], ["REF*G1*A", "REF*G1*B"], ["IK3:7", "IK3:5"]),
    ([], ["REF*G1*A", "REF*G1*B", "REF*G1*C"], ["IK3:7", "IK3:5"]),
    ([], ["NTE*ADD*A", "NTE*ADD*B"], ["IK3:7", "IK3:5"]),
    ([], ["DTP*472*D8*20250106"], ["IK3:2"]),
    (["K3*A"], ["K3*B"], ["IK3:7"]),  # of ten there is room for one more
    (["K3*A"] * 10, ["K3*B"], ["IK3:5"]),
    (["K3*A"], ["K3*B"] * 10, ["IK3:7", "IK3:5"]),
]


@pytest.mark.parametrize(("ahead", "behind", "codes"), CLAIM_LEVEL)
def test_no_line_is_missed_before_the_lx_that_opens_it(ahead: list[str], behind: list[str], codes: list[str]) -> None:
    told = segments(HEAD + CLAIM_P)
    at = index(told, "HI")
    told[at : at + 1] = [*ahead, told[at], *behind]
    _, found, ids = read(interchange("\n".join(told)))
    assert [each.syntax for each in found] == codes and ids == ["C1"]
    assert not {each.place.loop for each in found if each.syntax != "IK3:2"} - {"2300"}


def test_what_stands_in_the_wrong_place_is_judged_all_the_same() -> None:
    told = list(TWO_P)
    move("REF*D9", "NM1*82")(told)
    put("REF*D9", "REF*D9")(told)
    found = read(interchange("\n".join(told)))[1]
    assert [(f.syntax, f.place.refdes) for f in found] == [("IK3:7", ""), ("IK4:1", "REF02")]


@pytest.mark.parametrize("count", [3, 4, 9])
def test_what_comes_too_often_is_told_once(count: int) -> None:
    told = list(TWO_P)
    again("DMG", count)(told)
    (finding,) = read(interchange("\n".join(told)))[1]
    assert (finding.syntax, finding.place.segment) == ("IK3:5", index(told, "DMG") + 3)


def test_a_finding_knows_its_frames_its_claim_and_its_line() -> None:
    told = list(TWO_P)
    put("SV1*HC:S9501", "SV1*HC:S9501*1*XX*1***1")(told)
    (finding,) = read(interchange("\n".join(told)))[1]
    place = finding.place
    assert (place.interchange, place.group, place.set, place.claim, place.line) == ("000000001", "1", "0001", "C1", "2")
    assert (place.refdes, place.data_element, place.value) == ("SV103", "355", "XX")
    assert finding.level == "element"


@pytest.mark.parametrize(("count", "slips"), [(50, 0), (51, 1), (53, 1)])
def test_too_many_lines_are_told_once(count: int, slips: int) -> None:
    lines = "".join(f"LX*{n}\nSV1*HC:S9500*1*UN*1***1\nDTP*472*D8*20250106\n" for n in range(1, count + 1))
    _, found, ids = read(interchange(HEAD + "CLM*C1*50***12:B:1*Y*A*Y*Y\nHI*ABK:A419\n" + lines))
    assert [f.syntax for f in found] == ["IK3:4"] * slips
    assert ids == ["C1"]
    if found:
        assert (found[0].place.loop, found[0].place.tag) == ("2400", "LX")


@pytest.mark.parametrize(("count", "slips"), [(100, 0), (101, 1)])
def test_a_hundred_claims_of_a_subscriber_and_no_more(count: int, slips: int) -> None:
    _, found, ids = read(interchange(HEAD + "".join(CLAIM_P.replace("C1", f"C{n}") for n in range(count))))
    assert [f.syntax for f in found] == ["IK3:4"] * slips
    assert len(ids) == count


def test_levels_count_on_over_providers_and_dependants() -> None:
    again = PROVIDER.replace("HL*1*", "HL*3*") + SUBSCRIBER.replace("HL*2*1*", "HL*4*3*")
    assert read(interchange(HEAD + CLAIM_P + again + CLAIM_P))[1] == []
    wrong = again.replace("HL*4*3*", "HL*4*1*")
    (finding,) = read(interchange(HEAD + CLAIM_P + wrong + CLAIM_P))[1]
    assert (finding.syntax, finding.place.refdes, finding.place.value) == ("IK4:7", "HL02", "1")


def test_one_wrong_number_of_a_level_does_not_make_the_rest_wrong() -> None:
    levels = [SUBSCRIBER.replace("HL*2*", f"HL*{n}*") + CLAIM_P for n in (2, 4, 5, 6)]
    (finding,) = read(interchange(FRONT + PROVIDER + "".join(levels)))[1]
    assert (finding.place.refdes, finding.place.value) == ("HL01", "4")


PATIENT = """HL*3*2*23*0
PAT*19
NM1*QC*1*ASPEN*JUNE
N3*12 BIRCH LANE
N4*SAMPLETON*MI*49000
DMG*D8*20010214*F
"""
WITH_PATIENT = FRONT + PROVIDER + SUBSCRIBER.replace("22*0", "22*1") + PATIENT + CLAIM_P


def test_a_level_says_whether_a_level_stands_below_it() -> None:
    assert read(interchange(WITH_PATIENT))[1] == []
    (finding,) = read(interchange(WITH_PATIENT.replace("22*1", "22*0")))[1]
    assert (finding.syntax, finding.place.refdes, finding.place.loop) == ("IK4:7", "HL04", "2000B")
    assert finding.place.segment == segments(WITH_PATIENT).index("HL*2*1*22*1") + 2
    (finding,) = read(interchange(WITH_PATIENT.replace("20*1", "20*0")))[1]
    assert (finding.syntax, finding.place.refdes, finding.place.loop) == ("IK4:7", "HL04", "2000A")


def test_a_level_of_another_parent_does_not_stand_below() -> None:
    """What HL02 of the level below gets wrong is no slip of HL04."""
    (finding,) = read(interchange(WITH_PATIENT.replace("22*1", "22*0").replace("HL*3*2", "HL*3*1")))[1]
    assert (finding.place.refdes, finding.place.loop) == ("HL02", "2000C")


def test_a_level_with_no_level_below_lacks_its_claim() -> None:
    two = HEAD + SUBSCRIBER.replace("HL*2*", "HL*3*") + CLAIM_P
    (finding,) = read(interchange(two))[1]
    assert (finding.syntax, finding.place.loop, finding.place.tag) == ("IK3:3", "2300", "CLM")
    assert finding.place.segment == segments(two).index("HL*3*1*22*0") + 2
    assert finding.message.startswith("loop 2300 (")
    for text in (HEAD, WITH_PATIENT.replace(CLAIM_P, "")):
        (finding,) = read(interchange(text))[1]
        assert (finding.syntax, finding.place.loop) == ("IK3:3", "2300")
    (finding,) = read(interchange(HEAD.replace("22*0", "22*1")))[1]
    assert (finding.syntax, finding.place.refdes) == ("IK4:7", "HL04"), "the patient is missing, or HL04 is wrong"
    found = read(interchange(HEAD + CLAIM_P.replace("CLM", "clm", 1)))[1]
    assert [f.syntax for f in found] == ["IK5:5"], "there is a claim, which could not be read"


def test_a_segment_before_the_loop_it_belongs_to_is_not_taken_for_another_such_loop() -> None:
    """PRV*AT stands in loop 2310A alone, which comes once and opens behind it."""
    claim = CLAIM_I.replace("NM1*71", "PRV*AT*PXC*207R00000X\nNM1*71")
    (finding,) = read(interchange(HEAD + claim, guide=I))[1]
    assert (finding.syntax, finding.place.tag) == ("IK3:2", "PRV")


@pytest.mark.parametrize("behind", ["LX*2\nSV1*HC:S9501*1*UN*1***1\nDTP*472*D8*20250107\n", ""])
def test_the_quantity_of_a_drug_stands_for_the_drug_that_is_missing(behind: str) -> None:
    """Whether or not anything follows that would be lost without the drug: CTP stands in no other loop."""
    (finding,) = read(interchange(HEAD + CLAIM_P + "CTP****1*UN\n" + behind))[1]
    assert (finding.syntax, finding.place.loop, finding.place.tag) == ("IK3:3", "2410", "LIN")


def test_a_bad_qualifier_uses_up_no_place_of_another_segment() -> None:
    """REF*2U, FY or NF may come three times, G2 or LU twice: which one it was to be cannot be told."""
    head = HEAD.rstrip() + "\nREF*2U*A\nREF*ZQ*B\nREF*NF*C\nREF*G2*D\nREF*LU*E\n"
    (finding,) = read(interchange(head + CLAIM_P))[1]
    assert (finding.syntax, finding.place.refdes, finding.place.loop) == ("IK4:7", "REF01", "2010BB")


@pytest.mark.parametrize(("sent", "code"), [("", "1"), ("D9:D9", "13"), ("D9^D9", "12"), ("ZQ", "7")])
def test_a_qualifier_that_cannot_be_read_is_told_by_what_is_wrong_with_it(sent: str, code: str) -> None:
    told = list(TWO_P)
    put("REF*D9", f"REF*{sent}*TRACE1")(told)
    (finding,) = read(interchange("\n".join(told)))[1]
    assert (finding.syntax, finding.place.refdes, finding.place.loop) == (f"IK4:{code}", "REF01", "2300")


STATES = {  # N4 of the billing provider: what is wrong with it
    "SAMPLETON*MI*490009998": [],
    "SAMPLETON*MI*490009998*US": [],
    "SAMPLETON*XX*490009998": ["N402 IK4:7"],
    "SAMPLETON*XX*490009998*US": ["N402 IK4:7"],
    "TORONTO*ON*M0M0M0*CA": [],
    "TORONTO*XX*M0M0M0*CA": ["N402 IK4:7"],
    "TORONTO*ONT*M0M0M0*CA": ["N402 IK4:7"],
    "EJEMPLO*XXX*06000*MX": ["N402 IK4:5"],
    "EJEMPLO*X*06000*MX": ["N402 IK4:4"],
    "EJEMPLO*XX*06000*MX": [],
    "EXEMPLEVILLE*XX*75000*FR": [],
    "EXEMPLEVILLE**75000*FR": [],
}


@pytest.mark.parametrize("sent", STATES)
def test_a_state_is_judged_in_the_countries_whose_states_are_listed(sent: str) -> None:
    at = HEAD.index("N4*")
    changed = HEAD[:at] + f"N4*{sent}" + HEAD[HEAD.index("\n", at) :]
    for data in (interchange(changed + CLAIM_P), interchange(changed + CLAIM_I, guide=I)):
        found = read(data)[1]
        assert [f"{f.place.refdes} {f.syntax}" for f in found] == STATES[sent]


@pytest.mark.parametrize("sent", ["490009998", "49000", "49000*US", "4900", "75000*FR"])
def test_no_set_is_refused_for_the_postal_code_of_a_billing_provider(sent: str) -> None:
    """pyx12's map of the 837I asks for nine digits; the claims are told of fewer (S5-ZIP, S5-ZIP-9)."""
    at = HEAD.index("N4*")
    changed = HEAD[:at] + f"N4*SAMPLETON*{'' if 'FR' in sent else 'MI'}*{sent}" + HEAD[HEAD.index("\n", at) :]
    for data in (interchange(changed + CLAIM_P), interchange(changed + CLAIM_I, guide=I)):
        assert read(data)[1] == []


def test_a_set_of_nothing_is_one_finding() -> None:
    _, found, ids = read(interchange(""))
    assert ids == []
    assert found
    assert all(f.syntax == "IK3:3" for f in found)


def test_an_empty_segment_is_noted_and_not_refused() -> None:
    data = interchange(HEAD + CLAIM_P).replace(b"HI*", b"~HI*")
    _, found, ids = read(data)
    assert [(f.rule, f.action) for f in found] == [("X12-EMPTY", "warn")]
    assert ids == ["C1"]


# ------------------------------------------------------------------ what is let go


def test_a_closed_claim_hangs_from_its_open_ancestors_and_holds_nothing_of_another() -> None:
    loops, _, _ = read(interchange("\n".join(TWO_P)))
    claims = [loop for loop in loops if loop.use.id == "2300"]
    assert [loop.first("CLM")[1] for loop in claims] == ["C1", "C2", "C3"]
    for loop in claims:
        path = []
        above = loop.parent
        while above is not None:
            path.append(above.use.id)
            assert loop not in above.loops, "let go"
            above = above.parent
        assert path == ["2000B", "2000A", "ST_LOOP"]
    assert [loop.use.id for loop in loops] == ["2300", "2300", "2000B", "2300", "2000B", "2000A", "ST_LOOP"]


def test_first_and_child_find_what_is_there() -> None:
    loop = read(interchange("\n".join(TWO_P)))[0][0]
    assert loop.first("REF", "D9") == ["REF", "D9", "TRACE1"]
    assert loop.first("REF", "G1") == []
    assert loop.first("REF") == ["REF", "D9", "TRACE1"]
    other = loop.child("2320")
    assert other is not None
    assert other.child("2330A") is not None
    assert loop.child("2310C") is None


def test_a_segment_without_elements_has_no_qualifier() -> None:
    told = list(TWO_P)
    put("PRV", "PRV")(told)
    loops, found, ids = read(interchange("\n".join(told)))
    assert ids == ["C1", "C2", "C3"]
    assert found
    assert all(loop.first("PRV", "BI") == [] for loop in loops)


@pytest.mark.parametrize("place", ["2000A", "2000B", "2300"])
def test_what_is_broken_is_known_to_be(place: str) -> None:
    told = list(TWO_P)
    edit = {"2000A": drop("REF*EI"), "2000B": drop("DMG"), "2300": drop("HI")}[place]
    edit(told)
    if place == "2000B":
        put("SBR*P", "SBR*P*18*GRP042******??")(told)
    loops, _, _ = read(interchange("\n".join(told)))
    broken = {loop.use.id for loop in loops if loop.broken and loop.use.id != "ST_LOOP"}
    assert place in broken
    assert ("2300" in broken) == (place == "2300")
