"""The claims of one patient that stand apart in a file, judged together.

Enters: a stream that can be read twice, and a bench of policies. Leaves: a judge for the reading that
follows. Most patients stand under one HL, with all their claims; those need nothing. So the file is
first glanced over for patients who come again (only NM1, HL and CLM are looked at). If there are any
and a policy looks that far, it is read once in earnest, their claims are put by in a nameless file of
SQLite's, and each patient's are judged as one; the reading that follows is told what came of it.

Claims of a set, group or interchange that is refused in the end count for nothing here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, groupby, islice
from typing import BinaryIO

from edi837 import process, x12
from edi837.ahead import Hands
from edi837.bench import Bench
from edi837.claim import Claim
from edi837.companion import Guides
from edi837.envelope import Admit
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet
from edi837.gate import MOST_HELD, Judge, Put, Where
from edi837.isa import Delimiters
from edi837.packing import packed, unpacked
from edi837.part import Part
from edi837.seen import Seen
from edi837.x12 import element

_EMPTY = [""] * 10  # behind an NM1, whatever it left off

MOST = 500  # claims of a patient judged together; whoever has more is judged HL by HL


def who(claim: Claim) -> bytes:
    """Whose a claim is, as 16 bytes; empty when it does not tell."""
    said = claim.whose
    return blake2b("\0".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest() if said else b""


def judge(
    stream: BinaryIO, bench: Bench, guides: Guides | None = None, admit: Admit | None = None,
    hands: Callable[[Sequence[Judge]], Hands] | None = None,
) -> Bench | Foretold:  # fmt: skip
    """The judge to read a file with, from where the stream stands; it is left there.

    ``hands`` makes those that read its sets in parts, if others do, for such judges.
    """
    if not bench.looks_beyond or not stream.seekable():
        return bench
    start, bench = stream.tell(), bench.widened()
    again = _apart(stream)
    stream.seek(start)
    if again is None:
        return bench
    aside = Aside(again)
    aside.fill(process.tell(stream, (aside,), None, guides, admit, hands((aside,)) if hands else None))
    stream.seek(start)
    return Foretold(bench, aside.judged(bench))


_WHERE = "interchange, grp, st"


class Foretold:
    """A bench on which some verdicts lie ready, by the set and the number of the CLM in it."""

    def __init__(self, bench: Bench, file: sqlite3.Connection) -> None:
        self._bench = bench
        self._file = file
        self._set: Where = (0, "", "")

    def begin(self, where: Where) -> None:
        """The claims of this set follow."""
        self._set = where

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """The findings on each claim; the claims are those of the first reading."""
        return looked_up(claims, self.ready(self._set, claims[0].segment, claims[-1].segment), self._bench)

    def covers(self, claim: Claim) -> bool:
        """As of `Bench`."""
        return self._bench.covers(claim)

    def ready(self, where: Where, first: int, last: int) -> dict[int, str]:
        """The verdicts on claims of a set whose CLM has a number from ``first`` to ``last``, packed."""
        query = f"SELECT segment, found FROM verdict WHERE ({_WHERE}) = (?, ?, ?) AND segment BETWEEN ? AND ?"  # noqa: S608
        return dict(self._file.execute(query, (*where, first, last)))


def looked_up(claims: Sequence[Claim], ready: Mapping[int, str], bench: Bench) -> list[list[Finding]]:
    """The findings on claims of which the verdicts lie ready, all or none; the bench judges the others."""
    if all(claim.segment in ready for claim in claims):
        return [list(unpacked(ready[claim.segment])) for claim in claims]
    return bench.judge(claims)


class Aside:
    """Puts the claims of patients who come again by, and judges each patient's as one."""

    def __init__(self, again: Seen) -> None:
        self._again = again
        self._set: Where = (0, "", "")
        self._number = 0  # of the claim
        self._level = 0  # of the HL, or of the part of it that came together
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA cache_size = -16384")  # KiB
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("BEGIN")  # one transaction, which nobody else waits for
        at = f"{_WHERE}, segment"
        self._file.execute(f"CREATE TABLE claim (number INTEGER PRIMARY KEY, level INTEGER, who BLOB, said TEXT, {at})")
        self._file.execute(f"CREATE TABLE verdict ({at}, found TEXT, PRIMARY KEY ({at})) WITHOUT ROWID")

    def begin(self, where: Where) -> None:
        """The claims of this set follow."""
        self._set = where

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """Put the claims of an HL by; nothing is found on them yet."""
        self.receive(self._set, (put(claims, self._again),))
        return [[] for _ in claims]

    def receive(self, where: Where, levels: Iterable[Sequence[Put]]) -> None:
        """Put claims by that were read elsewhere, those of each HL by themselves."""
        for claims in levels:
            self._level += 1
            for whose, said, segment in claims:
                self._number += 1
                row = (self._number, self._level, whose, said, *where, segment)
                self._file.execute("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def wanted(self, part: Part) -> frozenset[int]:
        """Who in a part comes again, as a glance tells it."""
        d = part.setting.delimiters
        pieces = glance(d)(d.segment + part.text)
        return frozenset(key for key in _patients(pieces, d.element, _provider(part)) if key in self._again)

    def fill(self, events: Iterator[Event]) -> None:
        """Read a file to its end; what is refused is taken out again."""
        begun = {Interchange: 0, FunctionalGroup: 0, TransactionSet: 0}
        for event in events:
            if isinstance(event, Interchange | FunctionalGroup | TransactionSet):
                begun[type(event)] = self._number
            elif isinstance(event, End) and event.of.refused:
                self._file.execute("DELETE FROM claim WHERE number > ?", (begun[type(event.of)],))

    def judged(self, bench: Bench) -> sqlite3.Connection:
        """The verdicts on the claims put by, as far as a patient's stand apart."""
        for rows in self._of_each():
            claims = [unpacked(said) for _, _, said, *_ in rows]
            levels = [level for _, level, *_ in rows]
            if len(set(levels)) > 1:
                found = bench.judge(claims, levels)
                ready = ((*row[3:], packed(each)) for row, each in zip(rows, found, strict=True))
                self._file.executemany("INSERT INTO verdict VALUES (?, ?, ?, ?, ?)", ready)
        self._file.execute("DROP TABLE claim")
        return self._file

    def _of_each(self) -> Iterator[list[tuple[int, int, str, int, str, str, int]]]:
        """The claims of each patient who has no more than can be judged as one: number, level, claim, where it is."""
        self._file.execute("CREATE INDEX patient ON claim (who, number)")
        found = self._file.cursor().execute(
            f"SELECT who, number, level, said, {_WHERE}, segment FROM claim "  # noqa: S608
            "WHERE who IN (SELECT who FROM claim WHERE who <> x'' "
            "GROUP BY who HAVING count(*) <= ?) ORDER BY who, number", (MOST,),
        )  # fmt: skip
        for _, rows in groupby(found, key=lambda row: row[0]):
            yield [row[1:] for row in rows]


def put(claims: Sequence[Claim], again: Seen | frozenset[int]) -> list[Put]:
    """The claims of an HL that are of patients who come again."""
    return [
        (who(claim), packed(claim), claim.segment)
        for claim in claims
        if _glanced(claim.provider.id, claim.subscriber.id, claim.patient.last, claim.patient.first) in again
    ]


def _glanced(*said: str) -> int:
    """What a glance takes for a patient: billing provider, subscriber, last and first name, in any case of letters."""
    return hash("\0".join(said).upper())


def glance(delimiters: Delimiters) -> Callable[[str], list[str]]:
    """What finds HL, CLM and the NM1 of providers and patients in a text of many; a terminator stands before it."""
    end, mark = re.escape(delimiters.segment), re.escape(delimiters.element)
    wanted = f"(?:CLM|HL|NM1{mark}(?:85|IL|QC))(?:{mark}[^{end}]*)?"
    return re.compile(f"{x12.behind(delimiters)}({wanted})(?={end}|\\Z)").findall


def _patients(pieces: Iterable[str], separator: str, provider: str = "") -> Iterator[int]:
    """Whose the claims are of each HL, and of each part of it that comes together.

    ``pieces``: what a glance found; ``provider``: NM109 of the billing provider they begin under.
    """
    subscriber, patient, claims = ["", "", ""], ["", ""], 0
    for piece in pieces:
        seg = piece.split(separator)
        tag = seg[0]
        if tag == "NM1":
            if claims or len(seg) < 2:  # behind a claim they name other payers' parties
                continue
            party = seg[1]
            if party == "IL":
                seg += _EMPTY
                subscriber, patient = [seg[9], seg[3], seg[4]], seg[3:5]
            elif party == "QC":
                seg += _EMPTY
                patient = seg[3:5]
            elif party == "85":
                provider = element(seg, 9)
        elif tag == "CLM":
            if claims % MOST_HELD == 0:
                yield _glanced(provider, subscriber[0], *patient)
            claims += 1
        elif tag == "HL":
            claims = 0


def _provider(part: Part) -> str:
    """NM109 of the billing provider that a part begins under."""
    loops = [loop for opened in (part.start.path if part.start else ()) for loop in opened.loops]
    named = [seg for loop in loops for _, _, seg in loop.rows if tuple(seg[:2]) == ("NM1", "85")]
    return element(named[0], 9) if named else ""


def _apart(stream: BinaryIO) -> Seen | None:
    """Who stands under more than one HL, or has more claims under one than come together; None: nobody."""
    first, again, found = Seen(), Seen(), False
    for item in x12.read(stream):
        if isinstance(item, x12.Stray):
            continue
        end, wanted, runs = item.delimiters.segment, glance(item.delimiters), islice(item.runs, 1, None)
        pieces = chain.from_iterable(wanted(end + run) for run in runs)  # the other segments are not even cut
        for key in _patients(pieces, item.delimiters.element):
            if not first.add(key):
                found = True
                again.add(key)
    return again if found else None
