"""SNIP 3: amounts that must add up (X222 and X223, 1.4.4.2).

An amount that is missing proves nothing: then nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import reduce

from edi837.chart import Loop
from edi837.claim import EXACT
from edi837.mapper import as_amount
from edi837.snip.rule import Fault, Flaw, View, has, over
from edi837.wording import many
from edi837.x12 import Segment, element

_NOTHING = Decimal()


@over(
    "S3-CLM02", "CLM02", "the claim's charge is the sum of its lines' charges",
    status="A7:400 A7:178", fix="make CLM02 the sum of SV102 (837P) or SV203 (837I) of all lines",
)  # fmt: skip
def total(view: View) -> Iterator[Fault]:
    """CLM02 against SV102 or SV203."""
    summed, charge, lines = _NOTHING, view.claim.charge, view.claim.lines
    for line in lines:
        if line.charge is None:
            return
        summed = EXACT.add(summed, line.charge)
    if charge is not None and lines and summed != charge:
        row = view.clm
        yield Fault(row, Flaw(2, row[2][2], f"{charge} is not {summed}, the sum of {many(len(lines), 'line')}"))


@over(
    "S3-AMT-D", "AMT02", "what another payer paid is the sum of its line payments less its claim adjustments",
    status="A7:400", fix="make AMT*D the sum of the payer's SVD02 less its CAS amounts in 2320", wakes="2400/2430",
)  # fmt: skip
def paid(view: View) -> Iterator[Fault]:
    """AMT*D of each 2320 against SVD02 of its payer and its own CAS."""
    others = [loop for loop in view.loop.loops if loop.use.id == "2320"]
    payers = [_payer(other) for other in others]
    if _named(view) - {*payers}:
        return  # S4-SVD01 tells it: whose lines these are cannot be told
    for other in others:
        if payers.count(_payer(other)) > 1:
            continue  # two coverages with one payer: which of them an SVD is of cannot be told
        amt = other.first("AMT", "D")
        mine = [svd for loop, _ in view.lines for svd, _ in _adjudications(loop) if svd[1:2] == [_payer(other)]]
        amounts = [amount for svd in mine if (amount := as_amount(element(svd, 2))) is not None]
        adjusted = _adjusted(other)
        if not amt or not mine or len(amounts) < len(mine) or adjusted is None:
            continue
        said, owed = as_amount(element(amt, 2)), EXACT.subtract(reduce(EXACT.add, amounts, _NOTHING), adjusted)
        if said is not None and said != owed:
            detail = f"{said} is not {owed}: {many(len(mine), 'line')} paid less {adjusted} adjusted on the claim"
            yield Fault(other.row("AMT", "D"), Flaw(2, amt[2], detail))


@over(
    "S3-COB", "CLM02", "the claim's charge is what a payer paid and adjusted that adjudicated it as a whole",
    status="A7:400 A7:178", fix="make AMT*D and the CAS amounts of the 2320 come to CLM02",
    source="external: X12 RFI 1294 and 1115 on balancing (X223 and X222, 1.4.4)", wakes="2320",
)  # fmt: skip
def claim_paid(view: View) -> Iterator[Fault]:
    """AMT*D and CAS of each 2320 whose payer no 2430 names, against CLM02.

    A payment without a CAS is no fault (RFI 251). Beside AMT*A8, of which S3-A8 speaks, who knows what is right.
    """
    homes = [loop for loop in view.loop.loops if loop.use.id == "2320" and has(loop, "CAS") and has(loop, "AMT*D")]
    if not homes or view.claim.charge is None:
        return
    named = _named(view)
    if named - {_payer(loop) for loop in view.loop.loops if loop.use.id == "2320"}:
        return  # S4-SVD01 tells it: whose lines these are cannot be told
    for other in homes:
        amt, adjusted = other.row("AMT", "D"), _adjusted(other)
        payment = as_amount(element(amt[2], 2))
        if _payer(other) in named or has(other, "AMT*A8") or payment is None or adjusted is None:
            continue
        if EXACT.add(payment, adjusted) != view.claim.charge:
            detail = f"{payment} paid and {adjusted} adjusted on the claim are not {view.claim.charge}, its charge"
            yield Fault(amt, Flaw(2, amt[2][2], detail))


@over(
    "S3-A8", "AMT02", "charges that a payer was not asked for are the whole claim's, and that payer paid nothing",
    status="A7:400 A7:178", fix="make AMT*A8 the charge of the claim (CLM02)", wakes="2320",
)  # fmt: skip
def unasked(view: View) -> Iterator[Fault]:
    """AMT*A8 of each 2320 against CLM02. Beside AMT*D or CAS it only warns: who knows which of them is right."""
    for other in view.loop.loops:
        if other.use.id != "2320" or not has(other, "AMT*A8"):
            continue
        row = other.row("AMT", "A8")
        beside = [name for name in ("AMT*D", "CAS") if has(other, name)]
        amount, charge = as_amount(element(row[2], 2)), view.claim.charge
        if beside:
            detail = f"a payer that was not asked is said to have adjudicated: {beside[0]} stands beside it"
            yield Fault(row, Flaw(1, "A8", detail, action="warn", fix="leave AMT*A8 out, or AMT*D and CAS"))
        elif amount is not None and charge is not None and amount != charge:
            yield Fault(row, Flaw(2, row[2][2], f"{amount} is not {charge}, the claim's charge"))


@over(
    "S4-EAF", "AMT02", "what a patient still owes by a payer is told of the claim or of its lines, not of both",
    status="A7:400", fix="send AMT*EAF in 2320 for a claim judged as a whole, in 2430 for one judged by lines",
    source="external: X12 RFI 1391", wakes="2400/2430", action="warn",
)  # fmt: skip
def owed(view: View) -> Iterator[Fault]:
    """AMT*EAF of each 2320 against those of the 2430s of its payer."""
    homes = [loop for loop in view.loop.loops if loop.use.id == "2320"]
    payers = [_payer(other) for other in homes]
    for other, payer in zip(homes, payers, strict=True):
        if not has(other, "AMT*EAF") or payers.count(payer) > 1:
            continue
        for loop, line in view.lines:
            if any(element(svd, 1) == payer and has(home, "AMT*EAF") for svd, home in _adjudications(loop)):
                yield Fault(other.row("AMT", "EAF"), Flaw(1, "EAF", f"line {line.number} has it too, of this payer"))
                break


@over(
    "S3-SVD", "SVD02", "a line's charge is what a payer paid and adjusted on it",
    status="A7:400 A7:178", fix="make SVD02 and the CAS amounts of the 2430 come to the line's charge",
    wakes="2400/2430",
)  # fmt: skip
def line_paid(view: View) -> Iterator[Fault]:
    """SVD02 and CAS of each 2430 against SV102 or SV203."""
    for loop, line in view.lines:
        seen = [element(svd, 1) for svd, _ in _adjudications(loop)]
        for svd, home in _adjudications(loop):
            payment, adjusted = as_amount(element(svd, 2)), _adjusted(home)
            if payment is None or adjusted is None or line.charge is None or element(svd, 6):
                continue  # SVD06: bundled into another line, which balances elsewhere
            if seen.count(element(svd, 1)) > 1:
                continue  # a payer that split the line: which part of the charge is whose cannot be told
            if EXACT.add(payment, adjusted) != line.charge:
                detail = f"{payment} paid and {adjusted} adjusted are not {line.charge}, the line's charge"
                yield Fault(home.row("SVD"), Flaw(2, svd[2], detail), line.number)


def _adjudications(loop: Loop) -> Iterator[tuple[Segment, Loop]]:
    """The 2430s of a line, each with its SVD."""
    for child in loop.loops:
        if child.use.id == "2430":
            yield child.first("SVD"), child


def _named(view: View) -> set[str]:
    """SVD01 of all lines: the payers that adjudicated them."""
    return {element(svd, 1) for loop, _ in view.lines for svd, _ in _adjudications(loop)}


def _payer(other: Loop) -> str:
    """2330B NM109, by which an SVD names the payer."""
    named = other.child("2330B")
    return element(named.first("NM1"), 9) if named else ""


def _adjusted(loop: Loop) -> Decimal | None:
    """The sum of the CAS amounts of a loop; None when one is unreadable."""
    summed = _NOTHING
    for _, _, seg in loop.segments:
        if seg[0] == "CAS":
            for text in seg[3::3]:
                amount = as_amount(text) if text else _NOTHING
                if amount is None:
                    return None
                summed = EXACT.add(summed, amount)
    return summed
