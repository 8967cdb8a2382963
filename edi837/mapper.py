"""From a 2300 loop to a claim: one mapper for both guides, total over broken loops.

Enters: a closed 2300 `Loop` hanging from its open ancestors. Leaves: a `Claim`. Values are
normalised here once (codes in upper case, empty modifiers dropped), so that no rule needs to.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from edi837.chart import Loop
from edi837.claim import Claim, Drug, Party, ServiceLine
from edi837.x12 import Segment, element

_AMOUNT = re.compile(r"-?(?:\d{1,18}\.?\d{0,18}|\.\d{1,18})\Z", re.ASCII)
_EMPTY = [""] * 10  # behind a segment, so that it can be taken apart whatever it left off
_NUMBERS = (["6R"], ["D9"])
_DIAGNOSES = frozenset(("ABK", "BK", "ABF", "BF"))


class Mapper:
    """Maps the claims of one set; parties shared by several claims are made once."""

    def __init__(self, kind: str, component: str) -> None:
        self._kind = kind
        self._component = component
        self._provider = Party()
        self._billed: tuple[Loop | None, Loop | None, int, int] = (None, None, 0, 0)  # 2000A, 2010AA, their segments
        self._payers: tuple[Segment, Party] = ([], Party())

    def claim(self, loop: Loop) -> Claim:
        """Map a 2300 loop; whatever it lacks stays empty."""
        home = loop.parent
        dependant = home if home and home.use.id == "2000C" else None
        insured = dependant.parent if dependant else home
        if insured is None or insured.use.id != "2000B":
            claim = Claim(kind=self._kind)
        else:
            subscriber, payer = _party(insured.child("2010BA")), self._payer(insured.child("2010BB"))
            patient = subscriber
            sbr = insured.first("SBR")
            sequence, relationship, filing = element(sbr, 1), element(sbr, 2), element(sbr, 9)
            if dependant:
                patient = _party(dependant.child("2010CA"))
                patient.id, patient.id_qualifier = subscriber.id, subscriber.id_qualifier
                relationship = element(dependant.first("PAT"), 1)
            claim = Claim(
                "", self._kind, None, "", "", self._billing(insured.parent), subscriber, patient, payer,
                sequence, relationship, filing,
            )  # fmt: skip
        self._header(claim, loop)
        professional = self._kind == "P"
        homes: list[Loop] = []
        rendering: Loop | None = None
        for child in loop.loops:
            id = child.use.id
            if id == "2400":
                homes.append(child)
            elif id == "2310B" and rendering is None:
                rendering = child
        taxonomy = _taxonomy(rendering) if professional else ""
        claim.lines = tuple([self._line(home, claim, taxonomy) for home in homes])
        if professional:
            first = last = None
            for line in claim.lines:
                if line.first and line.last:
                    first = line.first if first is None or line.first < first else first
                    last = line.last if last is None or line.last > last else last
            claim.first, claim.last = first, last
        return claim

    def _billing(self, loop: Loop | None) -> Party:
        if loop is None:
            return Party()
        kept, home, size, count = self._billed
        # A segment out of order may come late.
        if kept is not loop or size != len(loop.segments) or (home and count != len(home.segments)):
            home = loop.child("2010AA")
            party = _party(home)
            party.tax_id = element((home.first("REF", "EI") or home.first("REF", "SY")) if home else [], 2)
            prv = loop.first("PRV", "BI")
            party.taxonomy = element(prv, 3)
            self._billed = loop, home, len(loop.segments), len(home.segments) if home else 0
            self._provider = party
        return self._provider

    def _payer(self, loop: Loop | None) -> Party:
        """A payer is named again by each subscriber, mostly the same one."""
        nm1 = loop.first("NM1") if loop is not None else []
        if self._payers[0] != nm1:
            self._payers = (nm1, _party(loop))
        return self._payers[1]

    def _header(self, claim: Claim, loop: Loop) -> None:
        component = self._component
        diagnoses: list[str] = []
        authorizations: list[str] = []
        notes: list[str] = []
        for number, _, seg in loop.segments:
            tag = seg[0]
            if tag == "CLM":
                if len(seg) < 6:
                    seg = seg + _EMPTY
                claim.segment = number
                claim.id, claim.charge = seg[1], as_amount(seg[2])
                claim.place, _, claim.frequency = [*seg[5].split(component), "", ""][:3]
            elif tag == "HI":
                for value in seg:
                    parts = value.split(component)
                    if parts[0] in _DIAGNOSES and len(parts) > 1:
                        diagnoses.append(parts[1].upper())
            elif tag == "REF" and len(seg) > 1:
                kind, value = seg[1], seg[2] if len(seg) > 2 else ""
                if kind == "G1":
                    authorizations.append(value)
                elif kind == "F8":
                    claim.original = value
                elif kind == "D9":
                    claim.transmission_id = value
            elif tag == "DTP" and element(seg, 1) == "434":
                claim.first, claim.last = _period(element(seg, 2), element(seg, 3))
            elif tag == "NTE":
                notes.append(element(seg, 2))
        claim.diagnoses, claim.authorizations = tuple(diagnoses), tuple(authorizations)
        claim.notes = tuple(notes)

    def _line(self, loop: Loop, claim: Claim, taxonomy: str) -> ServiceLine:
        kind, component = self._kind, self._component
        number = revenue = composite = charge = unit = units = place = pointers = control = source = noncovered = ""
        segment = dated = 0
        first = last = drug = None
        rendered = taxonomy
        own: tuple[str, ...] = ()
        notes: tuple[str, ...] = ()
        for at, _, seg in loop.segments:
            tag = seg[0]
            size = len(seg)
            if tag == "SV1":
                segment = at
                if size < 8:
                    seg = seg + _EMPTY
                _, composite, charge, unit, units, place, _, pointers = seg[:8]
                place = place or claim.place
            elif tag == "SV2":
                segment = at
                if size < 8:
                    seg = seg + _EMPTY
                _, revenue, composite, charge, unit, units, _, noncovered = seg[:8]
            elif size < 3:
                if tag == "LX" and size > 1:
                    number = seg[1]
            elif tag == "DTP":
                if seg[1] == "472":
                    dated = at
                    first, last = _period(seg[2], seg[3] if size > 3 else "")
                    source = "line" if first else ""
            elif tag == "REF":
                if seg[1] == "6R":
                    control = seg[2]
                elif seg[1] == "G1":
                    own = (*own, seg[2])
            elif tag == "NTE":
                notes = (*notes, seg[2])
            elif tag == "LX":  # with separators behind it
                number = seg[1]
        if kind == "I" and claim.first and not dated:  # a date that cannot be read is not replaced
            first, last, source = claim.first, claim.last, "statement"
        for child in loop.loops:
            if child.use.id == "2410":
                drug = self._drug(child)
            elif child.use.id == "2420A" and kind == "P":
                rendered = _taxonomy(child)  # of somebody else than 2310B tells
        qualifier, procedure, modifiers, description = _procedure(composite, component)
        return ServiceLine(
            number, kind, qualifier, procedure, modifiers, description, revenue, as_amount(charge), unit,
            as_amount(units), first, last, source, place, _pointers(pointers, component), control,
            own or claim.authorizations, notes, rendered, drug, segment, dated,
            as_amount(noncovered) if noncovered else None,
        )  # fmt: skip

    def _drug(self, loop: Loop) -> Drug:
        drug = Drug()
        for number, _, seg in loop.segments:
            if seg[0] == "LIN":
                drug.segment = number
                drug.qualifier, drug.ndc = element(seg, 2), element(seg, 3)
            elif seg[0] == "CTP":
                drug.counted = number
                drug.quantity = as_amount(element(seg, 4))
                drug.unit = element(seg, 5).partition(self._component)[0]
            elif seg[0] == "REF":
                drug.prescription = element(loop.first("REF", "XZ"), 2)
                drug.link = element(loop.first("REF", "VY"), 2)
        return drug


def imprint(loop: Loop, component: str) -> int:
    """A number that two 2300 loops share if they say the same, word for word, whatever their component separator.

    REF*6R and REF*D9, numbers that whoever sends a claim again may give anew, are left out.
    """
    told: list[str] = []
    _tell(loop, told)
    text = "\n".join(told)
    if component != ":":
        text = text.replace(component, ":")
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())


def _tell(loop: Loop, told: list[str]) -> None:
    for _, _, seg in loop.segments:
        if seg[0] != "REF" or seg[1:2] not in _NUMBERS:
            told.append("*".join(seg))
    for child in loop.loops:
        _tell(child, told)


def _party(loop: Loop | None) -> Party:
    if loop is None:
        return Party()
    party = Party()
    for _, _, seg in loop.segments:
        if seg[0] == "NM1":
            if len(seg) < 10:
                seg = seg + _EMPTY
            _, party.entity, party.kind, party.last, party.first, party.middle, _, party.suffix = seg[:8]
            party.id_qualifier, party.id = seg[8], seg[9]
        elif seg[0] == "DMG":
            party.birth, party.sex = as_day(element(seg, 2)), element(seg, 3)
    return party


@lru_cache(maxsize=8192)
def _procedure(composite: str, component: str) -> tuple[str, str, tuple[str, ...], str]:
    """Qualifier, code, modifiers and description of SV101 or SV202."""
    qualifier, *parts = composite.split(component)
    if not parts:
        return qualifier, "", (), ""
    modifiers = tuple(m.upper() for m in parts[1:5] if m)
    return qualifier, parts[0].upper(), modifiers, parts[5] if len(parts) > 5 else ""


@lru_cache(maxsize=1024)
def _pointers(text: str, component: str) -> tuple[int, ...]:
    return tuple(int(p) for p in text.split(component) if p.isdecimal() and len(p) < 3)


def _taxonomy(loop: Loop | None) -> str:
    return element(loop.first("PRV"), 3) if loop is not None else ""


@lru_cache(maxsize=8192)
def as_amount(text: str) -> Decimal | None:
    """A decimal number as X12 writes it (type R), or None."""
    return Decimal(text) if _AMOUNT.match(text) else None


@lru_cache(maxsize=8192)
def as_day(text: str) -> date | None:
    """CCYYMMDD as a day of the calendar, or None."""
    if len(text) != 8 or not text.isdecimal():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _period(form: str, text: str) -> tuple[date | None, date | None]:
    """First and last day of a D8 or RD8; none at all when one is unreadable or they are reversed."""
    first_text, _, last_text = text.partition("-") if form == "RD8" else (text, "", text)
    first, last = as_day(first_text), as_day(last_text)
    if first is None or last is None or last < first:
        return None, None
    return first, last
