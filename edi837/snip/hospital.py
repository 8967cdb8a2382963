"""SNIP 4 of the 837I: what a type of bill asks for beside it, by the UB-04 and the guide.

Most of it only warns: which bill is inpatient differs from element to element (RFI 1479), and a
payer may ask for less. Types of bill are written as in CLM05-1, without the frequency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from edi837.snip.rule import Fault, Flaw, View, has, over
from edi837.x12 import element

INPATIENT = ("11", "18", "21")  # hospital, swing bed, skilled nursing
_ADMITTING = (*INPATIENT, "12", "22")  # these and the ancillary services of an inpatient (RFI 1479)
_OUTPATIENT = ("13", "14", "85")  # hospital, hospital laboratory, critical access hospital
_AMBULANCE = "054"  # revenue codes
_REHABILITATION = "0024"
_NOTHING = Decimal()
_SURGERY = "0"  # first character of an ICD-10-PCS code: the section medical and surgical


@over(
    "S4-435", "DTP03", "an inpatient claim tells when the patient was admitted", kind="I", unless="DTP*435",
    status="A6:189", fix="send DTP*435", action="warn", source="external: X12 RFI 1479, UB-04 form locator 12",
)  # fmt: skip
def admitted(view: View) -> Iterable[Fault]:
    """CLM05-1 of an inpatient against DTP*435."""
    place = view.claim.place
    return [Fault(view.clm, Flaw(5, place, "DTP*435 does not follow", 1))] if place in INPATIENT else ()


@over(
    "S4-ABJ", "HI01-1", "an inpatient claim tells the admitting diagnosis", kind="I", unless="HI*ABJ",
    status="A6:255", fix="send HI*ABJ", action="warn", source="external: X12 RFI 1479, UB-04 form locator 69",
)  # fmt: skip
def admitting(view: View) -> Iterable[Fault]:
    """CLM05-1 against HI*ABJ or HI*BJ."""
    place = view.claim.place
    if place not in _ADMITTING:
        return ()
    return [Fault(view.clm, Flaw(5, place, "the admitting diagnosis (HI*ABJ) does not follow", 1))]


@over(
    "S4-POA", "HI01-9", "a hospital tells which diagnoses were present on admission", kind="I",
    status="A6:688", fix="send Y, N, U or W behind each diagnosis that is not exempt", action="warn",
    source="external: CMS, present on admission reporting (Deficit Reduction Act of 2005, 5001(c))",
)  # fmt: skip
def present(view: View) -> Iterable[Fault]:
    """Component 9 of HI*ABK and HI*ABF on a hospital's inpatient bill: one at least has it.

    Exempt are many Z codes (Z38, the newborn), and a unit of rehabilitation, which bills its group under 0024.
    """
    if view.claim.place != "11":
        return ()
    rows = [row for row in view.loop.segments if row[2][0] == "HI" and row[2][1][:3] in ("ABK", "ABF")]
    if not rows or any(element(value.split(view.component), 8) for row in rows for value in row[2][1:]):
        return ()
    codes = [element(value.split(view.component), 1) for row in rows for value in row[2][1:]]
    if all(code[:1] in "Zz" for code in codes) or any(line.revenue == _REHABILITATION for line in view.claim.lines):
        return ()
    return [Fault(rows[0], Flaw(1, "", "none of the diagnoses has it", 9))]


@over(
    "S4-STATUS", "CL103", "a hospital patient is still one (30) while bills are interim, and not in the last one",
    kind="I", status="A8:234 A8:535", fix="send the status at the end of the statement, or another frequency",
    action="warn", source="external: CMS Pub. 100-04, chapter 25, form locators 4 and 17",
)  # fmt: skip
def status(view: View) -> Iterable[Fault]:
    """CL103 against CLM05-3 on a hospital's inpatient bill: 2 and 3 are interim, 1 and 4 the last.

    An interim bill with a discharge hour is S4-096's.
    """
    claim = view.claim
    if claim.place != "11" or claim.frequency not in ("1", "2", "3", "4"):
        return ()
    row = view.loop.row("CL1")
    stays, interim = element(row[2], 3) == "30", claim.frequency in ("2", "3")
    if stays is interim or (interim and has(view.loop, "DTP*096")):
        return ()
    detail = f"{element(row[2], 3)} does not suit frequency {claim.frequency}"
    return [Fault(row, Flaw(3, element(row[2], 3), detail))]


@over(
    "S4-096", "DTP03", "an interim claim has no discharge hour: the patient stays", kind="I", wakes="DTP*096",
    status="A8:535 A8:234", fix="leave DTP*096 out, or send the frequency of a last bill", action="warn",
    source="external: UB-04 form locator 16; Stedi, claim edit of discharge hours",
)  # fmt: skip
def discharged(view: View) -> Iterator[Fault]:
    """DTP*096 against the frequencies 2 and 3."""
    if view.claim.frequency in ("2", "3"):
        row = view.loop.row("DTP", "096")
        yield Fault(row, Flaw(3, element(row[2], 3), f"it stands beside frequency {view.claim.frequency}"))


@over(
    "S4-71", "2310A", "a claim for more than an ambulance names the attending provider", kind="I", unless="2310A",
    status="A6:562:71", fix="send NM1*71", action="warn",
)  # fmt: skip
def attending(view: View) -> Iterator[Fault]:
    """2310A, unless each line is an ambulance's."""
    if not all(line.revenue.startswith(_AMBULANCE) for line in view.claim.lines):
        yield Fault(view.clm, Flaw(0, "", "the attending provider (2310A) does not follow"))


@over(
    "S4-72", "2310B", "a claim with a surgical procedure names the operating physician", kind="I", wakes="HI*BBR",
    unless="2310B", status="A6:562:72", fix="send NM1*72", action="warn",
)  # fmt: skip
def operating(view: View) -> Iterator[Fault]:
    """HI*BBR of the surgical section against 2310B."""
    row = next(row for row in view.loop.segments if row[2][0] == "HI" and row[2][1].startswith(("BBR", "BR", "CAH")))
    qualifier, code, *_ = [*row[2][1].split(view.component), ""]
    if qualifier == "BBR" and code.startswith(_SURGERY):
        yield Fault(row, Flaw(1, code, "a surgical procedure, and no operating physician (2310B) follows", 2))


@over(
    "S4-BBQ", "HI01-1", "other procedures stand beside a principal one", kind="I", wakes="HI*BBQ", unless="HI*BBR",
    status="A6:666", fix="send the principal procedure in HI*BBR", action="warn",
    source="external: UB-04 form locator 74",
)  # fmt: skip
def principal(view: View) -> Iterator[Fault]:
    """HI*BBQ without HI*BBR."""
    row = next(row for row in view.loop.segments if row[2][0] == "HI" and row[2][1].startswith(("BBQ", "BQ")))
    qualifier = row[2][1].partition(view.component)[0]
    yield Fault(row, Flaw(1, qualifier, "no principal procedure (HI*BBR) stands before it", 1))


@over(
    "S4-472", "DTP01", "a procedure of an outpatient has a day of its own when the statement has several", kind="I",
    status="A6:187", fix="send DTP*472 on each line with a procedure", action="warn",
)  # fmt: skip
def dated(view: View) -> Iterable[Fault]:
    """DTP*472 of HCPCS lines that bill no drug (2410), once a claim."""
    claim = view.claim
    if claim.place not in _OUTPATIENT or claim.first == claim.last:
        return ()
    undated = [line for line in claim.lines if not line.dated and line.qualifier == "HC" and not line.drug]
    if not undated:
        return ()
    line = undated[0]
    detail = f"DTP*472 does not follow, here and on {len(undated) - 1} more lines"
    return [Fault(view.home(line).row("SV2"), Flaw(2, line.qualifier, detail, 1), line.number)]


@over(
    "S4-0001", "SV201", "the total is no line: CLM02 tells it", kind="I",
    status="A7:455", fix="leave the line of revenue code 0001 out", action="warn",
    source="external: CMS Pub. 100-04, chapter 25, form locators 42 and 47",
)  # fmt: skip
def totalled(view: View) -> Iterable[Fault]:
    """SV201 0001, where the claim is in balance with it: else it is counted twice, which S3-CLM02 tells."""
    lines = [line for line in view.claim.lines if line.revenue == "0001"]
    if not lines or sum((line.charge or _NOTHING for line in view.claim.lines), _NOTHING) != view.claim.charge:
        return ()
    detail = "0001 is the total of a bill on paper"
    return [Fault(view.home(line).row("SV2"), Flaw(1, "0001", detail), line.number) for line in lines]


@over(
    "S4-ADMITTED", "DTP03", "an inpatient is admitted before the statement ends", kind="I", wakes="DTP*435",
    status="A8:189 A8:188", fix="correct the day of admission (DTP*435) or the statement period (DTP*434)",
    source="external: UB-04 form locators 6 and 12",
)  # fmt: skip
def admitted_in_time(view: View) -> Iterator[Fault]:
    """DTP*435 against the last day of DTP*434, on inpatient bills; a day ahead of the file is S4-FUTURE's."""
    last = view.claim.last
    if last is None or view.claim.place not in INPATIENT:
        return
    row = view.loop.row("DTP", "435")
    day = element(row[2], 3)[:8]
    if day > f"{last:%Y%m%d}" and not (view.filed and day > f"{view.filed:%Y%m%d}"):
        yield Fault(row, Flaw(3, row[2][3], f"the statement ends on {last:%m/%d/%Y}"))
