"""What is set for a gateway: every key of ``[gateway]`` with its value and what it means, and the partners.

`settingsfile` reads them from ``edi837.toml``. A key that is not there has the value below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from edi837.gateway import names, rights
from edi837.gateway.probe import Ends
from edi837.gateway.ready import Rules
from edi837.terms import Terms
from edi837.x12 import element

WORDS: dict[str, tuple[str, ...]] = {
    "usage": ("P", "T", "any"), "unknown": ("accept", "reject", "quarantine"), "ready": ("auto", "marker", "rename"),
    "duplicates": ("reject", "warn", "off"), "batches": ("warn", "reject", "off"), "reports": ("archive", "out"),
    "publish": ("rename", "copy"),
}  # fmt: skip
BY_USAGE = {
    key: f'{key} is {" or ".join(map(repr, WORDS[key]))}, or one for each usage: {{ P = "...", T = "..." }}'
    for key in ("duplicates", "batches")
}
LEAST = {"workers": 1, "batch": 1, "max_attempts": 1, "max_file_bytes": 1, "memory": 256, "poll": 0.05, "timeout": 1}


Action = str | Mapping[str, str]  # a word, or one for each usage: P, T


def action(said: Action, usage: str) -> str:
    """What is to be done with an interchange of this ISA15; one that names no usage there is is as production."""
    return said if isinstance(said, str) else said.get(usage, said["P"])


@dataclass(frozen=True, slots=True)
class Partner:
    """A sender that is known: whose files, on what terms, into which folder."""

    name: str
    isa06: tuple[str, ...]  # without blanks
    gs02: tuple[str, ...] = ()  # empty: any
    folder: str = ""  # under in/ and out/; empty: those themselves
    duplicates: Action = "reject"
    batches: Action = "warn"
    names: str = names.TEMPLATE
    terms: Terms = field(default_factory=Terms)


def key(default: Any, says: str) -> Any:
    """A key of [gateway], with what it means."""
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is set for a gateway."""

    usage: str = key("any", "ISA15 that is taken here; any other gets TA1 R 020")
    unknown: str = key("accept", "senders without a profile: accept on the general terms, reject (TA1 006), quarantine")
    duplicates: Action = key("reject", "an ISA13 that came before from its sender: reject (TA1 R 025), warn, off")
    batches: Action = key(
        "warn", "a BHT03 that came before from its submitter: warn (in the report), reject (A3:746), off"
    )
    duplicate_days: int = key(366, "how long an ISA13 and a BHT03 are remembered for that")
    history: bool = key(
        False, "keep accepted claims in .edi837/history.db, for rules on frequency, ranks and duplicates"
    )
    ready: str = key(
        "auto", "auto: whole by its own IEA; marker: a file .done or .ok beside it; rename: any visible name"
    )
    markers: tuple[str, ...] = key((".done", ".ok"), "endings of a sender's markers, where ready is marker")
    settle: float = key(2.0, "seconds without change before a whole file is taken")
    incomplete_after: float = key(900.0, "seconds without change before a file that is not whole is answered")
    include: tuple[str, ...] = key((), "patterns of names to take, none: all")
    exclude: tuple[str, ...] = key((), "patterns of names to leave")
    workers: int = key(1, "processes")
    batch: int = key(16, "small files that one worker takes at a time, to share their fsyncs")
    poll: float = key(1.0, "seconds between scans; up to ten times as long when nothing comes")
    max_attempts: int = key(3, "readings begun that killed their worker or failed, before a file is put aside")
    timeout: float = key(900.0, "seconds for the reading of one file")
    memory: int = key(2048, "MiB of address space of a worker")
    max_file_bytes: int = key(4 << 30, "larger files are quarantined; unpacked, too")
    compressed: bool = key(False, "take gzip and zip files that hold one file; else they are quarantined")
    min_free: int = key(1 << 30, "bytes free below which nothing new is taken")
    max_out: int = key(100_000, "names in an out folder above which nothing new is taken")
    grace: float = key(30.0, "seconds to finish what is in hand when told to stop")
    give_up: float = key(
        600.0, "seconds of folders that cannot be written (EACCES, EROFS) until it ends with 5; 0: never"
    )
    http: str = key("", "127.0.0.1:PORT answers /healthz, /readyz and /metrics there; nobody else's address")
    names: str = key(
        names.TEMPLATE, "of answers: {kind} and {job}, and {isa06}, {isa13}, {partner} if wanted, then .{ext}"
    )
    reports: str = key(
        "archive", "where report.json and .txt go: archive (beside the original) or out (with the answers)"
    )
    publish: str = key("rename", "copy: out/ is on another file system, and an answer may come twice after a crash")
    out_mode: str = key("0600", "of files in out/: 0640 or 0660 lets their group at them")
    out_group: str = key("", "of files in out/; a name or number, the gateway's own without it")
    archive_days: int = key(180, "`prune` takes originals of archive/ away after so many days")
    error_days: int = key(180, "the same for error/")
    ledger_days: int = key(2557, "`prune` takes what the ledger says of them away after so many days: seven years")
    named: Mapping[str, str] = field(default_factory=dict)  # [folders]: other names of in, out, archive, ...
    partners: tuple[Partner, ...] = ()
    terms: Terms = field(default_factory=Terms)  # for senders without a profile

    @property
    def rules(self) -> Rules:
        """When a file is ready."""
        return Rules(self.ready, self.settle, self.incomplete_after, self.include, self.exclude, self.markers)

    @property
    def lull(self) -> float:
        """Seconds between two scans at most, when nothing has come for long."""
        return 10 * self.poll

    @property
    def patience(self) -> float:
        """Seconds without a file taken, after which nobody waits any longer for one that is written and written."""
        return 3 * self.settle + 10

    @property
    def rights(self) -> rights.Rights:
        """Of files in out/. ValueError: see `rights.read`."""
        return rights.read(self.out_mode, self.out_group)

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of partners under in/ and out/."""
        return tuple(dict.fromkeys(partner.folder for partner in self.partners if partner.folder))

    @property
    def remembers(self) -> bool:
        """Whether accepted claims are kept."""
        return any(terms.history for terms in (self.terms, *(partner.terms for partner in self.partners)))

    def remembering(self, history: Path) -> Settings:
        """The same, with accepted claims kept in ``history`` where that is asked for and no other store is named."""
        if not self.history or self.terms.history:
            return self
        partners = (replace(each, terms=replace(each.terms, history=history)) for each in self.partners)
        return replace(self, terms=replace(self.terms, history=history), partners=tuple(partners))

    def partner(self, ends: Ends) -> Partner | None:
        """Whose file it is, by ISA06 and GS02 of its first interchange; the narrower profile first."""
        mine = [each for each in self.partners if ends.sender in each.isa06]
        for partner in mine:
            if partner.gs02 and element(ends.gs, 2).strip() in partner.gs02:
                return partner
        return next((each for each in mine if not each.gs02), None)


KEYS = tuple(each for each in fields(Settings) if "says" in each.metadata)
