"""What waits in in/, and for what: for `list` and `show`, for `status`, and for the report of a day.

Enters: the folders as they are now. Leaves: a row for each file, with why it has not been taken. How long one
waits is told by its time of change, which a copy may bring along: good enough to tell by, never to take by.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from stat import S_ISDIR
from typing import Any

from edi837.gateway import names, probe, ready
from edi837.gateway.layout import Claimed
from edi837.gateway.ledger import Ledger
from edi837.gateway.outside import World
from edi837.gateway.scan import Scan
from edi837.gateway.settings import Settings

REASONS = {  # why a file of in/ has not been taken
    "incomplete": "it is not whole: it is answered as it is when it has not changed for incomplete_after",
    "unreadable": "this user may not read it, and so it cannot be told whether it is whole: mend its group and mode",
    "unmarked": "its sender's marker does not stand beside it",
    "next": "it is taken with the next scan, if a worker runs and there is room",
    "left": "no scan takes it",
    "no_partner": "it is a folder with files in it that no partner has: no scan looks into it",
}
_MOST = 1000  # entries of a folder that are looked at for a file


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of in/ or of a partner's folder in it."""

    name: str  # as text that anything can hold
    folder: str  # in, in/acme
    path: str
    size: int  # bytes
    seconds: int  # since it changed
    marked: bool  # the sender's marker stands beside it
    mark: str  # see `ready.mark`
    inode: int
    barred: str  # why no scan takes it; empty for a file that waits


def entries(world: World) -> Iterator[Waiting]:
    """Everything that lies in in/, but for the partners' folders themselves."""
    rules, now = world.settings.rules, world.clock.moment().timestamp()
    for folder in ("", *world.settings.folders):
        path, found = world.layout("in", folder) if folder else world.layout("in"), []
        with suppress(FileNotFoundError):
            found = world.disk.entries(path)
        beside = ready.beside(found) if rules.mode == "marker" else ()
        for name, stat in found:
            if folder or name not in world.settings.folders:
                yield Waiting(
                    names.shown(name), os.path.join("in", folder) if folder else "in", os.path.join(path, name),
                    stat.st_size, max(0, round(now - stat.st_mtime)), ready.marked(name, beside, rules),
                    ready.mark(stat), stat.st_ino, ready.barred(name, stat, rules),
                )  # fmt: skip


def files(world: World) -> list[Waiting]:
    """The files that are to be taken some day, those that changed last first."""
    return sorted((each for each in entries(world) if not each.barred), key=lambda each: (each.seconds, each.name))


def strays(world: World) -> list[str]:
    """The folders of in/ that hold files and are no partner's, who is not in the settings yet, or any more."""
    found = []
    for name, stat in world.disk.entries(world.layout("in")):
        if S_ISDIR(stat.st_mode) and name not in world.settings.folders and not name.startswith("."):
            with suppress(OSError):
                if world.disk.holds(world.layout("in", name), _MOST):
                    found.append(names.shown(name))
    return sorted(found)


def late(seconds: float, settings: Settings) -> bool:
    """Whether a file has waited so long that somebody should look."""
    return seconds > 2 * settings.incomplete_after


def why(world: World, released: Collection[str], each: Waiting) -> str:
    """Why an entry has not been taken: a key of `REASONS`. The ends of a file are read."""
    mode = world.settings.ready
    if each.barred:
        return "left"
    if each.mark in released:
        return "next"
    if mode == "marker":
        return "next" if each.marked else "unmarked"
    if mode == "rename":
        return "next"
    try:
        world.disk.open(each.path).close()
    except PermissionError:
        return "unreadable"
    except OSError:
        return "incomplete"  # it is gone, or another stands there now
    return "next" if Scan(world).whole(each.path, each.size, each.inode) else "incomplete"


def listed(world: World, ledger: Ledger, *, stuck: bool = False, most: int = 50) -> list[dict[str, Any]]:
    """Files that wait, as `audit.listed` tells jobs; all, or those that do not come on by themselves (``stuck``)."""
    rows = [_row(name, "LEFT", "in", "no_partner") for name in (strays(world) if stuck else ())][:most]
    released = ledger.permitted()
    for each in files(world):
        if len(rows) >= most:
            break
        reason = why(world, released, each)
        still = reason != "next" and each.seconds >= world.settings.settle
        if not stuck or still or late(each.seconds, world.settings):
            rows.append(_row(each.name, "WAITING", each.folder, reason, each.size))
    return rows


def taken(world: World, ledger: Ledger) -> list[dict[str, Any]]:
    """Files that were taken out of in/ and are not in the ledger yet: a worker, or the next one, enters them."""
    rows = []
    for claimed in filter(None, map(Claimed.read, world.disk.names(world.layout.own("work")))):
        if not ledger.rows("SELECT 1 FROM job WHERE id = ?", claimed.job):
            with suppress(FileNotFoundError):
                for name, stat in world.disk.entries(world.layout.work(claimed)):
                    place = os.path.join("in", claimed.folder) if claimed.folder else "in"
                    rows.append(_row(names.shown(name), "TAKEN", place, "", stat.st_size, claimed.job))
    return rows


def _row(name: str, state: str, folder: str, reason: str, size: int = 0, job: str = "") -> dict[str, Any]:
    """As `audit.listed` tells a job."""
    return {
        "job": job, "name": name, "state": state, "folder": folder, "reason": reason, "partner": "", "claims": 0,
        "rejected": 0, "size": size, "claimed": "", "done": "",
    }  # fmt: skip


def lives(world: World, ledger: Ledger, what: str) -> list[dict[str, Any]]:
    """What is known of entries of in/ of a name (FOLDER/NAME, too), and of files whose first ISA13 this is.

    The keys are those of `audit.life`, with how long each has not changed and why it lies there.
    """
    released = ledger.permitted()
    return [
        {
            "id": "", "name": each.name, "size": each.size, "sha256": "", "state": "LEFT" if each.barred else "WAITING",
            "folder": each.folder, "path": each.folder, "reason": (reason := why(world, released, each)), "partner": "",
            "attempts": 0, "claims": 0, "rejected": 0, "first": 0, "numbers": 0, "replays": "", "claimed": "",
            "decided": "", "done": "", "pruned": "", "original": each.path, "interchanges": [], "sets": [],
            "outputs": [], "events": [], "seconds": each.seconds,
            "why": f"{REASONS[reason]}: {each.barred}" if each.barred else REASONS[reason],
        } for each in called(world, what)
    ]  # fmt: skip


def called(world: World, what: str) -> Iterator[Waiting]:
    """Entries of in/ of a name (FOLDER/NAME, too), and files whose first interchange has this ISA13."""
    what = names.shown(what)
    number = what.zfill(9) if what.isdecimal() and len(what) <= 9 else ""
    for each in entries(world):
        by_name = what in (each.name, os.path.join(each.folder.removeprefix("in").lstrip("/"), each.name))
        if by_name or (number and not each.barred and _number(world, each) == number):
            yield each


def _number(world: World, each: Waiting) -> str:
    with suppress(OSError), world.disk.open(each.path) as stream:
        return probe.ends(stream, each.size).number
    return ""
