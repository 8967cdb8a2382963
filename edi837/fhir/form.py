"""The form of FHIR resources: dicts without what is empty, concepts, amounts, days, and their text as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from edi837 import safe

Json = dict[str, Any]


def filled(**fields: Any) -> Json:
    """An object of those fields that hold anything: FHIR has no empty values. ``class_`` is class."""
    return {name.rstrip("_"): value for name, value in fields.items() if value not in ("", None, [], {}, ())}


def concept(system: str, code: str, display: str = "", text: str = "") -> Json:
    """A CodeableConcept of one code; empty when there is no code."""
    return filled(coding=[coding(system, code, display)], text=text) if code else filled(text=text)


def coding(system: str, code: str, display: str = "") -> Json:
    """A Coding; without a system when none is known."""
    return filled(system=system, code=safe.text(code), display=display)


def money(amount: Decimal | None, currency: str) -> Json:
    """A Money; empty when there is no amount."""
    return {} if amount is None else {"value": amount, "currency": currency}


def period(first: date | None, last: date | None) -> Json:
    """A Period of days, both counted in."""
    return filled(start=day(first), end=day(last))


def day(value: date | None) -> str:
    """A date as FHIR writes it."""
    return value.isoformat() if value else ""


def text(value: object) -> str:
    """A value as JSON on one line; amounts keep the digits that were sent."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{encode_basestring(name)}:{text(held)}" for name, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    assert isinstance(value, int)
    return str(value)
