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
from typing import Any

from edi837.claim import Claim, Drug, Party, ServiceLine
from edi837.findings import Finding, Place, Proposal

_KINDS: tuple[type[Any], ...] = (Claim, Party, ServiceLine, Drug, Finding, Place, Proposal)
_NUMBER = {kind: number for number, kind in enumerate(_KINDS)}
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS}
_DAY, _AMOUNT, _ROW = "d", "n", "r"  # beside the numbers of the types


def packed(value: object) -> str:
    """A claim, a finding, or a list of them, as text."""
    return json.dumps(_out(value), separators=(",", ":"))


def unpacked(text: str) -> Any:
    """What was packed; a list comes back as a tuple."""
    return _in(json.loads(text))


def _out(value: object) -> object:
    kind = type(value)
    if kind in _NUMBER:
        return [_NUMBER[kind], *(_out(getattr(value, name)) for name in _NAMES[kind])]
    if kind is tuple or kind is list:
        return [_ROW, *map(_out, value)]  # type: ignore[call-overload]
    if kind is date:
        return [_DAY, value.toordinal()]  # type: ignore[attr-defined]
    if kind is Decimal:
        return [_AMOUNT, str(value)]
    assert value is None or kind in (str, int, bool), kind
    return value


def _in(value: Any) -> Any:
    if type(value) is not list:
        return value
    kind, *parts = value
    if kind == _DAY:
        return date.fromordinal(parts[0])
    if kind == _AMOUNT:
        return Decimal(parts[0])
    if kind == _ROW:
        return tuple(map(_in, parts))
    return _KINDS[kind](*map(_in, parts))
