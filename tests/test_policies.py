"""Every shipped policy against its cases, its text and the lists its codes come from."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import pytest
import pyx12

from edi837 import statuscodes
from edi837.edit import Edit
from edi837.findings import Finding, StatusCode
from edi837.rules import Policy, load, names
from tests import shorthand

HERE = Path(__file__).parent
CASES = {
    path.stem: tomllib.loads(path.read_text("utf-8"))["case"] for path in (HERE / "policies").glob("*.toml")
}
POLICIES = {name: load(name) for name in names()}
SHIPPED = sorted({each.number for each in POLICIES.values()})


def _with_all_edits(number: str) -> Policy:
    """The policy with the edits that are switched off."""
    shipped = files("edi837.policies")
    with TemporaryDirectory() as folder:
        for suffix in (".toml", ".txt"):
            text = (shipped / f"{number}{suffix}").read_text("utf-8")
            text = re.sub(r"(?m)^on\s*=\s*false$", "", text)
            (Path(folder) / f"{number}{suffix}").write_text(text, "utf-8")
        return load(Path(folder) / f"{number}.toml")


ALL = {number: _with_all_edits(number) for number in SHIPPED}
POLICIES.update({f"{number}-all": every for number, every in ALL.items()})
RUNS = [(number, case, kind) for number, cases in CASES.items() for case in cases for kind in "PI"]


def _label(finding: Finding, claims: int, number: int) -> str:
    words = [finding.rule]
    if claims > 1:
        words.append(f"claim {number}")
    if finding.level == "line":
        words.append(f"line {finding.place.line}")
    return " ".join(words)


def _found(name: str, lines: list[str], kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"reject": [], "warn": [], "unknown": []}
    verdicts = POLICIES[name].judge(shorthand.claims(lines, kind))
    for number, findings in enumerate(verdicts, 1):
        for finding in findings:
            found[finding.action].append(_label(finding, len(verdicts), number))
    return {action: sorted(labels) for action, labels in found.items()}


def _name(word: object) -> str:
    return str(word["name"] if isinstance(word, dict) else word)


@pytest.mark.parametrize(("number", "case", "kind"), RUNS, ids=_name)
def test_case(number: str, case: dict[str, Any], kind: str) -> None:
    name = case.get("profile", number)
    assert set(case) <= {"name", "profile", "lines", "rejects", "warns", "unknown"}
    apart = {edit.id for edit in POLICIES[name].edits if edit.only not in ("", f"837{kind}")}
    expected = {
        action: sorted(label for label in case.get(key, []) if label.split()[0] not in apart)
        for action, key in (("reject", "rejects"), ("warn", "warns"), ("unknown", "unknown"))
    }
    assert _found(name, case["lines"], kind) == expected


def test_case_names_are_distinct() -> None:
    for cases in CASES.values():
        told = [case["name"] for case in cases]
        assert len(set(told)) == len(told)


def _words_of(edit: Edit, name: str) -> frozenset[str]:
    words = edit.words.get(name, frozenset())
    if isinstance(words, tuple):
        return frozenset().union(*(one | rest for one, rest in words))
    assert isinstance(words, frozenset)
    return words


def _appears(edit: Edit, lines: list[str]) -> bool:
    """Whether the case has all the edit asks about: lines of each of its sets, two where it compares two."""
    texts = [each for claim in shorthand.told(lines) for each in claim.lines]
    for name in edit.check.wakes:
        words = _words_of(edit, name)
        count = sum(1 for each in texts if words & {each.code, *each.modifiers})
        if words and count < (2 if name in edit.check.twice else 1):
            return False
    return True


@pytest.mark.parametrize("edit", [e for n in SHIPPED for e in ALL[n].edits], ids=lambda edit: edit.id)
def test_edit_has_a_case_that_breaks_it_and_one_that_holds_it(edit: Edit) -> None:
    number = edit.id.split("-")[0]
    broken = held = False
    for case in CASES[number]:
        if case.get("profile", f"{number}-all") != f"{number}-all":
            continue
        told = {label.split()[0] for key in ("rejects", "warns") for label in case.get(key, [])}
        unknown = {label.split()[0] for label in case.get("unknown", [])}
        broken |= edit.id in told
        held |= edit.id not in told | unknown and _appears(edit, case["lines"])
    assert broken, f"no case breaks {edit.id}"
    assert held, f"no case holds {edit.id}"


@pytest.mark.parametrize("name", POLICIES)
def test_quotations_stand_in_the_text(name: str) -> None:
    shipped = POLICIES[name]
    text = " ".join(shipped.text.split())
    for says in [each.says for each in shipped.edits] + [each.says for each in shipped.unenforced]:
        assert " ".join(says.split()) in text


@pytest.mark.parametrize("name", POLICIES)
def test_findings_tell_all_they_promise(name: str) -> None:
    """Every finding of every case: words filled in, place within the claim, status for a rejection."""
    shipped = POLICIES[name]
    edits = {edit.id: edit for edit in shipped.edits}
    seen = 0
    for case in CASES[shipped.number]:
        for kind in "PI":
            claims = shorthand.claims(case["lines"], kind)
            for claim, findings in zip(claims, shipped.judge(claims), strict=True):
                for finding in findings:
                    seen += 1
                    edit = edits[finding.rule]
                    assert finding.message and not re.search(r"[{}]", finding.message + finding.fix)
                    assert finding.says == edit.says and finding.source.startswith(edit.source)
                    assert finding.place.claim == claim.id and finding.place.segment
                    if finding.level == "line":
                        line = next(each for each in claim.lines if each.number == finding.place.line)
                        assert line.procedure in finding.message
                        assert finding.place.tag == ("SV1" if kind == "P" else "SV2")
                        assert finding.place.segment == line.segment
                    if finding.rejects:
                        assert finding.status == edit.status and finding.status and finding.fix
    assert seen > 50


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
    assert {e.id for e in ALL["042"].edits} - {e.id for e in whole.edits} == {"042-B02", "042-C07", "042-C08"}
    assert [e.id for e in literal.edits] == [e.id for e in whole.edits if e.source != "external"]
    assert [e.id for e in strict.edits] == [e.id for e in whole.edits]
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
