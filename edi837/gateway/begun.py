"""What was filed in a root, and whether its ledger is still there: a new one never stands beside an older one's files.

Enters: the folders. Leaves: the jobs that lie in them, with those that the ledger does not know; LedgerError where it
is gone.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress

from edi837.gateway import amiss
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import MADE, Ledger, LedgerError, reader

_JOB = re.compile(r"[0-9a-hjkmnp-tv-z]{18}")  # see `names.job`
_DAY = (re.compile(r"\d{4}"), re.compile(r"\d\d"), re.compile(r"\d\d"))

_KNOWN = "SELECT 1 FROM job WHERE id = ? UNION ALL SELECT 1 FROM event WHERE job = ? AND kind = 'found' LIMIT 1"


def filed(disk: Disk, layout: Layout) -> Iterator[tuple[str, str]]:
    """Each folder of a job in archive/, error/ and quarantine/, relative to the root, with the job's id."""
    for folder, above in (("archive", _DAY), ("error", _DAY), ("quarantine", ())):
        places = [folder]
        for level in above:
            places = [f"{place}/{name}" for place in places for name in _names(disk, layout, place, level)]
        for place in places:
            yield from ((f"{place}/{job}", job) for job in _names(disk, layout, place, _JOB))


def unknown(disk: Disk, layout: Layout, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Those of them of which the ledger has nothing: it is older than they are, or a new one."""
    for path, job in filed(disk, layout):
        if not ledger.rows(_KNOWN, job, job):
            yield path, job


def note(disk: Disk, layout: Layout, ledger: Ledger, at: str) -> int:
    """Note in the ledger what it does not know, as found at this time: whoever begins with it begins beside that."""
    found = list(unknown(disk, layout, ledger))
    with ledger.writing():
        for path, job in found:
            ledger.note(at, job, "found", path=path)
    return len(found)


def there(path: str) -> bool:
    """Whether something is at a path. OSError when that cannot be told: then it is not gone."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def holds(path: str) -> bool:
    """Whether a ledger is at a path, maybe a damaged one; a file without its tables, of one never made, is none."""
    try:
        with closing(reader(path)) as file:
            return bool(file.execute(MADE).fetchone())
    except sqlite3.Error:
        return there(path)


def heed(disk: Disk, layout: Layout) -> None:
    """LedgerError when there is no ledger though there was one: its key or its jobs are there."""
    if holds(layout.ledger):
        return
    begun = there(layout.own("key")) or any(filed(disk, layout))
    if begun and not holds(layout.ledger):  # another process may have made it while we looked
        raise LedgerError(amiss.LOST)


def _names(disk: Disk, layout: Layout, place: str, form: re.Pattern[str]) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return [name for name in disk.names(layout(place)) if form.fullmatch(name)]
    return []
