"""The workers of a gateway as processes: started, watched, killed when one hangs, started again.

Enters: a `World` and how to make it anew. Leaves: when it is told to stop, or (draining) when nothing is left
to do. A worker lives for many files; whatever ends it costs the file it was reading one attempt. The kernel
lets its lock go, so no timeout decides whose a file is.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket
from typing import Any

from edi837.findings import Edi837Error
from edi837.gateway import begun, owner
from edi837.gateway.claims import Sole
from edi837.gateway.fsops import EXIT
from edi837.gateway.labour import FORSAKEN, GAVE_UP, SIGNALS, labour
from edi837.gateway.ledger import prepare
from edi837.gateway.outside import Filed, World
from edi837.gateway.settingsfile import loopback
from edi837.gateway.start import fit, warm
from edi837.gateway.status import Watched, write

_SHORT = 1.0  # seconds; a worker that ends sooner is not started again at once
_PATIENCE = 5  # such workers, one after the other, before draining is given up


@dataclass(slots=True)
class Hand:
    """A worker's process, as the crew sees it."""

    name: str
    pid: int
    beats: int  # the end of a pipe that is read
    since: float
    buffer: bytes = b""
    reading: str = ""  # the job it reads
    look: str = ""  # the mark of the file of in/ that it looks at
    deadline: float = 0.0
    filed: int = 0


@dataclass(slots=True)
class Crew:
    """The supervisor. ``told`` is called for each file; ``remade`` reads the settings again (SIGHUP)."""

    world: World
    told: Callable[[Filed], None] = lambda _: None
    remade: Callable[[], World] | None = None
    beat: Callable[[str], None] = lambda _: None  # systemd's: READY=1, WATCHDOG=1, STOPPING=1
    hands: dict[int, Hand] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)  # marks of files at whose look a worker ended
    watched: Watched = field(default_factory=Watched)
    _signals: list[int] = field(default_factory=list)
    _short: int = 0
    _again: float = 0.0  # when a worker may be started
    _life: tuple[int, int] = (-1, -1)
    _line: socket | None = None  # on which its state is asked for
    _attends: Callable[[World, socket, int], object] = lambda *_: None
    _attendant: int = 0  # the process that answers there
    _first: Sole | None = None  # whether no other crew works here

    def run(self, *, drain: bool = False, all: bool = False) -> int:
        """Work until told to stop, or until nothing is left. Returns 0, or 5 when the workers cannot work."""
        world = self.world
        world.layout.make(world.disk, world.settings.folders)
        owner.claim(world.disk, world.layout, world.host)
        begun.heed(world.disk, world.layout)
        prepare(world.layout.ledger, world.layout.own("key"))  # made once: workers would hinder each other
        fit(world)
        if not drain:
            self._line = self._listening(world)
        warm(world)
        self._life = os.pipe()
        wake, ring = os.pipe()
        os.set_blocking(ring, False)
        before = {each: signal.signal(each, self._heard) for each in SIGNALS}
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        world.log("started", count=world.settings.workers)
        try:
            return self._watch(wake, drain, all)
        finally:
            for hand in list(self.hands.values()):
                self._kill(hand)
            self._dismiss()
            self._note(world.clock.monotonic(), force=True)  # for who reads it until the next run
            signal.set_wakeup_fd(-1)
            for each, handler in before.items():
                signal.signal(each, handler)
            for handle in (*self._life, wake, ring):
                os.close(handle)
            if self._first:
                self._first.leave()

    def _note(self, now: float, *, force: bool = False) -> None:
        """Write how we are, unless another crew does: `once` beside `run` knows nothing of its counts."""
        self._first = self._first or Sole(self.world.layout.own("crew.lock"))
        self.watched.busy = any(hand.reading or hand.look for hand in self.hands.values())
        if self._first.mine():
            write(self.world, self.watched, now, force=force)

    def _heard(self, number: int, _: object) -> None:
        self._signals.append(number)

    def _watch(self, wake: int, drain: bool, all: bool) -> int:
        clock, stop, finished = self.world.clock, 0.0, 0
        self._man(all, drain)
        self.beat("READY=1")
        while True:
            handles = [wake, *(hand.beats for hand in self.hands.values())]
            for handle in select.select(handles, [], [], 0.2 if self.hands else 0.05)[0]:
                if handle == wake:
                    os.read(wake, 64)
            for hand in list(self.hands.values()):
                self._hear(hand)
            now = clock.monotonic()
            for hand in [hand for hand in self.hands.values() if (hand.reading or hand.look) and now > hand.deadline]:
                of: dict[str, Any] = {"job": hand.reading} if hand.reading else {"inode": int(hand.look.split(".")[0])}
                self.world.log("worker_killed", **of, seconds=self.world.settings.timeout, reason="timeout")
                self._kill(hand)
            for status in self._buried():
                if status == EXIT:
                    return EXIT  # a fail point: a test wants us dead
                if status == FORSAKEN or (status == GAVE_UP and (drain or self._short >= _PATIENCE)):
                    return GAVE_UP
                finished += drain and status == 0
            while self._signals:
                stop = self._obey(self._signals.pop(0), now, stop)
            self._attend()
            self._note(now)
            self.beat("WATCHDOG=1")
            if stop:
                if not self.hands:
                    self.world.log("stopped")
                    return 0
                if now > stop:
                    for hand in list(self.hands.values()):
                        self._kill(hand)
            elif drain and finished and not self.hands:
                return 0
            elif not (drain and finished) and now >= self._again:
                self._man(all, drain)

    def _obey(self, number: int, now: float, stop: float) -> float:
        """Do what a signal asks; returns when those who have not stopped are killed, 0 for never."""
        if number == signal.SIGHUP:
            self._reload()
            return stop
        if not stop:
            self.world.log("stopping")
            self.beat("STOPPING=1")
        for hand in self.hands.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(hand.pid, signal.SIGTERM)
        return now if stop else now + self.world.settings.grace

    def _reload(self) -> None:
        """Take new settings, all of them or none; the workers finish what they have in hand and are replaced."""
        try:
            if self.remade:
                made = self.remade()
                made.layout.make(made.disk, made.settings.folders)
                fit(made)
                moved = made.settings.http != self.world.settings.http
                line = self._listening(made) if moved else self._line
                self._relieve()  # who answers over HTTP goes by the old settings
                if self._line and moved:
                    self._line.close()
                self.world, self._line = made, line
        except (Edi837Error, OSError) as error:
            self.world.log("not_reloaded", error=type(error).__name__)
            return
        self.world.log("reloaded")
        for hand in self.hands.values():
            os.kill(hand.pid, signal.SIGTERM)

    def _man(self, all: bool, drain: bool) -> None:
        """Start the workers that are missing."""
        while len(self.hands) < self.world.settings.workers:
            name, (heard, beats) = self.world.clock.token(6), os.pipe()
            others = [hand.beats for hand in self.hands.values()]
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # the worker hears them when it can obey them
            pid = os.fork()
            if not pid:
                for handle in (heard, self._life[1], *others):
                    os.close(handle)
                if self._line:
                    self._line.close()
                labour(self.world, name, beats, self._life[0], self.blind, drain=drain, all=all)  # never returns
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            os.close(beats)
            os.set_blocking(heard, False)
            self.watched.heard = self._now()
            self.hands[pid] = Hand(name, pid, heard, self.world.clock.monotonic())
            self.world.log("worker_started", worker=name)

    def _hear(self, hand: Hand) -> None:
        """Take what a worker tells."""
        while True:
            try:
                block = os.read(hand.beats, 1 << 16)
            except BlockingIOError:
                return
            if not block:
                return
            *lines, hand.buffer = (hand.buffer + block).split(b"\n")
            self.watched.heard = self._now()
            for line in lines:
                said = json.loads(line)
                if "begin" in said or "look" in said:
                    hand.reading, hand.look = said.get("begin", ""), said.get("look", "")
                    hand.deadline = self.world.clock.monotonic() + self.world.settings.timeout
                elif "end" in said:
                    hand.reading = ""
                elif "filed" in said:
                    hand.filed += 1
                    self.watched.filed += 1
                    self.watched.trouble = ""
                    job, name, folder, path, answers, reason, rejected = said["filed"]
                    self.told(Filed(job, name, folder, path, tuple(answers), reason, rejected))
                elif "trouble" in said:
                    self.watched.fail(said["trouble"], self._now())
                elif "scanned" in said:
                    self.watched.scanned = self._now()
                    self.watched.trouble = "" if said["scanned"] else self.watched.trouble
                else:
                    self.watched.pressure = said.get("pressure", self.watched.pressure)

    def _now(self) -> str:
        return self.world.clock.moment().isoformat(timespec="seconds")

    def _attend(self) -> None:
        """Have somebody there who tells how we are, where that is wanted."""
        if self._attendant and os.waitpid(self._attendant, os.WNOHANG)[0]:
            self._attendant = 0
        if self._line and not self._attendant:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            self._attendant = os.fork()
            if not self._attendant:
                os.close(self._life[1])
                self._attends(self.world, self._line, self._life[0])  # never returns
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _listening(self, world: World) -> socket | None:
        """A socket where somebody is to tell how we are; none where nobody is."""
        address = loopback(world.settings.http)
        if not address:
            return None
        from edi837.gateway import health  # a web server's modules, for who wants one

        self._attends = health.attend
        return health.listening(address)

    def _relieve(self) -> None:
        """End the process that answers; the next round makes another where one is wanted."""
        if self._attendant:
            os.kill(self._attendant, signal.SIGKILL)
            os.waitpid(self._attendant, 0)
            self._attendant = 0

    def _dismiss(self) -> None:
        self._relieve()
        if self._line:
            self._line.close()

    def _buried(self) -> list[int]:
        """The exit statuses of the workers that have ended, negative for a signal."""
        ended = []
        for pid, hand in list(self.hands.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._hear(hand)
                ended.append(os.waitstatus_to_exitcode(status))
                self._forget(hand, ended[-1])
        return ended

    def _forget(self, hand: Hand, status: int) -> None:
        del self.hands[hand.pid]
        os.close(hand.beats)
        now = self.world.clock.monotonic()
        self.world.log("worker_ended", worker=hand.name, status=status)
        if hand.look:
            self.blind.add(hand.look)
        short = status != 0 and now - hand.since < _SHORT and not hand.filed
        self._short = self._short + 1 if short else 0
        self._again = now + min(self._short, 10)

    def _kill(self, hand: Hand) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(hand.pid, signal.SIGKILL)
        _, status = os.waitpid(hand.pid, 0)
        self._hear(hand)
        self._forget(hand, os.waitstatus_to_exitcode(status))
