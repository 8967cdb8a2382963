"""What has come before in a file: a set of numbers whose memory is bounded.

Enters: 64-bit numbers, such as hashes. Leaves: whether each is new. The first hundred thousand are
held in memory; beyond that they are kept in a nameless file of SQLite's, which goes with the object.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

_ASKED = 500  # numbers looked for in the file at a time
HELD = 100_000  # numbers in memory before they move to the file


class Seen:
    """A set of signed 64-bit numbers that only grows, or is taken back to an earlier mark."""

    def __init__(self, held: int = HELD) -> None:
        self._most = held
        self._held: dict[int, None] = {}  # in the order in which they came
        self._file: sqlite3.Connection | None = None
        self._filed_since = 0  # of those in the file, how many came since the last mark nobody can go back behind
        self._settled = 0  # of those held, how many came before it

    def __contains__(self, number: int) -> bool:
        return number in self._held or (self._file is not None and self._filed(number))

    def take(self, numbers: Iterable[int]) -> None:
        """Take in numbers that are all new and differ."""
        for number in numbers:
            self._held[number] = None
            if len(self._held) >= self._most:
                self._spill()

    def add(self, number: int) -> bool:
        """Take a number in; True when it is new."""
        if number in self:
            return False
        self.take((number,))
        return True

    def among(self, numbers: Collection[int]) -> set[int]:
        """Those of some numbers that it holds."""
        found = self._held.keys() & set(numbers)
        if self._file is not None:
            for some in _batched(numbers):
                query = f"SELECT number FROM seen WHERE number IN ({','.join('?' * len(some))})"  # noqa: S608
                found.update(number for (number,) in self._file.execute(query, some))
        return found

    def mark(self) -> int:
        """Where the set stands now."""
        return self._filed_since + len(self._held) - self._settled

    def back(self, mark: int) -> None:
        """Take out what came since a mark."""
        while self._held and self.mark() > mark:
            self._held.popitem()
        if self._file is not None and self._filed_since > mark:
            gone = (mark,)
            self._file.execute("DELETE FROM seen WHERE number IN (SELECT number FROM came WHERE at >= ?)", gone)
            self._file.execute("DELETE FROM came WHERE at >= ?", gone)
            self._filed_since = mark

    def settle(self) -> None:
        """Nobody goes back behind here: marks count from 0 again."""
        if self._filed_since and self._file is not None:
            self._file.execute("DELETE FROM came")
        self._filed_since, self._settled = 0, len(self._held)

    def _spill(self) -> None:
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.execute("PRAGMA cache_size = -8192")  # KiB
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY)")
            self._file.execute("CREATE TABLE came (at INTEGER PRIMARY KEY, number INTEGER)")  # by mark
        since = list(self._held)[self._settled :]
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO seen VALUES (?)", ((number,) for number in sorted(self._held)))
        self._file.executemany("INSERT INTO came VALUES (?, ?)", enumerate(since, self._filed_since))
        self._file.execute("COMMIT")
        self._filed_since += len(since)
        self._held.clear()
        self._settled = 0

    def _filed(self, number: int) -> bool:
        assert self._file is not None
        return self._file.execute("SELECT 1 FROM seen WHERE number = ?", (number,)).fetchone() is not None


def _batched(numbers: Collection[int]) -> Iterator[tuple[int, ...]]:
    rest = iter(numbers)
    while some := tuple(islice(rest, _ASKED)):
        yield some
