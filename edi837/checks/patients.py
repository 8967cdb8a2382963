"""Checks on the patient, and on the day of the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from edi837.checks.vocabulary import Answer, Breaks, Lines, Unknown, check
from edi837.checks.words import Codes, Count, Ends, Sexes


@check(wakes="codes")
def patient_age(
    lines: Lines, *, codes: Codes, least: Count = 0, most: Count | None = None
) -> Iterator[Answer]:
    """The age of the patient on the days of the line, in whole years.

    codes  the lines it looks at
    least  years there must be
    most   years there may be; 1: until the day before the second birthday
    """
    for line in lines.having(codes):
        birth = lines.claim(line).patient.birth
        if birth is None or line.first is None or line.last is None or line.first > line.last:
            missing = "the line has no dates" if birth else "the patient's day of birth is not given"
            yield Unknown(line, missing)
            continue
        young, old = _years(birth, line.first), _years(birth, line.last)
        if old < least or (most is not None and young > most):
            yield Breaks(line)
        elif young < least or (most is not None and old > most):
            yield Breaks(line, doubt="the patient has a birthday on one of its days")


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@check(wakes="codes")
def patient_sex(lines: Lines, *, codes: Codes, sexes: Sexes) -> Iterator[Answer]:
    """The sex of the patient (DMG03) is one of these.

    codes  the lines it looks at
    sexes  F, M; unknown (U) cannot tell
    """
    for line in lines.having(codes):
        sex = lines.claim(line).patient.sex
        if sex not in ("F", "M"):
            yield Unknown(line, "the patient's sex is not given")
        elif sex not in sexes:
            yield Breaks(line)


@check(wakes="ended", tells="ended")
def in_force(lines: Lines, *, ended: Ends) -> Iterator[Answer]:
    """A code is one on the days of its line.

    ended  codes and their last days; a code that is not among them is in force
    """
    for line in lines.having(frozenset(ended)):
        last = ended[line.procedure]
        if line.first is None or line.last is None or line.first > line.last:
            yield Unknown(line, "the line has no dates")
        elif line.first > last:
            yield Breaks(line, ended=(last, last))
        elif line.last > last:
            yield Breaks(line, ended=(last, last), doubt="some of its days are before the end")
