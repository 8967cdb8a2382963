"""The parties of a claim as resources inside it: patient, payers, providers, places, coverages.

Enters: their loops. Leaves: resources in `Contained`, and references to them. Without ``phi`` a person has no
name, number, birth date, sex or address, only a mark that it is masked; of providers the NPI is shown, and
name and employer's number of those that are no person.
"""

from __future__ import annotations

from edi837 import safe
from edi837.chart import Loop
from edi837.fhir import systems
from edi837.fhir.form import Json, concept, day, filled
from edi837.mapper import as_day
from edi837.x12 import element

_SEXES = {"M": "male", "F": "female", "U": "unknown"}
_MASKED = {"extension": [{"url": systems.ABSENCE, "valueCode": "masked"}]}


class Contained:
    """The resources inside a claim; each is referred to by its id."""

    def __init__(self, phi: bool) -> None:
        self.phi = phi
        self.resources: list[Json] = []
        self._known: dict[str, Json] = {}  # references, by what they are of

    def put(self, id: str, kind: str, **fields: object) -> Json:
        """Put a resource inside and refer to it."""
        self.resources.append({"resourceType": kind, "id": id, **filled(**fields)})
        return {"reference": f"#{id}"}

    def person(self, id: str, loop: Loop | None) -> Json:
        """The patient or the subscriber, from 2010CA or 2010BA (or 2330A)."""
        name = loop.first("NM1") if loop else []
        if not self.phi:
            return self.put(id, "Patient", name=[_MASKED])
        demographics = loop.first("DMG") if loop else []
        number = element(name, 9)
        return self.put(
            id, "Patient",
            identifier=[filled(type=concept(systems.IDENTIFIER_TYPE, "MB"), value=safe.text(number))] if number else [],
            name=_names(name),
            gender=_SEXES.get(element(demographics, 3), ""),
            birthDate=day(as_day(element(demographics, 2))),
            address=_address(loop),
        )  # fmt: skip

    def payer(self, id: str, loop: Loop | None) -> Json:
        """The payer of 2010BB or 2330B."""
        name = loop.first("NM1") if loop else []
        number = filled(type=concept(systems.C4BB_IDENTIFIER, "payerid"), value=safe.text(element(name, 9)))
        return self.put(
            id, "Organization", identifier=[number] if element(name, 9) else [], name=safe.text(element(name, 3))
        )

    def employer(self, id: str, loop: Loop) -> Json:
        """A subscriber that is no person: who holds the policy; empty where persons are not shown."""
        return self.put(id, "Organization", name=safe.text(element(loop.first("NM1"), 3))) if self.phi else {}

    def provider(self, id: str, loop: Loop | None, taxonomy: str = "") -> Json:
        """A provider by its NM1: a person is a Practitioner, anybody else an Organization; each once."""
        name = loop.first("NM1") if loop else []
        key = "\0".join((*name[2:], taxonomy))
        if element(name, 9) and key in self._known:
            return self._known[key]
        numbers = list(_numbers(loop, name, self.phi))
        if element(name, 2) == "1":
            shown = _names(name) if self.phi else [_MASKED]
            skill = [{"code": concept(systems.TAXONOMY, taxonomy)}] if taxonomy else []
            known = self.put(id, "Practitioner", identifier=numbers, name=shown, address=self._home(loop),
                             qualification=skill)  # fmt: skip
        else:
            kind = [concept(systems.TAXONOMY, taxonomy)] if taxonomy else []
            known = self.put(id, "Organization", identifier=numbers, type=kind, name=safe.text(element(name, 3)),
                             address=self._home(loop))  # fmt: skip
        self._known[key] = known
        return known

    def place(self, id: str, loop: Loop) -> Json:
        """Where the service was given: 2310C of an 837P, 2310E of an 837I."""
        name, home = loop.first("NM1"), self._home(loop)
        return self.put(
            id, "Location", identifier=list(_numbers(loop, name, self.phi)), name=safe.text(element(name, 3)),
            address=home[0] if home else None,
        )  # fmt: skip

    def coverage(
        self, id: str, sbr: list[str], relation: str, order: int, payor: Json, patient: Json, insured: Json,
        holder: Json, member: str,
    ) -> Json:
        """What a payer covers, of SBR; ``insured`` is the subscriber, ``holder`` an employer in his place.

        Both are empty when the patient is the subscriber.
        """
        group = []
        number, called = safe.text(element(sbr, 3)), safe.text(element(sbr, 4))
        if self.phi and (number or called):
            group = [filled(type=concept(systems.COVERAGE_CLASS, "group"), value=number or called, name=called)]
        told = systems.RELATIONSHIPS.get(relation, "other") if relation else ""
        return self.put(
            id, "Coverage", status="active", type=concept(systems.FILING, element(sbr, 9)),
            policyHolder=holder, subscriber=insured or (patient if told == "self" else {}),
            subscriberId=safe.text(member) if self.phi else "", beneficiary=patient,
            relationship=concept(systems.RELATIONSHIP, told), payor=[payor], class_=group, order=order,
        )  # fmt: skip

    def _home(self, loop: Loop | None) -> list[Json]:
        return _address(loop) if self.phi else []


def _numbers(loop: Loop | None, name: list[str], phi: bool) -> list[Json]:
    """NPI and tax numbers; unless persons are shown, these have their NPI alone, and nobody a REF*SY."""
    person = element(name, 2) == "1"
    found = []
    if element(name, 8) == "XX" and element(name, 9):
        found.append(filled(system=systems.NPI, value=safe.text(element(name, 9))))
    for qualifier, system in (("EI", systems.EIN), ("SY", systems.SSN)):
        number = element(loop.first("REF", qualifier), 2) if loop else ""
        if number and (phi or (qualifier == "EI" and not person)):
            kind = concept(systems.IDENTIFIER_TYPE, "TAX" if qualifier == "EI" else "SS")
            found.append(filled(type=kind, system=system, value=safe.text(number)))
    return found


def _names(name: list[str]) -> list[Json]:
    """NM103 to NM107 as a HumanName."""
    last, first, middle, prefix, suffix = (safe.text(element(name, number)) for number in range(3, 8))
    told = filled(
        family=last, given=[part for part in (first, middle) if part], prefix=[prefix] if prefix else [],
        suffix=[suffix] if suffix else [],
    )  # fmt: skip
    return [told] if told else []


def _address(loop: Loop | None) -> list[Json]:
    street, city = (loop.first("N3"), loop.first("N4")) if loop else ([], [])
    told = filled(
        line=[safe.text(part) for part in street[1:3] if part], city=safe.text(element(city, 1)),
        state=safe.text(element(city, 2)), postalCode=safe.text(element(city, 3)), country=safe.text(element(city, 4)),
    )  # fmt: skip
    return [told] if told else []
