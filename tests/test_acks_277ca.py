"""The 277CA: its loops as X12 writes them, whoever sends and whatever he writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from edi837.acks import Source
from edi837.claim import Claim, Drug, Party
from edi837.findings import Place
from edi837.frames import Verdict
from tests.ack_events import (
    PROVIDER,
    TOLERATED,
    acknowledged,
    answer,
    check_envelope,
    claim,
    complaints,
    edit,
    finding,
    interchange,
    line,
    person,
    segments,
    starting,
    told,
    told_set,
)


def infusion_claims() -> Iterator[Verdict]:
    """Three claims: one accepted, one rejected for its first line, one as a whole."""
    adams, baker = person("ADAMS", "JOHN", "W100001"), person("BAKER", "MARY", "W100002")
    clark = person("CLARK", "ANNE", "W100003")
    yield Verdict(
        claim("HIT1001", "980.00", [line("1", "S9500", "700", "7")], subscriber=adams, transmission_id="CH1"),
        (edit("A8:476", action="warn", line="1"),),
    )
    lines = [
        line("1", "S9501", "735", "7", "SH", control="HIT1002-1"),
        line("2", "J3370", "280", "28", control="HIT1002-2"),
    ]
    yield Verdict(
        claim("HIT1002", "1015", lines, subscriber=baker, transmission_id="CH2"),
        (edit("A8:453", "A8:736", "A8:732", line="1"),),
    )
    day = date(2024, 11, 12)
    yield Verdict(
        claim(
            "HIT1003", "105.50", [line("1", "S9500", "105.50", "1")], subscriber=clark, first=day, last=day
        ),
        (edit("A8:249", "A8:732"),),
    )


def test_three_claims() -> None:
    data = acknowledged(*infusion_claims())
    assert (
        data.decode()
        == """\
ISA*00*          *00*          *ZZ*RECEIVERID     *ZZ*SUBMITTERID    *241123*1215*^*00501*000000902*0*T*:~
GS*HN*RECEIVERID*SUBMITTERID*20241123*121530*902*X*005010X214~
ST*277*0001*005010X214~
BHT*0085*08*CA20241123000000902*20241123*121530*TH~
HL*1**20*1~
NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*38217~
TRN*1*CA20241123000000902~
DTP*050*D8*20241123~
DTP*009*D8*20241123~
HL*2*1*21*1~
NM1*41*2*INFUSION BILLING CO*****46*SUB123~
TRN*2*BATCH20241123A~
STC*A1:19:PR*20241123*WQ*2100.5~
QTY*90*1~
QTY*AA*2~
AMT*YU*980~
AMT*YY*1120.5~
HL*3*2*19*1~
NM1*85*2*HOME INFUSION PHARMACY*****XX*1234567893~
TRN*1*0~
STC*A1:19:PR**WQ*2100.5~
QTY*QA*1~
QTY*QC*2~
AMT*YU*980~
AMT*YY*1120.5~
HL*4*3*PT~
NM1*QC*1*ADAMS*JOHN****MI*W100001~
TRN*2*HIT1001~
STC*A2:20*20241123*WQ*980~
REF*D9*CH1~
DTP*472*RD8*20241104-20241110~
HL*5*3*PT~
NM1*QC*1*BAKER*MARY****MI*W100002~
TRN*2*HIT1002~
STC*A3:247*20241123*U*1015~
REF*D9*CH2~
DTP*472*RD8*20241104-20241110~
SVC*HC:S9501:SH*735*****7~
STC*A8:453**U*******A8:736*A8:732~
REF*FJ*HIT1002-1~
DTP*472*RD8*20241104-20241110~
HL*6*3*PT~
NM1*QC*1*CLARK*ANNE****MI*W100003~
TRN*2*HIT1003~
STC*A8:249*20241123*U*105.5******A8:732~
DTP*472*D8*20241112~
SE*45*0001~
GE*1*902~
IEA*1*000000902~
"""
    )


def test_pyx12_asks_only_for_the_date_of_the_line_status() -> None:
    undated, dated = (acknowledged(*infusion_claims(), line_stc_date=on) for on in (False, True))
    (complaint,) = complaints(undated, tolerate=False)
    assert complaint.startswith("39:ELE:1:") and "STC02" in complaint
    assert complaints(undated) == []
    assert complaints(dated, tolerate=False) == []
    assert "STC*A8:453*20241123*U*******A8:736*A8:732" in starting("STC", dated)


def test_institutional_lines() -> None:
    day = date(2024, 11, 4)
    lines = [
        line("1", "S9501", "900", "7", "SH", kind="I", revenue="0640", control="6R-1"),
        line("2", "", "600.00", "12", kind="I", revenue="0258", first=day, last=day),
        line("3", "S9500", "1", "1.50", kind="I", revenue="0640", date_source="statement"),
    ]
    refused = [edit("A8:453", line="1"), edit("A6:507", "A6:455", line="2"), edit("A8:476", line="3")]
    bill = claim("HIT2001", "1501", lines, kind="I", place="34", frequency="1")
    data = acknowledged(Verdict(bill, tuple(refused)))
    written = ["*".join(segment) for segment in segments(data)]
    start = written.index("TRN*2*HIT2001")
    assert written[start + 1 : -3] == [
        "STC*A3:247*20241123*U*1501",
        "REF*BLT*341",
        "DTP*472*RD8*20241104-20241110",
        "SVC*HC:S9501:SH*900**0640***7",
        "STC*A8:453**U",
        "REF*FJ*6R-1",
        "DTP*472*RD8*20241104-20241110",
        "SVC*NU:0258*600*****12",
        "STC*A6:507**U*******A6:455",
        "REF*FJ*2",
        "DTP*472*D8*20241104",
        "SVC*HC:S9500*1**0640***1.5",
        "STC*A8:476**U",
        "REF*FJ*3",
    ]
    assert complaints(data) == []


def test_a_home_infusion_product_code_and_a_prescription() -> None:
    drug = Drug(prescription="RX7")
    lines = [line("1", "S9500", "1", "1", qualifier="IV", drug=drug), line("2", "X", "1", "1", qualifier="?")]
    data = acknowledged(Verdict(claim("A", "2", lines), (edit("A7:738", line="1"), edit("A7:507", line="2"))))
    assert starting("SVC", data) == ["SVC*IV:S9500*1*****1", "SVC*HC:X*1*****1"]
    assert starting("REF", data) == ["REF*FJ*1", "REF*XZ*RX7", "REF*FJ*2"]
    assert complaints(data) == []


# ------------------------------------------------------------------ parties


def test_a_dependent_goes_by_his_own_name_and_the_subscribers_number() -> None:
    child = Party("QC", "1", "BAKER", "TIM", "J", "JR")
    data = acknowledged(Verdict(claim("A", "2", subscriber=person("BAKER", "MARY", "W2"), patient=child)))
    assert "NM1*QC*1*BAKER*TIM*J**JR*MI*W2" in starting("NM1", data)
    assert complaints(data) == []
    alone = replace(child, id="P9")
    data = acknowledged(Verdict(claim("A", "2", subscriber=person("BAKER", "MARY", ""), patient=alone)))
    assert "NM1*QC*1*BAKER*TIM*J**JR*MI*P9" in starting("NM1", data)


def test_a_patient_without_any_number_has_none() -> None:
    patient = Party("QC", "1", "BAKER", "TIM")
    data = acknowledged(Verdict(claim("A", "2", subscriber=Party("IL", "2", "ACME"), patient=patient)))
    assert "NM1*QC*1*BAKER*TIM****MI*NONE" in starting("NM1", data)
    assert complaints(data) == []


def test_a_provider_may_be_a_person() -> None:
    doctor = Party("85", "1", "WELBY", "MARCUS", "A", "MD", "XX", "1234567893")
    data = acknowledged(Verdict(claim("A", "2", provider=doctor)))
    assert "NM1*85*1*WELBY*MARCUS*A**MD*XX*1234567893" in starting("NM1", data)
    assert complaints(data) == []


def test_an_organisation_has_one_name_and_without_a_number_no_qualifier() -> None:
    data = acknowledged(Verdict(claim("A", "2", provider=replace(PROVIDER, id="", first="STRAY"))))
    assert "NM1*85*2*HOME INFUSION PHARMACY" in starting("NM1", data)


@pytest.mark.parametrize(
    ("options", "payer", "source", "accepted"),
    [
        ({}, Party("PR", "2", "PLAN", id="7X", id_qualifier="PI"), "NM1*PR*2*PLAN*****PI*7X", "A2:20"),
        ({}, Party(), "NM1*PR*2*RECEIVERID*****46*RECEIVERID", "A2:20"),
        ({}, Party("PR", "2", "PLAN"), "NM1*PR*2*RECEIVERID*****46*RECEIVERID", "A2:20"),
        ({}, Party("PR", "2", id="7X"), "NM1*PR*2*RECEIVERID*****46*RECEIVERID", "A2:20"),
        (
            {"role": "clearinghouse"},
            Party("PR", "2", "PLAN", id="7X"),
            "NM1*AY*2*RECEIVERID*****46*RECEIVERID",
            "A1:19:PR",
        ),
        ({"source": Source("US", "99", "FI")}, Party(), "NM1*PR*2*US*****FI*99", "A2:20"),
    ],
)
def test_who_answers(options: dict[str, Any], payer: Party, source: str, accepted: str) -> None:
    data = acknowledged(Verdict(claim("A", "2", payer=payer)), **options)
    assert starting("NM1", data)[0] == source
    assert starting("STC", data)[-1] == f"STC*{accepted}*20241123*WQ*2"
    assert complaints(data) == []


RECEIVER = ["NM1", "40", "2", "BIG PLANS", "", "", "", "", "46", "BIG1"]


@pytest.mark.parametrize(
    ("role", "payers", "receiver", "source"),
    [
        ("payer", ["A PLAN 7X", "ANOTHER NAME 7X"], RECEIVER, "NM1*PR*2*A PLAN*****PI*7X"),  # one payer, by its id
        ("payer", ["A PLAN 7X", "B PLAN 8X"], RECEIVER, "NM1*PR*2*BIG PLANS*****46*BIG1"),
        ("payer", ["A PLAN 7X", "A PLAN 7X", "B PLAN 8X", "A PLAN 7X"], RECEIVER, "NM1*PR*2*BIG PLANS*****46*BIG1"),
        ("payer", ["A PLAN 7X", "B PLAN 8X"], [], "NM1*PR*2*RECEIVERID*****46*RECEIVERID"),
        ("payer", ["A PLAN 7X", "B PLAN 8X"], RECEIVER[:4], "NM1*PR*2*RECEIVERID*****46*RECEIVERID"),
        ("clearinghouse", ["A PLAN 7X"], RECEIVER, "NM1*AY*2*BIG PLANS*****46*BIG1"),
        ("clearinghouse", ["A PLAN 7X"], [], "NM1*AY*2*RECEIVERID*****46*RECEIVERID"),
    ],
)
def test_a_payer_answers_only_for_his_own_claims(
    role: str, payers: list[str], receiver: list[str], source: str
) -> None:
    """2100A: where claims go to several payers, and from a clearinghouse, who was addressed answers (1000B)."""
    parties = [Party("PR", "2", each[:-3], id=each[-2:], id_qualifier="PI") for each in payers]
    verdicts = [Verdict(claim("A", "2", payer=payer)) for payer in parties]
    data = acknowledged(*verdicts, role=role, aset={"receiver": receiver})
    assert starting("NM1", data)[0] == source
    assert complaints(data) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (("US", "99", "XX"), "'XX' is no NM108 of 2100A: 46, FI, PI"),
        (("", "99"), "the information source needs a name and an id"),
        (("US", ""), "the information source needs a name and an id"),
    ],
)
def test_a_source_that_cannot_be_written(wrong: tuple[str, ...], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        Source(*wrong)


def test_a_submitter_may_be_a_person_and_may_be_missing_as_his_reference_may() -> None:
    person_nm1 = ["NM1", "41", "1", "DOE", "JANE", "Q", "", "", "46", "SUB9"]
    data = acknowledged(Verdict(claim("A", "2")), aset={"submitter": person_nm1})
    assert starting("NM1", data)[1] == "NM1*41*1*DOE*JANE*Q***46*SUB9"
    assert complaints(data) == []
    data = acknowledged(Verdict(claim("A", "2")), aset={"submitter": [], "reference": ""})
    assert starting("NM1", data)[1] == "NM1*41*2*SUBMITTERID*****46*SUBMITTERID"
    assert starting("TRN", data)[1] == "TRN*2*0"
    assert complaints(data) == []


# ------------------------------------------------------------------ edges


def test_a_set_without_claims_stops_at_the_receiver() -> None:
    data = acknowledged()
    assert starting("HL", data) == ["HL*1**20*1", "HL*2*1*21*0"]
    assert starting("STC", data) == ["STC*A1:19:PR*20241123*WQ*0"] and not starting("QTY", data)
    (only,) = complaints(data, tolerate=False)
    assert "(2000C) missing" in only


def test_a_set_that_came_before_goes_back_whole() -> None:
    """A3:746 at 2200B, with all claims and charges rejected there, those too that were rejected one by one."""
    bad = Verdict(claim("C2", "20.5", [line("1", "S9500", "20.5", "1")]), (edit("A7:254"),))
    sent = acknowledged(Verdict(claim("C1", "100")), bad, aset={"returned": "A3:746"})
    written = segments(sent)
    assert [each[0] for each in written[3:-3]] == [
        "BHT", "HL", "NM1", "TRN", "DTP", "DTP", "HL", "NM1", "TRN", "STC", "QTY", "AMT",
    ]  # fmt: skip
    assert written[9] == ["HL", "2", "1", "21", "0"]
    assert written[12] == ["STC", "A3:746", "20241123", "U", "120.5"]
    assert written[13:15] == [["QTY", "AA", "2"], ["AMT", "YY", "120.5"]]
    check_envelope(written)
    assert complaints(sent) == []
    empty = segments(acknowledged(aset={"returned": "A3:746"}))
    assert [each for each in empty if each[0] in ("STC", "QTY", "AMT")] == [["STC", "A3:746", "20241123", "U", "0"]]


def test_the_set_after_one_that_goes_back_is_answered_by_its_claims() -> None:
    sets = told_set(Verdict(claim("C1", "100")), returned="A3:746"), told_set(Verdict(claim("C2", "7")))
    data = answer(told(*sets))["277ca"]
    assert starting("STC", data)[:2] == ["STC*A3:746*20241123*U*100", "STC*A1:19:PR*20241123*WQ*7"]
    assert starting("TRN", data)[-1] == "TRN*2*C2" and b"C1" not in data


@pytest.mark.parametrize("many", [1, 700])  # of 700 claims, some have left the buffers for the spools
def test_a_refused_set_is_not_acknowledged_and_leaves_nothing_behind(many: int) -> None:
    other = replace(PROVIDER, last="OTHER PHARMACY")
    lost = [Verdict(claim("LOST", "5", provider=p)) for p in (PROVIDER, other) for _ in range(many)]
    data = answer(told(told_set(*lost, refused=True), told_set(Verdict(claim("KEPT", "7")))))["277ca"]
    assert b"LOST" not in data and b"OTHER" not in data and data.count(b"ISA*") == 1
    assert "AMT*YU*7" in starting("AMT", data) and starting("HL", data)[-1] == "HL*4*3*PT"
    check_envelope(segments(data))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2024, 1, 2), date(2024, 1, 2), ["DTP*472*D8*20240102"]),
        (date(2024, 1, 2), None, ["DTP*472*D8*20240102"]),
        (None, date(2024, 1, 2), ["DTP*472*D8*20240102"]),
        (date(2024, 1, 3), date(2024, 1, 2), ["DTP*472*RD8*20240102-20240103"]),
        (date(24, 1, 2), date(24, 1, 3), ["DTP*472*RD8*00240102-00240103"]),
        (None, None, []),
    ],
)
def test_dates_of_service(first: date | None, last: date | None, said: list[str]) -> None:
    data = acknowledged(Verdict(claim("A", "2", first=first, last=last)))
    assert starting("DTP", data)[2:] == said


def test_an_empty_claim_does_not_stop_the_others() -> None:
    data = acknowledged(Verdict(Claim()), Verdict(claim("A", "2")))
    assert starting("TRN", data)[-1] == "TRN*2*A" and "TRN*2*0" in starting("TRN", data)
    assert starting("STC", data)[-1] == "STC*A2:20*20241123*WQ*2"


def test_every_tolerated_complaint_is_in_use() -> None:
    """A complaint that no longer comes must leave the list."""
    said = complaints(acknowledged(*infusion_claims()), tolerate=False)
    said += complaints(acknowledged(), tolerate=False)
    said += complaints(answer(told([interchange(wants_ta1="1")]))["ta1"], tolerate=False)
    missing = finding("IK3:3", 57, "REF", loop="2300", claim="A", because=[Place(segment=43, tag="CLM", element=5)])
    said += complaints(answer(told(told_set(missing, refused=True)))["999"], tolerate=False)
    assert all(any(re.fullmatch(known, text) for text in said) for known in TOLERATED)


# ------------------------------------------------------------------ who is named, and how


@pytest.mark.parametrize(("sent", "told_as"), [("II", "II"), ("MI", "MI"), ("ZZ", "MI"), ("", "MI")])
def test_the_members_number_is_qualified_as_a_277ca_may(sent: str, told_as: str) -> None:
    member = replace(person("ADAMS", "JOHN", "W100001"), id_qualifier=sent)
    data = acknowledged(Verdict(claim("A", "2", subscriber=member)))
    assert starting("NM1", data)[-1] == f"NM1*QC*1*ADAMS*JOHN****{told_as}*W100001"


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ({}, "NM1*85*2*HOME INFUSION PHARMACY*****XX*1234567893"),
        ({"kind": "1", "last": "OAKES", "first": "CLIFF"}, "NM1*85*1*OAKES*CLIFF****XX*1234567893"),
        ({"kind": "3"}, "NM1*85*2*HOME INFUSION PHARMACY*****XX*1234567893"),
        ({"kind": ""}, "NM1*85*2*HOME INFUSION PHARMACY*****XX*1234567893"),
        ({"id_qualifier": "FI", "id": "123456789"}, "NM1*85*2*HOME INFUSION PHARMACY*****FI*123456789"),
        ({"id_qualifier": "", "id": "", "tax_id": "987654321"}, "NM1*85*2*HOME INFUSION PHARMACY*****FI*987654321"),
        ({"id_qualifier": "ZZ", "tax_id": "987654321"}, "NM1*85*2*HOME INFUSION PHARMACY*****FI*987654321"),
    ],
    ids=str,
)
def test_the_provider_is_named_as_a_277ca_may(provider: dict[str, str], name: str) -> None:
    data = acknowledged(Verdict(claim("A", "2", provider=replace(PROVIDER, **provider))))  # type: ignore[arg-type]
    assert [each for each in starting("NM1", data) if each.startswith("NM1*85")] == [name]


@pytest.mark.parametrize("qualifier", ["AD", "ER", "HC", "HP", "IV", "NU", "WK"])
def test_a_line_is_named_by_the_list_its_code_is_of(qualifier: str) -> None:
    lines = [line("1", "X1234", "2", "1", qualifier=qualifier)]
    data = acknowledged(Verdict(claim("A", "2", lines), (edit("A8:453", line="1"),)))
    assert starting("SVC", data)[0].startswith(f"SVC*{qualifier}:X1234*")


def test_the_words_stand_in_stc12_whatever_codes_are_before_them() -> None:
    """STC01, STC10 and STC11 hold the codes, STC12 the words: between them, and behind STC04, nothing."""
    for codes in (("A8:453",), ("A8:453", "A8:732"), ("A8:453", "A8:736", "A8:732")):
        found = replace(edit(*codes, line="1"), message="No SH")
        data = acknowledged(Verdict(claim("A", "2", [line("1", "S9500", "2", "1")]), (found,)), stc12_text=True)
        stc = starting("STC", data)[-1].split("*")
        assert [stc[1], *(each for each in stc[10:12] if each)] == list(codes)
        assert stc[3] == "U" and stc[2] == "" and not any(stc[4:10]) and stc[12:] == ["No SH"]


def test_words_are_written_in_plain_characters_where_there_is_a_reason_and_as_many_as_stc12_holds() -> None:
    found = [replace(each, message="“SH” ‘a’–b… é" + "x" * 300) for each in (edit("A7:254"), edit("A8:453", line="1"))]
    verdicts = Verdict(claim("A", "2")), Verdict(claim("B", "2", [line("1", "S9500", "2", "1")]), tuple(found))
    stc = [each for each in segments(acknowledged(*verdicts, stc12_text=True)) if each[0] == "STC"]
    words = ["\"SH\" 'a'-b. ?" + "x" * 251]
    assert [(each[1], each[12:]) for each in stc] == [
        ("A1:19:PR", []), ("A1:19:PR", []), ("A2:20", []), ("A7:254", words), ("A3:247", []), ("A8:453", words),
    ]  # fmt: skip
    assert [len(each) for each in stc] == [5, 5, 5, 13, 5, 13]
    assert not [each for each in starting("STC", acknowledged(*verdicts)) if "SH" in each]


def test_names_are_cut_where_the_guide_cuts_them() -> None:
    long = replace(person("L" * 61, "F" * 36, "W" * 81), middle="M" * 26, suffix="S" * 11)
    data = acknowledged(Verdict(claim("A", "2", subscriber=long)))
    assert starting("NM1", data)[-1] == f"NM1*QC*1*{'L' * 60}*{'F' * 35}*{'M' * 25}**{'S' * 10}*MI*{'W' * 80}"


def test_what_is_repeated_is_cut_where_its_element_ends() -> None:
    long = Verdict(claim("C" * 51, "2", transmission_id="D" * 51))
    source = Source("N" * 61, "I" * 81)
    data = acknowledged(long, aset={"reference": "B" * 51}, source=source)
    assert starting("NM1", data)[0] == f"NM1*PR*2*{'N' * 60}*****46*{'I' * 80}"
    assert [each[6:] for each in starting("TRN", data) if each.startswith("TRN*2*")] == ["B" * 50, "C" * 50]
    assert starting("REF", data) == ["REF*D9*" + "D" * 50]
    sent = ["NM1", "41", "1", "L" * 61, "F" * 36, "M" * 26, "", "", "46", "I" * 81]
    for kind, given in (("1", f"{'F' * 35}*{'M' * 25}"), ("2", "*")):  # an organisation has one name
        sent[2] = kind
        data = acknowledged(aset={"submitter": sent})
        assert starting("NM1", data)[1] == f"NM1*41*{kind}*{'L' * 60}*{given}***46*{'I' * 80}"


def test_a_line_of_a_revenue_code_alone_is_cut_and_dated_as_any() -> None:
    lines = [line("1", "", "2", "1", kind="I", revenue="0" * 50), line("2", "S9500", "2", "1", revenue="0" * 50)]
    found = (edit("A8:453", line="1"), edit("A8:453", line="2"))
    data = acknowledged(Verdict(claim("A", "4", lines, kind="I"), found))
    assert starting("SVC", data) == [f"SVC*NU:{'0' * 48}*2*****1", f"SVC*HC:S9500*2**{'0' * 48}***1"]
    assert [each for each in starting("STC", data) if each.startswith("STC*A8:453")] == ["STC*A8:453**U"] * 2


def test_a_line_repeats_a_code_and_four_modifiers_of_two_characters() -> None:
    lines = [line("1", "P" * 49, "2", "1", "ABC", "D", "E", "F", "G")]
    data = acknowledged(Verdict(claim("A", "2", lines), (edit("A8:453", line="1"),)))
    assert starting("SVC", data) == [f"SVC*HC:{'P' * 48}:AB:D:E:F*2*****1"]


def test_a_line_without_units_and_a_group_without_a_receiver() -> None:
    verdict = Verdict(claim("A", "2", [replace(line("1", "S9500", "2", "1"), units=None)]), (edit("A8:453", line="1"),))
    assert starting("SVC", acknowledged(verdict)) == ["SVC*HC:S9500*2"]
    for sent, told_as in (("  ", "RECEIVERID"), ("PARTNER", "PARTNER")):
        heard = told_set(verdict)
        heard[1][0].header[3] = sent
        data = answer(told(heard), role="clearinghouse")["277ca"]
        assert starting("NM1", data)[0] == f"NM1*AY*2*{told_as}*****46*{told_as}"
