"""Findings as SARIF 2.1.0 (OASIS), for code scanning services and viewers.

Every result has its artifact's region as bytes (``byteOffset``, ``byteLength``) and as line and column; the
elements that make it a fault, and the other line of a pair, are related locations.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from edi837 import safe, wording
from edi837.findings import Finding
from edi837.views.cards import Cards
from edi837.views.flat import card_message
from edi837.views.known import key
from edi837.views.spot import Point, Spot, Trail
from edi837.wording import many

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"reject": "error", "warn": "warning", "unknown": "note"}
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class Sarif:
    """Writes one run over all files."""

    def __init__(self, cards: Cards, version: str) -> None:
        self._cards, self._version = cards, version
        self._rules: dict[str, int] = {}
        self._seen: Counter[str] = Counter()
        self._lead = _opening()
        self._file = ""
        self._told: list[dict[str, Any]] = []  # notifications
        self.more = 0  # findings that are not shown

    def begin(self, file: str) -> None:
        """A file begins."""
        self._file = file

    def fail(self, why: str) -> None:
        """The file that began last cannot be read, or not to its end."""
        text = f"{safe.text(self._file)}: {safe.text(why)}"
        self._told.append({"level": "error", "message": {"text": text}, "locations": [_location(self._file, None)]})

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The result of a finding."""
        yield self._lead + json.dumps(self._result(spot))
        self._lead = ",\n"

    def close(self) -> Iterator[str]:
        """What ends the run: the tool with the rules that were broken, and whether all files were read."""
        rules = [self._rule(rule) for rule in self._rules]
        driver = {"name": "edi837", "version": self._version, "rules": rules}
        yield (self._lead if not self._rules else "") + "\n" + "]," + '"tool":' + json.dumps({"driver": driver})
        invocation: dict[str, Any] = {"executionSuccessful": not self._told}
        if self.more:
            text = f"{many(self.more, 'finding')} more, not shown"
            self._told.append({"level": "warning", "message": {"text": text}})
        if self._told:
            invocation["toolExecutionNotifications"] = self._told
        yield ',"invocations":' + json.dumps([invocation])
        yield "}]}\n"

    def _result(self, spot: Spot) -> dict[str, Any]:
        finding = spot.finding
        mark = key(finding)
        self._seen[mark] += 1
        index = self._rules.setdefault(finding.rule, len(self._rules))
        place = finding.place
        told: dict[str, Any] = {
            "ruleId": finding.rule, "ruleIndex": index, "level": _LEVELS[finding.action],
            "message": {"text": card_message(finding, self._cards)},
            "locations": [_location(spot.file, spot.point) | _logical(finding)],
            "partialFingerprints": {"edi837/v1": f"{mark}:{self._seen[mark]}"},
            "properties": {
                "claim": safe.number("claim", place.claim), "line": safe.number("line", place.line),
                "segment": place.segment,
                "element": safe.text(place.refdes), "source": finding.source, "says": finding.says,
                "reply": wording.reply(finding),
            },
        }  # fmt: skip
        related = [(point, f"{safe.text(point.place.refdes)} stands beside it") for point in spot.because]
        if spot.other:
            line = safe.number("line", spot.other.place.line)
            related.append((spot.other, f"at odds with line {line}"))
        if related:
            told["relatedLocations"] = [
                {"id": n, "message": {"text": text}} | _location(spot.file, point)
                for n, (point, text) in enumerate(related, 1)
            ]
        return told

    def _rule(self, rule: str) -> dict[str, Any]:
        card = self._cards.of(rule)
        told: dict[str, Any] = {"id": rule, "shortDescription": {"text": card.title}}
        if card.snip:
            told["properties"] = {"snip": card.snip, "source": card.source}
        return told


def _opening() -> str:
    head = json.dumps({"$schema": SCHEMA, "version": "2.1.0"})[:-1]
    return head + ', "runs": [{"columnKind": "unicodeCodePoints", "defaultEncoding": "ISO-8859-1", "results": [\n'


def _location(file: str, point: Point | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if point:
        (row, column), (last, behind) = point.at, point.end
        physical["region"] = {
            "startLine": row, "startColumn": column, "endLine": last, "endColumn": behind,
            "byteOffset": point.offset, "byteLength": point.length,
        }  # fmt: skip
    return {"physicalLocation": physical}


def _logical(finding: Finding) -> dict[str, Any]:
    steps = wording.path(finding.place)
    return {"logicalLocations": [{"fullyQualifiedName": " / ".join(steps), "kind": "element"}]} if steps else {}


def _uri(file: str) -> str:
    """A path as a relative or absolute reference."""
    raw = os.fsencode(file.replace(os.sep, "/"))
    told = "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in raw)
    return f"file://{told}" if told.startswith("/") else told
