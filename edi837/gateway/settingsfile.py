"""The gateway's part of ``edi837.toml``: ``[gateway]``, ``[folders]`` and ``[partner.NAME]``.

Enters: the file in the root, and the terms that hold for everybody. Leaves: `Settings`. Every fault is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from edi837 import config
from edi837.companion import Guides
from edi837.gateway import names
from edi837.gateway.layout import FOLDERS
from edi837.gateway.settings import BY_USAGE, KEYS, LEAST, WORDS, Action, Partner, Settings, action
from edi837.maps import GrammarError
from edi837.problems import Problems
from edi837.terms import Terms

_PARTNER = ("isa06", "gs02", "folder", "policies", "overlays", "duplicates", "batches", "names", "replies")
_TEXTS = {"out_mode": '"0600", "0640" or "0660", in quotes'}
_ISA06 = 15  # characters


def read(path: Path, terms: Terms, over: Mapping[str, object] | None = None) -> Settings:
    """The settings of a file; ``terms`` are the general ones.

    ``over`` are keys that go before those of the file, and then there need be none. PolicyError names every fault.
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
            wanted = " or ".join(map(repr, WORDS[key])) if key in WORDS else _TEXTS.get(key, "a text in quotes")
            problems.add(0, "gateway", f"{key} is {wanted}")
            return default
        return value
    kinds = (int, float) if isinstance(default, float) else (int,)
    least = LEAST.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < float("inf"):
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
    if any(len(each) > _ISA06 for each in senders):
        problems.add(0, f"{where}: isa06", f"has more than {_ISA06} characters: no ISA06 does")
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
