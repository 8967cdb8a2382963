"""A finding on one line: for people in a hurry, for editors, and as an annotation of GitHub's."""

from __future__ import annotations

from collections.abc import Iterator

from edi837 import safe
from edi837.findings import Finding
from edi837.views.cards import Cards
from edi837.views.full import WORDS
from edi837.views.spot import Spot, Trail

_GITHUB = {"reject": "error", "warn": "warning", "unknown": "notice"}


class Concise:
    """Writes ``FILE:LINE:COLUMN: error RULE claim, line: message``."""

    def __init__(self, ascii: bool = False) -> None:
        self._ascii = ascii

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The line of a finding."""
        finding = spot.finding
        row, column = spot.point.at if spot.point else (1, 1)
        told = f"{safe.text(spot.file)}:{row}:{column}: {WORDS[finding.action]} {finding.rule} {message(finding)}"
        yield (safe.in_ascii(told) if self._ascii else told) + "\n"

    def close(self) -> Iterator[str]:
        """Nothing: each line stands for itself."""
        return iter(())


class GitHub:
    """Writes workflow commands: an annotation of a line each, and one of a file that could not be read."""

    def __init__(self) -> None:
        self._file = ""
        self._failed: list[str] = []

    def begin(self, file: str) -> None:
        """A file begins."""
        self._file = safe.text(file)

    def fail(self, why: str) -> None:
        """The file that began last cannot be read, or not to its end."""
        self._failed.append(f"::error title=edi837,file={_property(self._file)}::{_data(safe.text(why))}\n")

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The command of a finding."""
        finding = spot.finding
        told = {"title": f"edi837 ({finding.rule})", "file": safe.text(spot.file)}
        if spot.point:
            (row, column), (last, behind) = spot.point.at, spot.point.end
            told |= {"line": str(row), "endLine": str(last), "col": str(column), "endColumn": str(behind)}
        facts = ",".join(f"{key}={_property(value)}" for key, value in told.items())
        yield f"::{_GITHUB[finding.action]} {facts}::{_data(message(finding))}\n"

    def close(self) -> Iterator[str]:
        """The files that could not be read."""
        return iter(self._failed)


def message(finding: Finding) -> str:
    """What was found, after the claim and line it was found on; and what to do."""
    place = finding.place
    on = ", ".join(f"{word} {safe.number(word, n)}" for word, n in (("claim", place.claim), ("line", place.line)) if n)
    told = safe.text(finding.message)
    return f"{on}: {told}" if on else told


def card_message(finding: Finding, cards: Cards) -> str:
    """As `message`, with the fix and the source: for those that show no more than a message."""
    told = message(finding)
    if finding.fix:
        told += f". Fix: {safe.text(finding.fix)}"
    where = cards.of(finding.rule).where
    return told + (f" [{where}]" if where else "")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
