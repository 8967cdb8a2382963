"""The cases of a policy: claims in shorthand, with every finding they should give.

Enters: the text of a cases file, a TOML list of ``[[case]]``, and the edits of its policy. Leaves:
`Case`s, each readable as claims, and what is wrong with them. A policy's cases are complete when
every edit has one that breaks it and one that holds it: the lines are there, and nothing is found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from edi837 import headings, sample, shorthand
from edi837.edit import Edit
from edi837.problems import Problems, nearest
from edi837.shorthand import ShorthandError, ToldClaim

EXPECTED = {"rejects": "reject", "warns": "warn", "unknown": "unknown"}  # key of a case: action of a finding
_KEYS = ("name", "profile", "on", "forms", "lines", *EXPECTED)
_TOP = ("case", "year", "payer", "forms")
_FORMS = ("837P", "837I")
_LABEL = re.compile(r"(?P<id>\S+)(?: claim (?P<claim>\d+))?(?: line (?P<line>\d+))?\Z")


@dataclass(frozen=True)
class Case:
    """Claims, and what a policy should find on them."""

    name: str
    lines: tuple[str, ...]  # in shorthand
    expected: Mapping[str, tuple[str, ...]]  # action: labels, as ``042-A03 claim 2 line 1``
    profile: str = ""  # of the policy; empty: its number. NUMBER-all: every edit, those that are off too
    on: frozenset[str] = frozenset()  # edits that are off, and on for this case
    year: int = shorthand.YEAR  # of dates without one
    row: int = 0  # line of the cases file
    forms: frozenset[str] = frozenset(_FORMS)  # in which it is tried, as far as it can be written so

    @cached_property
    def claims(self) -> list[ToldClaim]:
        """The claims; ShorthandError when they cannot be read."""
        return shorthand.told(self.lines, self.year)

    @property
    def kinds(self) -> str:
        """The guides it can be written in, P and I."""
        return "".join(kind for kind in sample.kinds(self.claims) if f"837{kind}" in self.forms)

    @cached_property
    def named(self) -> dict[str, str]:
        """The edits it expects a finding of, and the weightiest action of each."""
        return {label.split()[0]: action for action in ("unknown", "warn", "reject") for label in self.expected[action]}

    def breaks(self, id: str) -> bool:
        """Whether it expects a breach of this edit."""
        return self.named.get(id, "unknown") != "unknown"

    def holds(self, edit: Edit) -> bool:
        """Whether it has all that the edit asks about, and expects nothing of it."""
        return edit.id not in self.named and all(self._has(edit, name) for name in edit.check.wakes)

    def _has(self, edit: Edit, name: str) -> bool:
        words = edit.words.get(name)
        if isinstance(words, tuple):
            words = frozenset().union(*(one | rest for one, rest in words))
        if isinstance(words, Mapping):
            words = frozenset(words)
        if not words or not isinstance(words, frozenset):
            return True
        need = 2 if name in edit.check.twice else 1
        return sum(not words.isdisjoint(words_of_line) for words_of_line in self._words) >= need

    @cached_property
    def _words(self) -> list[tuple[str, ...]]:
        return [(each.code or f"rev:{each.revenue}", *each.modifiers) for claim in self.claims for each in claim.lines]

    def labels(self, action: str, kind: str, edits: Iterable[Edit]) -> list[str]:
        """What is expected of one action when it is sent as an 837 of this kind."""
        form = f"837{kind}"
        other = {edit.id for edit in edits if edit.only not in ("", form)}
        softer = {edit.id for edit in edits if form in edit.warn_only}  # there it only warns
        labels = [label for label in self.expected[action] if action != "reject" or label.split()[0] not in softer]
        if action == "warn":
            labels += [label for label in self.expected["reject"] if label.split()[0] in softer]
        return sorted(label for label in labels if label.split()[0] not in other)


def read(source: str, problems: Problems) -> tuple[Case, ...]:
    """The cases of a file; what is wrong with them is added to ``problems``."""
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        problems.add(0, "", f"is not TOML: {error}")
        return ()
    except RecursionError:
        problems.add(0, "", "is nested too deeply")
        return ()
    for key in tables:
        if key not in _TOP:
            problems.add(0, "", f'unknown table "{key}"{nearest(key, _TOP)}')
    year, written = tables.get("year", shorthand.YEAR), tables.get("case", [])
    payer, forms = tables.get("payer", ""), tables.get("forms", list(_FORMS))
    if type(year) is not int:
        problems.add(0, "", "year is a number, as 2024")
        year = shorthand.YEAR
    if not isinstance(payer, str) or len(payer.split()) > 1:
        problems.add(0, "", 'payer is the id of a payer, as payer = "PAYER042"')
        payer = ""
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        problems.add(0, "", "a case is written [[case]]")
        return ()
    rows = headings.of(written, "case", headings.rows(source))
    laid = ({"forms": forms, **each} for each in written)
    found = [_case(each, row, year, payer, problems) for each, row in zip(laid, rows, strict=True)]
    names: set[str] = set()
    for case in found:
        if case.name in names:
            problems.add(case.row, _where(case), "there is a case of this name already")
        names.add(case.name)
    return tuple(found)


def _case(table: Mapping[str, object], row: int, year: int, payer: str, problems: Problems) -> Case:
    name = table.get("name")
    where = f'case "{name}"' if name else "case"
    if not isinstance(name, str) or not name.strip():
        problems.add(row, "case", 'name is missing, or no text in quotes: name = "..."')
    for key in table:
        if key not in _KEYS:
            problems.add(row, where, f'unknown key "{key}"{nearest(key, _KEYS)}')
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("lines", "on", "forms", *EXPECTED):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            problems.add(row, where, f'{key} is a list of texts: {key} = ["..."]')
            value = []
        lists[key] = tuple(value)
    for form in lists["forms"]:
        if form not in _FORMS:
            problems.add(row, where, f'forms has "{form}"; there are {" and ".join(_FORMS)}')
    expected = {action: lists[key] for key, action in EXPECTED.items()}
    lines = tuple(_for_payer(lists["lines"], payer)) if payer else lists["lines"]
    case = Case(
        str(name), lines, expected, str(table.get("profile", "")), frozenset(lists["on"]), year, row,
        frozenset(lists["forms"]),
    )  # fmt: skip
    faults = [f"lines: {fault}" for fault in _unsent(case)] or list(_places(case))
    for fault in faults:
        problems.add(row, where, fault)
    return case


def _unsent(case: Case) -> Iterator[str]:
    """Why the claims of a case cannot be read; else why they can be sent in no guide."""
    unread = list(shorthand.faults(case.lines, case.year))
    yield from unread or sample.faults(case.claims)
    if unread:
        return
    try:
        if not case.kinds:
            yield "it can be sent in no guide"
    except ShorthandError as error:
        yield str(error)  # of the claims together; what is said already is said once


def _for_payer(lines: Sequence[str], payer: str) -> Iterator[str]:
    """The lines, each claim for this payer where it names none."""
    if lines and not shorthand.begins_claim(lines[0]):
        yield f"claim payer {payer}"
    for line in lines:
        yield f"{line} payer {payer}" if shorthand.begins_claim(line) and " payer" not in line else line


def _places(case: Case) -> Iterator[str]:
    """Labels that are none, or name a claim or a line that is not there."""
    for label in (label for labels in case.expected.values() for label in labels):
        match = _LABEL.match(label)
        if not match:
            yield f'"{label}" is no finding, as "042-A03 line 2" or "042-A03 claim 2 line 1"'
            continue
        if (len(case.claims) > 1) != bool(match["claim"]):
            yield f'"{label}": a claim is named, as claim 2, when there are several, and only then'
            continue
        at = int(match["claim"] or 1)
        if not 1 <= at <= len(case.claims) or not 0 < int(match["line"] or 1) <= len(case.claims[at - 1].lines):
            yield f'"{label}": there is no such claim or line'


def verify(
    cases: Sequence[Case], ids: Sequence[str], asked: Mapping[str, Container[str]], problems: Problems
) -> None:
    """Verify that cases name edits and profiles there are, and edits that are asked.

    ``ids``: all edits of the policy, on and off; ``asked``: those that are on, for each profile. An
    empty profile is the policy's number.
    """
    for case in cases:
        where = _where(case)
        if case.profile not in asked:
            near = nearest(case.profile, filter(None, asked))
            problems.add(case.row, where, f'unknown profile "{case.profile}"{near}')
        for id in sorted({*case.named, *case.on}):
            if id not in ids:
                problems.add(case.row, where, f'unknown edit "{id}"{nearest(id, ids)}')
            elif case.profile in asked and id in case.named and not is_asked(case, id, asked):
                problems.add(case.row, where, f'{id} is off here: say on = ["{id}"] to switch it on for this case')


def is_asked(case: Case, id: str, asked: Mapping[str, Container[str]]) -> bool:
    """Whether an edit is on for a case."""
    return id in case.on or id in asked.get(case.profile, ())


def lacking(
    cases: Sequence[Case], edits: Sequence[Edit], asked: Mapping[str, Container[str]]
) -> Iterator[tuple[Edit, str]]:
    """Edits that no case breaks, or none holds, and which of the two."""
    for edit in edits:
        if not any(case.breaks(edit.id) for case in cases):
            yield edit, "breaks"
        if not any(case.holds(edit) and is_asked(case, edit.id, asked) for case in cases):
            yield edit, "holds"


def _where(case: Case) -> str:
    return f'case "{case.name}"'
