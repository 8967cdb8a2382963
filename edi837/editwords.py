"""The words an edit gives its check: each is read as its kind, or is a problem of the file.

Enters: a value of a TOML table and the kind of word that the check takes. Leaves: a set, a
number, a pattern or a table. What a policy can say is bounded here: no pattern is slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from edi837.codesets import CodeSets
from edi837.problems import nearest

T = TypeVar("T")
_CODE = "[A-Z0-9]{5}"

KINDS = {  # and what each is, for whoever wrote something else
    "Codes": "the name of a set, or a list of codes",
    "Count": "a whole number",
    "Modifiers": 'a list of words, as ["SH", "SJ"]: modifiers of two letters or digits',
    "Places": 'a list of words, as ["12", "49"]: places of service of two digits',
    "Bills": 'a list of words, as ["341", "32"]: types of bill, or how they begin, with or without a zero in front',
    "Diagnoses": 'a list of words, as ["L03115", "C"]: diagnosis codes without point, or how they begin',
    "Filings": 'a list of words, as ["MA", "16"]: claim filing indicators (SBR09)',
    "Forms": 'a list of words, as ["837P"]: forms of a claim',
    "Measures": 'a list of words, as ["ML"]: units of a drug (CTP05-1)',
    "Qualifiers": 'a list of words, as ["IV"]: qualifiers of code lists (SV101-1, SV202-1)',
    "Revenues": 'a list of words, as ["0636"]: revenue codes of four digits',
    "Sexes": 'a list of words, as ["F"]: sexes as DMG03 has them',
    "Taxonomies": 'a list of words, as ["251F00000X", "3336"]: provider taxonomy codes, or how they begin',
    "Units": 'a list of words, as ["UN", "DA"]: units of a line (SV103, SV204)',
    "Lasting": "a table of codes or modifiers and days, as { RR = 30 }",
    "Rows": 'a list of rows, as [["S9373", "S9374..S9377"]]',
    "Pattern": "a pattern of letters, classes as [0-9], and ? * + {1,3} behind them: four in all, two without end",
    "Patterns": 'a table of codes and patterns, as { S9338 = "cuvitru|hizentra" }: each as narrow as a pattern is',
    "Weights": 'a table of codes and numbers, as { 99601 = 2 } or { J1642 = "0.5" }',
    "Ends": "a table of codes and last days, as { S0073 = 2023-06-30 }, or the name of a table of codes",
    "Window": "day, week, month, or a number of days",
    "Crosswalk": 'a table of NDCs, each with its code and the units of it, as { "00409379601" = ["J0696", 4] }',
}


# The words of a kind: all there are, as the guides list them, or the form of each.
LISTED = {
    "Forms": ("837P", "837I"),
    "Measures": ("F2", "GR", "ME", "ML", "UN"),
    "Qualifiers": ("ER", "HC", "HP", "IV", "WK"),
    "Sexes": ("F", "M", "U"),
    "Units": ("UN", "DA", "MJ"),
}
_SHAPED = {
    "Bills": "0?[1-9A-Z][0-9A-Z]{0,2}",
    "Diagnoses": "[0-9A-Z]{1,7}",
    "Filings": "[0-9A-Z]{1,2}",
    "Modifiers": "[0-9A-Z]{2}",
    "Places": "[0-9]{2}",
    "Revenues": "[0-9]{4}",
    "Taxonomies": "[0-9A-Z]{1,10}",
}


def read(value: object, kind: str, codes: CodeSets, row: int, where: str) -> object:
    """The word, as a check takes it; None, and a problem, when it is not of its kind."""
    kind = kind.removesuffix(" | None")
    if kind == "Codes":
        return codes.read(value, row, where)
    if kind == "Ends" and isinstance(value, str):
        return codes.ends(value, row, where)
    if kind == "Rows" and isinstance(value, list) and value:
        if all(isinstance(line, list) and len(line) > 1 for line in value):
            return tuple((codes.read(line[0], row, where), codes.read(line[1:], row, where)) for line in value)
    elif kind in LISTED or kind in _SHAPED:
        words = strings(value)
        odd = [word for word in words if not _is_one(word, kind)]
        if words and words == value and not odd:
            return frozenset(words)
        codes.problems.add(row, where, f"is not {KINDS[kind]}{_near(odd[0], kind) if odd else ''}")
        return None
    elif (word := _READ[kind](value)) is not None:
        return word
    codes.problems.add(row, where, f"is not {KINDS[kind]}")
    return None


def at_odds(words: Mapping[str, object]) -> Iterator[str]:
    """What no claim could meet of the words of one edit, each right by itself."""
    least, most = words.get("least"), words.get("most")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield f"least is {least} and most is {most}: nothing lies between them"
    known, never = words.get("known"), words.get("never")
    if isinstance(known, frozenset) and isinstance(never, frozenset) and known & never:
        yield f"{', '.join(sorted(known & never))} stands in known and in never"


def _is_one(word: str, kind: str) -> bool:
    return word in LISTED[kind] if kind in LISTED else bool(re.fullmatch(_SHAPED[kind], word))


def _near(word: str, kind: str) -> str:
    """What is said of a word that is none of its kind."""
    if kind in LISTED:
        return f'; "{word}" is none{nearest(word.upper(), LISTED[kind])}'
    meant = re.sub("[^0-9A-Z]", "", word.upper())
    return f'; "{word}" is none' + (f'; did you mean "{meant}"?' if _is_one(meant, kind) else "")


def strings(value: object) -> list[str]:
    """Of a list, what is text."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _count(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _window(value: object) -> str | int | None:
    if type(value) is int:
        return value if 0 < value < 3000 else None
    return value if isinstance(value, str) and value in ("day", "week", "month") else None


def _lasting(value: object) -> dict[str, int] | None:
    return value if isinstance(value, dict) and {type(days) for days in value.values()} == {int} else None


def _patterns(value: object) -> dict[str, re.Pattern[str]] | None:
    return _table(value, _CODE, _pattern)


def _weights(value: object) -> dict[str, Decimal] | None:
    return _table(value, _CODE, _number)


def _ends(value: object) -> dict[str, date] | None:
    return _table(value, _CODE, lambda day: day if type(day) is date else None)


def _crosswalk(value: object) -> dict[str, tuple[str, Decimal]] | None:
    return _table(value, "[0-9]{11}", _crossing)


def _table(value: object, form: str, read: Callable[[object], T | None]) -> dict[str, T] | None:
    """A table whose keys have a form and whose values can all be read."""
    if not isinstance(value, dict) or not value:
        return None
    table = {key: word for key in value if re.fullmatch(form, key) and (word := read(value[key])) is not None}
    return table if len(table) == len(value) else None


def _number(value: object) -> Decimal | None:
    """A number above 0; written as text, where it is no whole one."""
    if type(value) is int or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", value)):
        number = Decimal(value)
        return number if number > 0 else None
    return None


def _crossing(value: object) -> tuple[str, Decimal] | None:
    """A code, and how many units of it are in one unit of a drug."""
    if not isinstance(value, list) or len(value) != 2 or not re.fullmatch(_CODE, str(value[0])):
        return None
    number = _number(value[1])
    return None if number is None else (str(value[0]), number)


# A pattern is searched in a text of 80 characters. Nothing repeated repeats within, and little is
# repeated at all, so that no text makes it slow.
_ATOM = r"(?:\\[dws.]|\[\^?(?:\\[dws\]-]|[^\[\]\\])+\]|[^\\^$.|?*+()\[\]{}]|\.)"
_PATTERN = re.compile(rf"(?:{_ATOM}(?:[?*+]|\{{[0-9]{{1,2}}(?:,[0-9]{{1,2}})?\}})?|\|)+")


def _pattern(value: object) -> re.Pattern[str] | None:
    """A narrow regular expression: no groups, no look-around."""
    if not isinstance(value, str) or len(value) > 60 or not _PATTERN.fullmatch(value):
        return None
    if len(re.findall(r"[?*+,]", value)) > 4 or len(re.findall(r"[*+,]", value)) > 2:
        return None
    try:
        return re.compile(value, re.IGNORECASE | re.ASCII)
    except re.error:
        return None


_READ: Mapping[str, Callable[[object], object]] = {
    "Count": _count,
    "Lasting": _lasting,
    "Rows": lambda value: None,
    "Pattern": _pattern,
    "Patterns": _patterns,
    "Weights": _weights,
    "Ends": _ends,
    "Window": _window,
    "Crosswalk": _crosswalk,
}
