"""SNIP 4 and 5: amounts and counts that are below zero, or finer than a cent.

What another payer adjusted (CAS) may be below zero: it took back what it had paid, or paid more than was charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from edi837.mapper import as_amount
from edi837.snip.rule import Fault, Flaw, View, on, over
from edi837.x12 import Segment

_NOTHING = Decimal()
_LINE = {"SV1": (2, 4), "SV2": (3, 5)}  # elements of the charge and of the count
_MONEY = {"SV1": 2, "SV2": 3, "AMT": 2, "SVD": 2, "CAS": 3}  # the element of the amount; in CAS the first of them


@over(
    "S4-CHARGE", "CLM02", "the claim's charge is not below zero",
    status="A7:178", fix="send a charge of 0 or more; to take a claim back, send it again with frequency 8",
)  # fmt: skip
def charged(view: View) -> Iterable[Fault]:
    """CLM02."""
    charge = view.claim.charge
    if charge is None or charge >= _NOTHING:
        return ()
    return [Fault(view.clm, Flaw(2, view.clm[2][2], f"{charge} is below zero"))]


@over(
    "S4-BELOW-ZERO", "SV102", "no line's charge and no count is below zero", action="warn",
    status="A7:178", fix="send 0 or more; to correct a claim, send it again with frequency 7 or 8",
)  # fmt: skip
def counted(view: View) -> Iterable[Fault]:
    """SV102 and SV104, SV203 and SV205; of the charges of a claim below zero S4-CHARGE speaks."""
    for line in view.claim.lines:
        if (line.charge or _NOTHING) < _NOTHING or (line.units or _NOTHING) < _NOTHING:
            return _below_zero(view)
    return ()


def _below_zero(view: View) -> Iterator[Fault]:
    told = (view.claim.charge or _NOTHING) < _NOTHING
    for loop, line in view.lines:
        row = next(row for row in loop.segments if row[2][0] in _LINE)
        for at, amount in zip(_LINE[row[2][0]], (None if told else line.charge, line.units), strict=True):
            if (amount or _NOTHING) < _NOTHING:
                yield Fault(row, Flaw(at, row[2][at], f"{amount} is below zero"), line.number)


@on(
    "S5-CENTS", "SV102", "an amount of money is in cents: it has two decimals at most", tags="SV1 SV2 AMT SVD CAS",
    status="A7:400", fix="send the amount in whole cents", action="warn",
)  # fmt: skip
def cents(seg: Segment, _: str) -> Iterable[Flaw]:
    """SV102, SV203, AMT02, SVD02 and CAS, the first amount of each. CLM02 is in cents where its lines are."""
    first = _MONEY[seg[0]]
    if "." not in seg[first][:-3] and seg[0] != "CAS":
        return ()
    for at in range(first, len(seg) if seg[0] == "CAS" else first + 1, 3):
        if seg[at].partition(".")[2].rstrip("0")[2:]:
            return [Flaw(at, seg[at], f"{seg[at]} is not in whole cents")]
    return ()


@on(
    "S4-CTP04", "CTP04", "the quantity of a drug is more than none", tags="CTP",
    status="A7:216", fix="send the quantity of the drug, more than 0", action="warn",
)  # fmt: skip
def measured(seg: Segment, _: str) -> Iterable[Flaw]:
    """CTP04."""
    quantity = as_amount(seg[4])
    return [Flaw(4, seg[4], f"{quantity} is not more than 0")] if quantity is not None and quantity <= _NOTHING else ()
