"""Beyond syntax (SNIP 3, 4, 5): each rule broken once is found once, told in the 277CA, and nothing near it is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

import edi837
from edi837 import answer, grammar, rulebook, snip, statuscodes
from edi837.findings import Finding
from edi837.rules import load
from edi837.snip import forms, shapes
from edi837.snip.rule import is_named, mask
from edi837.terms import Terms
from tests.edits import FIXTURES, Change, Wire, backwards, changed, drop, insert, part, put

GUIDES = {"P": "005010X222A1", "I": "005010X223A2"}
HOME_P = "837P/pass/subscriber-claims.edi"
HOME_I = "837I/pass/home-infusion.edi"
COB = "837P/pass/coordination-of-benefits.edi"
COB_I = "837I/pass/coordination-of-benefits.edi"
ACCIDENT = "837P/pass/accident.edi"
CHILDREN = "837P/pass/dependants.edi"
REPLACED = "837P/pass/replacement-and-void.edi"
TWO_INSURERS = "837I/pass/dependant-two-insurers.edi"
HOSPITAL = "837I/pass/hospital.edi"
STAY = "CLM*I61-INPATIENT"  # the inpatient claim of HOSPITAL
APPENDIX = "837I/pass/dependant-appendectomy.edi"
AMBULANCE = "837P/pass/dependant-ambulance.edi"
LABORATORY = "837P/pass/dependant-laboratory.edi"
EQUIPMENT = "837P/pass/certificate-of-medical-necessity.edi"
OXYGEN = "837P/pass/dependant-oxygen-at-home.edi"
CHECK_UP = "837P/pass/dependant-check-up-of-a-child.edi"
MEDICARE_FIRST = "837I/pass/medicare-judged-the-stay-first.edi"
WHOLE, WHOLE_I = "CLM*P31-CLAIM-JUDGED", "CLM*I41-CLAIM-JUDGED"  # claims adjudicated without lines, of COB and COB_I


IN_2014 = (  # the stay of HOSPITAL, coded in ICD-9
    put(f"{STAY}>DTP*434", 3, "20140110-20140114"), put(f"{STAY}>DTP*435", 3, "201401102115"),
    put(f"{STAY}>HI*ABK", 1, "BK:5409"), put(f"{STAY}>HI*ABJ", 1, "BJ:78900"), put(f"{STAY}>HI*ABF", 1, "BF:4019"),
    put(f"{STAY}>HI*BBR", 1, "BR:0139:D8:20140111"), drop("NM1*72"),
)  # fmt: skip


def told(data: bytes) -> list[Finding]:
    return list(edi837.check(io.BytesIO(data)))


def last(place: str, element: int, value: str) -> Change:
    """Give an element of the last such segment another value."""

    def change(wire: Wire) -> None:
        at = max(i for i in range(len(wire.segments)) if wire.segments[i][: len(place.split("*"))] == place.split("*"))
        wire.segments[at].extend([""] * (element + 1 - len(wire.segments[at])))
        wire.segments[at][element] = value.replace(":", wire.component)

    return change


def twice(first: str, stop: str) -> Change:
    """Write the first claim twice."""

    def change(wire: Wire) -> None:
        start = wire.index(first)
        end = next(i for i in range(start + 1, len(wire.segments)) if wire.segments[i][0] in stop.split())
        wire.segments[end:end] = [list(each) for each in wire.segments[start:end]]

    return change


class Case(NamedTuple):
    rule: str
    path: str
    at: str  # element (or loop) that the message begins with
    changes: tuple[Change, ...]
    action: str = "reject"
    level: str = "claim"
    status: str = ""  # first composite; empty: the rule's own
    fix: str = ""  # how its fix begins; empty: it is the rule's own


def case(rule: str, path: str, at: str, *changes: Change, **rest: str) -> Case:
    return Case(rule, path, at, changes, **rest)


BREAKS = [
    case("S3-CLM02", HOME_P, "CLM02", put("CLM", 2, lambda v: f"{float(v) + 0.01:.2f}")),
    case("S3-CLM02", HOME_I, "CLM02", put("SV2", 3, lambda v: f"{float(v) - 1:g}")),
    case("S3-AMT-D", COB, "AMT02", put("AMT*D", 2, "631")),
    case("S3-AMT-D", COB, "AMT02", insert("CAS*CO*A2*5", before="AMT*D")),
    case("S3-COB", COB, "AMT02", put(f"{WHOLE}>AMT*D", 2, "251")),
    case("S3-COB", COB_I, "AMT02", put(f"{WHOLE_I}>CAS", 3, "99")),
    case("S3-SVD", COB, "SVD02", put("CAS*CO", 3, "139"), level="line"),
    case("S3-SVD", COB_I, "SVD02", put("CAS", 3, lambda v: f"{float(v) + 1:g}"), level="line"),
    case("S3-A8", COB, "AMT02", put("AMT*A8", 2, "839.99")),
    case("S3-A8", COB, "AMT01", insert("AMT*D*10", before="AMT*A8"),
         insert("DTP*573*D8*20250201", after="AMT*A8>NM1*PR"), action="warn", fix="leave AMT*A8 out"),
    case("S3-A8", COB, "AMT01", insert("CAS*CO*45*840", before="AMT*A8"), action="warn", fix="leave AMT*A8 out"),
    case("S3-A8", COB_I, "AMT01", insert("AMT*A8*1", after=f"{WHOLE_I}>AMT*EAF"), action="warn",
         fix="leave AMT*A8 out"),
    case("S4-EAF", COB, "AMT01", insert("AMT*EAF*100", after="AMT*D"), action="warn"),
    case("S4-EAF", COB_I, "AMT01", insert("AMT*EAF*100", after="AMT*D"), action="warn"),
    case("S4-CHARGE", HOME_P, "CLM02", put("SV1", 2, "-952"), put("CLM", 2, "-896")),
    case("S4-CHARGE", HOME_I, "CLM02", put("SV2", 3, "-676.01"), put("CLM", 2, "-.01")),
    case("S4-BELOW-ZERO", HOME_P, "SV102", put("SV1", 2, "-1"), put("CLM", 2, "55"), action="warn", level="line"),
    case("S4-BELOW-ZERO", HOME_I, "SV203", put("SV2", 3, "-1"), put("CLM", 2, "675"), action="warn", level="line"),
    case("S4-BELOW-ZERO", HOME_P, "SV104", put("LX*2>SV1", 4, "-56"), action="warn", level="line"),
    case("S4-BELOW-ZERO", HOME_I, "SV205", put("LX*3>SV2", 5, "-.5"), action="warn", level="line"),
    case("S5-CENTS", HOME_P, "SV102", put("SV1", 2, "840.0050"), put("CLM", 2, "896.005"), action="warn", level="line"),
    case("S5-CENTS", HOME_I, "SV203", put("SV2", 3, "840.005"), put("CLM", 2, "1516.005"), action="warn", level="line"),
    case("S5-CENTS", HOME_P, "AMT02", insert("AMT*F5*10.125", after="CLM"), action="warn"),
    case("S5-CENTS", COB, "CAS06", put("CAS*CO", 3, "139.99"), put("CAS*CO", 5, "253"), put("CAS*CO", 6, ".0100001"),
         put("CAS*CO", 8, "B20"), put("CAS*CO", 9, "-.0000001"), action="warn", level="line"),
    case("S4-CTP04", HOME_P, "CTP04", put("CTP", 4, "0"), put("LX*2>SV1", 1, "HC:99070"), action="warn", level="line"),
    case("S4-CTP04", HOME_I, "CTP04", put("CTP", 4, "-14"), put("LX*3>SV2", 2, "HC:99070"), action="warn",
         level="line"),
    case("S4-SVD06", COB, "SVD06", put("LX*2>SVD", 6, "3"), action="warn", level="line"),
    case("S4-SVD06", COB_I, "SVD06", put("LX*2>SVD", 6, "3"), action="warn", level="line"),
    case("S4-SV5", EQUIPMENT, "SV501-2", part("SV5", 1, 2, "E0431"), action="warn", level="line"),
    case("S5-SSN", TWO_INSURERS, "REF02", put("REF*SY", 2, "123-45-6789"), action="warn"),
    case("S5-SSN", HOME_I, "REF02", insert("REF*SY*12345678", after="NM1*IL>DMG"), action="warn"),
    case("S5-SSN", CHILDREN, "REF02", insert("REF*SY*12345678A", after="NM1*QC>DMG"), action="warn"),
    case("S5-BOX", HOME_P, "N301", put("NM1*85>N3", 1, "P.O. Box 12"), action="warn"),
    case("S5-BOX", HOME_I, "N302", put("NM1*85>N3", 2, "lockbox 7"), action="warn"),
    case("S4-SBR02", HOME_P, "SBR02", put("SBR", 2, "")),
    case("S4-SBR02", CHILDREN, "SBR02", put("SBR", 2, "18"), action="warn", fix="leave SBR02 empty"),
    case("S4-2010BA", HOME_P, "2010BA", drop("NM1*IL>DMG")),
    case("S4-2010BA", HOME_P, "2010BA", drop("NM1*IL>N3"), status="A6:503:IL"),
    case("S4-REF-F8", HOME_P, "CLM05-3", part("CLM", 5, 3, "7")),
    case("S4-REF-F8", HOME_I, "CLM05-3", part("CLM", 5, 3, "8")),
    case("S4-POINTER", HOME_P, "SV107-1", put("SV1", 7, "9"), level="line"),
    case("S4-POINTER", HOME_P, "SV107-2", put("SV1", 7, "1:9"), level="line"),
    case("S4-REF-6R", COB, "REF02", put("LX*2>REF*6R", 2, "P30-LINES-JUDGED-1"), level="line"),
    case("S4-LX", COB, "LX01", put("LX*2", 1, "3"), level="line"),
    case("S4-ICD", HOME_P, "HI01-1", part("HI", 1, 1, "BK"), part("HI", 1, 2, "6822")),
    case("S4-ICD", HOME_P, "HI01-1", part("HI", 1, 1, "BK")),
    case("S4-ICD", HOSPITAL, "HI01-1", part(f"{STAY}>HI*ABF", 1, 1, "BF")),
    case("S4-ICD", HOME_P, "HI02-1", put("HI", 1, "BK:0389"), put("HI", 2, "BF:A419"), put("SBR", 9, "WC")),
    case("S4-ICD", HOSPITAL, "HI01-1", *IN_2014, put(f"{STAY}>HI*BK", 1, "ABK:5409:::::::Y")),
    case("S4-CLM11", ACCIDENT, "CLM11-1", drop("DTP*439")),
    case("S4-CLM11", ACCIDENT, "CLM11-4", part("CLM", 11, 4, "")),
    case("S4-PWK", HOME_P, "PWK06", insert("PWK*OZ*FX", after="CLM")),
    case("S4-435", HOSPITAL, "CLM05-1", drop("DTP*435"), action="warn"),
    case("S4-435", HOSPITAL, "CLM05-1", part(STAY, 5, 1, "21"), drop("DTP*435"), action="warn"),
    case("S4-CR1", HOME_P, "SV101-2", put("SV1", 1, "HC:A0428"), action="warn", level="line"),
    case("S4-CR1", HOME_P, "SV101-2", put("SV1", 1, "HC:A0425"), action="warn", level="line"),
    case("S4-CR1", AMBULANCE, "SV101-2", *[drop(f"NM1*45{each}") for each in (">N4", ">N3", "")],
         action="warn", level="line"),
    case("S4-SBR01", COB, "SBR01", put("CLM>SBR", 1, "S")),
    case("S4-SVD01", COB, "SVD01", put("LX*2>SVD", 1, "SOMEBODY"), put("AMT*D", 2, "600"), level="line"),
    case("S4-SVD01", COB, "SVD01", put("LX*2>SVD", 1, "SOMEBODY"), level="line"),
    case("S4-SVD01", COB_I, "SVD01", put("SVD", 1, "SOMEBODY"), level="line"),
    case("S4-DUPLICATE", HOME_P, "CLM01", twice("CLM", "HL SE CLM")),
    case("S4-RANGE", HOME_P, "DTP03", put("DTP*472", 3, backwards), level="line"),
    case("S4-RANGE", HOME_I, "DTP03", put("DTP*434", 3, backwards), status="A7:188"),
    case("S4-SPAN", HOME_I, "HI01-4", part("HI*BI", 1, 4, "20250103-20241220")),
    case("S4-FUTURE", HOME_P, "DTP03", put("DTP*472", 2, "D8"), put("DTP*472", 3, "20250305"), level="line"),
    case("S4-FUTURE", HOSPITAL, "DTP03", put(f"{STAY}>DTP*435", 3, "209901010000")),
    case("S4-FUTURE", ACCIDENT, "DTP03", put("DTP*439", 3, "20990101")),
    case("S4-FUTURE", HOME_P, "DMG02", put("DMG", 2, "20990101"), status="A7:510", fix="correct the date of birth"),
    case("S4-FUTURE", CHILDREN, "DMG02", put("NM1*QC>DMG", 2, "20990101"), status="A7:510",
         fix="correct the date of birth"),
    case("S4-FUTURE", COB, "DTP03", put(f"{WHOLE}>DTP*573", 3, "20250403"), fix="correct"),
    case("S4-FUTURE", COB, "DTP03", put(f"{WHOLE}>DTP*573", 3, "20250402"), action="warn", fix="correct"),
    case("S4-FUTURE", COB_I, "DTP03", put("SVD>DTP*573", 3, "20990101"), level="line", fix="correct"),
    case("S4-FUTURE", HOSPITAL, "DTP03", put(f"{STAY}>DTP*434", 3, "20250305-20250307")),
    case("S4-FUTURE", HOSPITAL, "DTP03", put(f"{STAY}>DTP*434", 3, "20250110-20250307"),
         insert("DTP*472*D8*20250307", after=f"{STAY}>SV2"), level="line"),
    case("S4-THROUGH", HOSPITAL, "DTP03", put(f"{STAY}>DTP*434", 3, "20250110-20250305"), action="warn"),
    case("S4-THROUGH", HOSPITAL, "DTP03", put(f"{STAY}>DTP*434", 3, "20250110-20250305"), part(STAY, 5, 1, "18"),
         part(STAY, 5, 3, "4"), action="warn"),
    case("S4-FUTURE-HI", HOSPITAL, "HI01-4", part("HI*BBR", 1, 4, "20250305"), action="warn"),
    case("S4-FUTURE-HI", APPENDIX, "HI01-4", part("HI*BBQ", 1, 4, "20990111"), action="warn"),
    case("S4-FUTURE-HI", HOME_I, "HI01-4", part("HI*BH", 1, 4, "20250305"), action="warn"),
    case("S4-PROCEDURE", HOSPITAL, "HI01-4", part("HI*BBR", 1, 4, "20250115"), action="warn"),
    case("S4-PROCEDURE", HOSPITAL, "HI01-4", part("HI*BBR", 1, 4, "20250304"), action="warn"),
    case("S4-PROCEDURE", APPENDIX, "HI01-4", part("HI*BBQ", 1, 4, "20250114"), action="warn"),
    case("S4-BIRTH", HOME_P, "DMG02", put("DMG", 2, "20250302")),
    case("S4-BIRTH", CHILDREN, "DMG02", put("NM1*QC>DMG", 2, "20250302")),
    case("S4-STATEMENT", HOME_I, "DTP03", put("LX*1>DTP*472", 3, "20250106-20250113"), level="line"),
    case("S4-STATEMENT", HOME_I, "DTP03", put("LX*3>DTP*472", 3, "20250106-20250113"), action="warn", level="line"),
    case("S4-STATEMENT", HOME_I, "DTP03", put("LX*1>SV2", 1, "0024"), put("LX*1>SV2", 2, ""),
         put("LX*1>DTP*472", 3, "20250101-20250112"), action="warn", level="line"),
    case("S4-ICD", HOME_P, "HI01-1", put("HI", 1, "BK:0389"), put("SBR", 9, "WC"), action="warn"),
    *[case("S4-ICD", HOME_P, "HI01-1", put("HI", 1, "BK:0389"), put("HI", 2, f"BF:{code}"), put("SBR", 9, "AM"),
           action="warn") for code in ("V571", "V5869", "E8801", "E030")],
    *[case("S4-ICD", HOME_P, "HI02-1", put("HI", 1, "BK:0389"), put("HI", 2, f"BF:{code}"), put("SBR", 9, "AM"))
      for code in ("E119", "E039", "V4352XA")],
    case("S4-ICD", HOSPITAL, "HI01-1", *IN_2014, put("HL*3>SBR", 9, "WC"), put(f"{STAY}>HI*BK", 1, "ABK:E8801:::::::Y"),
         action="warn"),
    case("S4-MODIFIER-TWICE", HOME_P, "SV101-4", put("SV1", 1, lambda v: "HC:99213:25:25"), level="line"),
    case("S5-PLACE", HOME_P, "CLM05-1", part("CLM", 5, 1, "98")),
    case("S5-PLACE", HOME_P, "SV105", put("SV1", 5, "98"), level="line"),
    case("S5-NPI", HOME_P, "NM109", put("NM1*85", 9, "2000000011"), status="A7:562:85"),
    case("S5-NPI", HOSPITAL, "NM109", put("NM1*71", 9, "1234567890"), status="A7:562:71"),
    case("S5-TAX-ID", HOME_P, "REF02", put("REF*EI", 2, "12-3456789")),
    case("S5-ZIP", HOME_P, "N403", put("NM1*IL>N4", 3, "4900"), status="A7:500:IL"),
    case("S5-ZIP-9", HOME_P, "N403", put("NM1*85>N4", 3, "49000"), action="warn"),
    case("S5-ZIP-9", HOME_I, "N403", put("NM1*85>N4", 3, "49000"), action="warn"),
    case("S4-N4", HOME_P, "N402", put("NM1*85>N4", 2, ""), action="warn"),
    case("S4-N4", HOME_I, "N402", put("NM1*85>N4", 2, ""), put("NM1*85>N4", 3, ""), action="warn"),
    case("S4-N4", HOME_P, "N403", put("NM1*IL>N4", 3, ""), put("NM1*IL>N4", 4, "CA"), action="warn"),
    case("S4-N4", HOME_I, "N403", put("NM1*IL>N4", 3, ""), put("NM1*IL>N4", 4, "US"), action="warn"),
    case("S5-TAXONOMY", HOME_P, "PRV03", put("PRV", 3, "251F00000"), status="A7:145:85"),
    case("S5-TAXONOMY", HOME_P, "PRV03", put("PRV", 3, "203BF0100Y"), action="warn"),
    case("S5-HI", HOME_P, "HI01-2", part("HI", 1, 2, "L03.115"), status="A7:254"),
    case("S5-HI", HOME_I, "HI01-2", part("HI*ABF", 1, 2, "1234"), status="A7:255"),
    case("S5-HI", HOSPITAL, "HI01-2", part("HI*BBR", 1, 2, "0DTJ4ZI"), status="A7:666"),
    case("S5-HI", HOSPITAL, "HI01-2", *IN_2014, part(f"{STAY}>HI*BK", 1, 2, "K3580"), status="A7:254"),
    case("S5-HCPCS", HOME_P, "SV101-2", put("SV1", 1, "HC:9921"), level="line"),
    case("S5-HCPCS-I", HOME_I, "SV202-2", put("LX*3>SV2", 2, "HC:J069"), level="line"),
    case("S5-MODIFIER", HOME_P, "SV101-3", put("SV1", 1, "HC:99213:2/"), level="line"),
    case("S5-NDC", HOME_I, "LIN03", put("LIN", 3, "99999-0101-01"), level="line"),
    case("S5-REVENUE", HOME_I, "SV201", put("SV2", 1, "640"), level="line"),
    case("S5-BILL-TYPE", HOME_I, "CLM05-1", part("CLM", 5, 1, "00")),
    case("S5-ADMISSION", HOME_I, "CL101", put("CL1", 1, "7")),
    case("S4-MEMBER", HOME_P, "NM109", put("NM1*IL", 8, ""), put("NM1*IL", 9, ""), action="warn"),
    case("S4-439", ACCIDENT, "DTP01", put("CLM", 11, ""), action="warn"),
    case("S4-435-P", HOME_P, "CLM05-1", part("CLM", 5, 1, "21"), action="warn"),
    case("S4-435-P", HOME_P, "SV105", put("SV1", 5, "51"), action="warn", level="line"),
    case("S4-ABJ", HOSPITAL, "CLM05-1", drop("HI*ABJ"), action="warn"),
    case("S4-POA", HOSPITAL, "HI01-9", put(f"{STAY}>HI*ABK", 1, "ABK:K3580"), put(f"{STAY}>HI*ABF", 1, "ABF:I10"),
         action="warn"),
    case("S4-STATUS", HOSPITAL, "CL103", put(f"{STAY}>CL1", 3, "30"), action="warn"),
    case("S4-STATUS", HOSPITAL, "CL103", part(STAY, 5, 3, "3"), drop("DTP*096"), action="warn"),
    case("S4-096", HOSPITAL, "DTP03", part(STAY, 5, 3, "2"), action="warn"),
    case("S4-71", HOSPITAL, "2300", drop("NM1*71>PRV"), drop("NM1*71"), action="warn"),
    case("S4-72", HOSPITAL, "HI01-2", drop("NM1*72"), action="warn"),
    case("S4-BBQ", APPENDIX, "HI01-1", drop("HI*BBR"), action="warn"),
    case("S4-472", HOSPITAL, "SV202-1", put("DTP*434", 3, "20250115-20250116"), drop("DTP*472"),
         action="warn", level="line"),
    case("S4-0001", HOSPITAL, "SV201", put("SV2", 1, "0001"), put("SV2", 3, "0"), put("CLM", 2, "34.5"),
         action="warn", level="line"),
    case("S4-0001", HOSPITAL, "SV201", put("SV2", 1, "0001"), action="warn", level="line"),
    case("S3-CLM02", HOSPITAL, "CLM02", put("SV2", 1, "0001"), put("CLM", 2, "34.5")),
    case("S4-ADMITTED", HOSPITAL, "DTP03", put(f"{STAY}>DTP*435", 3, "202501150001")),
    case("S4-SBR05", COB, "SBR05", put("SBR", 9, "MB"), action="warn"),
    case("S4-SBR05", COB, "SBR05", put("CLM*P32-TWO-PAYERS>SBR*S", 9, "MA"), action="warn"),
    case("S4-573", COB, "2330B", drop(f"{WHOLE}>DTP*573"), action="warn"),
    case("S4-573", COB_I, "2330B", drop(f"{WHOLE_I}>DTP*573"), action="warn"),
    case("S4-PS1", LABORATORY, "PS101", drop("NM1*QB>REF"), drop("NM1*QB"), action="warn", level="line"),
    case("S4-CR3", EQUIPMENT, "CR301", drop("DTP*463"), action="warn", level="line"),
    case("S4-CR3", OXYGEN, "CR301", drop("DTP*607"), action="warn", level="line"),
    case("S4-EPSDT", CHECK_UP, "CRC03", put("CRC*ZZ", 2, "N"), action="warn"),
    case("S4-HI-TWICE", HOME_P, "HI02-2", put("HI", 2, "ABF:a419"), action="warn"),
    case("S4-HI-TWICE", HOSPITAL, "HI01-2", part(f"{STAY}>HI*ABF", 1, 2, "K3580"), action="warn"),
    case("S4-POINTER-TWICE", HOME_P, "SV107-2", put("SV1", 7, "1:1"), action="warn", level="line"),
    case("S4-AFTER", ACCIDENT, "DTP03", put("DTP*439", 3, "20250301"), action="warn"),
    case("S4-SVD01", HOME_P, "SVD01", insert("SVD*FIRST01*840*HC:S9500**7", after="REF*6R"),
         insert("DTP*573*D8*20250201", after="SVD"), level="line"),
    case("S4-SVD01", COB, "SVD01", put(f"{WHOLE}>AMT*D", 2, "1"),
         insert("SVD*SOMEBODY*400*HC:S9373**8", after=f"{WHOLE}>REF*6R"),
         insert("DTP*573*D8*20250201", after="SVD*SOMEBODY"), level="line"),
    case("S5-PRINCIPAL", HOME_P, "HI01-2", part("HI", 1, 2, "W1830XA")),
    case("S5-PRINCIPAL", HOSPITAL, "HI01-2", part("HI*ABK", 1, 2, "Y9289")),
    case("S5-CARC", COB, "CAS02", put("CAS*CO", 2, "CO45"), level="line"),
    case("S5-CARC", COB_I, "CAS05", put(f"{WHOLE_I}>CAS", 5, "1234")),
    case("S5-RARC", COB, "MOA03", put("MOA", 3, "X1"), action="warn"),
    case("S5-RARC", MEDICARE_FIRST, "MIA05", put("MIA", 5, "MA"), action="warn"),
    case("S5-NUBC", HOME_I, "HI01-2", part("HI*BI", 1, 2, "7"), status="A7:721"),
    case("S5-NUBC", HOSPITAL, "HI01-2", part("HI*BE", 1, 2, "080"), status="A7:725"),
    case("S5-NUBC", HOME_P, "HI01-2", insert("HI*BG:A", after="HI"), status="A7:460"),
    case("S5-NUBC", HOME_I, "HI01-2", insert("HI*BH:1-:D8:20241215", after="HI*BI"), status="A7:719"),
    case("S5-DRG", HOSPITAL, "HI01-2", put("HI*DR", 1, "DR:39"), action="warn"),
    case("S5-HIPPS", HOME_I, "SV202-2", put("SV2", 2, "HP:1AFK"), level="line"),
    case("S5-CLIA", LABORATORY, "REF02", put("REF*X4", 2, "4325K442"), action="warn"),
    case("S5-DISCHARGE", HOME_I, "CL103", put("CL1", 3, "1"), action="warn"),
]


class Lists:
    """Tables of codes in which these are not in force, and of which nothing is known before 2025."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone

    def says(self, kind: str, code: str, day: date) -> bool | None:
        return None if day < date(2025, 1, 1) else f"{kind}:{code}" not in self.gone

    def doubts(self, kind: str, code: str, day: date) -> bool:
        return False


LISTED = [
    ("S5-HCPCS-LIST", HOME_P, "hcpcs:S9500", "SV101-2", "A7:507"),
    ("S5-HCPCS-LIST", HOME_I, "hcpcs:J0696", "SV202-2", "A7:507"),
    ("S5-MODIFIER-LIST", HOME_I, "hcpcs:SH", "SV202-3", "A7:453"),
    ("S5-ICD-LIST", HOME_P, "icd10cm:A419", "HI01-2", "A7:254"),
    ("S5-ICD-LIST", HOME_I, "icd10cm:Z452", "HI01-2", "A7:255"),
    ("S5-PLACE-LIST", HOME_P, "pos:12", "CLM05-1", "A7:249"),
    ("S5-PLACE-LIST", "837P/pass/infusion-suite.edi", "pos:04", "SV105", "A7:249"),
    ("S5-TAXONOMY-LIST", HOME_P, "nucc:251F00000X", "PRV03", "A7:145:85"),
    ("S5-TAXONOMY-LIST", HOME_I, "nucc:207R00000X", "PRV03", "A7:145:71"),
]


@pytest.mark.parametrize(("rule", "path", "gone", "at", "status"), LISTED, ids=lambda v: v if ":" in v else None)
def test_a_code_that_a_table_says_was_not_in_force(rule: str, path: str, gone: str, at: str, status: str) -> None:
    data = (FIXTURES / path).read_bytes()
    found = [f for f in edi837.check(data, codes=Lists(gone)) if f.rule.endswith("-LIST")]
    assert found and {f.rule for f in found} == {rule}
    assert {f.message.partition(": ")[0].replace("02-", "01-", 1) if rule == "S5-ICD-LIST" else
            f.message.partition(": ")[0] for f in found} == {at}  # fmt: skip
    assert {f.status for f in found} == {(status,)} and {f.place.value for f in found} == {gone.partition(":")[2]}
    assert [f for f in edi837.check(data, codes=Lists()) if f.rule.endswith("-LIST")] == []


class Old(Lists):
    """Tables of years long gone, which hold nothing that is sent today."""

    def says(self, kind: str, code: str, day: date) -> bool | None:
        return None

    def doubts(self, kind: str, code: str, day: date) -> bool:
        return f"{kind}:{code}" in self.gone


@pytest.mark.parametrize(("rule", "path", "gone", "at", "status"), LISTED, ids=lambda v: v if ":" in v else None)
def test_a_code_that_no_table_holds_and_none_speaks_for_is_unknown(
    rule: str, path: str, gone: str, at: str, status: str
) -> None:
    data = (FIXTURES / path).read_bytes()
    found = [f for f in edi837.check(data, codes=Old(gone)) if f.rule.endswith("-LIST")]
    assert found and {(f.rule, f.action) for f in found} == {(rule, "unknown")}
    assert {f.place.value for f in found} == {gone.partition(":")[2]}
    assert [f for f in edi837.check(data, codes=Old()) if f.rule.endswith("-LIST")] == []


def test_a_modifier_behind_a_gap_is_found_at_its_place() -> None:
    data = changed(HOME_P, put("SV1", 1, "HC:S9500::SH"))
    finding, *_ = [f for f in edi837.check(data, codes=Lists("hcpcs:SH")) if f.rule == "S5-MODIFIER-LIST"]
    assert finding.message.startswith("SV101-4: ") and finding.place.value == "SH"


@pytest.mark.parametrize("value", ["1", "E", "YY"])
def test_the_guide_itself_judges_present_on_admission(value: str) -> None:
    """Component 9 has the codes N, U, W and Y; 1, for exempt, went with 4010. Other HI do not use it."""
    found = told(changed(HOSPITAL, part(f"{STAY}>HI*ABK", 1, 9, value)))
    assert [(f.syntax, f.place.refdes) for f in found] == [("IK4:7", "HI01-9")]
    found = told(changed(HOSPITAL, part(f"{STAY}>HI*ABJ", 1, 9, "Y")))
    assert [(f.syntax, f.place.refdes) for f in found] == [("IK4:I10", "HI01-9")]


def test_of_the_state_of_an_accident_abroad_the_length_is_judged() -> None:
    for state, said in (("ON", []), ("LND", [("IK4:5", "CLM11-4")]), ("L", [("IK4:4", "CLM11-4")])):
        found = told(changed(ACCIDENT, part("CLM", 11, 4, state), part("CLM", 11, 5, "GB")))
        assert [(f.syntax, f.place.refdes) for f in found] == said


def test_a_table_that_does_not_reach_the_day_refuses_nothing() -> None:
    data = (FIXTURES / HOME_P).read_bytes().replace(b"2025", b"2024")
    gone = ("hcpcs:S9500", "icd10cm:A419", "pos:12", "nucc:251F00000X")
    assert [f for f in edi837.check(data, codes=Lists(*gone)) if f.rule.endswith("-LIST")] == []


def by_rule(found: list[Finding]) -> list[str]:
    return [f.rule for f in found]


@pytest.mark.parametrize("case", BREAKS, ids=lambda c: f"{c.rule}-{c.at}-{c.path[:4]}")
def test_a_broken_rule_is_found_once_and_told_in_the_277ca(case: Case) -> None:
    data = changed(case.path, *case.changes)
    found = [f for f in told(data) if f.rule[0] == "S" or f.syntax]
    claims = {f.place.claim for f in found}
    assert set(by_rule(found)) == {case.rule}
    assert len(found) == len(claims), "once a claim"
    (finding,) = found[:1]
    rule = next(rule for rule in snip.RULES if rule.id == case.rule)
    assert finding.message.startswith(f"{case.at}: ")
    assert (finding.action, finding.level) == (case.action, case.level)
    assert not finding.syntax and finding.source == rule.source
    assert finding.fix.startswith(case.fix) and (finding.fix == rule.fix) == (not case.fix)
    for each in found:  # the place names the very value in the file
        wire = Wire.read(data)
        start = wire.index("ST")
        segment = wire.segments[start + each.place.segment - 1]
        assert segment[0] == each.place.tag
        if each.place.element:
            value = segment[each.place.element] if each.place.element < len(segment) else ""
            parts = value.split(wire.component)
            at = each.place.component
            value = parts[at - 1] if at and at <= len(parts) else "" if at else value
            assert each.place.value == value
    if case.action == "reject":
        status = case.status or rule.status[0]
        assert finding.status[0] == status
        outcome = answer.answer(io.BytesIO(data), Terms([load("042")]), file="x", now=datetime(2026, 1, 1), control=1)
        ack, reply = (outcome.files[kind].read().decode() for kind in ("999", "277ca"))
        assert "IK5*A" in ack and "IK3*" not in ack, "the set itself is good"
        stcs = [row.split("*")[1].replace(">", ":") for row in reply.split("~") if row.strip().startswith("STC*")]
        assert status in [":".join(stc.split(":")) for stc in stcs] or any(status in stc for stc in stcs)


def dated(day: str) -> tuple[Change, ...]:
    """A claim's first line on this day, in a file of 2027."""
    return put("CLM>DTP*472", 2, "D8"), put("CLM>DTP*472", 3, day), put("BHT", 4, "20270101")


def test_a_place_that_the_list_may_be_too_old_to_hold_is_only_doubted() -> None:
    class Table:
        def __init__(self, said: bool | None) -> None:
            self.said = said

        def says(self, kind: str, code: str, day: date) -> bool | None:
            return self.said if kind == "pos" else None

        def doubts(self, kind: str, code: str, day: date) -> bool:
            return False

    for day, action in (("20260429", "reject"), ("20260430", "unknown")):
        data = changed(HOME_P, part("CLM", 5, 1, "98"), *dated(day))
        found = [(f.action, f.place.refdes) for f in told(data) if f.rule == "S5-PLACE"]
        assert found == [(action, "CLM05-1")], day
        by_table = {f.rule for f in edi837.check(io.BytesIO(data), (), codes=Table(True))}
        assert "S5-PLACE" not in by_table
        untold = {f.rule for f in edi837.check(io.BytesIO(data), (), codes=Table(None))}
        assert "S5-PLACE" in untold


def test_every_rule_has_a_case() -> None:
    asked_of_history = {"S4-SENT-BEFORE"}  # see test_history.py
    cases = {case.rule for case in BREAKS} | {rule for rule, *_ in LISTED} | asked_of_history
    assert cases == {rule.id for rule in snip.RULES}


HOLDS: dict[str, tuple[str, tuple[Change, ...]]] = {
    "cents": (HOME_P, (put("SV1", 2, lambda v: f"{v}.00"),)),
    "more zeros than cents": (HOME_P, (put("SV1", 2, "839.500"), put("CLM", 2, "895.5000"))),
    "a charge of nothing": (HOME_P, (put("SV1", 2, "0"), put("LX*2>SV1", 2, "0"), put("CLM", 2, "0"))),
    "an adjustment below zero": (COB, (put("CAS*CO", 3, "-100"), put("CAS*PR", 3, "340"))),
    "what is owed, of the claim by one payer and of its line by another": (
        COB, (insert("AMT*EAF*200", after="CLM*P32-TWO-PAYERS>AMT*D"),
              insert("AMT*EAF*50", after="SVD*SECOND02>DTP*573")),
    ),
    "a street that begins like a box": (HOME_P, (put("NM1*85>N3", 1, "12 PO BOXWOOD LANE"),)),
    "a subscriber's box": (HOME_P, (put("NM1*IL>N3", 1, "PO BOX 4"),)),
    "a line bundled into one with a zero in front": (COB, (put("LX*2>SVD", 6, "01"),)),
    "equipment in lower case": (EQUIPMENT, (part("SV5", 1, 2, "e1390"),)),
    "another number than that of social security": (CHILDREN, (insert("REF*1W*12345678A", after="NM1*QC>DMG"),)),
    "an amount of zero more": (COB, (insert("CAS*OA*23*0", before="AMT*D"),)),
    "a void with its number": (REPLACED, ()),
    "the same number on lines of two claims": (HOME_P, (last("REF*6R", 2, "ONE"),)),
    "a claim sent twice with another number": (HOME_P, (twice("CLM", "HL SE CLM"), put("CLM", 1, "OTHER"))),
    "a day of service on the day of the file": (HOME_P, (put("DTP*472", 2, "D8"), put("DTP*472", 3, "20250303"))),
    "a later GS04 than BHT04": (HOME_P, (put("BHT", 4, "20240101"),)),
    "a ZIP of Canada": (HOME_P, (put("NM1*IL>N4", 3, "K1A0B1"), put("NM1*IL>N4", 4, "CA"), put("NM1*IL>N4", 2, "ON"))),
    "an address without a state where there are none": (
        HOME_P, (put("NM1*IL>N4", 2, ""), put("NM1*IL>N4", 3, ""), put("NM1*IL>N4", 4, "BS")),
    ),
    "a postal code alone": (HOME_P, (put("NM1*IL>N4", 3, "490019998"),)),
    "an attachment with its number": (HOME_P, (insert("PWK*OZ*FX***AC*DOC1", after="CLM"),)),
    "an attachment kept by the provider": (HOME_P, (insert("PWK*OZ*AA", after="CLM"),)),
    "a line that one payer split in two": (
        COB, (put("LX*2>SVD", 2, "20"), insert("SVD*FIRST01*10*HC:J0696**20", after="LX*2>DTP*573"),
              insert("DTP*573*D8*20250201", after="SVD*FIRST01*10")),
    ),
    "a line bundled into another": (COB, (put("LX*2>SVD", 6, "1"), put("LX*2>CAS", 3, "1"))),
    "an admission and its hour": (HOSPITAL, ()),
    "a stay coded in ICD-9": (HOSPITAL, IN_2014),
    "an outpatient's day without a day of the line": (HOSPITAL, (drop("DTP*472"),)),
    "a line without a procedure or a day": (
        HOSPITAL, (put("DTP*434", 3, "20250115-20250116"), put("SV2", 2, ""), drop("DTP*472")),
    ),
    "an outpatient admitted later": (
        HOSPITAL, (part(STAY, 5, 1, "34"), put(f"{STAY}>DTP*435", 3, "202501202115"), drop("HI*ABJ")),
    ),
    "lower case": (HOME_P, (part("HI", 1, 2, "l03115"),)),
    "a payment without an adjustment": (COB, (drop(f"{WHOLE}>CAS"), put(f"{WHOLE}>AMT*D", 2, "1"))),
    "an adjustment without a payment": (COB, (drop(f"{WHOLE}>AMT*D"), drop(f"{WHOLE}>DTP*573"))),
    "charges that another payer was not asked for": (COB, (put("AMT*A8", 2, "840.00"),)),
    "adjustments of several parts": (
        COB, (put(f"{WHOLE}>CAS", 3, "60"), insert("CAS*CO*253*40", after=f"{WHOLE}>SBR*P")),
    ),
    "reasons and remarks of later years": (
        COB, (put("CAS*CO", 2, "P32"), put("CAS*PR", 2, "W1"), put("MOA", 3, "N1999")),
    ),
    "a reason in lower case": (COB, (put("CAS*CO", 2, "b20"),)),
    "one diagnosis that was present on admission": (HOSPITAL, (put(f"{STAY}>HI*ABF", 1, "ABF:I10"),)),
    "a newborn": (
        HOSPITAL, (put(f"{STAY}>HI*ABK", 1, "ABK:Z3800"), put(f"{STAY}>HI*ABF", 1, "ABF:z23"),
                   put(f"{STAY}>HI*ABF", 2, "ABF:Z412")),
    ),
    "a unit of rehabilitation": (
        HOSPITAL, (put(f"{STAY}>HI*ABK", 1, "ABK:I69351"), put(f"{STAY}>HI*ABF", 1, "ABF:I10"),
                   put(f"{STAY}>SV2", 1, "0024"), put(f"{STAY}>SV2", 2, "HP:A0101")),
    ),
    "a last bill of a statement that has ended in the east": (
        HOSPITAL, (put(f"{STAY}>DTP*434", 3, "20250110-20250304"),),
    ),
    "an interim bill made before its statement ends": (
        HOSPITAL, (put(f"{STAY}>DTP*434", 3, "20250110-20250331"), part(STAY, 5, 3, "2"),
                   put(f"{STAY}>CL1", 3, "30"), drop("DTP*096")),
    ),
    "a month of visits billed before it ends": (HOME_I, (put("DTP*434", 3, "20250106-20250331"),)),
    "an onset on the day after the file": (HOME_I, (part("HI*BH", 1, 4, "20250304"),)),
    "an occurrence that lies ahead": (HOME_I, (put("HI*BH", 2, "BH:27:D8:20250401"),)),
    "a procedure on the last day": (HOSPITAL, (part("HI*BBR", 1, 4, "20250114"),)),
    "admitted on the last day": (HOSPITAL, (put(f"{STAY}>DTP*435", 3, "202501142300"),)),
    "an interim bill of one who stays": (
        HOSPITAL, (part(STAY, 5, 3, "2"), put(f"{STAY}>CL1", 3, "30"), drop("DTP*096")),
    ),
    "a replacement of one who stays": (
        HOSPITAL, (part(STAY, 5, 3, "7"), put(f"{STAY}>CL1", 3, "30"), insert("REF*F8*X", before=f"{STAY}>HI")),
    ),
    "an ambulance without an attending provider": (
        HOSPITAL, (drop("NM1*71>PRV"), drop("NM1*71"),
                   *[put(f"LX*{n}>SV2", 1, "0540") for n in (1, 2, 3)]),
    ),
    "a procedure that is no surgery": (HOSPITAL, (part("HI*BBR", 1, 2, "3E0436Z"), drop("NM1*72"))),
    "a drug without a day of its own": (HOSPITAL, (put("DTP*434", 3, "20250115-20250116"), drop("LX*3>DTP*472"))),
    "a home visit without a day of its own": (HOME_I, (drop("DTP*472"),)),
    "an external cause behind the injury": (HOME_P, (put("HI", 2, "ABF:W1830XA"),)),
    "an outpatient of a hospital": (HOME_P, (part("CLM", 5, 1, "22"),)),
    "an inpatient with the day": (HOME_P, (part("CLM", 5, 1, "21"), insert("DTP*435*D8*20250105", after="CLM"))),
    "Medicare first": (HOME_P, (put("SBR", 9, "MB"),)),
    "Medicare second, and why": (COB, (put("SBR", 9, "MB"), put("SBR", 5, "12"))),
    "a screening without a referral": (CHECK_UP, (put("CRC*ZZ", 2, "N"), put("CRC*ZZ", 3, "NU"), put("CRC*ZZ", 4, ""))),
    "a group of four digits": (HOSPITAL, (put("HI*DR", 1, "DR:3982"),)),
    "a payment of the day after the file": (COB, (put(f"{WHOLE}>DTP*573", 3, "20250304"),)),
    "codes of two characters": (HOME_I, (part("HI*BI", 1, 2, "m1"), insert("HI*BG:D9*BG:07", after="HI*BI"))),
    "a HIPPS code": (HOME_I, (put("SV2", 2, "HP:1AFKS"),)),
    "a CLIA number in lower case": (LABORATORY, (put("REF*X4", 2, "11d0000002"),)),
    "a diagnosis with a letter where others have a digit": (HOME_P, (part("HI", 1, 2, "QA00101"),)),
    "a car accident abroad": (ACCIDENT, (part("CLM", 11, 4, ""), part("CLM", 11, 5, "GB"))),
    "two coverages with one payer": (
        COB, (put("CLM*P32-TWO-PAYERS>SBR*S>NM1*PR", 9, "FIRST01"), put("SVD*SECOND02", 1, "FIRST01")),
    ),
    "a day of service that has begun in the east": (
        HOME_P, (put("DTP*472", 2, "D8"), put("DTP*472", 3, "20250304")),
    ),
    "two claims of one number for two physicians": (
        HOME_P, (twice("CLM", "HL SE CLM"), insert("PRV*PE*PXC*207R00000X", after="HI"),
                 insert("NM1*82*1*ALDER*FERN****XX*2000000077", after="HI")),
    ),
    "LX with a zero in front": (COB, (put("LX*2", 1, "02"),)),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_comes_near_a_breach_and_is_none_is_passed(name: str) -> None:
    path, changes = HOLDS[name]
    assert [f for f in told(changed(path, *changes)) if f.rule[0] == "S" or f.syntax] == []


def test_a_sum_of_more_than_28_digits_is_exact() -> None:
    """Of its lines it is only said that they are below zero, or finer than a cent."""
    sums = (
        put("CLM", 2, "99999999999999999"), put("LX*1>SV2", 3, "99999999999999999"),
        put("LX*2>SV2", 3, ".000000000004"), put("LX*3>SV2", 3, ".000000000004"),
        put("LX*4>SV2", 3, "-.000000000008"), put("LX*5>SV2", 3, "0"),
    )  # fmt: skip
    assert {*by_rule(told(changed(HOME_I, *sums)))} == {"S5-CENTS", "S4-BELOW-ZERO"}
    assert "S3-CLM02" in by_rule(told(changed(HOME_I, *sums, put("LX*4>SV2", 3, "-.000000000007"))))


def test_cents_of_another_payer() -> None:
    """SVD02, CAS03 and AMT02, which come to the line's charge and to each other."""
    finer = put("AMT*D", 2, "629.995"), put("LX*2>SVD", 2, "29.995"), put("LX*2>CAS", 3, "26.005")
    found = [(f.rule, f.place.refdes) for f in told(changed(COB, *finer))]
    assert found == [("S5-CENTS", "AMT02"), ("S5-CENTS", "SVD02"), ("S5-CENTS", "CAS03")]


def test_beside_charges_that_were_not_asked_for_no_balance_fails_for_certain() -> None:
    found = told(changed(COB_I, insert("AMT*A8*1", after=f"{WHOLE_I}>AMT*EAF"), put(f"{WHOLE_I}>AMT*D", 2, "1")))
    assert [(f.rule, f.action) for f in found] == [("S3-A8", "warn")]


def test_of_a_claim_below_zero_the_lines_are_not_told() -> None:
    """Its counts are."""
    found = told(changed(HOME_P, put("SV1", 2, "-952"), put("CLM", 2, "-896"), put("LX*2>SV1", 4, "-56")))
    assert [(f.rule, f.place.refdes) for f in found] == [("S4-CHARGE", "CLM02"), ("S4-BELOW-ZERO", "SV104")]


BOXES = "PO BOX 1|p.o. box 2|P. O. Box 3|P O BOX 4|POBOX 5|PO BOX6|Post Office Box 7|SUITE 2 LOCK BOX 8|LOCKBOX 9"
STREETS = "DEPO BOX LANE|1 BOX ROAD|12 PO BOXWOOD LANE|POST OFFICE ROAD 4|PADLOCK BOX ROAD|2 XPO BOX|BOX 12"


def test_boxes() -> None:
    assert [text for text in BOXES.split("|") if not list(forms.box(["N3", text], ":"))] == []
    assert [text for text in STREETS.split("|") if list(forms.box(["N3", text], ":"))] == []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("837?/pass/*.edi")), ids=lambda p: f"{p.parts[-3]}/{p.stem}")
def test_clean_fixtures_keep_every_rule(path: Path) -> None:
    assert [f for f in edi837.check(path) if f.rule[0] == "S"] == []


EDGES = ("00010101", "99991210", "99991231")  # the first day of the calendar, the last, and one less than 30 before it


@pytest.mark.parametrize("filed", EDGES)
@pytest.mark.parametrize("told", EDGES)
def test_the_ends_of_the_calendar_are_days(filed: str, told: str) -> None:
    compared = 0
    for path in FIXTURES.glob("837?/pass/*.edi"):
        wire = Wire.read(path.read_bytes())
        for segment in wire.segments[1:]:
            day = filed if segment[0] in ("GS", "BHT") else told
            segment[1:] = [re.sub(r"(?<![0-9])(19|20)\d{6}(?=\d{4}$|[^0-9]|$)", day, value) for value in segment[1:]]
        found = list(edi837.check(io.BytesIO(wire.write()), ["042"]))
        compared += any(finding.rule.startswith("S4-FUTURE") for finding in found)
    assert bool(compared) == (filed < told)


def test_a_birth_after_the_service_is_no_slip_of_one_of_them_alone() -> None:
    (finding,) = told(changed(HOME_P, put("DMG", 2, "20250302")))
    assert (finding.rule, finding.fix) == ("S4-BIRTH", "correct the date of birth or of the service")


def test_what_a_rejected_claim_cannot_tell_a_policy_is_left_out() -> None:
    """A reversed range leaves a line without dates; that the policy then cannot judge it is a consequence."""
    data = changed(HOME_P, put("DTP*472", 3, backwards))
    assert [f.rule for f in told(data) if f.action == "unknown"] == []


def test_broken_claims_are_not_examined() -> None:
    data = changed(HOME_P, put("CLM", 2, "1"), put("CLM", 9, "Q"))
    assert [f.rule for f in told(data) if f.rule[0] == "S"] == []


def test_status_codes_of_the_rules_may_reject() -> None:
    for rule in snip.RULES:
        assert rule.source == "guide" or rule.source.startswith("external: ")
        assert not list(statuscodes.faults([code.replace("{entity}", "85") for code in rule.status])), rule.id


def test_what_a_rule_is_asked_on_stands_in_the_guides_it_is_for() -> None:
    """A name misspelled would put a rule to sleep, or wake it for nothing."""
    for rule in snip.RULES:
        guides = [GUIDES[rule.kind]] if rule.kind else list(GUIDES.values())
        everywhere = [use for name in guides for use in grammar.load(name).root.segments()]
        for text in rule.tags:
            assert any(is_named(use, text) for use in everywhere), (rule.id, text)
        for name in guides:
            uses = list(grammar.load(name).root.segments())
            claims = [use.loop for use in uses if use.tag == "CLM"]
            lines = [use.loop for use in uses if use.tag == "LX"]
            for text in f"{rule.wakes} {rule.unless}".split():
                above, _, below = text.rpartition("/")
                assert above in ("", "2400")
                assert all(mask(loop, below) for loop in (lines if above else claims)), (rule.id, text)


PLACES = [
    ("S4-BBQ", APPENDIX, (drop("HI*BBR"),), "BBQ"),
    ("S4-72", HOSPITAL, (drop("NM1*72"),), "0DTJ4ZZ"),
    ("S4-HI-TWICE", HOSPITAL, (part(f"{STAY}>HI*ABF", 1, 2, "K3580"),), "K3580"),
    ("S4-STATUS", HOSPITAL, (put(f"{STAY}>CL1", 3, "30"),), "30"),
    ("S4-096", HOSPITAL, (part(STAY, 5, 3, "2"),), "1100"),
    ("S5-CARC", COB_I, (put(f"{WHOLE_I}>CAS", 5, "1234"),), "1234"),
]


@pytest.mark.parametrize(("rule", "path", "changes", "value"), PLACES, ids=lambda v: v if str(v)[:1] == "S" else "")
def test_the_place_holds_what_is_at_fault(rule: str, path: str, changes: tuple[Change, ...], value: str) -> None:
    assert [(f.rule, f.place.value) for f in told(changed(path, *changes))] == [(rule, value)]


def test_a_fault_above_claims_is_told_on_each_and_in_the_right_line() -> None:
    data = changed(HOME_P, put("NM1*85", 9, "2000000011"))
    first = data[: data.index(b"20*1", data.index(b"20*1") + 1)] if data.count(b"*20*1~") > 1 else data
    claims = [row.split(b"*")[1].decode() for row in first.split(b"~") if row.strip().startswith(b"CLM*")]
    found = [f for f in told(data) if f.rule == "S5-NPI"]
    assert [f.place.claim for f in found] == claims and len(claims) > 1
    assert {(f.place.loop, f.place.tag, f.place.element) for f in found} == {("2010AA", "NM1", 9)}


@pytest.mark.parametrize(
    ("good", "bad", "shape"),
    [
        ("1234567893 2000000010 1993999998", "1234567890 3000000002 123456789 12345678930 １234567893", shapes.npi),
        ("S9500 99213 0001A 0275T 4040F A4222", "9921 992133 S950 s9500 9921- 99A13", shapes.hcpcs),
        ("25 SH A1 1P", "2 253 2/ é1", shapes.modifier),
        ("A419 L03115 U071 S72001A E43 C7A1 QA00101", "419 A A4 L03.115 A4191234 AB-", shapes.icd10),
        ("0016 250 25000 V5869 E9331", "A419 25 2500000 V5 25.0", shapes.icd9),
        ("0DTJ4ZZ 3E0436Z", "0DTJ4Z 0DTJ4ZI ODTJ4ZZ", shapes.pcs),
        ("251F00000X 207R00000X 3336H0001X", "251F00000 251F00000XX F51F00000X", shapes.taxonomy),
        ("341 131 111 117 85A", "041 91A 34 3411", shapes.bill_type),
        ("0640 0001 1001 3101", "640 4000 064X", shapes.revenue),
        ("3845 47 470", "4 38451 A12", shapes.icd9_procedure),
        ("1 45 253 A1 B20 P12 W1 045", "CO45 1234 A AA1 A123 45.", shapes.reason),
        ("M1 M144 MA01 MA130 N1 N734 N800 N1999", "M MA 15 X1 N80000 MM1", shapes.remark),
        ("1AFKS RUC01 00000", "1AFK 1AFKSS 1AF-S", shapes.rate),
        ("11D0000001 05D2167451", "45X2167451 4325K442 11D000000 1D10000001", shapes.clia),
    ],
    ids=lambda v: v.__name__ if callable(v) else "",
)
def test_shapes(good: str, bad: str, shape: Callable[[str], bool]) -> None:
    assert [code for code in good.split() if not shape(code)] == []
    assert [code for code in bad.split() if shape(code)] == []


def test_the_table_of_rules_holds_every_rule_once() -> None:
    table = list(rulebook.entries([load("042")]))
    assert len({entry.rule for entry in table}) == len(table)
    assert {rule.id for rule in snip.RULES} < {entry.rule for entry in table}
    assert {entry.snip for entry in table} == {1, 2, 3, 4, 5, 7}
    assert rulebook.as_text(table).count("\n") == len(table)
    assert rulebook.as_markdown(table).count("\n") == len(table) + 1
