"""Diagnoses, procedures and supporting information of a FHIR claim.

Enters: a claim and its 2300 loop. Leaves: its HI as diagnoses, numbered so that SV107 points at them, and as
procedures; and, as supporting information, what CARIN Blue Button has a slice for: type of bill, admission, discharge.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837 import safe
from edi837.chart import Loop
from edi837.claim import Claim
from edi837.fhir import systems
from edi837.fhir.form import Json, concept, day, filled
from edi837.mapper import as_day
from edi837.x12 import element

_PRINCIPAL = (systems.DIAGNOSIS_TYPE, "principal")
_TYPES = {
    "ABK": _PRINCIPAL, "BK": _PRINCIPAL,
    "ABJ": (systems.DIAGNOSIS_TYPE, "admitting"), "BJ": (systems.DIAGNOSIS_TYPE, "admitting"),
    "ABN": (systems.C4BB_DIAGNOSIS, "externalcauseofinjury"), "BN": (systems.C4BB_DIAGNOSIS, "externalcauseofinjury"),
    "APR": (systems.C4BB_DIAGNOSIS, "patientreasonforvisit"), "PR": (systems.C4BB_DIAGNOSIS, "patientreasonforvisit"),
}  # fmt: skip
_FURTHER = frozenset(("ABF", "BF"))
_POINTED_AT = frozenset(("ABK", "BK", "ABF", "BF"))  # those that `Claim.diagnoses` counts
_PROCEDURES = {"BBR": "principal", "BR": "principal", "BBQ": "other", "BQ": "other"}
_ON_ADMISSION = frozenset("YNUW")  # HI01-9


def diagnoses(kind: str, loop: Loop, component: str) -> list[Json]:
    """The diagnoses; those that lines may point at come first, in their order."""
    told = [parts for parts in _composites(loop, component) if parts[0] in _TYPES or parts[0] in _FURTHER]
    told.sort(key=lambda parts: parts[0] not in _POINTED_AT)
    found = []
    for sequence, parts in enumerate(told, 1):
        system, code = systems.diagnosis(parts[0], parts[1].upper())
        further = (systems.C4BB_DIAGNOSIS, "secondary" if kind == "P" else "other")
        present = parts[8] if len(parts) > 8 and parts[8] in _ON_ADMISSION else ""
        found.append(filled(
            sequence=sequence,
            diagnosisCodeableConcept=concept(system, code),
            type=[concept(*_TYPES.get(parts[0], further))],
            onAdmission=concept(systems.ON_ADMISSION, present.lower()),
        ))  # fmt: skip
    return found


def procedures(loop: Loop, component: str) -> list[Json]:
    """The procedures of an 837I, with their days."""
    told = [parts for parts in _composites(loop, component) if parts[0] in _PROCEDURES]
    return [
        filled(
            sequence=sequence,
            type=[concept(systems.C4BB_PROCEDURE, _PROCEDURES[parts[0]])],
            date=day(as_day(parts[3])) if len(parts) > 3 else "",
            procedureCodeableConcept=concept(*systems.procedure(parts[0], parts[1].upper())),
        )
        for sequence, parts in enumerate(told, 1)
    ]


def information(claim: Claim, loop: Loop, phi: bool) -> list[Json]:
    """Supporting information, numbered."""
    return [{"sequence": number, **told} for number, told in enumerate(_told(claim, loop, phi), 1)]


def _told(claim: Claim, loop: Loop, phi: bool) -> Iterator[Json]:
    if claim.bill_type:
        yield _of("typeofbill", code=concept(systems.BILL_TYPE, claim.bill_type))
    elif claim.frequency:
        other = concept(systems.INFORMATION, "other", text="Claim Frequency Code")
        yield {"category": other, "code": concept(systems.FREQUENCY, claim.frequency)}
    admitted, left = (as_day(element(loop.first("DTP", kind), 3)[:8]) for kind in ("435", "096"))
    if admitted or left:
        yield _of("admissionperiod", timingPeriod=filled(start=day(admitted), end=day(left)))
    stay = loop.first("CL1")
    for number, category, system in (
        (1, "admtype", systems.ADMISSION_TYPE), (2, "pointoforigin", systems.ORIGIN),
        (3, "discharge-status", systems.DISCHARGE),
    ):  # fmt: skip
        if element(stay, number):
            yield _of(category, code=concept(system, element(stay, number)))
    for note in claim.notes if phi else ():
        yield {"category": concept(systems.INFORMATION, "info"), "valueString": safe.text(note)}


def _of(category: str, **fields: Json) -> Json:
    return {"category": concept(systems.C4BB_INFORMATION, category), **fields}


def _composites(loop: Loop, component: str) -> Iterator[list[str]]:
    for _, _, seg in loop.segments:
        if seg[0] == "HI":
            for value in seg[1:]:
                parts = value.split(component)
                if len(parts) > 1:
                    yield parts
