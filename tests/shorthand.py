"""Claims in shorthand: ``S9501:SH 7 11/01-11/07 @12`` is a service line.

    code[:modifier...] units dates [words]

dates   ``11/03``, ``11/01-11/07``, with a year where it is not 2024 (``12/28/2024-01/03/2025``),
        ``none``; ``statement`` in front (``statement 11/01-11/30``) dates the line by its claim
words   @12         place of service, where it differs from the claim's
        $700        charge; else 100 dollars a unit
        MJ          unit, one of UN (the rule), DA, MJ
        by=163W...  taxonomy of the one who rendered the service
        ndc=...     the drug
        as=IV       qualifier of the code; else HC

A claim is a list of lines, before them at will a line of claim words:

    claim [@12] [frequency 8] [payer 12345]

Nothing here knows segments: `Told` holds what was written, for whoever wants to build an
837 of it, and `claims` makes of it what the mapper would.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from edi837.claim import Claim, Drug, Party, ServiceLine

YEAR = 2024
_LINE = re.compile(
    r"(?P<code>[A-Za-z0-9]+)(?P<modifiers>(?::[A-Za-z0-9]{2})*)\s+(?P<units>-?[0-9.]+)\s+"
    r"(?P<statement>statement\s+)?(?P<first>none|[0-9/]+)(?:-(?P<last>[0-9/]+))?(?P<words>.*)\Z"
)
_CLAIM = re.compile(
    r"claim\b(?:\s+@(?P<place>\d\d))?(?:\s+frequency (?P<frequency>\d))?(?:\s+payer (?P<payer>\S+))?\Z"
)


@dataclass
class Told:
    """A line as it was written."""

    code: str
    modifiers: tuple[str, ...]
    units: Decimal
    first: date | None
    last: date | None
    statement: bool = False
    place: str = ""
    charge: Decimal = Decimal(0)
    unit: str = "UN"
    taxonomy: str = ""
    ndc: str = ""
    qualifier: str = "HC"


@dataclass
class ToldClaim:
    """A claim as it was written."""

    place: str = "12"
    frequency: str = "1"
    payer: str = "PAYER"
    lines: list[Told] = field(default_factory=list)


def day(text: str) -> date:
    """``11/03`` or ``11/03/2025``."""
    month, number, *year = (int(part) for part in text.split("/"))
    return date(year[0] if year else YEAR, month, number)


def line(text: str) -> Told:
    """A line of shorthand; ValueError when it is none."""
    match = _LINE.match(text.strip())
    if not match:
        raise ValueError(f"no line of shorthand: {text!r}")
    first = None if match["first"] == "none" else day(match["first"])
    told = Told(
        code=match["code"],
        modifiers=tuple(filter(None, match["modifiers"].split(":"))),
        units=Decimal(match["units"]),
        first=first,
        last=day(match["last"]) if match["last"] else first,
        statement=bool(match["statement"]),
    )
    told.charge = 100 * abs(told.units)
    for word in match["words"].split():
        if word.startswith("@"):
            told.place = word[1:]
        elif word.startswith("$"):
            told.charge = Decimal(word[1:])
        elif word in ("UN", "DA", "MJ"):
            told.unit = word
        elif word.startswith("by="):
            told.taxonomy = word[3:]
        elif word.startswith("ndc="):
            told.ndc = word[4:]
        elif word.startswith("as="):
            told.qualifier = word[3:]
        else:
            raise ValueError(f"no word of shorthand: {word!r} in {text!r}")
    return told


def told(texts: Sequence[str]) -> list[ToldClaim]:
    """Claims of one patient, each begun by ``claim``; the first needs none."""
    found = [ToldClaim()]
    for number, text in enumerate(texts):
        if text.split()[0] != "claim":
            found[-1].lines.append(line(text))
            continue
        match = _CLAIM.match(text.strip())
        if not match:
            raise ValueError(f"no claim of shorthand: {text!r}")
        claim = ToldClaim(match["place"] or "12", match["frequency"] or "1", match["payer"] or "PAYER")
        if number:
            found.append(claim)
        else:
            found[0] = claim
    return found


def claims(texts: Sequence[str], kind: str = "P") -> list[Claim]:
    """The claims as the mapper would leave them, professional (P) or institutional (I)."""
    return [_claim(each, kind, f"C{number}", 10 * number) for number, each in enumerate(told(texts), 1)]


def _claim(told: ToldClaim, kind: str, id: str, segment: int) -> Claim:
    days = [day for each in told.lines for day in (each.first, each.last) if day]
    lines = []
    for number, each in enumerate(told.lines, 1):
        dates = "" if each.first is None else "statement" if each.statement else "line"
        lines.append(
            ServiceLine(
                number=str(number),
                kind=kind,
                qualifier=each.qualifier,
                procedure=each.code,
                modifiers=each.modifiers,
                revenue="0640" if kind == "I" else "",
                charge=each.charge,
                unit=each.unit,
                units=each.units,
                first=each.first,
                last=each.last,
                date_source=dates,
                place="" if kind == "I" else each.place or told.place,
                taxonomy="" if kind == "I" else each.taxonomy,
                drug=Drug("N4", each.ndc) if each.ndc else None,
                segment=segment + 3 * number,
                dated=segment + 3 * number + 1 if dates == "line" else 0,
            )
        )
    return Claim(
        id=id,
        kind=kind,
        charge=sum((each.charge for each in told.lines), Decimal(0)),
        place="34" if kind == "I" else told.place,
        frequency=told.frequency,
        payer=Party(entity="PR", kind="2", id=told.payer),
        first=min(days, default=None),
        last=max(days, default=None),
        lines=tuple(lines),
        segment=segment,
    )
