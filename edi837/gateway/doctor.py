"""Whether a root can carry a gateway: every folder, every operation it rests on, tried out.

Enters: a `World`. Leaves: one `Check` for each, with what to do where it fails. What is tried is taken
away again.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

from edi837.gateway import amiss, begun, mounts, owner, rights, waiting
from edi837.gateway.claims import held
from edi837.gateway.layout import FOLDERS, Claimed
from edi837.gateway.ledger import Ledger, LedgerError, reader
from edi837.gateway.outside import World

_MOST = 20  # folders that are named
_OLDEST = (3, 37, 0)  # of SQLite: STRICT tables


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    good: bool
    fix: str = ""  # what to do where it is not good


def examine(world: World) -> Iterator[Check]:
    """Look at everything; nothing of a sender's is opened."""
    layout = world.layout
    folders = [*(layout(name) for name in FOLDERS), layout.own("work"), layout.own("stage"), layout.own("workers")]
    folders += [layout(side, folder) for side in ("in", "out") for folder in world.settings.folders]
    missing = [(path, fix) for path in folders if (fix := _missing(path))]
    for path, fix in missing:
        yield Check(f"folder {path}", False, fix)
    if missing:
        return
    outs = [layout("out", folder) if folder else layout("out") for folder in ("", *world.settings.folders)]
    bound = [path for path in folders if path not in outs or world.settings.publish != "copy"]
    yield Check("one file system", len({os.stat(path).st_dev for path in bound}) == 1,
                "put all folders on one file system: a rename must be one act; out/ alone may be on another, with "
                'publish = "copy", and then an answer may go out twice after a crash')  # fmt: skip
    for path in folders:
        good = os.access(path, os.R_OK | os.W_OK | os.X_OK)
        yield Check(f"writable {path}", good, "" if good else _opening(os.stat(path)))
    allowed = world.settings.rights
    for path in outs:
        if allowed.wider:
            yield Check(f"group of {path}", rights.reachable(allowed, os.stat(path)),
                        f"chgrp it to {world.settings.out_group or 'its group'} and chmod 2770 it")  # fmt: skip
    loose = stat.S_IMODE(os.stat(layout.own()).st_mode) & 0o077
    yield Check("private .edi837", not loose, f"chmod 700 {layout.own()}")
    yield Check("one machine", not owner.foreign(world.disk, layout, world.host), owner.FIX)
    kind = mounts.kind(layout.own())
    yield Check(f"local file system ({kind or 'unknown'})", not mounts.remote(layout.own()),
                "the ledger needs a local disk: SQLite's WAL does not work over a network")  # fmt: skip
    yield from _operations(world)
    least = min(world.disk.free(layout("in")), world.disk.free(layout.own()))
    yield Check("free space", least >= world.settings.min_free, "make room, or lower min_free")
    yield Check("clock", world.clock.moment().year >= 2024, "set the clock; answers bear its date")
    yield Check(f"SQLite {sqlite3.sqlite_version}", sqlite3.sqlite_version_info >= _OLDEST,
                "install SQLite 3.37 or newer")  # fmt: skip
    yield from _ledger(world)
    yield from _left(world)


def _left(world: World) -> Iterator[Check]:
    """Files that nobody has in hand: a worker is gone, or no partner has their folder."""
    layout = world.layout
    stale = [name for name, _ in world.disk.entries(layout.own("work"))]
    orphans = [name for name in stale if not held(layout.lock(name.partition(".")[0]))]
    new = _unentered(world, orphans) if orphans else 0
    beside = f" ({new} not in the ledger)" if new else ""
    over = ", which the next worker takes over" if orphans else ""
    yield Check(f"claims of workers that are gone: {len(orphans)}{beside}{over}", True)
    strays = waiting.strays(world)
    said = ", with files in them: " + ", ".join(strays[:_MOST]) + ", ..." * (len(strays) > _MOST) if strays else ""
    yield Check(f"folders of in/ that no partner has{said or ': none with files in it'}", not strays,
                "no scan looks there: add the partner with this `folder`, or move the files into in/")  # fmt: skip


def _unentered(world: World, orphans: list[str]) -> int:
    """Those of them of which the ledger has nothing; 0 where it cannot be asked, which is told already."""
    claims = filter(None, map(Claimed.read, orphans))
    with suppress(OSError, sqlite3.Error), closing(reader(world.layout.ledger)) as file:
        whole = [each for each in claims if world.disk.names(world.layout.work(each))]  # its file is there
        return sum(not file.execute("SELECT 1 FROM job WHERE id = ?", (each.job,)).fetchone() for each in whole)
    return 0


def _missing(path: str) -> str:
    """What to do where a folder is not there, or is none; empty where it is."""
    try:
        good = stat.S_ISDIR(os.lstat(path).st_mode)
    except PermissionError:
        return "this user may not get there: ask as the gateway's own, or mend the rights of the folder above"
    except OSError:
        good = False
    return "" if good else "run `edi837 gateway init`, or make it a folder and no link"


def _opening(folder: os.stat_result) -> str:
    """What lets this user at a folder that bars it."""
    if folder.st_uid != os.geteuid():
        return f"chown it to the user that runs the gateway (uid {os.geteuid()})"
    if folder.st_mode & 0o700 != 0o700:
        return "it is this user's, but its mode bars it: chmod u+rwx it"
    return "owner and mode are right: is it mounted read-only, or does an ACL or attribute bar it?"


def _operations(world: World) -> Iterator[Check]:
    """What safety rests on, done once with files of our own."""
    disk, layout = world.disk, world.layout
    copying = world.settings.publish == "copy"  # then out/ need not take a rename from here
    one, other = layout.own("doctor.one"), layout("error" if copying else "out", ".doctor.two")
    try:
        disk.unlink(one)
        disk.unlink(other)
        disk.write(one, [b"x"])
        disk.sync([one, layout.own()])
        disk.rename(one, other)
        yield Check("write, fsync, rename", True)
        disk.write(one, [b"y"])
        try:
            disk.rename(one, other)
        except FileExistsError:
            yield Check("rename does not replace", True)
        else:
            yield Check("rename does not replace", False, "use a file system with RENAME_NOREPLACE")
    except OSError as error:
        yield Check(f"write, fsync, rename ({amiss.name(error)})", False, f"it says: {error.strerror}")
    finally:
        with suppress(OSError):  # told already
            disk.unlink(one)
            disk.unlink(other)


def _ledger(world: World) -> Iterator[Check]:
    layout, fix = world.layout, ""
    try:
        begun.heed(world.disk, layout)
        if not begun.there(layout.ledger):
            fix = "run `edi837 gateway init`"
        else:
            ledger = Ledger(layout.ledger, layout.own("key"))
            fix = "" if ledger.rows("PRAGMA quick_check")[0][0] == "ok" else amiss.DAMAGED
            ledger.close()
    except LedgerError as error:
        fix = str(error)
    except (OSError, sqlite3.Error) as error:
        fix = amiss.words(error)
    yield Check("ledger", not fix, fix)
