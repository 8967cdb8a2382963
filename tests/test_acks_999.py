"""The 999: what is told of segments and elements, and the verdicts on sets and groups."""

from __future__ import annotations

import copy
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edi837 import process, syntax
from edi837.findings import Finding, Place
from edi837.frames import FunctionalGroup
from edi837.grammar import load
from tests.ack_events import (
    answer,
    complaints,
    finding,
    group,
    interchange,
    segments,
    starting,
    told,
    told_set,
    transaction_set,
)
from tests.edits import Wire

# ------------------------------------------------------------------ 999: segments and elements


def of_set(*found: Finding, **more: Any) -> list[str]:
    """The segments between AK2 and AK9 of the 999 for one set, read by us and judged by pyx12 as well."""
    data = answer(told(told_set(*found, **more)))["999"]
    assert complaints(data) == []
    assert not [event for event in process.tell(io.BytesIO(data)) if isinstance(event, Finding)]
    lines = ["*".join(segment) for segment in segments(data)]
    return lines[5 : next(at for at, text in enumerate(lines) if text.startswith("AK9"))]


def test_a_clean_set() -> None:
    data = answer(told(told_set()))["999"]
    assert (
        data.decode()
        == """\
ISA*00*          *00*          *ZZ*RECEIVERID     *ZZ*SUBMITTERID    *241123*1215*^*00501*000000901*0*T*:~
GS*FA*RECEIVERID*SUBMITTERID*20241123*121530*901*X*005010X231A1~
ST*999*0001*005010X231A1~
AK1*HC*1*005010X222A1~
AK2*837*0001*005010X222A1~
IK5*A~
AK9*A*1*1*1~
SE*6*0001~
GE*1*901~
IEA*1*000000901~
"""
    )
    assert complaints(data, tolerate=False) == []


def test_one_segments_elements_share_an_ik3_and_segments_do_not() -> None:
    place: dict[str, Any] = {"tag": "SV1", "loop": "2400", "claim": "HIT1"}
    found = [
        finding("IK4:7", 30, element=5, data_element="1331", value="ZZ", **place),
        finding("IK3:5", 30, **place),
        finding("IK4:I6", 30, element=1, component=3, data_element="1339", value="SH", **place),
        finding("IK4:1", 31, "DTP", loop="2400", element=3, data_element="1251"),
        finding("IK4:7", 32, "HI", loop="2300", element=2, component=2, repetition=1, data_element="1271"),
        finding("IK3:3", 40, "REF", loop="2300"),
        finding("IK3:3", 40, "NM1", loop="2010BB"),
        finding("IK4:7", 41, "SV1", loop="2400", action="warn", element=1),
    ]
    assert of_set(*found, refused=True) == [
        "IK3*SV1*30*2400*8",
        "CTX*CLM01:HIT1",
        "IK4*1:3*1339*I6*SH",
        "IK4*5*1331*7*ZZ",
        "IK3*SV1*30*2400*5",
        "CTX*CLM01:HIT1",
        "IK3*DTP*31*2400*8",
        "IK4*3*1251*1",
        "IK3*HI*32*2300*8",
        "IK4*2:2:1*1271*7",
        "IK3*REF*40*2300*3",
        "IK3*NM1*40*2010*3",
        "IK5*R*5",
    ]


def test_a_composite_has_no_number() -> None:
    found = finding("IK4:1", 30, "SV1", loop="2400", element=1, data_element="C003")
    assert of_set(found) == ["IK3*SV1*30*2400*8", "IK4*1**1", "IK5*E*5"]


def test_segments_of_one_tag_are_told_apart() -> None:
    found = [finding("IK4:1", at, "SV1", loop="2400", element=2, data_element="782") for at in (30, 35)]
    assert of_set(*found)[::2] == ["IK3*SV1*30*2400*8", "IK3*SV1*35*2400*8", "IK5*E*5"]


def test_nothing_is_said_twice() -> None:
    found = finding("IK4:7", 9, "NM1", loop="1000A", element=1, data_element="98", value="99")
    assert of_set(found, finding("IK3:8", 9, "NM1", loop="1000A"), found) == [
        "IK3*NM1*9*1000*8",
        "IK4*1*98*7*99",
        "IK5*E*5",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("A*B~C", "*A B C"),
        ("HC:S9500", "*HC S9500"),
        ("12\n3\x07", "*12 3"),
        ("x" * 200, "*" + "x" * 99),
        (" \x00", ""),
        ("", ""),
    ],
)
def test_a_bad_value_is_shown_without_harm(value: str, said: str) -> None:
    found = finding("IK4:6", 9, "N3", loop="2010AA", element=1, data_element="166", value=value)
    assert of_set(found)[1] == "IK4*1*166*6" + said


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("A" * 38, ["CTX*CLM01:" + "A" * 35]),
        ("A:B", []),
        ("A\n", []),
        ("A B/9", ["CTX*CLM01:A B/9"]),
        ("", []),
    ],
)
def test_a_claims_id_is_given_when_it_is_usable(id: str, said: list[str]) -> None:
    assert of_set(finding("IK3:3", 9, "HI", loop="2300", claim=id))[1:-1] == said


def trigger(segment: int, tag: str, loop: str, element: int, component: int = 0, **more: Any) -> Place:
    return Place(segment=segment, tag=tag, loop=loop, element=element, component=component, **more)


def test_what_makes_an_element_a_fault_stands_behind_its_ik4() -> None:
    place: dict[str, Any] = {"tag": "PER", "loop": "1000A"}
    found = [
        finding("IK4:2", 4, element=6, data_element="364", because=[trigger(4, "PER", "1000A", 5)], **place),
        finding("IK4:5", 4, element=2, data_element="93", value="X", **place),
        finding("IK4:10", 4, element=8, data_element="364", value="Y",
                because=[trigger(4, "PER", "1000A", 4), trigger(4, "PER", "1000A", 7, 2, repetition=3)], **place),
    ]  # fmt: skip
    assert of_set(*found, refused=True) == [
        "IK3*PER*4*1000*8",
        "IK4*2*93*5*X",
        "IK4*6*364*2",
        "CTX*SITUATIONAL TRIGGER*PER*4*1000*5",
        "IK4*8*364*10*Y",
        "CTX*SITUATIONAL TRIGGER*PER*4*1000*4",
        "CTX*SITUATIONAL TRIGGER*PER*4*1000*7:2:3",
        "IK5*R*5",
    ]


def test_what_makes_a_segment_a_fault_stands_before_the_claim() -> None:
    """As in X12's own example: REF is missing because of CLM05-3."""
    claim: dict[str, Any] = {"loop": "2300", "claim": "HIT1"}
    found = [
        finding("IK3:3", 57, "REF", because=[trigger(43, "CLM", "2300", 5, 3, value="7")], **claim),
        finding("IK4:7", 58, "HI", element=1, component=1, data_element="1270", value="ZZ", **claim),
    ]
    assert of_set(*found, refused=True) == [
        "IK3*REF*57*2300*3",
        "CTX*SITUATIONAL TRIGGER*CLM*43*2300*5:3",
        "CTX*CLM01:HIT1",
        "IK3*HI*58*2300*8",
        "CTX*CLM01:HIT1",
        "IK4*1:1*1270*7*ZZ",
        "IK5*R*5",
    ]


def test_no_more_is_named_than_the_guide_lets_us_name() -> None:
    because = [trigger(4, "PER", "1000A", element) for element in range(1, 13)]
    said = of_set(finding("IK4:2", 4, "PER", loop="1000A", element=13, because=because), refused=True)
    assert sum(text.startswith("CTX*SIT") for text in said) == 10
    said = of_set(finding("IK3:3", 4, "PER", loop="1000A", because=because), refused=True)
    assert sum(text.startswith("CTX*SIT") for text in said) == 9


@pytest.mark.parametrize(
    "place",
    [Place(), trigger(4, "per", "1000A", 1), trigger(4, "PER", "1000A", 0), trigger(0, "PER", "1000A", 1)],
)
def test_what_cannot_be_named_is_not(place: Place) -> None:
    found = finding("IK4:2", 4, "PER", loop="1000A", element=6, because=[place])
    assert of_set(found) == ["IK3*PER*4*1000*8", "IK4*6**2", "IK5*E*5"]


@pytest.mark.parametrize(
    ("note", "sent", "missed", "because"),
    [
        (("P", (3, 4, 5)), "PER*IC**TE", "2", [(4, 3)]),
        (("P", (3, 4, 5)), "PER*IC***1*2", "2", [(3, 4), (3, 5)]),
        (("C", (3, 5, 6)), "PER*IC**TE**", "2", [(5, 3)]),
        (("L", (3, 5, 6)), "PER*IC**TE**", "2", [(5, 3)]),
        (("R", (3, 4)), "PER*IC", "2", [(3, 0)]),  # nothing is there that could have asked for it
        (("E", (3, 4, 6)), "PER*IC**TE*1**EX", "10", [(6, 3), (6, 4)]),
    ],
)
def test_the_elements_that_are_there_break_a_syntax_note(
    note: tuple[str, tuple[int, ...]], sent: str, missed: str, because: list[tuple[int, int]]
) -> None:
    use = next(u for u in load("005010X222A1").root.segments() if u.tag == "PER")
    flaw = syntax.broken(note, use, sent.split("*"))
    assert flaw is not None and flaw.code == missed
    assert [(flaw.element, seq) for seq in flaw.because or (0,)] == because


def test_what_stands_in_no_loop_of_the_guide_has_no_loop() -> None:
    assert of_set(finding("IK3:3", 2, "BHT", loop="ST_LOOP")) == ["IK3*BHT*2**3", "IK5*E*5"]


@pytest.mark.parametrize(
    ("faults", "codes", "refused", "said"),
    [
        ([], [], False, "A"),
        (["IK3:3"], [], False, "E*5"),
        (["IK3:3"], [], True, "R*5"),
        (["IK4:I10"], [], True, "R*I5"),
        (["IK3:I6", "IK4:I12"], [], False, "E*I5"),
        (["IK3:I6", "IK4:7"], [], False, "E*5"),
        (["IK3:3"], ["4", "3"], True, "R*4*3*5"),
        (["IK3:3"], ["5"], True, "R*5"),
        ([], ["I6"], True, "R*I6"),
        (["IK3:3"], ["1", "2", "3", "4", "6", "7"], True, "R*1*2*3*4*6"),
        (["IK5:4"], ["4"], True, "R*4"),
    ],
)
def test_the_verdict_on_a_set(faults: list[str], codes: list[str], refused: bool, said: str) -> None:
    found = [finding(code, 9, "NM1", element=1 if code.startswith("IK4") else 0) for code in faults]
    assert of_set(*found, codes=codes, refused=refused)[-1] == f"IK5*{said}"


@pytest.mark.parametrize("tag", ["", "X", "9AB", "ABCD", "nm1", "N*1"])
def test_a_tag_that_is_none_is_told_by_the_verdict_alone(tag: str) -> None:
    assert of_set(finding("IK3:1", 9, tag), refused=True) == ["IK5*R*5"]


# ------------------------------------------------------------------ 999: groups


@pytest.mark.parametrize(
    ("sets", "counts", "said"),
    [
        (["A", "A"], {}, "AK9*A*2*2*2"),
        (["A", "E"], {}, "AK9*E*2*2*2"),
        (["E", "A"], {}, "AK9*E*2*2*2"),
        (["A", "R"], {}, "AK9*P*2*2*1"),
        (["E", "R"], {}, "AK9*P*2*2*1"),
        (["R", "R"], {}, "AK9*R*2*2*0"),
        (["A"], {"codes": ["5"], "declared": "7"}, "AK9*R*7*1*0*5"),
        ([], {"codes": ["2"], "declared": "3", "sets": 3}, "AK9*R*3*3*0*2"),
        (["A"], {"declared": ""}, "AK9*A*1*1*1"),
        (["A"], {"declared": "x"}, "AK9*A*1*1*1"),
        (["A"], {"codes": ["5"], "declared": "123456"}, "AK9*R*123456*1*0*5"),
        (["A"], {"codes": ["5"], "declared": "1234567"}, "AK9*R*1*1*0*5"),
        (["R"], {"codes": ["1", "2", "3", "4", "5", "6"]}, "AK9*R*1*1*0*1*2*3*4*5"),
    ],
)
def test_the_verdict_on_a_group(sets: list[str], counts: dict[str, Any], said: str) -> None:
    accepted = sum(status != "R" for status in sets)
    full: dict[str, Any] = {"sets": len(sets), "accepted": accepted, "declared": str(len(sets))}
    agroup = group(**full | counts)
    inside = []
    for number, status in enumerate(sets, 1):
        aset = transaction_set(f"{number:04d}", refused=status == "R")
        inside.append([aset, *[finding("IK3:3", 9, "HI")] * (status != "A")])
    data = answer(told([interchange(), [agroup, *inside]]))["999"]
    assert starting("AK9", data) == [said]
    assert [text.split("*")[1] for text in starting("IK5", data)] == sets
    if sets:  # pyx12's map wants an AK2, which a group refused unread has not
        assert complaints(data) == []


def test_each_group_has_its_999_and_acknowledgements_have_none() -> None:
    groups = [
        [group(number="7", sets=1, accepted=1, declared="1"), [transaction_set()]],
        [group("FA", number="8", sets=1, declared="1"), [transaction_set(), finding("IK3:3", 9, "HI")]],
        [group(number="9", sets=1, declared="1"), [transaction_set(refused=True, guide="", codes=["I6"])]],
    ]
    files = answer(told([interchange(), *groups]))
    assert starting("AK1", files["999"]) == ["AK1*HC*7*005010X222A1", "AK1*HC*9*005010X222A1"]
    assert starting("GE", files["999"]) == ["GE*1*901", "GE*1*903"]
    assert starting("IEA", files["277ca"]) == ["IEA*1*000000902"]
    assert complaints(files["999"]) == []
    assert list(answer(told([interchange(), groups[1]]))) == []


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["GS", "HC", "S", "", "20241123", "1200", "x", "X", "005010X222A1"], "AK1*HC*0*005010X222A1"),
        (["GS", "", "SUBMITTERID", "A*B", "", "", "1234567890", "X", ""], "AK1*HC*0*UNKNOWN"),
        (["GS"], "AK1*HC*0*UNKNOWN"),
    ],
)
def test_a_broken_gs_is_answered_by_a_valid_one(header: list[str], said: str) -> None:
    agroup = FunctionalGroup(header, sets=1, codes=["6"])
    aset = transaction_set("7", refused=True)
    data = answer(told([interchange(), [agroup, [aset]]]))["999"]
    assert starting("AK1", data) == [said] and starting("AK2", data) == ["AK2*837*0007*005010X222A1"]
    assert complaints(data) == []


def test_good_groups_and_sets_are_answered_beside_bad_ones() -> None:
    """Four groups: two sets of which one is bad; a guide that is not read; a wrong GE01; a good one."""
    clean = Wire.read((Path(__file__).parent.parent / "fixtures/837P/pass/minimum.edi").read_bytes())
    head, gs, *body, _, iea = clean.segments
    wire = copy.deepcopy(clean)
    wire.segments = [head]
    for number, (version, sets, declared) in enumerate(
        [(gs[8], 2, "2"), ("005010X224A2", 1, "1"), (gs[8], 1, "9"), (gs[8], 1, "1")], 1
    ):
        wire.segments.append([*gs[:6], str(number), gs[7], version])
        for at in range(1, sets + 1):
            copied = copy.deepcopy(body)
            copied[0][2] = copied[-1][2] = f"{at:04d}"
            if at == 2:
                copied[1][1] = "9999"  # BHT01
            wire.segments += copied
        wire.segments.append(["GE", declared, str(number)])
    wire.segments.append(["IEA", "4", iea[2]])
    files = answer(process.tell(io.BytesIO(wire.write())))
    assert starting("AK1", files["999"]) == [
        f"AK1*HC*{n}*{version}" for n, version in enumerate([gs[8], "005010X224A2", gs[8], gs[8]], 1)
    ]
    assert starting("IK5", files["999"]) == ["IK5*A", "IK5*R*5", "IK5*A", "IK5*A"]
    assert starting("AK9", files["999"]) == ["AK9*P*2*2*1", "AK9*R*1*1*0*2", "AK9*R*9*1*0*5", "AK9*A*1*1*1"]
    assert len(starting("ST", files["277ca"])) == 2  # of the first group's first set, and of the last group
    isas = [s[13] for kind in ("999", "277ca") for s in segments(files[kind]) if s[0] == "ISA"]
    assert len(set(isas)) == len(isas) == 6


def test_a_segment_that_no_ik3_may_name_stands_in_ik5_alone() -> None:
    """Its id may not be repeated: the set is told as one that has segments in error, I5 if only the guide says so."""
    for code, told_as in (("5", "5"), ("I6", "I5")):
        unnamed = replace(finding("IK3:" + code, 5, "X"), syntax=f"IK5:{code}")
        data = answer(told(told_set(unnamed)))["999"]
        assert starting("IK3", data) == [] and starting("IK5", data) == [f"IK5*E*{told_as}"]
    warned = replace(finding("IK3:5", 5, "X", action="warn"), syntax="IK5:5")
    assert starting("IK5", answer(told(told_set(warned)))["999"]) == ["IK5*A"]


@pytest.mark.parametrize(
    ("tag", "sent", "told_as"),
    [
        *[("AK1", sent, "HC") for sent in ("HC", "H", "HCX", "H-")],
        *[("AK2", sent, "837") for sent in ("837", "83", "83-")],
        ("AK1", "HB", "HB"),
        ("AK2", "270", "270"),
    ],
)
def test_ak1_and_ak2_name_what_came_when_it_can_be_written(tag: str, sent: str, told_as: str) -> None:
    heard = told_set()
    _, (agroup, (aset,)) = heard
    (agroup if tag == "AK1" else aset).header[1] = sent
    assert starting(tag, answer(told(heard))["999"])[0].split("*")[1] == told_as


def test_ak1_and_ak2_repeat_as_much_as_they_can_hold() -> None:
    heard = told_set()
    _, (agroup, (aset,)) = heard
    agroup.header[6], agroup.header[8] = "123456789", "005010X222A1X"
    aset.header[2:] = "1234567890", "G" * 36
    data = answer(told(heard))["999"]
    assert starting("AK1", data) == ["AK1*HC*123456789*005010X222A1"]
    assert starting("AK2", data) == [f"AK2*837*123456789*{'G' * 35}"]
