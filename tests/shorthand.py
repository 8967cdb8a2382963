"""Claims told in shorthand as the mapper would leave them, for tests of checks that need no text of an 837."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from edi837.claim import Claim, Drug, Party, ServiceLine
from edi837.shorthand import Told, ToldClaim, day, told

__all__ = ["claims", "day", "told"]


def claims(texts: Sequence[str], kind: str = "P") -> list[Claim]:
    """The claims as the mapper would leave them, professional (P) or institutional (I)."""
    return [_claim(each, kind, f"C{number}", 10 * number) for number, each in enumerate(told(texts), 1)]


def _claim(told: ToldClaim, kind: str, id: str, segment: int) -> Claim:
    days = [day for each in told.lines for day in (each.first, each.last) if day]
    if kind == "I" and told.period:
        days = list(told.period)
    patient = Party(entity="IL", kind="1", id=f"SYN{told.patient:06d}", birth=told.born, sex=told.sex)
    notes = [told.note] if told.note else []
    numbers = [told.authorization] if told.authorization else []
    if kind == "I":  # the guide has no place for them on a line
        notes += [each.note for each in told.lines if each.note][: 1 - len(notes)]
        numbers += [each.authorization for each in told.lines if each.authorization][: 1 - len(numbers)]
    lines = tuple(_line(each, told, kind, str(n), segment, numbers) for n, each in enumerate(told.lines, 1))
    return Claim(
        id=id,
        kind=kind,
        charge=sum((each.charge for each in told.lines), Decimal(0)),
        place=told.bill if kind == "I" else told.place,
        frequency=told.frequency,
        provider=Party(entity="85", kind="2", id_qualifier="XX", taxonomy=told.taxonomy.replace("none", "")),
        subscriber=patient,
        patient=patient,
        payer=Party(entity="PR", kind="2", id=told.payer),
        sequence=told.sequence,
        relationship="18",
        filing=told.filing,
        first=min(days, default=None),
        last=max(days, default=None),
        diagnoses=told.diagnoses,
        authorizations=tuple(numbers),
        original=told.replaces,
        notes=tuple(notes),
        lines=lines,
        segment=segment,
    )


def _line(
    each: Told, claim: ToldClaim, kind: str, number: str, segment: int, authorizations: Sequence[str]
) -> ServiceLine:
    dates = "" if each.first is None else "statement" if each.statement else "line"
    own = [each.authorization] if kind == "P" and each.authorization else authorizations
    at = segment + 4 * int(number) - 1
    drug = Drug("N4", each.ndc, Decimal(each.quantity), each.measure, each.prescription, each.link, at + 2, at + 3)
    return ServiceLine(
        number=number,
        kind=kind,
        qualifier=each.qualifier if each.code else "",
        procedure=each.code,
        modifiers=each.modifiers,
        description=each.description,
        revenue=each.revenue if kind == "I" else "",
        charge=each.charge,
        unit=each.unit,
        units=each.units,
        first=each.first,
        last=each.last,
        date_source=dates,
        place="" if kind == "I" else each.place or claim.place,
        authorizations=tuple(own),
        notes=(each.note,) if kind == "P" and each.note else (),
        taxonomy="" if kind == "I" else each.taxonomy,
        drug=drug if each.ndc else None,
        segment=at,
        dated=at + 1 if dates == "line" else 0,
    )
