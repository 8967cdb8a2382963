"""Claims told in shorthand as a real interchange, 837P or 837I, with invented parties.

Enters: `ToldClaim`s and the guide (P, I). Leaves: text of one interchange, marked T in ISA15, that
the guides accept: what is found in it is a policy's. A claim stands under the HL of the one before
it when provider, payer and patient are the same and it is not told ``apart``; CLM01 is C1, C2 and
so on, in the order told.

What only one guide has a place for is left out of the other: place of service, rendering taxonomy
(837P); revenue code, type of bill, statement period (837I). An 837I has no place for a provider's
note or an authorization on a line: there they stand on the claim, the first of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from edi837.overlap import later
from edi837.shorthand import ShorthandError, Told, ToldClaim

GUIDES = {"P": "005010X222A1", "I": "005010X223A2"}
_PERSONS = ("ALDER", "ASPEN", "BEECH", "BIRCH", "CEDAR", "ELDER", "HAZEL", "LINDEN", "MAPLE")
_NO_DAY = date(2024, 1, 1)  # of a claim without any
ATTENDING, RENDERING = "2000000150", "2000000168"
# NPIs that were never issued: they begin with 2, and their check digits are right.
NPIS = (
    "2000000010", "2000000028", "2000000036", "2000000044", "2000000051", "2000000069", "2000000077",
    "2000000085", "2000000093",
)  # fmt: skip


def kinds(claims: Sequence[ToldClaim]) -> str:
    """Whether the claims can be sent as 837P (P), as 837I (I) or both; ShorthandError when as neither.

    Only an 837I has statement dates, lines of a revenue code alone and the unit DA, only an
    837P the unit MJ. No claim that keeps to a guide has no dates, or dates that run backwards.
    """
    for fault in faults(claims):
        raise ShorthandError(fault)
    only_i = only_p = False
    for claim in claims:
        for each in claim.lines:
            only_i |= each.statement or not each.code or each.unit == "DA"
            only_p |= each.unit == "MJ"
    if only_i and only_p:
        raise ShorthandError("MJ is a unit of the 837P; statement, DA and a revenue code alone are of the 837I")
    return "I" if only_i else "P" if only_p else "PI"


def faults(claims: Sequence[ToldClaim]) -> Iterator[str]:
    """Why claims can be sent in no guide: of each line the first thing, in their order."""
    for claim in claims:
        if not claim.lines:
            yield "a claim has no lines"
        days = period(claim)
        yield from filter(None, (_strays(each, days) for each in claim.lines))


def period(claim: ToldClaim) -> tuple[date, date]:
    """First and last day of a claim: as told, else those of its lines."""
    if claim.period:
        return claim.period
    days = [day for each in claim.lines for day in (each.first, each.last) if day]
    return min(days, default=_NO_DAY), max(days, default=_NO_DAY)


def _strays(told: Told, days: tuple[date, date]) -> str:
    """Why the dates of a line are none that a guide takes; empty when they are."""
    name = told.code or told.revenue
    if told.first is None or told.last is None:
        return f"{name} has no dates: a line dated by its claim is written statement 11/01-11/30"
    if told.last < told.first:
        return f"the dates of {name} run backwards"
    inside = days[0] <= told.first and told.last <= days[1]
    if not inside or (told.statement and (told.first, told.last) != days):
        return (
            f"{name}: the claim's days are {days[0]:%m/%d}-{days[1]:%m/%d}; its lines lie in them, and those "
            "dated by the statement have these very days"
        )
    return ""


def interchange(claims: Sequence[ToldClaim], kind: str) -> str:
    """The text, a segment a line. ValueError when a value holds a delimiter."""
    days = [day for claim in claims for day in period(claim)]
    return "".join(stream(claims, kind, later(max(days), 7)))


def stream(claims: Iterable[ToldClaim], kind: str, filed: date) -> Iterator[str]:
    """The text segment by segment, dated so; one claim is held."""
    for segment in (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'SUBMIT042':15}*ZZ*{'PAYER042':15}*{filed:%y%m%d}*0900*^*00501*000000001*0*T*:",
        f"GS*HC*SUBMIT042*PAYER042*{_day(filed)}*0900*1*X*{GUIDES[kind]}",
    ):
        yield f"{segment}~\n"
    count = 1  # SE
    for segment in _set(claims, kind, filed):
        count += 1
        yield f"{segment}~\n"
    yield f"SE*{count}*0001~\nGE*1*1~\nIEA*1*000000001~\n"


def _set(claims: Iterable[ToldClaim], kind: str, filed: date) -> Iterator[str]:
    yield f"ST*837*0001*{GUIDES[kind]}"
    yield f"BHT*0019*00*CASE*{_day(filed)}*0900*CH"
    yield from ("NM1*41*2*EXAMPLE BILLING*****46*SUBMIT042", "PER*IC*CLAIMS DESK*TE*6165550100")
    yield "NM1*40*2*SAMPLE HEALTH PLAN*****46*PAYER042"
    yield from _levels(claims, kind)


def line(told: Told, claim: ToldClaim, kind: str, number: int) -> list[str]:
    """The segments of one service line, loop 2400 with those below it."""
    procedure = _composite(told.qualifier, told.code, *told.modifiers[:4])
    if told.description:
        blanks = [""] * (4 - len(told.modifiers))
        procedure = _composite(told.qualifier, told.code, *told.modifiers, *blanks, told.description)
    charge, units = _number(told.charge), _number(told.units)
    sent = [f"LX*{number}"]
    if kind == "P":
        place = "" if told.place in ("", claim.place) else told.place
        sent.append(_segment("SV1", procedure, charge, told.unit, units, place, "", "1"))
    else:
        sent.append(_segment("SV2", told.revenue, procedure if told.code else "", charge, told.unit, units))
    if not told.statement and told.first and told.last:
        sent.append(_dates("472", told.first, told.last))
    if kind == "P" and told.authorization:
        sent.append(_segment("REF", "G1", told.authorization))
    if kind == "P" and told.note:
        sent.append(_segment("NTE", "ADD", told.note))
    if told.ndc:
        sent.append(_segment("LIN", "", "N4", told.ndc))
        sent.append(_segment("CTP", "", "", "", told.quantity, told.measure))
        if told.prescription:
            sent.append(_segment("REF", "XZ", told.prescription))
        elif told.link:
            sent.append(_segment("REF", "VY", told.link))
    if kind == "P" and told.taxonomy:
        sent.append(f"NM1*82*1*OAKES*CLIFF****XX*{RENDERING}")
        sent.append(_segment("PRV", "PE", "PXC", told.taxonomy))
    return sent


def _levels(claims: Iterable[ToldClaim], kind: str) -> Iterator[str]:
    count = 0
    payee: object = None
    insured: object = None
    for number, claim in enumerate(claims, 1):
        if payee != (claim.provider, claim.taxonomy):
            count += 1
            payee, insured, parent = (claim.provider, claim.taxonomy), None, count
            yield f"HL*{count}**20*1"
            if claim.taxonomy != "none":
                yield _segment("PRV", "BI", "PXC", claim.taxonomy)
            yield f"NM1*85*2*EXAMPLE HOME INFUSION {claim.provider}*****XX*{NPIS[claim.provider - 1]}"
            yield from ("N3*100 EXAMPLE PARKWAY", "N4*SAMPLETON*MI*490009998", f"REF*EI*12345678{claim.provider}")
        who = (claim.patient, claim.payer, claim.filing, claim.sequence, claim.born, claim.sex)
        if insured != who or claim.apart:
            count += 1
            insured = who
            yield f"HL*{count}*{parent}*22*0"
            yield _segment("SBR", claim.sequence, "18", "GRP042", "", "", "", "", "", claim.filing)
            yield f"NM1*IL*1*{_PERSONS[(claim.patient - 1) % len(_PERSONS)]}*SYN****MI*SYN{claim.patient:06d}"
            yield from ("N3*12 BIRCH LANE", "N4*SAMPLETON*MI*48000")
            yield _segment("DMG", "D8", _day(claim.born), claim.sex)
            yield _segment("NM1", "PR", "2", "SAMPLE HEALTH PLAN", "", "", "", "", "PI", claim.payer)
        yield from _claim(claim, kind, f"C{number}")


def head(claim: ToldClaim, kind: str, id: str) -> str:
    """The CLM of a claim."""
    total = _number(sum((each.charge for each in claim.lines), Decimal()))
    if kind == "P":
        return _segment("CLM", id, total, "", "", _composite(claim.place, "B", claim.frequency), "Y", "A", "Y", "Y")
    return _segment("CLM", id, total, "", "", _composite(claim.bill, "A", claim.frequency), "", "A", "Y", "Y")


def _claim(claim: ToldClaim, kind: str, id: str) -> Iterator[str]:
    yield head(claim, kind, id)
    if kind == "I":
        first, last = period(claim)
        yield f"DTP*434*RD8*{_day(first)}-{_day(last)}"
        yield "CL1*3*1*30"
    lines = claim.lines if kind == "I" else []
    authorizations = [claim.authorization, *(each.authorization for each in lines)]
    notes = [claim.note, *(each.note for each in lines)]
    if authorization := next(filter(None, authorizations), ""):
        yield _segment("REF", "G1", authorization)
    if claim.replaces:
        yield _segment("REF", "F8", claim.replaces)
    if note := next(filter(None, notes), ""):
        yield _segment("NTE", "ADD", note)
    first_one, *others = claim.diagnoses or ("",)
    if kind == "P":
        yield _segment("HI", _composite("ABK", first_one), *(_composite("ABF", code) for code in others[:11]))
    else:
        yield _segment("HI", _composite("ABK", first_one))
        if others:
            yield _segment("HI", *(_composite("ABF", code) for code in others[:12]))
        yield f"NM1*71*1*OAKES*CLIFF****XX*{ATTENDING}"
    for number, each in enumerate(claim.lines, 1):
        yield from line(each, claim, kind, number)


def _segment(*elements: str) -> str:
    """A segment without the empty elements at its end."""
    for value in elements:
        if not set(value).isdisjoint("*^~"):
            raise ValueError(f'"{value}" holds a mark that separates elements: * ^ or ~')
    return "*".join(elements).rstrip("*")


def _composite(*components: str) -> str:
    for value in components:
        if ":" in value:
            raise ValueError(f'"{value}" holds a colon, which separates components')
    return ":".join(components).rstrip(":")


def _dates(qualifier: str, first: date, last: date) -> str:
    if first == last:
        return f"DTP*{qualifier}*D8*{_day(first)}"
    return f"DTP*{qualifier}*RD8*{_day(first)}-{_day(last)}"


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _number(value: Decimal) -> str:
    """As X12 writes it (type R)."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
