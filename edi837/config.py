"""The operator's settings: which policies judge which payer's claims, and what the 277CA is to look like.

Enters: a TOML file. Leaves: `Config`. Every fault of the file is told at once (PolicyError); the keys are
those below, each with what it means::

    [policies]
    default = ["042"]            # for payers without a route; names of shipped policies, or paths of files

    [[route]]
    payers   = ["PAYER042"]      # 2010BB NM109
    policies = ["042-strict"]    # instead of the default; [] for none

    [replies]
    role          = "payer"      # or "clearinghouse": 2100A NM101, and the status of an accepted claim
    name          = "..."        # 2100A NM103 and NM109, when they are not to be read off the claims
    id            = "..."
    line_stc_date = false        # STC02 at a line: X12's own example leaves it out, some readers ask for it
    stc12_text    = false        # the reason in words in STC12: no longer in use (RFI 1465), some still read it

    [replies.instead]            # when a partner refuses a status code: what is sent instead of its STC
    735 = ["A3:21", "A3:454"]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edi837 import policyfile, rules, statuscodes
from edi837.acks import Profile, Source
from edi837.bench import apart
from edi837.problems import PolicyError, Problems, nearest
from edi837.rules import Policy

_TOP = ("policies", "route", "replies", "gateway", "folders", "partner")  # the last three are read by `gateway`
_REPLIES = ("role", "name", "id", "line_stc_date", "stc12_text", "instead")


@dataclass(frozen=True, slots=True)
class Config:
    """What is set for every file."""

    policies: tuple[Policy, ...] | None = None  # None: as the command says
    routes: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)  # by payer id
    replies: Profile = field(default_factory=Profile)


def read(path: Path) -> Config:
    """The settings of a file. PolicyError names all that is wrong with it, or with a policy it names."""
    problems, tables = Problems(path.name), tables_of(path)
    known(tables, _TOP, "", problems)
    loaded = Loaded(path.parent, problems)
    general = table(tables, "policies", problems)
    known(general, ("default",), "policies", problems)
    default = loaded.policies(general["default"], "policies: default") if "default" in general else None
    routes: dict[str, tuple[Policy, ...]] = {}
    written = tables.get("route", [])
    if not isinstance(written, list):
        problems.add(0, "route", "is written [[route]]")
        written = []
    for number, route in enumerate(written, 1):
        where = f"route {number}"
        known(route, ("payers", "policies"), where, problems)
        for payer in texts(route.get("payers"), f"{where}: payers", problems):
            if payer in routes:
                problems.add(0, where, f'payer "{payer}" has a route already')
            routes[payer] = loaded.policies(route.get("policies"), f"{where}: policies")
    said = replies(table(tables, "replies", problems), problems)
    problems.settle()
    return Config(default, routes, said)


def tables_of(path: Path) -> dict[str, object]:
    """The tables of a settings file, unread. PolicyError when it is none."""
    return policyfile.parsed(path)[0]


class Loaded:
    """Policies by name; each is loaded but once."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems
        self._known: dict[str, Policy] = {}

    def policies(self, names: object, where: str) -> tuple[Policy, ...]:
        """The policies of these names and paths."""
        found = []
        for name in texts(names, where, self._problems):
            if name == "none":  # as the commands call it
                self._problems.add(0, where, '"none" is no policy: policies = [] is for no policy at all')
                continue
            beside = name.partition("#")[0].endswith(".toml")
            try:
                if name not in self._known:
                    self._known[name] = rules.load_tried(self._folder / name if beside else name)
                found.append(self._known[name])
            except PolicyError as error:
                self._say(error, where)
        try:
            return tuple(apart(found))
        except PolicyError as error:
            self._say(error, where)
            return ()

    def _say(self, error: PolicyError, where: str) -> None:
        for problem in error.problems:
            self._problems.add(0, where, problem)


def replies(said: Mapping[str, object], problems: Problems) -> Profile:
    """The switches of the 277CA."""
    known(said, _REPLIES, "replies", problems)
    for key in ("line_stc_date", "stc12_text"):
        if not isinstance(said.get(key, False), bool):
            problems.add(0, "replies", f"{key} is true or false")
    if said.get("role", "payer") not in ("payer", "clearinghouse"):
        problems.add(0, "replies", 'role is "payer" or "clearinghouse"')
    name, id = said.get("name", ""), said.get("id", "")
    if not (isinstance(name, str) and isinstance(id, str) and bool(name) == bool(id)):
        problems.add(0, "replies", "name and id are texts, both or neither")
        name = id = ""
    instead: dict[str, tuple[str, ...]] = {}
    for status, codes in table(said, "instead", problems).items():
        where = f"replies.instead: {status}"
        if status not in statuscodes.STATUSES and not statuscodes.listed(status):
            problems.add(0, where, f"unknown status{nearest(status, statuscodes.STATUSES)}")
        instead[status] = tuple(texts(codes, where, problems))
        if codes == []:
            problems.add(0, where, f"an STC cannot be empty: say what is sent instead of {status}, or drop the row")
        for fault in statuscodes.faults(instead[status]):
            problems.add(0, where, fault)
    return Profile(
        role="clearinghouse" if said.get("role") == "clearinghouse" else "payer",
        source=Source(name, id) if name and id else None,
        line_stc_date=said.get("line_stc_date") is True,
        stc12_text=said.get("stc12_text") is True,
        instead=instead,
    )


def known(said: Mapping[str, object], keys: Collection[str], where: str, problems: Problems) -> None:
    """Note every key that there is not."""
    for key in said:
        if key not in keys:
            problems.add(0, where, f'unknown key "{key}"{nearest(key, keys)}')


def table(tables: Mapping[str, object], key: str, problems: Problems) -> dict[str, object]:
    """A table by its key; none is an empty one."""
    found = tables.get(key, {})
    if not isinstance(found, dict):
        problems.add(0, key, "is not a table")
        return {}
    return found


def texts(words: object, where: str, problems: Problems) -> list[str]:
    """A list of texts."""
    if not isinstance(words, list) or not all(isinstance(each, str) and each for each in words):
        problems.add(0, where, 'is a list of texts: ["..."]')
        return []
    return words
