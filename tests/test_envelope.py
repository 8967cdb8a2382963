"""The frames: each slip in an ISA, IEA, GS, GE, ST or SE has one code, and tells whether it is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from edi837 import envelope, grammar
from edi837.envelope import Note

ISA = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'SENDER':15}", "ZZ", f"{'RECEIVER':15}"]
ISA += ["250303", "0915", "^", "00501", "000000001", "0", "T", ":"]
GS = ["GS", "HC", "SENDER", "RECEIVER", "20250303", "0915", "1", "X", "005010X222A1"]
ST = ["ST", "837", "0001", "005010X222A1"]
GUIDE = grammar.load("005010X222A1")


def put(segment: list[str], index: int, value: str) -> list[str]:
    return [*segment[:index], value, *segment[index + 1 :]]


def told(notes: Iterable[Note]) -> list[tuple[str, bool]]:
    return [(note.code, note.grave) for note in notes]


NOTHING: list[tuple[str, bool]] = []
REFUSED, NOTED = True, False

# element, value, and what is said of it
ISAS: list[tuple[int, str, list[tuple[str, bool]]]] = [
    (2, "..........", NOTHING),  # 00: no meaningful information, whatever it is
    (4, "HELLO     ", NOTHING),
    (1, "99", [("TA1:010", NOTED)]),
    (3, "99", [("TA1:012", NOTED)]),
    (5, "30", NOTHING),
    (5, "QQ", [("TA1:005", NOTED)]),
    (7, "QQ", [("TA1:007", NOTED)]),
    (6, "SENDER", [("TA1:006", REFUSED)]),
    (6, " " * 15, [("TA1:006", REFUSED)]),
    (6, "S" * 16, [("TA1:006", REFUSED)]),
    (8, "RECEIVER", [("TA1:008", REFUSED)]),
    (8, " " * 15, [("TA1:008", REFUSED)]),
    (9, "251332", [("TA1:014", NOTED)]),
    (9, "250230", [("TA1:014", NOTED)]),
    (9, "24022X", [("TA1:014", NOTED)]),
    (9, "240229", NOTHING),
    (10, "2560", [("TA1:015", NOTED)]),
    (10, "2359", NOTHING),
    (11, "|", NOTHING),
    (11, "U", [("TA1:016", NOTED)]),
    (11, " ", [("TA1:016", NOTED)]),
    (11, "", [("TA1:016", NOTED)]),
    (11, ":", [("TA1:016", NOTED)]),
    (12, "00402", NOTHING),
    (12, "00601", [("TA1:003", REFUSED)]),
    (12, "99999", [("TA1:017", REFUSED)]),
    (12, "0050X", [("TA1:017", REFUSED)]),
    (12, "501", [("TA1:017", REFUSED)]),
    (13, "000000000", NOTHING),
    (13, "ABCDEFGHI", [("TA1:018", REFUSED)]),
    (13, "12345", [("TA1:018", REFUSED)]),
    (13, "00000000\xb2", [("TA1:018", REFUSED)]),
    (14, "1", NOTHING),
    (14, "2", [("TA1:019", NOTED)]),
    (15, "P", NOTHING),
    (15, "X", [("TA1:020", REFUSED)]),
    (15, "t", [("TA1:020", REFUSED)]),
    (2, "", [("TA1:022", REFUSED)]),
    (4, "SECRET", [("TA1:022", REFUSED)]),
    (9, "20250303", [("TA1:022", REFUSED)]),
]


@pytest.mark.parametrize(("index", "value", "expected"), ISAS)
def test_isa(index: int, value: str, expected: list[tuple[str, bool]]) -> None:
    notes = list(envelope.isa(put(ISA, index, value)))
    assert told(notes) == expected
    assert all(note.element == index and note.message and note.fix for note in notes)


def test_an_isa_of_4010_has_no_repetition_mark() -> None:
    assert told(envelope.isa(put(put(ISA, 11, "U"), 12, "00401"))) == NOTHING
    (note,) = envelope.isa(put(put(ISA, 11, "^"), 12, "00401"))
    assert (note.code, note.element, note.grave) == ("TA1:002", 11, NOTED)


@pytest.mark.parametrize(("index", "qualifier", "code"), [(1, "03", "TA1:011"), (3, "01", "TA1:013")])
def test_information_is_there_where_its_qualifier_says_so(index: int, qualifier: str, code: str) -> None:
    blank = put(ISA, index, qualifier)
    (note,) = envelope.isa(blank)
    assert (note.code, note.element, note.grave) == (code, index + 1, NOTED)
    assert told(envelope.isa(put(blank, index + 1, "PASSWORD  "))) == NOTHING


@pytest.mark.parametrize("code", ["004", "026", "027"])
def test_of_an_isa_with_a_mark_of_no_use_nothing_else_is_said(code: str) -> None:
    assert told(envelope.isa(put(ISA, 15, "X"), code)) == [(f"TA1:{code}", REFUSED)]


def test_slips_of_several_elements_are_all_told() -> None:
    bad = put(put(put(ISA, 9, "251332"), 14, "7"), 15, "X")
    assert told(envelope.isa(bad)) == [("TA1:014", NOTED), ("TA1:019", NOTED), ("TA1:020", REFUSED)]


@pytest.mark.parametrize("length", range(1, 18))
def test_an_isa_cut_short_is_one_slip(length: int) -> None:
    notes = told(envelope.isa(ISA[:length]))
    assert len(notes) == (length < 17)
    assert all(grave for _, grave in notes)


def test_no_message_holds_what_was_sent() -> None:
    secret = "JANEDOE"
    for index in range(1, 17):
        for note in envelope.isa(put(ISA, index, secret)):
            assert secret not in note.message + note.fix


@pytest.mark.parametrize(
    ("iea", "groups", "expected"),
    [
        (["IEA", "1", "000000001"], 1, []),
        (["IEA", "01", "000000001"], 1, []),
        (["IEA", "0", "000000001"], 0, []),
        (["IEA", "2", "000000001"], 1, ["TA1:021"]),
        (["IEA", "", "000000001"], 1, ["TA1:021"]),
        (["IEA", "", "000000001"], 0, ["TA1:021"]),
        (["IEA", "X", "000000001"], 1, ["TA1:021"]),
        (["IEA", "\xb9", "000000001"], 1, ["TA1:021"]),
        (["IEA", "1", "000000002"], 1, ["TA1:001"]),
        (["IEA", "1", "1"], 1, ["TA1:001"]),
        (["IEA", "1"], 1, ["TA1:001"]),
        (["IEA"], 1, ["TA1:001", "TA1:021"]),
        (["IEA", "3", "000000002"], 1, ["TA1:001", "TA1:021"]),
    ],
)
def test_iea(iea: list[str], groups: int, expected: list[str]) -> None:
    notes = list(envelope.iea(ISA, iea, groups))
    assert [note.code for note in notes] == expected
    assert all(note.element == {"TA1:001": 2, "TA1:021": 1}[note.code] for note in notes)


@pytest.mark.parametrize(
    ("index", "value", "expected"),
    [
        (1, "HC", NOTHING),
        (1, "HP", [("AK9:1", REFUSED)]),
        (1, "", [("AK9:1", REFUSED)]),
        (1, "HN", [("AK9:2", REFUSED)]),
        (1, "FA", [("AK9:2", REFUSED)]),
        (8, "005010X223A2", NOTHING),
        (8, "005010X222", NOTHING),
        (8, "005010X224A2", [("AK9:2", REFUSED)]),
        (8, "004010X098A1", [("AK9:2", REFUSED)]),
        (8, "005010X214", [("AK9:2", REFUSED)]),
        (8, "", [("AK9:2", REFUSED)]),
        (6, "999999999", NOTHING),
        (6, "0001", NOTHING),
        (6, "", [("AK9:6", REFUSED)]),
        (6, "A1", [("AK9:6", REFUSED)]),
        (6, "1234567890", [("AK9:6", REFUSED)]),
        (6, "7", [("AK9:19", REFUSED)]),
        (6, "0007", [("AK9:", NOTED)]),
        (6, "70", NOTHING),
        (4, "20251332", [("AK9:", NOTED)]),
        (4, "250303", [("AK9:", NOTED)]),
        (5, "2560", [("AK9:", NOTED)]),
        (5, "09153059", NOTHING),
        (2, "", [("AK9:", NOTED)]),
        (2, "AB", NOTHING),
        (3, "A", [("AK9:", NOTED)]),
        (3, "A" * 15, NOTHING),
        (3, "A" * 16, [("AK9:", NOTED)]),
        (7, "T", [("AK9:", NOTED)]),
    ],
)
def test_gs(index: int, value: str, expected: list[tuple[str, bool]]) -> None:
    notes = list(envelope.gs(put(GS, index, value), {"7"}))
    assert told(notes) == expected
    assert all(note.element == (8 if note.code == "AK9:2" else index) for note in notes)


@pytest.mark.parametrize(
    ("functional", "guide"),
    [("HC", "005010X222A1"), ("HC", "005010X223A3"), ("HN", "005010X214"), ("FA", "005010X231A1")],
)
def test_each_kind_of_group_holds_its_guides(functional: str, guide: str) -> None:
    assert told(envelope.gs(put(put(GS, 1, functional), 8, guide), ())) == NOTHING


@pytest.mark.parametrize("length", range(1, 9))
def test_a_gs_cut_short_is_refused(length: int) -> None:
    notes = list(envelope.gs(GS[:length], ()))
    assert any(note.grave for note in notes)


@pytest.mark.parametrize(
    ("ge", "sets", "expected"),
    [
        (["GE", "1", "1"], 1, []),
        (["GE", "0", "1"], 0, []),
        (["GE", "2", "1"], 1, ["AK9:5"]),
        (["GE", "", "1"], 1, ["AK9:5"]),
        (["GE", "1", "2"], 1, ["AK9:4"]),
        (["GE", "1", "01"], 1, ["AK9:"]),
        (["GE", "1", "000000001"], 1, ["AK9:"]),
        (["GE", "1", "0000000001"], 1, ["AK9:4"]),
        (["GE", "1", "10"], 1, ["AK9:4"]),
        (["GE", "1", "+1"], 1, ["AK9:4"]),
        (["GE", "1"], 1, ["AK9:4"]),
        (["GE"], 1, ["AK9:4", "AK9:5"]),
    ],
)
def test_ge(ge: list[str], sets: int, expected: list[str]) -> None:
    notes = list(envelope.ge(GS, ge, sets))
    assert [note.code for note in notes] == expected
    assert all(note.element == {"AK9:": 2, "AK9:4": 2, "AK9:5": 1}[note.code] for note in notes)
    assert all(note.grave == (note.code != "AK9:") for note in notes)


@pytest.mark.parametrize(
    ("gs06", "ge02", "code"),
    [("0077", "77", "AK9:"), ("77", "0077", "AK9:"), ("0", "000", "AK9:"), ("A7", "0A7", "AK9:4")],
)
def test_leading_zeros_refuse_no_group(gs06: str, ge02: str, code: str) -> None:
    """GS06 and GE02 are of type N0: only the number counts. ISA13 has nine digits, and ST02 is text: there they do."""
    assert told(envelope.ge(put(GS, 6, gs06), ["GE", "1", ge02], 1)) == [(code, code != "AK9:")]
    assert told(envelope.iea(ISA, ["IEA", "1", "1"], 1)) == [("TA1:001", REFUSED)]
    assert told(envelope.se(ST, ["SE", "20", "1"], 20)) == [("IK5:3", REFUSED)]


@pytest.mark.parametrize(
    ("index", "value", "expected"),
    [
        (1, "837", []),
        (1, "835", ["IK5:18"]),
        (1, "", ["IK5:6"]),
        (1, "8 7", ["IK5:6"]),
        (1, "83", ["IK5:6"]),
        (2, "000000001", []),
        (2, "A1B2", []),
        (2, "1", ["IK5:7"]),
        (2, "1234567890", ["IK5:7"]),
        (2, "", ["IK5:7"]),
        (2, "00 1", []),
        (2, "00-1", []),
        (2, "    ", ["IK5:7"]),
        (2, "00:1", ["IK5:7"]),
        (2, "00^1", ["IK5:7"]),
        (2, "000\x07", ["IK5:7"]),
        (2, "0007", ["IK5:23"]),
        (3, "005010X222", []),
        (3, "005010X222A2", []),
        (3, "005010X223A2", ["IK5:19"]),
        (3, "", ["IK5:19"]),
        (3, "nonsense", ["IK5:19"]),
    ],
)
def test_st(index: int, value: str, expected: list[str]) -> None:
    notes = list(envelope.st(put(ST, index, value), GUIDE, {"0007"}, ":^"))
    assert [note.code for note in notes] == expected
    assert all(note.grave and note.element == index for note in notes)


@pytest.mark.parametrize("length", range(1, 4))
def test_an_st_cut_short_is_refused(length: int) -> None:
    assert all(note.grave for note in envelope.st(ST[:length], GUIDE, ()))
    assert list(envelope.st(ST[:length], GUIDE, ()))


@pytest.mark.parametrize(
    ("se", "segments", "expected"),
    [
        (["SE", "20", "0001"], 20, []),
        (["SE", "0020", "0001"], 20, []),
        (["SE", "21", "0001"], 20, ["IK5:4"]),
        (["SE", "2O", "0001"], 20, ["IK5:4"]),
        (["SE", "-20", "0001"], 20, ["IK5:4"]),
        (["SE", "20", "0002"], 20, ["IK5:3"]),
        (["SE", "20", "1"], 20, ["IK5:3"]),
        (["SE"], 20, ["IK5:3", "IK5:4"]),
    ],
)
def test_se(se: list[str], segments: int, expected: list[str]) -> None:
    notes = list(envelope.se(ST, se, segments))
    assert [note.code for note in notes] == expected
    assert all(note.element == {"IK5:3": 2, "IK5:4": 1}[note.code] for note in notes)


def test_what_is_right_is_not_noted() -> None:
    assert told(envelope.isa(ISA)) == told(envelope.gs(GS, ())) == told(envelope.st(ST, GUIDE, ())) == NOTHING


@pytest.mark.parametrize(
    ("version", "what"),
    [("005010X224A2", "the 837D"), ("005010X298", "post-adjudicated"), ("005010X291", "a predetermination"),
     ("005010X999", "a guide that is not read here")],
)  # fmt: skip
def test_another_guide_of_the_837_is_refused_by_name(version: str, what: str) -> None:
    (note,) = envelope.gs(["GS", "HC", "AB", "CD", "20250303", "0915", "1", "X", version], set())
    assert note.code == "AK9:2" and note.grave and note.message.startswith(f"GS08 names {what}")
