"""Checks on the units and the charge of one line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from edi837.checks.modifiers import unasked
from edi837.checks.vocabulary import (
    Answer,
    Breaks,
    Lines,
    Traits,
    Unknown,
    among,
    begun_only,
    check,
    dated,
    first_day,
)
from edi837.checks.words import NONE, Codes, Count, Modifiers, Units
from edi837.claim import ServiceLine
from edi837.overlap import later

_STATEMENT = "the days are those of the statement, not of the line"
_BEGUN = "the line may be dated by its first day alone"


def _by_the_day(
    line: ServiceLine, *, codes: Codes, least: Count = 0, most: Count | None = None, alone: Codes = NONE,
    several: Modifiers = NONE, unpaid: Modifiers = NONE,
) -> bool:  # fmt: skip
    units, first, last = line.units, line.first, line.last
    if units is None or line.unit == "MJ" or first is None or last is None or first > last:
        return False
    days = 1 if first == last else (last - first).days + 1
    return (most is None or units <= most * days) and (not least or units >= least * days)


@check(wakes="codes", tells="days", line=among, holds=_by_the_day)
def units_per_day(
    lines: Lines, *, codes: Codes, least: Count = 0, most: Count | None = None, alone: Codes = NONE,
    several: Modifiers = NONE, unpaid: Modifiers = NONE,
) -> Iterator[Answer]:  # fmt: skip
    """The units of a line against the days it covers, first and last counted.

    A line without dates of its own is judged by the days of its statement: more units than these is certain,
    unless another line of the claim has the code. A line of an 837I that may be dated by its first day alone is a
    possible breach.

    codes    the lines it looks at
    least    units there must be for each day
    most     units there may be for each day; the same as least: exactly so many
    alone    codes billed by the day, of which no two lines with the same modifiers share one: no such line is dated
             by its first day alone where another with a unit for each of its days begins while it would last
             (left out: none)
    several  of these, modifiers that several lines of a day may carry (left out: none)
    unpaid   modifiers that say that nobody is asked to pay for a line, as does a charge of 0, or one not covered
             at all (SV207): it may share a day with another
    """
    starts: dict[object, list[date]] | None = None
    for line in lines.having(codes):
        units, first, last = line.units, line.first, line.last
        if units is None or line.unit == "MJ":
            yield Unknown(line, "the line has no units that count days or services")
            continue
        if first is None or last is None or first > last:
            yield Unknown(line, "the line has no dates")
            continue
        if not _by_the_day(line, codes=codes, least=least, most=most):
            days = (last - first).days + 1
            doubt = _BEGUN if begun_only(lines, line) else ""
            if doubt and line.procedure in alone and several.isdisjoint(line.modifiers) and not unasked(line, unpaid):
                starts = _starts(lines, alone, unpaid) if starts is None else starts
                doubt = "" if _met(line, starts.get(_kin(lines, line), ())) else doubt
            if line.date_source == "statement":
                too_many = most is not None and units > most * days
                doubt = "" if too_many and _only_one(lines, line) else _STATEMENT
            yield Breaks(line, on="units", doubt=doubt, days=days)


def _only_one(lines: Lines, line: ServiceLine) -> bool:
    """Whether no other line of the claim has the code."""
    home = lines.claim(line)
    return not any(each.procedure == line.procedure and each is not line for each in home.lines)


def _kin(lines: Lines, line: ServiceLine) -> object:
    """What lines have in common that shut each other out: claim, code and modifiers."""
    return id(lines.claim(line)), line.procedure, frozenset(line.modifiers)


def _starts(lines: Lines, codes: Codes, unpaid: Modifiers) -> dict[object, list[date]]:
    """The days, in order, on which lines begin for certain that somebody is asked to pay, by their kin.

    A line with fewer units than days need not have used its first day.
    """
    starts: dict[object, list[date]] = {}
    own = (line for line in lines.having(codes) if line.date_source != "statement" and dated(line))
    for line in sorted(own, key=first_day):
        if line.units is not None and line.units >= line.days and not unasked(line, unpaid):
            starts.setdefault(_kin(lines, line), []).append(first_day(line))
    return starts


def _met(line: ServiceLine, starts: Sequence[date]) -> bool:
    """Whether another line begins while a line lasts, a unit a day.

    One of the same first day is no such other: whatever is wrong with two lines of a day, other edits tell.
    """
    first = first_day(line)
    until = later(first, int(line.units or 1) - 1)
    return bisect_right(starts, until) > bisect_right(starts, first)


def _counted(line: Traits, *, codes: Codes, units: Units) -> bool:
    return line.code in codes and line.unit not in units


@check(wakes="codes", tells="unit", line=_counted)
def counted_in(lines: Lines, *, codes: Codes, units: Units) -> Iterator[Answer]:
    """Units are counted in one of these.

    codes  the lines it looks at
    units  units of measure: UN, DA, MJ
    """
    for line in lines.having(codes):
        if line.unit not in units:
            yield Breaks(line, on="unit", unit=line.unit)


def _so_many(
    line: ServiceLine, *, codes: Codes, least: Count = 0, most: Count | None = None, multiple_of: Count = 0
) -> bool:
    units = line.units
    return units is not None and least <= units and (most is None or units <= most) and _times(units, multiple_of)


@check(wakes="codes", line=among, holds=_so_many)
def units_between(
    lines: Lines, *, codes: Codes, least: Count = 0, most: Count | None = None, multiple_of: Count = 0
) -> Iterator[Answer]:
    """The units of a line, whatever its days.

    codes        the lines it looks at
    least        units there must be
    most         units there may be
    multiple_of  units are so many, or twice or three times so many ...
    """
    for line in lines.having(codes):
        if line.units is None:
            yield Unknown(line, "the line has no units")
        elif not _so_many(line, codes=codes, least=least, most=most, multiple_of=multiple_of):
            yield Breaks(line, on="units")


def _times(units: Decimal, number: int) -> bool:
    """Whether units are a multiple of a number; of 0: always."""
    return not number or (units == units.to_integral_value() and int(units) % number == 0)


@check(wakes="codes", tells="charge")
def charged_between(
    lines: Lines, *, codes: Codes, least: Count = 0, most: Count | None = None
) -> Iterator[Answer]:
    """The charge of a line, in whole dollars for each of its units.

    codes  the lines it looks at
    least  dollars there must be
    most   dollars there may be
    """
    for line in lines.having(codes):
        if line.charge is None or line.units is None:
            yield Unknown(line, "the line has no charge or no units")
        elif line.charge < least * line.units or (most is not None and line.charge > most * line.units):
            yield Breaks(line, on="charge", charge=line.charge)


@check(wakes="codes", tells="days")
def days_between(
    lines: Lines, *, codes: Codes, least: Count = 1, most: Count | None = None
) -> Iterator[Answer]:
    """The days a line covers, first and last counted, whatever its units.

    codes  the lines it looks at
    least  days there must be
    most   days there may be; 1: each day has a line of its own
    """
    for line in lines.having(codes):
        if not dated(line):
            yield Unknown(line, "the line has no dates")
        elif line.days < least or (most is not None and line.days > most):
            doubt = _STATEMENT if line.date_source == "statement" else ""
            yield Breaks(line, on="dates", doubt=doubt, days=line.days)


@check(wakes="codes")
def within_month(lines: Lines, *, codes: Codes) -> Iterator[Answer]:
    """A line begins and ends in one calendar month.

    codes  the lines it looks at
    """
    for line in lines.having(codes):
        if line.first is None or line.last is None or line.first > line.last:
            yield Unknown(line, "the line has no dates")
        elif (line.first.year, line.first.month) != (line.last.year, line.last.month):
            doubt = _STATEMENT if line.date_source == "statement" else ""
            yield Breaks(line, on="dates", doubt=doubt)
