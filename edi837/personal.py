"""Which elements are a person's, and a segment's elements as they may be shown.

Enters: a segment in its place. Leaves: its elements as text, composites and repetitions taken
apart, with `safe.MASK` where a name, member number, birth date, address, telephone or free
text stands, unless the reader asked to see them.

What a guide does not foresee is masked as well: a value in an element that is not used, one
longer than its element may be, or the number of a reference whose kind is not on the list
below. Shown are codes, amounts, dates of service, provider and payer names and numbers, and
the claim's own numbers, without which nobody could find the claim.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from edi837 import safe
from edi837.grammar import ElementUse, SegmentUse
from edi837.x12 import Delimiters, Segment, element

Simple = str | list[str]  # an element, or the components of one
Value = Simple | dict[str, list[Simple]]  # one that is repeated: {"repetitions": [...]}

_ALL = range(1, 100)

# Elements that are a person's in any loop.
_ELEMENTS: dict[str, Container[int]] = {
    "CR1": (9, 10),
    "CR2": (10, 11),
    "DMG": _ALL,
    "FRM": (3,),
    "IK4": (4,),  # a copy of what was sent
    "K3": _ALL,
    "N2": _ALL,
    "N3": _ALL,
    "N4": _ALL,
    "NTE": (2,),
    "PAT": (5, 6, 7, 8, 9),
    "PER": (2, 4, 6, 8, 9),
    "PWK": (6, 7),
    "SBR": (3, 4),
    "STC": (12,),
}
_COMPONENTS = {("SV1", 1): 7, ("SV2", 2): 7, ("SVD", 3): 7}  # descriptions in free text
_OCCURRENCE, _VALUE = "BH", "BE"  # HI01-1
_OF_LIFE = frozenset(("A1", "B1", "C1", "55"))  # UB-04: birth of insured A, B and C, death of the patient
# UB-04 value codes whose amount is the number of a place: the ZIP code where an ambulance fetched the patient, the
# county of service, and the statistical areas (CBSA) of the patient's home and of the hospice.
OF_PLACE = frozenset(("A0", "85", "61", "G8"))

_PATIENTS = frozenset(("IL", "QC"))  # NM101: insured, patient
_HOMES = frozenset(("PW", "45"))  # NM101: where an ambulance fetches and brings
_OFFICES = frozenset(("XX", "46", "PI", "XV"))  # NM108: numbers given to providers, payers and senders
MEMBERS = frozenset(("MI", "II", "34"))  # NM108: member, health and social security numbers

# REF01 of numbers that belong to a provider, a payer, a claim or a line, not to a person.
_REFERENCES = frozenset((
    "0B", "1G", "1J", "1K", "2U", "4N", "6R", "9A", "9B", "9C", "9D", "9F", "BLT", "BT", "D9", "EI", "EW",
    "F4", "F5", "F8", "FJ", "FY", "G1", "G2", "G4", "LU", "LX", "NF", "P4", "T4", "TJ", "VY", "X4",
))  # fmt: skip
_BUSINESS_UNITS = frozenset(("CLM01", "TRN02"))  # CTX01-1 whose value is a number of a claim


def hidden(seg: Segment, component: str = ":") -> Container[int]:
    """The elements of a segment, by number, that are a person's."""
    tag = seg[0]
    if tag == "NM1":
        return _of_name(seg)
    if tag == "REF":
        return () if element(seg, 1) in _REFERENCES else (2, 3, 4)
    if tag == "CTX":
        return () if element(seg, 1).partition(component)[0] in (*_BUSINESS_UNITS, "SITUATIONAL TRIGGER") else (1,)
    return _ELEMENTS.get(tag, ())


def values(use: SegmentUse, seg: Segment, delimiters: Delimiters, phi: bool = False) -> Iterator[Value]:
    """The elements of a segment, 01 first, each safe to show. ``phi`` shows what is a person's too."""
    masked: Container[int] = () if phi else hidden(seg, delimiters.component)
    uses = use.elements
    for number in range(1, len(seg)):
        raw = seg[number]
        if not raw:
            yield ""
        elif number in masked:
            yield safe.MASK
        elif number > len(uses):
            yield safe.text(raw) if phi else safe.MASK
        else:
            element = uses[number - 1]
            if element.repeat != 1 and delimiters.repetition and delimiters.repetition in raw:
                several = raw.split(delimiters.repetition)
                yield {"repetitions": [_simple(use.tag, element, one, delimiters, phi) for one in several]}
            else:
                yield _simple(use.tag, element, raw, delimiters, phi)


def _simple(tag: str, element: ElementUse, raw: str, delimiters: Delimiters, phi: bool) -> Simple:
    if not element.components:
        return safe.text(raw) if phi or _foreseen(element, raw) else safe.masked(raw)
    parts = raw.split(delimiters.component)
    if phi:
        return [safe.text(part) for part in parts]
    free = _COMPONENTS.get((tag, element.seq), 0) if tag != "HI" else _of_a_person(parts)
    uses = element.components
    return [
        safe.text(part) if n != free and n <= len(uses) and _foreseen(uses[n - 1], part) else safe.masked(part)
        for n, part in enumerate(parts, 1)
    ]


def _of_a_person(parts: list[str]) -> int:
    """The component of an HI that is the day of a birth or death, as DMG02 and PAT06 are, or a place as N4; 0: none."""
    code = parts[1].strip().upper() if len(parts) > 1 else ""
    if parts[0] == _VALUE and code in OF_PLACE:
        return 5
    return 4 if parts[0] == _OCCURRENCE and code in _OF_LIFE else 0


def _foreseen(element: ElementUse, raw: str) -> bool:
    return element.usage != "N" and len(raw) <= element.max


def _of_name(seg: Segment) -> Container[int]:
    entity, kind, qualifier = element(seg, 1), element(seg, 2), element(seg, 8)
    person = kind != "2" or entity in _PATIENTS
    numbers = {4, 5, 6, 7, 10, 11, 12}
    if person or entity in _HOMES:
        numbers.add(3)
    if entity in _PATIENTS or qualifier in MEMBERS or (person and qualifier not in _OFFICES):
        numbers.add(9)
    return numbers
