"""One worker: takes files, has them read, makes the decisions true, and lives with whatever goes wrong.

Enters: a `World`. Leaves: each file filed and answered once. What goes wrong with one file costs an attempt
of that file; what goes wrong with a disk or the ledger is trouble: nothing is lost, it is tried again later.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import astuple
from os.path import samestat

from edi837.findings import Edi837Error
from edi837.gateway import names
from edi837.gateway.batch import Batches, Own
from edi837.gateway.claims import Claims, alone
from edi837.gateway.fsops import clear
from edi837.gateway.layout import Claimed
from edi837.gateway.ledger import Ledger
from edi837.gateway.logs import where
from edi837.gateway.outside import Beat, Filed, World
from edi837.gateway.scan import Found, Scan

_SEEN = "sightings.json"
_SMALL = 1 << 17  # bytes; larger files are not taken in batches
_BACKOFF = (0.2, 1.0, 5.0, 10.0)  # seconds until trouble is tried again


class Worker:
    """A worker, between `open` and `close`."""

    def __init__(self, world: World, name: str, beat: Beat, blind: Collection[str] = ()) -> None:
        self._world, self.name, self._beat = world, name, beat
        self._disk, self._layout, self._settings = world.disk, world.layout, world.settings
        self._log = world.log.of(name)
        self.claims = Claims(world.disk, world.layout, name)
        self.scan = Scan(world, beat, blind)
        self.own: dict[str, Own] = {}
        self._queue: deque[Found] = deque()
        self._most = 1 if world.settings.remembers else world.settings.batch  # each is judged by what is kept of others
        self._looked = -1.0  # when room was last looked for
        self.trouble = ""  # why nothing can be done now
        self.waits = False  # for another worker, whose turn it is
        self.pressure = ""  # why nothing new is taken
        self.lost = False  # another file than the ledger that is open here, or none, stands at its name

    def open(self) -> None:
        """Take the lock, open the ledger."""
        self.claims.open()
        try:
            self.ledger = Ledger(self._layout.ledger, self._layout.own("key"))
            self._opened = self._disk.stat(self._layout.ledger)
            self._batches = Batches(self._world, self.name, self.ledger, self.claims, self._log, self._beat)
            self._sweep()
        except BaseException:
            self.claims.close()
            raise
        with suppress(OSError, ValueError), self._disk.open(self._layout.own(_SEEN)) as file:
            self.scan.load(json.load(file))

    def close(self) -> None:
        """Let go of everything; what is not done is for the next."""
        seen, path = self.scan.dump(), self._layout.own(_SEEN)
        with suppress(OSError):  # a loss of it makes files wait anew, no more
            self._disk.unlink(path)
            if seen:
                self._disk.write(path, [json.dumps(seen).encode()])
        self.ledger.close()
        self.claims.close()

    @property
    def idle(self) -> bool:
        """Nothing is left that could be done before somebody or something else moves."""
        stuck = all(own.held or own.troubles > 2 for own in self.own.values())
        return stuck and not self._queue and not self.waits and (not self.scan.soon or bool(self.pressure))

    @property
    def balked(self) -> bool:
        """Trouble kept a job from its end, and it is to be tried again: a quiet cycle is only its pause."""
        return any(own.troubles and not own.held for own in self.own.values())

    @property
    def busy(self) -> bool:
        """Something can be done at once."""
        now = self._world.clock.monotonic()
        due = bool(self._queue) or any(own.due <= now and not own.held for own in self.own.values())
        return due and not self.waits

    def cycle(self, *, all: bool = False, take: bool = True) -> list[Filed]:
        """One round: what was left over, then one batch of what is new (``take``). Returns what was filed."""
        filed: list[Filed] = []
        self.trouble, self.waits = "", False
        try:
            found = self._disk.stat(self._layout.ledger)
            self.lost = not (found and self._opened and samestat(found, self._opened))
            with self._turn() as mine:
                self.waits = not mine
                for batch in self._round(all, take) if mine and not self.lost else ():
                    filed += self._settle(batch)
        except (OSError, sqlite3.Error) as error:
            self._troubled(error, ())
        return filed

    def _turn(self) -> AbstractContextManager[bool]:
        """Whether this worker may work: with a history one at a time, from claim to answer.

        What it accepts is kept before another's claims are judged by it, and what waits for it waits in in/.
        """
        return alone(self._layout.own("history.lock")) if self._settings.remembers else nullcontext(True)

    def _round(self, all: bool, take: bool) -> Iterator[list[Own]]:
        for claimed in self.claims.adopt(self.own):
            self._log("adopted", job=claimed.job, attempts=claimed.attempts)
            self.own[claimed.job] = Own(claimed, cut=all)
        released = self.ledger.permitted()
        yield from self._grouped(self._due(released))
        if take and not self.trouble and self._room():
            yield self._claim(released, all)

    def _due(self, released: set[str]) -> list[Own]:
        now, due = self._world.clock.monotonic(), []
        for job, own in list(self.own.items()):
            if own.due > now:
                continue
            if own.held and job not in released:
                path = self._batches.payload(own.claimed)
                state = self.scan.held(path) if path else "ready"
                if state == "wait":
                    continue
                own.cut = own.cut or state == "cut"
            own.cut = own.cut or job in released
            own.held = False
            due.append(own)
        return due

    def _grouped(self, due: Sequence[Own]) -> Iterator[list[Own]]:
        """Those that never did harm together, every other alone."""
        good = [own for own in due if not (own.claimed.attempts or own.troubles)]
        for at in range(0, len(good), self._most):
            yield good[at : at + self._most]
        for own in due:
            if own.claimed.attempts or own.troubles:
                yield [own]

    def _room(self) -> bool:
        """Whether anything new may be taken: room on the disk, and an out/ that is emptied."""
        settings, layout, now = self._settings, self._layout, self._world.clock.monotonic()
        if 0 <= now - self._looked < 0.5:
            return not self.pressure
        self._looked = now
        before, self.pressure = self.pressure, ""
        if self._disk.free(layout.own()) < settings.min_free or self._disk.free(layout("in")) < settings.min_free:
            self.pressure = "min_free"
        elif any(len(self._disk.names(layout("out", f))) > settings.max_out for f in ("", *settings.folders)):
            self.pressure = "max_out"
        if self.pressure and not before:
            self._log("backpressure", reason=self.pressure)
        return not self.pressure

    def _claim(self, released: set[str], all: bool) -> list[Own]:
        batch: list[Own] = []
        if not self._queue:  # what changes after the scan is seen when it is claimed and read
            self._queue = deque(self.scan.look(released, all=all))
        while self._queue and len(batch) < self._most:
            if batch and self._queue[0].size > _SMALL:
                break
            found = self._queue.popleft()
            clock = self._world.clock
            claimed = self.claims.claim(found.path, names.job(clock.moment(), clock.token(10)), found.folder)
            if claimed:
                own = self.own[claimed.job] = Own(claimed, cut=found.cut and (all or self._still(claimed, found)))
                batch.append(own)
                self._log("claimed", job=claimed.job, size=found.size)
                if found.size > _SMALL:
                    break
        return batch

    def _still(self, claimed: Claimed, found: Found) -> bool:
        """Whether a file that may be read though it is not whole is the one that the scan saw."""
        path = self._batches.payload(claimed)
        stat = self._disk.stat(path) if path else None
        return stat is not None and (stat.st_size, stat.st_mtime_ns) == (found.size, found.changed)

    def _settle(self, batch: Sequence[Own]) -> list[Filed]:
        """Bring a batch to its end; what does not come there stays ours."""
        filed: list[Filed] = []
        if batch:
            try:
                self.claims.settle()
                filed = self._batches.carry(batch)
            except (OSError, sqlite3.Error, Edi837Error) as error:
                self._troubled(error, batch)
        self.own = {job: own for job, own in self.own.items() if not own.done}
        for each in filed:
            self._tell(each)
        return filed

    def _tell(self, filed: Filed) -> None:
        if filed.folder == "quarantine":
            self._log("quarantined", job=filed.job, reason=filed.reason)
        else:
            self._log("answered", job=filed.job, folder=filed.folder, answers=len(filed.answers))
        self._beat({"filed": [*astuple(filed)]})

    def _troubled(self, error: Exception, batch: Sequence[Own]) -> None:
        """Something that is no file's fault: say it, and try again later."""
        self.trouble = type(error).__name__
        if isinstance(error, OSError) and error.errno:
            self.trouble = errno.errorcode.get(error.errno, self.trouble)
        self._batches.forget()
        self._log("trouble", error=self.trouble, at=where(error), count=len(batch))
        self._beat({"trouble": self.trouble})
        now = self._world.clock.monotonic()
        for own in batch:
            own.due = now + _BACKOFF[min(own.troubles, len(_BACKOFF) - 1)]
            own.troubles += 1

    def _sweep(self) -> None:
        """Take away what is in stage/ of jobs that have been done.

        The ledger decides, and not what a listing of work/ shows: a claim that is given another name while it
        is listed is not in it. What is staged of a job that is not decided is cleared when it is staged anew.
        """
        for job, _ in self._disk.entries(self._layout.own("stage")):
            if not self.ledger.rows("SELECT 1 FROM job WHERE id = ? AND state IN ('CLAIMED', 'COMMITTED')", job):
                clear(self._disk, self._layout.own("stage", job))
        self.claims.sweep()
