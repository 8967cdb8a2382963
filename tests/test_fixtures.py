"""Every fixture gives the answers that stand in ``expected/`` beside it, byte for byte.

``pytest --update tests/test_fixtures.py`` writes them anew; read the difference before
committing it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import edi837
from edi837 import answer, wording
from edi837.findings import NotX12
from edi837.rules import load
from edi837.terms import Terms

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 1, 15, 9, 30)
INPUTS = sorted(p for folder in ("837P/*", "837I/*", "envelope", ".") for p in FIXTURES.glob(f"{folder}/*.edi"))
PASSING = [p for p in INPUTS if p.parent.name == "pass"]


def name(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


def answers(path: Path) -> dict[str, bytes]:
    """What we say to a fixture: its findings, and each acknowledgement and the report in words."""
    said: dict[str, bytes] = {}
    findings = []
    try:
        for finding in edi837.check(path):
            findings.append(wording.as_json(finding, path.name))
        with path.open("rb") as stream:
            outcome = answer.answer(stream, Terms([load("042")]), file=path.name, now=NOW, control=1)
    except NotX12 as error:
        return {"notx12": f"byte {error.offset}: {error}\n".encode()}
    said["findings.jsonl"] = "".join(line + "\n" for line in findings).encode()
    for kind, content in outcome.files.items():
        if kind != "report.json":
            said[answer.EXTENSION[kind].lstrip(".")] = content.read()
    return said


@pytest.mark.parametrize("path", INPUTS, ids=name)
def test_answers(path: Path, update: bool) -> None:
    said = answers(path)
    folder = path.parent / "expected"
    held = {p.name.removeprefix(path.stem + "."): p for p in folder.glob(f"{path.stem}.*")}
    if update:
        folder.mkdir(exist_ok=True)
        for old in held.values():
            old.unlink()
        for kind, content in said.items():
            (folder / f"{path.stem}.{kind}").write_bytes(content)
        return
    assert sorted(said) == sorted(held), "other kinds of answers than expected"
    for kind, content in said.items():
        assert content.decode("latin-1") == held[kind].read_bytes().decode("latin-1"), kind


@pytest.mark.parametrize("path", PASSING, ids=name)
def test_passing_ones_have_nothing_that_rejects(path: Path) -> None:
    assert [f for f in edi837.check(path) if f.rejects] == []


SHIPPED = {edit.id for edit in load("042").edits}
BY_GUIDE = {"042-A07": "S4-MODIFIER-TWICE", "042-F02": "S5-NDC"}  # what a policy repeats of the guide


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("837?/fail/policy-*.edi")), ids=name)
def test_a_policy_claim_breaks_the_rule_it_is_named_for(path: Path) -> None:
    """CLM01 begins with the rule: A03-UNRANKED breaks 042-A03, or its second half, and nothing else."""
    found: dict[str, set[str]] = {}
    for finding in edi837.check(path):
        assert not finding.syntax, "clean by the guide"
        found.setdefault(finding.place.claim, set()).add(finding.rule.rstrip("bcd"))
    for claim in edi837.claims(path):
        rule = "042-" + claim.id.partition("-")[0]
        expected = {BY_GUIDE.get(rule, rule)} if rule in SHIPPED or rule in BY_GUIDE else set()
        assert found.get(claim.id, set()) == expected, claim.id
