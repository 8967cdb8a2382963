"""SNIP 4: situational segments whose condition the claim's own facts tell, beside those of `relations`.

Those on which the guide's words are not at hand only warn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edi837.chart import Loop
from edi837.snip.rule import Fault, Flaw, Row, View, has, on, over
from edi837.x12 import Segment, element

_HOSPITALS = frozenset(("21", "51", "61"))  # places of inpatients: hospital, psychiatric, rehabilitation
_MEDICARE = ("MA", "MB")  # SBR09: part A, part B
_EXTERNAL = frozenset("VWXY")  # chapter 20 of ICD-10-CM


@on(
    "S4-MEMBER", "NM109", "a subscriber who is a person has a member number", tags="NM1*IL", loops="2010BA",
    status="A6:164:IL", fix="send NM108 MI and the member's number in NM109", action="warn",
)  # fmt: skip
def member(seg: Segment, _: str) -> Iterable[Flaw]:
    """NM109 where NM102 is 1; a bill for an accident may lack it, and one whose subscriber is an employer does."""
    return [Flaw(9, "", "it is missing")] if element(seg, 2) == "1" and not element(seg, 9) else ()


@over(
    "S4-439", "CLM11", "the day of an accident stands beside its cause", kind="P", wakes="DTP*439",
    status="A6:749", fix="send CLM11 (AA, EM or OA), or leave DTP*439 out", action="warn",
)  # fmt: skip
def cause(view: View) -> Iterator[Fault]:
    """DTP*439 against CLM11."""
    if not element(view.clm[2], 11):
        yield Fault(view.loop.row("DTP", "439"), Flaw(1, "439", "CLM11 does not tell the cause"))


@over(
    "S4-435-P", "DTP03", "a claim for visits to an inpatient tells when the patient was admitted", kind="P",
    unless="DTP*435", status="A6:189", fix="send DTP*435", action="warn",
    source="external: X12 RFI 154 and 2130 on DTP*435",
)  # fmt: skip
def visited(view: View) -> Iterable[Fault]:
    """CLM05-1 and SV105 of a hospital's inpatients against DTP*435."""
    claim = view.claim
    if claim.place in _HOSPITALS:
        return [Fault(view.clm, Flaw(5, claim.place, "DTP*435 does not follow", 1))]
    for line in claim.lines:
        if line.place in _HOSPITALS:
            return [Fault(view.home(line).row("SV1"), Flaw(5, line.place, "DTP*435 is missing"), line.number)]
    return ()


@over(
    "S4-SBR05", "SBR05", "where Medicare is not the first payer the claim tells why", kind="P",
    status="A6:481", fix="send SBR05, such as 12 or 43", action="warn",
    source="external: CMS, Medicare secondary payer instructions; Stedi, claim edit of insurance types",
)  # fmt: skip
def secondary(view: View) -> Iterable[Fault]:
    """SBR05 beside SBR09 MA or MB and an SBR01 that is neither P nor U, in 2000B and 2320."""
    if view.claim.filing not in _MEDICARE and not has(view.loop, "2320"):
        return ()
    home: Loop | None = view.loop.parent
    while home is not None and home.use.id != "2000B":
        home = home.parent
    rows = [home.row("SBR")] if home is not None and home.first("SBR") else []
    rows += [other.segments[0] for other in view.loop.loops if other.use.id == "2320"]
    return [fault for sbr in rows for fault in _untold(sbr)]


def _untold(sbr: Row) -> Iterator[Fault]:
    order, why, filing = (element(sbr[2], at) for at in (1, 5, 9))
    if filing in _MEDICARE and order not in ("P", "U") and not why:
        yield Fault(sbr, Flaw(5, "", f"it is missing, and SBR09 is {filing} beside SBR01 {order}"))


@over(
    "S4-573", "2330B", "a payer that adjudicated a claim tells when, for the claim or for its lines",
    status="A6:516:PR", fix="send DTP*573 in 2330B", action="warn", wakes="2320",
)  # fmt: skip
def adjudicated(view: View) -> Iterator[Fault]:
    """AMT*D in 2320 against DTP*573 in its 2330B; a 2430 has a DTP*573 of its own."""
    for other in view.loop.loops:
        named = other.child("2330B") if other.use.id == "2320" and has(other, "AMT*D") else None
        if named is None or has(named, "DTP"):
            continue
        number = element(named.first("NM1"), 9)
        if not any(element(child.first("SVD"), 1) == number for loop, _ in view.lines for child in loop.loops):
            yield Fault(named.segments[0], Flaw(0, "", "DTP*573 does not follow, and no line of the payer's has one"))


@over(
    "S4-PS1", "2420B", "a purchased service names who was paid for it", kind="P", wakes="2400/PS1",
    status="A6:562:QB", fix="send NM1*QB in 2420B", action="warn",
)  # fmt: skip
def purchased(view: View) -> Iterator[Fault]:
    """PS1 against 2420B of the same line."""
    for loop, line in view.lines:
        if has(loop, "PS1") and not has(loop, "2420B"):
            yield Fault(loop.row("PS1"), Flaw(1, loop.first("PS1")[1], "2420B does not follow"), line.number)


@over(
    "S4-CR3", "CR301", "a certificate of equipment tells when therapy began, and when it was renewed or revised",
    kind="P", wakes="2400/CR3", status="A6:187", fix="send DTP*463; and for R and S DTP*607", action="warn",
)  # fmt: skip
def certified(view: View) -> Iterator[Fault]:
    """CR3 against DTP*463 and, under R and S, DTP*607 of the same line."""
    for loop, line in view.lines:
        if has(loop, "CR3"):
            row = loop.row("CR3")
            lacking = [] if has(loop, "DTP*463") else ["DTP*463"]
            if row[2][1] in ("R", "S") and not has(loop, "DTP*607"):
                lacking.append("DTP*607")
            if lacking:
                yield Fault(row, Flaw(1, row[2][1], f"{' and '.join(lacking)} does not follow"), line.number)


@on(
    "S4-EPSDT", "CRC03", "a screening that led to no referral says NU, and no other does", tags="CRC*ZZ",
    status="A8:481", fix="send CRC02 N with NU in CRC03, or Y with the referral", action="warn",
)  # fmt: skip
def referral(seg: Segment, _: str) -> Iterable[Flaw]:
    """CRC02 against CRC03 under ZZ."""
    given, condition = element(seg, 2), element(seg, 3)
    if (given == "N") is (condition == "NU"):
        return ()
    return [Flaw(3, condition, f"{condition} stands beside CRC02 {given}")]


@over(
    "S4-HI-TWICE", "HI01-2", "no diagnosis stands twice on a claim",
    status="A7:255", fix="send each diagnosis once", action="warn",
    source="external: ICD-10-CM Official Guidelines, I.B.12",
)  # fmt: skip
def once(view: View) -> Iterable[Fault]:
    """Component 2 of ABK and ABF, each against those before it."""
    diagnoses = view.claim.diagnoses
    return _again(view) if len(set(diagnoses)) < len(diagnoses) else ()


def _again(view: View) -> Iterator[Fault]:
    seen: set[str] = set()
    for row in view.loop.segments:
        for at, value in enumerate(row[2]) if row[2][0] == "HI" else ():
            qualifier, code = [*value.split(view.component), ""][:2]
            if qualifier in ("ABK", "ABF"):
                if code.upper() in seen:
                    yield Fault(row, Flaw(at, code, "the claim has this diagnosis before", 2))
                seen.add(code.upper())


@over(
    "S4-POINTER-TWICE", "SV107", "no line points to a diagnosis twice", kind="P",
    status="A7:477", fix="point to each diagnosis once", action="warn",
)  # fmt: skip
def pointed(view: View) -> Iterable[Fault]:
    """SV107, each component against those before it."""
    for line in view.claim.lines:
        if len(line.pointers) > 1 and len(set(line.pointers)) < len(line.pointers):
            return _pointed(view)
    return ()


def _pointed(view: View) -> Iterator[Fault]:
    for loop, line in view.lines:
        for at, number in enumerate(line.pointers, 1):
            if number in line.pointers[: at - 1]:
                yield Fault(loop.row("SV1"), Flaw(7, str(number), "it stands before on the line", at), line.number)
                break


@over(
    "S5-PRINCIPAL", "HI01-2", "an external cause is never the first diagnosis",
    status="A7:254", fix="send the injury or illness first, and the external cause behind it",
    source="external: ICD-10-CM Official Guidelines, I.C.20.a.6; CMS Medicare Code Editor",
)  # fmt: skip
def first_diagnosis(view: View) -> Iterable[Fault]:
    """HI*ABK against the letters of chapter 20, V to Y."""
    diagnoses = view.claim.diagnoses
    if not diagnoses or diagnoses[0][:1] not in _EXTERNAL:
        return ()
    row = view.loop.row("HI")
    qualifier, code = [*row[2][1].split(view.component), ""][:2]
    if qualifier != "ABK":
        return ()  # in ICD-9 a V is no cause
    return [Fault(row, Flaw(1, code, "this is an external cause of injury", 2))]


@over(
    "S4-SV5", "SV501-2", "equipment that is rented or bought is the procedure of its line", kind="P",
    wakes="2400/SV5", status="A8:507", fix="send in SV501-2 the code of SV101-2", action="warn",
)  # fmt: skip
def equipment(view: View) -> Iterator[Fault]:
    """SV501-2 against SV101-2."""
    for loop, line in view.lines:
        if has(loop, "SV5"):
            row = loop.row("SV5")
            code = element(element(row[2], 1).split(view.component), 1)
            if code.upper() != line.procedure:
                yield Fault(row, Flaw(1, code, f"SV101-2 is {line.procedure}", 2), line.number)


@over(
    "S4-SVD06", "SVD06", "a line was bundled into another line of the claim", wakes="2400/2430",
    status="A8:481", fix="send in SVD06 the LX01 of the line it was bundled into", action="warn",
)  # fmt: skip
def bundled(view: View) -> Iterator[Fault]:
    """SVD06 against LX01 of all lines."""
    for loop, line in view.lines:
        for child in loop.loops:
            row = child.segments[0]
            number = element(row[2], 6) if child.use.id == "2430" else ""
            if number and number.lstrip("0") not in {each.number.lstrip("0") for each in view.claim.lines}:
                yield Fault(row, Flaw(6, number, f"the claim has no line {number}"), line.number)
