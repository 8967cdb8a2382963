"""The gateway's part of ``edi837.toml``: ``[gateway]`` and ``[partner.NAME]``.

Enters: the file in the root, and the terms that hold for everybody. Leaves: `Settings`. Every fault is told
at once. A key that is not there has the value below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from edi837 import config
from edi837.companion import Guides
from edi837.gateway import names
from edi837.gateway.probe import Ends
from edi837.gateway.ready import Rules
from edi837.maps import GrammarError
from edi837.problems import Problems
from edi837.terms import Terms
from edi837.x12 import element

_WORDS: dict[str, tuple[str, ...]] = {
    "usage": ("P", "T", "any"), "unknown": ("accept", "reject", "quarantine"), "ready": ("auto", "marker", "rename"),
    "duplicates": ("reject", "warn", "off"), "batches": ("warn", "reject", "off"), "reports": ("archive", "out"),
}  # fmt: skip
_PARTNER = ("isa06", "gs02", "folder", "policies", "overlays", "duplicates", "batches", "names", "replies")
_LEAST = {"workers": 1, "batch": 1, "max_attempts": 1, "max_file_bytes": 1, "memory": 256, "poll": 0.05, "timeout": 1}


@dataclass(frozen=True, slots=True)
class Partner:
    """A sender that is known: whose files, on what terms, into which folder."""

    name: str
    isa06: tuple[str, ...]  # without blanks
    gs02: tuple[str, ...] = ()  # empty: any
    folder: str = ""  # under in/ and out/; empty: those themselves
    duplicates: str = "reject"
    batches: str = "warn"
    names: str = names.TEMPLATE
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is set for a gateway."""

    usage: str = "any"  # ISA15 that is taken here; any other gets TA1 R 020
    unknown: str = "accept"  # senders without a profile: accept on the general terms, reject (TA1 006), quarantine
    duplicates: str = "reject"  # an ISA13 that came before from its sender: reject (TA1 R 025), warn, off
    batches: str = "warn"  # a BHT03 that came before from its submitter: warn (in the report), reject (A3:746), off
    duplicate_days: int = 366  # how long an ISA13 and a BHT03 are remembered for that
    history: bool = False  # keep accepted claims in .edi837/history.db, for rules on frequency, ranks and duplicates
    ready: str = "auto"  # auto: whole by its own IEA; marker: a file .done or .ok beside it; rename: any visible name
    settle: float = 2.0  # seconds without change before a whole file is taken
    incomplete_after: float = 900.0  # seconds without change before a file that is not whole is answered
    include: tuple[str, ...] = ()  # patterns of names to take, none: all
    exclude: tuple[str, ...] = ()  # patterns of names to leave
    workers: int = 1  # processes
    batch: int = 16  # small files that one worker takes at a time, to share their fsyncs
    poll: float = 1.0  # seconds between scans; up to ten times as long when nothing comes
    max_attempts: int = 3  # readings begun that killed their worker or failed, before a file is put aside
    timeout: float = 900.0  # seconds for the reading of one file
    memory: int = 2048  # MiB of address space of a worker
    max_file_bytes: int = 4 << 30
    min_free: int = 1 << 30  # bytes free below which nothing new is taken
    max_out: int = 100_000  # names in an out folder above which nothing new is taken
    grace: float = 30.0  # seconds to finish what is in hand when told to stop
    names: str = names.TEMPLATE  # of answers
    reports: str = "archive"  # where report.json and .txt go: archive (beside the original) or out (with the answers)
    archive_days: int = 180  # `prune` takes originals of archive/ and error/ away after so many days
    error_days: int = 180
    partners: tuple[Partner, ...] = ()
    terms: Terms = field(default_factory=Terms)  # for senders without a profile

    @property
    def rules(self) -> Rules:
        """When a file is ready."""
        return Rules(self.ready, self.settle, self.incomplete_after, self.include, self.exclude)

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of partners under in/ and out/."""
        return tuple(dict.fromkeys(partner.folder for partner in self.partners if partner.folder))

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


def read(path: Path, terms: Terms) -> Settings:
    """The settings of a file; ``terms`` are the general ones. PolicyError names all that is wrong."""
    problems = Problems(path.name)
    tables = config.tables_of(path)
    said = config.table(tables, "gateway", problems)
    keys = {each.name: each.default for each in fields(Settings) if each.name not in ("partners", "terms")}
    config.known(said, keys, "gateway", problems)
    values = {key: _value(key, said[key], keys[key], problems) for key in said if key in keys}
    settings = Settings(**values, terms=terms)
    if wrong := names.fault(settings.names):
        problems.add(0, "gateway", f"names {wrong}")
    loaded = config.Loaded(path.parent, problems)
    partners = [
        _partner(name, table, settings, loaded, path.parent, problems)
        for name, table in config.table(tables, "partner", problems).items()
    ]
    _apart(partners, problems)
    problems.settle()
    return replace(settings, partners=tuple(partners))


def _value(key: str, value: object, default: Any, problems: Problems) -> Any:
    """A value if it is of the type of its default and in its range, else the default."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            problems.add(0, "gateway", f"{key} is true or false")
        return value is True
    if isinstance(default, tuple):
        return tuple(config.texts(value, f"gateway: {key}", problems))
    if isinstance(default, str):
        if not isinstance(value, str) or (key in _WORDS and value not in _WORDS[key]):
            problems.add(0, "gateway", f"{key} is {' or '.join(map(repr, _WORDS.get(key, ('a text',))))}")
            return default
        return value
    kinds = (int, float) if isinstance(default, float) else (int,)
    least = _LEAST.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, kinds) or value < least:
        problems.add(0, "gateway", f"{key} is a number, {least} or more")
        return default
    return type(default)(value)


def _partner(
    name: str, table: object, settings: Settings, loaded: config.Loaded, folder: Path, problems: Problems
) -> Partner:
    where = f"partner.{name}"
    if not isinstance(table, Mapping):
        problems.add(0, where, "is not a table")
        return Partner(name, ())
    config.known(table, _PARTNER, where, problems)
    senders = tuple(each.strip() for each in config.texts(table.get("isa06"), f"{where}: isa06", problems))
    terms = settings.terms
    if "policies" in table:
        terms = replace(terms, policies=loaded.policies(table["policies"], f"{where}: policies"), routes={})
    if "replies" in table:
        terms = replace(terms, replies=config.replies(config.table(table, "replies", problems), problems))
    if overlays := config.texts(table.get("overlays", []), f"{where}: overlays", problems):
        try:
            terms = replace(terms, guides=Guides.read([folder / each for each in overlays]))
        except (GrammarError, OSError) as error:
            problems.add(0, f"{where}: overlays", str(error))
    texts = {"folder": "", "duplicates": settings.duplicates, "batches": settings.batches, "names": settings.names}
    for key in texts:
        value = table.get(key, texts[key])
        if not isinstance(value, str) or (key in _WORDS and value not in _WORDS[key]):
            problems.add(0, where, f"{key} is {' or '.join(map(repr, _WORDS.get(key, ('a text',))))}")
        else:
            texts[key] = value
    if texts["folder"] and texts["folder"] != names.sifted(texts["folder"]):
        problems.add(0, where, "folder is one name of letters, digits, _ and -")
    if wrong := names.fault(texts["names"]):
        problems.add(0, where, f"names {wrong}")
    gs02 = tuple(config.texts(table.get("gs02", []), f"{where}: gs02", problems))
    return Partner(name, senders, gs02, terms=terms, **texts)


def _apart(partners: list[Partner], problems: Problems) -> None:
    """No two profiles may be for the same sender."""
    whose: dict[tuple[str, str], str] = {}
    for partner in partners:
        for sender in partner.isa06:
            for application in partner.gs02 or ("",):
                other = whose.setdefault((sender, application), partner.name)
                if other != partner.name:
                    problems.add(0, f"partner.{partner.name}", f'isa06 "{sender}" is partner.{other}\'s already')
