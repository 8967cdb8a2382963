"""The day arithmetic against brute force, each check alone, and what a policy makes of their answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi837 import editwords, overlap
from edi837.checks import CHECKS, Answer, Breaks, Lines, Unknown, conflicts, crowds, vocabulary
from edi837.edit import Edit
from edi837.overlap import Span
from edi837.rules import load
from tests import shorthand

# ---------------------------------------------------------------- day arithmetic

days = st.integers(1, 9)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = sorted((draw(days), draw(days)))
    return Span(first, last, draw(st.integers(0, last - first + 1)))


def _layouts(span: Span) -> list[set[int]]:
    """Every way the used days can lie in the span."""
    return [set(each) for each in combinations(range(span.first, span.last + 1), span.used)]


@given(spans(), spans())
def test_certain_means_that_every_layout_shares_a_day(a: Span, b: Span) -> None:
    shared = all(one & other for one in _layouts(a) for other in _layouts(b))
    assert overlap.certain(a, b) == shared
    assert overlap.certain(b, a) == shared


ranges = st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=5)


def _set(pairs: list[tuple[int, int]]) -> set[int]:
    return {day for low, high in pairs for day in range(low, high + 1)}


@given(ranges, ranges, spans())
def test_days_are_sets_of_days(a: list[tuple[int, int]], b: list[tuple[int, int]], span: Span) -> None:
    union, other = overlap.union(a), overlap.union(b)
    whole = set(range(span.first, span.last + 1))
    assert _set(union) == _set(a)
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(union))
    assert _set(overlap.common(union, other)) == _set(a) & _set(b)
    assert _set(overlap.within(union, span.first, span.last)) == _set(a) & whole
    assert _set(overlap.outside(union, span.first, span.last)) == whole - _set(a)


@given(ranges, spans())
def test_orphan_means_that_no_layout_lies_within_the_days(a: list[tuple[int, int]], span: Span) -> None:
    assert overlap.orphan(span, overlap.union(a)) == (not any(used <= _set(a) for used in _layouts(span)))


# ---------------------------------------------------------------- checks alone

CODES = frozenset({"S9500", "S9364", "S9348"})


def _ask(check: str, lines: list[str], daily: frozenset[str] = CODES, **words: object) -> list[str]:
    """The answers of a check, as ``breaks 2``, ``doubts 2``, ``unknown 2``."""
    claims = shorthand.claims(lines)
    seen = Lines(claims, [line for claim in claims for line in claim.lines], (), daily)
    said = []
    for answer in CHECKS[check].run(seen, **words):
        kind = "unknown" if isinstance(answer, Unknown) else "breaks" if answer.certain else "doubts"
        said.append(f"{kind} {answer.line.number}")
    return said


def test_one_a_day() -> None:
    two = ["S9500 7 11/01-11/07", "S9364 7 11/07-11/13"]
    assert _ask("one_a_day", two, codes=CODES) == ["breaks 2"]
    assert _ask("one_a_day", two, daily=frozenset(), codes=CODES) == ["doubts 2"]
    assert _ask("one_a_day", two, codes=CODES, having=frozenset({"SH"})) == []
    assert _ask("one_a_day", ["S9500:SH 7 11/01-11/07", two[1]], codes=CODES, lacking=frozenset({"SH"})) == []
    assert _ask("one_a_day", [two[0], "S9364 7 11/08-11/14"], codes=CODES) == []


def test_modifiers_are_said_once_a_line() -> None:
    words = {"codes": CODES, "modifiers": frozenset({"SH", "SJ"})}
    assert _ask("not_both", ["S9500:SH:SH 1 11/01"], **words) == []
    assert _ask("not_both", ["S9500:SJ:SH 1 11/01"], **words) == ["breaks 1"]
    assert _ask("modifier_only_on", ["99601:SH:SJ 1 11/01"], **words) == ["breaks 1"]


def test_units_that_do_not_count_days_prove_no_day() -> None:
    apart = "S9364 7 11/05-11/11"
    assert _ask("one_a_day", ["S9500 7 11/01-11/07", apart], codes=CODES) == ["breaks 2"]
    assert _ask("one_a_day", ["S9500 0.5 11/01-11/05", apart], codes=CODES) == ["doubts 2"]
    assert _ask("one_a_day", ["S9500 7 11/01-11/07 MJ", apart], codes=CODES) == ["doubts 2"]
    item = {"codes": frozenset({"A4222"}), "other": CODES}
    assert _ask("not_with", ["A4222 9 11/01", "S9500 1 11/01"], **item) == ["breaks 1"]
    assert _ask("not_with", ["A4222 0 11/01", "S9500 1 11/01"], **item) == ["doubts 1"]


def test_any_number_of_units_is_taken() -> None:
    claims = shorthand.claims(["S9500 1 11/01-11/07", "S9364 7 11/01-11/07"])
    claims[0].lines[0].units = Decimal("1E+40")
    found = [(each.rule, each.place.line) for each in HOME.judge(claims)[0]]
    assert found == [("042-B01", "1"), ("042-A03", "2")]


def test_a_few_partners_are_named() -> None:
    same = [f"S9500 1 11/01 ${number}" for number in range(1, 11)]
    assert _ask("one_a_day", same, codes=CODES).count("breaks 10") == conflicts.FEW


def test_backward_dates_tell_nothing() -> None:
    backward = ["S9500 7 11/07-11/01", "S9364 7 11/01-11/07"]
    assert _ask("one_a_day", backward, codes=CODES) == ["unknown 2"]
    assert _ask("one_a_day", backward[::-1], codes=CODES) == ["unknown 2"]
    assert _ask("units_per_day", backward[:1], codes=CODES, most=1) == ["unknown 1"]
    assert _ask("requires", backward, codes=frozenset({"S9364"}), other=frozenset({"S9500"})) == ["unknown 2"]


def test_not_repeated() -> None:
    line = "S9500:SH:SS 7 11/01-11/07"
    assert _ask("not_repeated", [line, "S9500:SS:SH 7 11/01-11/07"], codes=CODES) == ["breaks 2"]
    for other in ("S9500:SH 7 11/01-11/07", "S9500:SH:SS 6 11/01-11/07 $700", "S9500:SH:SS 7 11/01-11/08",
                  f"{line} $1", f"{line} ndc=00409379601", f"{line} DA"):  # fmt: skip
        assert _ask("not_repeated", [line, other], codes=CODES) == []
    assert _ask("not_repeated", ["S9500:SJ 7 11/01-11/07"] * 2, codes=CODES, several={"SJ"}) == ["doubts 2"]
    assert _ask("not_repeated", [line, line], codes=CODES, several={"SJ"}) == ["breaks 2"]
    assert _ask("not_repeated", ["S9500 1 none", "S9500 1 none"], codes=CODES) == ["unknown 2"]
    statement = "S9500 1 statement 11/01-11/30"
    assert _ask("not_repeated", [statement, statement], codes=CODES) == ["doubts 2"]


def test_not_together_holds_within_the_rest_of_a_row() -> None:
    rows = ((frozenset({"S9500"}), frozenset({"S9364", "S9348"})),)
    assert _ask("not_together", ["S9364 1 11/01", "S9348 1 11/01"], rows=rows) == []
    assert _ask("not_together", ["S9500 1 11/05", "S9364 1 11/01", "S9348 1 11/01"], rows=rows) == []
    assert _ask("not_together", ["S9500 1 11/01", "S9500 1 11/01"], rows=rows) == []
    assert _ask("not_together", ["S9364 1 11/01", "S9500 1 11/01"], rows=rows) == ["breaks 2"]


def test_not_with_blames_the_item_wherever_it_stands() -> None:
    words = {"codes": frozenset({"A4222"}), "other": CODES}
    assert _ask("not_with", ["A4222 1 11/01", "S9500 1 11/01"], **words) == ["breaks 1"]
    assert _ask("not_with", ["S9500 1 11/01", "A4222 1 11/01"], **words) == ["breaks 2"]
    assert _ask("not_with", ["A4222 1 11/01", "S9500 1 11/02"], **words, lasts={"A4222": 2}) == ["doubts 1"]
    assert _ask("not_with", ["A4222 1 11/01", "S9500 1 11/03"], **words, lasts={"A4222": 2}) == []
    assert _ask("not_with", ["A4222 1 10/31-11/01", "S9500 1 11/02"], **words, lasts={"A4222": 9}) == []
    assert _ask("not_with", ["A4222 1 12/31/9999", "S9500 1 11/02"], **words, lasts={"A4222": 9}) == []
    assert _ask("not_with", ["S9500 1 11/01"], codes=CODES, other=CODES) == []
    assert _ask("not_with", ["A4222 1 none", "S9500 1 11/02"], **words) == ["unknown 1"]
    assert _ask("not_with", ["A4222 1 11/02", "S9500 1 none"], **words) == ["unknown 1"]


def test_units_per_day() -> None:
    assert _ask("units_per_day", ["S9500 6 11/01-11/07"], codes=CODES, least=1) == ["breaks 1"]
    assert _ask("units_per_day", ["S9500 7 11/01-11/07"], codes=CODES, least=1, most=1) == []
    assert _ask("units_per_day", ["S9500 14 11/01-11/07"], codes=CODES, most=2) == []
    assert _ask("units_per_day", ["S9500 700 11/01-11/07 MJ"], codes=CODES, most=1) == ["unknown 1"]
    assert _ask("units_per_day", ["S9500 7.5 11/01-11/07"], codes=CODES, most=1) == ["breaks 1"]


def test_place_of_service_without_known_places() -> None:
    words = {"codes": CODES, "never": frozenset({"22"})}
    assert _ask("place_of_service", ["claim @09", "S9500 1 11/01"], **words) == []
    assert _ask("place_of_service", ["claim @22", "S9500 1 11/01"], **words) == ["breaks 1"]


def test_place_that_is_not_given_is_unknown() -> None:
    claims = shorthand.claims(["S9500 1 11/01"])
    claims[0].lines[0].place = ""
    lines = Lines(claims, claims[0].lines)
    for words in ({"never": frozenset({"22"})}, {"known": frozenset({"12"})}):
        (answer,) = CHECKS["place_of_service"].run(lines, codes=CODES, **words)
        assert isinstance(answer, Unknown)


def test_vocabulary_describes_every_word_of_every_check() -> None:
    assert len(vocabulary()) >= 38
    for check in vocabulary():
        assert check.doc and check.scopes and str(check).startswith(f"{check.name} (looks at a ")
        for parameter in check.parameters:
            assert f"\n{parameter.name} " in check.doc
            assert parameter.kind.removesuffix(" | None") in editwords.KINDS
        assert set(check.wakes) | set(check.twice) <= {each.name for each in check.parameters}


# ---------------------------------------------------------------- answers become findings

HOME = load("042")
DAY = date(2024, 11, 1)


@given(spans(), spans())
def test_two_first_therapies_are_rejected_only_when_certain(a: Span, b: Span) -> None:
    claims = shorthand.claims(["S9500 1 11/01", "S9348 1 11/01"])
    for line, span in zip(claims[0].lines, (a, b), strict=True):
        line.first, line.last = DAY + timedelta(span.first), DAY + timedelta(span.last)
        line.units = line.units * 0 + span.used if line.units else None
    found = {(each.rule, each.action) for each in HOME.judge(claims)[0] if each.rule == "042-A03"}
    shared = all(one & other for one in _layouts(a) for other in _layouts(b))
    meets = a.first <= b.last and b.first <= a.last
    assert found == ({("042-A03", "reject")} if shared else {("042-A03", "warn")} if meets else set())


def test_a_claim_that_does_not_concern_the_policy_is_only_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["edi837.rules"], "Lines", None)
    claims = shorthand.claims(["99213 1 11/03", "E0601:RR 1 11/03", "80053 1 11/03"])
    assert HOME.judge(claims) == [[]]
    assert HOME.judge([]) == []
    with pytest.raises(TypeError):
        HOME.judge(shorthand.claims(["S9500 2 11/03"]))


def test_an_edit_is_asked_only_when_its_lines_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    ask = Edit.ask

    def noted(edit: Edit, lines: Lines) -> Iterator[Answer]:
        asked.append(edit.id)
        return ask(edit, lines)

    monkeypatch.setattr(Edit, "ask", noted)
    lines = ["S9500 7 11/01-11/07", "J0696 8 11/01-11/07 ndc=00409379601:10ML", "99601 1 11/03"]
    HOME.judge(shorthand.claims(lines))
    assert asked == []  # each line keeps its own edits
    lines = ["S9500 8.5 11/01-11/07", "J0696 8 11/01-11/07 ndc=0409:0ML", "99601 2 11/03"]
    HOME.judge(shorthand.claims(lines))
    assert asked == ["042-B01", "042-B03b", "042-D02", "042-F02", "042-F03"]
    asked.clear()
    lines[2] = "99601 1 11/03 @22 by=164W00000X"
    HOME.judge(shorthand.claims(lines))
    assert asked == ["042-B01", "042-B03b", "042-D04", "042-E01", "042-F02", "042-F03"]


def test_a_finding_in_full() -> None:
    claims = shorthand.claims(["S9500 7 11/01-11/07", "claim", "S9364:TT 7 11/05-11/11"])
    (finding,) = HOME.judge(claims)[1]
    assert finding.rule == "042-A03" and finding.rejects and finding.level == "line"
    assert finding.message == (
        "S9364 and S9500 (line 1 of the patient's claim 1) are both billed as the first therapy on "
        "11/05-11/07/2024; a second one needs SH, a third SJ"
    )
    assert finding.fix.startswith("Add SH")
    assert finding.source == "implied"
    assert finding.says == "second, third or more therapies provided on the same dates of service"
    assert finding.status == ("A6:453", "A6:732")
    place = finding.place
    assert (place.claim, place.line, place.loop, place.refdes) == ("C2", "1", "2400", "SV101-4")
    assert place.segment == claims[1].lines[0].segment


def test_where_a_finding_stands() -> None:
    def place(lines: list[str], kind: str = "P") -> tuple[str, str, str, int]:
        (finding,) = HOME.judge(shorthand.claims(lines, kind))[0]
        where = finding.place
        return where.loop, where.refdes, where.value, where.segment

    assert place(["S9500 8 11/01-11/07"]) == ("2400", "SV104", "8", 13)
    assert place(["S9500 8 11/01-11/07"], "I") == ("2400", "SV205", "8", 13)
    assert place(["99601:TT:SJ 1 11/03"]) == ("2400", "SV101-4", "SJ", 13)
    assert place(["claim @22", "S9500 7 11/01-11/07"]) == ("2300", "CLM05-1", "22", 10)
    assert place(["S9500 7 11/01-11/07 @22"]) == ("2400", "SV105", "22", 13)
    assert place(["S9500 7.5 11/01-11/08"], "I") == ("2400", "SV205", "7.5", 13)


def test_external_edits_name_what_they_rest_on() -> None:
    (finding,) = HOME.judge(shorthand.claims(["99602 1 11/03"]))[0]
    assert finding.source.startswith("external: CPT")


def test_doubt_is_said() -> None:
    (finding,) = HOME.judge(shorthand.claims(["S9357 2 11/01-11/14", "S9500 5 11/08-11/14"]))[0]
    assert finding.action == "warn" and "possible, not certain" in finding.message


def test_order_is_that_of_lines_then_edits() -> None:
    claims = shorthand.claims(["claim @22", "S9500 9 11/01-11/07", "S9364 9 11/01-11/07", "A4222 1 11/03"])
    found = [(each.rule, each.place.line) for each in HOME.judge(claims)[0]]
    assert found == [
        ("042-E01", ""), ("042-B01", "1"), ("042-A03", "2"), ("042-B01", "2"), ("042-C01", "3"),
    ]  # fmt: skip
    assert HOME.judge(claims) == HOME.judge(claims)


def test_the_claims_of_a_crowd_are_judged_in_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand therapies that may all share days: each is compared with REACH others, FEW are named."""
    first = date(2024, 11, 1)
    claims = shorthand.claims(["S9500 1 11/01"] * 1000)
    for number, line in enumerate(claims[0].lines):
        line.first, line.last = first + timedelta(number), first + timedelta(number + 900)
    lines = Lines(claims, claims[0].lines, (), CODES)
    compared = 0

    def counted(a: Span, b: Span) -> bool:
        nonlocal compared
        compared += 1
        return overlap.certain(a, b)

    monkeypatch.setattr(conflicts, "certain", counted)
    answers = list(CHECKS["one_a_day"].run(lines, codes=CODES))
    assert 0 < compared <= 1000 * crowds.REACH
    assert len(answers) <= 1000 * conflicts.FEW
    assert all(isinstance(each, Breaks) for each in answers)
    assert len({id(each.line) for each in answers}) == 999
    verdict = HOME.judge(claims)[0]
    assert sum(each.rule == "042-A03" for each in verdict) == 999


SOME = ["S9500", "S9494", "S9364", "S5498", "A4222", "99601", "99602", "S9123", "J0696"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SOME),
            st.sets(st.sampled_from(["SH", "SJ", "RR"]), max_size=2),
            st.integers(0, 9),
            st.one_of(st.none(), st.tuples(days, days)),
            st.booleans(),
        ),
        min_size=1,
        max_size=7,
    ),
    st.sampled_from("PI"),
    st.sampled_from("178"),
)
def test_any_claim_gets_an_answer(
    rows: list[tuple[str, set[str], int, tuple[int, int] | None, bool]], kind: str, frequency: str
) -> None:
    texts = []
    for code, modifiers, units, dates, statement in rows:
        when = "none" if dates is None else f"11/{dates[0]:02}-11/{dates[1]:02}"
        word = "statement " if statement and dates else ""
        texts.append(f"{':'.join([code, *sorted(modifiers)])} {units} {word}{when}")
    claims = shorthand.claims([*texts[:4], f"claim frequency {frequency}", *texts[4:]], kind)
    verdicts = HOME.judge(claims)
    assert len(verdicts) == 2
    assert frequency != "8" or not verdicts[1]
    for findings in verdicts:
        assert len({(each.rule, each.place.line) for each in findings}) == len(findings)
        for finding in findings:
            line = next((each for c in claims for each in c.lines if (c.id, each.number) ==
                         (finding.place.claim, finding.place.line)), None)  # fmt: skip
            if line is not None and line.date_source == "statement" and finding.rejects:
                alone = ("042-A01", "042-A02", "042-B01", "042-B03", "042-B03b", "042-D04", "042-E01", "042-F01")
                assert finding.rule in alone
