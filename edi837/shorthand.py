"""Claims in shorthand: ``S9501:SH 7 11/01-11/07 @12`` is a service line.

A line is ``code[:modifier...] units dates [words]``. Dates are ``11/03``, ``11/01-11/07``, with a
year where it is not the usual one (``12/28/2024-01/03/2025``), or ``statement 11/01-11/30`` for a
line without dates of its own, on a claim for that period. Words of a line: `LINE_WORDS`. A code of
four digits is a revenue code, for a line without a procedure. A line of claim words, ``claim @22
frequency 7 replaces X1``, begins a claim; the first claim needs none. Words of a claim:
`CLAIM_WORDS`. What holds a blank stands in double quotes.

Enters: such lines. Leaves: `ToldClaim`s, which know no segment. ShorthandError says what cannot be
read, and the nearest right word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from edi837.problems import nearest

YEAR = 2024

LINE_WORDS = {
    "@12": "place of service, where it differs from the claim's",
    "$700": "charge; else 100 dollars a unit",
    "UN": "what the units are: UN (the rule), DA, MJ",
    "by=": "taxonomy of the one who rendered the service",
    "ndc=": "the drug, with quantity and unit behind a colon: ndc=99999010101:10ML",
    "rx=": "prescription number of the drug",
    "link=": "number that ties the parts of a compound drug together",
    "as=": "qualifier of the code; else HC",
    "rev=": "revenue code (837I); else 0640",
    "desc=": "description of the service",
    "note=": "note to the line",
    "auth=": "number of the prior authorization",
}
CLAIM_WORDS = {
    "@12": "place of service (837P); else 12",
    "frequency": "1 original, 7 replacement, 8 void",
    "replaces": "the payer's number of the claim that is replaced or voided",
    "payer": "id of the payer",
    "filing": "what kind of plan it is (SBR09); else CI",
    "sequence": "which payer this is: P, S, T",
    "born": "day of birth of the patient, as 1980-05-01",
    "sex": "F, M or U",
    "bill": "type of bill (837I), as 341",
    "taxonomy": "of the billing provider, or none; else 251F00000X",
    "provider": "number of the billing provider, 1 to 9; else 1",
    "patient": "number of the patient, 1 to 9; else 1",
    "apart": "the same patient, but further down in the file",
    "statement": "first and last day of the claim (837I)",
    "note": "note to the claim",
    "auth": "number of the prior authorization",
    "dx": "diagnoses without points, as A419,B20",
}

_LINE = re.compile(
    r"(?P<code>[A-Za-z0-9]+)(?P<modifiers>(?::[A-Za-z0-9]{2})*)\s+(?P<units>-?[0-9.]+)\s+"
    r"(?P<statement>statement\s+)?(?P<first>none|[0-9/]+)(?:-(?P<last>[0-9/]+))?(?P<words>(?:\s.*)?)\Z"
)
_TOKEN = re.compile(r'\s*((?:[^\s"=]+=)?"[^"]*"|[^\s"]+)(?=\s|\Z)')
_NDC = re.compile(r"(?P<ndc>[^:]+)(?::(?P<quantity>[0-9.]+)(?P<unit>F2|GR|ME|ML|UN))?\Z")
_NUMBERS = frozenset("123456789")
_UNITS = ("UN", "DA", "MJ")
_EARLIER = "EARLIER1"  # the payer's number of a claim that the shorthand does not name


class ShorthandError(ValueError):
    """A line that is no shorthand; the message says why."""


@dataclass(slots=True)
class Told:
    """A line as it was written."""

    code: str  # empty when the line has a revenue code alone
    modifiers: tuple[str, ...]
    units: Decimal
    first: date | None
    last: date | None
    statement: bool = False  # the dates are the claim's
    place: str = ""
    charge: Decimal = Decimal(0)
    unit: str = "UN"
    taxonomy: str = ""
    ndc: str = ""
    quantity: str = "1"  # of the drug
    measure: str = "UN"
    prescription: str = ""
    link: str = ""
    qualifier: str = "HC"
    revenue: str = "0640"
    description: str = ""
    note: str = ""
    authorization: str = ""


@dataclass(slots=True)
class ToldClaim:
    """A claim as it was written."""

    place: str = "12"
    frequency: str = "1"
    replaces: str = ""
    payer: str = "PAYER"
    filing: str = "CI"
    sequence: str = "P"
    born: date = date(1960, 6, 6)
    sex: str = "F"
    bill: str = "34"
    taxonomy: str = "251F00000X"
    provider: int = 1
    patient: int = 1
    apart: bool = False
    period: tuple[date, date] | None = None
    note: str = ""
    authorization: str = ""
    diagnoses: tuple[str, ...] = ("A419",)
    lines: list[Told] = field(default_factory=list)


def told(texts: Sequence[str], year: int = YEAR) -> list[ToldClaim]:
    """Claims, each begun by ``claim``; the first needs none. ``year``: of dates without one."""
    found = [ToldClaim()]
    for number, text in enumerate(texts):
        if not begins_claim(text):
            found[-1].lines.append(line(text, year))
        elif number:
            found.append(_claim(text, year))
        else:
            found[0] = _claim(text, year)
    return found


def faults(texts: Sequence[str], year: int = YEAR) -> Iterator[str]:
    """What of these lines cannot be read: of each the first thing, in their order."""
    for text in texts:
        try:
            (_claim if begins_claim(text) else line)(text, year)
        except ShorthandError as error:
            yield str(error)


def begins_claim(text: str) -> bool:
    """Whether a line of shorthand begins a claim."""
    return re.match(r"claim\b", text.strip()) is not None


def line(text: str, year: int = YEAR) -> Told:
    """A line of shorthand; ShorthandError when it is none."""
    match = _LINE.match(text.strip())
    if not match:
        raise ShorthandError(f'"{text}" is no line: code[:modifier] units dates, as S9500:SH 7 11/01-11/07')
    first = None if match["first"] == "none" else day(match["first"], year)
    code, revenue = match["code"].upper(), "0640"
    if len(code) == 4 and code.isdecimal():
        code, revenue = "", code
    try:
        units = Decimal(match["units"])
    except InvalidOperation:
        raise ShorthandError(f'"{match["units"]}" in "{text}" is no count of units') from None
    told = Told(
        code, tuple(filter(None, match["modifiers"].upper().split(":"))), units, first,
        day(match["last"], year) if match["last"] else first,
        statement=bool(match["statement"]), revenue=revenue, charge=100 * abs(units),
    )  # fmt: skip
    for word, value in _words(match["words"], text, LINE_WORDS):
        _say_line(told, word, value, text)
    return told


def day(text: str, year: int = YEAR) -> date:
    """``11/03`` or ``11/03/2025``."""
    try:
        month, number, *given = (int(part) for part in text.split("/"))
        return date(given[0] if given else year, month, number)
    except ValueError:
        raise ShorthandError(f'"{text}" is no day, as 11/03 or 11/03/2025') from None


def _say_line(told: Told, word: str, value: str, text: str) -> None:
    if word in _UNITS:
        told.unit = word
    elif word[0] == "@":
        told.place = word[1:]
    elif word[0] == "$":
        try:
            told.charge = Decimal(word[1:])
        except InvalidOperation:
            raise ShorthandError(f'"{word}" in "{text}" is no amount') from None
    elif word == "ndc":
        match = _NDC.match(value)
        if not match:
            raise ShorthandError(f'"{value}" in "{text}" is no drug, as ndc=99999010101:10ML (F2, GR, ME, ML, UN)')
        told.ndc, told.quantity, told.measure = match["ndc"], match["quantity"] or "1", match["unit"] or "UN"
    else:
        setattr(told, _FIELDS[word], value)


_FIELDS = {
    "by": "taxonomy", "rx": "prescription", "link": "link", "as": "qualifier", "rev": "revenue",
    "desc": "description", "note": "note", "auth": "authorization",
}  # fmt: skip


def _claim(text: str, year: int) -> ToldClaim:
    claim = ToldClaim()
    for word, value in _words(text.strip().removeprefix("claim"), text, CLAIM_WORDS):
        if word[0] == "@":
            claim.place = word[1:]
        elif word == "apart":
            claim.apart = True
        elif word in ("patient", "provider"):
            if value not in _NUMBERS:
                raise ShorthandError(f'{word} in "{text}" is a number from 1 to 9')
            setattr(claim, word, int(value))
        elif word == "born":
            try:
                claim.born = date.fromisoformat(value)
            except ValueError:
                raise ShorthandError(f'"{value}" in "{text}" is no day of birth, as 1980-05-01') from None
        elif word == "statement":
            first, _, last = value.partition("-")
            claim.period = day(first, year), day(last or first, year)
        elif word == "bill":
            if not re.fullmatch(r"0?\d{2}[1-9]", value):
                raise ShorthandError(f'"{value}" in "{text}" is no type of bill, as 341')
            claim.bill, claim.frequency = value[-3:-1], value[-1]
        elif word == "dx":
            claim.diagnoses = tuple(filter(None, value.upper().split(",")))
        else:
            setattr(claim, {"auth": "authorization"}.get(word, word), value)
    if claim.frequency in ("7", "8"):
        claim.replaces = claim.replaces or _EARLIER
    return claim


def _words(text: str, whole: str, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Words with their values: ``word=value``, and of a claim ``word value`` as well."""
    what = "claim" if known is CLAIM_WORDS else "line"
    tokens = iter(_tokens(text, whole))
    for token in tokens:
        word, is_, value = token.partition("=")
        if word[0] in "@$":
            shape = "@12" if word[0] == "@" else "$700"
        elif what == "line":
            shape = "UN" if word in _UNITS else f"{word}="
        else:
            shape = word
        if shape not in known:
            raise ShorthandError(f'no word of a {what}: "{word}" in "{whole}"{_near(shape, known)}')
        alone = shape in ("@12", "$700", "UN", "apart")
        if not (alone or is_ or what == "line"):
            value = next(tokens, "")
        if alone == bool(value):
            said = "takes no value" if value else f"has no value: {known[shape]}"
            raise ShorthandError(f'{word} in "{whole}" {said}')
        yield word, value.strip('"')


def _tokens(text: str, whole: str) -> list[str]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise ShorthandError(f'a quotation mark in "{whole}" has no partner, or no blank behind it')
        found.append(match[1])
        at = match.end()
    return found


def _near(word: str, known: dict[str, str]) -> str:
    return nearest(word, known) or f"; there are {', '.join(known)}"
