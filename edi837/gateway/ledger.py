"""The ledger: what came, what was decided, which numbers were given, what was written. One SQLite file.

WAL and synchronous FULL: what a method has done is on the disk when it returns. It holds control numbers,
counts, names of files, codes of reasons, and keyed hashes; no value of a claim. Every row of `event` carries
the hash of the row before, so that `audit` finds what was changed afterwards.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edi837 import keyed
from edi837.findings import Edi837Error

VERSION = 2
LEASE = 100  # control numbers that a worker holds at a time
LAYOUT = """
CREATE TABLE meta (version INTEGER NOT NULL) STRICT;
CREATE TABLE job (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, folder TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
  partner TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, claims INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, numbers INTEGER NOT NULL DEFAULT 0,
  replays TEXT NOT NULL DEFAULT '', claimed TEXT NOT NULL, decided TEXT NOT NULL DEFAULT '',
  done TEXT NOT NULL DEFAULT '', pruned TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX job_sha256 ON job (sha256);
CREATE INDEX job_open ON job (state) WHERE state <> 'DONE';
CREATE TABLE output (
  job TEXT NOT NULL REFERENCES job (id), kind TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job, name)) STRICT;
CREATE TABLE interchange (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, sender TEXT NOT NULL, number TEXT NOT NULL,
  usage TEXT NOT NULL, taken INTEGER NOT NULL, code TEXT NOT NULL, day TEXT NOT NULL) STRICT;
CREATE INDEX interchange_key ON interchange (key);
CREATE INDEX interchange_number ON interchange (number);
CREATE INDEX interchange_job ON interchange (job);
CREATE TABLE batch (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, usage TEXT NOT NULL, st02 TEXT NOT NULL,
  claims INTEGER NOT NULL, refused INTEGER NOT NULL, day TEXT NOT NULL) STRICT;
CREATE INDEX batch_key ON batch (key);
CREATE INDEX batch_job ON batch (job);
CREATE TABLE seq (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
CREATE TABLE lease (worker TEXT PRIMARY KEY, next INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
CREATE TABLE permit (what TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
  chain TEXT NOT NULL) STRICT;
CREATE INDEX event_job ON event (job);
CREATE TABLE cut (event INTEGER NOT NULL, chain TEXT NOT NULL, at TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
INSERT INTO meta VALUES (2);
INSERT INTO seq VALUES ('control', 1);
"""
FORWARD = {  # what takes a ledger of each version to the next
    1: """
ALTER TABLE job ADD COLUMN pruned TEXT NOT NULL DEFAULT '';
UPDATE job SET pruned = coalesce((SELECT max(at) FROM event WHERE event.job = job.id AND kind = 'prune'), '');
CREATE INDEX batch_job ON batch (job);
CREATE TABLE cut (event INTEGER NOT NULL, chain TEXT NOT NULL, at TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
""",
}


class LedgerError(Edi837Error):
    """The ledger cannot be used."""


class Changed(Exception):
    """What a reading rested on is not so any more; read again."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file written for a job."""

    kind: str
    folder: str  # relative to the root; empty: it goes with the original
    name: str
    size: int
    sha256: str


class Ledger:
    """The ledger of one root, as one process has it open."""

    def __init__(self, path: str, key: str) -> None:
        """Opens it, or makes it with its key. LedgerError says why it cannot."""
        try:
            self.key = keyed.key(Path(key), new=not os.path.exists(path))
            self._file = sqlite3.connect(path, isolation_level=None, timeout=30)
            os.chmod(path, 0o600)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._file.execute(f"PRAGMA {pragma}")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"the ledger cannot be used: {type(error).__name__}") from error
        self._file.row_factory = sqlite3.Row

    def _migrate(self) -> None:
        with self.writing():
            if not self._file.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                self._execute(LAYOUT)
            (version,) = self._file.execute("SELECT version FROM meta").fetchone()
            _known(version)
            for older in range(version, VERSION):
                self._execute(FORWARD[older])
            if version < VERSION:
                self._file.execute("UPDATE meta SET version = ?", (VERSION,))

    def _execute(self, script: str) -> None:
        """Statements, inside the transaction that there is."""
        for statement in script.split(";\n"):
            if statement.strip():
                self._file.execute(statement)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; another writer is waited for."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:  # after a full disk SQLite has rolled back by itself
                self._file.execute("ROLLBACK")
            raise

    def put(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._file.execute(statement, values)

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._file.execute(query, values).fetchall()

    def copy(self, target: str, ends: Callable[[], bool]) -> None:
        """Copy all of it as it is now into an empty file; ``ends`` is asked on the way whether to give up.

        sqlite3.OperationalError when it was, or when the file cannot be written.
        """
        self._file.set_progress_handler(ends, 10_000)  # steps of SQLite, some milliseconds
        try:
            self._file.execute("VACUUM INTO ?", (target,))
        finally:
            self._file.set_progress_handler(None, 0)

    def hashed(self, *said: object) -> bytes:
        """A keyed hash of some values."""
        return keyed.digest(self.key, *said)

    def note(self, at: str, job: str, kind: str, **detail: int | str) -> None:
        """Add an event, chained to the one before; inside `writing`."""
        last = self._file.execute("SELECT chain FROM event ORDER BY id DESC LIMIT 1").fetchone()
        text = json.dumps(detail, sort_keys=True)
        chain = link(last[0] if last else "", at, job, kind, text)
        self.put("INSERT INTO event (at, job, kind, detail, chain) VALUES (?, ?, ?, ?, ?)", at, job, kind, text, chain)

    # -------------------------------------------------------------- control numbers

    def lease(self, worker: str, count: int, alive: Callable[[str], bool]) -> int:
        """The next control number of a worker, with at least so many behind it; what dead workers left goes first."""
        with self.writing():
            leases = self.rows("SELECT worker, next, last FROM lease ORDER BY worker <> ?, next", worker)
            (after,) = self.put("SELECT next FROM seq WHERE name = 'control'").fetchone()
            for whose, first, last in leases:
                if whose != worker and alive(whose):
                    continue
                enough = last - first + 1 >= count
                if not enough and last + 1 == after:  # nobody took any since
                    self.put("UPDATE seq SET next = ? WHERE name = 'control'", after + max(LEASE, count))
                    last = after + max(LEASE, count) - 1
                    enough = True
                if enough:
                    if whose != worker:
                        self._leave(worker)
                    self.put("UPDATE lease SET worker = ?, last = ? WHERE worker = ?", worker, last, whose)
                    return int(first)
            self._leave(worker)
            self.put("INSERT INTO lease VALUES (?, ?, ?)", worker, after, after + max(LEASE, count) - 1)
            self.put("UPDATE seq SET next = ? WHERE name = 'control'", after + max(LEASE, count))
            return int(after)

    def _leave(self, worker: str) -> None:
        """What a worker has left is for the next who needs no more."""
        self.put("DELETE FROM lease WHERE worker = ? AND next > last", worker)
        self.put("UPDATE lease SET worker = 'rest-' || next WHERE worker = ?", worker)

    def begin_at(self, number: int) -> None:
        """Let no control number below this one be given any more."""
        with self.writing():
            self.put("UPDATE seq SET next = max(next, ?) WHERE name = 'control'", number)
            self.put("DELETE FROM lease WHERE last < ?", number)

    def take(self, worker: str, first: int, count: int) -> None:
        """Use up the next numbers of a worker's lease; inside `writing`. Changed when they are not its next."""
        if count:
            done = self.put(
                "UPDATE lease SET next = next + ? WHERE worker = ? AND next = ? AND last >= next + ? - 1",
                count, worker, first, count,
            )  # fmt: skip
            if not done.rowcount:
                raise Changed

    # -------------------------------------------------------------- what came before

    def before(self, key: bytes, since: str, job: str) -> str:
        """The job that took an interchange of this key on or after a day, other than ``job``; empty for none."""
        query = "SELECT job FROM interchange WHERE key = ? AND taken = 1 AND day >= ? AND job <> ? LIMIT 1"
        row = self._file.execute(query, (key, since, job)).fetchone()
        return str(row[0]) if row else ""

    def sent(self, key: bytes, since: str, job: str) -> str:
        """The job in which a set of this key was accepted on or after a day, other than ``job``; empty for none."""
        query = "SELECT job FROM batch WHERE key = ? AND refused = 0 AND day >= ? AND job <> ? LIMIT 1"
        row = self._file.execute(query, (key, since, job)).fetchone()
        return str(row[0]) if row else ""

    def permitted(self) -> set[str]:
        """Marks of files in in/ (`ready.mark`) and ids of jobs that were released."""
        return {row["what"] for row in self.rows("SELECT what FROM permit")}


def prepare(path: str, key: str) -> None:
    """Make the ledger if there is none, or look through the whole of it, and leave it as it is.

    LedgerError says why it cannot be used.
    """
    if not os.path.exists(path):
        Ledger(path, key).close()
        return
    try:
        keyed.key(Path(key), new=False)
        with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as file:
            good = file.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            (version,) = file.execute("SELECT version FROM meta").fetchone()
    except (OSError, sqlite3.OperationalError) as error:
        raise LedgerError(f"the ledger or its key cannot be used: {type(error).__name__}") from error
    except sqlite3.DatabaseError:
        good = False
    if not good:
        raise LedgerError("the ledger is damaged; restore a backup of .edi837/ledger.db and .edi837/key")
    _known(version)


def _known(version: int) -> None:
    """LedgerError when a ledger is of a version to come."""
    if version > VERSION:
        raise LedgerError(
            f"the ledger was written by a newer edi837 (version {version}; this one knows {VERSION}): install that one "
            "again, or restore a backup from before"
        )


def sealed(ledger: Ledger, event: int, chain: str, at: str) -> bytes:
    """What tells a cut of ours from one that somebody else made."""
    return ledger.hashed("cut", event, chain, at)


def link(before: str, at: str, job: str, kind: str, detail: str) -> str:
    """The hash that an event carries."""
    return sha256("\0".join((before, at, job, kind, detail)).encode("utf-8", "surrogatepass")).hexdigest()
