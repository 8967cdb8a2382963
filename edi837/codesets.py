"""The code sets of a policy file: lists of codes, ranges of codes, names of other sets, rows of a table.

Enters: the ``[codes]`` table, and tables of codes as rows. Leaves: frozen sets of codes. A
range ``S9500..S9504`` is every code whose number lies between; both ends have the same
letters and length. ``rev:0261`` is the revenue code of a line without HCPCS.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from edi837.problems import Problems, nearest

WIDEST = 1000  # a range beyond this is a slip of the pen

_CODE = re.compile(r"(?:[A-Z0-9]{5}|rev:[0-9]{4})\Z")  # HCPCS, or a revenue code alone
_RANGE = re.compile(r"([A-Z0-9]+)\.\.([A-Z0-9]+)\Z")
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_TAIL = re.compile(r"(.*?)([0-9]+)\Z")


_KEYS = ("codes", "from", "where", "valid", "except", "only", "unit", "says")
_FOREVER = {"since": date.min, "until": date.max}

Row = Mapping[str, str]  # a row of a table of codes, by column


def rows_of(text: str) -> list[Row]:
    """The rows of a table of codes: CSV with a head, one of whose columns is ``code``."""
    return list(csv.DictReader(text.splitlines()))


class CodeSets:
    """The named sets of one file, expanded when first asked for."""

    def __init__(
        self, tables: Mapping[str, object], rows: Mapping[str, int], problems: Problems,
        library: Callable[[str], Sequence[Row]] = lambda name: (),
    ) -> None:  # fmt: skip
        """``library`` gives the rows of a table by its name; none when there is no such table."""
        self._library = library
        self._tables = tables
        self._rows = rows
        self.problems = problems
        self._made: dict[str, frozenset[str]] = {}
        self._making: list[str] = []
        for name in tables:
            if not _NAME.match(name):
                what = "a set is named in small letters, as per-diem"
                problems.add(rows.get(name, 0), f"codes.{name}", what)
            self.named(name)

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def named(self, name: str) -> frozenset[str]:
        """The codes of a set; empty, and a problem, when it is at fault."""
        if name in self._made:
            return self._made[name]
        row, where = self._rows.get(name, 0), f"codes.{name}"
        if name in self._making:
            self.problems.add(row, where, "the set is made of itself")
            return frozenset()
        table = self._tables[name]
        if not isinstance(table, dict):
            self.problems.add(row, where, "is not a table with codes = [...]")
            return frozenset()
        for key in table:
            if key not in _KEYS:
                self.problems.add(row, where, f'unknown key "{key}"{nearest(key, _KEYS)}')
        if table.get("unit", "day") != "day":
            self.problems.add(row, where, 'unit is "day" (one unit is one day) or left out')
        self._making.append(name)
        codes = frozenset[str]()
        if "codes" in table or "from" not in table:
            codes = self.read(table.get("codes"), row, where)
        codes |= self._drawn(table, row, where)
        if "only" in table:
            codes &= self.read(table["only"], row, where)
        codes -= self.read(table.get("except", []), row, where)
        self._making.pop()
        self._made[name] = codes
        return codes

    def read(self, words: object, row: int, where: str) -> frozenset[str]:
        """The codes meant by a set's name, or by a list of codes, ranges and names."""
        if isinstance(words, str):
            words = [words]
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            what = "codes are the name of a set, or a list of codes, ranges and names"
            self.problems.add(row, where, what)
            return frozenset()
        codes: set[str] = set()
        for word in words:
            if word in self._tables:
                codes |= self.named(word)
            elif _CODE.match(word):
                codes.add(word)
            elif span := _RANGE.match(word):
                codes |= self._range(span[1], span[2], row, where)
            elif _NAME.match(word):
                self.problems.add(row, where, f'unknown code set "{word}"{nearest(word, self._tables)}')
            else:
                self.problems.add(row, where, f'"{word}" is no code, range or name of a set')
        return frozenset(codes)

    def ends(self, name: str, row: int, where: str) -> dict[str, date]:
        """The last days of the codes of a table that have one."""
        return {
            each["code"]: date.fromisoformat(each["until"])
            for each in self._listed(name, row, where)
            if each.get("until")
        }

    def _listed(self, name: object, row: int, where: str) -> Sequence[Row]:
        rows = self._library(name) if isinstance(name, str) else ()
        if not rows:
            self.problems.add(row, where, f'there is no table of codes "{name}"')
        return rows

    def _drawn(self, table: Mapping[str, object], row: int, where: str) -> frozenset[str]:
        """The codes of a table that ``where`` asks for, in force on the day ``valid``."""
        if "from" not in table:
            for key in ("where", "valid"):
                if key in table:
                    self.problems.add(row, where, f"{key} asks of a table: from is missing")
            return frozenset()
        rows = self._listed(table["from"], row, where)
        asked = table.get("where", {})
        if not isinstance(asked, dict):
            self.problems.add(row, where, 'where is a table, as { kind = "drug" }')
            asked = {}
        for column, wanted in asked.items():
            values = wanted if isinstance(wanted, list) else [wanted]
            if rows and column not in rows[0]:
                self.problems.add(row, where, f'the table has no column "{column}"{nearest(column, rows[0])}')
                continue
            known = {each[column] for each in rows} if rows else set()
            for value in values:
                if rows and value not in known:
                    what = f'no row has {column} = "{value}"{nearest(str(value), sorted(known))}'
                    self.problems.add(row, where, what)
            rows = [each for each in rows if each[column] in values]
        day = table.get("valid")
        if day is not None and type(day) is not date:
            self.problems.add(row, where, "valid is a date without quotes, as 2024-10-07")
        elif day is not None:
            rows = [each for each in rows if _bound(each, "since") <= day <= _bound(each, "until")]
        return frozenset(each["code"] for each in rows)

    def daily(self) -> frozenset[str]:
        """The codes one unit of which is one day."""
        sets = [name for name, table in self._tables.items() if isinstance(table, dict) and "unit" in table]
        return frozenset().union(*(self.named(name) for name in sets))

    def _range(self, low: str, high: str, row: int, where: str) -> frozenset[str]:
        text = f"{low}..{high}"
        start, end = _TAIL.match(low), _TAIL.match(high)
        if not start or not end or len(low) != len(high) or start[1] != end[1]:
            self.problems.add(row, where, f"{text}: both ends of a range have the same letters and length")
            return frozenset()
        first, last = int(start[2]), int(end[2])
        if first > last:
            self.problems.add(row, where, f"{text}: the range runs backwards")
            return frozenset()
        if last - first >= WIDEST:
            what = f"{text}: the range is wider than {WIDEST} codes: write it as several ranges"
            self.problems.add(row, where, what)
            return frozenset()
        return frozenset(f"{start[1]}{number:0{len(start[2])}d}" for number in range(first, last + 1))


def _bound(row: Row, column: str) -> date:
    """First or last day of a code; long ago or far away where the table has none."""
    return date.fromisoformat(row[column]) if row.get(column) else _FOREVER[column]
