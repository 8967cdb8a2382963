"""Findings for programs: JSON as an array, or an object a line.

The keys are those of `wording.as_dict`, with the bytes (``offset`` from 0, ``length``; 0: something is
missing there), ``row`` and ``column`` in the file from 1, and the ``fix``; ``because`` and ``other``
where other elements or another line make it a fault. ``line`` is the service line, LX01.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from edi837 import safe, wording
from edi837.views.spot import Point, Spot, Trail


def as_dict(spot: Spot, phi: bool = False) -> dict[str, Any]:
    """A finding with where it stands."""
    finding = spot.finding
    told = wording.as_dict(finding, spot.file, phi)
    because = told.pop("because", None)
    told |= {"offset": None, "length": None, "row": None, "column": None} | where(spot.point)
    told["fix"] = safe.text(finding.fix)
    if because:
        told["because"] = because
    if spot.other:
        place = spot.other.place
        told["other"] = {
            "claim": safe.number("claim", place.claim), "line": safe.number("line", place.line),
            "segment": place.segment,
            "element": place.refdes,
        } | where(spot.other)  # fmt: skip
    return told


def where(point: Point | None) -> dict[str, int]:
    """Bytes, line and column of a point; nothing for none."""
    if point is None:
        return {}
    row, column = point.at
    return {"offset": point.offset, "length": point.length, "row": row, "column": column}


class Lines:
    """Writes an object a line."""

    def __init__(self, phi: bool = False) -> None:
        self._phi = phi

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The line of a finding."""
        yield json.dumps(as_dict(spot, self._phi)) + "\n"

    def close(self) -> Iterator[str]:
        """Nothing: each line stands for itself."""
        return iter(())


class Array:
    """Writes an array."""

    def __init__(self, phi: bool = False) -> None:
        self._phi, self._lead = phi, "[\n"

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The object of a finding."""
        yield self._lead + json.dumps(as_dict(spot, self._phi))
        self._lead = ",\n"

    def close(self) -> Iterator[str]:
        """What ends the array."""
        yield "[]\n" if self._lead == "[\n" else "\n]\n"
