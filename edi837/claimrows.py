"""The claims of a file as rows, one a claim, for spreadsheets, databases and scripts.

Enters: a file, perhaps policies. Leaves: one dict a claim with the keys of `columns.CLAIMS`, values
typed (`Decimal`, `date`, `int`, tuples of text), text as sent; `rowtext`, `table` and `parquet` write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi837 import fitted, placed, safe
from edi837.claim import Claim, Party
from edi837.companion import Guides
from edi837.gate import Judge
from edi837.judged import Judged, Watch, judged
from edi837.mapper import as_day
from edi837.rows import frames_of, name_of, npi_of, parted
from edi837.snip import Codes
from edi837.sources import Policies, Source, judges, opened, own, spooled
from edi837.table import Row
from edi837.x12 import element


def rows(
    source: Source, policies: Policies | Sequence[Judge] = (), *, phi: bool = False, positions: bool = False,
    file: str = "", watch: Watch | None = None, codes: Codes | None = None, guides: Guides | None = None,
) -> Iterator[Row]:  # fmt: skip
    """Yield a row for each claim, in file order; the words are those of `rows.rows`."""
    own(codes, guides)
    with opened(source) as given, spooled(given) as stream:
        for each in judged(stream, judges(stream, policies, guides), watch, codes=codes, guides=guides):
            yield placed_row(each, phi, file) if positions else row(each, phi)


def placed_row(each: Judged, phi: bool, file: str) -> Row:
    """The row of one claim, with where each value stands."""
    return {**row(each, phi), **placed.of_claim(each), "frames": each.frames, "file": file}


def row(each: Judged, phi: bool) -> Row:
    """The row of one claim."""
    claim = each.claim if phi or each.well_formed else fitted.claim(each.claim)
    provider, payer, insured, patient = claim.provider, claim.payer, claim.subscriber, claim.patient
    professional = claim.kind == "P"
    days = [(line.first, line.last) for line in claim.lines if line.first and line.last]
    of_claim, of_line = parted(each)
    return {
        **frames_of(each),
        "claim": claim.id,
        "kind": claim.kind,
        "charge": claim.charge,
        "place": claim.place if professional else "",
        "bill_type": claim.bill_type,
        "frequency": claim.frequency,
        "original": claim.original,
        "lines": len(claim.lines),
        "first": min((first for first, _ in days), default=None),
        "last": max((last for _, last in days), default=None),
        "statement_first": None if professional else claim.first,
        "statement_last": None if professional else claim.last,
        "admission": as_day(element(each.loop.first("DTP", "435"), 3)[:8]),  # perhaps with a time behind it
        "diagnoses": claim.diagnoses,
        "authorization": _authorizations(claim),
        "notes": claim.notes if phi else tuple(map(safe.masked, claim.notes)),
        "provider_npi": npi_of(provider),
        "provider": called(provider, phi),
        "taxonomy": provider.taxonomy,
        "payer_id": payer.id,
        "payer": payer.last,
        "sequence": claim.sequence,
        "filing": claim.filing,
        "relationship": claim.relationship,
        "subscriber_id": insured.id if phi else safe.masked(insured.id),
        "subscriber": name_of(insured) if phi else safe.masked(name_of(insured)),
        "patient": name_of(patient) if phi else safe.masked(name_of(patient)),
        "birth": patient.birth if phi else None,
        "sex": patient.sex if phi else safe.masked(patient.sex),
        "status": each.status,
        "findings": of_claim,
        "line_findings": tuple(dict.fromkeys(rule for rules in of_line.values() for rule in rules)),
    }


def called(party: Party, phi: bool) -> str:
    """The name of a provider; without ``phi`` a person's is masked."""
    if phi:
        return name_of(party)
    return party.last if party.kind == "2" else safe.masked(party.last)


def _authorizations(claim: Claim) -> tuple[str, ...]:
    """Those of the claim, then those its lines have of their own; each once."""
    return tuple(dict.fromkeys((*claim.authorizations, *(a for line in claim.lines for a in line.authorizations))))
