"""Claims and findings as text, and back: for what has to wait on the disk.

Enters: values of a closed list of types. Leaves: JSON in which a dataclass is the number of its type
with its fields in a row, and the equal value again. Nothing else can come out of such text, whatever
it says.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from edi837.claim import Claim, Drug, Party, ServiceLine
from edi837.findings import Finding, Missing, Place, Proposal

_KINDS: tuple[type[Any], ...] = (Claim, Party, ServiceLine, Drug, Finding, Place, Proposal, Missing)
# Of each type its number, and what takes its fields.
_TAKEN = {kind: (number, attrgetter(*(field.name for field in fields(kind)))) for number, kind in enumerate(_KINDS)}
_PLAIN = frozenset((str, int, bool, type(None)))
_DAY, _AMOUNT, _ROW = "d", "n", "r"  # beside the numbers of the types
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def packed(value: object) -> str:
    """A claim, a finding, or a list of them, as text."""
    return _ENCODER.encode(_out(value))


def unpacked(text: str) -> Any:
    """What was packed; a list comes back as a tuple."""
    return _in(json.loads(text))


def _out(value: Any) -> object:
    kind = value.__class__
    if kind in _TAKEN:
        number, fields_of = _TAKEN[kind]
        return [number, *[each if each.__class__ in _PLAIN else _out(each) for each in fields_of(value)]]
    if kind is tuple or kind is list:
        return [_ROW, *[each if each.__class__ in _PLAIN else _out(each) for each in value]]
    if kind is date:
        return [_DAY, value.toordinal()]
    if kind is Decimal:
        return [_AMOUNT, str(value)]
    assert kind in _PLAIN, kind
    return value


def _in(value: Any) -> Any:
    if value.__class__ is not list:
        return value
    kind = value[0]
    if kind == _DAY:
        return date.fromordinal(value[1])
    if kind == _AMOUNT:
        return Decimal(value[1])
    parts = [each if each.__class__ is not list else _in(each) for each in value[1:]]
    return tuple(parts) if kind == _ROW else _KINDS[kind](*parts)
