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
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edi837 import keyed
from edi837.findings import Edi837Error
from edi837.gateway import amiss
from edi837.gateway.schema import FORWARD, LAYOUT, PROOF, VERSION

LEASE = 100  # control numbers that a worker holds at a time
MADE = "SELECT 1 FROM sqlite_master WHERE name = 'meta'"
_PATIENCE = 30.0  # seconds for another who writes


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

    def __init__(self, path: str, key: str, *, anew: int = 0, reading: bool = False) -> None:
        """Opens it, or makes it with its key. LedgerError says why it cannot.

        ``anew``: a new one is wanted though the key of one that is gone is there, and this is its first control
        number. ``reading``: nothing will be written, so that one that cannot be written will do.
        """
        try:
            self._open(path, Path(key), anew)
        except (OSError, sqlite3.Error) as error:
            if not reading or not amiss.unwritable(error):
                raise LedgerError(amiss.words(error)) from error
            self._read_only(path, Path(key))
        self._file.row_factory = sqlite3.Row

    def _open(self, path: str, key: Path, anew: int) -> None:
        if not anew and key.exists() and not os.path.exists(path):  # in this order: who makes one makes the key last
            raise LedgerError(amiss.LOST)
        self._file = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
        os.chmod(path, 0o600)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._file.execute(f"PRAGMA {pragma}")
        with self.writing():
            new = not self._file.execute(MADE).fetchone()
            if new and not anew and key.exists():  # it was emptied
                raise LedgerError(amiss.LOST)
            self.key = keyed.drafted(key) if new else _key(key, self._file)
            if new:
                self._execute(LAYOUT)
                self._file.execute("UPDATE seq SET next = max(next, ?)", (anew,))
            self._migrate()
        keyed.keep(key)  # not before: a key without a ledger tells that this is gone

    def _migrate(self) -> None:
        (version,) = self._file.execute("SELECT version FROM meta").fetchone()
        _known(version)
        for older in range(version, VERSION):
            self._execute(FORWARD[older])
        if version < VERSION:
            self._file.execute("UPDATE meta SET version = ?", (VERSION,))
        if "proof" not in {row[1] for row in self._file.execute("PRAGMA table_info(meta)")}:
            self._file.execute(PROOF)
        if not _proved(self._file, self.key):
            self._file.execute("UPDATE meta SET proof = ?", (_proof(self.key),))

    def _read_only(self, path: str, key: Path) -> None:
        """Open it where nothing can be written: what is not in its write-ahead log may be read without locks, too."""
        quiet = not os.path.exists(f"{path}-wal") or not os.path.getsize(f"{path}-wal")
        for more in ("", "&immutable=1")[: 1 + quiet]:
            try:
                self._file = reader(path, more)
                (version,) = self._file.execute("SELECT version FROM meta").fetchone()
                break
            except sqlite3.Error as error:
                failed = error
        else:
            raise LedgerError(amiss.words(failed)) from failed
        _known(version)
        if version < VERSION:
            raise LedgerError("the ledger is of an older version, and cannot be taken forward where nothing is written")
        self.key = _key(key, self._file)
        _proved(self._file, self.key)

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
            self.put("UPDATE lease SET next = max(next, ?)", number)

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
    """Make the ledger if there is none, or look through all of it and leave it as it is; LedgerError: why it cannot."""
    if os.path.exists(path):
        try:
            with closing(reader(path)) as file:
                if file.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                    raise LedgerError(amiss.DAMAGED)
                if file.execute(MADE).fetchone():
                    _known(file.execute("SELECT version FROM meta").fetchone()[0])
                    _proved(file, _key(Path(key), file))
                    return
        except sqlite3.Error as error:
            raise LedgerError(amiss.words(error)) from error
    Ledger(path, key).close()


def reader(path: str, more: str = "") -> sqlite3.Connection:
    """A ledger's file, for reading alone."""
    uri = f"{Path(path).absolute().as_uri()}?mode=ro{more}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)


def _key(path: Path, file: sqlite3.Connection) -> bytes:
    """The key that is there, or was drafted with this ledger; LedgerError when it is not, or cannot be read."""
    with suppress(OSError):
        drafted = keyed.key(keyed.draft(path), new=False)
        if not path.exists() and _said(file) == _proof(drafted):
            return drafted
    try:
        return keyed.key(path, new=False)
    except OSError as error:
        raise LedgerError(amiss.words(error)) from error


def _proof(key: bytes) -> bytes:
    """What tells the key of a ledger from another."""
    return keyed.digest(key, "ledger")


def _proved(file: sqlite3.Connection, key: bytes) -> bool:
    """Whether a ledger says that this is its key; older ones do not say. LedgerError when it is another's."""
    proof = _said(file)
    if proof not in (None, _proof(key)):
        raise LedgerError(amiss.STRANGE)
    return proof is not None


def _said(file: sqlite3.Connection) -> bytes | None:
    columns = [row[1] for row in file.execute("PRAGMA table_info(meta)")]
    return file.execute("SELECT proof FROM meta").fetchone()[0] if "proof" in columns else None


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
