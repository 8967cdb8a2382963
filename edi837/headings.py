"""The rows on which the tables of a TOML file begin, for telling what is wrong with one.

Enters: the text of a file that is TOML. Leaves: rows, the first being 1, by the dotted name of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# Strings and remarks, in which a heading is none. Of the text, what they hold is left out, row ends aside.
_SAID = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_KEY = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_HEADING = re.compile(rf"[ \t]*\[\[?[ \t]*([\w-]+(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*\]\]?[ \t\r]*", re.ASCII)


def rows(source: str) -> dict[str, list[int]]:
    """Of each table, and each table it stands in, the rows of its headings: ``{"policy": [1], "edit": [9, 20]}``."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(_SAID.sub(_left, source).split("\n"), 1):
        match = _HEADING.fullmatch(line)
        if match:
            keys = [key.strip(" \t\"'") for key in re.findall(_KEY, match[1])]
            found.setdefault(".".join(keys), []).append(number)
            for count in range(1, len(keys)):
                found.setdefault(".".join(keys[:count]), [number])
    return found


def of(tables: Sequence[object], name: str, found: Mapping[str, Sequence[int]]) -> list[int]:
    """The row of each of a list of tables; 0 for each when they are not written one by one."""
    mine = list(found.get(name, ()))
    return mine if len(mine) == len(tables) else [0] * len(tables)


def _left(match: re.Match[str]) -> str:
    said = match[0]
    return "\n" * said.count("\n") if said[0] == "#" or "\n" in said else said
