"""SNIP 5 against tables: codes that a list in force on the day of service does not hold.

The tables are the operator's (`edi837 codes update`), each with the days it covers. A kind of code
that no table covers proves nothing: the code has then been judged by its form. Where there are
tables, yet none of the day, a code that is in none of them is ``unknown``: it is never refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from edi837.chart import Loop
from edi837.claim import ELEMENTS, ServiceLine
from edi837.findings import Action
from edi837.maps import code_lists
from edi837.snip.codes import ICD10
from edi837.snip.rule import Fault, Flaw, Row, View, over, party
from edi837.x12 import element

_PROCEDURES = ("BBR", "BBQ")
_POS = code_lists()["pos"]
_PLACES, _PLACES_UNTIL = _POS.codes, _POS.until or date.min
_WORDS: dict[Action, str] = {
    "reject": "the code was not in force",
    "unknown": "no table at hand holds the code, and none speaks for the day",
}


@over(
    "S5-HCPCS-LIST", "SV101-2", "a procedure is in HCPCS on its day of service",
    status="A7:507", fix="send a code that was in force on the day of service",
    source="external: CMS HCPCS level II, the operator's table", tables=True,
)  # fmt: skip
def procedure(view: View) -> Iterator[Fault]:
    """SV101-2 and SV202-2 under HC, on the first and on the last day of the line."""
    for line in view.claim.lines:
        if line.qualifier == "HC" and (said := _said(view, "hcpcs", line.procedure, line.first, line.last)):
            yield Fault(*_at(view, line, line.procedure, said))


@over(
    "S5-MODIFIER-LIST", "SV101-3", "a modifier is in HCPCS on its day of service",
    status="A7:453", fix="send a modifier that was in force on the day of service",
    source="external: CMS HCPCS level II, the operator's table", tables=True,
)  # fmt: skip
def modifier(view: View) -> Iterator[Fault]:
    """Components 3 to 6 of SV101 and SV202, empty ones passed over."""
    for line in view.claim.lines:
        for code in line.modifiers:
            if said := _said(view, "hcpcs", code, line.first, line.last):
                yield Fault(*_at(view, line, code, said))


@over(
    "S5-ICD-LIST", "HI01-2", "a diagnosis or procedure is billable in ICD-10 on the days of the claim",
    status="A7:255", fix="send the most specific code in force on the day of service",
    source="external: CMS ICD-10-CM and ICD-10-PCS, the operator's table", wakes="HI", tables=True,
)  # fmt: skip
def diagnosis(view: View) -> Iterator[Fault]:
    """Component 2 of each HI composite of ICD-10, on the first and on the last day of the claim."""
    for hi in view.loop.segments:
        for at, value in enumerate(hi[2][1:] if hi[2][0] == "HI" else (), 1):
            qualifier, _, rest = value.partition(view.component)
            code = rest.partition(view.component)[0].upper()
            kind = "icd10cm" if qualifier in ICD10 else "icd10pcs" if qualifier in _PROCEDURES else ""
            if kind and (said := _said(view, kind, code, view.claim.first, view.claim.last)):
                status = f"A7:{ICD10.get(qualifier, '666')}"
                yield Fault(hi, Flaw(at, code, f"{qualifier}: {_WORDS[said]}", 2, (status,), said))


@over(
    "S5-PLACE", "CLM05-1", "a place of service is in CMS's list", kind="P",
    status="A7:249", fix="send the place as CMS's list of place of service codes has it",
    source=f"external: CMS place of service codes, the list of {_PLACES_UNTIL:%m/%d/%Y}",
)  # fmt: skip
def place_known(view: View) -> Iterable[Fault]:
    """CLM05-1 and SV105 against the list at hand; of a later day it can only doubt. An operator's table goes first."""
    claim = view.claim
    if claim.place in _PLACES and all(line.place in _PLACES for line in claim.lines):
        return ()
    return _unlisted(view)


def _unlisted(view: View) -> Iterator[Fault]:
    claim = view.claim
    if flaw := _unknown_place(view, claim.place, claim.last, 1):
        yield Fault(view.clm, flaw)
    for loop, line in view.lines:
        if line.place != claim.place and (flaw := _unknown_place(view, line.place, line.last, 0)):
            yield Fault(loop.row("SV1"), flaw, line.number)


def _unknown_place(view: View, place: str, last: date | None, component: int) -> Flaw | None:
    if place in _PLACES or (view.codes and last and view.codes.says("pos", place, last) is not None):
        return None
    if last is not None and last <= _PLACES_UNTIL:
        return Flaw(5, place, "no place of service has this code", component)
    return Flaw(5, place, "the list at hand does not hold it, and it may be newer", component, action="unknown")


@over(
    "S5-PLACE-LIST", "CLM05-1", "a place of service is in CMS's list on its day of service", kind="P",
    status="A7:249", fix="send a place that was in force on the day of service",
    source="external: CMS place of service codes, the operator's table", tables=True,
)  # fmt: skip
def place(view: View) -> Iterator[Fault]:
    """CLM05-1, and SV105 where it is another place."""
    claim = view.claim
    if said := _said(view, "pos", claim.place, claim.first, claim.last):
        yield Fault(view.clm, Flaw(5, claim.place, _WORDS[said], 1, action=said))
    for line in claim.lines:
        if line.place != claim.place and (said := _said(view, "pos", line.place, line.first, line.last)):
            row = view.home(line).row("SV1")
            yield Fault(row, Flaw(5, line.place, _WORDS[said], action=said), line.number)


@over(
    "S5-TAXONOMY-LIST", "PRV03", "a taxonomy code is in the NUCC set on the days of the claim",
    status="A7:145:{entity}", fix="send a code of the NUCC set", source="external: NUCC, the operator's table",
    tables=True,
)  # fmt: skip
def taxonomy(view: View) -> Iterator[Fault]:
    """PRV03 under PXC, of the billing provider and of everyone the claim names."""
    for loop in _providers(view):
        for prv in loop.segments:
            seg = prv[2]
            if seg[0] == "PRV" and element(seg, 2) == "PXC":
                code = element(seg, 3).upper()
                if said := _said(view, "nucc", code, view.claim.first, view.claim.last):
                    status = (f"A7:145:{party(loop.segments[0])}",)
                    yield Fault(prv, Flaw(3, code, _WORDS[said], status=status, action=said))


def _said(view: View, kind: str, code: str, first: date | None, last: date | None) -> Action | None:
    """Reject when a table says so of both ends: what changed in between is not held against the claim."""
    tables = view.codes
    if not (tables and code and first and last):
        return None
    if tables.says(kind, code, first) is tables.says(kind, code, last) is False:
        return "reject"
    return "unknown" if tables.doubts(kind, code, first) and tables.doubts(kind, code, last) else None


def _providers(view: View) -> Iterator[Loop]:
    level: Loop | None = view.loop
    while level is not None:
        if level.use.id == "2000A":
            yield level
        level = level.parent
    yield from (child for child in view.loop.loops if child.use.id.startswith("2310"))


def _at(view: View, line: ServiceLine, code: str, said: Action) -> tuple[Row, Flaw, str]:
    """The component of SV101 or SV202 that holds a code."""
    tag, at, _ = ELEMENTS[line.kind]["procedure"]
    row = view.home(line).row(tag)
    parts = element(row[2], at).upper().split(view.component)
    return row, Flaw(at, code, _WORDS[said], parts.index(code, 1) + 1, action=said), line.number
