"""Code tables: what the published files hold, which days a release speaks for, and that no old table refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edi837 import codefiles, codetables, codewindows
from edi837.cli import main
from edi837.codefiles import CodeFileError, Published
from edi837.codetables import CodeTableError, Release, Tables
from edi837.codewindows import Window

ROOT = Path(__file__).parent.parent
NOW = date(2026, 1, 5)


def hcpcs(code: str, added: str = "", changed: str = "", last: str = "", record: str = "3", number: int = 100) -> str:
    """One record of CMS's file: 320 columns."""
    text = f"{code:>5}{number:05d}{record}{'a text of ours':80}{'short':28}"
    if record in "37":
        text = f"{text:268}{added:8}{changed:8}{last:8}N"
    return f"{text:320}\r\n"


HCPCS = "".join(
    [
        hcpcs("A4222", "19860101", "19960101"),
        hcpcs("A4222", record="4", number=200),
        hcpcs("J9999", "20100101", "20250101", "20250215"),
        hcpcs("S9365", "20020101", "20020101", "00000000"),
        hcpcs("S9998", "20250201", "20250201"),
        hcpcs("SH", "20020101", "20020101", record="7"),
        hcpcs("SH", record="8", number=200),
    ]
)
HCPCS_CSV = """\
"Terms of use, of two, three or four lines"

HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,ADD DT,ACT EFF DT,TERM DT,ACTION CD
A4222,100,3,"one, two
lines",short,19860101,19960101,,N
A4222,200,4,more,,,,,
J9999,100,3,text,short,1/1/2010,1/1/2025,2/15/2025,D
S9365,100,3,text,short,20020101.0,2002-01-01,,N
SH,100,7,text,short,20020101,20020101,,N
"""


def order(*rows: tuple[str, str]) -> str:
    """An order file: number 1-5, code 7-13, flag 15, short title 17-76, long title from 78."""
    return "".join(
        f"{n:05d} {code:7} {flag} {'short':60} long of ours\r\n" for n, (code, flag) in enumerate(rows, 1)
    )


CM = order(("A00", "0"), ("A000", "1"), ("A001", "1"), ("E11", "0"), ("E119", "1"), ("QA00101", "1"), ("S72001A", "1"))
PCS = order(("001", "0"), ("0016070", "1"), ("B00B0ZZ", "1"))
NUCC = (
    "Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section\n"
    '251F00000X,ours,ours,,"a text\nof two lines","[1/1/2026: new]",ours,Non-Individual\n'
    "103GC0700X,ours,ours,caf\xe9,,[1/1/2007: marked inactive] ,ours,Individual\n"
)
NUCC_DATED = (
    "Code,Grouping,Classification,Specialization,Definition,Effective Date,Deactivation Date,Last Modified Date,Notes\n"
    "251F00000X,ours,ours,,,20020101,,,\n103GC0700X,ours,ours,,,20020101,20070101,,\n"
)
POS = (
    "Place of Service Code(s),Place of Service Name,Effective Date\n"
    "01,ours,\n2,ours,2017-01-01\n28-30,Unassigned,\n31,Unassigned,\n12,ours,\n"
)


def put(text: str, name: str, folder: Path, kind: str | None = None, **days: date) -> Release:
    found = codefiles.read(text.encode("latin-1"), name, kind)
    window = codewindows.window(found.kind, name, latest=found.latest, **days)
    return codetables.write(found, window, folder, loaded=NOW, sha256="0" * 64, source=name)


# ------------------------------------------------------------------ what a file holds


@pytest.mark.parametrize("text", [HCPCS, HCPCS_CSV, HCPCS_CSV.replace(",", "\t").replace("of use\t", "of use,")])
def test_hcpcs_codes_and_modifiers_with_their_days(text: str) -> None:
    found = codefiles.read(text.encode(), "x")
    assert found.kind == "hcpcs"
    assert found.codes["A4222"] == (date(1986, 1, 1), None)
    assert found.codes["J9999"] == (date(2010, 1, 1), date(2025, 2, 15))
    assert found.codes["S9365"] == (date(2002, 1, 1), None)
    assert found.codes["SH"] == (date(2002, 1, 1), None)
    assert found.latest in (date(2025, 1, 1), date(2025, 2, 1))
    assert set(found.codes) <= {"A4222", "J9999", "S9365", "S9998", "SH"}


def test_lines_that_only_go_on_with_a_text_change_nothing() -> None:
    cut = "".join(line.rstrip() + "\n" for line in HCPCS.splitlines())
    assert codefiles.read(cut.encode(), "x").codes == codefiles.read(HCPCS.encode(), "x").codes
    table = "HCPC,TERM DT\nA4222,20250331\nA4222,\n"
    assert codefiles.read(table.encode(), "x").codes == {"A4222": (None, date(2025, 3, 31))}


def test_the_latest_day_of_a_change_or_an_addition() -> None:
    changed = hcpcs("A4222", "19860101", "20250401")
    assert codefiles.read(changed.encode(), "x").latest == date(2025, 4, 1)
    assert codefiles.read((changed + hcpcs("A4223", "20250701")).encode(), "x").latest == date(2025, 7, 1)
    assert codefiles.read(hcpcs("A4222").encode(), "x").latest is None


def test_only_billable_diagnoses_are_codes() -> None:
    assert set(codefiles.read(CM.encode(), "x").codes) == {"A000", "A001", "E119", "QA00101", "S72001A"}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (CM, "x", "icd10cm"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}" + CM, "x", "icd10cm"),
        (order(("A00000", "1")), "x", "icd10cm"),
        (PCS, "x", "icd10pcs"),
        ("A000    ours\nA001    ours\n", "icd10cm_codes_2025.txt", "icd10cm"),
        ("0016070 ours\n0016071 ours\n", "x.txt", "icd10pcs"),
        (order(("S72001A", "1")), "icd10cm_order_2025.txt", "icd10cm"),
        (order(("B00B0ZZ", "1")), "icd10pcs_order_2025.txt", "icd10pcs"),
        (NUCC, "x", "nucc"),
        (NUCC_DATED, "x", "nucc"),
        (POS, "x", "pos"),
        ("Code\tPlace of Service Name\n01\tours\n", "x", "pos"),
        ("CODE,ADD DT,TERM DT\nA4222,20020101,\n", "x", "hcpcs"),
    ],
)
def test_content_tells_which_list_it_is(text: str, name: str, kind: str) -> None:
    assert codefiles.read(text.encode(), name).kind == kind
    assert codefiles.read(text.encode(), name, kind).kind == kind


def test_the_flag_of_an_order_file_is_no_part_of_a_code() -> None:
    assert set(codefiles.read(PCS.encode(), "x").codes) == {"0016070", "B00B0ZZ"}


def test_a_taxonomy_code_ends_when_it_was_marked_inactive() -> None:
    for text in (NUCC, NUCC_DATED):
        codes = codefiles.read(text.encode("latin-1"), "x").codes
        assert codes["103GC0700X"][1] == date(2007, 1, 1)
        assert codes["251F00000X"][1] is None


def test_places_of_service_get_their_zero_back_and_unassigned_ones_are_left_out() -> None:
    codes = codefiles.read(POS.encode(), "x").codes
    assert codes == {"01": (None, None), "02": (date(2017, 1, 1), None), "12": (None, None)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_the_encodings_of_spreadsheets(encoding: str) -> None:
    assert len(codefiles.read(NUCC.encode(encoding), "x").codes) == 2


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"", None, "x.txt: cannot be read in any form known here; looked for HCPCS records of 320 columns"),
        (b"Dear all,\nplease find attached\n", None, "looked for"),
        (b"ISA*00*          *00*", None, "looked for"),
        (b"PK\x03\x04....", None, "zip archive or a workbook; unpack it"),
        (b"\x00\x01\x02A4222", None, "is not text"),
        (POS.encode(), "nucc", "cannot be read as nucc"),
        (CM.encode(), "hcpcs", "cannot be read as hcpcs"),
        ((CM + "E66\n").encode(), None, "x.txt:8: is not order number, code and 0 or 1"),
        ((CM + "lower\n").encode(), None, "x.txt:8"),
        (PCS.encode(), "icd10cm", "'0016070' is no icd10cm code"),
        (CM.encode(), "icd10pcs", "is no icd10pcs code"),
        (order(("S72001A", "1")).encode(), None, "give --kind icd10cm or --kind icd10pcs"),
        (order(("A00", "0")).encode(), "icd10cm", "holds no icd10cm code"),
        ((HCPCS + "A42\n").encode(), None, "x.txt:8: is no HCPCS record"),
        ((HCPCS + hcpcs("A4223")[:280]).encode(), None, "x.txt:8: ends before the termination date"),
        ((HCPCS + hcpcs("A4223", "20251340")).encode(), None, "x.txt:8: '20251340' is no date"),
        ((HCPCS_CSV + "J1,100,3,,,soon,,,\n").encode(), None, "x.txt:10: 'soon' is no date"),
        ((HCPCS_CSV + "8E+05,100,3,,,,,,\n").encode(), None, "x.txt:10: '8E+05' is no hcpcs code"),
        (HCPCS_CSV.encode() + b'"' + b"x" * 200_000, None, "save the file as CSV anew"),
        (b"Code,Grouping,Classification\n", None, "holds no nucc code"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_what_to_do(data: bytes, kind: str | None, said: str) -> None:
    with pytest.raises(CodeFileError) as raised:
        codefiles.read(data, "x.txt", kind)
    assert said in str(raised.value)
    assert str(raised.value).startswith("x.txt")


@given(st.binary(max_size=200), st.sampled_from([None, *codefiles.KINDS]))
def test_no_bytes_raise_anything_else(data: bytes, kind: str | None) -> None:
    with suppress(CodeFileError):
        codefiles.read(data, "x", kind)


# ------------------------------------------------------------------ which days a release speaks for


@pytest.mark.parametrize(
    ("kind", "name", "window"),
    [
        ("icd10cm", "icd10cm_order_2025.txt", "2024-10-01 2025-09-30 2025-03-31"),
        ("icd10cm", "icd10cm-order-April-2025.txt", "2025-04-01 2025-09-30 2025-09-30"),
        ("icd10pcs", "icd10pcs_order_2026.txt", "2025-10-01 2026-09-30 2026-03-31"),
        ("hcpcs", "HCPC2025_OCT_ANWEB.txt", "2025-10-01 2025-12-31 2025-12-31"),
        ("hcpcs", "HCPC2026_JUL_ANWEB_06172026.txt", "2026-07-01 2026-12-31 2026-09-30"),
        ("hcpcs", "january-2025-alpha-numeric-hcpcs-file.csv", "2025-01-01 2025-12-31 2025-03-31"),
        ("hcpcs", "HCPC2020_ANWEB_w_disclaimer.csv", "2020-01-01 2020-12-31 2020-03-31"),
        ("nucc", "nucc_taxonomy_250.csv", "2025-04-01 2026-03-31 2025-09-30"),
        ("nucc", "nucc_taxonomy_251.csv", "2025-10-01 2026-09-30 2026-03-31"),
    ],
)
def test_the_name_tells_the_window(kind: str, name: str, window: str) -> None:
    found = codewindows.window(kind, name)
    assert f"{found.first} {found.last} {found.whole}" == window


def test_the_last_change_tells_the_quarter_if_the_name_does_not() -> None:
    assert codewindows.window("hcpcs", "x.txt", latest=date(2025, 5, 2)).first == date(2025, 4, 1)
    assert codewindows.window("hcpcs", "HCPC2025.txt", latest=date(2025, 5, 2)).first == date(2025, 4, 1)
    assert codewindows.window("hcpcs", "HCPC2025.txt", latest=date(2024, 5, 2)).first == date(2025, 1, 1)


def test_days_that_were_said_hold_and_are_whole() -> None:
    first, last = date(2025, 4, 1), date(2025, 8, 31)
    assert codewindows.window("icd10cm", "icd10cm_order_2025.txt", first=first) == Window(
        first, date(2025, 9, 30), date(2025, 9, 30)
    )
    assert codewindows.window("pos", "x", first=first, last=last) == Window(first, last, last)
    assert codewindows.window("hcpcs", "HCPC2025_APR_ANWEB.txt", last=last) == Window(first, last, last)
    assert codewindows.window("hcpcs", "x.txt", first=date(9999, 4, 1)).last == date.max


@pytest.mark.parametrize(
    ("kind", "days", "said"),
    [
        ("icd10cm", {}, "give --valid-from"),
        ("nucc", {}, "give --valid-from"),
        ("pos", {}, "give --valid-from"),
        ("pos", {"first": date(2025, 1, 1)}, "give --valid-until"),
        ("hcpcs", {"first": date(2025, 1, 2), "last": date(2025, 1, 1)}, "must not be before"),
    ],
)
def test_a_window_that_cannot_be_told_is_asked_for(kind: str, days: dict[str, date], said: str) -> None:
    with pytest.raises(CodeFileError, match=said):
        codewindows.window(kind, "x.txt", **days)


# ------------------------------------------------------------------ what the tables say


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "codes"


def test_says(folder: Path) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    put(CM, "icd10cm_order_2025.txt", folder)
    says = Tables.load(folder).says
    day = date(2025, 3, 1)
    assert says("hcpcs", "S9365", day) is True
    assert says("hcpcs", "S9366", day) is False
    assert says("hcpcs", "SH", day) is True
    assert says("icd10cm", "E119", day) is True
    assert says("icd10cm", "E11", day) is False, "a header is not billable"
    assert says("icd10cm", "E1199", day) is False
    assert says("icd10pcs", "0016070", day) is None, "no table"
    assert says("nonsense", "1", day) is None
    # a code's own days, both of them included
    assert says("hcpcs", "J9999", date(2025, 2, 15)) is True
    assert says("hcpcs", "J9999", date(2025, 2, 16)) is False
    assert says("hcpcs", "S9998", date(2025, 1, 31)) is False
    assert says("hcpcs", "S9998", date(2025, 2, 1)) is True


def test_no_release_refuses_after_the_next_one_was_due(folder: Path) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    put(CM, "icd10cm_order_2025.txt", folder)
    says = Tables.load(folder).says
    assert says("hcpcs", "S9366", date(2025, 3, 31)) is False
    assert says("hcpcs", "S9366", date(2025, 4, 1)) is None
    assert says("hcpcs", "S9365", date(2025, 12, 31)) is True
    assert says("hcpcs", "S9365", date(2026, 1, 1)) is None
    assert says("hcpcs", "S9365", date(2024, 12, 31)) is None
    assert says("icd10cm", "E1199", date(2025, 3, 31)) is False
    assert says("icd10cm", "E1199", date(2025, 4, 1)) is None
    assert says("icd10cm", "E119", date(2025, 9, 30)) is True
    assert says("icd10cm", "E119", date(2025, 10, 1)) is None


@pytest.mark.parametrize("code", ["99213", "0001U", "1234F", "D0120", "25", "P1", "1P", "W1234"])
def test_what_a_file_never_lists_is_not_refused(folder: Path, code: str) -> None:
    put(HCPCS + hcpcs("PT", "20110101", record="7"), "HCPC2025_JAN_ANWEB.txt", folder)
    assert Tables.load(folder).says("hcpcs", code, date(2025, 3, 1)) is None


@pytest.mark.parametrize(
    ("kind", "code", "day", "doubted"),
    [
        ("hcpcs", "S9366", date(2025, 3, 31), False),  # a release in force refuses it
        ("hcpcs", "S9365", date(2025, 3, 31), False),  # and takes this
        ("hcpcs", "S9366", date(2025, 4, 1), True),  # it may be new since
        ("hcpcs", "S9366", date(2026, 1, 1), True),
        ("hcpcs", "S9366", date(2024, 12, 31), True),
        ("hcpcs", "S9365", date(2026, 1, 1), False),  # a release holds it
        ("hcpcs", "J9999", date(2026, 1, 1), False),  # one that has ended too
        ("hcpcs", "99213", date(2026, 1, 1), False),  # no release has any of CPT
        ("hcpcs", "SX", date(2026, 1, 1), True),
        ("icd10cm", "E1199", date(2025, 4, 1), True),
        ("icd10cm", "E119", date(2025, 10, 1), False),
        ("icd10pcs", "0016070", date(2025, 4, 1), False),  # no table of that kind
        ("nonsense", "1", date(2025, 4, 1), False),
    ],
)
def test_a_code_is_doubted_where_tables_are_but_none_that_can_tell(
    folder: Path, kind: str, code: str, day: date, doubted: bool
) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    put(CM, "icd10cm_order_2025.txt", folder)
    assert Tables.load(folder).doubts(kind, code, day) is doubted


def test_a_file_with_some_of_cpt_speaks_for_that_part(folder: Path) -> None:
    put(HCPCS + hcpcs("99213"), "HCPC2025_JAN_ANWEB.txt", folder)
    says = Tables.load(folder).says
    assert [says("hcpcs", code, date(2025, 3, 1)) for code in ("99213", "99214", "0001U")] == [True, False, None]


def test_modifiers_of_a_listed_family_are_refused(folder: Path) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    assert Tables.load(folder).says("hcpcs", "SX", date(2025, 3, 1)) is False


def test_codes_may_be_asked_for_in_either_order_of_loading(tmp_path: Path) -> None:
    old = order(("A00", "0"), ("A000", "1"), ("A001", "1"))
    new = order(("A00", "0"), ("A000", "1"), ("A002", "1"))
    loads = [(old, "icd10cm_order_2025.txt"), (new, "icd10cm_order_2026.txt")]
    for name, order_of_loading in (("a", loads), ("b", loads[::-1])):
        for text, file in order_of_loading:
            put(text, file, tmp_path / name)
        says = Tables.load(tmp_path / name).says
        assert [says("icd10cm", code, date(2025, 1, 1)) for code in ("A000", "A001", "A002")] == [True, True, False]
        assert [says("icd10cm", code, date(2025, 11, 1)) for code in ("A000", "A001", "A002")] == [True, False, True]


def test_the_later_release_speaks_for_its_days(folder: Path) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    put(hcpcs("S9365", "20020101", "20250401", "20250630"), "HCPC2025_JUL_ANWEB.txt", folder)
    says = Tables.load(folder).says
    assert says("hcpcs", "S9365", date(2025, 6, 30)) is True
    assert says("hcpcs", "S9365", date(2025, 7, 1)) is False


def test_a_code_added_with_effect_from_before_its_release_is_not_refused(folder: Path) -> None:
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    assert Tables.load(folder).says("hcpcs", "S9111", date(2025, 3, 1)) is False
    put(HCPCS + hcpcs("S9111", "20250215", "20250401"), "HCPC2025_APR_ANWEB.txt", folder)
    says = Tables.load(folder).says
    assert says("hcpcs", "S9111", date(2025, 3, 1)) is True
    assert says("hcpcs", "S9111", date(2025, 2, 14)) is False


def test_headers_are_known(folder: Path) -> None:
    put(CM, "icd10cm_order_2025.txt", folder)
    put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    tables, day = Tables.load(folder), date(2025, 1, 1)
    asked = ("A00", "A0", "E11", "S7200", "A000", "E12", "", "Z")
    heads = [code for code in asked if tables.heads("icd10cm", code, day)]
    assert heads == ["A00", "A0", "E11", "S7200"]
    assert not tables.heads("icd10cm", "A00", date(2020, 1, 1))
    assert not tables.heads("hcpcs", "S93", day)
    put(order(("A00", "1"), ("A000", "1")), "icd10cm_order_2026.txt", folder)
    assert not Tables.load(folder).heads("icd10cm", "A00", date(2026, 1, 1)), "it is a code itself"


_DAYS = st.dates(date(2019, 1, 1), date(2028, 12, 31))
_CODES = st.sampled_from(["A4222", "S9365", "S9366", "J9999", "99213", "SH", "25", ""])
_SPANS = st.tuples(st.none() | _DAYS, st.none() | _DAYS)


@given(
    releases=st.lists(st.tuples(_DAYS, st.none() | st.integers(0, 500), st.dictionaries(_CODES, _SPANS)), max_size=4),
    code=_CODES,
    day=_DAYS,
)
def test_false_is_never_said_but_by_a_release_in_force(
    tmp_path_factory: pytest.TempPathFactory,
    releases: list[tuple[date, int | None, dict[str, tuple[date | None, date | None]]]],
    code: str,
    day: date,
) -> None:
    folder = tmp_path_factory.mktemp("codes")
    windows = {}
    for first, length, codes in releases:
        last = None if length is None else first + timedelta(days=length)
        window = codewindows.window("hcpcs", "x", first=first, last=last)
        found = Published("hcpcs", {code: span for code, span in codes.items() if code})
        codetables.write(found, window, folder, loaded=NOW, sha256="", source="x")
        windows[first] = (window, found.codes)
    said = Tables.load(folder).says("hcpcs", code, day)
    in_force = [each for each in windows.values() if each[0].first <= day <= each[0].last]
    if not in_force:
        assert said is None
    else:
        window, codes = max(in_force, key=lambda each: each[0].first)
        begin, end = codes.get(code, (date.max, None))
        held = (begin or day) <= day <= (end or day)
        if said is False:
            assert not held
            assert day <= window.whole
            assert any(each[:1] == code[:1] for each in codes)
        if held:
            assert said is True


# ------------------------------------------------------------------ the folder


def test_a_table_holds_codes_and_days_and_no_title(folder: Path) -> None:
    release = put(HCPCS, "HCPC2025_JAN_ANWEB.txt", folder)
    text = release.path.read_text("utf-8")
    assert release.path.name == "hcpcs-2025-01-01.codes"
    assert "ours" not in text and "short" not in text
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert rows == sorted(rows)
    assert "J9999\t2010-01-01\t2025-02-15" in rows
    for line in ("kind hcpcs", "window 2025-01-01 2025-12-31", "whole-until 2025-03-31", "loaded 2026-01-05"):
        assert f"# {line}" in text.splitlines()
    assert release.path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_name_cannot_write_a_heading(folder: Path) -> None:
    found = codefiles.read(CM.encode(), "x")
    window = codewindows.window("icd10cm", "2025")
    codetables.write(found, window, folder, loaded=NOW, sha256="", source="a\nA002\t\t")
    assert Tables.load(folder).says("icd10cm", "A000", date(2025, 1, 1)) is True


def test_the_same_release_is_replaced(folder: Path) -> None:
    put(CM, "icd10cm_order_2025.txt", folder)
    put(order(("A000", "1")), "icd10cm_order_2025.txt", folder)
    tables = Tables.load(folder)
    assert [release.size for release in tables.releases()] == [1]
    assert tables.says("icd10cm", "E119", date(2025, 1, 1)) is False


def test_a_table_is_there_whole_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(CM, "icd10cm_order_2025.txt", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(order(("A000", "1")), "icd10cm_order_2025.txt", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_is_unfinished_or_another_s_is_passed_over(folder: Path) -> None:
    put(CM, "icd10cm_order_2025.txt", folder)
    (folder / ".x.part").write_text("half")
    (folder / "._icd10cm-2024-10-01.codes").write_text("a Mac's")
    (folder / "README").write_text("not ours")
    assert len(Tables.load(folder).releases()) == 1
    assert Tables.load(folder / "none").releases() == []


@pytest.mark.parametrize(
    ("old", "new", "early"),
    [
        ("# edi837 code table 1", "# another", True),
        ("# window 2024-10-01 2025-09-30", "# window 2024-10-01", True),
        ("# whole-until 2025-03-31\n", "", True),
        ("# codes 5", "# codes five", True),
        ("A000\t\t\n", "", False),
        ("A000\t\t\n", "A000\n", False),
        ("A000\t\t\n", "A000\tsoon\t\n", False),
        ("A000\t\t\n", "A000\t2025-02-30\t\n", False),
        ("A000\t\t\n", "A000\t\t\nA000\t\t\n" * 2 + "A002\t\t\n", False),
        ("A000\t\t\n", "A000\t\t\xff\n", True),
    ],
)
def test_a_broken_table_names_itself_and_the_remedy(folder: Path, old: str, new: str, early: bool) -> None:
    path = put(CM, "icd10cm_order_2025.txt", folder).path
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "latin-1")
    if early:
        with pytest.raises(CodeTableError) as raised:
            Tables.load(folder)
    else:
        tables = Tables.load(folder)
        with pytest.raises(CodeTableError) as raised:
            tables.says("icd10cm", "A001", date(2025, 1, 1))
    assert str(raised.value).startswith(str(path))
    assert "load it again with edi837 codes update" in str(raised.value)


def test_a_release_is_read_when_one_of_its_days_is_asked_for(folder: Path) -> None:
    put(CM, "icd10cm_order_2025.txt", folder)
    old = put(CM, "icd10cm_order_2024.txt", folder).path
    old.write_text(old.read_text() + "broken\n")
    assert Tables.load(folder).says("icd10cm", "A000", date(2025, 1, 1)) is True


def test_a_release_is_read_once(folder: Path) -> None:
    path = put(CM, "icd10cm_order_2025.txt", folder).path
    says = Tables.load(folder).says
    assert says("icd10cm", "A000", date(2025, 1, 1)) is True
    path.unlink()
    assert says("icd10cm", "A001", date(2025, 1, 1)) is True


def test_where_tables_are() -> None:
    assert codetables.folder({"EDI837_CODES": "/a", "XDG_DATA_HOME": "/b"}) == Path("/a")
    assert codetables.folder({"EDI837_CODES": "", "XDG_DATA_HOME": "/b"}) == Path("/b/edi837/codes")
    assert codetables.folder({"XDG_DATA_HOME": "b"}) == Path.home() / ".local/share/edi837/codes"


def test_a_service_without_a_home_checks_without_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", lost)
    demo = str(Path(__file__).parent.parent / "fixtures" / "837P" / "pass" / "minimum.edi")
    environment = {"EDI837_CODES": "", "XDG_DATA_HOME": ""}
    run = CliRunner().invoke(main, ["check", demo], env=environment)
    assert run.exit_code == 0
    assert "no code tables are used (this user has no home folder): EDI837_CODES names their folder" in run.stderr
    run = CliRunner().invoke(main, ["codes", "list"], env=environment, standalone_mode=False)
    assert run.return_value == 2
    assert "no home folder" in run.stderr


def test_a_home_that_is_shut_is_no_fault_unless_it_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def shut(folder: Path) -> Tables:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Tables, "load", shut)
    demo = str(Path(__file__).parent.parent / "fixtures" / "837P" / "pass" / "minimum.edi")
    run = CliRunner().invoke(main, ["check", demo], env={"EDI837_CODES": "", "XDG_DATA_HOME": "/shut"})
    assert run.exit_code == 0
    assert "no code tables are used ([Errno 13] Permission denied: '/shut/edi837/codes')" in run.stderr
    run = CliRunner().invoke(main, ["check", demo], env={"EDI837_CODES": "/shut"})
    assert run.exit_code == 2
    assert "Permission denied: '/shut'" in run.stderr


# ------------------------------------------------------------------ the commands


def codes(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "edi837", "codes", *map(str, arguments)]
    around = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, env=around, timeout=60)


def test_update_and_list(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "icd10cm_order_2025.txt"
    source.write_text(CM)
    update: list[str | Path] = ["update", "--from", source, "--any-size", "--now", "2026-01-05"]
    row = b"icd10cm       5 codes  2024-10-01..2025-09-30  whole until 2025-03-31  loaded 2026-01-05  "
    row += b"icd10cm_order_2025.txt\n"
    for _ in range(2):
        done = codes(*update, EDI837_CODES=str(folder))
        assert (done.returncode, done.stdout, done.stderr) == (0, row, b"")
    assert codes("list", "--dir", folder).stdout == row
    april = tmp_path / "icd10cm-order-April-2025.txt"
    april.write_text(CM + "\n")
    done = codes("update", "--from", april, "--any-size", "--dir", folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert codes("list", EDI837_CODES=str(folder)).stdout.count(b"\n") == 2
    source.write_text(order(("A000", "1")))
    assert b"in place of icd10cm_order_2025.txt, loaded 2026-01-05" in codes(*update, "--dir", folder).stderr


def test_an_extract_is_not_taken_for_a_list(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "HCPC2025_OCT_ANWEB.txt"
    source.write_text(HCPCS)
    done = codes("update", "--from", source, "--dir", folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"HCPC2025_OCT_ANWEB.txt: holds 5 hcpcs codes, no release had fewer than 4000" in done.stderr
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "said"),
    [
        (["--from", "no-such-file"], "", 3, "no-such-file: cannot be read or written: No such file"),
        (["--from", "-"], "Dear all,", 2, "standard input: cannot be read in any form known here"),
        (["--from", "-", "--any-size"], CM, 2, "standard input: neither name nor content tells"),
        (["--from", "-", "--any-size", "--kind", "cpt"], CM, 2, "cpt"),
        (["--from", "-", "--any-size", "--valid-from", "soon"], CM, 2, "soon"),
        ([], "", 2, "--from"),
    ],
)
def test_what_cannot_be_loaded(folder: Path, arguments: list[str], stdin: str, status: int, said: str) -> None:
    done = codes("update", *arguments, "--dir", folder, stdin=stdin.encode())
    assert done.returncode == status
    assert said in done.stderr.decode()
    assert not folder.exists()


def test_standard_input_with_its_days(folder: Path) -> None:
    days = ["--valid-from", "2024-08-01", "--valid-until", "2025-12-31"]
    done = codes("update", "--from", "-", "--any-size", "--kind", "pos", *days, "--dir", folder, stdin=POS.encode())
    assert done.returncode == 0, done.stderr
    says = Tables.load(folder).says
    assert [says("pos", code, date(2025, 12, 31)) for code in ("12", "28")] == [True, False]


def test_list_says_when_there_is_none(folder: Path) -> None:
    done = codes("list", "--dir", folder)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"load one with edi837 codes update --from FILE" in done.stderr


def test_a_broken_table_stops_the_list(folder: Path) -> None:
    put(CM, "icd10cm_order_2025.txt", folder).path.write_text("nothing")
    done = codes("list", "--dir", folder)
    assert done.returncode == 2
    assert done.stderr.count(b".codes") == 1


@pytest.mark.parametrize("command", ["update", "list"])
def test_help_shows_examples(command: str) -> None:
    assert f"edi837 codes {command} --".encode() in codes(command, "--help").stdout
