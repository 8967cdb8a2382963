"""What a code in an element means, as far as we know: from our own words, the guide, the policies, the tables at hand.

Enters: an element in its place and its value. Leaves: sentences; none where nothing is known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from edi837 import statuscodes
from edi837.explain import SYNTAX
from edi837.grammar import ElementUse, SegmentUse, load
from edi837.rules import Policy
from edi837.snip import Codes

_WORDS: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent.parent / "codes" / "meanings.toml").read_text(encoding="utf-8")
)
_SYNTAX = {"TA105": "TA1", "AK905": "AK9", "IK502": "IK5", "IK304": "IK3", "IK403": "IK4"}
_STATUS = {"STC01-1", "STC01-2", "STC01-3", "STC10-1", "STC10-2", "STC11-1", "STC11-2"}
_PROCEDURES = {"SV101-2", "SV202-2"}
_DIAGNOSES = {"ABK", "ABF", "ABJ", "ABN", "APR"}  # HI qualifiers of ICD-10-CM
_PLACE = "1331"  # of a professional claim; on the 837I it is the beginning of a type of bill
_MOST = 6  # code sets named


class Meanings:
    """What codes mean."""

    def __init__(self, policies: Sequence[Policy], codes: Codes | None = None) -> None:
        self._policies, self._codes = policies, codes

    def of(
        self, refdes: str, data_element: str, value: str, use: SegmentUse | None, guide: str,
        element: ElementUse | None = None, day: date | None = None, qualifier: str = "",
    ) -> Iterator[str]:  # fmt: skip
        """What a value means. ``qualifier`` is the component before it, ``day`` the day of the service."""
        if not value:
            return
        professional = bool(guide) and load(guide).kind == "P"
        if data_element != _PLACE or professional:
            if words := _WORDS.get(data_element, {}).get(value):
                yield words
            elif use is not None and self._tells_apart(use, refdes, guide):
                yield f"here: {use.name}"
        elif refdes == "CLM05-1":
            yield "the first two digits of the type of bill"
        if refdes in _SYNTAX and value in SYNTAX[_SYNTAX[refdes]]:
            yield SYNTAX[_SYNTAX[refdes]][value]
        if refdes in _STATUS:
            tables = (statuscodes.CATEGORIES, statuscodes.STATUSES, statuscodes.ENTITIES)
            if words := tables[int(refdes[-1]) - 1].get(value):
                yield words
        if element is not None and element.codes and value not in element.codes:
            listed = sorted(element.codes)
            yield f"not one of the guide's: {', '.join(listed[:12])}{' ...' if len(listed) > 12 else ''}"
        if refdes in _PROCEDURES:
            yield from self._sets(value)
            yield from self._listed("hcpcs", "HCPCS", value, day)
        elif qualifier in _DIAGNOSES and refdes.startswith("HI"):
            yield from self._listed("icd10cm", "ICD-10-CM", value, day)

    def _tells_apart(self, use: SegmentUse, refdes: str, guide: str) -> bool:
        """Whether this element tells the segment from its likes, as REF01 does."""
        elements = load(guide).keys.get(use.tag, ()) if guide else ()
        first = use.elements[0].components[0].refdes if use.elements[0].components else use.elements[0].refdes
        return (1 in elements and refdes == first) or refdes in {f"{use.tag}{n:02d}" for n in elements if n > 1}

    def _sets(self, value: str) -> Iterator[str]:
        for policy in self._policies:
            names = [name for name, codes in policy.file.sets.items() if value.upper() in codes]
            if names:
                more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
                yield f"in the code sets {', '.join(names[:_MOST])}{more} of policy {policy.file.name}"

    def _listed(self, kind: str, name: str, value: str, day: date | None) -> Iterator[str]:
        says = self._codes.says(kind, value, day) if self._codes and day else None
        if says is not None:
            yield f"{'valid' if says else 'not valid'} on {day:%Y-%m-%d} by the {name} table of this machine"
