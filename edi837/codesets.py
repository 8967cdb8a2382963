"""The code sets of a policy file: lists of codes, ranges of codes and names of other sets.

Enters: the ``[codes]`` table. Leaves: frozen sets of codes. A range ``S9500..S9504`` is
every code whose number lies between; both ends have the same letters and length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edi837.problems import Problems, nearest

WIDEST = 1000  # a range beyond this is a slip of the pen

_CODE = re.compile(r"[A-Z0-9]{5}\Z")  # HCPCS
_RANGE = re.compile(r"([A-Z0-9]+)\.\.([A-Z0-9]+)\Z")
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_TAIL = re.compile(r"(.*?)([0-9]+)\Z")


class CodeSets:
    """The named sets of one file, expanded when first asked for."""

    def __init__(self, tables: Mapping[str, object], rows: Mapping[str, int], problems: Problems) -> None:
        self._tables = tables
        self._rows = rows
        self._problems = problems
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
            self._problems.add(row, where, "the set is made of itself")
            return frozenset()
        table = self._tables[name]
        if not isinstance(table, dict):
            self._problems.add(row, where, "is not a table with codes = [...]")
            return frozenset()
        for key in table:
            if key not in ("codes", "except", "unit", "says"):
                what = f'unknown key "{key}"{nearest(key, ("codes", "except", "unit", "says"))}'
                self._problems.add(row, where, what)
        if table.get("unit", "day") != "day":
            self._problems.add(row, where, 'unit is "day" (one unit is one day) or left out')
        self._making.append(name)
        codes = self.read(table.get("codes"), row, where) - self.read(table.get("except", []), row, where)
        self._making.pop()
        self._made[name] = codes
        return codes

    def read(self, words: object, row: int, where: str) -> frozenset[str]:
        """The codes meant by a set's name, or by a list of codes, ranges and names."""
        if isinstance(words, str):
            words = [words]
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            what = "codes are the name of a set, or a list of codes, ranges and names"
            self._problems.add(row, where, what)
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
                self._problems.add(row, where, f'unknown code set "{word}"{nearest(word, self._tables)}')
            else:
                self._problems.add(row, where, f'"{word}" is no code, range or name of a set')
        return frozenset(codes)

    def daily(self) -> frozenset[str]:
        """The codes one unit of which is one day."""
        sets = [name for name, table in self._tables.items() if isinstance(table, dict) and "unit" in table]
        return frozenset().union(*(self.named(name) for name in sets))

    def _range(self, low: str, high: str, row: int, where: str) -> frozenset[str]:
        text = f"{low}..{high}"
        start, end = _TAIL.match(low), _TAIL.match(high)
        if not start or not end or len(low) != len(high) or start[1] != end[1]:
            self._problems.add(row, where, f"{text}: both ends of a range have the same letters and length")
            return frozenset()
        first, last = int(start[2]), int(end[2])
        if first > last:
            self._problems.add(row, where, f"{text}: the range runs backwards")
            return frozenset()
        if last - first >= WIDEST:
            self._problems.add(row, where, f"{text}: the range is wider than {WIDEST} codes")
            return frozenset()
        return frozenset(f"{start[1]}{number:0{len(start[2])}d}" for number in range(first, last + 1))
