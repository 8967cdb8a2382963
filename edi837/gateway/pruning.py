"""What is older than it has to be kept goes: originals first, years later what the ledger says of them.

Enters: the settings' days. Leaves: `Gone`. Files of quarantine/ never go, nor does a row that a duplicate check
or a job that is not done still needs. Where events are cut off, the ledger keeps the hash that the next one
stands on, sealed with its key, and says in an event that it was cut: the chain can be verified from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from edi837.gateway import begun
from edi837.gateway.fsops import clear
from edi837.gateway.ledger import Ledger, sealed
from edi837.gateway.outside import World

_JOBS = 500  # rows of the ledger that go in one transaction, so that workers wait for none of them long
_EVENTS = 50_000
_OLD = (
    "SELECT id, path FROM job WHERE state IN ('DONE', 'REQUEUED') AND decided <> '' AND decided < ? AND id NOT IN "
    "(SELECT replays FROM job WHERE state NOT IN ('DONE', 'REQUEUED')) ORDER BY id"
)
_STAY = (  # the first event that is not old enough, or of a job that is not done
    "SELECT min(id) FROM (SELECT min(id) AS id FROM event WHERE at >= ? UNION ALL SELECT min(event.id) FROM event "
    "JOIN job ON event.job = job.id WHERE job.state NOT IN ('DONE', 'REQUEUED'))"
)


@dataclass(slots=True)
class Gone:
    """What went, or would."""

    folders: list[str] = field(default_factory=list)  # of originals, relative to the root
    jobs: int = 0  # of the ledger, with all that was known of them
    events: int = 0


def prune(world: World, ledger: Ledger, *, dry: bool) -> Gone:
    """Clear away what is old enough; ``dry`` only tells."""
    gone = Gone(_originals(world, ledger, dry))
    days = max(world.settings.ledger_days, world.settings.duplicate_days + 1)
    last = (world.clock.moment().date() - timedelta(days=days)).isoformat()
    gone.jobs = _jobs(world, ledger, last, dry, set(gone.folders))
    gone.events = _events(world, ledger, last, dry)
    if not dry:
        with ledger.writing():
            ledger.put("DELETE FROM permit WHERE at < ?", last)
    return gone


def _originals(world: World, ledger: Ledger, dry: bool) -> list[str]:
    disk, layout, today = world.disk, world.layout, world.clock.moment().date()
    gone = []
    for folder, days in (("archive", world.settings.archive_days), ("error", world.settings.error_days)):
        last = today - timedelta(days=days)
        rows = ledger.rows(
            "SELECT id, path, pruned FROM job WHERE folder = ? AND state = 'DONE' AND decided < ? ORDER BY id",
            folder, last.isoformat(),
        )  # fmt: skip
        for row in rows:
            if disk.stat(layout(row["path"])) is None:
                continue
            gone.append(layout.told(row["path"]))
            if not dry:
                if not row["pruned"]:  # said before it is done: what is interrupted here is done the next time
                    with ledger.writing():
                        ledger.note(world.at, row["id"], "prune")
                        ledger.put("UPDATE job SET pruned = ? WHERE id = ?", world.at, row["id"])
                clear(disk, layout(row["path"]))
        gone += _strangers(world, ledger, folder, last, dry)
        if not dry:
            _empty(world, folder, last)
    return gone


def _strangers(world: World, ledger: Ledger, folder: str, last: date, dry: bool) -> Iterator[str]:
    """Originals of days before ``last`` of which the ledger has no row: they came before it, or since it was copied."""
    for path, job in begun.filed(world.disk, world.layout):
        if not path.startswith(f"{folder}/") or "-".join(path.split("/")[1:4]) >= last.isoformat():
            continue
        if not ledger.rows("SELECT 1 FROM job WHERE id = ?", job):
            yield world.layout.told(path)
            if not dry:
                with ledger.writing():
                    ledger.note(world.at, job, "prune", path=path)
                clear(world.disk, world.layout(path))


def _empty(world: World, folder: str, last: date) -> None:
    """Take away the folders of days that hold nothing any more."""
    root = Path(world.layout(folder))
    for day in sorted(root.glob("[0-9]*/[0-9]*/[0-9]*")):
        year, month, number = day.parts[-3:]
        if f"{year}-{month}-{number}" < last.isoformat() and not world.disk.names(str(day)):
            world.disk.rmdir(str(day))


def _jobs(world: World, ledger: Ledger, last: str, dry: bool, going: set[str]) -> int:
    """Rows of jobs whose originals are gone."""
    disk, layout = world.disk, world.layout
    old = [
        row["id"]
        for row in ledger.rows(_OLD, last)
        if layout.told(row["path"]) in going or disk.stat(layout(row["path"])) is None
    ]
    for at in range(0, 0 if dry else len(old), _JOBS):
        with ledger.writing():
            for job in old[at : at + _JOBS]:
                for table in ("output", "interchange", "batch"):
                    ledger.put(f"DELETE FROM {table} WHERE job = ?", job)  # noqa: S608 - a word of ours
                ledger.put("DELETE FROM job WHERE id = ?", job)
    return len(old)


def _events(world: World, ledger: Ledger, last: str, dry: bool) -> int:
    """Events from the first on, as far as all of them are old."""
    first, final = ledger.put("SELECT min(id), max(id) FROM event").fetchone()
    (stays,) = ledger.put(_STAY, last).fetchone()
    if first is None:
        return 0
    end = final + 1 if stays is None else stays
    for at in range(first, 0 if dry else end, _EVENTS):
        upto = min(at + _EVENTS, end) - 1
        with ledger.writing():
            (chain,) = ledger.put("SELECT chain FROM event WHERE id = ?", upto).fetchone()
            ledger.note(world.at, "", "cut", upto=upto, stands_on=chain)
            ledger.put("DELETE FROM event WHERE id <= ?", upto)
            ledger.put("DELETE FROM cut")
            ledger.put("INSERT INTO cut VALUES (?, ?, ?, ?)", upto, chain, last, sealed(ledger, upto, chain, last))
    return int(end - first)
