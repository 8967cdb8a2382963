"""Checks on the units of one line."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Codes, Count, Lines, Unknown, Words, check, dated


@check(wakes="codes", tells="days")
def units_per_day(
    lines: Lines, *, codes: Codes, least: Count = 0, most: Count | None = None
) -> Iterator[Answer]:
    """The units of a line against the days it covers, first and last counted.

    codes  the lines it looks at
    least  units there must be for each day
    most   units there may be for each day
    """
    for line in lines.having(codes):
        if line.units is None or line.unit == "MJ":
            yield Unknown(line, "the line has no units that count days or services")
            continue
        if not dated(line):
            yield Unknown(line, "the line has no dates")
            continue
        days = line.days
        if line.units < least * days or (most is not None and line.units > most * days):
            doubt = "the days are those of the statement, not of the line"
            yield Breaks(line, on="units", doubt=doubt if line.date_source == "statement" else "", days=days)


@check(wakes="codes", tells="unit")
def counted_in(lines: Lines, *, codes: Codes, units: Words) -> Iterator[Answer]:
    """Units are whole, more than none, and counted in one of these units.

    codes  the lines it looks at
    units  units of measure, such as UN or DA
    """
    for line in lines.having(codes):
        if line.unit not in units:
            yield Breaks(line, on="unit", unit=line.unit)
        elif line.units is not None and (line.units <= 0 or line.units != line.units.to_integral_value()):
            yield Breaks(line, on="units", unit=line.unit)
