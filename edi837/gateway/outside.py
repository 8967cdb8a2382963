"""What a gateway is given from outside: time and chance, and what it tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.logs import Log
from edi837.gateway.settings import Settings


class Clock(Protocol):
    """Time and chance."""

    def moment(self) -> datetime:
        """The local time, without a zone: it dates the answers."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def wait(self, seconds: float) -> None:
        """Let time go by."""

    def token(self, length: int) -> str:
        """Digits drawn by chance."""


def stamp(moment: datetime) -> str:
    """A moment as the ledger writes it, to the millisecond."""
    return moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class World:
    """Everything a worker stands on."""

    disk: Disk
    layout: Layout
    settings: Settings
    clock: Clock
    log: Log
    host: str = ""  # this machine's id; empty: it has none

    @property
    def at(self) -> str:
        """The moment, for the ledger."""
        return stamp(self.clock.moment())


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one file of ``in/``."""

    job: str
    name: str  # as text that anything can hold
    folder: str  # archive, error, quarantine
    path: str  # the folder of the original, relative to the root
    answers: tuple[str, ...] = ()  # names in out/
    reason: str = ""  # why it is in quarantine: see `reading.REASONS`
    rejected: bool = False  # a claim was sent back


Beat = Callable[[Mapping[str, object]], None]  # what a worker tells as it goes
