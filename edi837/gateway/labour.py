"""What a worker's process does from its fork to its end.

Enters: the world, a pipe to tell of what it does, and a pipe whose other end only its crew holds: when that
end is gone, so is the crew, and the worker stops too. Never returns.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
from collections.abc import Collection, Mapping
from typing import NoReturn

from edi837.gateway import mounts
from edi837.gateway.ledger import LedgerError
from edi837.gateway.logs import where
from edi837.gateway.outside import World
from edi837.gateway.wake import waker
from edi837.gateway.worker import Worker

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GAVE_UP = 5  # exit status: the ledger or the folders cannot be used
FORSAKEN = 6  # the folders could not be written for so long that nobody need try again, or the ledger is gone
_BARRED = ("EACCES", "EPERM", "EROFS")


def labour(
    world: World, name: str, beats: int, life: int, blind: Collection[str], *, drain: bool, all: bool
) -> NoReturn:
    """Be a worker, and end the process. ``blind``: see `Scan`."""
    status = 70
    try:
        _bound(world)
        status = _Labour(world, name, beats, life, blind).work(drain=drain, all=all)
    except LedgerError:
        status = GAVE_UP
    except BrokenPipeError:  # the crew is gone
        status = 0
    except BaseException as error:
        world.log.of(name)("trouble", error=type(error).__name__, at=where(error))
    finally:
        os._exit(status)


def _bound(world: World) -> None:
    """Bound the memory of a worker; no core is ever written, for it would hold patients' values."""
    most = world.settings.memory << 20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Labour:
    """The loop of a worker."""

    def __init__(self, world: World, name: str, beats: int, life: int, blind: Collection[str]) -> None:
        self._world, self._name, self._beats, self._life, self._blind = world, name, beats, life, blind
        self._stop = False
        self._bell, ring = os.pipe()
        os.set_blocking(ring, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crew hears it, and tells
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._told)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _told(self, *_: object) -> None:
        self._stop = True

    def work(self, *, drain: bool, all: bool) -> int:
        """Work until told to stop or, draining, until nothing is left; the exit status."""
        world, worker = self._world, Worker(self._world, self._name, self._tell, self._blind)
        worker.open()
        folders = [world.layout("in"), *(world.layout("in", f) for f in world.settings.folders)]
        wake = -1 if any(map(mounts.remote, folders)) else waker(folders)  # a share's events get lost, or never come
        clock, since, pressure = world.clock, world.clock.monotonic(), ""
        scanned, barred = -1.0, 0.0  # when it was told that we look; since when the folders cannot be written
        try:
            while not self._stop:
                filed = worker.cycle(all=all)
                if worker.lost:  # what is written would be seen by nobody
                    world.log.of(self._name)("ledger_gone")
                    return FORSAKEN
                now = clock.monotonic()
                if worker.pressure != pressure:
                    pressure = worker.pressure
                    self._tell({"pressure": pressure})
                if now - scanned >= 1 and not worker.trouble and not worker.waits:
                    scanned = now
                    self._tell({"scanned": int(not any(own.troubles for own in worker.own.values()))})
                if worker.trouble in _BARRED:
                    barred = barred or now
                elif worker.trouble or not worker.balked:
                    barred = 0.0
                if barred and world.settings.give_up and now - barred > world.settings.give_up:
                    return FORSAKEN
                if filed or worker.waits:
                    since = now
                elif drain and (worker.idle or now - since > world.settings.patience):
                    return 0
                if not filed and not worker.busy and self._gone(self._pause(now - since, drain), wake):
                    break
            return 0
        finally:
            worker.close()

    def _pause(self, quiet: float, drain: bool) -> float:
        """Seconds until the next scan: longer when nothing has come for long."""
        settings = self._world.settings
        poll = settings.poll
        return min(poll, 0.1) if drain else poll if quiet < 60 else min(settings.lull, poll * (1 + quiet / 60))

    def _gone(self, seconds: float, wake: int) -> bool:
        """Wait; whether the crew is gone, or says stop."""
        handles = [self._life, self._bell, *([wake] if wake >= 0 else [])]
        readable = select.select(handles, [], [], seconds)[0]
        if wake in readable:
            os.read(wake, 1 << 12)
        return self._life in readable or self._stop

    def _tell(self, said: Mapping[str, object]) -> None:
        line = (json.dumps(said) + "\n").encode()
        while line:
            line = line[os.write(self._beats, line) :]
