"""The gateway's part of ``edi837.toml``: ``[gateway]``, ``[folders]`` and ``[partner.NAME]``.

Enters: the file in the root, and the terms that hold for everybody. Leaves: `Settings`. Every fault is told
at once. A key that is not there has the value below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from edi837 import config
from edi837.companion import Guides
from edi837.gateway import names, rights
from edi837.gateway.layout import FOLDERS
from edi837.gateway.probe import Ends
from edi837.gateway.ready import Rules
from edi837.maps import GrammarError
from edi837.problems import Problems
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
PARTNER = ("isa06", "gs02", "folder", "policies", "overlays", "duplicates", "batches", "names", "replies")
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
    def rights(self) -> rights.Rights:
        """Of files in out/. ValueError: see `rights.read`."""
        return rights.read(self.out_mode, self.out_group)

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


KEYS = tuple(each for each in fields(Settings) if "says" in each.metadata)


def read(path: Path, terms: Terms, over: Mapping[str, object] | None = None) -> Settings:
    """The settings of a file; ``terms`` are the general ones.

    ``over`` are keys that go before those of the file, and then there need be none. PolicyError names all that is wrong.
    """
    problems = Problems(path.name)
    tables = config.tables_of(path) if over is None or path.exists() else {}
    said = {**config.table(tables, "gateway", problems), **(over or {})}
    keys = {each.name: each.default for each in KEYS}
    config.known(said, keys, "gateway", problems)
    values = {key: _value(key, said[key], keys[key], problems) for key in said if key in keys}
    settings = Settings(**values, terms=terms, named=named(tables, problems))
    if wrong := names.fault(settings.names):
        problems.add(0, "gateway", f"names {wrong}")
    try:
        _ = settings.rights, loopback(settings.http)
    except ValueError as error:
        problems.add(0, "gateway", str(error))
    loaded = config.Loaded(path.parent, problems)
    partners = [
        _partner(name, table, settings, loaded, path.parent, problems)
        for name, table in config.table(tables, "partner", problems).items()
    ]
    _apart(partners, problems)
    problems.settle()
    return replace(settings, partners=tuple(partners))


def named(tables: Mapping[str, object], problems: Problems) -> dict[str, str]:
    """[folders]: the names of the folders that are not called as here."""
    said = config.table(tables, "folders", problems)
    config.known(said, FOLDERS, "folders", problems)
    found = {key: name for key, name in said.items() if key in FOLDERS and isinstance(name, str)}
    if len(found) < len(said) or any(name != names.sifted(name) for name in found.values()):
        problems.add(0, "folders", "each is one name of letters, digits, _ and -")
        return {}
    if len({found.get(key, key) for key in FOLDERS}) < len(FOLDERS):
        problems.add(0, "folders", "two are of one name")
    return found


def loopback(address: str) -> tuple[str, int] | None:
    """Host and port of an address of this machine's own, None for none. ValueError says what it must be."""
    if not address:
        return None
    host, _, port = address.rpartition(":")
    try:
        if not ip_address(host.strip("[]")).is_loopback or not 0 <= int(port) < 1 << 16:
            raise ValueError
    except ValueError:
        raise ValueError("http is an address of this machine's own and a port: 127.0.0.1:9837") from None
    return host.strip("[]"), int(port)


def _action(key: str, value: object, default: Action) -> Action | None:
    """A word, or a table of words by usage; None when it is neither."""
    if isinstance(value, str):
        return value if value in WORDS[key] else None
    if not isinstance(value, Mapping) or value.keys() - {"P", "T"} or any(v not in WORDS[key] for v in value.values()):
        return None
    return {usage: value.get(usage, action(default, usage)) for usage in "PT"}


def _value(key: str, value: object, default: Any, problems: Problems) -> Any:
    """A value if it is of the type of its default and in its range, else the default."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            problems.add(0, "gateway", f"{key} is true or false")
        return value is True
    if isinstance(default, tuple):
        return tuple(config.texts(value, f"gateway: {key}", problems))
    if key in BY_USAGE:
        said = _action(key, value, default)
        if said is None:
            problems.add(0, "gateway", BY_USAGE[key])
        return default if said is None else said
    if isinstance(default, str):
        if not isinstance(value, str) or (key in WORDS and value not in WORDS[key]):
            problems.add(0, "gateway", f"{key} is {' or '.join(map(repr, WORDS.get(key, ('a text',))))}")
            return default
        return value
    kinds = (int, float) if isinstance(default, float) else (int,)
    least = LEAST.get(key, 0)
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
    config.known(table, PARTNER, where, problems)
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
    actions = {"duplicates": settings.duplicates, "batches": settings.batches}
    for key, general in actions.items():
        said = _action(key, table.get(key, general), general)
        if said is None:
            problems.add(0, where, BY_USAGE[key])
        else:
            actions[key] = said
    texts = {"folder": "", "names": settings.names}
    for key in texts:
        value = table.get(key, texts[key])
        if isinstance(value, str):
            texts[key] = value
        else:
            problems.add(0, where, f"{key} is a text")
    if texts["folder"] and texts["folder"] != names.sifted(texts["folder"]):
        problems.add(0, where, "folder is one name of letters, digits, _ and -")
    if wrong := names.fault(texts["names"]):
        problems.add(0, where, f"names {wrong}")
    gs02 = tuple(config.texts(table.get("gs02", []), f"{where}: gs02", problems))
    return Partner(name, senders, gs02, **texts, **actions, terms=terms)  # type: ignore[arg-type]


def _apart(partners: list[Partner], problems: Problems) -> None:
    """No two profiles may be for the same sender."""
    whose: dict[tuple[str, str], str] = {}
    for partner in partners:
        for sender in partner.isa06:
            for application in partner.gs02 or ("",):
                other = whose.setdefault((sender, application), partner.name)
                if other != partner.name:
                    problems.add(0, f"partner.{partner.name}", f'isa06 "{sender}" is partner.{other}\'s already')
