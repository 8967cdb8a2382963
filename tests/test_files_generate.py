"""``edi837 generate``: invented claims that nothing is found in, and decks that give what they say they give."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edi837 import sample, synth, trial
from edi837.decks import Deck, decks
from edi837.findings import Finding
from edi837.frames import Interchange, Verdict
from edi837.rules import Policy, load, shipped
from edi837.terms import Terms
from tests.test_cli import edi837

COURTS = {path.stem: trial.Court(path) for path in shipped()}


def found(text: str, policy: Policy) -> Iterator[Finding]:
    for event in Terms([policy]).read(io.BytesIO(text.encode("latin-1"))).tell():
        if isinstance(event, Verdict):
            yield from event.findings
        elif isinstance(event, Finding):
            yield event


def said(rule: str, action: str, claim: str, line: str) -> tuple[str, str, str, str]:
    return rule, action, claim, line


def expected(document: dict[str, Any]) -> Counter[tuple[str, str, str, str]]:
    return Counter(said(**each) for each in document["findings"])


@pytest.mark.parametrize("kind", ["P", "I"])
@pytest.mark.parametrize("seed", [1, 2, 37])
def test_generated_claims_are_clean(kind: str, seed: int) -> None:
    text = "".join(sample.stream(synth.claims(400, seed), kind, synth.FILED))
    events = list(Terms([load("042")]).read(io.BytesIO(text.encode("latin-1"))).tell())
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert len({verdict.claim.id for verdict in verdicts}) == len(verdicts) == 400
    assert [f for f in events if isinstance(f, Finding)] == [f for v in verdicts for f in v.findings] == []
    assert [event.header[15] for event in events if isinstance(event, Interchange)] == ["T"]
    assert all(verdict.claim.patient.id.startswith("SYN") for verdict in verdicts)
    assert all(verdict.claim.provider.id in sample.NPIS for verdict in verdicts)
    assert len({verdict.claim.patient.id for verdict in verdicts}) > 150
    lines = Counter(line.procedure for verdict in verdicts for line in verdict.claim.lines)
    assert len(lines) > 8 and lines["99601"] and lines["S9364"]


def test_the_policy_looks_at_generated_claims() -> None:
    """They are no claims that the policy has nothing to do with."""
    text = "".join(sample.stream(synth.claims(50, 1), "P", synth.FILED)).replace("S9364:SH", "S9364")
    assert {each.rule for each in found(text, load("042"))} == {"042-A03"}


def test_a_seed_repeats() -> None:
    def lines(seed: int) -> list[str]:
        return [str(claim) for claim in synth.claims(60, seed)]

    assert lines(5) == lines(5) != lines(6)


def test_the_command(tmp_path: Path) -> None:
    once = edi837("generate", "--kind", "837I", "--claims", "30", "--seed", "4").stdout
    assert once.count(b"\nCLM*") == 30 and b"005010X223A2" in once
    edi837("generate", "--kind", "837I", "--claims", "30", "--seed", "4", "-o", tmp_path / "x.edi")
    assert (tmp_path / "x.edi").read_bytes() == once
    assert edi837("check", "-", stdin=once).returncode == 0
    for wrong in (["--kind", "837P"], ["--policy", "042"], ["--policy", "042", "--kind", "837P"],
                  ["--policy", "nothing", "-o", tmp_path]):  # fmt: skip
        assert edi837("generate", *wrong).returncode == 2, wrong


@pytest.mark.parametrize("name", COURTS)
def test_each_rule_has_a_deck_that_breaks_it_and_one_that_holds_it(name: str) -> None:
    court = COURTS[name]
    have = {(deck.expected["rule"], deck.expected["which"]) for deck in decks(court)}
    assert have == {(edit.id, which) for edit in court.file.written for which in ("breaks", "holds")}


def _decks() -> list[tuple[str, Deck]]:
    return [(name, deck) for name, court in COURTS.items() for deck in decks(court)]


@pytest.mark.parametrize(("name", "deck"), [pytest.param(*each, id=each[1].name) for each in _decks()])
def test_a_deck_gives_what_it_says(name: str, deck: Deck) -> None:
    """Every finding of the whole check, the guide's too, is expected, and every expected one is found."""
    document = json.loads(deck.json)
    told = document["guide_rules"]
    got = Counter(
        said(told.get(f.rule, f.rule), f.action, f.place.claim, f.place.line if f.level == "line" else "")
        for f in found(deck.text, COURTS[name].policy(deck.case))
    )
    assert got == expected(document)
    broken = {rule for rule, action, _, _ in got if action != "unknown"}
    assert (document["rule"] in broken) == (document["which"] == "breaks")
    assert document["which"] == "breaks" or document["rule"] not in {rule for rule, *_ in got}


@pytest.mark.parametrize("name", COURTS)
def test_generate_and_check_close_the_loop(name: str, tmp_path: Path) -> None:
    """By the commands alone, for every deck that no rule was switched on for."""
    assert edi837("generate", "--policy", name, "-o", tmp_path).returncode == 0
    files = sorted(tmp_path.glob("*.edi"))
    assert {path.name for path in tmp_path.iterdir()} == {
        file.name.removesuffix(".edi") + end for file in files for end in (".edi", ".expected.json")
    }
    documents = {file: json.loads(file.with_suffix(".expected.json").read_text("utf-8")) for file in files}
    loop = [f for f in files if not documents[f]["switched_on"] and not documents[f]["policy"].endswith("-all")]
    assert {documents[file]["rule"] for file in loop} >= {edit.id for edit in COURTS[name].file.edits}
    for policy in {documents[file]["policy"] for file in loop}:
        some = [file for file in loop if documents[file]["policy"] == policy]
        done = edi837("check", "--format", "jsonl", "--policy", policy, *some)
        got: dict[str, Counter[tuple[str, str, str, str]]] = {str(file): Counter() for file in some}
        for line in done.stdout.splitlines():
            f = json.loads(line)
            rule = documents[Path(f["file"])]["guide_rules"].get(f["rule"], f["rule"])
            got[f["file"]][rule, f["action"], f["claim"], f["line"] if f["level"] == "line" else ""] += 1
        assert got == {str(file): expected(documents[file]) for file in some}


def test_a_policy_of_one_s_own(tmp_path: Path) -> None:
    assert edi837("policy", "new", "100", folder=tmp_path).returncode == 0
    file = next(path for path in tmp_path.rglob("100.toml"))
    assert edi837("generate", "--policy", file, "-o", tmp_path / "decks").returncode == 0
    assert any((tmp_path / "decks").glob("*.breaks.837P.edi"))
