"""Claims accepted before: what frequency rules, ranks and duplicates need of them, and no more.

Enters: the events of files that were answered. Leaves: for a patient's claims, the lines accepted
earlier. The store is one SQLite file. It holds no name, number or birth date of anybody: payer,
patient and provider are one keyed hash, so is CLM01, and the key lies in a file of its own beside it
(``NAME.key``), without which nobody can tell whose a line is, or try names against it.

A claim that replaces or voids another (CLM05-3 7 or 8) takes the other's lines out: the one with its
own CLM01, or whose CLM01 it gives in REF*F8. What a file had put in is put in anew when the same file
comes again, and is never held against itself.

The store knows the day on which it began. What is not in it may have been accepted before that day, so only
for services from then on does it tell that there was none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from edi837 import keyed
from edi837.claim import Claim, Drug, ServiceLine
from edi837.findings import Edi837Error
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.rivals import SUPERSEDES, VOID
from edi837.snip import repeated

MOST = 500  # of a patient's earlier claims, the latest so many are looked at
_LAYOUT = """
CREATE TABLE IF NOT EXISTS claim (
  id INTEGER PRIMARY KEY, source BLOB NOT NULL, who BLOB NOT NULL, number BLOB NOT NULL, same BLOB NOT NULL,
  kind TEXT NOT NULL, last INTEGER, begins INTEGER, ends INTEGER);
CREATE INDEX IF NOT EXISTS claim_who ON claim (who, last);
CREATE INDEX IF NOT EXISTS claim_same ON claim (same);
CREATE INDEX IF NOT EXISTS claim_source ON claim (source);
CREATE TABLE IF NOT EXISTS line (
  claim INTEGER NOT NULL REFERENCES claim (id) ON DELETE CASCADE, number TEXT, qualifier TEXT, procedure TEXT,
  modifiers TEXT, revenue TEXT, charge TEXT, unit TEXT, units TEXT, first INTEGER, last INTEGER, dated TEXT,
  place TEXT, ndc TEXT);
CREATE INDEX IF NOT EXISTS line_claim ON line (claim);
CREATE TABLE IF NOT EXISTS begun (day TEXT NOT NULL);
"""
_SPAN = ("begins", "ends")  # `Claim.first`, `Claim.last`: of an 837I, DTP*434; an old store has no such columns
_COLUMNS = "PRAGMA table_info(claim)"
_BEGIN = "INSERT INTO begun SELECT date('now') WHERE NOT EXISTS (SELECT 1 FROM begun)"
_BEGUN = "SELECT min(day) FROM begun"

_EARLIER = """
SELECT claim.id, claim.kind, claim.number, {span}, line.*
FROM (SELECT * FROM claim WHERE who = ? AND source <> ? ORDER BY last DESC LIMIT ?) claim
JOIN line ON line.claim = claim.id ORDER BY claim.last, claim.id, line.rowid
"""
_NEW = """
DROP TABLE IF EXISTS temp.new;
DROP TABLE IF EXISTS temp.newline;
DROP TABLE IF EXISTS temp.old;
CREATE TEMP TABLE new (id INTEGER, source BLOB, who BLOB, number BLOB, same BLOB, kind TEXT, last INTEGER,
  begins INTEGER, ends INTEGER);
CREATE TEMP TABLE newline AS SELECT * FROM line WHERE 0;
CREATE TEMP TABLE old (by_id INTEGER, who BLOB, number BLOB);
"""
_REPLACED = """
DELETE FROM claim WHERE EXISTS (SELECT 1 FROM temp.old o WHERE o.who = claim.who AND o.number = claim.number)
"""
_REPLACED_AT_ONCE = """
DELETE FROM temp.newline WHERE EXISTS (
  SELECT 1 FROM temp.old o JOIN temp.new n ON n.who = o.who AND n.number = o.number
  WHERE n.id = newline.claim AND n.id < o.by_id)
"""
_CLAIMS = """
INSERT INTO claim (id, source, who, number, same, kind, last, begins, ends)
  SELECT id + ?, source, who, number, same, kind, last, begins, ends FROM temp.new
"""
_LINES = """
INSERT INTO line SELECT claim + ?, number, qualifier, procedure, modifiers, revenue, charge, unit, units, first, last,
  dated, place, ndc FROM temp.newline
"""
Row = tuple[str, str, str, str, str, str | None, str, str | None, int | None, int | None, str, str, str]


class HistoryError(Edi837Error):
    """The store cannot be used."""


class History:
    """The store, as seen while one file is read; ``source`` are the bytes that tell that file from others."""

    def __init__(self, path: Path, source: bytes = b"") -> None:
        """Opens the store, or makes it with its key, both for their owner alone. HistoryError says why it cannot."""
        self._source = source
        try:
            self._key = keyed.key(path.with_name(f"{path.name}.key"), new=not path.exists())
            self._file = sqlite3.connect(path, isolation_level=None, timeout=30)
            os.chmod(path, 0o600)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = FILE"):
                self._file.execute(f"PRAGMA {pragma}")
            self._file.executescript(_LAYOUT)
            self._earlier = _EARLIER.format(span="NULL, NULL" if self.lacking() else "claim.begins, claim.ends")
            if not (begun := self._file.execute(_BEGUN).fetchone()[0]):  # a store of before this was kept begins now
                self._file.execute(_BEGIN)
                begun = self._file.execute(_BEGUN).fetchone()[0]
            self.since = date.fromisoformat(begun)
        except (OSError, sqlite3.Error) as error:
            raise HistoryError(f"{path.name}: the history cannot be used: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def before(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims accepted earlier of the patient whose claims these are, oldest first; `Claim.segment` is 0."""
        here = claims[0]
        if not here.whose:
            return []
        gone = {self._number(number) for claim in claims for number in _superseded(claim)}
        found = self._file.execute(self._earlier, (self._who(here), self._source, MOST))
        earlier = []
        for (_, kind, number, begins, ends), rows in groupby(found, key=lambda row: row[:5]):
            lines = tuple(_line(row[6:], kind) for row in rows)
            if number not in gone:
                earlier.append(replace(
                    here, id="", kind=kind, frequency="1", original="", first=_day(begins), last=_day(ends),
                    lines=lines, segment=0, imprint=0, faulty=False,
                ))  # fmt: skip
        return earlier

    def sent(self, claim: Claim) -> bool:
        """Whether the same claim, word for word, was accepted from another file."""
        query = "SELECT 1 FROM claim WHERE same = ? AND source <> ? LIMIT 1"
        return self._file.execute(query, (self._same(claim), self._source)).fetchone() is not None

    def recorder(self, concerns: Callable[[ServiceLine], bool]) -> Recorder:
        """What takes the events of the file in; of an accepted claim it keeps the lines that concern a rule."""
        return Recorder(self, self._file, concerns)

    def row(self, claim: Claim) -> tuple[bytes, bytes, bytes, bytes, str, int | None, int | None, int | None]:
        """A claim as it is kept."""
        last = max((line.last.toordinal() for line in claim.lines if line.last), default=None)
        days = _number_of(claim.first), _number_of(claim.last)
        return self._source, self._who(claim), self._number(claim.id), self._same(claim), claim.kind, last, *days

    def superseded(self, claim: Claim) -> list[tuple[bytes, bytes]]:
        """Whose claims, by hash of their number, a claim takes out."""
        return [(self._who(claim), self._number(number)) for number in _superseded(claim)]

    def lacking(self) -> list[str]:
        """The columns that a store of before they were kept has not, until something is put into it."""
        there = {row[1] for row in self._file.execute(_COLUMNS)}
        return [column for column in _SPAN if column not in there]

    @property
    def source(self) -> bytes:
        """What tells the file at hand from others."""
        return self._source

    def _hash(self, *said: object) -> bytes:
        return keyed.digest(self._key, *said)

    def _who(self, claim: Claim) -> bytes:
        """Whose a claim is; empty when it does not tell."""
        return self._hash(*claim.whose) if claim.whose else b""

    def _number(self, number: str) -> bytes:
        return self._hash("number", number)

    def _same(self, claim: Claim) -> bytes:
        return self._hash(*repeated(claim))


class Recorder:
    """Takes in the claims that are accepted; nothing is in the store before `keep`."""

    def __init__(self, history: History, file: sqlite3.Connection, concerns: Callable[[ServiceLine], bool]) -> None:
        self._history = history
        self._file = file
        self._concerns = concerns
        self._count = 0
        self._begun = {Interchange: 0, FunctionalGroup: 0, TransactionSet: 0}
        file.executescript(_NEW)

    def take(self, event: Event) -> None:
        """Take the next event of the file."""
        if isinstance(event, Verdict):
            if not event.rejected:
                self._accepted(event.claim)
        elif isinstance(event, (Interchange, FunctionalGroup, TransactionSet)):
            self._begun[type(event)] = self._count
        elif isinstance(event, End) and (event.of.refused or _returned(event.of)):
            since = (self._begun[type(event.of)],)
            self._file.execute("DELETE FROM temp.new WHERE id > ?", since)
            self._file.execute("DELETE FROM temp.newline WHERE claim > ?", since)
            self._file.execute("DELETE FROM temp.old WHERE by_id > ?", since)

    def keep(self) -> int:
        """Put what was accepted into the store, in one transaction; the count of claims."""
        put = self._file.execute
        put("BEGIN IMMEDIATE")
        for column in self._history.lacking():  # nobody else is at it now
            put(f"ALTER TABLE claim ADD COLUMN {column} INTEGER")
        put("DELETE FROM claim WHERE source = ?", (self._history.source,))
        put(_REPLACED)
        put(_REPLACED_AT_ONCE)
        base = put("SELECT coalesce(max(id), 0) FROM claim").fetchone()[0]
        put(_CLAIMS, (base,))
        put(_LINES, (base,))
        count = put("SELECT count(*) FROM temp.new").fetchone()[0]
        put("COMMIT")
        return int(count)

    def _accepted(self, claim: Claim) -> None:
        self._count += 1
        put = self._file.execute
        put("INSERT INTO temp.new VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (self._count, *self._history.row(claim)))
        for whose, number in self._history.superseded(claim):
            put("INSERT INTO temp.old VALUES (?, ?, ?)", (self._count, whose, number))
        if claim.frequency != VOID:
            for line in filter(self._concerns, claim.lines):
                values = (self._count, *_row(line))
                put("INSERT INTO temp.newline VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def _returned(frame: Interchange | FunctionalGroup | TransactionSet) -> bool:
    return isinstance(frame, TransactionSet) and bool(frame.returned)


def _superseded(claim: Claim) -> Iterable[str]:
    return {claim.id, claim.original} - {""} if claim.frequency in SUPERSEDES else ()


def _number_of(day: date | None) -> int | None:
    """A day as it is kept."""
    return day.toordinal() if day else None


def _day(number: int | None) -> date | None:
    return date.fromordinal(number) if number else None


def _row(line: ServiceLine) -> Row:
    first, last = _number_of(line.first), _number_of(line.last)
    charge, units = (None if amount is None else str(amount) for amount in (line.charge, line.units))
    return (
        line.number, line.qualifier, line.procedure, " ".join(line.modifiers), line.revenue, charge, line.unit, units,
        first, last, line.date_source, line.place, line.drug.ndc if line.drug else "",
    )  # fmt: skip


def _line(row: Row, kind: str) -> ServiceLine:
    number, qualifier, procedure, modifiers, revenue, charge, unit, units, first, last, dated, place, ndc = row
    return ServiceLine(
        number=number, kind=kind, qualifier=qualifier, procedure=procedure, modifiers=tuple(modifiers.split()),
        revenue=revenue, charge=None if charge is None else Decimal(charge), unit=unit,
        units=None if units is None else Decimal(units), first=_day(first), last=_day(last), date_source=dated,
        place=place, drug=Drug("N4", ndc) if ndc else None,
    )  # fmt: skip
