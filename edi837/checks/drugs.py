"""Checks on the drug of one line, loop 2410."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from edi837.checks.modifiers import unasked
from edi837.checks.vocabulary import Answer, Breaks, Lines, Traits, Unknown, check
from edi837.checks.words import NONE, Codes, Crosswalk, Measures, Modifiers, Revenues
from edi837.claim import ServiceLine

_NDC = re.compile(r"[0-9]{11}\Z")


def _nameless(line: Traits, *, codes: Codes, unless: Revenues = NONE, unpaid: Modifiers = NONE) -> bool:
    return line.drug is None and line.code in codes and line.revenue not in unless


@check(wakes="codes", line=_nameless)
def drug_named(
    lines: Lines, *, codes: Codes, unless: Revenues = NONE, unpaid: Modifiers = NONE
) -> Iterator[Answer]:
    """A line names its drug: there is a loop 2410.

    A line for which nobody is asked to pay (its charge is 0, or all of it not covered: SV207) is a possible breach.

    codes   the lines that must; a line that has a revenue code alone is none of them
    unless  revenue codes under which none is asked for
    unpaid  modifiers that say that nobody is asked to pay for the line: a possible breach, never a certain one
    """
    for line in lines.having(codes):
        if line.drug is None and line.revenue not in unless:
            yield Breaks(line, doubt=unasked(line, unpaid))


def _drugged(line: Traits, *, codes: Codes, **_: object) -> bool:
    return line.drug is not None and line.code in codes


def _numbered(line: ServiceLine, *, codes: Codes, unpaid: Modifiers = NONE) -> bool:
    drug = line.drug
    return drug is None or not _fault(drug.qualifier, drug.ndc)


def _measured(line: ServiceLine, *, codes: Codes, unpaid: Modifiers = NONE) -> bool:
    drug = line.drug
    return drug is None or (drug.quantity is not None and drug.quantity > 0)


@check(wakes="codes", tells="hint", line=_drugged, holds=_numbered)
def drug_number(lines: Lines, *, codes: Codes, unpaid: Modifiers = NONE) -> Iterator[Answer]:
    """The drug of a line is named by an NDC (LIN02 is N4) of eleven digits, no made-up one.

    A line for which nobody is asked to pay (its charge is 0, or all of it not covered: SV207) is a possible breach.

    codes   the lines it looks at
    unpaid  modifiers that say that nobody is asked to pay for the line: a possible breach, never a certain one
    """
    for line in lines.having(codes):
        if line.drug is not None and (hint := _fault(line.drug.qualifier, line.drug.ndc)):
            yield Breaks(line, on="ndc", doubt=unasked(line, unpaid), hint=hint)


@lru_cache(maxsize=4096)
def _fault(qualifier: str, ndc: str) -> str:
    """What is wrong with an NDC; empty when nothing is."""
    if qualifier != "N4":
        return "an NDC stands under N4"
    if _NDC.match(ndc):
        return "one digit over and over is no NDC" if len(set(ndc)) == 1 else ""
    if "-" in ndc or " " in ndc:
        return "without hyphens and blanks"
    digits = "of digits only" if not (ndc.isascii() and ndc.isdecimal()) else f"{len(ndc)} digits"
    return f"{digits}; eleven are meant, 5-4-2, each part filled with zeros in front"


@check(wakes="codes", line=_drugged, holds=_measured)
def drug_quantity(lines: Lines, *, codes: Codes, unpaid: Modifiers = NONE) -> Iterator[Answer]:
    """The quantity of the drug (CTP04) is there, and more than none.

    A line for which nobody is asked to pay (its charge is 0, or all of it not covered: SV207) is a possible breach.

    codes   the lines it looks at
    unpaid  modifiers that say that nobody is asked to pay for the line: a possible breach, never a certain one
    """
    for line in lines.having(codes):
        if not _measured(line, codes=codes):
            yield Breaks(line, on="drug_quantity", doubt=unasked(line, unpaid))


def _odd_unit(line: Traits, *, codes: Codes, units: Measures) -> bool:
    return line.drug is not None and line.drug not in units and line.code in codes


@check(wakes="codes", tells="unit", line=_odd_unit)
def drug_unit(lines: Lines, *, codes: Codes, units: Measures) -> Iterator[Answer]:
    """The quantity of the drug, if there is one, is counted in one of these units (CTP05-1).

    codes  the lines it looks at
    units  units of measure: F2, GR, ME, ML, UN
    """
    for line in lines.having(codes):
        drug = line.drug
        if drug is not None and drug.unit not in units and (drug.unit or drug.quantity is not None):
            yield Breaks(line, on="drug_unit", unit=drug.unit)


@check(wakes="codes", tells="ndc_code", line=_drugged)
def drug_coded(lines: Lines, *, codes: Codes, table: Crosswalk) -> Iterator[Answer]:
    """The drug is billed under its own code; a drug that is not in the table cannot tell.

    codes  the lines it looks at
    table  NDCs, each with its code and the units of the code in one unit of the drug
    """
    for line in lines.having(codes):
        if line.drug is None:
            continue
        known = table.get(line.drug.ndc)
        if known is None:
            yield Unknown(line, "the drug is not in the table")
        elif known[0] != line.procedure:
            yield Breaks(line, on="procedure", ndc_code=known[0])


@check(wakes="codes", tells="ndc_units", line=_drugged)
def drug_units(lines: Lines, *, codes: Codes, table: Crosswalk) -> Iterator[Answer]:
    """The units of the code are those that the quantity of the drug comes to, less than one apart.

    codes  the lines it looks at
    table  NDCs, each with its code and the units of the code in one unit of the drug
    """
    for line in lines.having(codes):
        if line.drug is None:
            continue
        known = table.get(line.drug.ndc)
        if known is None or line.drug.quantity is None or line.units is None:
            missing = "the drug is not in the table" if known is None else "a quantity is missing"
            yield Unknown(line, missing)
        elif known[0] == line.procedure and not _near(line.units, line.drug.quantity * known[1]):
            yield Breaks(line, on="units", ndc_units=line.drug.quantity * known[1])


def _near(units: Decimal, meant: Decimal) -> bool:
    """Whether the difference is what rounding to whole units leaves."""
    return abs(units - meant) < 1
