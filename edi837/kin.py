"""The claims of one patient that stand apart in a file, judged together.

Enters: a stream that can be read twice, and a bench of policies. Leaves: a judge for the reading that
follows. Most patients stand under one HL, with all their claims; those need nothing. So the file is
first glanced over for patients who come again (only NM1, HL and CLM are looked at). If there are any
and a policy looks that far, it is read once in earnest, their claims are put by in a nameless file of
SQLite's, and each patient's are judged as one; the reading that follows is told what came of it.

Claims of a set, group or interchange that is refused in the end count for nothing here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import BinaryIO

from edi837 import process, x12
from edi837.bench import Bench
from edi837.claim import Claim
from edi837.companion import Guides
from edi837.envelope import Admit
from edi837.findings import Finding
from edi837.frames import End, FunctionalGroup, Interchange, TransactionSet
from edi837.gate import MOST_HELD, Judge
from edi837.packing import packed, unpacked
from edi837.seen import Seen
from edi837.x12 import element

_BLANK = " \t\r"  # before a segment; a line feed alone is looked behind at once

MOST = 500  # claims of a patient judged together; whoever has more is judged HL by HL


def who(claim: Claim) -> bytes:
    """Whose a claim is, as 16 bytes; empty when it does not tell."""
    said = claim.whose
    return blake2b("\0".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest() if said else b""


def judges(
    stream: BinaryIO, bench: Bench, guides: Guides | None = None, admit: Admit | None = None
) -> Sequence[Judge]:
    """The judges to read a file with, from where the stream stands; it is left there."""
    if not bench.looks_beyond or not stream.seekable():
        return (bench,)
    start, bench = stream.tell(), bench.widened()
    again = _apart(stream)
    stream.seek(start)
    if again is None:
        return (bench,)
    aside = _Aside(again)
    aside.fill(process.tell(stream, (aside,), None, guides, admit))
    stream.seek(start)
    return (Foretold(bench, aside.judged(bench)),)


class Foretold:
    """A bench on which some verdicts lie ready, by the number of the claim."""

    def __init__(self, bench: Bench, file: sqlite3.Connection) -> None:
        self._bench = bench
        self._file = file
        self._count = 0  # claims judged

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """The findings on each claim; the claims are those of the first reading, in the same order."""
        first = self._count + 1
        self._count += len(claims)
        query = "SELECT found FROM verdict WHERE number BETWEEN ? AND ? ORDER BY number"
        ready = self._file.execute(query, (first, self._count)).fetchall()
        if len(ready) == len(claims):
            return [list(unpacked(found)) for (found,) in ready]
        return self._bench.judge(claims)


class _Aside:
    """Puts the claims of patients who come again by, and judges each patient's as one."""

    def __init__(self, again: Seen) -> None:
        self._again = again
        self._number = 0  # of the claim
        self._level = 0  # of the HL, or of the part of it that came together
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA cache_size = -16384")  # KiB
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE claim (number INTEGER PRIMARY KEY, level INTEGER, who BLOB, said TEXT)")
        self._file.execute("CREATE TABLE verdict (number INTEGER PRIMARY KEY, found TEXT)")

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """Put the claims of an HL by; nothing is found on them yet."""
        self._level += 1
        for claim in claims:
            self._number += 1
            if _glanced(claim.provider.id, claim.subscriber.id, claim.patient.last, claim.patient.first) in self._again:
                row = (self._number, self._level, who(claim), packed(claim))
                self._file.execute("INSERT INTO claim VALUES (?, ?, ?, ?)", row)
        return [[] for _ in claims]

    def fill(self, events: Iterable[object]) -> None:
        """Read a file to its end; what is refused is taken out again."""
        begun = {Interchange: 0, FunctionalGroup: 0, TransactionSet: 0}
        for event in events:
            if type(event) in begun:
                begun[type(event)] = self._number
            elif isinstance(event, End) and event.of.refused:
                self._file.execute("DELETE FROM claim WHERE number > ?", (begun[type(event.of)],))

    def judged(self, bench: Bench) -> sqlite3.Connection:
        """The verdicts on the claims put by, as far as a patient's stand apart."""
        for rows in self._patients():
            claims = [unpacked(said) for *_, said in rows]
            levels = [level for _, level, _ in rows]
            if len(set(levels)) > 1:
                found = bench.judge(claims, levels)
                ready = zip((number for number, *_ in rows), map(packed, found), strict=True)
                self._file.executemany("INSERT INTO verdict VALUES (?, ?)", ready)
        self._file.execute("DROP TABLE claim")
        return self._file

    def _patients(self) -> Iterator[list[tuple[int, int, str]]]:
        """The claims of each patient who has no more than can be judged as one: number, level, claim."""
        self._file.execute("CREATE INDEX patient ON claim (who, number)")
        found = self._file.cursor().execute(
            "SELECT who, number, level, said FROM claim WHERE who IN (SELECT who FROM claim WHERE who <> x'' "
            "GROUP BY who HAVING count(*) <= ?) ORDER BY who, number", (MOST,)
        )  # fmt: skip
        for _, rows in groupby(found, key=lambda row: row[0]):
            yield [row[1:] for row in rows]


def _glanced(*said: str) -> int:
    """What a glance takes for a patient: billing provider, subscriber, last and first name, in any case of letters."""
    return hash("\0".join(said).upper())


def _apart(stream: BinaryIO) -> Seen | None:
    """Who stands under more than one HL, or has more claims under one than come together; None: nobody."""
    first, again, found = Seen(), Seen(), False
    for item in x12.read(stream):
        if isinstance(item, x12.Stray):
            continue
        provider, subscriber, patient, claims = "", ["", "", ""], ["", ""], 0
        level = f"HL{item.delimiters.element}"
        wanted = {"CLM", "NM1", level}
        for piece in item.pieces:
            lead = piece[:1]
            if (piece[1:4] if lead == "\n" else piece[:3]) not in wanted and lead not in _BLANK:
                continue  # most segments: this is done for each of the file
            seg = x12.split(piece, item.delimiters)
            if seg[0] == "CLM":
                if claims % MOST_HELD == 0:
                    key = _glanced(provider, subscriber[0], *patient)
                    if not first.add(key):
                        found = True
                        again.add(key)
                claims += 1
            elif seg[0] == "HL":
                claims = 0
            elif seg[0] == "NM1" and not claims:  # behind a claim they name other payers' parties
                party = element(seg, 1)
                if party == "85":
                    provider = element(seg, 9)
                elif party == "IL":
                    subscriber = [element(seg, at) for at in (9, 3, 4)]
                    patient = subscriber[1:]
                elif party == "QC":
                    patient = [element(seg, at) for at in (3, 4)]
    return again if found else None
