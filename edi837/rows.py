"""The service lines of a file as rows, for spreadsheets, databases and scripts.

Enters: a binary stream, perhaps policies. Leaves: one dict a line with the keys of `COLUMNS`,
values typed (`Decimal`, `date`, `int`, tuples of text), text as sent; then CSV, JSON Lines or a
table for people. Writers make text safe to show (`safe`); one patient's claims are held.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, BinaryIO

from edi837 import process, safe
from edi837.chart import Loop
from edi837.claim import Claim, Party
from edi837.findings import Finding
from edi837.frames import FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.gate import Judge
from edi837.table import Row, as_table, batches

__all__ = ["COLUMNS", "Row", "as_csv", "as_jsonl", "as_table", "rows"]

COLUMNS = (
    "interchange",  # ISA13
    "group",  # GS06
    "set",  # ST02
    "claim",  # CLM01
    "line",  # LX01, an int; None when it is no number
    "kind",  # P or I: 837P or 837I
    "revenue",  # SV201
    "qualifier",  # SV101-1, SV202-1
    "code",  # SV101-2, SV202-2
    "modifiers",  # several
    "units",  # SV104, SV205, a Decimal
    "unit",  # SV103, SV204
    "charge",  # SV102, SV203, a Decimal, dollars
    "first",  # a date
    "last",  # a date, counted in
    "date_source",  # line; statement: of the claim (837I)
    "place",  # place of service (P), type of bill (I)
    "control",  # REF*6R
    "pointers",  # SV107, several ints
    "diagnoses",  # of the claim, several
    "ndc",  # LIN03
    "ndc_quantity",  # CTP04, a Decimal
    "ndc_unit",  # CTP05-1
    "authorization",  # REF*G1, several
    "notes",  # NTE02, several; a person's
    "taxonomy",  # of the rendering provider, else of the billing provider
    "provider_npi",  # 2010AA NM109
    "payer_id",  # 2010BB NM109
    "payer",  # 2010BB NM103
    "subscriber_id",  # 2010BA NM109; a person's
    "patient",  # last name, first name; a person's
    "status",  # accepted or rejected by the policies; not judged
    "findings",  # rule ids on this line, several
    "claim_findings",  # rule ids on its claim as a whole, several
)

POSITIONS = (  # asked for apart: numbers of segments in the set, ST is 1; None where there is none
    "claim_segment",  # the CLM: claim, place of a bill (I)
    "line_segment",  # the SV1 or SV2: revenue, qualifier, code, modifiers, units, unit, charge, place (P), pointers
    "date_segment",  # the DTP*472: first, last
    "ndc_segment",  # the LIN: ndc
    "ndc_quantity_segment",  # the CTP: ndc_quantity, ndc_unit
)
NOT_JUDGED = "not judged"


def rows(
    stream: BinaryIO, policies: Sequence[Judge] = (), *, phi: bool = False, positions: bool = False
) -> Iterator[Row]:
    """Yield a row for each service line, in file order.

    ``status`` is what the policies say of the claim. It is ``not judged`` without policies and
    for a claim that breaks the guide, which no policy sees. Whether its set goes on at all is
    known only at the set's end, and so is no column: that is the 999's to say. ``phi`` shows
    what is a person's, ``positions`` adds `POSITIONS`. Raises NotX12 when the stream holds no interchange.
    """
    frames: dict[str, object] = {"interchange": "", "group": "", "set": ""}
    found: list[Finding] = []
    waiting: deque[tuple[bool, list[Finding]]] = deque()  # claims closed and without a verdict
    for event in process.tell_loops(stream, policies):
        if isinstance(event, Verdict):
            judged, syntax = waiting.popleft()
            status = NOT_JUDGED
            if policies and judged:
                status = "rejected" if event.rejected else "accepted"
            told = _claim(event.claim, frames, status, (*syntax, *event.findings), phi)
            yield from _placed(told, event.claim) if positions else told
        elif isinstance(event, Loop):
            if event.use.id == "2300":
                waiting.append((event.well_formed, found))
                found = []
        elif isinstance(event, Finding):
            if event.place.claim:
                found.append(event)
        elif isinstance(event, Interchange):
            frames = {"interchange": event.number, "group": "", "set": ""}
        elif isinstance(event, FunctionalGroup):
            frames = {**frames, "group": event.number, "set": ""}
        elif isinstance(event, TransactionSet):
            frames = {**frames, "set": event.number}
            found = []


def _claim(
    claim: Claim, frames: dict[str, object], status: str, findings: Sequence[Finding], phi: bool
) -> Iterator[Row]:
    of_line: dict[str, tuple[str, ...]] = {}
    of_claim: tuple[str, ...] = ()
    for finding in findings:
        number = finding.place.line
        if not number:
            of_claim = _with(of_claim, finding.rule)
        else:
            of_line[number] = _with(of_line.get(number, ()), finding.rule)
    payer, subscriber = claim.payer, claim.subscriber.id
    taxonomy, npi = claim.provider.taxonomy, claim.provider.id if claim.provider.id_qualifier == "XX" else ""
    patient, bill_type = _name(claim.patient), claim.bill_type
    if not phi:
        subscriber, patient = safe.masked(subscriber), safe.masked(patient)
    for line in claim.lines:
        drug = line.drug
        notes = (*line.notes, *claim.notes)
        yield {
            **frames,
            "claim": claim.id,
            "line": _number(line.number),
            "kind": line.kind,
            "revenue": line.revenue,
            "qualifier": line.qualifier,
            "code": line.procedure,
            "modifiers": line.modifiers,
            "units": line.units,
            "unit": line.unit,
            "charge": line.charge,
            "first": line.first,
            "last": line.last,
            "date_source": line.date_source,
            "place": line.place if line.kind == "P" else bill_type,
            "control": line.control,
            "pointers": line.pointers,
            "diagnoses": claim.diagnoses,
            "ndc": drug.ndc if drug else "",
            "ndc_quantity": drug.quantity if drug else None,
            "ndc_unit": drug.unit if drug else "",
            "authorization": line.authorizations,
            "notes": notes if phi else tuple(map(safe.masked, notes)),
            "taxonomy": line.taxonomy or taxonomy,
            "provider_npi": npi,
            "payer_id": payer.id,
            "payer": payer.last,
            "subscriber_id": subscriber,
            "patient": patient,
            "status": status,
            "findings": of_line.get(line.number, ()),
            "claim_findings": of_claim,
        }


def _placed(told: Iterator[Row], claim: Claim) -> Iterator[Row]:
    for row, line in zip(told, claim.lines, strict=True):
        drug = line.drug
        numbers = (claim.segment, line.segment, line.dated, *((drug.segment, drug.counted) if drug else (0, 0)))
        yield {**row, **{name: number or None for name, number in zip(POSITIONS, numbers, strict=True)}}


def as_csv(rows: Iterable[Row], *, header: bool = True) -> Iterator[str]:
    """Rows as CSV (RFC 4180, CRLF), with a first row of names if ``header``.

    Text is never a formula (`safe.cell`); numbers and dates stand as such: 437.5, 2025-02-03.
    What is several is joined by blanks, notes by bars.
    """
    notes = COLUMNS.index("notes")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if header:
        writer.writerow(COLUMNS)
    for batch in batches(rows):
        for row in batch:
            cells = [_CELLS[value.__class__](value) for value in row.values()]
            if cells[notes]:
                cells[notes] = safe.cell(" | ".join(row["notes"]))  # type: ignore[arg-type]
            writer.writerow(cells)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue()


def as_jsonl(rows: Iterable[Row], *, header: bool = True) -> Iterator[str]:
    """Rows as JSON Lines; ``header`` changes nothing, for each line names its keys.

    Amounts and counts are JSON numbers with the digits that were sent: 437.5 never becomes
    437.50000001 unless the reader makes it a float. Dates are ``2025-02-03``, what is several is
    an array, and what is missing is null.
    """
    keys = [f'"{name}": ' for name in COLUMNS]
    for batch in batches(rows):
        yield "".join(
            f"{{{', '.join([k + _JSON[v.__class__](v) for k, v in zip(keys, row.values(), strict=True)])}}}\n"
            for row in batch
        )


def _digits(value: Decimal) -> str:
    return f"{value:f}"


@lru_cache(maxsize=4096)
def _several(values: tuple[object, ...]) -> str:
    return safe.cell(" ".join(map(str, values))) if values else ""


# A value as `csv.writer` takes it: text made safe, numbers as they are. Asked 34 times a line.
_CELLS: dict[type, Callable[[Any], object]] = {
    str: safe.cell,
    int: int,
    Decimal: _digits,
    date: date.isoformat,
    tuple: _several,
    type(None): "".format,
}


@lru_cache(maxsize=16384)
def _string(value: str) -> str:
    return encode_basestring(safe.text(value))


@lru_cache(maxsize=4096)
def _array(values: tuple[object, ...]) -> str:
    return "[" + ", ".join(_JSON[value.__class__](value) for value in values) + "]"


_JSON: dict[type, Callable[[Any], str]] = {
    str: _string,
    int: str,
    Decimal: _digits,
    date: '"{}"'.format,
    tuple: _array,
    type(None): "null".format,
}


def _with(rules: tuple[str, ...], rule: str) -> tuple[str, ...]:
    return rules if rule in rules else (*rules, rule)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


def _name(party: Party) -> str:
    return ", ".join(part for part in (party.last, party.first) if part)
