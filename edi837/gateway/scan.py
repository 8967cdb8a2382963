"""The folders as they are now: what may be taken, what is waited for, what is in the way.

Enters: in/ and the folders of partners under it. Leaves: files to take, oldest first. Polling is the truth:
an event only wakes the worker earlier.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO

from edi837.gateway import probe, ready, unpack
from edi837.gateway.logs import where
from edi837.gateway.outside import Beat, World

_UNPACKED = 1 << 25  # bytes that a packed file is unpacked to for its ends; of one that holds more, its reading tells


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A file of in/ that may be taken."""

    changed: int
    name: str
    folder: str = field(compare=False)  # the partner's, empty for in/ itself
    path: str = field(compare=False)
    size: int = field(compare=False)
    cut: bool = field(compare=False)  # to be read though it is not whole


class Scan:
    """What is known of the files in in/ from one scan to the next.

    Nothing that a file holds ends a scan: one that cannot be looked at is taken, for its reading is watched and
    counted. ``beat`` tells which file is looked at; ``blind`` are marks of files that none is to look at any more.
    """

    def __init__(self, world: World, beat: Beat = lambda _: None, blind: Collection[str] = ()) -> None:
        self._world, self._beat, self._blind = world, beat, blind
        self._sightings = ready.Sightings()
        self._held = ready.Sightings()  # of files in work/
        self._told: set[tuple[str, str]] = set()  # of what is in the way, each once
        self.waiting = 0  # files that are not ready
        self.soon = False  # one of them may be before long

    def look(self, released: Collection[str], *, all: bool = False) -> list[Found]:
        """Scan; files of the marks ``released`` are taken as they are, ``all`` takes everything so."""
        world, rules = self._world, self._world.settings.rules
        now, found, present = world.clock.monotonic(), [], []
        self.waiting, self.soon = 0, False
        for folder in ("", *world.settings.folders):
            path = world.layout("in", folder) if folder else world.layout("in")
            entries = world.disk.entries(path)
            names = ready.beside(entries) if rules.mode == "marker" else ()
            for name, stat in entries:
                if not ready.candidate(name, stat, rules):
                    if not (folder == "" and name in world.settings.folders) and not name.startswith("."):
                        self._ignored(folder, name)
                    continue
                present.append(stat)
                whole = os.path.join(path, name)
                let = all or (released and ready.mark(stat) in released)
                state = "cut" if let else self._state(whole, name, names, stat, now)
                if state == "wait":
                    self.waiting += 1
                else:
                    found.append(Found(stat.st_mtime_ns, name, folder, whole, stat.st_size, state == "cut"))
        self._sightings.keep(present)
        return sorted(found)

    def held(self, path: str) -> ready.State:
        """Whether a file that is claimed, and was still being written, may be read now."""
        stat = self._world.disk.stat(path)
        if stat is None or self._world.settings.ready != "auto":
            return "ready"
        rules, now = self._world.settings.rules, self._world.clock.monotonic()
        state = self._held.decide(stat, now, rules, lambda: self._looked(path, stat))
        if state == "ready":
            self._held.doubt(stat)  # if it is held once more as it is now, its reading saw more than we did
        return state

    def _state(self, path: str, name: str, names: Collection[str], stat: os.stat_result, now: float) -> ready.State:
        rules = self._world.settings.rules
        if rules.mode != "auto":
            return "cut" if rules.mode == "rename" or ready.marked(name, names, rules) else "wait"
        state = self._sightings.decide(stat, now, rules, lambda: self._looked(path, stat))
        self.soon |= self._sightings.fresh(stat, now, rules)
        return state

    def _looked(self, path: str, stat: os.stat_result) -> bool:
        """`whole`, watched by the crew."""
        mark = ready.mark(stat)
        if mark in self._blind:
            return True
        self._beat({"look": mark})
        try:
            return self.whole(path, stat.st_size, stat.st_ino)
        finally:
            self._beat({"look": ""})

    def whole(self, path: str, size: int, inode: int) -> bool:
        """Whether all of a file is there, by its ends, or only its reading can tell."""
        try:
            with self._world.disk.open(path) as stream:
                if self._world.settings.compressed and unpack.kind(stream):
                    return self._unpacks(stream, size)
                return probe.ends(stream, size).whole
        except FileNotFoundError:  # another worker took it
            return False
        except Exception as error:
            said: dict[str, int | str] = {"error": type(error).__name__, "at": where(error)}
            self._world.log("not_scanned", inode=inode, size=size, **said)
            return not isinstance(error, OSError)

    def _unpacks(self, stream: BinaryIO, size: int) -> bool:
        """Whether a packed file is all there; one that can never be taken is not waited for."""
        try:
            with unpack.unpacked(stream, size, min(self._world.settings.max_file_bytes, _UNPACKED)) as content:
                return probe.ends(content, content.seek(0, os.SEEK_END)).whole
        except unpack.PackedError as error:
            return not error.partial

    def _ignored(self, folder: str, name: str) -> None:
        if (folder, name) not in self._told and len(self._told) < 10_000:
            self._told.add((folder, name))
            self._world.log("ignored", count=len(self._told))

    def dump(self) -> list[list[float]]:
        """What was seen, for the next start."""
        return self._sightings.dump(self._world.clock.monotonic(), self._world.clock.moment().timestamp())

    def load(self, rows: list[list[float]]) -> None:
        """What an earlier run saw."""
        self._sightings.load(rows, self._world.clock.monotonic(), self._world.clock.moment().timestamp())
