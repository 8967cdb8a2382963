"""Invented claims for trying things out: home infusion weeks of invented patients.

Enters: how many claims, and a seed. Leaves: that many `ToldClaim`s, the same for the same seed. Every
name, number and birth date is made up here or in `sample`; NPIs begin with 2, as none that was issued.
Each claim is a per diem, its drug, perhaps a second therapy and a nurse's visits, as the guides and
policy 042 take them; a patient's claims lie side by side in the file, on days of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from edi837.shorthand import Told, ToldClaim

FILED = date(2025, 12, 1)
_FIRST = date(2025, 1, 6)
_WEEKS = 40
# Per diem, what a day of it costs, its drug with NDC, units a day and what a unit costs.
_THERAPIES = (
    ("S9500", 120, "J0696", "99999010101", 8, 3),
    ("S9501", 150, "J0690", "99999010102", 6, 2),
    ("S9373", 50, "J7030", "99999010103", 1, 12),
    ("S9338", 160, "J1569", "99999010104", 20, 40),
)
_SECOND = ("S9364", 210)
_CHANCE = 4  # one in so many has a second therapy, and one in so many a nurse


def claims(count: int, seed: int) -> Iterator[ToldClaim]:
    """So many claims."""
    draw = Random(seed)  # noqa: S311 - nothing secret is drawn
    patient, made = 0, 0
    while made < count:
        patient += 1
        born = date(1940, 1, 1) + timedelta(days=draw.randrange(22_000))
        sex, provider = draw.choice("FM"), 1 + (patient - 1) * 9 // max(count, 9) % 9
        week = draw.randrange(_WEEKS)
        for _ in range(min(draw.randint(1, 3), count - made)):
            claim = ToldClaim(born=born, sex=sex, provider=provider, patient=patient)
            claim.lines = list(_lines(draw, _FIRST + timedelta(weeks=week)))
            week, made = week + 1, made + 1
            yield claim


def _lines(draw: Random, monday: date) -> Iterator[Told]:
    days = draw.randint(3, 7)
    last = monday + timedelta(days=days - 1)
    code, price, drug, ndc, units, cost = draw.choice(_THERAPIES)
    yield _line(code, days, price, monday, last)
    told = _line(drug, units * days, cost, monday, last)
    told.ndc, told.quantity, told.revenue = ndc, str(days), "0636"
    yield told
    if not draw.randrange(_CHANCE):
        yield _line(f"{_SECOND[0]}:SH", days, _SECOND[1], monday, last)
    if not draw.randrange(_CHANCE):
        told = _line("99601", 1, 140, monday, monday)
        told.revenue = "0550"
        yield told


def _line(code: str, units: int, price: int, first: date, last: date) -> Told:
    procedure, *modifiers = code.split(":")
    return Told(procedure, tuple(modifiers), Decimal(units), first, last, charge=Decimal(units * price))
