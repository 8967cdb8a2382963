"""What a policy finds beside what the guide found: one slip is told once, and no consequence beside its cause."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from edi837.frames import Verdict
from edi837.rules import load
from edi837.sample import interchange
from edi837.shorthand import told
from edi837.terms import Terms

HOME = load("042")


def found(lines: Sequence[str], kind: str = "P", old: str = "", new: str = "") -> list[str]:
    """What is found on the claims, rule and action, with ``old`` in their text replaced by ``new``."""
    text = interchange(told(lines), kind)
    assert old in text
    events = Terms([HOME]).read(io.BytesIO(text.replace(old, new).encode())).tell()
    verdicts = [event for event in events if isinstance(event, Verdict)]
    return sorted(f"{each.rule} {each.action} {each.place.line}".strip() for v in verdicts for each in v.findings)


WEEK = "11/01-11/07"
THREE = [f"S9365 7 {WEEK}", f"S9500:SH 7 {WEEK}", f"S9348:SJ 7 {WEEK}"]


def test_a_place_that_is_none_is_told_by_the_guide() -> None:
    """CLM05-1 of all lines, and SV105 of one; a place that is one, and none of the policy's, is told by the policy."""
    assert found(["claim @09", f"S9500 7 {WEEK}"]) == ["042-E01 warn"]
    assert found([f"S9500 7 {WEEK}"], old="***12:B:1", new="***1:B:1") == ["S5-PLACE reject"]
    assert found([f"S9500 7 {WEEK} @09"], old="*09*", new="*HM*") == ["S5-PLACE reject 1"]


def test_a_code_that_is_none_is_told_by_the_guide() -> None:
    two = [f"S9365 7 {WEEK}", f"S9599:SH 7 {WEEK}"]
    assert found(two) == ["042-A01 warn 2"]
    assert found(two, old="S9599:SH", new="S959:SH") == ["S5-HCPCS reject 2"]
    assert found(two, "I", old="S9599:SH", new="S959:SH") == ["S5-HCPCS-I reject 2"]


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("HC:S9365", "IV:S9365", "042-G03 reject 1"),
        ("HC:S9365", "ER:S9365", "042-G03b reject 1"),
        ("HC:S9365", "HC:S936", "S5-HCPCS reject 1"),
    ],
)
def test_a_first_therapy_that_goes_back_is_not_missed(old: str, new: str, cause: str) -> None:
    assert found(THREE) == []
    assert found(THREE, old=old, new=new) == [cause]


def test_a_first_therapy_of_another_date_is_not_missed() -> None:
    assert found(["S9365 7 11/01", *THREE[1:]]) == ["042-B01 reject 1"]
    assert found(["S9365 1 11/01", *THREE[1:]]) == ["042-A05 warn 2", "042-A06 warn 3"], "nothing goes back"
    assert found(["S9500 7 11/01", "S9365:SH 8 11/02-11/08"]) == ["042-B01 reject 1", "042-B01 reject 2"]
    assert found(["S9365:SH 9 11/01-11/07"]) == ["042-A05 warn 1", "042-B01 reject 1"], "its own slip explains nothing"
    assert found(["S9365:SH 7 11/01-11/07", "claim", "S9500 7 11/01"]) == ["042-A05 warn 1", "042-B01 reject 1"]


SECOND = f"S9500:SH 7 {WEEK}"


@pytest.mark.parametrize(
    ("line", "more"),
    [
        (f"S5498 8 {WEEK}", ["042-B07 warn 2"]),  # care of a catheter is no therapy
        ("S9364 8 12/10-12/16", []),  # nor has it to do with another month
        ("S9364 8 11/09-11/15", []),
        ("S9364 8 10/24-10/30", []),
        (f"S9364:SJ 8 {WEEK}", ["042-A06 warn 2"]),
    ],
)
def test_a_line_that_goes_back_and_could_not_be_it_explains_nothing(line: str, more: list[str]) -> None:
    assert found([SECOND, line]) == sorted(["042-A05 warn 1", "042-B01 reject 2", *more])


@pytest.mark.parametrize("days", [WEEK, "11/08-11/14", "10/25-10/31"])
def test_a_line_that_goes_back_may_last_a_day_a_unit(days: str) -> None:
    assert found([SECOND, f"S9364 8 {days}"]) == ["042-B01 reject 2"]


def test_a_line_that_goes_back_may_be_of_any_day_of_its_statement() -> None:
    lines = ["claim statement 11/01-11/30", SECOND, "S9364 12 11/20"]
    assert found(lines, "I") == ["042-B01 reject 2"]
    assert found(lines[1:]) == ["042-A05 warn 1", "042-B01 reject 2"]


def test_a_second_therapy_that_goes_back_is_not_missed_before_a_third() -> None:
    fortnight, third = "S9365 14 11/01-11/14", "S9348:SJ 8 11/01-11/08"
    assert found([fortnight, f"S9500:SH 8 {WEEK}", third]) == ["042-B01 reject 2"]
    assert found([fortnight, f"S9500:SJ 8 {WEEK}", third]) == ["042-A06 warn 2", "042-A06 warn 3", "042-B01 reject 2"]


def test_what_is_wrong_with_a_line_that_goes_back_is_not_held_against_it() -> None:
    """A wrong code may be any code, a wrong date any date; the rest of the line stands."""
    early, late = "11/02-11/07", "12/02-12/07"
    wrong = {"old": "HC:S9364", "new": "HC:S936"}
    assert found([SECOND, f"S9364 6 {early}"], **wrong) == ["S5-HCPCS reject 2"]
    assert found([SECOND, f"S9364 6 {late}"], **wrong) == ["042-A05 warn 1", "S5-HCPCS reject 2"]
    assert found([SECOND, f"S9364:SJ 6 {early}"], **wrong) == ["042-A05 warn 1", "S5-HCPCS reject 2"]
    ahead = {"old": "20241102-20241107", "new": "20441102-20441107"}
    assert found([SECOND, f"S9364 6 {early}"], **ahead) == ["S4-FUTURE reject 2"]
    assert found([SECOND, f"99601 6 {early}"], **ahead) == ["042-A05 warn 1", "S4-FUTURE reject 2"]


def test_what_the_guide_only_warns_of_and_a_policy_tells_is_told_once() -> None:
    """CTP04 and SV104: by the policy where it has an edit of the code, else by the guide."""
    assert found(["J0696 1 11/03 ndc=99999010101:0ML"]) == ["042-F03 reject 1"]
    assert found(["J7799 1 11/03 ndc=99999010101:0ML"]) == ["042-F03 warn 1", "042-F04 warn 1"]
    assert found(["A4222 1 11/03 ndc=99999010101:0ML"]) == ["S4-CTP04 warn 1"]
    assert found([f"S9500 7 {WEEK}"], old="*UN*7*", new="*UN*-7*") == ["042-B03b reject 1"]
    assert found(["J0696 7 11/03 ndc=99999010101:10ML"], old="*UN*7*", new="*UN*-7*") == ["S4-BELOW-ZERO warn 1"]
