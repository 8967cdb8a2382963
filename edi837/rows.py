"""The service lines of a file as rows, for spreadsheets, databases and scripts.

Enters: a file, perhaps policies. Leaves: one dict a line with the keys of `columns.LINES`, values
typed (`Decimal`, `date`, `int`, tuples of text), text as sent; `rowtext`, `table` and `parquet` write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi837 import fitted, placed, safe
from edi837.claim import Claim, Party
from edi837.companion import Guides
from edi837.gate import Judge
from edi837.judged import Judged, Watch, judged
from edi837.snip import Codes
from edi837.sources import Policies, Source, judges, opened, own, spooled
from edi837.table import Row


def rows(
    source: Source, policies: Policies | Sequence[Judge] = (), *, phi: bool = False, positions: bool = False,
    file: str = "", watch: Watch | None = None, codes: Codes | None = None, guides: Guides | None = None,
) -> Iterator[Row]:  # fmt: skip
    """Yield a row for each service line, in file order. ``policies`` as in `check`; none, unless some are given.

    ``codes`` and ``guides`` too are those of `check`: what they say of a claim is in its row.
    ``status`` is whether the claim goes back (`judged`), and no column says whether its set goes on at all.
    ``phi`` shows what is a person's, ``positions`` adds where each value stands, ``file`` among it.
    A file that is cut off, or a frame of it refused, gives the rows there are, and ``watch`` is
    shown every event. Raises NotX12 when the file holds no interchange.
    """
    own(codes, guides)
    with opened(source) as given, spooled(given) as stream:
        for each in judged(stream, judges(stream, policies, guides), watch, codes=codes, guides=guides):
            yield from placed_lines(each, phi, file) if positions else lines(each, phi)


def placed_lines(each: Judged, phi: bool, file: str) -> Iterator[Row]:
    """The rows of one claim, with where each value stands."""
    for row, at in zip(lines(each, phi), placed.of_lines(each), strict=True):
        yield {**row, **at, "frames": each.frames, "file": file}


def lines(each: Judged, phi: bool) -> Iterator[Row]:
    """The rows of one claim."""
    claim = each.claim if phi or each.well_formed else fitted.claim(each.claim)
    frames = frames_of(each)
    of_claim, of_line = parted(each)
    payer, subscriber = claim.payer, claim.subscriber.id
    taxonomy, npi, status = claim.provider.taxonomy, npi_of(claim.provider), each.status
    patient, bill_type = name_of(claim.patient), claim.bill_type
    if not phi:
        subscriber, patient = safe.masked(subscriber), safe.masked(patient)
    for at, line in enumerate(claim.lines):
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
            "findings": of_line.get(at, ()),
            "claim_findings": of_claim,
        }


def frames_of(each: Judged) -> Row:
    """The control numbers of the frames around a claim; masked where they are too long for any."""
    return {
        "interchange": fitted.number("ISA", each.interchange.number),
        "group": fitted.number("GS", each.group.number),
        "set": fitted.number("ST", each.set.number),
    }


def parted(each: Judged) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
    """The rules broken by a claim as a whole, and on each of its lines by its place in it from 0, each once.

    What was found on a line that no row is of, for it lacks its number, is said of the claim.
    """
    of_claim: tuple[str, ...] = ()
    of_line: dict[int, tuple[str, ...]] = {}
    numbered = _numbered(each.claim) if each.findings else {}
    for finding in each.findings:
        places = numbered.get(finding.place.line) if finding.place.line else None
        if places:
            at = places[0] if len(places) == 1 else _meant(each, places, finding.place.segment)
            of_line[at] = _once(of_line.get(at, ()), finding.rule)
        else:
            of_claim = _once(of_claim, finding.rule)
    return of_claim, of_line


def _numbered(claim: Claim) -> dict[str, list[int]]:
    """By LX01 the places of its lines in the claim: one, unless a sender counts wrong."""
    found: dict[str, list[int]] = {}
    for at, line in enumerate(claim.lines):
        found.setdefault(line.number, []).append(at)
    return found


def _meant(each: Judged, places: Sequence[int], segment: int) -> int:
    """Of lines of one number the one that a segment stands in: the last whose LX does not come after it."""
    begun = [home.segments[0][0] for home in placed.lines(each.loop)]
    return next((at for at in reversed(places) if begun[at] <= segment), places[0])


def npi_of(party: Party) -> str:
    """The NPI of a provider; empty when NM109 is another number."""
    return party.id if party.id_qualifier == "XX" else ""


def name_of(party: Party) -> str:
    """Last name, first name; or the name of an organisation."""
    return ", ".join(part for part in (party.last, party.first) if part)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


def _once(rules: tuple[str, ...], rule: str) -> tuple[str, ...]:
    return rules if rule in rules else (*rules, rule)
