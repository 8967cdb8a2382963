"""A patient's claims that stand apart in a file are judged as one; what an edit looks at is its own scope."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edi837 import kin
from edi837.bench import Bench
from edi837.findings import Action, Finding
from edi837.frames import Verdict
from edi837.rules import Policy, load
from edi837.seen import Seen
from edi837.terms import Terms
from tests import shorthand, snippets
from tests.snippets import FRONT, PROVIDER, SUBSCRIBER, interchange

TEXT = "Therapies are paid by the day. The second therapy carries SH. A further hour follows a visit."
TRIAL = """\
[policy]
number    = "7"
title     = "Trial"
text      = "7.txt"
effective = 2024-01-01

[codes.daily]
unit  = "day"
codes = ["S9500..S9502", "S9364"]

[[edit]]
id      = "7-A01"
title   = "One first therapy a day"
says    = "Therapies are paid by the day"
source  = "implied"
check   = "one_a_day"
codes   = "daily"
lacking = ["SH"]
scope   = "{scope}"
action  = "reject"
status  = ["A6:453", "A6:732"]
message = "{{code}} and {{other}} ({{other_line}}) on {{shared}}"
fix     = "Add SH"

[[edit]]
id      = "7-D01"
title   = "A further hour follows a visit"
says    = "A further hour follows a visit"
source  = "explicit"
check   = "requires"
codes   = ["99602"]
other   = ["99601"]
scope   = "{scope}"
action  = "reject"
status  = ["A8:736", "A8:454"]
message = "{{code}} on {{dates}} has no visit"
fix     = "Bill the visit"
"""


def trial(folder: Path, scope: str = "file") -> Policy:
    (folder / "7.txt").write_text(TEXT, "utf-8")
    (folder / "7.toml").write_text(TRIAL.format(scope=scope), "utf-8")
    return load(folder / "7.toml")


CASES = """\
[[case]]
name    = "two first therapies"
lines   = ["S9500 7 11/01-11/07", "S9364 7 11/05-11/11"]
rejects = ["7-A01 line 2"]

[[case]]
name    = "a further hour without its visit, beside therapies one after the other"
lines   = ["S9500 7 11/01-11/07", "S9364 7 11/08-11/14", "99602 1 11/03"]
rejects = ["7-D01 line 3"]

[[case]]
name  = "a further hour with its visit"
lines = ["99601 1 11/03", "99602 1 11/03"]
"""


def with_cases(folder: Path) -> Path:
    """The trial policy of a folder with cases, as a command asks for them."""
    path = folder / "7.toml"
    path.write_text(path.read_text("utf-8").replace('"7.txt"', '"7.txt"\ncases     = "7.cases.toml"'), "utf-8")
    (folder / "7.cases.toml").write_text(CASES, "utf-8")
    return path


def claim(number: str, *lines: str, frequency: str = "1") -> str:
    """A claim of lines such as ``S9500 7 20250106-20250112``, ten dollars a unit."""
    told = [line.split() for line in lines]
    text = f"CLM*{number}*{sum(10 * int(units) for _, units, _ in told)}***12:B:{frequency}*Y*A*Y*Y\n"
    text += "REF*F8*ORIGINAL1\n" if frequency in "78" else ""
    text += "HI*ABK:A419\n"
    for at, (code, units, days) in enumerate(told, 1):
        text += f"LX*{at}\nSV1*HC:{code}*{10 * int(units)}*UN*{units}***1\n"
        text += f"DTP*472*{'RD8' if '-' in days else 'D8'}*{days}\n"
    return text


def level(at: int, *claims: str, member: str = "SYN000001", name: str = "ASPEN*IRIS") -> str:
    """A subscriber with claims of his own."""
    head = SUBSCRIBER.replace("HL*2*1*", f"HL*{at}*1*").replace("SYN000001", member).replace("ASPEN*IRIS", name)
    return head + "".join(claims)


def body(*levels: str) -> str:
    return FRONT + PROVIDER + "".join(levels)


def verdicts(data: bytes, *policies: Policy, history: Path | None = None) -> dict[str, list[tuple[str, Action]]]:
    """By CLM01, what was found on the claim: rule and action."""
    reading = Terms(policies, history=history).read(io.BytesIO(data))
    told = {e.claim.id: [(f.rule, f.action) for f in e.findings] for e in reading.tell() if isinstance(e, Verdict)}
    reading.keep()
    return told


def findings(data: bytes, *policies: Policy) -> list[Finding]:
    events = Terms(policies).read(io.BytesIO(data)).tell()
    return [finding for event in events if isinstance(event, Verdict) for finding in event.findings]


WEEK, LATE = "S9500 7 20250106-20250112", "S9364 7 20250110-20250116"
VISIT, HOUR = "99601 1 20250106", "99602 1 20250106"


def test_two_levels_of_a_patient_are_one(tmp_path: Path) -> None:
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE))))
    assert verdicts(data, trial(tmp_path)) == {"C1": [], "C2": [("7-A01", "reject")]}
    (finding,) = findings(data, trial(tmp_path))
    assert "line 1 of the patient's claim 1" in finding.message
    assert finding.place.claim == "C2" and finding.place.line == "1" and finding.place.set == "0001"


@pytest.mark.parametrize("between", ["~\n\n", "~\r\n", "~ \n\t", "~"])
def test_blanks_between_segments_hide_nobody(tmp_path: Path, between: str) -> None:
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE))))
    found = verdicts(data.replace(b"~\n", b"~").replace(b"~", between.encode()), trial(tmp_path))
    assert found == {"C1": [], "C2": [("7-A01", "reject")]}


@pytest.mark.parametrize(
    ("old", "new", "same"), [("*F\n", "*U\n", True), ("IRIS", "Iris", True), ("19600606", "19600607", False)]
)
def test_whose_a_claim_is_in_a_file_and_in_the_history(tmp_path: Path, old: str, new: str, same: bool) -> None:
    """The same in both: a sex that is told otherwise makes nobody another person, a day of birth does."""
    policy, other = trial(tmp_path, "history"), level(3, claim("C2", LATE)).replace(old, new)
    data = interchange(body(level(2, claim("C1", WEEK)), other))
    assert bool(verdicts(data, policy)["C2"]) is same
    history = tmp_path / "history.db"
    verdicts(interchange(body(level(2, claim("C1", WEEK)))), policy, history=history)
    assert bool(verdicts(interchange(body(other.replace("HL*3", "HL*2"))), policy, history=history)["C2"]) is same


@pytest.mark.parametrize(("scope", "found"), [("claim", []), ("patient", []), ("file", [("7-A01", "reject")])])
def test_an_edit_looks_no_farther_than_its_scope(tmp_path: Path, scope: str, found: list[tuple[str, Action]]) -> None:
    other = trial(_made(tmp_path / "other"), "file")  # so that the claims are put together
    policy = trial(_made(tmp_path / "own"), scope)
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE))))
    assert verdicts(data, policy)["C2"] == found
    assert verdicts(data, policy, other)["C2"].count(("7-A01", "reject")) == len(found) + 1


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_later_level_may_hold_what_an_earlier_one_needs(tmp_path: Path) -> None:
    policy = trial(tmp_path)
    alone = interchange(body(level(2, claim("C1", HOUR))))
    assert verdicts(alone, policy) == {"C1": [("7-D01", "reject")]}
    for first, second in ((HOUR, VISIT), (VISIT, HOUR)):
        both = interchange(body(level(2, claim("C1", first)), level(3, claim("C2", second))))
        assert verdicts(both, policy) == {"C1": [], "C2": []}


def test_sets_and_groups_are_one_file(tmp_path: Path) -> None:
    data = interchange(body(level(2, claim("C1", HOUR))), body(level(2, claim("C2", VISIT))))
    assert verdicts(data, trial(tmp_path)) == {"C1": [], "C2": []}


def test_what_misses_is_only_doubted_when_less_was_looked_at(tmp_path: Path) -> None:
    data = interchange(body(level(2, claim("C1", HOUR, WEEK, LATE))))

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    (whole,) = Bench([trial(tmp_path)]).judge(snippets.claims(data))
    assert {(f.rule, f.action) for f in whole} == {("7-D01", "warn"), ("7-A01", "reject")}
    (missed,) = (f for f in whole if f.rule == "7-D01")
    assert "only the claims that came together were looked at" in missed.message
    assert type(kin.judge(Pipe(data), Bench([trial(tmp_path)]))) is Bench


@pytest.mark.parametrize(
    "other",
    [
        level(3, claim("C2", LATE), member="SYN000002"),
        level(3, claim("C2", LATE), name="ASPEN*IVY"),
        level(3, claim("C2", LATE)).replace("19600606", "19600607"),
        level(3, claim("C2", LATE)).replace("PAYER042", "PAYER043"),
    ],
    ids=["member", "name", "birth", "payer"],
)
def test_another_patient_or_payer_is_another(tmp_path: Path, other: str) -> None:
    data = interchange(body(level(2, claim("C1", WEEK)), other))
    assert verdicts(data, trial(tmp_path)) == {"C1": [], "C2": []}


def test_another_provider_is_another(tmp_path: Path) -> None:
    second = PROVIDER.replace("HL*1**", "HL*3**").replace("2000000010", "2000000150")
    theirs = second + level(4, claim("C2", LATE)).replace("*1*22", "*3*22")
    data = interchange(body(level(2, claim("C1", WEEK))) + theirs)
    assert verdicts(data, trial(tmp_path)) == {"C1": [], "C2": []}


def test_claims_of_a_refused_set_count_for_nothing(tmp_path: Path) -> None:
    first, second = body(level(2, claim("C1", WEEK))), body(level(2, claim("C2", LATE)))
    data = interchange(first, second)
    refused = data.replace(b"SE*24*0001", b"SE*99*0001") if b"SE*24*0001" in data else _miscounted(data)
    assert verdicts(data, trial(tmp_path))["C2"] == [("7-A01", "reject")]
    assert verdicts(refused, trial(tmp_path))["C2"] == []


def _miscounted(data: bytes) -> bytes:
    """The first set's SE01 made wrong."""
    at = data.index(b"SE*") + 3
    return data[:at] + b"9" + data[at:]


def test_a_replaced_claim_is_only_doubted(tmp_path: Path) -> None:
    again = claim("C1", LATE, frequency="7")
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, again)))
    told = [(f.rule, f.action) for f in findings(data, trial(tmp_path))]
    assert told == [("7-A01", "warn")]
    voided = body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE)), level(4, claim("C1", WEEK, frequency="8")))
    assert [(f.rule, f.action) for f in findings(interchange(voided), trial(tmp_path))] == [("7-A01", "warn")]


def test_whoever_has_too_many_claims_is_judged_level_by_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE))))
    monkeypatch.setattr(kin, "MOST", 1)
    assert verdicts(data, trial(tmp_path)) == {"C1": [], "C2": []}


def test_more_claims_than_come_together_are_one_patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi837.gate.MOST_HELD", 2)
    monkeypatch.setattr(kin, "MOST_HELD", 2)
    lines = [HOUR, "S9500 1 20250101", "S9500 1 20250102", VISIT]
    data = interchange(body(level(2, *(claim(f"C{n}", line) for n, line in enumerate(lines)))))
    assert verdicts(data, trial(tmp_path)) == {f"C{n}": [] for n in range(4)}


# ------------------------------------------------------------------ what must not matter


def _decks(seed: int) -> list[list[str]]:
    """Lines of a few patients, drawn."""
    draw = random.Random(seed)
    codes = ["S9500", "S9501", "S9364", "S9364:SH", "99601", "99602"]

    def line() -> str:
        code, first = draw.choice(codes), draw.randint(1, 20)
        days = draw.randint(1, 6) if code.startswith("S") else 1
        last = first + days - 1
        return f"{code} {days} 202501{first:02d}" + (f"-202501{last:02d}" if days > 1 else "")

    return [[line() for _ in range(draw.randint(2, 6))] for _ in range(3)]


def _sums(data: bytes, policy: Policy) -> list[tuple[str, str, str, str]]:
    """What was found, by patient and line of that patient, whatever claim it stands on."""
    told = []
    for event in Terms([policy]).read(io.BytesIO(data)).tell():
        if isinstance(event, Verdict):
            patient, first = event.claim.subscriber.id, int(event.claim.id.partition("-")[2])
            told += [(patient, f.rule, f.action, str(first + int(f.place.line))) for f in event.findings]
    return sorted(told)


def _deck(decks: Sequence[list[str]], cut: Callable[[int], list[int]]) -> bytes:
    """Each patient's lines, cut into claims of so many lines, each claim under a level of its own."""
    levels, at = [], 2
    for number, lines in enumerate(decks):
        start = 0
        for size in cut(len(lines)):
            member = f"SYN00000{number}"
            levels.append(level(at, claim(f"P{number}-{start}", *lines[start : start + size]), member=member))
            start, at = start + size, at + 1
    return interchange(body(*levels))


@pytest.mark.parametrize("seed", range(12))
def test_splitting_a_claim_changes_no_verdict(tmp_path: Path, seed: int) -> None:
    policy, decks = trial(tmp_path), _decks(seed)
    whole = _sums(_deck(decks, lambda count: [count]), policy)
    assert _sums(_deck(decks, lambda count: [1] * count), policy) == whole
    assert _sums(_deck(decks, lambda count: [count // 2, count - count // 2]), policy) == whole


def test_the_decks_break_something(tmp_path: Path) -> None:
    found = [_sums(_deck(_decks(seed), lambda count: [count]), trial(tmp_path)) for seed in range(12)]
    assert sum(map(bool, found)) > 8
    assert {rule for each in found for _, rule, *_ in each} == {"7-A01", "7-D01"}


@pytest.mark.parametrize("seed", range(12))
def test_another_patient_changes_nothing(tmp_path: Path, seed: int) -> None:
    policy, decks = trial(tmp_path), _decks(seed)
    alone = _sums(_deck(decks[:1], lambda count: [1] * count), policy)
    beside = _sums(_deck(decks, lambda count: [1] * count), policy)
    assert [each for each in beside if each[0] == "SYN000000"] == alone


# ------------------------------------------------------------------ duplicates


def test_a_duplicate_is_one_of_the_file() -> None:
    same = claim("C1", WEEK)
    data = interchange(body(level(2, same), level(3, same)), body(level(2, same)))
    reading = Terms().read(io.BytesIO(data))
    told = [[f.rule for f in event.findings] for event in reading.tell() if isinstance(event, Verdict)]
    assert told == [[], ["S4-DUPLICATE"], ["S4-DUPLICATE"]]
    other = interchange(body(level(2, same), level(3, claim("C1", WEEK.replace("S9500", "S9501")))))
    assert verdicts(other) == {"C1": []}


def test_a_duplicate_of_a_refused_claim_is_none() -> None:
    one = body(level(2, claim("C1", WEEK)))
    assert [f.rule for f in findings(interchange(one, one))] == ["S4-DUPLICATE"]
    assert findings(_miscounted(interchange(one, one))) == []


def test_a_duplicate_of_a_claim_that_goes_back_is_none() -> None:
    good = claim("C1", WEEK)
    bad = good.replace("ABK:A419", "ABK:419")
    each = [[f.rule for f in v.findings] for v in Terms().read(io.BytesIO(interchange(
        body(level(2, bad), level(3, bad), level(4, good, bad)), body(level(2, good), level(3, bad))
    ))).tell() if isinstance(v, Verdict)]  # fmt: skip
    assert each == [["S5-HI"], ["S5-HI"], [], ["S5-HI"], ["S4-DUPLICATE"], ["S5-HI"]]


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("fault", [("ABK:A419", "ABK:419"), ("HC:S9500", "HC:S9500:SH:SJ")], ids=["guide", "policy"])
def test_a_copy_of_a_line_whose_claim_goes_back_is_none(apart: bool, fault: tuple[str, str]) -> None:
    bad, *good = [claim(f"C{number}", WEEK) for number in (1, 2, 3)]
    each = [bad.replace(*fault), *good]
    both = load("042")
    levels = [level(number, one) for number, one in enumerate(each, 2)] if apart else [level(2, *each)]
    told = verdicts(interchange(body(*levels)), both)
    assert told["C1"] and not told["C2"] and told["C3"] == [("042-A08", "reject")]
    good[0] = good[0].replace(*fault)
    told = verdicts(interchange(body(level(2, bad.replace(*fault), *good))), both)
    assert "042-A08" not in [rule for rules in told.values() for rule, _ in rules]


@pytest.mark.parametrize(
    ("bad", "good", "action"),
    [
        (["S9500 8 11/01-11/07", "A4222 7 11/01-11/07"], ["S9500 7 11/01-11/07"], "warn"),
        (["S9500 14 11/01-11/07"], ["S9500 14 11/01-11/14"], "warn"),
        (["S9500 7 11/01-11/07", "S9430 7 11/01-11/07"], ["S9500 7 11/01-11/07 $1400"], "warn"),
        (["S9500 8 11/01-11/07"], ["S9500 7 11/01-11/07", "99601 1 11/03"], "warn"),
        (["S9500 8 11/01-11/07"], ["S9364 7 11/01-11/07"], "reject"),
        (["S9500 8 11/01-11/07", "99601 1 11/03"], ["S9500 7 11/01-11/07", "J0696 8 11/01-11/07"], "reject"),
        (["S9500 7 11/01-11/07"], ["S9500 7 11/01-11/07 $1400"], "reject"),
    ],
    ids=["a line dropped", "later days", "a service dropped", "a line more", "other", "lines dropped and more", "good"],
)
def test_what_corrects_a_claim_that_goes_back_is_only_doubted(bad: list[str], good: list[str], action: str) -> None:
    """Its services changed as the fix asks for: fewer of them, or more, or on other days."""
    for order in (1, -1):
        claims = shorthand.claims([*bad, "claim", *good] if order == 1 else [*good, "claim", *bad])
        first, second = load("042").judge(claims)[::order]
        assert {each.action for each in second if each.rule in ("042-A03", "042-A08")} <= {action}
        if order == 1:
            assert {each.action for each in second} == {action}
        if action == "warn":
            assert "reject" in {each.action for each in first} - {each.action for each in second}


@pytest.mark.parametrize(("day", "action"), [("11/07", "warn"), ("11/09", "reject")])
def test_what_lies_on_other_days_corrects_nothing(day: str, action: str) -> None:
    file = load("042").file
    policy = Policy(replace(file, edits=file.written))  # 042-G05d, a first visit sixty days after another, too
    claims = shorthand.claims(["S9500 8 11/01-11/07", "G0088 1 11/01", "claim", f"G0088 1 {day}"])
    assert [f.action for f in policy.judge(claims)[1] if f.rule == "042-G05d"] == [action]


@pytest.mark.parametrize("held", [1, 3, 1000])
def test_what_was_seen_is_known_in_memory_and_out_of_it(held: int) -> None:
    seen = Seen(held)
    assert [seen.add(n) for n in (1, 2, -3, 2, 2**62)] == [True, True, True, False, True]
    mark = seen.mark()
    assert seen.add(5) and seen.add(6) and 5 in seen
    seen.back(mark)
    assert 5 not in seen and 6 not in seen and 2 in seen and -3 in seen
    seen.settle()
    assert seen.mark() == 0 and not seen.add(2**62)


def test_a_set_is_taken_back_to_any_mark_whatever_lies_in_its_file() -> None:
    for seed in range(200):
        draw, known, base = random.Random(seed), list[int](), 0
        seen, marks = Seen(draw.choice((1, 2, 3, 7, 1000))), list[int]()
        for _ in range(50):
            do = draw.random()
            if do < 0.6:
                number = draw.randrange(30)
                assert seen.add(number) is (number not in known)
                known += [number] if number not in known else []
            elif do < 0.75:
                marks.append(seen.mark())
                assert marks[-1] == len(known) - base
            elif do < 0.95 and marks:
                mark = draw.choice(marks)
                marks = [each for each in marks if each <= mark]
                del known[base + mark :]
                seen.back(mark)
            elif do >= 0.97:
                seen.settle()
                base, marks = len(known), []
        assert {number for number in range(30) if number in seen} == set(known)
