"""A claim of an 837P or 837I as a FHIR `Claim`, with its parties contained in it.

Enters: a claim with its loop and frames (`judged`). Leaves: the resource as plain dicts. What FHIR has no place for
is listed in docs/fhir.md. The field names are R4's; R4B has the same.
"""

from __future__ import annotations

import re
from datetime import date

from edi837 import safe
from edi837.chart import Loop
from edi837.fhir import systems
from edi837.fhir.facts import diagnoses, information, procedures
from edi837.fhir.form import Json, coding, concept, day, filled, money, period
from edi837.fhir.items import item
from edi837.fhir.parties import Contained
from edi837.fhir.team import FACILITY, Team
from edi837.judged import Judged
from edi837.mapper import as_day
from edi837.placed import levels, lines
from edi837.x12 import element

_RANKS = "PSTABCDEFGH"  # SBR01: primary, secondary, tertiary, payer of responsibility four to eleven
_PAYEES = {"Y": "provider", "N": "subscriber"}  # CLM08, assignment of benefits
_OTHER = re.compile(r"[^A-Za-z0-9.-]")


def resource(each: Judged, *, phi: bool = False) -> Json:
    """The claim; ``phi`` shows what is a person's, else it is left out and the claim is marked as redacted."""
    claim, loop = each.claim, each.loop
    insured, dependant, payee = levels(loop)
    inside = Contained(phi)
    patient = inside.person("patient", dependant.child("2010CA") if dependant else _child(insured, "2010BA"))
    taxonomy = element(payee.first("PRV", "BI"), 3) if payee else ""
    provider = inside.provider("billing", _child(payee, "2010AA"), taxonomy)
    insurance, payer = _insurance(each, inside, patient)
    team = Team(inside)
    teams = team.of_lines(team.join(loop), lines(loop))
    currency = element(payee.first("CUR"), 2) if payee else ""
    currency = currency or "USD"
    items = [
        item(line, number, mine, currency, phi)
        for number, (line, mine) in enumerate(zip(claim.lines, teams, strict=True), 1)
    ]
    facility = next((child for child in loop.loops if element(child.first("NM1"), 1) == FACILITY), None)
    where = inside.place("facility", facility) if facility else None
    component = each.interchange.component
    return {"resourceType": "Claim", **filled(
        id=_OTHER.sub("-", f"{each.interchange.number}-{each.frames}-{claim.segment}"),
        meta=_labels(each, phi),
        contained=inside.resources,
        identifier=_identifiers(each),
        status="active",
        type=concept(systems.CLAIM_TYPE, "professional" if claim.kind == "P" else "institutional"),
        use="claim",
        patient=patient,
        billablePeriod=period(claim.first, claim.last),
        created=day(_created(loop)),
        insurer=payer,
        provider=provider,
        priority=concept(systems.PRIORITY, "normal"),
        related=_related(each),
        payee=filled(type=concept(systems.PAYEE, _PAYEES.get(element(loop.first("CLM"), 8), ""))),
        facility=where,
        careTeam=team.members,
        supportingInfo=information(claim, loop, phi),
        diagnosis=diagnoses(claim.kind, loop, component),
        procedure=procedures(loop, component),
        insurance=insurance,
        item=items,
        total=money(claim.charge, currency),
    )}  # fmt: skip


def _child(loop: Loop | None, id: str) -> Loop | None:
    return loop.child(id) if loop else None


def _labels(each: Judged, phi: bool) -> Json:
    """Security labels: redacted, where persons are left out; test data, where ISA15 says so."""
    labels = [] if phi else [coding(systems.ALTERED, "REDACTED", "redacted")]
    if each.interchange.header[15] == "T":
        labels.append(coding(systems.PURPOSE, "HTEST", "test health data"))
    return filled(security=labels)


def _identifiers(each: Judged) -> list[Json]:
    """CLM01, the provider's number of the claim, and REF*D9, the clearinghouse's."""
    claim = each.claim
    found = [filled(type=concept(systems.IDENTIFIER_TYPE, "PLAC"), value=safe.text(claim.id))]
    if claim.transmission_id:
        kind = {"text": "Claim Identifier For Transmission Intermediaries"}
        found.append(filled(type=kind, value=safe.text(claim.transmission_id)))
    return found


def _created(loop: Loop) -> date | None:
    """BHT04, the day the set was made."""
    root = loop
    while root.parent is not None:
        root = root.parent
    return as_day(element(root.first("BHT"), 4))


def _related(each: Judged) -> list[Json]:
    """REF*F8: the payer's number of the claim that this one replaces or voids."""
    claim = each.claim
    if not claim.original:
        return []
    said = {"7": "replaced by this claim", "8": "voided by this claim"}.get(claim.frequency, "")
    reference = filled(type=concept(systems.C4BB_IDENTIFIER, "uc"), value=safe.text(claim.original))
    return [filled(relationship=concept(systems.RELATED, "prior", text=said), reference=reference)]


def _insurance(each: Judged, inside: Contained, patient: Json) -> tuple[list[Json], Json]:
    """The payer the claim is sent to (focal) and those of 2320, in the order in which they pay; and who that is."""
    claim, loop = each.claim, each.loop
    insured, dependant, _ = levels(loop)
    others = [child for child in loop.loops if child.use.id == "2320"]
    homes = sorted([insured, *others], key=lambda home: _rank(home.first("SBR") if home else []))
    told: list[Json] = []
    focal: Json = {}
    for number, home in enumerate(homes, 1):
        mine = home is insured
        subscriber = _child(home, "2010BA" if mine else "2330A")
        company = _child(home, "2010BB" if mine else "2330B")
        payer = inside.payer(f"payer{number}", company)
        sbr = home.first("SBR") if home else []
        relation = claim.relationship if mine else element(sbr, 2)
        person: Json = {}
        holder: Json = {}
        if subscriber and relation != "18" and (dependant or not mine):
            if element(subscriber.first("NM1"), 2) == "1":
                person = inside.person(f"subscriber{number}", subscriber)
            else:
                holder = inside.employer(f"subscriber{number}", subscriber)
        member = element(subscriber.first("NM1") if subscriber else [], 9)
        coverage = inside.coverage(f"coverage{number}", sbr, relation, number, payer, patient, person, holder, member)
        if mine:
            focal = payer
            allowed = [*claim.authorizations, *(a for line in claim.lines for a in line.authorizations)]
        else:
            allowed = [element(seg, 2) for _, _, seg in company.segments if seg[:2] == ["REF", "G1"]] if company else []
        told.append(filled(
            sequence=number, focal=mine, coverage=coverage,
            preAuthRef=[safe.text(number) for number in dict.fromkeys(allowed) if number],
        ))  # fmt: skip
    return told, focal


def _rank(sbr: list[str]) -> int:
    return _RANKS.find(element(sbr, 1) or "-") % 99  # what is no rank comes last
