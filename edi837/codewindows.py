"""Which days a release of a code list speaks for.

HCPCS is issued for each quarter; ICD-10 for the fiscal year, with additions on 1 April; NUCC's list
of January is in force from April, that of July from October; places of service are changed at no set
time. A release names the codes of its year, but only until the next one is due does it name them all:
after that a code it lacks may be new, and nobody may refuse it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from edi837.codefiles import ICD, CodeFileError

_DUE = {"hcpcs": (1, 4, 7, 10), "icd10cm": (4, 10), "icd10pcs": (4, 10), "nucc": (4, 10)}  # months of new releases
_TURN = {"hcpcs": 1, "icd10cm": 10, "icd10pcs": 10}  # month in which the year of a list begins
_MONTH = re.compile(
    "(?<![a-z])(?:(jan)(?:uary)?|(feb)(?:ruary)?|(mar)(?:ch)?|(apr)(?:il)?|(may)|(june?)|(july?)|(aug)(?:ust)?"
    "|(sep)(?:tember)?|(oct)(?:ober)?|(nov)(?:ember)?|(dec)(?:ember)?)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Window:
    """From ``first`` to ``last`` a release is in force; to ``whole`` it lacks no code."""

    first: date
    last: date
    whole: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def window(
    kind: str, name: str, *, latest: date | None = None, first: date | None = None, last: date | None = None
) -> Window:
    """The window of a release, from the name of its file and the last day on which a code changed.

    ``first`` and ``last`` are the word of whoever loads it: it is whole to a ``last`` that was said.
    CodeFileError when a day is neither said nor to be told from the name.
    """
    begin = first or _begin(kind, name.lower(), latest)
    if begin is None:
        raise CodeFileError(f"{name}: neither name nor content tells from when it is in force; give --valid-from")
    if last is None and kind not in _DUE:
        raise CodeFileError(f"{name}: {kind} is changed at no set time; give --valid-until, a day to which it holds")
    end = last or _eve(begin, (_TURN.get(kind, begin.month),))
    if end < begin:
        raise CodeFileError(f"{name}: in force from {begin} until {end}; --valid-until must not be before --valid-from")
    return Window(begin, end, last or min(end, _eve(begin, _DUE[kind])))


def _begin(kind: str, name: str, latest: date | None) -> date | None:
    if kind == "nucc":  # nucc_taxonomy_251: the second list of 2025
        version = re.search("taxonomy[_ -]?v?([0-9]{2})[._]?([01])(?![0-9])", name)
        return date(2000 + int(version[1]), 10 if version[2] == "1" else 4, 1) if version else None
    named = re.search("(?<![0-9])20[0-9]{2}(?![0-9])", name)
    year = int(named[0]) if named else None
    month = _month(name)
    if kind in ICD and year:
        return date(year, 4, 1) if month in (4, 5, 6, 7, 8, 9) else date(year - 1, 10, 1)
    if kind == "hcpcs":
        if year and month:
            return date(year, month - (month - 1) % 3, 1)
        if latest and year in (None, latest.year):
            return date(latest.year, latest.month - (latest.month - 1) % 3, 1)
        return date(year, 1, 1) if year else None
    return None


def _month(name: str) -> int | None:
    match = _MONTH.search(name)
    return match.lastindex if match else None


def _eve(day: date, months: tuple[int, ...]) -> date:
    """The day before the next first of one of these months; the last there is, if there is none."""
    years = [year for year in (day.year, day.year + 1) if year <= MAXYEAR]
    firsts = [date(year, month, 1) for year in years for month in months]
    return min((first - timedelta(days=1) for first in firsts if first > day), default=date.max)
