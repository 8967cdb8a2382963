"""What was filed in a root, and whether its ledger is still there: a new one never stands beside an older one's files.

Enters: the folders. Leaves: the jobs that lie in them; LedgerError where their ledger is gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from edi837.gateway import amiss
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import LedgerError

_JOB = re.compile(r"[0-9a-hjkmnp-tv-z]{18}")  # see `names.job`
_DAY = (re.compile(r"\d{4}"), re.compile(r"\d\d"), re.compile(r"\d\d"))


def filed(disk: Disk, layout: Layout) -> Iterator[tuple[str, str]]:
    """Each folder of a job in archive/, error/ and quarantine/, relative to the root, with the job's id."""
    for folder, above in (("archive", _DAY), ("error", _DAY), ("quarantine", ())):
        places = [folder]
        for level in above:
            places = [f"{place}/{name}" for place in places for name in _names(disk, layout, place, level)]
        for place in places:
            yield from ((f"{place}/{job}", job) for job in _names(disk, layout, place, _JOB))


def heed(disk: Disk, layout: Layout) -> None:
    """LedgerError when there is no ledger though there was one: its key or its jobs are there."""
    if os.path.exists(layout.ledger):
        return
    begun = os.path.exists(layout.own("key")) or any(filed(disk, layout))
    if begun and not os.path.exists(layout.ledger):  # another process may have made it while we looked
        raise LedgerError(amiss.LOST)


def _names(disk: Disk, layout: Layout, place: str, form: re.Pattern[str]) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return [name for name in disk.names(layout(place)) if form.fullmatch(name)]
    return []
