"""Every id that a person can meet in an answer can be asked about."""

from __future__ import annotations

import io
import re
from pathlib import Path

import click
import pytest

from edi837 import explain, grammar, guidebook, process, rules, statuscodes, syntax
from edi837.explain import UnknownId
from edi837.findings import Finding, NotX12
from edi837.frames import Verdict
from tests.formats import edi837 as command

FIXTURES = Path(__file__).parent.parent / "fixtures"
POLICY = rules.load("042")


def _explained(id: str) -> str:
    told = explain.explain(id, [POLICY])
    assert told
    assert all(len(line) <= 100 and line == line.rstrip() for line in told.splitlines())
    return told


@pytest.mark.parametrize("edit", POLICY.edits, ids=lambda edit: edit.id)
def test_every_rule(edit: rules.Edit) -> None:
    told = " ".join(_explained(edit.id.lower()).split())
    assert told.startswith(f"{edit.id} {edit.title}")
    for said in (edit.says, edit.message, edit.fix, edit.fix_same, edit.check.name, edit.rests_on, *edit.status):
        assert " ".join(said.split()) in told
    assert ("only warns" in told) == (edit.action == "warn" or bool(edit.warn_only))


def test_a_rule_that_is_not_known_may_be_of_a_policy_of_one_s_own() -> None:
    with pytest.raises(click.UsageError, match=r"called '77-A02'.*; a rule of your own policy: --policy FILE$"):
        command("explain", "77-A02")
    for id in ("A8:999", "X12-IK4-99", "CLM99"):
        with pytest.raises(click.UsageError) as refused:
            command("explain", id)
        assert "--policy" not in str(refused.value)


def test_rules_of_no_policy() -> None:
    with pytest.raises(UnknownId):
        explain.explain("042-A03", [])


def test_everything_that_is_found_in_the_fixtures() -> None:
    ids: set[str] = set()
    for path in FIXTURES.glob("837?/*/*.edi"):
        try:
            for event in process.tell(io.BytesIO(path.read_bytes()), [POLICY]):
                for finding in event.findings if isinstance(event, Verdict) else [event]:
                    if isinstance(finding, Finding):
                        ids |= {finding.rule, finding.syntax, *finding.status}
                        if finding.syntax not in ("IK4:3", "IK4:13"):  # elements and components too many
                            ids.add(finding.place.refdes)
        except NotX12:
            pass
    assert len(ids) > 60
    for id in ids - {""}:
        if not id.startswith(("GS", "ISA", "IEA", "GE", "SE")):  # of the envelope: no guide has them
            _explained(id)


@pytest.mark.parametrize("code", syntax.IK403)
def test_every_flaw_of_an_element(code: str) -> None:
    assert _explained(f"IK4:{code}") == _explained(f"X12-IK4-{code}") == _explained(f"ik4-{code.lower()}")


def test_every_code_that_the_sources_name() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(explain.__file__).parent.glob("*.py"))
    codes = set(re.findall(r"\b(?:TA1:\d{3}|(?:AK9|IK5|IK3|IK4):(?:I?\d+))\b", sources))
    assert len(codes) > 30
    for code in codes:
        _explained(code)


def test_codes_of_answers() -> None:
    assert "TA105" in _explained("TA1:21") and _explained("TA1:21") == _explained("TA1:021")
    assert "IK502" in _explained("IK5:4") and "SE01" in _explained("IK5:4")
    assert "IK304" in _explained("IK3:3") and "AK905" in _explained("AK9:5")
    assert statuscodes.describe("A7:145:82").split()[-1] in _explained("a7:145:82")
    assert "453: procedure modifiers." in _explained("453")


@pytest.mark.parametrize("id", guidebook.ids())
def test_every_loop_segment_and_element_of_the_guides(id: str) -> None:
    assert _explained(id.lower()).upper().startswith(id.upper())


def test_an_element_is_as_the_guide_has_it() -> None:
    told = _explained("CLM05-03")
    assert told == _explained("CLM05-3")
    use = next(u for u in grammar.load("005010X222A1").root.segments() if u.tag == "CLM").elements[4].components[2]
    assert told.splitlines()[1:] == [
        "  in 837P 2300 CLM (Claim Information); 837I 2300 CLM (Claim Information)",
        f"    {use.name}; required; data element {use.data_element}; code (ID), 1 character",
    ]


def test_lengths() -> None:
    assert "text (AN), 1 to 38 characters" in _explained("CLM01")
    assert "text (AN), 2 characters" in _explained("SV101-3")


def test_the_guides_are_told_apart() -> None:
    told = _explained("SV1")
    assert "837P 2400 SV1" in told and "837I" not in told
    assert "837I 2400 SV2" in _explained("SV2")
    told = _explained("2400")
    assert "at most 50 times" in told and "at most 999 times" in told
    assert "required in 2300" in told
    assert "2300 REF*G1" in _explained("REF02")
    assert "277CA" in _explained("STC01") and "999" in _explained("IK304")


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("042-A067", "did you mean 042-A0"),
        ("CLM55", "CLM05"),
        ("A9:453", "'A9' is no category"),
        ("A8:999", "'999' is no status"),
        ("IK4:99", "IK4:9"),
        ("", "nothing called ''"),
        ("\x1b[2J", r"\x1b"),
    ],
)
def test_what_there_is_not(id: str, said: str) -> None:
    with pytest.raises(UnknownId) as caught:
        explain.explain(id, [POLICY])
    assert said in str(caught.value.args[0])
