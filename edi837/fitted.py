"""A claim as it may be shown: what is longer than its element may be is masked.

Enters: a claim, or one of its lines. Leaves: the same, or a copy with `safe.MASK` in the place of each word that its
element has no room for: it is not what the guide foresees there, and may be anything, a name too (`personal`). Names,
member numbers and free text are left to whoever shows them, and so are words that are short enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from edi837 import safe
from edi837.claim import Claim, Drug, Party, ServiceLine

# Characters that an element may have, by field (X222A1, X223A2).
_CLAIM = {
    "id": safe.LONGEST["claim"], "place": 2, "frequency": 1, "sequence": 1, "relationship": 2, "filing": 2,
    "diagnoses": 30, "authorizations": 50, "original": 50, "transmission_id": 50,
}  # fmt: skip
_LINE = {
    "number": safe.LONGEST["line"], "qualifier": 2, "procedure": 48, "modifiers": 2, "revenue": 48, "unit": 2,
    "place": 2, "control": 50, "authorizations": 50, "taxonomy": 50,
}  # fmt: skip
_DRUG = {"qualifier": 2, "ndc": 48, "unit": 2}
_PARTY = {"last": 60, "id": 80, "taxonomy": 50}

_Part = TypeVar("_Part", Claim, ServiceLine, Drug, Party)


def claim(given: Claim) -> Claim:
    """A claim with its lines and the parties that are no persons."""
    return replace(
        _fitted(given, _CLAIM), lines=tuple([line(each) for each in given.lines]),
        provider=_fitted(given.provider, _PARTY), payer=_fitted(given.payer, _PARTY),
    )  # fmt: skip


def number(word: str, given: str) -> str:
    """The control number of a frame (``word``: ISA, GS, ST), as `safe.number` without making it safe."""
    return safe.short(given, safe.LONGEST[word])


def line(given: ServiceLine) -> ServiceLine:
    """A line with its drug; the line itself where all of it fits."""
    fitted, drug = _fitted(given, _LINE), given.drug and _fitted(given.drug, _DRUG)
    return fitted if drug is given.drug else replace(fitted, drug=drug)


def _fitted(part: _Part, most: dict[str, int]) -> _Part:
    long: dict[str, Any] = {}
    for name, characters in most.items():
        value = getattr(part, name)
        if isinstance(value, str):
            if len(value) > characters:
                long[name] = safe.MASK
        elif value and max(map(len, value)) > characters:
            long[name] = tuple([safe.short(one, characters) for one in value])
    return replace(part, **long) if long else part
