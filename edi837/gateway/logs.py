"""Log lines: one JSON object each, with keys and events of closed lists. No value of a file, no exception text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

EVENTS = frozenset((
    "started", "stopping", "stopped", "reloaded", "not_reloaded", "worker_started", "worker_ended", "worker_killed",
    "claimed", "adopted", "held", "answered", "duplicate", "quarantined", "attempt_failed", "trouble", "recovered",
    "ignored", "backpressure", "not_scanned", "marker_stays", "ledger_gone",
))  # fmt: skip
KEYS = frozenset((
    "worker", "job", "size", "claims", "rejected", "answers", "folder", "reason", "attempts", "seconds", "count",
    "error", "at", "errno", "code", "status", "partner", "inode",
))  # fmt: skip


class Log:
    """Writes events; ``write`` takes one line, ``now`` is the clock."""

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime], worker: str = "") -> None:
        self._write, self._now, self._worker = write, now, worker

    def of(self, worker: str) -> Log:
        """The same log, for a worker."""
        return Log(self._write, self._now, worker)

    def __call__(self, event: str, **said: int | float | str) -> None:
        """Write one event."""
        if event not in EVENTS or said.keys() - KEYS:
            raise ValueError(f"{event} with {sorted(said)} is not on the list")
        head = {"time": self._now().isoformat(timespec="milliseconds"), "event": event}
        if self._worker:
            head["worker"] = self._worker
        self._write(json.dumps({**head, **said}))


def where(error: BaseException) -> str:
    """File and line at which an error arose; never what it says, for that may hold a patient's value."""
    at: TracebackType | None = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else ""
