"""The facts of an answer in words: money, days, totals, claims and service lines.

Enters: elements of a 277 as sent. Leaves: harmless text; what cannot be read as what it should be is as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from edi837 import safe
from edi837.replies.items import ClaimReply, LineReply, Totals

_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")


def totals(of: Totals) -> Iterator[tuple[str, str]]:
    """Claims and charges, as the answer adds them up; a label and words each."""
    for word, count, charges in (
        ("accepted", of.accepted, of.accepted_charges), ("rejected", of.rejected, of.rejected_charges)
    ):  # fmt: skip
        if count or charges:
            claims = f"{safe.text(count) or '0'} {'claim' if count == '1' else 'claims'}"
            yield word, f"{claims}  {money(charges)}".rstrip()


def claim(reply: ClaimReply, phi: bool) -> Iterator[tuple[str, str]]:
    """A claim: charge and dates, whose it is (masked unless ``phi``), the payer's number; a label and words each."""
    amount = next((status.amount for status in reply.statuses if status.amount), "")
    yield "claim", "  ".join(filter(None, (money(amount), days(reply.dates)))) or "no charge, no dates"
    show = safe.text if phi else safe.masked
    yield "patient", f"{show(reply.patient)}  member {show(reply.member)}"
    if reply.payer_number:
        yield "number", f"{safe.text(reply.payer_number)} with the payer"


def line(reply: LineReply) -> str:
    """A service line: code, units, charge, dates, revenue code and control number."""
    units = f"x{safe.text(reply.units)}" if reply.units else ""
    control = f"number {safe.text(reply.control)}" if reply.control else ""
    facts = [safe.text(reply.code), units, money(reply.charge), days(reply.dates), safe.text(reply.revenue), control]
    return "  ".join(fact for fact in facts if fact)


def money(amount: str) -> str:
    """An amount in dollars; as sent where it is none."""
    try:
        return f"${Decimal(amount):,.2f}" if amount and len(amount) < 19 else safe.text(amount)
    except InvalidOperation:
        return safe.text(amount)


def days(dates: str) -> str:
    """A day, CCYYMMDD, or two; as sent where it is none."""
    parts = [_DAY.fullmatch(part) for part in dates.split("-")]
    told = [f"{day[1]}-{day[2]}-{day[3]}" if day else "" for day in parts]
    if not all(told):
        return safe.text(dates)
    return told[0] if len(set(told)) == 1 else " to ".join(told)
