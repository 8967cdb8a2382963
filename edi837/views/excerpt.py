"""The few segments that show a finding: those it points at, and the LX, SV, DTP and REF beside them.

Enters: a spot. Leaves: rows in the order of the file, with what is underlined in each and what it is called.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edi837 import safe
from edi837.views import shown
from edi837.views.locate import Located
from edi837.views.spot import Point, Spot, Trail

NEIGHBOURS = frozenset(("LX", "SV1", "SV2", "DTP", "REF"))


@dataclass(slots=True)
class Row:
    """A segment to show, with what is underlined in it."""

    segment: Located
    loop: str = ""
    marks: list[tuple[Point, str, str]] = field(default_factory=list)  # point, ^ the fault or - beside it, label
    before: str = ""  # a segment that is missing in front of it


def excerpt(spot: Spot, trail: Trail) -> list[Row]:
    """The rows that show a finding; none when it stands on no segment."""
    rows: dict[int, Row] = {}
    place = spot.finding.place
    pointed = [(spot.point, "^", shown.name(spot.guide, place, spot.point.segment))] if spot.point else []
    pointed += [(point, "-", "for this stands beside it") for point in spot.because]
    if spot.other:
        line = safe.number("line", spot.other.place.line)
        pointed.append((spot.other, "-", f"line {line}" if line else "the other"))
    for point, sign, label in pointed:
        row = rows.setdefault(point.segment.number, Row(point.segment))
        row.loop = row.loop or point.place.loop
        if point is spot.point and spot.missing:
            row.before = safe.text(point.place.tag)
        else:
            row.marks.append((point, sign, _label(point, label)))
    for number in list(rows):
        beside = [number - 1] if spot.missing else [number - 1, number + 1]
        for at in beside if number else ():
            near = trail.near(spot, at) if at not in rows else None
            if near and (near.tag in NEIGHBOURS or spot.missing):
                rows[at] = Row(near, place.loop)
    return [rows[number] for number in sorted(rows)]


def _label(point: Point, label: str) -> str:
    refdes = safe.text(point.place.refdes)
    told = " ".join(part for part in (refdes, label) if part)
    return told + ": empty" * (bool(refdes) and not point.length)
