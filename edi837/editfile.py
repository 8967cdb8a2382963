"""Reads one ``[[edit]]`` of a policy file and verifies every word of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Literal

from edi837 import editwords, mend, scope, statuscodes
from edi837.checks import CHECKS, Check
from edi837.codesets import CodeSets
from edi837.edit import Edit, Waiting
from edi837.editwords import strings
from edi837.problems import Problems, nearest
from edi837.scope import EVERYONE, Scope

_REQUIRED = ("id", "title", "says", "source", "check", "action", "message", "fix")
_OPTIONAL = ("rests_on", "status", "scope", "hides", "warn_only", "only", "for", "effective", "until",
             "mend", "fix_same", "on", "told_by", "explained_by")  # fmt: skip
_WAITING = ("id", "title", "says", "source", "rests_on", "on", "needs")  # the keys of an edit that cannot be asked
_FIXED = ("id", "title", "says", "source", "rests_on", "check", "hides")  # no profile changes these
_ONE_OF = {
    "source": ("explicit", "implied", "external"),
    "action": ("reject", "warn"),
    "only": ("837P", "837I"),
}
_RINGS = {
    "hides": ("hides", "none of them would ever be told", "it would never be told"),
    "explained_by": (
        "is explained by", "where all are broken, none would be told", "where two lines break it, neither would be told"
    ),
}  # fmt: skip
_KNOWN = {*_REQUIRED, *_OPTIONAL, *(each.name for check in CHECKS.values() for each in check.parameters)}


class EditReader:
    """Reads the edits of one file."""

    def __init__(
        self, number: str, codes: CodeSets, text: str | None, problems: Problems, rules: Collection[str] = (),
        ids: Collection[str] = (),
    ) -> None:  # fmt: skip
        """``text``: None when it cannot be read; then no quotation is held to it.

        ``rules``: those of the guide; none: what is named of them is not verified. ``ids``: the edits of the file.
        """
        self._number = number
        self._codes = codes
        self._text = None if text is None else plain(text)
        self._problems = problems
        self._rules = rules
        self._ids = ids

    def quote(self, says: str, row: int, where: str) -> None:
        """Verify that the policy's text has these words, whole and in this order."""
        if self._text is None:
            return
        words = plain(says)
        if len(words.split()) < 2 or not re.search(rf"(?<!\w){re.escape(words)}(?!\w)", self._text):
            self._problems.add(row, where, f"says: the policy's text has no words “{says}”")

    def read(
        self, table: Mapping[str, object], override: Mapping[str, object], row: int, profile: str
    ) -> Edit | Waiting | None:
        """The edit, with a profile's override laid over it; None when it is at fault."""
        before = len(self._problems.found)
        where = str(table.get("id") or "edit without id")
        for key in override:
            if key in _FIXED:
                self._problems.add(0, profile, f"{where}: a profile cannot change {key}")
        laid = {**table, **override}
        if "needs" in laid:
            return self._waiting(laid, row, where)
        check = self._check(laid, row, where)
        if check is None:
            return None
        self._keys(laid, check, row, where)
        words = self._words(laid, check, row, where)
        warn = laid.get("warn_only", [])
        guides = frozenset(each for each in strings(warn) if each in _ONE_OF["only"])
        rest = [each for each in warn if each not in guides] if isinstance(warn, list) else warn
        warn_only = self._codes.read(rest, row, where)
        judged = words.get("codes")
        for code in sorted(warn_only - judged if isinstance(judged, frozenset) else warn_only):
            self._problems.add(row, where, f"warn_only: {code} is none of the edit's codes")
        status = self._status(laid, row, where)
        whose = self._whose(laid.get("for", {}), row, where)
        self._templates(laid, check, row, where)
        if len(self._problems.found) > before or any(key not in laid for key in _REQUIRED):
            return None
        action: Literal["reject", "warn"] = "reject" if laid["action"] == "reject" else "warn"
        effective, until = days(laid, self._problems, row, where)
        return Edit(
            id=where, title=str(laid["title"]), says=str(laid["says"]), source=str(laid["source"]),
            rests_on=str(laid.get("rests_on", "")), check=check, words=words, action=action, status=status,
            message=str(laid["message"]), fix=str(laid["fix"]), scope=str(laid.get("scope", "line")),
            hides=frozenset(strings(laid.get("hides", []))),
            warn_only=warn_only | guides,
            only=str(laid.get("only", "")), row=row, on=bool(laid.get("on", True)), whose=whose,
            effective=effective, until=until, told_by=tuple(_listed(laid.get("told_by", []))),
            explained_by=tuple(_listed(laid.get("explained_by", []))),
            mend=mend.read(written) if isinstance(written := laid.get("mend"), dict) else None,
            fix_same=str(laid.get("fix_same", "")),
        )  # fmt: skip

    def _whose(self, words: object, row: int, where: str) -> Scope:
        if not isinstance(words, dict):
            self._problems.add(row, where, 'for is a table of conditions: for = { filing = ["CI"] }')
            return EVERYONE
        return scope.read(words, self._problems, row, f"{where}: for")

    def hides(self, table: Mapping[str, object], ids: Iterable[str], row: int) -> None:
        """Verify that what an edit hides exists."""
        for hidden in strings(table.get("hides", [])):
            if hidden not in ids:
                self._problems.add(row, str(table.get("id")), f'hides "{hidden}"{nearest(hidden, ids)}')

    def rings(self, key: str, tables: Mapping[str, Mapping[str, object]], rows: Mapping[str, int]) -> None:
        """Verify that no edit silences itself, nor do several in a ring: none of them would be told.

        ``key``: what silences, ``hides`` or ``explained_by``; ``tables``: the edits by their ids.
        """
        verb, several, itself = _RINGS[key]
        named = {id_: _listed(table.get(key, [])) for id_, table in tables.items()}
        told: set[str] = set()
        for id_ in named:
            ring = _ring(id_, named)
            if ring and id_ not in told:
                told.update(ring)
                what = f"{verb} {f', which {verb} '.join(ring)}: {several}"
                if ring == [id_]:
                    what = f"{verb} {id_}, which is itself: {itself}"
                self._problems.add(rows[id_], id_, what)

    def _check(self, table: Mapping[str, object], row: int, where: str) -> Check | None:
        if "check" not in table:
            self._problems.add(row, where, "check is missing")
            return None
        name = str(table["check"])
        if name not in CHECKS:
            self._problems.add(row, where, f'unknown check "{name}"{nearest(name, CHECKS)}')
        return CHECKS.get(name)

    def _waiting(self, table: Mapping[str, object], row: int, where: str) -> Waiting | None:
        """An edit that says what it needs to be asked."""
        before = len(self._problems.found)
        for key in table:
            if key in _WAITING:
                continue
            what = f'unknown key "{key}"{nearest(key, _WAITING)}'
            if key in _KNOWN:
                what = f'an edit that needs something is not asked, so it has no key "{key}"'
            self._problems.add(row, where, what)
        if table.get("on") is not False:
            self._problems.add(row, where, "an edit that needs something is switched off: on = false")
        self._origin(table, row, where)
        for key in ("title", "needs"):
            if not (isinstance(table.get(key), str) and str(table[key]).strip()):
                self._problems.add(row, where, f'{key} is missing, or no text in quotes: {key} = "..."')
        if len(self._problems.found) > before:
            return None
        title, says, source, rests_on, needs = (
            str(table.get(key, "")) for key in ("title", "says", "source", "rests_on", "needs")
        )
        return Waiting(where, title, says, source, rests_on, needs, row)

    def _keys(self, table: Mapping[str, object], check: Check, row: int, where: str) -> None:
        add = self._problems.add
        allowed = [*_REQUIRED, *_OPTIONAL, *(each.name for each in check.parameters)]
        for key, value in table.items():
            if key not in allowed:
                add(row, where, f'unknown key "{key}"{nearest(key, allowed)}')
            elif key in _ONE_OF and value not in _ONE_OF[key]:
                add(row, where, f'{key} is "{value}"; there are {", ".join(_ONE_OF[key])}')
            elif key in _REQUIRED and not (isinstance(value, str) and value.strip()):
                add(row, where, f'{key} is no text in quotes: {key} = "..."')
        for key in _REQUIRED:
            if key not in table:
                add(row, where, f"{key} is missing")
        for each in check.parameters:
            if each.required and each.name not in table:
                add(row, where, f"{check.name} needs {each.name}")
        scope = table.get("scope", "line")
        if scope not in check.scopes:
            given = f'scope is "{scope}"' if "scope" in table else "scope is missing"
            add(row, where, f"{given}; {check.name} looks at a {', '.join(check.scopes)}")
        self._origin(table, row, where)
        days(table, self._problems, row, where)
        for key in ("told_by", "explained_by"):
            named = _listed(table.get(key, ["-"]))
            if not named or not all(each.strip() for each in named):
                add(row, where, f"{key} is a rule of the guide, as S4-MODIFIER-TWICE, or a list of them")
            known = [*self._rules, *(self._ids if key == "explained_by" else ())]
            for rule in named if key in table and self._rules else ():
                if rule.strip() and rule not in known:
                    add(row, where, f'{key}: unknown rule "{rule}"{nearest(rule, known)}')
        if "explained_by" in table and not check.misses:
            add(row, where, "explained_by is for a check that misses a line, as requires does")
        if "mend" in table and (what := mend.fault(table["mend"])):
            add(row, where, what)
        same = table.get("fix_same", "other")
        if not (isinstance(same, str) and same.strip()) or ("fix_same" in table and "other" not in check.tells):
            add(row, where, "fix_same is a text, of a check that tells of another line")
        if not isinstance(table.get("on", True), bool):
            add(row, where, "on is true or false")
        for key in ("hides", "status"):
            if strings(table.get(key, [])) != table.get(key, []):
                add(row, where, f'{key} is a list of texts: {key} = ["..."]')

    def _origin(self, table: Mapping[str, object], row: int, where: str) -> None:
        """Verify the id, the words of the policy, and what an edit rests on."""
        add = self._problems.add
        if not re.fullmatch(rf"{re.escape(self._number)}-[A-Z][0-9]{{2}}[a-z]?", where):
            add(row, where, f"an id is the policy's number, a letter and two digits, as {self._number}-A01")
        self.quote(str(table.get("says", "")), row, where)
        if table.get("source") not in _ONE_OF["source"] and "needs" in table:
            add(row, where, f"source is one of {', '.join(_ONE_OF['source'])}")
        if table.get("source") == "external" and not str(table.get("rests_on", "")).strip():
            add(row, where, "an external edit names in rests_on the document it rests on")
        if table.get("source") != "external" and "rests_on" in table:
            add(row, where, "only an external edit has rests_on")

    def _words(self, table: Mapping[str, object], check: Check, row: int, where: str) -> dict[str, object]:
        """The words for the check, each read as its kind."""
        words: dict[str, object] = {}
        for each in check.parameters:
            if each.name in table:
                place = f"{where}: {each.name}"
                words[each.name] = editwords.read(table[each.name], each.kind, self._codes, row, place)
        for what in editwords.at_odds(words):
            self._problems.add(row, where, what)
        return words

    def _status(self, table: Mapping[str, object], row: int, where: str) -> tuple[str, ...]:
        status = strings(table.get("status", []))
        for fault in statuscodes.faults(status):
            self._problems.add(row, where, f"status: {fault}")
        if not status and table.get("action") == "reject":
            self._problems.add(row, where, "an edit that rejects has a status for the 277CA")
        return tuple(status)

    def _templates(self, table: Mapping[str, object], check: Check, row: int, where: str) -> None:
        for key in ("message", "fix", "fix_same"):
            try:
                parts = list(Formatter().parse(str(table.get(key, ""))))
            except ValueError as error:
                self._problems.add(row, where, f"{key}: {error}")
                continue
            for _, name, form, conversion in parts:
                if name is not None and (name not in check.tells or form or conversion):
                    known = sorted(check.tells)
                    near = nearest(name, known) or f"; there are {', '.join(known)}"
                    self._problems.add(row, where, f"{key}: {check.name} cannot tell {{{name}}}{near}")


def _listed(value: object) -> list[str]:
    """A text, or a list of texts, as a list; empty when it is neither."""
    return [value] if isinstance(value, str) else strings(value)


def _ring(id_: str, named: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest way from an edit by what each names back to it, its end; empty when there is none."""
    ways, reached = [[each] for each in named[id_]], set(named[id_])
    for way in ways:  # which grows
        if way[-1] == id_:
            return way
        further = [each for each in named.get(way[-1], ()) if each not in reached]
        reached.update(further)
        ways += [[*way, each] for each in further]
    return []


def days(
    table: Mapping[str, object], problems: Problems, row: int, where: str
) -> tuple[date | None, date | None]:
    """The first and the last day, ``effective`` and ``until``, that a policy or an edit is for; None: open."""
    told = [day if type(day := table.get(key)) is date else None for key in ("effective", "until")]
    for key, day in zip(("effective", "until"), told, strict=True):
        if key in table and day is None:
            problems.add(row, where, f"{key} is a date without quotes, as 2024-10-07")
    effective, until = told
    if effective and until and until < effective:
        problems.add(row, where, f"until {until} is before effective {effective}: no line would ever be judged")
    return effective, until



_STRAIGHT = {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}  # for quotation marks and apostrophes


def plain(text: str) -> str:
    """Text with single blanks and straight quotation marks: what is compared with a quotation."""
    return " ".join(text.translate(_STRAIGHT).split())
