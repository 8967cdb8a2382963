"""What an operator may do to single files: take again, put back, let through, forget, copy.

Enters: a job, a name or a number, as `audit.find` knows them. Leaves: the change, and an event in the ledger
that says it was made by hand.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM

from edi837.findings import Edi837Error
from edi837.gateway import names, ready
from edi837.gateway.fsops import LONGEST, Disk, clear
from edi837.gateway.layout import MANIFEST, ORIGINAL, Claimed
from edi837.gateway.ledger import Ledger
from edi837.gateway.outside import World

_BLOCK = 1 << 20


class UpkeepError(Edi837Error):
    """It cannot be done, and why."""


def _row(ledger: Ledger, job: str) -> dict[str, object]:
    rows = ledger.rows("SELECT * FROM job WHERE id = ?", names.shown(job))
    if not rows:
        raise UpkeepError(f"there is no job {names.sifted(job)}")
    return dict(rows[0])


def replay(world: World, ledger: Ledger, job: str) -> str:
    """Answer an original again, as a new job, whatever number it bears; the id of that job."""
    disk, layout, row = world.disk, world.layout, _row(ledger, job)
    original = layout(str(row["path"]), ORIGINAL)
    if row["state"] != "DONE" or disk.stat(original) is None:
        raise UpkeepError("its original is not in the archive: it is not done yet, or was pruned")
    again = names.job(world.clock.moment(), world.clock.token(10))
    stage, work = layout.own("work", f"replay-{again}"), layout.work(Claimed("replay", again))
    disk.mkdir(stage)  # no claim by its name, so that no worker looks at it before it is whole
    with disk.open(original) as stream:
        disk.write(os.path.join(stage, ORIGINAL), iter(lambda: stream.read(_BLOCK), b""))
    disk.sync([os.path.join(stage, ORIGINAL), stage])
    with ledger.writing():
        ledger.put(
            "INSERT INTO job (id, name, size, state, replays, claimed) VALUES (?, ?, ?, 'CLAIMED', ?, ?)",
            again, row["name"], row["size"], job, world.at,
        )  # fmt: skip
        ledger.note(world.at, again, "replay", of=job)
    disk.rename(stage, work)
    disk.sync([layout.own("work")])
    return again


def requeue(world: World, ledger: Ledger, job: str) -> str:
    """Put an original of quarantine/ back to where it lay, for what kept it out has been mended; its name in in/.

    One that lay in another partner's folder comes into its own sender's, as far as that is known, or else into in/
    itself. Its marker is gone, so that where files wait for one this very file is let through.
    """
    disk, layout, row = world.disk, world.layout, _row(ledger, job)
    if row["folder"] != "quarantine" or row["state"] not in ("DONE", "REQUEUED"):
        raise UpkeepError("it is not in quarantine; `replay` answers an archived file again")
    folder = layout(str(row["path"]))
    stat = disk.stat(os.path.join(folder, ORIGINAL))
    if stat is None:
        raise UpkeepError("its original is not there any more")
    with disk.open(os.path.join(folder, MANIFEST)) as stream:
        said = json.load(stream)
    whose = _returns(world, str(row["reason"]), str(row["partner"]), str(said.get("from", "")))
    there, rules = layout("in", whose) if whose else layout("in"), world.settings.rules
    free = [each for each in _candidates(str(said["name"]), job) if disk.stat(os.path.join(there, each)) is None]
    target = next((each for each in free if not ready.barred(each, stat, rules)), next(iter(free), ""))
    if not target:
        raise UpkeepError("in/ holds its name already")
    with ledger.writing():
        ledger.note(world.at, job, "requeue")
        ledger.put("UPDATE job SET state = 'REQUEUED' WHERE id = ?", job)
        if rules.mode == "marker":
            ledger.put("INSERT OR REPLACE INTO permit VALUES (?, ?)", ready.mark(stat), world.at)
    disk.rename(os.path.join(folder, ORIGINAL), os.path.join(there, target))
    disk.sync([there, folder])
    clear(disk, folder)
    return os.path.join(whose, target)


def _returns(world: World, reason: str, partner: str, before: str) -> str:
    """The partner's folder under in/ that a file goes back to; empty for in/ itself."""
    if reason == "wrong_folder":
        before = next((each.folder for each in world.settings.partners if each.name == partner), "")
    return before if before in world.settings.folders else ""


def _candidates(name: str, job: str) -> list[str]:
    """Names for a file that is put back, the best first: its own if it fits, as much of its end as does, the job's."""
    own = os.path.basename(name).lstrip(".~") or f"{job}.edi"
    end = own.encode("utf-8", "replace")[-(LONGEST - len(job) - 1) :].decode("utf-8", "ignore")
    return [each for each in (own, f"{job}-{end}", f"{job}.edi") if len(os.fsencode(each)) <= LONGEST]


def release(world: World, ledger: Ledger, what: str) -> None:
    """Let a waiting or held file be read as it is; ``what`` is its name in in/ (FOLDER/NAME for a partner) or its job.

    It is the file that is let through, not its name: if it is gone or has changed, nothing is.
    """
    what, rules = names.shown(what), world.settings.rules
    there = [
        (names.shown(name), folder, stat, ready.barred(name, stat, rules))
        for folder in ("", *world.settings.folders)
        for name, stat in world.disk.entries(world.layout("in", folder))
    ]
    called = [each for each in there if what in (each[0], os.path.join(each[1], each[0]))]
    permits = [ready.mark(stat) for _, _, stat, why in called if not why]
    held = bool(ledger.rows("SELECT 1 FROM job WHERE id = ? AND state = 'CLAIMED'", what))
    permits += [what] if held else []
    if not permits and called:
        raise UpkeepError(f"no scan takes it: {called[0][3]}")
    if not permits:
        raise UpkeepError("nothing of that name waits in in/, and no job of that id is held")
    present = {ready.mark(stat) for _, _, stat, _ in there}
    with ledger.writing():
        for lapsed in (each for each in ledger.permitted() if "." in each and each not in present):
            ledger.put("DELETE FROM permit WHERE what = ?", lapsed)
        for permit in permits:
            ledger.put("INSERT OR REPLACE INTO permit VALUES (?, ?)", permit, world.at)
        ledger.note(world.at, what if held else "", "release")


def forget(world: World, ledger: Ledger, number: str, sender: str) -> int:
    """Let an ISA13 of a sender (ISA06) come again, and the BHT03 in its files; how many interchanges are forgotten."""
    padded, sender = names.shown(number).zfill(9), names.shown(sender)
    with ledger.writing():
        ledger.put(
            "UPDATE batch SET key = x'' WHERE job IN "
            "(SELECT job FROM interchange WHERE number = ? AND sender = ? AND taken = 1)", padded, sender,
        )  # fmt: skip
        done = ledger.put(
            "UPDATE interchange SET taken = 0 WHERE number = ? AND sender = ? AND taken = 1", padded, sender
        )
        if done.rowcount:
            ledger.note(world.at, "", "forget", number=padded, count=done.rowcount)
    if not done.rowcount:
        raise UpkeepError("no interchange of that number and sender was taken")
    return done.rowcount


def backup(disk: Disk, ledger: Ledger, target: str) -> None:
    """Copy the ledger as it is now into a new file, whose name is seen when it is whole.

    UpkeepError when that file cannot be made; told to end (SIGINT, SIGTERM), nothing of it stays.
    """
    part = f"{target}.part"
    if os.path.lexists(target):
        raise UpkeepError("there is a file of that name already: give another")
    try:
        disk.unlink(part)  # of a copy that was killed
        disk.write(part, [])  # for its owner alone before anything is in it
    except FileNotFoundError:
        raise UpkeepError("the folder of that file is not there: make it, or give another") from None
    except OSError as error:
        raise UpkeepError(f"that file cannot be made: {error.strerror}; give another") from None
    try:
        with _told_to_end() as told:
            ledger.copy(part, lambda: bool(told))
        disk.sync([part])
        disk.rename(part, target)
        disk.sync([os.path.dirname(target) or "."])
    except sqlite3.OperationalError as error:
        disk.unlink(part)
        if told:
            raise SystemExit(128 + told[0]) from None
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise UpkeepError("there is no room for that file: make some, or give another place") from None
        raise
    except BaseException:
        disk.unlink(part)
        raise


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """The signals by which somebody asks us to end, as they come."""
    told: list[int] = []
    before = {each: signal.signal(each, lambda number, _: told.append(number)) for each in (SIGINT, SIGTERM)}
    try:
        yield told
    finally:
        for each, way in before.items():
            signal.signal(each, way)
