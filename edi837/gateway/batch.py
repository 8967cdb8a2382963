"""A batch of claimed files, from claimed to done.

Enters: claimed files, small ones together so that they share their fsyncs. Leaves: each filed and answered,
or still claimed: it is being written, or its reading failed. Whatever is wrong with a disk or the ledger is
raised, and the batch can be carried again.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edi837.findings import Edi837Error
from edi837.gateway import names, reading, ready
from edi837.gateway.claims import Claims
from edi837.gateway.decided import Decided
from edi837.gateway.layout import Claimed
from edi837.gateway.ledger import Changed, Ledger
from edi837.gateway.logs import Log, where
from edi837.gateway.outside import Beat, Filed, World
from edi837.gateway.steps import Steps

_STUBBORN = 2  # times a file may not be read before it is put aside
_AGAIN = 5  # readings anew when another worker took a number meanwhile


@dataclass(slots=True)
class Own:
    """A claimed file that is not done yet."""

    claimed: Claimed
    cut: bool = False
    held: bool = False
    failed: bool = False  # a reading of it failed here
    due: float = 0.0  # by the monotonic clock
    troubles: int = 0
    done: bool = False


class Batches:
    """Carries batches for one worker; it holds the worker's lease of control numbers."""

    def __init__(self, world: World, worker: str, ledger: Ledger, claims: Claims, log: Log, beat: Beat) -> None:
        self._world, self._name, self._ledger, self._claims = world, worker, ledger, claims
        self._log, self._beat = log, beat
        self._disk, self._layout, self._settings = world.disk, world.layout, world.settings
        self._steps = Steps(world.disk, world.layout, ledger, world.settings)
        self._lease = (0, -1)  # the next control number, and the last that is ours
        self._need = 4 * world.settings.batch

    def forget(self) -> None:
        """The lease may not be what it was: ask for it again."""
        self._lease = 0, -1

    def carry(self, batch: Sequence[Own]) -> list[Filed]:
        """Carry a batch; what another worker decided meanwhile makes us read it again."""
        for _ in range(_AGAIN):
            try:
                return self._carry(batch)
            except Changed:
                continue
        raise sqlite3.OperationalError("the ledger changes all the time")

    def payload(self, claimed: Claimed) -> str:
        """The path of a claimed file; empty when it has been filed."""
        work = self._layout.work(claimed)
        return next((os.path.join(work, name) for name, _ in self._disk.entries(work)), "")

    def _carry(self, batch: Sequence[Own]) -> list[Filed]:
        """Bring each as far as it comes; those that were committed already only go on."""
        states = self._enter(batch, self._world.at)
        pending: dict[bytes, str] = {}
        decided: list[Decided] = []
        number = self._first()
        for own in batch:
            state = states.get(own.claimed.job, "")
            if state == "CLAIMED":
                if each := self._decide(own, pending, number):
                    decided.append(each)
                    number += each.result.outcome.numbers
            elif state == "COMMITTED":
                self._recall(own)
        if decided:
            self._commit(decided, number)
        undecided = {job for job, state in states.items() if state == "CLAIMED"} - {d.claimed.job for d in decided}
        ready = [own.claimed for own in batch if own.claimed.job not in undecided]
        entered = [claimed for claimed in ready if claimed.job in states]
        self._steps.publish(entered)
        self._steps.file(entered)
        self._steps.done(ready, self._world.at)
        for own in batch:
            own.done = own.claimed in ready
        return [self._filed(claimed.job) for claimed in entered]

    def _first(self) -> int:
        """The next control number that is ours, with enough behind it for a batch."""
        following, last = self._lease
        if last - following + 1 < self._need:
            following = self._ledger.lease(self._name, self._need, self._claims.alive)
            self._lease = following, following + self._need - 1
        return following

    def _commit(self, decided: Sequence[Decided], number: int) -> None:
        first, last = self._lease
        self._need = max(self._need, number - first)
        self.forget()
        if number - 1 > last:
            raise Changed  # more numbers than were ours; the next reading begins with enough
        written = self._steps.stage(decided)
        self._steps.commit(self._name, decided, written)
        self._lease = number, last
        for each in decided:
            each.result.outcome.keep()
            self._disk.point("kept")

    def _enter(self, batch: Sequence[Own], at: str) -> dict[str, str]:
        """Enter new jobs into the ledger; the state of each, none for a claim that never got its file."""
        states: dict[str, str] = {}
        new, fresh = [], list[tuple[str, str]]()
        for own in batch:
            job = own.claimed.job
            if row := self._ledger.put("SELECT state FROM job WHERE id = ?", job).fetchone():
                states[job] = row[0]
            elif path := self.payload(own.claimed):
                new.append((job, names.shown(os.path.basename(path)), self._disk.stat(path)))
                states[job] = "CLAIMED"
                fresh.append((own.claimed.folder, os.path.basename(path)))
        if new:
            if self._settings.ready == "marker":
                for code in self._steps.unmark(fresh, self._settings.rules.markers):
                    self._log("marker_stays", error=code)
            with self._ledger.writing():
                for job, name, stat in new:
                    size = stat.st_size if stat else 0
                    self._ledger.put(
                        "INSERT INTO job (id, name, size, state, claimed) VALUES (?, ?, ?, 'CLAIMED', ?)",
                        job, name, size, at,
                    )  # fmt: skip
                    if stat:
                        self._ledger.put("DELETE FROM permit WHERE what = ?", ready.mark(stat))  # it was for this file
                    self._ledger.note(at, job, "claimed", size=size)
            self._disk.point("ledgered")
        return states

    def _decide(self, own: Own, pending: dict[bytes, str], number: int) -> Decided | None:
        """Read one file; None when it cannot be decided now."""
        settings, job = self._settings, own.claimed.job
        row = self._ledger.rows("SELECT name, replays FROM job WHERE id = ?", job)[0]
        replay = bool(row["replays"])
        desk = reading.Desk(
            settings, self._ledger.hashed,
            lambda key, since: pending.get(key) or self._ledger.before(key, since, job),
            lambda key, since: pending.get(key) or self._ledger.sent(key, since, job),
            self._world.clock.moment(), cut=own.cut or replay or settings.ready != "auto", replay=replay,
            twin=lambda sha256: self._twin(job, sha256, pending),
        )  # fmt: skip
        if own.claimed.attempts >= settings.max_attempts:
            result = reading.Result("quarantine", "fault" if own.failed else "poison")
        else:
            own.claimed = self._claims.count(own.claimed, 1)  # if it ends us, that is counted
            self._beat({"begin": job})
            try:
                result = self._read(own, row["name"], desk, number)
            except (OSError, sqlite3.Error, Edi837Error):
                own.claimed = self._claims.count(own.claimed, -1)
                raise
            except reading.Held:
                own.held, own.claimed = True, self._claims.count(own.claimed, -1)
                self._log("held", job=job)
                return None
            except Exception as error:  # one bad file must not stop the others; no text: it may hold a patient's
                own.failed = True
                self._log("attempt_failed", job=job, attempts=own.claimed.attempts, error=type(error).__name__,
                          at=where(error))  # fmt: skip
                return None
            finally:
                self._beat({"end": job})
            own.claimed = self._claims.count(own.claimed, -1)
        pending.setdefault(result.sha256.encode(), job)
        pending.update((frame.key, job) for frame in result.frames if frame.taken)
        pending.update((batch.key, job) for batch in result.batches if batch.key and not batch.refused)
        return Decided(own.claimed, row["name"], result, desk, row["replays"])

    def _twin(self, job: str, sha256: str, pending: Mapping[bytes, str]) -> tuple[str, str]:
        """The first other job of the same bytes, and its day."""
        rows = self._ledger.rows(
            "SELECT id, decided FROM job WHERE sha256 = ? AND id <> ? AND state <> 'CLAIMED' ORDER BY id LIMIT 1",
            sha256, job,
        )  # fmt: skip
        if rows:
            return rows[0]["id"], rows[0]["decided"][:10]
        today = self._world.clock.moment().date().isoformat()
        return (pending[sha256.encode()], today) if sha256.encode() in pending else ("", "")

    def _read(self, own: Own, name: str, desk: reading.Desk, number: int) -> reading.Result:
        claimed = own.claimed
        try:
            stream = self._disk.open(self.payload(claimed))
        except PermissionError:
            if own.troubles < _STUBBORN:
                raise
            return reading.Result("quarantine", "unreadable")
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                raise
            return reading.Result("quarantine", "not_regular")
        with stream:
            return reading.read(stream, desk, name=name, folder=claimed.folder, control=number)

    def _recall(self, own: Own) -> None:
        """Keep in the history what a job put there or was about to when it was interrupted."""
        path = self.payload(own.claimed)
        if not path or not self._settings.remembers:
            return
        job = own.claimed.job
        rows = self._ledger.rows("SELECT key FROM interchange WHERE job = ? AND taken = 1", job)
        taken = {row["key"] for row in rows}
        sets = self._ledger.rows("SELECT key FROM batch WHERE job = ? GROUP BY key HAVING min(refused) = 1", job)
        returned = {row["key"] for row in sets}
        desk = reading.Desk(
            self._settings, self._ledger.hashed, lambda key, _: "" if key in taken else "another",
            lambda key, _: "another" if key in returned else "", self._world.clock.moment(), cut=True,
        )  # fmt: skip
        row = self._ledger.rows("SELECT name, folder FROM job WHERE id = ?", job)[0]
        if row["folder"] != "quarantine":
            self._read(own, row["name"], desk, 1).outcome.keep()

    def _filed(self, job: str) -> Filed:
        row = self._ledger.rows("SELECT * FROM job WHERE id = ?", job)[0]
        outputs = self._ledger.rows("SELECT name FROM output WHERE job = ? AND folder <> '' ORDER BY name", job)
        path, answers = self._layout.told(row["path"]), tuple(out["name"] for out in outputs)
        return Filed(job, row["name"], row["folder"], path, answers, row["reason"], row["rejected"] > 0)
