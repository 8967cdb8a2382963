"""The folders of a gateway, by name. The outer ones may be called otherwise; the ledger knows them by these.

::

    in/           senders drop here; the gateway lists it and renames out of it
    out/          TA1, 999 and 277CA; a name is seen only when all of it is there
    archive/YYYY/MM/DD/JOB/   original.edi, manifest.json, report.json, report.txt: answered
    error/YYYY/MM/DD/JOB/     the same: refused by a TA1 or 999
    quarantine/JOB/           original.edi, manifest.json: could not be answered, somebody must look
    .edi837/      work/WORKER.JOB.ATTEMPTS.FOLDER/NAME  stage/JOB/  ledger.db  key  workers/  status.json
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from edi837.gateway.fsops import Disk

FOLDERS = ("in", "out", "archive", "error", "quarantine")
ORIGINAL = "original.edi"
MANIFEST = "manifest.json"
SETTINGS = "edi837.toml"
HISTORY = "history.db"  # of accepted claims, in .edi837, where it is asked for


@dataclass(frozen=True, slots=True)
class Claimed:
    """A folder of work/, as its name tells."""

    worker: str
    job: str
    attempts: int = 0  # times the reading of it was begun
    folder: str = ""  # the partner's, under in/, that it came from

    @classmethod
    def read(cls, name: str) -> Claimed | None:
        """From the name of the folder; None for any other."""
        worker, job, attempts, folder = (*name.split(".", 3), "", "", "", "")[:4]
        return cls(worker, job, int(attempts), folder) if worker and job and attempts.isdecimal() else None

    @property
    def name(self) -> str:
        """The name of the folder."""
        return f"{self.worker}.{self.job}.{self.attempts}.{self.folder}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders under a root."""

    root: str
    named: Mapping[str, str] = field(default_factory=dict)  # what is called otherwise

    def __call__(self, *names: str) -> str:
        """A path under the root."""
        return os.path.join(self.root, self.told(names[0]) if names else "", *names[1:])

    def told(self, path: str) -> str:
        """A path of ours as it is on the disk, relative to the root."""
        first, slash, rest = path.partition("/")
        return self.named.get(first, first) + slash + rest

    def own(self, *names: str) -> str:
        """A path in the gateway's own part."""
        return os.path.join(self.root, ".edi837", *names)

    def work(self, claimed: Claimed) -> str:
        """Where a claimed file lies."""
        return self.own("work", claimed.name)

    def lock(self, worker: str) -> str:
        """The lock of a worker."""
        return self.own("workers", f"{worker}.lock")

    @property
    def ledger(self) -> str:
        """The ledger."""
        return self.own("ledger.db")

    def make(self, disk: Disk, partners: tuple[str, ...] = ()) -> None:
        """Make all of them that are not there; ``partners`` have folders of their own in in/ and out/."""
        os.makedirs(self.root, 0o700, exist_ok=True)
        for name in (*FOLDERS, ".edi837"):
            disk.mkdir(self(name))
        for name in ("work", "stage", "workers"):
            disk.mkdir(self.own(name))
        for partner in partners:
            disk.mkdir(self("in", partner))
            disk.mkdir(self("out", partner))
