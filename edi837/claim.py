"""A claim as a biller knows it, mapped from the loops of an 837P or 837I.

Enters: a finished 2300 loop with its open ancestors. Leaves: a `Claim` with its
`ServiceLine`s, the same type for both guides. The mapper is total: what a broken loop
lacks is empty or None, and the gate in `process` keeps such claims from the policies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal

EXACT = Context(prec=99)  # adds amounts of 18 digits before and behind the point without rounding


@dataclass(slots=True)
class Party:
    """Somebody named by an NM1: provider, payer, subscriber, patient.

    Text is as sent, one character a byte: `edi837.text(party.last)` reads a name that is UTF-8.
    """

    entity: str = ""  # NM101
    kind: str = ""  # NM102: 1 a person, 2 an organisation
    last: str = ""  # NM103, last name or organisation
    first: str = ""  # NM104
    middle: str = ""  # NM105
    suffix: str = ""  # NM107
    id_qualifier: str = ""  # NM108
    id: str = ""  # NM109
    taxonomy: str = ""  # PRV03 when PRV02 is PXC
    tax_id: str = ""  # REF*EI or REF*SY of a billing provider
    birth: date | None = None  # DMG02
    sex: str = ""  # DMG03


@dataclass(slots=True)
class Drug:
    """A drug of a line, loop 2410."""

    qualifier: str = ""  # LIN02: N4 for an NDC
    ndc: str = ""  # LIN03 as sent
    quantity: Decimal | None = None  # CTP04, in `unit`
    unit: str = ""  # CTP05-1: F2, GR, ME, ML, UN
    prescription: str = ""  # REF*XZ
    link: str = ""  # REF*VY, ties the parts of a compound
    segment: int = 0  # number of the LIN in the set
    counted: int = 0  # number of the CTP in the set; 0 when there is none


@dataclass(slots=True)
class ServiceLine:
    """One 2400 loop: an SV1 (837P) or SV2 (837I) with what stands around it."""

    number: str = ""  # LX01
    kind: str = "P"  # P: SV1; I: SV2
    qualifier: str = ""  # SV101-1, SV202-1: HC for HCPCS
    procedure: str = ""  # SV101-2, SV202-2, upper case
    modifiers: tuple[str, ...] = ()  # SV101-3..6, SV202-3..6, upper case, empty ones dropped
    description: str = ""  # SV101-7, SV202-7
    revenue: str = ""  # SV201
    charge: Decimal | None = None  # SV102, SV203, dollars
    unit: str = ""  # SV103, SV204: UN, MJ, DA
    units: Decimal | None = None  # SV104, SV205, count in `unit`
    first: date | None = None  # DTP*472, first day
    last: date | None = None  # DTP*472, last day, counted in
    date_source: str = ""  # line: 2400 DTP*472; statement: 2300 DTP*434 (837I); empty: no date
    place: str = ""  # SV105, else CLM05-1 on an 837P; empty on an 837I
    pointers: tuple[int, ...] = ()  # SV107, 1-based into Claim.diagnoses
    control: str = ""  # REF*6R
    authorizations: tuple[str, ...] = ()  # REF*G1 of the line (837P), else of the claim
    notes: tuple[str, ...] = ()  # NTE02
    taxonomy: str = ""  # rendering, of an 837P: PRV03 of 2420A; where that is not sent, of 2310B
    drug: Drug | None = None
    segment: int = 0  # number of the SV1 or SV2 in the set
    dated: int = 0  # number of the DTP*472 in the set
    noncovered: Decimal | None = None  # SV207 of an 837I, dollars of the charge that nobody is asked to pay

    @property
    def days(self) -> int:
        """Days from first to last, both counted; 0 when the line has no date."""
        if self.first is None or self.last is None:
            return 0
        return (self.last - self.first).days + 1

    @property
    def free(self) -> bool:
        """Whether nobody is asked to pay for it: its charge is 0, or all of it not covered (SV207)."""
        return self.charge is not None and self.charge in (0, self.noncovered)


@dataclass(slots=True)
class Claim:
    """One 2300 loop with the parties above it.

    Text is as sent, one character a byte: `edi837.text(value)` reads what is UTF-8.
    """

    id: str = ""  # CLM01
    kind: str = "P"  # P: 837P; I: 837I
    charge: Decimal | None = None  # CLM02, dollars
    place: str = ""  # CLM05-1: place of service (P), first two of the type of bill (I)
    frequency: str = ""  # CLM05-3: 1 original, 7 replacement, 8 void
    provider: Party = field(default_factory=Party)  # 2010AA; taxonomy from 2000A PRV
    subscriber: Party = field(default_factory=Party)  # 2010BA
    patient: Party = field(default_factory=Party)  # 2010CA, else the subscriber
    payer: Party = field(default_factory=Party)  # 2010BB
    sequence: str = ""  # SBR01: P primary, S secondary ...
    relationship: str = ""  # SBR02 (18 self) or PAT01
    filing: str = ""  # SBR09
    first: date | None = None  # DTP*434 (I); earliest line date (P)
    last: date | None = None  # DTP*434 (I); latest line date (P)
    diagnoses: tuple[str, ...] = ()  # HI*ABK, BK, ABF, BF in order
    authorizations: tuple[str, ...] = ()  # REF*G1
    original: str = ""  # REF*F8, the payer's number of the claim replaced or voided
    transmission_id: str = ""  # REF*D9, the clearinghouse's number
    notes: tuple[str, ...] = ()  # NTE02 of the claim
    lines: tuple[ServiceLine, ...] = ()
    segment: int = 0  # number of the CLM in the set
    imprint: int = 0  # of its segments, control numbers of lines and clearinghouses aside: equal if they are
    faulty: bool = False  # what was found beyond its syntax sends it back, whatever a policy says

    @property
    def whose(self) -> tuple[str, ...]:
        """Who the patient is, as far as a claim tells: payer, billing provider, subscriber, names and day of birth.

        Empty when the claim does not tell: then nobody is known to be the same. DMG03 is none of it: the same
        patient is sent as F here and as U there.
        """
        patient, member = self.patient, self.subscriber.id
        if not (member and self.provider.id):
            return ()
        said = (self.payer.id, self.provider.id, member, patient.last, patient.first, str(patient.birth))
        return tuple(each.upper() for each in said)

    @property
    def bill_type(self) -> str:
        """Type of bill of an 837I, CLM05-1 with CLM05-3: ``341``; empty on an 837P."""
        return self.place + self.frequency if self.kind == "I" else ""


# Which element holds a field of a line, by guide: (tag, element, component).
ELEMENTS: dict[str, dict[str, tuple[str, int, int]]] = {
    "P": {
        "qualifier": ("SV1", 1, 1),
        "procedure": ("SV1", 1, 2),
        "modifiers": ("SV1", 1, 3),
        "description": ("SV1", 1, 7),
        "charge": ("SV1", 2, 0),
        "unit": ("SV1", 3, 0),
        "units": ("SV1", 4, 0),
        "place": ("SV1", 5, 0),
        "dates": ("DTP", 3, 0),
        "ndc": ("LIN", 3, 0),
        "drug_quantity": ("CTP", 4, 0),
        "drug_unit": ("CTP", 5, 1),
    },
    "I": {
        "revenue": ("SV2", 1, 0),
        "qualifier": ("SV2", 2, 1),
        "procedure": ("SV2", 2, 2),
        "modifiers": ("SV2", 2, 3),
        "description": ("SV2", 2, 7),
        "charge": ("SV2", 3, 0),
        "unit": ("SV2", 4, 0),
        "units": ("SV2", 5, 0),
        "dates": ("DTP", 3, 0),
        "ndc": ("LIN", 3, 0),
        "drug_quantity": ("CTP", 4, 0),
        "drug_unit": ("CTP", 5, 1),
    },
}
