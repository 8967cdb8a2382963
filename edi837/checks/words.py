"""The kinds of word an edit gives a check; the loader reads each by its name here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

Codes = frozenset[str]  # procedure codes, or revenue codes as rev:0261: the name of a set, or a list
Modifiers = frozenset[str]  # a list of modifiers
Places = frozenset[str]  # a list of places of service
Bills = frozenset[str]  # types of bill, or how they begin
Diagnoses = frozenset[str]  # diagnosis codes without point, or how they begin
Filings = frozenset[str]  # claim filing indicators, SBR09
Forms = frozenset[str]  # 837P, 837I
Measures = frozenset[str]  # units of a drug, CTP05-1
Qualifiers = frozenset[str]  # of code lists, SV101-1 and SV202-1
Revenues = frozenset[str]  # revenue codes
Sexes = frozenset[str]  # as DMG03 has them
Taxonomies = frozenset[str]  # provider taxonomy codes, or how they begin
Units = frozenset[str]  # units of a line, SV103 and SV204
Count = int  # a whole number, not below 0
Rows = tuple[tuple[Codes, Codes], ...]  # rows of codes: the first of each row, and the rest of it
Lasting = Mapping[str, int]  # a code or modifier, and days
Weights = Mapping[str, Decimal]  # a code, and what a unit of it counts
Ends = Mapping[str, date]  # a code, and the last day on which it was one
Window = str | int  # day, week, month, or a number of days
Pattern = re.Pattern[str]  # a narrow regular expression
Patterns = Mapping[str, re.Pattern[str]]  # a code, and the pattern for its lines
Crosswalk = Mapping[str, tuple[str, Decimal]]  # an NDC: its code, and units of the code in one unit of the NDC

NONE: frozenset[str] = frozenset()
