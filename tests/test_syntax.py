"""The forms of values, and an element by itself: what no fixture of the two guides comes by."""

from __future__ import annotations

import pytest

from edi837.grammar import ElementUse, SegmentUse
from edi837.syntax import Flaw, explain, is_period
from edi837.x12 import Delimiters

MARKS = Delimiters("*", ":", "^", "~")


@pytest.mark.parametrize(
    ("qualifier", "text", "code"),
    [
        ("D8", "20240229", ""), ("D8", "20230229", "8"), ("D8", "240229", "8"),
        ("RD8", "20240228-20240229", ""), ("RD8", "20240228", "8"), ("RD8", "20240228-240229", "8"),
        ("RD8", "20240228-20230229", "8"), ("RD8", "20230229-20240301", "8"),
        ("D6", "240229", ""), ("D6", "230229", "8"), ("D6", "20240229", "8"),
        ("DT", "202402292359", ""), ("DT", "202402292400", "8"), ("DT", "202302292359", "8"), ("DT", "20240229", "8"),
        ("TM", "2359", ""), ("TM", "2400", "9"), ("XX", "whatever", ""),
    ],
)  # fmt: skip
def test_a_qualifier_says_which_form_its_value_has(qualifier: str, text: str, code: str) -> None:
    assert is_period(qualifier, text) == code


def told(value: str, **of: object) -> list[tuple[str, int, int]]:
    """The flaws of one element: code, component, repetition."""
    facts = {"usage": "S", "type": "AN", "min": 1, "max": 3, **of}
    use = ElementUse("XX01", "x", seq=1, data_element="1", **facts)  # type: ignore[arg-type]
    segment = SegmentUse.__new__(SegmentUse)
    segment.tag, segment.elements, segment.notes = "XX", (use,), ()
    flaws: list[Flaw] = list(explain(segment, ("XX", value), MARKS))  # type: ignore[arg-type]
    assert all(flaw.element == 1 for flaw in flaws)
    return [(flaw.code, flaw.component, flaw.repetition) for flaw in flaws]


def test_each_repetition_is_judged_by_itself() -> None:
    assert told("A^B^C", repeat=3) == []
    assert told("A^ABCD^C", repeat=3) == [("5", 0, 2)]
    assert told("ABCD^B^ABCDE", repeat=3) == [("5", 0, 1), ("5", 0, 3)]
    parts = (ElementUse("XX01-1", "y", "R", 1, "2", max=3), ElementUse("XX01-2", "z", "S", 2, "3", max=3))
    assert told("A:B^:B^A:ABCD", repeat=3, components=parts) == [("1", 1, 2), ("5", 2, 3)]


def test_more_repetitions_than_there_may_be_are_one_flaw() -> None:
    assert told("A^B^C^ABCD", repeat=3) == [("12", 0, 0)]
    assert told("A^B") == [("12", 0, 0)]
    assert told("A^B^C^D^E", repeat=0) == [], "as often as one likes"


def test_what_is_not_used_is_told_but_for_bare_marks() -> None:
    assert told("A", usage="N") == [("I10", 0, 0)]
    assert told("::", usage="N") == [] and told("", usage="N") == []


@pytest.mark.parametrize(
    ("value", "of", "code"),
    [
        ("12", {"type": "DT", "max": 8}, "8"), ("20240229", {"type": "DT", "max": 8}, ""),
        ("240229", {"type": "DT", "max": 8}, "8"), ("240229", {"type": "DT", "max": 6}, ""),
        ("12", {"type": "TM", "min": 4, "max": 8}, "9"), ("1259", {"type": "TM", "min": 4, "max": 8}, ""),
        ("1259", {"type": "TM", "min": 6, "max": 8}, "9"),
        ("-1.25", {"type": "R"}, ""), ("-12.25", {"type": "R"}, "5"), ("1.2.5", {"type": "R"}, "6"),
        ("-125", {"type": "N0"}, ""), ("1.5", {"type": "N0"}, "6"), ("-1255", {"type": "N0"}, "5"),
        ("A:B", {}, "13"), ("A\x07", {}, "6"), ("A", {"min": 2}, "4"), ("A", {"codes": frozenset("B")}, "7"),
    ],
)  # fmt: skip
def test_each_type_of_data_has_its_form(value: str, of: dict[str, object], code: str) -> None:
    assert [each[0] for each in told(value, **of)] == ([code] if code else [])
