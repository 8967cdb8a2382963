"""Where is my file? And is everything that was ever written still as it was?

Enters: the ledger and the folders. Leaves: rows for `list`, the whole life of a file for `show`, and for
`verify` every difference between what is written in the ledger and what lies in the folders.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from typing import Any

from edi837.gateway import begun, names
from edi837.gateway.layout import MANIFEST, ORIGINAL, Claimed
from edi837.gateway.ledger import Ledger, link, sealed
from edi837.gateway.outside import World
from edi837.gateway.steps import called
from edi837.terms import digest

_LIST = (
    "SELECT id AS job, name, state, folder, reason, partner, claims, rejected, size, claimed, done FROM job "
    "{where} ORDER BY id DESC LIMIT ?"
)
_STUCK = "WHERE state NOT IN ('DONE', 'REQUEUED') OR folder = 'quarantine' AND state = 'DONE'"
_OURS = "SELECT id FROM job WHERE numbers > 0 AND CAST(? AS INTEGER) BETWEEN first AND first + numbers - 1"
_OUTPUT = "SELECT kind, folder, name, size, sha256 FROM output WHERE job = ? ORDER BY rowid"
_MISSING, _OTHER = "is missing", "is not what it was"
_SAME = ("name", "size", "sha256", "folder", "reason", "partner", "attempts", "replays", "claims", "rejected")


def listed(ledger: Ledger, *, folder: str = "", stuck: bool = False, most: int = 50) -> list[dict[str, Any]]:
    """The latest jobs, newest first; of one folder, or those that are not done (``stuck``)."""
    if stuck:
        rows = ledger.rows(_LIST.format(where=_STUCK), most)
    elif folder:
        rows = ledger.rows(_LIST.format(where="WHERE folder = ?"), folder, most)
    else:
        rows = ledger.rows(_LIST.format(where=""), most)
    return [dict(row) for row in rows]


def find(ledger: Ledger, what: str) -> list[str]:
    """The jobs of an id, a file's name, an ISA13, a SHA-256, a control number of ours, or the name of an answer."""
    what = names.shown(what)  # as the ledger has them
    queries = [
        ("SELECT id FROM job WHERE id = ?", what), ("SELECT id FROM job WHERE name = ?", what),
        ("SELECT id FROM job WHERE sha256 = ?", what.lower()), ("SELECT job FROM output WHERE name = ?", what),
    ]  # fmt: skip
    if what.isdecimal() and len(what) <= 9:
        queries.append(("SELECT job FROM interchange WHERE number = ?", what.zfill(9)))
        queries.append((_OURS, str(int(what))))
    found = [str(row[0]) for query, value in queries for row in ledger.rows(query, value)]
    return list(dict.fromkeys(found))


def life(world: World, ledger: Ledger, job: str) -> dict[str, Any]:
    """All that is known of a job, and where its files are now."""
    row = dict(ledger.rows("SELECT * FROM job WHERE id = ?", job)[0])
    original = world.layout(row["path"], ORIGINAL) if row["path"] else ""
    outputs = [dict(each) for each in ledger.rows(_OUTPUT, job)]
    for each in outputs:
        path = world.layout(each["folder"] or row["path"], each["name"])
        each["there"] = world.disk.stat(path) is not None
    return {
        **row,
        "original": original if original and world.disk.stat(original) is not None else _claimed(world, job),
        "interchanges": [dict(each) for each in ledger.rows(
            "SELECT sender, number, usage, taken, code FROM interchange WHERE job = ?", job)],
        "sets": [dict(each) for each in ledger.rows("SELECT st02, claims, refused FROM batch WHERE job = ?", job)],
        "outputs": outputs,
        "events": [{"at": e["at"], "kind": e["kind"], **json.loads(e["detail"])} for e in ledger.rows(
            "SELECT at, kind, detail FROM event WHERE job = ? ORDER BY id", job)],
    }  # fmt: skip


def _claimed(world: World, job: str) -> str:
    """The path of a file in work/."""
    for name in world.disk.names(world.layout.own("work")):
        claimed = Claimed.read(name)
        if claimed and claimed.job == job:
            work = world.layout.work(claimed)
            return next((os.path.join(work, each) for each in world.disk.names(work)), "")
    return ""


def differences(world: World, ledger: Ledger) -> Iterator[str]:
    """What is not as it was written, a sentence each."""
    for row in ledger.rows("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield "ledger: integrity_check finds damage; restore a backup"
    yield from _chain(ledger)
    pruned = {row["job"] for row in ledger.rows("SELECT job FROM event WHERE kind = 'prune'")}
    (since,) = ledger.put("SELECT coalesce(max(at), '') FROM cut").fetchone()  # events before it are gone
    for row in ledger.rows("SELECT * FROM job WHERE state = 'DONE' ORDER BY id"):
        if row["id"] not in pruned and not row["decided"] <= row["pruned"] < since:
            yield from _files(world, ledger, dict(row))
        yield from _answers(world, ledger, row["id"])
    yield from _unknown(world, ledger)
    yield from _numbers(ledger)


def _unknown(world: World, ledger: Ledger) -> Iterator[str]:
    """Files of jobs of which the ledger has nothing."""
    for path, job in begun.unknown(world.disk, world.layout, ledger):
        yield (
            f"job {job}: {path} is not in the ledger; if that was restored from a backup, no number given since "
            "may be given again: `edi837 gateway init DIR --control N`, which notes such files as found"
        )


def _chain(ledger: Ledger) -> Iterator[str]:
    """Every event stands on the one before, the first of them on where the ledger was cut."""
    before, cut = "", ledger.rows("SELECT * FROM cut")
    if cut:
        before = cut[0]["chain"]
        told = [json.loads(row["detail"]) for row in ledger.rows("SELECT detail FROM event WHERE kind = 'cut'")]
        ours = cut[0]["seal"] == sealed(ledger, cut[0]["event"], before, cut[0]["at"])
        if not ours or {"upto": cut[0]["event"], "stands_on": before} not in told:
            yield "ledger: where it was cut was changed, or another than `prune` cut it"
    for row in ledger.rows("SELECT * FROM event ORDER BY id"):
        if row["chain"] != link(before, row["at"], row["job"], row["kind"], row["detail"]):
            yield f"event {row['id']}: the chain of hashes breaks here; a row was changed, added or taken away"
        before = row["chain"]


def _files(world: World, ledger: Ledger, row: dict[str, Any]) -> Iterator[str]:
    """The original, and what lies beside it."""
    beside = [out for out in ledger.rows(_OUTPUT, row["id"]) if not out["folder"]]
    for name, sha256 in ((ORIGINAL, row["sha256"]), *((out["name"], out["sha256"]) for out in beside)):
        if told := _now(world, world.layout(row["path"], name), sha256):
            yield f"job {row['id']}: {row['path']}/{name} {told}"
    known = any(out["kind"] == "manifest" for out in beside)
    if not known and (told := _manifest(world, ledger, row)):
        yield f"job {row['id']}: {row['path']}/{MANIFEST} {told}"


def _answers(world: World, ledger: Ledger, job: str) -> Iterator[str]:
    """What was published and has not been fetched."""
    for out in ledger.rows(_OUTPUT, job):
        if out["folder"]:
            told = (_now(world, world.layout(out["folder"], name), out["sha256"]) for name in called(out["name"], job))
            first = next(told)
            if first not in ("", _MISSING) and "" not in told:  # another's file may stand there, and ours beside it
                yield f"job {job}: {out['folder']}/{out['name']} {first}"


def _now(world: World, path: str, sha256: str) -> str:
    """How a file is not as it was; empty when it is. Without a hash it is enough that it is there."""
    if not sha256:
        return _MISSING if world.disk.stat(path) is None else ""
    try:
        with world.disk.open(path) as stream:
            return "" if digest(stream).hex() == sha256 else _OTHER
    except FileNotFoundError:
        return _MISSING
    except OSError as error:
        return _OTHER if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"


def _manifest(world: World, ledger: Ledger, row: dict[str, Any]) -> str:
    """How a manifest whose hash an older version did not keep is at odds with the ledger."""
    try:
        with world.disk.open(world.layout(row["path"], MANIFEST)) as stream:
            said = json.load(stream)
    except FileNotFoundError:
        return _MISSING
    except (OSError, ValueError):
        return _OTHER
    frames = ledger.rows("SELECT number, usage, code AS ta1 FROM interchange WHERE job = ? ORDER BY rowid", row["id"])
    keys = ("kind", "name", "size", "sha256")
    known = {
        "job": row["id"], **{key: row[key] for key in _SAME}, "decided": row["decided"][:19],
        "interchanges": [dict(frame) for frame in frames],
        "outputs": [{key: out[key] for key in keys} for out in ledger.rows(_OUTPUT, row["id"])],
    }  # fmt: skip
    return "" if isinstance(said, dict) and {key: said.get(key) for key in known} == known else _OTHER


def _numbers(ledger: Ledger) -> Iterator[str]:
    """No control number was given twice."""
    last = 0
    for row in ledger.rows("SELECT id, first, numbers FROM job WHERE numbers > 0 ORDER BY first"):
        if row["first"] <= last:
            yield f"job {row['id']}: control number {row['first']} was given before"
        last = max(last, row["first"] + row["numbers"] - 1)
