"""Every shipped policy against its cases, its text and the lists its codes come from."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import pyx12

from edi837 import process, sample, statuscodes, trial
from edi837.cases import Case
from edi837.claim import ServiceLine
from edi837.findings import StatusCode
from edi837.frames import Verdict
from edi837.rules import load, locate, names
from edi837.trial import Court, labels, try_case
from tests import shorthand

POLICIES = {name: load(name) for name in names()}
SHIPPED = sorted({each.number for each in POLICIES.values()})
SAME = (
    "id", "kind", "charge", "place", "frequency", "original", "filing", "sequence", "diagnoses", "notes",
    "authorizations", "first", "last",
)  # fmt: skip
COURTS = {number: Court(locate(number)[0]) for number in SHIPPED}
RUNS = [(court, case, kind) for court in COURTS.values() for case in court.file.cases for kind in case.kinds]


def _unplaced(line: ServiceLine) -> ServiceLine:
    """A line without what the shorthand does not tell: where its segments stand, what it points to."""
    drug = replace(line.drug, segment=0, counted=0) if line.drug else None
    return replace(line, segment=0, dated=0, pointers=(), drug=drug)


def _name(word: object) -> str:
    return word.name if isinstance(word, Case) else "" if isinstance(word, Court) else str(word)


@pytest.mark.parametrize(("court", "case", "kind"), RUNS, ids=_name)
def test_case(court: Court, case: Case, kind: str) -> None:
    """Written as an interchange, read, placed, mapped, judged, and answered by a 277CA."""
    assert try_case(case, kind, court.policy(case)).faults == ()


@pytest.mark.parametrize(("court", "case", "kind"), RUNS, ids=_name)
def test_what_the_mapper_makes_of_a_case_is_what_was_told(court: Court, case: Case, kind: str) -> None:
    """The claims of the text are those of the shorthand, and are judged alike."""
    sent = sample.interchange(case.claims, kind)
    events = list(process.tell(io.BytesIO(sent.encode("latin-1")), [court.policy(case)]))
    mapped = [event.claim for event in events if isinstance(event, Verdict)]
    told = shorthand.claims(case.lines, kind)
    assert len(mapped) == len(told)
    for one, other in zip(mapped, told, strict=True):
        for name in SAME:
            assert getattr(one, name) == getattr(other, name), name
        assert (one.payer.id, one.patient.birth, one.provider.taxonomy) == (
            other.payer.id, other.patient.birth, other.provider.taxonomy,
        )  # fmt: skip
        for mine, theirs in zip(one.lines, other.lines, strict=True):
            assert _unplaced(mine) == _unplaced(theirs)
    one_level = len({(claim.patient, claim.provider, claim.sequence) for claim in case.claims}) == 1
    if one_level and not any(claim.apart or claim.patient > 1 or claim.provider > 1 for claim in case.claims):
        found: dict[str, list[str]] = {"reject": [], "warn": [], "unknown": []}
        for claim, findings in zip(told, court.policy(case).judge(told), strict=True):
            for each in findings:
                words = [each.rule, f"claim {claim.id[1:]}" if len(told) > 1 else ""]
                words.append(f"line {each.place.line}" if each.level == "line" else "")
                found[each.action].append(" ".join(filter(None, words)))
        assert {action: sorted(each) for action, each in found.items()} == {
            action: sorted(each) for action, each in labels(events, len(told), court.policy(case)).items()
        }


@pytest.mark.parametrize("number", SHIPPED)
def test_each_edit_has_three_cases_that_break_it_and_three_that_hold_it(number: str) -> None:
    coverage = COURTS[number].coverage()
    assert len(coverage) == len(COURTS[number].file.written) > 0
    assert {id: pair for id, pair in coverage.items() if min(pair) < 3} == {}


def test_a_case_that_comes_out_otherwise_is_told() -> None:
    """A trial that cannot fail proves nothing: cases with wrong expectations, each told in words."""
    court = COURTS["042"]

    def faults(lines: list[str], kind: str = "P", **expected: list[str]) -> list[str]:
        all_three = {action: tuple(expected.get(action, ())) for action in ("reject", "warn", "unknown")}
        case = Case("wrong", tuple(lines), all_three)
        return list(try_case(case, kind, court.policy(case)).faults)

    assert faults(["S9500 8 11/01-11/07"], reject=["042-B01 line 1"]) == []
    assert faults(["S9500 8 11/01-11/07"]) == ["rejects 042-B01 line 1, which is not expected"]
    assert faults(["S9500 7 11/01-11/07"], warn=["042-A05 line 1"]) == [
        "does not warn of 042-A05 line 1, which is expected"
    ]
    assert faults(["S9500 8 11/01-11/07"], warn=["042-B01 line 1"]) == [
        "rejects 042-B01 line 1, which is not expected", "does not warn of 042-B01 line 1, which is expected",
    ]  # fmt: skip
    assert faults(["S9500 8 11/01-11/07"], reject=["042-B01 line 1", "042-B01 line 1"]) == [
        "does not reject 042-B01 line 1, which is expected"
    ]
    (fault,) = faults(["S9500 7 11/01-11/07 ndc=12"])
    assert fault.startswith("breaks the guide, ")
    assert "separates" in faults(['S9500 7 11/01-11/07 note="a*b"'])[0]


def test_the_answer_is_held_against_the_277ca(monkeypatch: pytest.MonkeyPatch) -> None:
    court = COURTS["042"]
    case = next(each for each in court.file.cases if each.breaks("042-A03"))
    assert try_case(case, "P", court.policy(case)).faults == ()
    monkeypatch.setattr(trial, "answers", lambda data: {("C1", ""): []})
    assert [fault.split(" says ")[0] for fault in try_case(case, "P", court.policy(case)).faults] == [
        "the 277CA", "the 277CA",
    ]  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_quotations_stand_in_the_text(name: str) -> None:
    shipped = POLICIES[name]
    text = " ".join(shipped.text.split())
    for says in [each.says for each in shipped.edits] + [each.says for each in shipped.unenforced]:
        assert " ".join(says.split()) in text


@pytest.mark.parametrize("court", COURTS.values(), ids=list(COURTS))
def test_findings_tell_all_they_promise(court: Court) -> None:
    """Every finding of every case: words filled in, place within the claim, status for a rejection."""
    seen = 0
    for case in court.file.cases:
        edits = {edit.id: edit for edit in court.policy(case).edits}
        for kind in case.kinds:
            claims = shorthand.claims(case.lines, kind)
            for claim, findings in zip(claims, court.policy(case).judge(claims), strict=True):
                for finding in findings:
                    seen += 1
                    edit = edits[finding.rule]
                    assert finding.message and not re.search(r"[{}]", finding.message + finding.fix)
                    assert finding.says == edit.says and finding.source.startswith(edit.source)
                    assert finding.place.claim == claim.id and finding.place.segment
                    if finding.level == "line":
                        line = next(each for each in claim.lines if each.number == finding.place.line)
                        assert (line.procedure or line.revenue) in finding.message
                        tags = {line.segment: "SV1" if kind == "P" else "SV2", line.dated: "DTP"}
                        if line.drug is not None:
                            tags |= {line.drug.segment: "LIN", line.drug.counted: "CTP"}
                        assert finding.place.tag == tags[finding.place.segment]
                    if finding.rejects:
                        assert finding.status == edit.status and finding.status and finding.fix
    assert seen >= 3 * len(court.file.written)


def test_per_diem_codes() -> None:
    edits = {edit.id: edit for edit in POLICIES["042"].edits}
    per_diem, therapies = edits["042-B01"].words["codes"], edits["042-A01"].words["codes"]
    assert isinstance(per_diem, frozenset) and isinstance(therapies, frozenset)
    assert len(per_diem) == 68
    assert per_diem - therapies == {"S5497", "S5498", "S5501", "S5502"}
    assert all(re.fullmatch(r"S[59]\d{3}", code) for code in per_diem)


def test_profiles() -> None:
    whole, literal, strict = (POLICIES[name] for name in ("042", "042-literal", "042-strict"))
    assert {edit.source for edit in literal.edits} == {"explicit", "implied"}
    ids = [edit.id for edit in whole.file.written] + [edit.id for edit in whole.file.waiting]
    assert len({id[:7] for id in ids}) == 51  # the rules there are
    assert {e.id[:7] for e in whole.file.written if not e.on} == {
        f"042-{id}" for id in ("B02", "B09", "B10", "C07", "C08", "D03", "D07", "E03", "E04", "F05", "F06",
                               "G01", "G02", "G05", "G06", "G07")
    }  # fmt: skip
    assert {e.id for e in whole.file.waiting} == {"042-E05", "042-F05c", "042-G05e"}
    assert [e.id for e in literal.edits] == [e.id for e in whole.edits if e.source != "external"]
    assert {e.id for e in strict.edits} == {e.id for e in whole.edits} | {"042-D03", "042-D03b"}
    assert all(edit.rests_on for edit in whole.edits if edit.source == "external")


def test_status_codes_are_on_the_published_lists() -> None:
    """pyx12 ships the members of code sources 507 and 508, up to 771."""
    path = Path(pyx12.__file__).parent / "map" / "codes.xml"
    lists = {
        each.findtext("id"): {code.text for code in each.iter("code")}
        for each in ElementTree.parse(path).getroot().iter("codeset")
    }
    categories, statuses = lists["claim_status_cat"], lists["claim_status"]
    assert set(statuscodes.CATEGORIES) <= categories
    assert {code for code in statuscodes.STATUSES if int(code) <= 771} <= statuses
    for shipped in POLICIES.values():
        for edit in shipped.edits:
            for text in edit.status:
                code = StatusCode.parse(text)
                assert code.category in categories and code.status in statuses
                assert statuscodes.describe(text)
