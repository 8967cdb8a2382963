"""When may a file be taken? Decided from what was seen of it, by a clock that only goes forward.

Enters: size, time of change and identity of a file, scan after scan. Leaves: WAIT, READY, or CUT for one that
is not whole and has not grown for so long that nobody can be writing it. A time of change alone proves
nothing: copies keep the old one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Literal

State = Literal["wait", "ready", "cut"]
UNFINISHED = (
    ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock", ".camellock", ".done", ".ok",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """When a file is ready."""

    mode: str = "auto"  # auto, marker or rename
    settle: float = 2.0  # seconds without change before a whole file is taken
    incomplete: float = 900.0  # seconds without change before one that is not whole is answered as it is
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    markers: tuple[str, ...] = (".done", ".ok")


@dataclass(slots=True)
class Seen:
    """A file as it was at the last scan."""

    shape: tuple[int, int]  # size, and time of change in nanoseconds
    since: float  # seconds on the monotonic clock since which it is so
    whole: bool | None = None  # not looked at yet


def barred(name: str, found: os.stat_result, rules: Rules) -> str:
    """Why an entry of in/ is never taken as it is; empty for a file that is to be taken some day."""
    if not stat.S_ISREG(found.st_mode):
        kind = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe"}
        return f"it is {kind.get(stat.S_IFMT(found.st_mode), 'no regular file')}"
    if found.st_nlink != 1:
        return "it is a file of two names"
    if name.startswith((".", "~")):
        return "its name begins with . or ~"
    if name.lower().endswith(UNFINISHED):
        return f"its name ends with {next(each for each in UNFINISHED if name.lower().endswith(each))}"
    if rules.mode == "marker" and name.endswith(rules.markers):
        return "it is a sender's marker"
    if rules.include and not any(fnmatch(name, pattern) for pattern in rules.include):
        return "no pattern of include takes its name"
    return "a pattern of exclude leaves its name" if any(fnmatch(name, each) for each in rules.exclude) else ""


def candidate(name: str, found: os.stat_result, rules: Rules) -> bool:
    """Whether an entry of in/ is a file to be taken some day: regular, of one name, not hidden, not unfinished."""
    return not barred(name, found, rules)


def mark(found: os.stat_result) -> str:
    """What tells a file from every other, whatever it is called, and from itself once it has changed."""
    return f"{found.st_ino}.{found.st_size}.{found.st_mtime_ns}"


def beside(entries: Iterable[tuple[str, os.stat_result]]) -> set[str]:
    """The names among them that may be markers: of regular files, which can be taken away."""
    return {name for name, found in entries if stat.S_ISREG(found.st_mode)}


def marked(name: str, names: Collection[str], rules: Rules) -> bool:
    """Whether the sender's marker stands beside a file."""
    return any(name + ending in names for ending in rules.markers)


class Sightings:
    """What was seen of each file, by device and inode: a rename does not make it another."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], Seen] = {}

    def decide(self, found: os.stat_result, now: float, rules: Rules, whole: Callable[[], bool]) -> State:
        """What to do with a file that looks so now. ``whole`` reads its ends; asked once a shape."""
        key, shape = (found.st_dev, found.st_ino), (found.st_size, found.st_mtime_ns)
        seen = self._seen.get(key)
        if seen is None or seen.shape != shape:
            seen = self._seen[key] = Seen(shape, now)
        quiet = now - seen.since
        if quiet < min(rules.settle, rules.incomplete):
            return "wait"
        if seen.whole is None:
            seen.whole = whole()
        if seen.whole:
            return "ready" if quiet >= rules.settle else "wait"
        return "cut" if quiet >= rules.incomplete else "wait"

    def doubt(self, found: os.stat_result) -> None:
        """Count a file as not whole for as long as it looks so."""
        if seen := self._seen.get((found.st_dev, found.st_ino)):
            seen.whole = False

    def fresh(self, found: os.stat_result, now: float, rules: Rules) -> bool:
        """Whether a file has not yet been quiet for as long as a whole one has to be."""
        seen = self._seen.get((found.st_dev, found.st_ino))
        return seen is not None and now - seen.since < rules.settle

    def keep(self, present: Iterable[os.stat_result]) -> None:
        """Forget all files but these."""
        keys = {(each.st_dev, each.st_ino) for each in present}
        self._seen = {key: seen for key, seen in self._seen.items() if key in keys}

    def dump(self, now: float, clock: float) -> list[list[float]]:
        """All of it as data, with times by the clock on the wall, for the next start."""
        return [[*key, *seen.shape, clock - (now - seen.since)] for key, seen in self._seen.items()]

    def load(self, rows: Iterable[list[float]], now: float, clock: float) -> None:
        """Take what an earlier run saw; a clock that went back makes a file younger, never older."""
        for device, inode, size, changed, since in rows:
            seen = Seen((int(size), int(changed)), now - max(0.0, clock - since))
            self._seen.setdefault((int(device), int(inode)), seen)
