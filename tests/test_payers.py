"""Payers that contradict each other: the same lines, in one file, judged by each of them; and what that costs."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from click.testing import CliRunner

from edi837 import cli, config, sample, trial
from edi837.acks import Acknowledgements
from edi837.bench import Bench
from edi837.claim import Claim
from edi837.frames import Event, Verdict
from edi837.rules import Policy, load, locate, names
from edi837.scope import EVERYONE
from edi837.shorthand import told
from edi837.terms import Terms
from tests import shorthand

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "docs" / "settings.example.toml"
PAYERS = {  # payer id: its policy; PAYER has no route, and is judged by the default
    "ILLND": "nd-hit", "ILLHP": "hp-hit", "ILLID": "id-hit", "ILLNC": "nc-hit", "ILLMI": "mi-hit",
    "ILLMT": "mt-hit", "ILLNE": "ne-hit", "ILLHI": "hi-hit", "PAYER": "042",
}  # fmt: skip
ILLUSTRATIONS = sorted(set(PAYERS.values()) - {"042"})
DAYS = [f"S9500 1 11/{day:02d}" for day in range(1, 11)]

# The claim, its lines, the guide, and what becomes of it at each payer where it is not simply accepted.
# The words are those of a case: "rejects A03", "warns A01".
SAME_LINES: list[tuple[str, str, list[str], str, dict[str, str]]] = [
    ("a month on one line", "claim auth PA1", ["S9500 30 11/01-11/30"], "P", {"ILLHP": "warns A01"}),
    ("ten days, a line each", "claim auth PA1", DAYS, "P", {"ILLID": "rejects A02"}),
    ("two weeks over the end of a month", "claim auth PA1", ["S9500 14 11/24-12/07"], "P",
     {"ILLND": "rejects A03", "ILLHP": "warns A01"}),
    ("a visit by a practical nurse", "claim auth PA1", ["S9500 1 11/04", "99601 1 11/04 by=164W00000X"], "P",
     {"ILLMI": "rejects A01", "PAYER": "rejects D04", "ILLNE": "rejects A01"}),
    ("the infusion suite", "claim auth PA1 @49", ["S9359:SS 1 11/04"], "P", {"ILLMT": "rejects A01 A02"}),
    ("pump supplies beside the per diem", "claim auth PA1", ["S9326 1 11/04", "A4222 1 11/04"], "P",
     {"ILLND": "rejects B01", "ILLNC": "rejects B01", "ILLMT": "rejects B01", "PAYER": "rejects C01"}),
    ("a port needle beside the per diem", "claim auth PA1", ["S9326 1 11/04", "A4212 1 11/04"], "P",
     {"ILLND": "rejects B01", "ILLNC": "rejects B01", "ILLMT": "rejects B01", "ILLNE": "rejects B01",
      "PAYER": "rejects C01"}),
    ("formula beside nutrition by vein", "claim auth PA1", ["S9364 1 11/04", "B4189 1 11/04"], "P",
     {"ILLMT": "warns B06"}),
    ("nutrition by vein without a number", "claim", ["S9364 1 11/04", "B4189 1 11/04"], "P",
     {"ILLMT": "warns B06", "ILLHI": "rejects A01", "ILLID": "rejects A01"}),
    ("an antibiotic without a number", "claim", ["S9500 1 11/04"], "P", {"ILLID": "rejects A01"}),
    ("an institutional claim", "claim auth PA1", ["S9500 7 11/01-11/07"], "I",
     {"ILLND": "rejects A01", "ILLID": "rejects A03"}),
    ("an agency's visit, institutional", "claim auth PA1 bill 341 taxonomy 251E00000X", ["99601 1 11/04"], "I",
     {"ILLND": "rejects A01", "ILLID": "rejects A03"}),
    ("an agency's visit, professional", "claim auth PA1 taxonomy 251E00000X", ["99601 1 11/04"], "P",
     {"ILLNE": "rejects A01"}),
    ("an inhaled drug", "claim auth PA1", ["S9061 1 11/04"], "P", {"ILLNC": "rejects C01"}),
    ("a second therapy with SH alone", "claim auth PA1", ["S9500 1 11/04", "S9364:SH 1 11/04"], "P",
     {"ILLNC": "warns A01"}),
    ("five hours of nursing on a day", "claim auth PA1 taxonomy 251E00000X", ["99601 1 11/04", "99602 3 11/04"], "P",
     {"ILLMI": "rejects B02", "ILLNE": "rejects A01"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def terms() -> Terms:
    settings = config.read(SETTINGS)
    assert settings.policies is not None
    return Terms(settings.policies, settings.routes)


def file_of(claim: str, lines: list[str], kind: str, payers: Sequence[str] = tuple(PAYERS)) -> bytes:
    """One interchange in which each payer has a claim with these lines."""
    texts = [text for payer in payers for text in (f"{claim} payer {payer}", *lines)]
    return sample.interchange(told(texts), kind).encode("latin-1")


def said(verdict: Verdict, policy: str) -> str:
    """What the payer's own policy found: "rejects A01 A02"."""
    ours = [finding for finding in verdict.findings if finding.rule.startswith(f"{policy}-")]
    assert ours == list(verdict.findings), "nothing but the payer's policy has anything to say"
    weight = "rejects" if any(f.rejects for f in ours) else "warns" if ours else ""
    return " ".join([weight, *sorted({f.rule.removeprefix(f"{policy}-") for f in ours})]).strip()


def rejected(events: Sequence[Event]) -> set[str]:
    """The claims that the 277CA rejects."""
    acks = Acknowledgements(datetime(2026, 1, 15, 9, 30), 1)
    for event in events:
        acks.take(event)
    return {claim for (claim, _), composites in trial.answers(acks.finish()["277ca"].read()).items() if composites}


@pytest.mark.parametrize(("name", "claim", "lines", "kind", "expected"), SAME_LINES, ids=[row[0] for row in SAME_LINES])
def test_the_same_lines_by_each_payer(
    terms: Terms, name: str, claim: str, lines: list[str], kind: str, expected: dict[str, str]
) -> None:
    events = list(terms.read(io.BytesIO(file_of(claim, lines, kind))).tell())
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert [verdict.claim.payer.id for verdict in verdicts] == list(PAYERS)
    found = {each.claim.payer.id: said(each, PAYERS[each.claim.payer.id]) for each in verdicts}
    assert {payer: words for payer, words in found.items() if words} == expected
    back = {verdict.claim.id for verdict in verdicts if expected.get(verdict.claim.payer.id, "").startswith("rejects")}
    assert rejected(events) == back, "what is rejected in words is rejected on the 277CA, and nothing else"


def test_every_illustration_is_contradicted_by_another() -> None:
    """Each finds fault with lines that some other payer takes, and takes lines that another finds fault with."""
    for payer in PAYERS:
        assert any(payer in expected and len(expected) < len(PAYERS) for *_, expected in SAME_LINES)
        assert any(expected and payer not in expected for *_, expected in SAME_LINES)


def test_strictly_the_range_goes_back() -> None:
    strict = Terms([load("hp-hit-strict")])
    data = file_of("claim auth PA1", ["S9500 30 11/01-11/30"], "P", ["ILLHP", "ILLND"])
    verdicts = [event for event in strict.read(io.BytesIO(data)).tell() if isinstance(event, Verdict)]
    assert [[(f.rule, f.action) for f in each.findings] for each in verdicts] == [[("hp-hit-A01", "reject")], []]


def test_one_patient_with_two_payers_is_judged_by_each_alone(terms: Terms) -> None:
    """A line that shares a day with another payer's line is none of this payer's business."""
    texts = ["claim payer ILLMT auth PA1", "S9326 7 11/01-11/07", "claim payer ILLNE auth PA1", "A4222 7 11/01-11/07",
             "claim payer ILLMT auth PA1", "A4222 7 11/08-11/14"]  # fmt: skip
    events = terms.read(io.BytesIO(sample.interchange(told(texts), "P").encode("latin-1"))).tell()
    assert [list(event.findings) for event in events if isinstance(event, Verdict)] == [[], [], []]


# ---------------------------------------------------------------- that they are illustrations


@pytest.mark.parametrize("number", ILLUSTRATIONS)
def test_an_illustration_says_that_it_is_one(number: str) -> None:
    path, _ = locate(number)
    shipped = load(number)
    assert path.read_text("utf-8").startswith("# Illustration: ")
    assert "# This is not the payer's product, nor approved by it" in path.read_text("utf-8").split("[policy]")[0]
    assert shipped.text.startswith("ILLUSTRATION, NOT A POLICY OF THE PAYER\n")
    assert shipped.title.startswith("Illustration: ")
    assert "not the payer's product" in path.with_suffix(".cases.toml").read_text("utf-8").splitlines()[1]
    (payer,) = shipped.scope.payers
    assert payer.startswith("ILL") and PAYERS[payer] == number
    written, waiting = shipped.file.written, shipped.file.waiting
    for source, rests_on in [(e.source, e.rests_on) for e in written] + [(e.source, e.rests_on) for e in waiting]:
        assert source == "external"
        assert re.search(r"\b20\d\d\b|a page without a date", rests_on), rests_on


def test_every_shipped_policy_is_042_or_an_illustration() -> None:
    assert {load(name).number for name in names()} == {"042", *ILLUSTRATIONS}
    listed = CliRunner().invoke(cli.main, ["policy", "list"]).stdout
    for row in listed.splitlines():
        assert row.startswith("042") or "Illustration: " in row, row


@pytest.mark.parametrize("number", ILLUSTRATIONS)
def test_an_illustration_is_loaded_by_its_name(number: str, tmp_path: Path) -> None:
    payer = next(payer for payer, policy in PAYERS.items() if policy == number)
    file = tmp_path / "claims.edi"
    file.write_bytes(file_of("claim", ["S9364 35 11/01-12/04", "99602:TE 9 11/04", "A4223 1 11/04"], "P", [payer]))
    done = CliRunner().invoke(cli.main, ["check", "--policy", number, "--format", "jsonl", str(file)])
    assert f'"{number}-' in done.stdout


def test_the_example_settings_judge_a_file(tmp_path: Path) -> None:
    file = tmp_path / "claims.edi"
    file.write_bytes(file_of("claim auth PA1", ["S9326 1 11/04", "A4222 1 11/04"], "P"))
    command = ["ack", "--config", str(SETTINGS), "--stdout", "277ca", "--now", "2026-01-15", str(file)]
    done = CliRunner().invoke(cli.main, command)
    segments = done.stdout.replace("\n", "").split("~")
    assert segments.count("STC*A3:21**U*******A3:454") == 4, "sent instead of A8:735, as the settings say"
    assert sum(segment.startswith("STC*A2:20") for segment in segments) == len(PAYERS) - 4


# ---------------------------------------------------------------- what it costs

MOST = 1.25  # times the cost of the one policy that is for the claim
CLEAN = ["S9500 30 11/01-11/30", "99601 1 11/04", "99602 1 11/04", "J0696 240 11/01-11/30 ndc=99999010101:60ML",
         "S9364:SH 30 11/01-11/30"]  # fmt: skip
BROKEN = ["S9500 35 11/01-12/05", "A4222 1 11/04", "99601 1 11/04"]
SIX = ("nd-hit", "id-hit", "nc-hit", "mt-hit", "ne-hit", "hi-hit")


@pytest.fixture(scope="module")
def policies() -> list[Policy]:
    return [load(name) for name in SIX]


def patients(payer: str) -> list[list[Claim]]:
    """Patients with a claim or two each."""
    clean = [shorthand.claims([f"claim payer {payer}", *CLEAN, f"claim payer {payer}", *CLEAN[1:]]) for _ in range(150)]
    return clean + [shorthand.claims([f"claim payer {payer}", *BROKEN]) for _ in range(10)]


def ratio(one: Bench, many: Bench, times: int = 7) -> float:
    """How much longer many policies take than one: medians of processor time, measured in turns."""
    everyone = patients("ILLND")

    def seconds(bench: Bench) -> float:
        start = process_time()
        for claims in everyone:
            bench.judge(claims)
        return process_time() - start

    for bench in (one, many):
        seconds(bench)  # its sieve has seen the kinds of line
    pairs = [(seconds(one), seconds(many)) for _ in range(times)]
    return median(many for _, many in pairs) / median(one for one, _ in pairs)


def settled(one: Bench, many: Bench) -> float:
    """The ratio, measured again if it is too high: a busy machine slows one of the two, and seldom twice."""
    found = [ratio(one, many)]
    while found[-1] > MOST and len(found) < 3:
        found.append(ratio(one, many))
    return found[-1]


def test_six_routes_cost_no_more_than_one(policies: list[Policy]) -> None:
    mine = policies[0]
    one = Bench([], routes={"ILLND": [mine]})
    six = Bench([], routes={payer: [policy] for policy in policies for payer in policy.scope.payers})
    assert [p.name for p in six.policies("ILLND")] == ["nd-hit"] and len(six.names) == 6
    assert settled(one, six) <= MOST


def test_six_policies_for_every_payer_cost_no_more_than_the_one_that_is_for_it(policies: list[Policy]) -> None:
    one, six = Bench(policies[:1]), Bench(policies)
    assert settled(one, six) <= MOST
    broken = shorthand.claims(["claim payer ILLND", *BROKEN])
    assert one.judge(broken) == six.judge(broken) and any(one.judge(broken))


def test_the_measure_sees_a_policy_too_many(policies: list[Policy]) -> None:
    """Five policies that are for every payer are asked, and that is seen."""
    open_to_all = [Policy(replace(policy.file, scope=EVERYONE)) for policy in policies]
    assert ratio(Bench(policies[:1]), Bench(open_to_all), times=3) > MOST
