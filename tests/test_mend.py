"""What would mend a slip: written as the sender would, it mends it, and says what it does to money."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edi837 import mend
from edi837.claim import Claim
from edi837.findings import Finding, Proposal
from edi837.rules import Policy, PolicyError, load
from edi837.wording import as_dict, as_text
from tests import shorthand

TEXT = "Therapies are ranked by SH and SJ. Supplies are part of the per diem. An hour follows a visit."
TRIAL = """\
[policy]
number    = "8"
title     = "Trial"
text      = "8.txt"

[codes.daily]
unit  = "day"
codes = ["S9500..S9504", "S9364"]

[[edit]]
id      = "8-A03"
title   = "One first therapy a day"
says    = "Therapies are ranked by SH and SJ"
source  = "explicit"
check   = "one_a_day"
codes   = "daily"
lacking = ["SH", "SJ"]
scope   = "file"
action  = "reject"
status  = ["A6:453"]
mend    = { rank = ["SH", "SJ"] }
message = "{code} and {other}"
fix     = "Rank them"

[[edit]]
id      = "8-A04"
title   = "One second therapy a day"
says    = "Therapies are ranked by SH and SJ"
source  = "explicit"
check   = "one_a_day"
codes   = "daily"
having  = ["SH"]
scope   = "file"
action  = "reject"
status  = ["A8:453"]
mend    = { swap = ["SH", "SJ"] }
message = "{code} and {other}"
fix     = "Write SJ"

[[edit]]
id      = "8-C01"
title   = "Supplies are in the per diem"
says    = "Supplies are part of the per diem"
source  = "explicit"
check   = "not_with"
codes   = ["A4222"]
other   = "daily"
scope   = "file"
action  = "reject"
status  = ["A8:735"]
mend    = { out = true }
message = "{code} and {other}"
fix     = "Take it out"

[[edit]]
id      = "8-D01"
title   = "An hour follows a visit"
says    = "An hour follows a visit"
source  = "explicit"
check   = "requires"
codes   = ["99602"]
other   = ["99601"]
scope   = "patient"
action  = "reject"
status  = ["A8:736"]
mend    = { line = "99601" }
message = "{code} alone"
fix     = "Bill the visit"
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return made(tmp_path, TRIAL)


def made(folder: Path, text: str) -> Policy:
    (folder / "8.txt").write_text(TEXT, "utf-8")
    (folder / "8.toml").write_text(text, "utf-8")
    return load(folder / "8.toml")


def proposals(policy: Policy, *lines: str, kind: str = "P") -> list[Proposal | None]:
    (found,) = policy.judge(shorthand.claims(lines, kind))
    return [each.proposal for each in found]


PAID = "what is paid for the line changes with its rank"


def test_a_first_therapy_too_many_takes_the_next_rank(policy: Policy) -> None:
    week = "7 11/01-11/07"
    assert proposals(policy, f"S9500 {week}", f"S9364 {week}") == [Proposal("2", "SV101", "HC:S9364:SH", PAID)]
    second = proposals(policy, f"S9500 {week}", f"S9364 {week}", kind="I")
    assert second == [Proposal("2", "SV202", "HC:S9364:SH", PAID)]
    ranked = proposals(policy, f"S9500 {week}", f"S9364 {week}", f"S9502 {week}", f"S9503 {week}")
    assert [each and each.value for each in ranked] == ["HC:S9364:SH", "HC:S9502:SJ", "HC:S9503:SJ"]
    (taken,) = proposals(policy, f"S9500 {week}", f"S9364:SH {week}", f"S9502:SS {week}")
    assert taken and taken.value == "HC:S9502:SS:SJ"
    elsewhere = proposals(policy, "S9500 7 11/01-11/07", "S9364:SH 7 11/08-11/14", "S9502 3 11/05-11/07")
    assert [each and each.value for each in elsewhere] == ["HC:S9502:SH"]


def test_a_rank_is_that_of_each_day_of_the_line(policy: Policy) -> None:
    """Lines that do not meet each other are one therapy to a line that meets both."""
    weeks = ["S9500 7 11/01-11/07", "S9500 7 11/08-11/14"]
    (fortnight,) = proposals(policy, *weeks, "S9364 14 11/01-11/14")
    assert fortnight and fortnight.value == "HC:S9364:SH"
    third = proposals(policy, *weeks, "S9502:SH 14 11/01-11/14", "S9364 14 11/01-11/14")
    assert [each and each.value for each in third] == ["HC:S9364:SJ"]
    daily = [f"S9500 1 11/{day:02d}" for day in range(1, 8)]
    (week,) = proposals(policy, *daily, "S9364 7 11/01-11/07")
    assert week and week.value == "HC:S9364:SH"


def fixes(policy: Policy, *lines: str) -> list[tuple[str, bool]]:
    (found,) = policy.judge(shorthand.claims(lines))
    return [(each.fix, each.proposal is None) for each in found if each.rejects]


@pytest.mark.parametrize(
    "lines",
    [
        ["S9500 4 11/01-11/04", "S9502 4 11/04-11/07"],  # a switch of therapies
        ["S9500 7 11/08-11/14", "S9502 14 11/01-11/14"],
        ["S9500 5 11/01-11/05", "S9500 5 11/08-11/12", "S9502 12 11/01-11/12"],  # there is a gap
        ["S9500 14 11/01-11/14", "S9364:SH 7 11/01-11/07", "S9502 14 11/01-11/14"],  # SJ, and then SH
        ["S9500 7 11/01-11/07", "S9364:SH 7 11/01-11/07", "S9502:SH 14 11/01-11/14"],  # two second ones of a week
    ],
)
def test_a_line_that_is_wrong_on_some_of_its_days_is_split_first(policy: Policy, lines: list[str]) -> None:
    told = fixes(policy, *lines)
    assert told and all(none and fix.endswith(f"; {mend.PARTLY}") for fix, none in told)
    assert "split" in mend.PARTLY


CARE = TRIAL.replace('codes   = ["A4222"]', 'codes   = ["S5502"]').replace(
    'codes = ["S9500..S9504", "S9364"]\n',
    'codes = ["S9500..S9504", "S9364"]\n\n[codes.care]\nunit  = "day"\ncodes = ["S5502"]\n',
)


def test_a_line_is_taken_out_whole_or_not_at_all(tmp_path: Path) -> None:
    care = made(tmp_path, CARE)
    assert fixes(care, "S9500 7 11/01-11/07", "S5502 7 11/07-11/13") == [(f"Take it out; {mend.PARTLY}", True)]
    assert fixes(care, "S9500 7 11/01-11/07", "S5502 7 11/01-11/07") == [("Take it out", False)]
    weeks = ["S9500 7 11/01-11/07", "S9500 7 11/08-11/14"]
    assert fixes(care, *weeks, "S5502 14 11/01-11/14") == [("Take it out", False)]
    assert fixes(care, *weeks, "S5502 15 11/01-11/15") == [(f"Take it out; {mend.PARTLY}", True)]
    assert fixes(care, "S9500 5 11/01-11/07", "S5502 7 11/01-11/07") == [("Take it out", True)], "who knows which days"


def test_one_code_twice_is_a_matter_of_dates_first(tmp_path: Path) -> None:
    text = TRIAL.replace('fix     = "Rank them"', 'fix     = "Rank them"\nfix_same = "Correct the dates, or rank them"')
    both = made(tmp_path, text)
    assert fixes(both, "S9500 7 11/01-11/07", "S9500 8 11/07-11/14") == [("Correct the dates, or rank them", True)]
    assert fixes(both, "S9500 7 11/01-11/07", "S9500 7 11/01-11/07 $9") == [("Correct the dates, or rank them", True)]
    assert fixes(both, "S9500 7 11/01-11/07", "S9501 7 11/01-11/07") == [("Rank them", False)]
    assert fixes(made(tmp_path, TRIAL), "S9500 7 11/01-11/07", "S9500 7 11/01-11/07") == [("Rank them", True)]


def test_a_second_therapy_of_one_code_is_a_matter_of_dates_first(tmp_path: Path) -> None:
    text = TRIAL.replace('fix     = "Write SJ"', 'fix     = "Write SJ"\nfix_same = "Correct the dates, or write SJ"')
    both = made(tmp_path, text)
    week = "7 11/01-11/07"
    same = fixes(both, f"S9500 {week}", f"S9364:SH {week}", "S9364:SH 8 11/07-11/14")
    assert same == [("Correct the dates, or write SJ", True)]
    assert fixes(both, f"S9500 {week}", f"S9364:SH {week}", f"S9502:SH {week}") == [("Write SJ", False)]
    shipped = next(edit for edit in load("042").edits if edit.id == "042-A04")
    assert shipped.fix_same.startswith("Correct the dates") and "SJ" in shipped.fix_same


def test_what_is_billed_by_the_day_for_more_days_than_it_has_is_not_taken_out() -> None:
    """Who knows which days the rest of a month's kits are for?"""
    home, week = load("042"), "S9342 7 11/01-11/07"
    for kit, proposed in (("B4035 30 11/01", False), ("B4035 1 11/01", True), ("B4035 8 11/01-11/07", False),
                          ("B4035 7 11/01-11/07", True), ("S9810 2 11/01", True)):  # fmt: skip
        (line,) = proposals(home, week, kit)
        assert bool(line) == proposed, kit


def test_where_days_were_not_all_used_no_rank_is_proposed(policy: Policy) -> None:
    assert fixes(policy, "S9500 5 11/01-11/07", "S9364 7 11/01-11/07") == [("Rank them", True)]
    assert fixes(policy, "S9500 7 11/01-11/07", "S9364 5 11/01-11/07") == [("Rank them", False)]
    second = ["S9500 7 11/01-11/07", "S9364:SH 5 11/01-11/07", "S9501:SH 7 11/01-11/07"]
    assert fixes(policy, *second) == [("Write SJ", True)]


def test_beside_a_therapy_that_may_need_no_rank_none_is_proposed(tmp_path: Path) -> None:
    week = "7 11/01-11/07"
    sure = made(tmp_path, TRIAL.replace('fix     = "Rank them"', 'surely  = ["S9500..S9504"]\nfix     = "Rank them"'))
    assert fixes(sure, f"S9500 {week}", f"S9502 {week}") == [("Rank them", False)]
    assert fixes(sure, f"S9364 {week}", f"S9500 {week}", f"S9502 {week}") == [("Rank them", True)]
    assert fixes(sure, "S9364 7 11/08-11/14", f"S9500 {week}", f"S9502 {week}") == [("Rank them", False)]


@pytest.mark.parametrize("free", ["S9500 7 11/01-11/07 $0", "S9500:GY 7 11/01-11/07", "S9500:GZ 1 11/07"])
def test_beside_a_therapy_that_nobody_is_asked_to_pay_no_rank_is_proposed(free: str) -> None:
    """Whether it is the first, so that the third of all is the second of those that are paid, who knows."""
    home, second, third = load("042"), "S9365 7 11/01-11/07", "S9348 7 11/01-11/07"
    (clean,) = proposals(home, second, third)
    assert clean and clean.value == "HC:S9348:SH"
    assert not any(proposals(home, free, second, third))
    apart = proposals(home, free.replace("11/01-11/07", "11/08-11/14").replace("11/07", "11/08"), second, third)
    assert [each and each.value for each in apart] == ["HC:S9348:SH"]
    seconds = ["S9500 7 11/01-11/07", second.replace("S9365", "S9365:SH"), third.replace("S9348", "S9348:SH")]
    assert [each and each.value for each in proposals(home, *seconds)] == ["HC:S9348:SJ"]
    rest = free.replace("S9500:", "S9338:SH:").replace("S9500 ", "S9338:SH ")
    assert not any(proposals(home, rest, *seconds))


def test_of_two_second_therapies_without_a_first_none_becomes_the_third(policy: Policy) -> None:
    """One of them may be the first; where there is one on some of their days, the line is split."""
    week = "7 11/01-11/07"
    assert fixes(policy, f"S9500:SH {week}", f"S9364:SH {week}") == [("Write SJ", True)]
    assert fixes(policy, "S9502 7 11/08-11/14", f"S9500:SH {week}", f"S9364:SH {week}") == [("Write SJ", True)]
    some = fixes(policy, "S9502 3 11/05-11/07", f"S9500:SH {week}", f"S9364:SH {week}")
    assert some == [(f"Write SJ; {mend.PARTLY}", True)]
    assert fixes(policy, f"S9502 {week}", f"S9500:SH {week}", f"S9364:SH {week}") == [("Write SJ", False)]


def test_a_copy_goes_out_however_many_units_it_has() -> None:
    """It is for the days of the other; what is at no charge changes no CLM02."""
    home, copy = load("042"), "S9500 7 11/01"
    (judged,) = home.judge(shorthand.claims(["claim statement 11/01-11/30", copy, copy], "I"))
    assert [(f.rule, f.action) for f in judged] == [("042-B01", "warn"), ("042-A08", "reject"), ("042-B01", "warn")]
    assert judged[1].proposal == Proposal("2", "LX", "", "CLM02 goes down by 700.00")
    free = "S9500 7 11/01-11/07 $0"
    assert proposals(home, free, free) == [Proposal("2", "LX", "", "")]


def test_a_line_goes_out_for_those_it_surely_belongs_to(tmp_path: Path) -> None:
    sure = made(tmp_path, CARE.replace('fix     = "Take it out"', 'surely  = ["S9500"]\nfix     = "Take it out"'))
    some, rest, care = "S9500 3 11/01-11/03", "S9364 4 11/04-11/07", "S5502 7 11/01-11/07"
    assert fixes(sure, some, rest, care) == [(f"Take it out; {mend.PARTLY}", True)]
    assert fixes(sure, some, rest.replace("S9364", "S9500"), care) == [("Take it out", False)]


def test_in_a_crowd_no_rank_is_proposed(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["S9500 7 11/01-11/07", "S9364:SH 7 11/01-11/07", "S9502 7 11/01-11/07"]
    monkeypatch.setattr(mend, "_CROWD", 2)
    assert [each and each.value for each in proposals(policy, *lines)] == ["HC:S9502:SJ"]
    monkeypatch.setattr(mend, "_CROWD", 1)
    assert proposals(policy, *lines) == [None]


def test_no_rank_is_proposed_where_no_modifier_fits_or_the_breach_is_only_possible(policy: Policy) -> None:
    assert proposals(policy, "S9500 7 11/01-11/07", "S9364:AA:BB:CC:DD 7 11/01-11/07") == [None]
    assert proposals(policy, "S9500 2 11/01-11/14", "S9364 5 11/08-11/14") == [None]


def test_a_second_second_therapy_is_a_third(policy: Policy) -> None:
    week = "7 11/01-11/07"
    found = proposals(policy, f"S9500 {week}", f"S9364:SH:SS {week}", f"S9502:SS:SH {week}")
    assert found == [Proposal("3", "SV101", "HC:S9502:SS:SJ", PAID)]


def test_what_goes_or_comes_says_what_it_does_to_the_charge(policy: Policy) -> None:
    (out,) = proposals(policy, "S9500 7 11/01-11/07", "A4222 7 11/01-11/07 $245.50")
    assert out == Proposal("2", "LX", "", "CLM02 goes down by 245.50")
    (line,) = proposals(policy, "99602 2 11/03")
    assert line and (line.line, line.element, line.value) == ("", "SV101", "HC:99601, DTP03 20241103")
    assert "if it was given" in line.money and "goes up" in line.money


def test_once(tmp_path: Path) -> None:
    text = TRIAL.replace("mend    = { swap = [\"SH\", \"SJ\"] }", "mend    = { once = true }")
    found = proposals(made(tmp_path, text), "S9500:SH 7 11/01-11/07", "S9364:SH:SS:SH 7 11/01-11/07")
    assert found == [Proposal("2", "SV101", "HC:S9364:SH:SS", "")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('{ ranks = ["SH", "SJ"] }', "mend is a table of one key, rank, swap, once, out, line"),
        ('"out"', "mend is a table of one key"),
        ("{ rank = true }", "mend: rank is a list of modifiers"),
        ('{ swap = ["SH", "SJ", "SS"] }', "mend: swap is a list of modifiers"),
        ("{ out = false }", "mend: out is true"),
        ("{ line = 99601 }", "mend: line is a code"),
    ],
)
def test_faults(tmp_path: Path, wrong: str, said: str) -> None:
    text = TRIAL.replace('{ rank = ["SH", "SJ"] }', wrong)
    with pytest.raises(PolicyError) as caught:
        made(tmp_path, text)
    assert any(f"8-A03: {said}" in problem for problem in caught.value.problems), caught.value.problems


def test_a_proposal_is_told() -> None:
    finding = Finding("8-A03", "reject", "line", "x", proposal=Proposal("2", "SV101", "HC:S9364:SH", PAID))
    assert as_text(finding, "a.edi").endswith(f"\n    write: SV101 of line 2: HC:S9364:SH ({PAID})")
    assert as_dict(finding, "a.edi")["proposal"] == {
        "line": "2", "element": "SV101", "value": "HC:S9364:SH", "money": PAID,
    }  # fmt: skip
    assert str(Proposal("3", "LX", "", "less")) == "take line 3 out (less)"


# ------------------------------------------------------------------ what is proposed mends


def mended(claims: Sequence[Claim], found: Sequence[Sequence[Finding]]) -> list[Claim]:
    """The claims with every proposal carried out."""
    after = []
    for claim, findings in zip(claims, found, strict=True):
        lines = {line.number: line for line in claim.lines}
        for proposal in (f.proposal for f in findings if f.proposal):
            if not proposal.value:
                lines.pop(proposal.line, None)
            elif proposal.line:
                line = lines[proposal.line]
                lines[proposal.line] = replace(line, modifiers=tuple(proposal.value.split(":")[2:]))
            else:
                code, day = proposal.value.removeprefix("HC:").split(", DTP03 ")
                first, _, last = day.partition("-")
                days = [shorthand.day(f"{each[4:6]}/{each[6:]}/{each[:4]}") for each in (first, last or first)]
                (new,) = shorthand.claims([f"{code} 1 11/01"], claim.kind)[0].lines
                lines[f"new {day}"] = replace(new, number=f"9{len(lines)}", first=days[0], last=days[1])
        after.append(replace(claim, lines=tuple(lines.values())))
    return after


def _drawn(seed: int) -> list[Claim]:
    draw = random.Random(seed)
    spans = [("7", "11/01-11/07"), ("3", "11/05-11/07"), ("7", "11/08-11/14"), ("14", "11/01-11/14")]
    lines = []
    for _ in range(draw.randint(2, 5)):
        units, days = draw.choice(spans)
        lines.append(f"{draw.choice(['S9500', 'S9501', 'S9364'])}{draw.choice(['', '', ':SH'])} {units} {days}")
    lines += draw.sample([f"A4222 1 11/{draw.randint(1, 14):02d}", "99602 1 11/03"], draw.randint(0, 2))
    return shorthand.claims(lines)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_proposed_mends_the_claim(policy: Policy, seed: int) -> None:
    claims = _drawn(seed)
    lines = [f"{each.procedure} {each.first} {each.last}" for each in claims[0].lines]
    for _ in range(6):  # a rank given to one line may be the one that another has: each round settles at least one
        (found,) = policy.judge(claims)
        if not any(f.proposal for f in found):
            break
        claims = mended(claims, [found])
    else:
        pytest.fail(f"not mended: {lines}")
    left = [f for f in found if f.rejects]
    assert all(
        f.fix.endswith(mend.PARTLY) or _same_code(f, claims[0]) or _no_first(f, claims[0]) for f in left
    ), (lines, left)


def _same_code(finding: Finding, claim: Claim) -> bool:
    """Whether it is about two lines of one code, whose dates or ranks only the sender knows."""
    codes = {line.number: line.procedure for line in claim.lines}
    return finding.other is not None and codes[finding.place.line] == codes[finding.other.line]


def _no_first(finding: Finding, claim: Claim) -> bool:
    """Whether it is about two second therapies, and no first one is billed for any of their days."""
    (line,) = (each for each in claim.lines if each.number == finding.place.line)
    firsts = [each for each in claim.lines if each.procedure.startswith("S9") and "SH" not in each.modifiers]
    days = {each.first + timedelta(n) for each in firsts if each.first for n in range(each.days)}
    assert line.first and line.last
    return "SH" in line.modifiers and not any(line.first <= day <= line.last for day in days)


def test_most_of_what_is_drawn_is_mended(policy: Policy) -> None:
    """Else the test before says little."""
    proposed = partly = 0
    for seed in range(40):
        for f in (f for each in policy.judge(_drawn(seed)) for f in each if f.rejects):
            proposed += f.proposal is not None
            partly += f.fix.endswith(mend.PARTLY)
    assert proposed > 40 and partly > 10
