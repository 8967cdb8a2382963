"""SNIP 4: days that cannot be in this order.

A date that cannot be read, or that the file lacks, proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from edi837.findings import Action
from edi837.overlap import later
from edi837.snip.hospital import INPATIENT
from edi837.snip.rule import Fault, Flaw, Row, View, has, on, over
from edi837.x12 import Segment, element

# DTP01 of days that lie behind the sender: onset, accident, last period, last seen, acute, X-ray, admission.
_PAST = frozenset(("431", "439", "484", "304", "453", "455", "435"))
_PASTS = " ".join(f"DTP*{qualifier}" for qualifier in sorted(_PAST))
_PASTS_OR_PAYERS = f"{_PASTS} 2320"
_JUDGED = {"2320": "2330B", "2400": "2430"}  # where DTP*573 tells the day of adjudication or payment
_DAY = 1
_TRANSFER = 30  # days; a payer may date a payment ahead of its remittance advice, and hardly more than this
_BORN = "correct the date of birth; look at its century"
_BEFOREHAND = "322"  # type of bill: until 2021 home health asked for payment of a period that lay ahead
_ASSESSED = ("0022", "0024")  # revenue codes of nursing facilities and rehabilitation: payers ask for another day
_LAST_BILLS = ("1", "4")  # frequencies: from admission to discharge, and the last of several
_DATED = ("BBR", "BBQ", "BR", "BQ", "BH")  # qualifiers of HI: procedures, and occurrences
_ONSET = "11"  # occurrence code
_CAUSES = ("431", "439", "453", "484")  # those that lie behind the service: onset, accident, acute, last period


@on(
    "S4-RANGE", "DTP03", "a range of dates ends on or after its first day", tags="DTP",
    status="A7:187", fix="send the first day first",
)  # fmt: skip
def reversed_range(seg: Segment, _: str) -> Iterable[Flaw]:
    """DTP03 under RD8."""
    if seg[2] != "RD8":
        return ()
    first, _, last = seg[3].partition("-")
    if first <= last:
        return ()
    return [Flaw(3, seg[3], "the range ends before it begins", 0, ("A7:188",) if seg[1] == "434" else ())]


@on(
    "S4-SPAN", "HI01-4", "an occurrence span ends on or after its first day", tags="HI*BI", kind="I",
    status="A7:187", fix="send the first day first",
)  # fmt: skip
def reversed_span(seg: Segment, component: str) -> Iterator[Flaw]:
    """HI*BI, component 4 under RD8."""
    for at, value in enumerate(seg):
        parts = value.split(component)
        if len(parts) > 3 and parts[2] == "RD8":
            first, _, last = parts[3].partition("-")
            if first > last:
                yield Flaw(at, parts[3], "the span ends before it begins", 4)


@over(
    "S4-FUTURE", "DTP03",
    "no service begins, and no illness, admission, adjudication or birth is, after the day the file was made",
    status="A7:510 A7:187", fix="correct the date, or send the claim after the service",
)  # fmt: skip
def future(view: View) -> Iterable[Fault]:
    """DTP of claim and lines, of other payers, and the patient's DMG02, against the day of the file.

    A day more is allowed: it may be tomorrow already where the service was given. A payment (DTP*573)
    of the next thirty days only warns.
    """
    filed, last, born = view.filed, view.claim.last, view.claim.patient.birth
    if filed is None or not ((last and last > filed) or (born and born > filed) or has(view.loop, _PASTS_OR_PAYERS)):
        return ()
    return _future(view, filed, later(filed, _DAY))


def _future(view: View, filed: date, today: date) -> Iterator[Fault]:
    claim = view.claim
    if claim.first is not None and claim.kind == "I" and claim.first > today:
        if claim.bill_type == _BEFOREHAND:
            return
        yield Fault(view.loop.row("DTP", "434"), _ahead(view.loop.first("DTP", "434"), filed, ("A7:510", "A7:188")))
    elif claim.last is not None and claim.last > today:  # a line may be: only then look at each
        for loop, line in view.lines:
            if line.date_source == "line" and line.first and line.first > today:
                row = loop.row("DTP", "472")
                yield Fault(row, _ahead(row[2], filed), line.number)
    limit = f"{today:%Y%m%d}" if has(view.loop, _PASTS) else ""
    for row in view.loop.segments if limit else ():
        seg = row[2]
        if seg[0] == "DTP" and seg[1] in _PAST and element(seg, 3)[:8] > limit:
            yield Fault(row, _ahead(seg, filed))
    if has(view.loop, "2320"):
        yield from _judged(view, filed, f"{today:%Y%m%d}")
    birth = claim.patient.birth
    if birth is not None and birth > today:
        yield _birth(view, f"it lies after {filed:%m/%d/%Y}, the day the file was made", ("A7:510", "A7:158:QC"), _BORN)


def _judged(view: View, filed: date, limit: str) -> Iterator[Fault]:
    """DTP*573 in 2330B and 2430."""
    sure = ""
    for home in view.loop.loops:
        for loop in home.loops if home.use.id in _JUDGED else ():
            for row in loop.segments if loop.use.id == _JUDGED[home.use.id] else ():
                seg = row[2]
                if seg[0] == "DTP" and element(seg, 3)[:8] > limit:
                    sure = sure or f"{later(filed, _TRANSFER):%Y%m%d}"
                    action: Action = "reject" if seg[3][:8] > sure else "warn"
                    line = element(home.first("LX"), 1)
                    flaw = _ahead(seg, filed, ("A7:510", "A7:516:PR"))
                    yield Fault(row, flaw._replace(action=action, fix="correct the date"), line)


def _birth(view: View, detail: str, status: tuple[str, ...] = (), fix: str = "") -> Fault:
    """A fault of the patient's DMG02: in 2010CA, or in 2010BA when the patient is the subscriber."""
    home = view.loop.parent
    named = home and home.child("2010CA" if home.use.id == "2000C" else "2010BA")
    row = named.row("DMG") if named else view.clm
    return Fault(row, Flaw(2, element(row[2], 2), detail, status=status, fix=fix))


@over(
    "S4-BIRTH", "DMG02", "nobody is treated before the day of birth",
    status="A8:158:QC A8:187", fix="correct the date of birth or of the service",
)  # fmt: skip
def birth(view: View) -> Iterable[Fault]:
    """DMG02 of the patient against the last day of service."""
    born, last = view.claim.patient.birth, view.claim.last
    if born is None or last is None or born <= last or (view.filed and born > view.filed):
        return ()
    return [_birth(view, f"the last day of service, {last:%m/%d/%Y}, lies before it")]


@over(
    "S4-AFTER", "DTP03", "what a service is given for does not begin after it", kind="P",
    wakes="DTP*431 DTP*439 DTP*453 DTP*484", status="A8:187", fix="correct the date, or that of the service",
    action="warn",
)  # fmt: skip
def after(view: View) -> Iterator[Fault]:
    """DTP*431, 439, 453 and 484 against the last day of service; what lies ahead of the file is S4-FUTURE's."""
    last, filed = view.claim.last, view.filed
    if last is None:
        return
    end, limit = f"{last:%Y%m%d}", f"{filed:%Y%m%d}" if filed else "9"
    for row in view.loop.segments:
        seg = row[2]
        if seg[0] == "DTP" and seg[1] in _CAUSES and end < element(seg, 3)[:8] <= limit:
            yield Fault(row, Flaw(3, seg[3], f"the last service is of {last:%m/%d/%Y}"))


@over(
    "S4-STATEMENT", "DTP03", "a line's dates lie inside the statement's", kind="I",
    status="A8:187 A8:188", fix="correct the line's date, or the statement period (DTP*434)",
)  # fmt: skip
def inside(view: View) -> Iterable[Fault]:
    """DTP*472 of each line against DTP*434."""
    first, last = view.claim.first, view.claim.last
    if first is None or last is None:
        return ()
    for line in view.claim.lines:
        if line.first and line.last and (line.first < first or last < line.last) and line.date_source == "line":
            return _outside(view, first, last)
    return ()


def _outside(view: View, first: date, last: date) -> Iterator[Fault]:
    """A line of an assessment, and a drug that is used up later, only warn."""
    detail = f"it leaves the statement period, {first:%m/%d/%Y} to {last:%m/%d/%Y}"
    for loop, line in view.lines:
        if line.date_source == "line" and line.first and line.last and not first <= line.first <= line.last <= last:
            row = loop.row("DTP", "472")
            supply = line.drug is not None and first <= line.first <= last
            action: Action = "warn" if supply or line.revenue in _ASSESSED else "reject"
            yield Fault(row, Flaw(3, row[2][3], detail, action=action), line.number)


@over(
    "S4-THROUGH", "DTP03", "the last bill of an inpatient is made when its statement has ended", kind="I",
    status="A7:510 A7:188", fix="correct the statement period (DTP*434), or send the bill after its last day",
    action="warn", source="external: UB-04 form locators 4 and 6",
)  # fmt: skip
def through(view: View) -> Iterable[Fault]:
    """The last day of DTP*434 against the day of the file, a day more allowed; what begins after it is S4-FUTURE's."""
    filed, last, claim = view.filed, view.claim.last, view.claim
    if filed is None or last is None or last <= filed:
        return ()
    today = later(filed, _DAY)
    if last <= today or claim.place not in INPATIENT or claim.frequency not in _LAST_BILLS:
        return ()
    if any(day and day > today for day in (claim.first, *[line.first for line in claim.lines])):
        return ()
    return [Fault(view.loop.row("DTP", "434"), _ahead(view.loop.first("DTP", "434"), filed))]


@over(
    "S4-FUTURE-HI", "HI01-4", "no procedure and no onset of an illness lies after the day the file was made", kind="I",
    wakes="HI*BBR HI*BBQ HI*BH", status="A7:510 A7:187", fix="correct the day", action="warn",
)  # fmt: skip
def future_codes(view: View) -> Iterator[Fault]:
    """Component 4 of BBR, BBQ and of BH with code 11 against the day of the file, a day more allowed."""
    if view.filed is None:
        return
    limit = f"{later(view.filed, _DAY):%Y%m%d}"
    for row, at, parts in _days(view):
        if parts[3] > limit and (parts[0] != "BH" or parts[1] == _ONSET):
            detail = f"it lies after {view.filed:%m/%d/%Y}, the day the file was made"
            yield Fault(row, Flaw(at, parts[3], detail, 4))


@over(
    "S4-PROCEDURE", "HI01-4", "a procedure is done before the statement ends", kind="I",
    wakes="HI*BBR HI*BBQ", status="A8:187 A8:188", fix="correct the day, or the statement period (DTP*434)",
    action="warn", source="external: UB-04 form locators 6 and 74",
)  # fmt: skip
def procedures(view: View) -> Iterator[Fault]:
    """Component 4 of BBR and BBQ against the last day of DTP*434; a day ahead of the file is S4-FUTURE-HI's."""
    last, filed = view.claim.last, view.filed
    if last is None:
        return
    end, limit = f"{last:%Y%m%d}", f"{later(filed, _DAY):%Y%m%d}" if filed else "9"
    for row, at, parts in _days(view):
        if parts[0] != "BH" and end < parts[3] <= limit:
            yield Fault(row, Flaw(at, parts[3], f"the statement ends on {last:%m/%d/%Y}", 4))


def _days(view: View) -> Iterator[tuple[Row, int, list[str]]]:
    """Each procedure and occurrence of HI that has a day (D8), as components."""
    for row in view.loop.segments:
        if row[2][0] == "HI" and row[2][1].startswith(_DATED):
            for at, value in enumerate(row[2][1:], 1):
                parts = value.split(view.component)
                if len(parts) > 3 and parts[2] == "D8":
                    yield row, at, parts


def _ahead(seg: Segment, filed: date, status: tuple[str, ...] = ()) -> Flaw:
    return Flaw(3, element(seg, 3), f"it lies after {filed:%m/%d/%Y}, the day the file was made", status=status)
