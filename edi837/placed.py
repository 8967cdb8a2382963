"""Where the values of a claim stand: the numbers of their segments in the transaction set.

Enters: a mapped claim with the 2300 loop it was mapped from. Leaves: for each column of positions (`columns`)
a number, or a number for each value of a column that holds several. ST is 1; None where there is no segment.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837.chart import Loop
from edi837.judged import Judged
from edi837.x12 import element

_DIAGNOSES = frozenset(("ABK", "BK", "ABF", "BF"))
Positions = dict[str, object]


def of_claim(each: Judged) -> Positions:
    """The positions of the columns of a claim."""
    claim, loop = each.claim, each.loop
    insured, dependant, payee = levels(loop)
    held = shared(each)
    statement, first, last = _number(loop, "DTP", "434"), None, None
    days = [
        (line.first, line.last, line.dated or statement) for line in claim.lines if line.first and line.last
    ]
    if days:
        first = min(days, key=lambda day: day[0])[2]
        last = max(days, key=lambda day: day[1])[2]
    authorized: dict[str, int] = {}
    for within in (loop, *lines(loop)):
        for number in _numbers(within, "REF", "G1"):
            authorized.setdefault(_value(within, number, 2), number)
    relation = _number(dependant, "PAT") if dependant else _number(insured, "SBR")
    born = dependant.child("2010CA") if dependant else insured.child("2010BA") if insured else None
    return {
        "claim_segment": claim.segment or None,
        "original_segment": _number(loop, "REF", "F8"),
        "first_segment": first,
        "last_segment": last,
        "statement_segment": statement,
        "admission_segment": next(iter(_numbers(loop, "DTP", "435")), None),
        "insurance_segment": _number(insured, "SBR"),
        "relationship_segment": relation,
        "birth_segment": _number(born, "DMG"),
        **held,
        "taxonomy_segment": _number(payee, "PRV", "BI"),
        "authorization_segments": tuple(authorized.values()),
    }


def of_lines(each: Judged) -> Iterator[Positions]:
    """The positions of the columns of each service line."""
    claim, loop = each.claim, each.loop
    held = shared(each)
    rendering = _taxonomy(loop, "2310B") if claim.kind == "P" else None
    billing = _number(levels(loop)[2], "PRV", "BI")
    statement = _number(loop, "DTP", "434")
    for line, home in zip(claim.lines, lines(loop), strict=True):
        own = _taxonomy(home, "2420A") if line.kind == "P" and home.child("2420A") else rendering
        placed = line.segment if line.kind == "P" and _value(home, line.segment, 5) else claim.segment
        drug = line.drug
        yield {
            "claim_segment": claim.segment or None,
            "line_segment": line.segment or None,
            "date_segment": statement if line.date_source == "statement" else line.dated or None,
            "ndc_segment": (drug.segment if drug else 0) or None,
            "ndc_quantity_segment": (drug.counted if drug else 0) or None,
            "number_segment": _number(home, "LX"),
            "place_segment": placed or None,
            "control_segment": _number(home, "REF", "6R"),
            **held,
            "taxonomy_segment": own or billing,
            "authorization_segments": tuple(_numbers(home, "REF", "G1")) or held["authorization_segments"],
            "note_segments": (*_numbers(home, "NTE"), *held["note_segments"]),  # type: ignore[misc]
        }


def shared(each: Judged) -> Positions:
    """What a claim and its lines have in common."""
    loop = each.loop
    insured, dependant, payee = levels(loop)
    subscriber = _number(insured and insured.child("2010BA"), "NM1")
    component = each.interchange.component
    return {
        "provider_segment": _number(payee and payee.child("2010AA"), "NM1"),
        "payer_segment": _number(insured and insured.child("2010BB"), "NM1"),
        "subscriber_segment": subscriber,
        "patient_segment": _number(dependant.child("2010CA"), "NM1") if dependant else subscriber,
        "taxonomy_segment": None,
        "diagnosis_segments": tuple(
            number for number, _, seg in loop.segments if seg[0] == "HI" for value in seg
            if value.partition(component)[0] in _DIAGNOSES and component in value
        ),
        "authorization_segments": tuple(_numbers(loop, "REF", "G1")),
        "note_segments": tuple(_numbers(loop, "NTE")),
    }  # fmt: skip


def levels(loop: Loop) -> tuple[Loop | None, Loop | None, Loop | None]:
    """The levels above a 2300: the subscriber's 2000B, the dependant's 2000C, the biller's 2000A."""
    home = loop.parent
    dependant = home if home and home.use.id == "2000C" else None
    insured = dependant.parent if dependant else home
    if insured is None or insured.use.id != "2000B":
        return None, None, None
    return insured, dependant, insured.parent


def lines(loop: Loop) -> list[Loop]:
    """The 2400 loops of a 2300."""
    return [child for child in loop.loops if child.use.id == "2400"]


def _numbers(loop: Loop, tag: str, qualifier: str = "") -> list[int]:
    """Those the mapper reads: of a line, no segment that ends before its element 02."""
    least = 3 if loop.use.id == "2400" and tag != "LX" else 1
    return [
        number for number, _, seg in loop.segments
        if seg[0] == tag and len(seg) >= least and (not qualifier or element(seg, 1) == qualifier)
    ]  # fmt: skip


def _number(loop: Loop | None, tag: str, qualifier: str = "") -> int | None:
    """The last one counts, as it does for the mapper."""
    numbers = _numbers(loop, tag, qualifier) if loop else []
    return numbers[-1] if numbers else None


def _value(loop: Loop, number: int, index: int) -> str:
    return next((element(seg, index) for n, _, seg in loop.segments if n == number), "")


def _taxonomy(loop: Loop, id: str) -> int | None:
    for child in reversed(loop.loops):
        if child.use.id == id and (number := _number(child, "PRV")) and _value(child, number, 3):
            return number
    return None
