"""Service lines as items of a FHIR claim.

Enters: a line of a claim, its 2400 loop, and the sequences of who took part. Leaves: an item with code, modifiers,
days, place, quantity, money, and its drug as a detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from edi837 import safe
from edi837.claim import EXACT, Drug, ServiceLine
from edi837.fhir import systems
from edi837.fhir.form import Json, concept, day, filled, money, period

_CENT = Decimal("0.01")
_MOST = 10**18  # dollars; X12 knows no more


def item(line: ServiceLine, sequence: int, team: Sequence[int], currency: str, phi: bool) -> Json:
    """One line; ``sequence`` where LX01 is no number."""
    own_days = line.date_source == "line"  # those of a statement stand on the claim
    one_day = own_days and line.first == line.last
    return filled(
        sequence=int(line.number) if line.number.isdecimal() and line.number.isascii() else sequence,
        careTeamSequence=list(team),
        diagnosisSequence=list(line.pointers),
        revenue=concept(systems.REVENUE, line.revenue),
        productOrService=_service(line, phi),
        modifier=[concept(systems.of_modifier(code), code) for code in line.modifiers],
        servicedDate=day(line.first) if one_day else "",
        servicedPeriod=period(line.first, line.last) if own_days and not one_day else {},
        locationCodeableConcept=concept(systems.PLACE, line.place) if line.kind == "P" else {},
        quantity=_quantity(line.units, line.unit),
        unitPrice=money(_each(line), currency),
        net=money(line.charge, currency),
        detail=[_drug(line.drug)] if line.drug and line.drug.ndc else [],
    )


def _service(line: ServiceLine, phi: bool) -> Json:
    """The code by its qualifier; an 837I may bill a revenue code alone, and FHIR asks for a service."""
    said = safe.text(line.description) if phi else ""
    code = line.procedure
    if not code:
        return concept(systems.ABSENT, "not-applicable", text=said) if line.revenue else {}
    if line.qualifier == "HC":
        return concept(systems.of_procedure(code), code, text=said)
    if line.qualifier == "HP":
        return concept(systems.HIPPS, code, text=said)
    return concept("", code, text=said or f"{safe.text(line.qualifier)} {safe.text(code)}")


def _each(line: ServiceLine) -> Decimal | None:
    """The price of a unit, where the charge is so many times an amount in whole cents."""
    if line.charge is None or not line.units or line.units < 0:
        return None
    price = line.charge / line.units
    if abs(price) >= _MOST:
        return None
    cents = price.quantize(_CENT)
    if EXACT.multiply(cents, line.units) != line.charge:
        return None
    return cents.to_integral_value() if cents == cents.to_integral_value() else cents


def _quantity(count: Decimal | None, unit: str) -> Json:
    if count is None:
        return {}
    name, code = systems.UNITS.get(unit, (safe.text(unit), ""))
    return filled(value=count, unit=name, system=systems.UCUM if code else "", code=code)


def _drug(drug: Drug) -> Json:
    service = concept(systems.NDC, drug.ndc)
    if drug.qualifier != "N4":
        service = concept("", drug.ndc, text=f"{safe.text(drug.qualifier)} {safe.text(drug.ndc)}")
    return filled(sequence=1, productOrService=service, quantity=_quantity(drug.quantity, drug.unit))
