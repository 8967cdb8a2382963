"""``edi837 export --to fhir``: each claim as a FHIR Claim, field by field, whole, validated, and without persons.

What the models of fhir.resources say is asked only where they are installed; ``pytest --update`` writes snapshots anew.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import edi837
from edi837 import fhir, safe
from edi837.fhir import systems, valid
from edi837.findings import Edi837Error, NotX12
from edi837.judged import Judged, judged
from tests.formats import edi837 as command
from tests.formats import holds
from tests.snippets import CLAIM_P, HEAD, interchange
from tests.test_tree import _CANARY_FILES, _canaries, _name

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
SNAPSHOTS = ROOT / "tests" / "snapshots" / "fhir"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
PASS = sorted(path for path in FIXTURES.rglob("pass/*.edi"))
DEMO = (FIXTURES / "demo.edi").read_bytes()
STAY = (FIXTURES / "837I" / "pass" / "dependant-appendectomy.edi").read_bytes()


def _resources(data: bytes, phi: bool = False) -> list[fhir.Json]:
    """What becomes of each claim."""
    return [fhir.resource(each, phi=phi) for each in judged(io.BytesIO(data))]


def _claims(data: bytes, phi: bool = True) -> Iterator[tuple[Judged, dict[str, Any]]]:
    """Each well-formed claim and what is written of it, read back with its digits."""
    for each in judged(io.BytesIO(data)):
        if each.well_formed:
            text = fhir.text(fhir.resource(each, phi=phi))
            assert "\n" not in text
            yield each, json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _first(data: bytes, phi: bool = True) -> dict[str, Any]:
    return next(resource for _, resource in _claims(data, phi))


def _with(old: bytes, new: bytes, data: bytes = DEMO) -> bytes:
    assert old in data
    return data.replace(old, new)


def _inside(resource: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    found = [each for each in resource["contained"] if f"#{each['id']}" == reference["reference"]]
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


def _coded(concept: dict[str, Any]) -> tuple[str, str]:
    (coding,) = concept["coding"]
    return coding.get("system", ""), coding["code"]


# ---------------------------------------------------------------- whole


@pytest.mark.parametrize("path", PASS, ids=_name)
def test_a_claim_and_its_lines_arrive(path: Path) -> None:
    """Against the mapped claim, which is verified elsewhere: nothing lost, nothing changed."""
    for each, resource in _claims(path.read_bytes()):
        claim = each.claim
        assert resource["identifier"][0]["value"] == claim.id and resource["total"]["value"] == claim.charge
        assert resource["total"]["currency"] == "USD"
        assert resource["type"]["coding"][0]["code"] == {"P": "professional", "I": "institutional"}[claim.kind]
        assert len(resource["item"]) == len(claim.lines)
        pointed = [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in resource["diagnosis"]]
        assert [code.replace(".", "") for code in pointed[: len(claim.diagnoses)]] == list(claim.diagnoses)
        for item, line in zip(resource["item"], claim.lines, strict=True):
            assert item["sequence"] == int(line.number) and item.get("net", {}).get("value") == line.charge
            assert item.get("quantity", {}).get("value") == line.units
            service = item["productOrService"]["coding"][0]["code"]
            assert service == (line.procedure or "not-applicable")
            assert tuple(_coded(each)[1] for each in item.get("modifier", ())) == line.modifiers
            assert tuple(item.get("diagnosisSequence", ())) == line.pointers
            days = item.get("servicedPeriod", {"start": item.get("servicedDate"), "end": item.get("servicedDate")})
            own = line.date_source == "line"
            assert (days["start"], days["end"]) == ((str(line.first), str(line.last)) if own else (None, None))
            assert item.get("revenue", {"coding": [{"code": ""}]})["coding"][0]["code"] == line.revenue
            if claim.kind == "P":
                assert _coded(item["locationCodeableConcept"]) == (systems.PLACE, line.place)
            if "unitPrice" in item:
                assert item["unitPrice"]["value"] * line.units == line.charge
                assert item["unitPrice"]["value"] == round(item["unitPrice"]["value"], 2)
            drugs = [(each["productOrService"]["coding"][0]["code"], each.get("quantity", {}).get("value"))
                     for each in item.get("detail", ())]  # fmt: skip
            assert drugs == ([(line.drug.ndc, line.drug.quantity)] if line.drug and line.drug.ndc else [])


@pytest.mark.parametrize("path", PASS, ids=_name)
def test_the_models_accept_it(path: Path) -> None:
    pytest.importorskip("fhir.resources", reason="the extra fhir is not installed")
    told = 0
    for phi in (False, True):
        for each in judged(io.BytesIO(path.read_bytes())):
            assert fhir.faults(fhir.resource(each, phi=phi)) == []
            told += 1
    assert told


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_claim_is_dropped_without_a_word(path: Path) -> None:
    pytest.importorskip("fhir.resources", reason="the extra fhir is not installed")
    data = path.read_bytes()
    try:
        told = [claim.id if len(claim.id) <= 38 else "•••" for claim in edi837.claims(data)]
    except NotX12:
        assert command("export", path, "--to", "fhir").status == 3
        return
    done = command("export", path, "--to", "fhir")
    written = [json.loads(line)["identifier"][0]["value"] for line in done.out.splitlines()]
    refused = list(dict.fromkeys(re.findall(r"claim (\S*) is not written: \S+ \S+", done.err)))
    assert sorted(set(written) | set(refused)) == sorted(set(told)) or "" in told
    assert len(written) + len([each for each in judged(io.BytesIO(data)) if not each.well_formed]) <= len(told)
    gap = "not read whole" in done.err
    frames = [each for each in edi837.check(data, []) if each.level in ("interchange", "group", "set")]
    assert gap == any((each.rejects and each.syntax) or each.rule == "X12-STRAY" for each in frames)
    assert done.status == (3 if gap else 1 if refused else 0)
    if path.parent.name == "pass":
        assert not refused and written == told


# ---------------------------------------------------------------- field by field


def test_a_claim_of_an_837p() -> None:
    resource = _first(DEMO)
    assert resource["id"] == "000000042-1.1.1-20" and resource["created"] == "2025-03-03"
    assert (resource["status"], resource["use"]) == ("active", "claim")
    assert _coded(resource["priority"]) == (systems.PRIORITY, "normal")
    assert resource["billablePeriod"] == {"start": "2025-02-03", "end": "2025-02-09"}
    patient = _inside(resource, resource["patient"])
    assert patient["name"] == [{"family": "HOLLISTER", "given": ["MARIAN"]}] and patient["birthDate"] == "1958-02-14"
    assert patient["gender"] == "female" and patient["address"][0]["line"] == ["18 ORCHARD ST"]
    assert patient["identifier"][0]["value"] == "SYN420001"
    biller = _inside(resource, resource["provider"])
    assert biller["name"] == "LAKESIDE EXAMPLE HOME INFUSION" and biller["resourceType"] == "Organization"
    assert biller["identifier"][0] == {"system": systems.NPI, "value": "2000000010"}
    payer = _inside(resource, resource["insurer"])
    assert payer["name"] == "EXAMPLE HEALTH PLAN" and payer["identifier"][0]["value"] == "EXHP042"
    (insurance,) = resource["insurance"]
    coverage = _inside(resource, insurance["coverage"])
    assert insurance["focal"] is True and insurance["preAuthRef"] == ["PA250001"]
    assert coverage["payor"] == [resource["insurer"]] and coverage["beneficiary"] == resource["patient"]
    assert coverage["subscriber"] == resource["patient"] and coverage["subscriberId"] == "SYN420001"
    assert _coded(coverage["relationship"])[1] == "self" and coverage["order"] == 1
    item = resource["item"][1]
    assert _coded(item["productOrService"]) == (systems.HCPCS, "J0696")
    assert item["unitPrice"] == {"value": 3, "currency": "USD"} and item["net"] == {"value": 84, "currency": "USD"}
    (detail,) = item["detail"]
    assert _coded(detail["productOrService"]) == (systems.NDC, "99999010101")
    assert detail["quantity"] == {"value": 7, "unit": "unit"}
    assert [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in resource["diagnosis"]] == [
        "L03.115", "Z45.2",
    ]  # fmt: skip


def test_a_claim_of_an_837i() -> None:
    resource = _first(STAY)
    assert resource["billablePeriod"] == {"start": "2025-01-10", "end": "2025-01-13"}
    told = {_coded(each["category"])[1]: each for each in resource["supportingInfo"]}
    assert _coded(told["typeofbill"]["code"]) == (systems.BILL_TYPE, "111")
    assert told["admissionperiod"]["timingPeriod"] == {"start": "2025-01-10"}
    assert _coded(told["admtype"]["code"]) == (systems.ADMISSION_TYPE, "1")
    assert _coded(told["pointoforigin"]["code"]) == (systems.ORIGIN, "1")
    assert _coded(told["discharge-status"]["code"]) == (systems.DISCHARGE, "01")
    assert [each["sequence"] for each in resource["supportingInfo"]] == [*range(1, 7)]
    kinds = [(_coded(each["diagnosisCodeableConcept"]), _coded(each["type"][0])[1], _present(each))
             for each in resource["diagnosis"]]  # fmt: skip
    assert kinds == [
        ((systems.ICD10, "K35.80"), "principal", "y"), ((systems.ICD10, "E86.0"), "other", "y"),
        ((systems.ICD10, "Z91.040"), "other", "y"), ((systems.ICD10, "R10.31"), "admitting", ""),
    ]  # fmt: skip
    first, second = resource["procedure"]
    assert _coded(first["procedureCodeableConcept"]) == (systems.PCS, "0DTJ4ZZ") and first["date"] == "2025-01-11"
    assert [_coded(each["type"][0])[1] for each in (first, second)] == ["principal", "other"]
    assert [_coded(each["role"])[1] for each in resource["careTeam"]] == ["attending", "operating", "otheroperating"]
    skill = resource["careTeam"][0]["qualification"]
    assert _coded(skill) == (systems.TAXONOMY, "207R00000X")
    item = resource["item"][0]
    assert _coded(item["revenue"]) == (systems.REVENUE, "0120")
    assert _coded(item["productOrService"]) == (systems.ABSENT, "not-applicable")
    assert item["quantity"] == {"value": 3, "unit": "day", "system": systems.UCUM, "code": "d"}


def _present(diagnosis: dict[str, Any]) -> str:
    return _coded(diagnosis["onAdmission"])[1] if "onAdmission" in diagnosis else ""


@pytest.mark.parametrize(
    ("frequency", "words"), [(b"7", "replaced by this claim"), (b"8", "voided by this claim"), (b"1", None)]
)
def test_a_claim_that_replaces_or_voids(frequency: bytes, words: str | None) -> None:
    data = _with(b"12:B:1*Y*A*Y*Y~\nREF*G1*PA250001~", b"12:B:%b*Y*A*Y*Y~\nREF*F8*PAYERS1~" % frequency)
    resource = _first(data)
    (related,) = resource["related"]
    assert related["reference"]["value"] == "PAYERS1"
    assert _coded({"coding": related["relationship"]["coding"]}) == (systems.RELATED, "prior")
    assert related["relationship"].get("text") == words
    (told,) = (each for each in resource["supportingInfo"] if each["category"].get("text") == "Claim Frequency Code")
    assert _coded(told["code"])[1] == frequency.decode() and resource["status"] == "active"
    assert "related" not in _first(DEMO)


def test_a_dependant_and_two_insurers() -> None:
    resource = _first((FIXTURES / "837P" / "pass" / "dependant-two-insurers.edi").read_bytes())
    assert [each["focal"] for each in resource["insurance"]] == [False, True]
    first, second = (_inside(resource, each["coverage"]) for each in resource["insurance"])
    assert [_inside(resource, each["payor"][0])["identifier"][0]["value"] for each in (first, second)] == [
        "FIRST01", "PAYER042",
    ]  # fmt: skip
    assert second["payor"] == [resource["insurer"]]
    names = [_inside(resource, each["subscriber"])["name"][0]["given"] for each in (first, second)]
    assert names == [["ROWENA"], ["SAGE"]] and _inside(resource, resource["patient"])["name"][0]["given"] == ["COLE"]
    assert [_coded(each["relationship"])[1] for each in (first, second)] == ["child", "child"]
    assert first["class"][0]["value"] == "GRPFIRST" and first["class"][0]["name"] == "FIRST GROUP"
    assert resource["insurance"][0]["preAuthRef"] == ["AUTHF311"]


def test_an_employer_as_subscriber_holds_the_policy() -> None:
    data = (FIXTURES / "837P" / "pass" / "dependant-two-insurers.edi").read_bytes()
    data = _with(b"NM1*IL*1*PRIVET*SAGE****MI*", b"NM1*IL*2*ACME WORKS*****MI*", data)
    coverage = _inside(_first(data), _first(data)["insurance"][1]["coverage"])
    assert _inside(_first(data), coverage["policyHolder"])["name"] == "ACME WORKS" and "subscriber" not in coverage
    assert "ACME" not in fhir.text(_resources(data)[0])


def test_providers_of_lines() -> None:
    data = (FIXTURES / "837P" / "pass" / "dependant-many-providers.edi").read_bytes()
    linked = []
    for each, resource in _claims(data):
        team = {member["sequence"]: member for member in resource.get("careTeam", ())}
        assert [*team] == [*range(1, len(team) + 1)]
        claim_s = {child.first("NM1")[9] for child in each.loop.loops if child.use.id.startswith("2310")}
        for item, loop in zip(resource["item"], (x for x in each.loop.loops if x.use.id == "2400"), strict=True):
            sent = [child.first("NM1")[9] for child in loop.loops
                    if child.use.id.startswith("2420") and child.first("NM1")[1] != "77"
                    and len(child.first("NM1")) > 9]  # fmt: skip
            mine = [_inside(resource, team[number]["provider"]) for number in item.get("careTeamSequence", ())]
            told = [each["identifier"][0]["value"] for each in mine if "identifier" in each]
            assert told[: len(sent)] == sent
            assert len(told) == len(sent) or {*told[len(sent) :]} <= claim_s, "as another line has them"
            linked += mine
    assert linked and {each["resourceType"] for each in linked} >= {"Practitioner"}


def test_a_line_that_repeats_the_claim_s_provider_takes_him_from_no_other() -> None:
    """2310B is not lost to a line without 2420A when another line repeats it; 2420A stands in its place."""
    def of(number: int, *providers: str) -> str:
        head = f"LX*{number}\nSV1*HC:S9500*25*UN*1***1\nDTP*472*D8*20250106\n"
        return head + "".join(f"{provider}\n" for provider in providers)

    ren, other = "NM1*82*1*REN*DOC****XX*2000000036", "NM1*82*1*OAKES*CLIFF****XX*2000000150"
    referring = "NM1*DN*1*ELM*ANN****XX*2000000051"
    claim = f"CLM*C1*100***12:B:1*Y*A*Y*Y\nHI*ABK:A419\n{ren}\n"
    repeats = _first(interchange(HEAD + claim + of(1, ren) + of(2, other) + of(3) + of(4, referring)))
    rendering = {member["sequence"]: member["provider"] for member in repeats["careTeam"]}
    assert [item["careTeamSequence"] for item in repeats["item"]] == [[1], [2], [1], [3, 1]]
    assert _inside(repeats, rendering[1])["identifier"][0]["value"] == "2000000036"
    alone = _first(interchange(HEAD + claim + of(1, other) + of(2) + of(3) + of(4)))
    assert [item.get("careTeamSequence") for item in alone["item"]] == [[2], None, None, None], "1: the whole claim"


def test_one_who_takes_part_twice_is_contained_once() -> None:
    for path in PASS:
        for _, resource in _claims(path.read_bytes()):
            known = [json.dumps({**each, "id": ""}, default=str) for each in resource["contained"]
                     if each["resourceType"] == "Practitioner" and "identifier" in each]  # fmt: skip
            assert len(set(known)) == len(known)


@pytest.mark.parametrize(
    ("code", "system"),
    [("99601", systems.CPT), ("0001F", systems.CPT), ("0042T", systems.CPT), ("0001U", systems.CPT),
     ("0004M", systems.CPT), ("S9500", systems.HCPCS), ("J0696", systems.HCPCS), ("A4222", systems.HCPCS)],
)  # fmt: skip
def test_the_system_of_a_code_is_told_by_its_form(code: str, system: str) -> None:
    assert systems.of_procedure(code) == system


@pytest.mark.parametrize(
    ("code", "system"),
    [("26", systems.CPT), ("1P", systems.CPT), ("P3", systems.CPT), ("SH", systems.HCPCS), ("E1", systems.HCPCS),
     ("P7", systems.HCPCS), ("T1", systems.HCPCS)],
)  # fmt: skip
def test_the_system_of_a_modifier(code: str, system: str) -> None:
    assert systems.of_modifier(code) == system


@pytest.mark.parametrize(
    ("qualifier", "code", "told"),
    [("ABK", "L03115", (systems.ICD10, "L03.115")), ("ABF", "I10", (systems.ICD10, "I10")),
     ("BK", "4019", (systems.ICD9, "401.9")), ("BN", "E8859", (systems.ICD9, "E885.9")),
     ("BF", "V5861", (systems.ICD9, "V58.61")), ("ABK", "L03.115", (systems.ICD10, "L03.115"))],
)  # fmt: skip
def test_diagnoses_get_their_point(qualifier: str, code: str, told: tuple[str, str]) -> None:
    assert systems.diagnosis(qualifier, code) == told


@pytest.mark.parametrize(
    ("sent", "each"),
    [(b"875*UN*7", "125"), (b"10*UN*3", None), (b"0.03*UN*2", None), (b"-14.5*UN*2", "-7.25"), (b"5*UN*0", None),
     (b"0*UN*7", "0"), (b"437.5*UN*0.5", "875"),
     (b"123456789012345678*UN*1", "123456789012345678"), (b"100000000000000000*UN*3", None)],
)  # fmt: skip
def test_a_unit_price_is_told_where_it_is_exact(sent: bytes, each: str | None) -> None:
    item = _first(_with(b"SV1*HC:S9500*875*UN*7*", b"SV1*HC:S9500*" + sent + b"*"))["item"][0]
    assert item.get("unitPrice", {}).get("value") == (None if each is None else Decimal(each))


def test_amounts_keep_their_digits() -> None:
    text = fhir.text(_resources(_with(b"SV1*HC:S9500*875*", b"SV1*HC:S9500*0.10*"))[0])
    assert '"net":{"value":0.10,"currency":"USD"}' in text


def test_another_currency() -> None:
    data = (FIXTURES / "837P" / "pass" / "many-segments.edi").read_bytes()
    assert {each["total"]["currency"] for _, each in _claims(_with(b"CUR*85*USD~", b"CUR*85*CAD~", data))} == {"CAD"}


def test_production_is_not_called_a_test() -> None:
    labels = _first(DEMO)["meta"]["security"]
    assert [each["code"] for each in labels] == ["HTEST"]
    assert "meta" not in _first(_with(b"*1*T*:~", b"*1*P*:~"))


@pytest.mark.parametrize(
    ("path", "number"),
    [("demo.edi", 1), ("837I/pass/dependant-appendectomy.edi", 0), ("837P/pass/many-segments.edi", 0)],
)
@pytest.mark.parametrize("phi", [False, True])
def test_snapshots(path: str, number: int, phi: bool, update: bool) -> None:
    resource = _resources((FIXTURES / path).read_bytes(), phi)[number]
    shown = json.dumps(json.loads(fhir.text(resource)), indent=1, ensure_ascii=False) + "\n"
    holds(SNAPSHOTS / f"{Path(path).stem}.{'shown' if phi else 'masked'}.json", shown, update)


# ---------------------------------------------------------------- persons


@pytest.mark.parametrize("path", _CANARY_FILES, ids=_name)
def test_no_person_is_told(path: Path) -> None:
    data, marks = _canaries(path.read_bytes())
    assert marks
    for each in judged(io.BytesIO(data)):
        resource = fhir.resource(each)
        assert not re.findall(r"QZ\d{4}X", fhir.text(resource))
        assert "REDACTED" in [label["code"] for label in resource["meta"]["security"]]
        for patient in (held for held in resource["contained"] if held["resourceType"] == "Patient"):
            assert set(patient) == {"resourceType", "id", "name"}
            assert patient["name"] == [{"extension": [{"url": systems.ABSENCE, "valueCode": "masked"}]}]


def _of_billing(data: bytes, phi: bool) -> list[str]:
    """Kind and numbers of the billing provider."""
    party = next(held for held in _first(data, phi)["contained"] if held["id"] == "billing")
    return [party["resourceType"], *(each["value"] for each in party["identifier"])]


@pytest.mark.parametrize("tax", ["EI", "SY"])
def test_a_provider_who_is_a_person_has_no_tax_number_unless_asked_for(tax: str) -> None:
    body = HEAD.replace("REF*EI*123456789", f"REF*{tax}*123456789") + CLAIM_P
    company = interchange(body)
    person = interchange(body.replace("2*EXAMPLE HOME INFUSION LLC**", "1*OAKES*CLIFF*"))
    assert _of_billing(person, False) == ["Practitioner", "2000000010"]
    assert _of_billing(person, True) == ["Practitioner", "2000000010", "123456789"]
    assert _of_billing(company, False) == ["Organization", "2000000010", *(["123456789"] if tax == "EI" else [])]


def test_persons_are_told_when_asked_for() -> None:
    for path in PASS:
        text = "".join(fhir.text(fhir.resource(each, phi=True)) for each in judged(io.BytesIO(path.read_bytes())))
        assert "REDACTED" not in text
        for seg in edi837.segments(path):
            if seg[0] == "NM1" and seg[1] in ("IL", "QC") and len(seg) > 3:
                assert _in_json(seg[3]) in text


def _in_json(value: str) -> str:
    return json.dumps(safe.text(value), ensure_ascii=False)[1:-1]


# ---------------------------------------------------------------- faults


def _broken(change: str) -> dict[str, Any]:
    resource: Any = _resources(DEMO, phi=True)[1]
    exec(change, {"c": resource, "Decimal": Decimal, "date": date})
    return resource  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("del c['created']", "Claim.created"),
        ("c['created'] = '2025-02-30'", "Claim.created"),
        ("del c['provider']", "Claim.provider"),
        ("c['insurance'] = []", "Claim.insurance"),
        ("del c['insurance']", "Claim.insurance"),
        ("del c['item'][0]['productOrService']", "Claim.item[0].productOrService"),
        ("c['item'][0]['modifier'] = ['']", "Claim.item[0].modifier[0]"),
        ("c['id'] = 'a b'", "Claim.id"),
        ("c['item'][0]['productOrService'] = None", "Claim.item[0].productOrService"),
        ("c['item'][1]['quantity']['value'] = 'x'", "Claim.item[1].quantity.value"),
        ("c['item'][1]['sequence'] = 0", "Claim.item[1].sequence"),
        ("c['item'][1]['net'] = 7", "Claim.item[1].net"),
        ("c['item'][0]['servicedDate'] = '2025-01-01'", "Claim.item[0]"),
        ("c['item'][0]['nett'] = {}", "Claim.item[0].nett"),
        ("c['contained'][0]['birthDate'] = '19580214'", "Claim.contained[0].birthDate"),
        ("c['contained'][0]['sex'] = 'F'", "Claim.contained[0].sex"),
        ("c['diagnosis'][0].pop('diagnosisCodeableConcept')", "Claim.diagnosis[0]"),
        ("c['type']['coding'][0]['code'] = ' professional'", "Claim.type.coding[0].code"),
        ("c['item'][1]['sequence'] = 1", "Claim.item.sequence"),
        ("c['item'][1]['diagnosisSequence'] = [9]", "Claim.item[1].diagnosisSequence"),
        ("c['item'][1]['careTeamSequence'] = [9]", "Claim.item[1].careTeamSequence"),
        ("c['patient'] = {'reference': '#nobody'}", "Claim.contained"),
        ("c['contained'].append({'resourceType': 'Patient', 'id': 'nobody'})", "Claim.contained"),
        ("c['contained'].append(dict(c['contained'][0]))", "Claim.contained.id"),
        ("c['status'] = 'sent'", "Claim.status"),
        ("c['contained'][0]['gender'] = 'F'", "Patient.gender"),
    ],
)
def test_a_fault_names_its_field_and_no_value(change: str, field: str) -> None:
    pytest.importorskip("fhir.resources", reason="the extra fhir is not installed")
    found = fhir.faults(_broken(change))
    assert field in [fault.field for fault in found]
    for fault in found:
        assert fault.why and not re.search("19580214|HOLLISTER|nett|' professional'", fault.why)
    assert fhir.faults(_broken("")) == []


def test_a_claim_with_a_fault_is_named_and_the_others_are_written(tmp_path: Path) -> None:
    pytest.importorskip("fhir.resources", reason="the extra fhir is not installed")
    bad = tmp_path / "bad.edi"
    bad.write_bytes(_with(b"SV1*HC:S9501*980*UN*7***1~", b"SV1*HC:S9501*980*UN*7***5~"))
    out = tmp_path / "claims.ndjson"
    done = command("export", bad, "--to", "fhir", "-o", out)
    assert done.status == 1
    assert "claim HIT1002 is not written: Claim.item[0].diagnosisSequence there is no such diagnosis" in done.err
    written = [json.loads(line)["identifier"][0]["value"] for line in out.read_text("utf-8").splitlines()]
    assert written == [claim.id for claim in edi837.claims(DEMO) if claim.id not in ("HIT1002", "HIT1008")]
    broken = FIXTURES / "837P" / "fail" / "bad-qualifier-procedure.edi"
    done = command("export", broken, "--to", "fhir")
    assert done.status == 1 and "claim BAD is not written: it breaks the guide (X12-IK4-7)" in done.err
    assert [json.loads(line)["identifier"][0]["value"] for line in done.out.splitlines()] == ["GOOD"]


def test_what_is_not_x12_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "claims.ndjson"
    assert command("export", FIXTURES / "envelope" / "not-x12.edi", "--to", "fhir", "-o", out).status == 3
    assert list(tmp_path.iterdir()) == []


def test_without_the_models_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.claim", None)
    valid._model.cache_clear()
    with pytest.raises(Edi837Error, match=r"edi837\[fhir\]"):
        fhir.faults({})
    out = tmp_path / "claims.ndjson"
    done = command("export", FIXTURES / "demo.edi", "--to", "fhir", "-o", out)
    assert done.status == 2 and not out.exists() and "edi837[fhir]" in done.err


# ---------------------------------------------------------------- the page


def test_the_page_names_every_field_that_is_filled() -> None:
    page = (ROOT / "docs" / "fhir.md").read_text("utf-8")
    named = set(re.findall(r"`(item\.\w+|\w+)`", page))
    filled: set[str] = set()
    for path in PASS:
        for _, resource in _claims(path.read_bytes()):
            filled |= {*resource} - {"resourceType", "contained", "item"}
            filled |= {f"item.{name}" for item in resource["item"] for name in item}
            filled |= {each["resourceType"] for each in resource["contained"]}
    assert filled - {"meta"} <= named
    assert {name for name in named if name.startswith("item.")} <= filled
