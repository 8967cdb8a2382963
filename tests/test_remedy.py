"""The fix of every slip of syntax: what would be right, where it belongs, and no value of the sender's."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import edi837
from edi837 import grammar, remedy, syntax
from edi837.findings import Finding
from edi837.x12 import Delimiters
from tests.edits import FIXTURES, Change, Wire, changed, drop, insert, part, put

HOME_P = "837P/pass/subscriber-claims.edi"
HOME_I = "837I/pass/home-infusion.edi"
COB = "837P/pass/coordination-of-benefits.edi"
HOSPITAL = "837I/pass/hospital.edi"
UNBROKEN = "send the file without line breaks, or with one only behind the end of a segment"


def told(data: bytes) -> list[Finding]:
    return [each for each in edi837.check(io.BytesIO(data)) if each.syntax]


def over(*changes: Change) -> Change:
    """One change after the other."""

    def change(wire: Wire) -> None:
        for each in changes:
            each(wire)

    return change


FIXES = [
    (HOME_P, put("DMG", 3, "X"), "IK4:7 DMG03", "send F, M or U"),
    (HOME_P, put("DMG", 3, "m"), "IK4:7 DMG03", "send the code in capital letters"),
    (HOME_P, put("NM1*IL>N4", 2, "QQ"), "IK4:7 N402", "send one of the 77 codes that the guide lists"),
    (HOME_P, put("SBR", 2, "19"), "IK4:7 SBR02", "send 18, or leave SBR02 empty"),
    (HOME_P, put("CLM", 7, ""), "IK4:1 CLM07", "send A, B or C in CLM07"),
    (HOME_P, put("SV1", 7, ""), "IK4:1 SV107", "send SV107"),
    (HOME_P, put("CLM", 1, "A" * 39), "IK4:5 CLM01", "shorten it to 38 characters"),
    (HOME_P, put("NM1*IL", 9, "1" * 81), "IK4:5 NM109",
     "send the number as the payer, or whoever gave it, has it, at most 80 characters"),
    (HOME_P, put("REF*6R", 2, "1" * 51), "IK4:5 REF02",
     "send the number as the payer, or whoever gave it, has it, at most 50 characters"),
    (HOME_P, part("SV1", 1, 2, "1" * 49), "IK4:5 SV101-2",
     "send the code as its code set has it, at most 48 characters"),
    (HOME_P, part("HI", 1, 2, "1" * 31), "IK4:5 HI01-2",
     "send the code as its code set has it, at most 30 characters"),
    (HOME_P, put("NM1*IL>N4", 3, "1" * 16), "IK4:5 N403",
     "send the code as its code set has it, at most 15 characters"),
    (HOME_P, put("SV1", 4, "1" * 16), "IK4:5 SV104", "send at most 15 digits"),
    (HOME_P, put("NM1*IL", 3, "A" * 61), "IK4:5 NM103", "shorten it to 60 characters"),
    (HOME_P, part("SV1", 1, 1, "XX"), "IK4:7 SV101-1", "send HC, ER, IV or WK"),
    (HOME_I, part("SV2", 2, 1, "XX"), "IK4:7 SV202-1", "send HC, ER, HP, IV or WK"),
    (HOME_P, part("SV1", 1, 3, "SH "), "IK4:5 SV101-3", "send it without blanks around it"),
    (HOME_P, put("NM1*IL", 9, "A"), "IK4:4 NM109",
     "send the number as the payer, or whoever gave it, has it, at least 2 characters"),
    (HOME_P, put("CLM", 2, "1,565"), "IK4:6 CLM02", "send digits alone, with a point before decimals"),
    (HOME_P, put("SV1", 7, "1,2"), "IK4:6 SV107-1", "send digits alone, each pointer in a component of its own"),
    (HOME_P, put("NM1*IL", 3, "A\x07B"), "IK4:6 NM103", "leave the control character out"),
    (HOME_P, put("NM1*IL", 3, "A\r\nB"), "IK4:6 NM103", UNBROKEN),
    (HOME_P, put("REF*6R", 1, "6\nR"), "IK4:7 REF01", UNBROKEN),
    (HOME_P, put("DTP*472", 2, "D8"), "IK4:8 DTP03", "send CCYYMMDD; a range needs RD8 in DTP02"),
    (HOME_P, put("DTP*472", 3, "20250106"), "IK4:8 DTP03",
     "send CCYYMMDD-CCYYMMDD; a single day needs D8 in DTP02"),
    (HOME_P, put("DMG", 2, "20240101-20240102"), "IK4:8 DMG02", "send CCYYMMDD; a range may not stand here"),
    (HOME_P, put("DMG", 2, "12311980"), "IK4:8 DMG02", "send CCYYMMDD, the year first"),
    (HOME_P, put("DMG", 2, "20250229"), "IK4:8 DMG02", "send CCYYMMDD, a day that the calendar has"),
    (HOME_P, put("DTP*472", 3, "2025/01/06-2025/01/12"), "IK4:8 DTP03", "send CCYYMMDD-CCYYMMDD, digits alone"),
    (HOME_P, put("BHT", 5, "2400"), "IK4:9 BHT05", "send HHMM"),
    (HOSPITAL, put("CLM*I61-INPATIENT>DTP*435", 3, "20250110"), "IK4:8 DTP03",
     "send CCYYMMDDHHMM; a single day needs D8 in DTP02"),
    (HOME_I, part("HI*BI", 1, 4, "20241220"), "IK4:8 HI01-4",
     "send CCYYMMDD-CCYYMMDD; a single day may not stand here"),
    (HOME_P, put("NM1*IL", 3, "A:B"), "IK4:13 NM103", "leave the component separator out of it"),
    (HOME_P, put("NM1*IL", 3, "A^B"), "IK4:12 NM103", "send it once; the repetition separator may not stand in a text"),
    (HOME_P, put("SV1", 8, "1"), "IK4:I10 SV108", "leave SV108 empty"),
    (HOME_P, put("N3", 3, "1"), "IK4:3 N303", "end the segment with N302; look for a separator too many"),
    (HOME_P, insert("PER*IC*A*TE*5555550100*FX", after="PER"), "IK4:2 PER06", "send PER06, or leave PER05 out"),
    # where a segment belongs
    (HOME_P, insert("REF*G1*AUTH12345", before="CLM"), "IK4:7 REF01", "move it to loop 2300, behind CLM"),
    (HOME_P, insert("REF*G1*AUTH12345", before="NM1*PR"), "IK4:7 REF01",
     "move it to where it belongs: loop 2300, 2330B or 2400"),
    (HOME_P, insert("DTP*573*D8*20250101", before="HI"), "IK3:2", "move it to where it belongs: loop 2330B or 2430"),
    (HOME_P, insert("AMT*D*10", after="CLM"), "IK4:7 AMT01", "send F5, or move it to loop 2320, behind SBR"),
    (HOME_P, insert("OI***Y***Y", before="HI"), "IK3:2", "move it to loop 2320, behind SBR"),
    (HOME_P, insert("NM1*82*2*X*****XX*1234567893", before="NM1*PR"), "IK4:7 NM101",
     "move it to where it belongs: loop 2310B, 2330D or 2420A"),
    (HOME_P, insert("REF*QQ*1", before="HI"), "IK4:7 REF01", "send one of the 14 codes that the guide lists"),
    (HOME_P, insert("SV2*0640", before="HI"), "IK3:2", "leave it out"),
    # and where it was passed
    (HOME_P, insert("REF*F5*1", after="HI"), "IK3:7", "send it before HI (segment {})"),
    (HOME_P, over(drop("HL"), drop("PRV"), drop("NM1*40"), insert("NM1*40*2*X*****46*12", after="REF*EI")), "IK3:7",
     "send its loop before NM1 (segment 5)"),  # there the loop behind it begins, which lacks its HL
    (HOME_P, insert("NM1*87*2", before="LX"), "IK3:7", "send its loop before HL (segment 13)"),
    (COB, insert("CAS*CO*45*1", after="SVD>DTP*573"), "IK3:7", "send it before DTP (segment {})"),
    (HOME_P, insert("lx*1", before="LX"), "IK5:5", "send the segment id alone, in capital letters"),
    (HOME_P, insert("REST OF A NOTE", before="LX"), "IK5:5",
     "send a segment id; if this is the rest of a text, take the segment terminator out of that"),
    (HOME_P, insert("L\nX*1", before="LX"), "IK5:5", UNBROKEN),
    (HOME_P, put("HL*2", 2, "9"), "IK4:7 HL02", "send 1"),
]


@pytest.mark.parametrize(("path", "change", "what", "fix"), FIXES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_slip_of_syntax_says_what_would_be_right(path: str, change: Change, what: str, fix: str) -> None:
    found = told(changed(path, change))
    first = next(each for each in found if each.syntax == what.split()[0])
    assert f"{first.syntax} {first.place.refdes}".strip() == what
    assert first.fix == fix.replace("{}", str(first.place.segment - 1)) and fix not in first.message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/fail/*.edi")), ids=lambda p: f"{p.parts[-3]}/{p.stem}")
def test_every_slip_of_syntax_in_the_fixtures_has_a_fix(path: Path) -> None:
    assert [each.message for each in told(path.read_bytes()) if not each.fix] == []


@pytest.mark.parametrize("guide", ["005010X222A1", "005010X223A2"])
def test_each_element_of_a_guide_has_a_fix_for_each_code_and_it_holds_no_value(guide: str) -> None:
    """Whatever is sent: nothing, blanks, a mark, a letter, dates of each form, in each element and component."""
    values = ["", " ", ":", "^", "\n", "\x07", "Q", "q:Q", "20250229", "20250101-20250102", "é" * 200, "--", "²"]
    for use in grammar.load(guide).root.segments():
        for at in range(1, len(use.elements) + 2):
            for value in values:
                seg = [use.tag, *["1"] * len(use.elements)]
                seg[at:] = [value]
                for flaw in syntax.explain(use, seg, Delimiters("*", ":", "^", "~")):
                    fix = remedy.of(flaw, use)
                    assert fix and not fix.endswith((" ", ",")), (use, flaw)
                    assert not value.strip().isalnum() or len(value) < 3 or value not in fix


def test_a_run_of_one_kind_out_of_order_is_told_once() -> None:
    late = insert("CAS*CO*45*1", after="LX*2>DTP*573"), insert("CAS*PR*1*1", after="LX*2>DTP*573")
    one = told(changed(COB, drop("LX*2>CAS"), late[0]))
    both = told(changed(COB, drop("LX*2>CAS"), *late, insert("CAS*OA*23*1", after="LX*2>DTP*573")))
    assert [(each.syntax, each.place.segment) for each in both] == [(one[0].syntax, one[0].place.segment)]
    assert one[0].syntax == "IK3:7"
    bad = told(changed(COB, drop("LX*2>CAS"), *late, put("LX*2>DTP*573>CAS*CO", 3, "x")))
    assert [each.syntax for each in bad] == ["IK3:7", "IK4:6"], "each of them is judged"
    many = [insert("CAS*PR*1*1", after="LX*2>DTP*573") for _ in range(6)]
    assert [each.syntax for each in told(changed(COB, drop("LX*2>CAS"), *many))] == ["IK3:7", "IK3:5"]


@pytest.mark.parametrize("width", [78, 80, 120])
def test_a_file_wrapped_at_a_width_is_told_its_line_breaks(width: int) -> None:
    wire = Wire.read((FIXTURES / HOME_P).read_bytes())
    wire.after = ""
    data = wire.write()
    found = told(b"\r\n".join(data[at : at + width] for at in range(0, len(data), width)))
    assert found and "a line break" in found[0].message and found[0].fix == UNBROKEN
    torn = [each for each in found if "\r" in each.place.value or each.syntax == "IK5:5"]
    assert {each.fix for each in torn} == ({UNBROKEN} if width == 120 else set())
