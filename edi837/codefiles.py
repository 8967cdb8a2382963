"""The code files that CMS, NCHS and NUCC publish: which codes they hold, and from when to when.

Enters: the bytes of one file, as published or saved as CSV. Leaves: a `Published` with each code's
first and last day, None where the file sets no bound. Titles are passed over: those of CPT, CDT and
NUCC are not ours to keep.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from edi837.findings import Edi837Error

Span = tuple[date | None, date | None]  # first and last day, None: open
KINDS = ("hcpcs", "icd10cm", "icd10pcs", "pos", "nucc")
ICD = ("icd10cm", "icd10pcs")
# Fewer codes than any release since 2014
FEWEST = {"hcpcs": 4_000, "icd10cm": 60_000, "icd10pcs": 65_000, "pos": 40, "nucc": 500}
LOOKED_FOR = (
    "HCPCS records of 320 columns or a table with a HCPC column; ICD-10 order lines (00001 A00 0 ...) "
    "or lines of code and title; a table with Code, Grouping, Classification (NUCC) or Place of Service Code"
)

SHAPE = {
    "hcpcs": re.compile("[0-9A-Z]{5}|[0-9A-Z]{2}"),  # a modifier has two
    "icd10cm": re.compile("[A-Z][0-9A-Z]{2,6}"),  # QA0 ended the digit in second place (2026)
    "icd10pcs": re.compile("[0-9A-HJ-NP-Z]{7}"),
    "pos": re.compile("[0-9]{2}"),
    "nucc": re.compile("[0-9A-Z]{9}X"),
}
# HCPCyyyy_recordlayout.txt: code 1-5 (a modifier 4-5), sequence 6-10, record 11 (3 and 7 begin a code
# or modifier, 4 and 8 only go on with its text), added 269-276, action effective 277-284, terminated 285-292
_HCPCS = re.compile("(?:[0-9A-Z]{5}|   [0-9A-Z]{2})[0-9]{5}[3478]")
_ORDER = re.compile("[0-9]{5} (?=[0-9A-Z]{3})([0-9A-Z ]{7}) ([01])(?: |$)")
_PLAIN = re.compile("(?=[A-Z]*[0-9])([0-9A-Z]{3,7}) +[^ ]")

_CODE = {
    "hcpcs": ("HCPC", "HCPCS", "HCPCS CODE", "HCPC CODE"),
    "nucc": ("CODE", "TAXONOMY CODE"),
    "pos": ("PLACE OF SERVICE CODE", "PLACE OF SERVICE CODE S", "POS CODE", "POS"),
}
_FIRST = ("ADD DT", "ADD DATE", "CODE ADDED DATE", "EFFECTIVE DATE", "EFF DATE", "EFF DT", "VALID FROM", "START DATE")
_LAST = ("TERM DT", "TERM DATE", "TERMINATION DATE", "DEACTIVATION DATE", "VALID UNTIL", "END DATE")
_CHANGED = ("ACT EFF DT", "ACTION EFFECTIVE DATE")
_INACTIVE = re.compile(r"([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}): *marked inactive", re.IGNORECASE)
_UNSET = {"", "00000000", "19000101", "99991231"}  # no date, as CMS writes it
_PREAMBLE = 40  # lines before the header of a table: CMS puts its terms there


class CodeFileError(Edi837Error):
    """A published code file cannot be used: the file, what is wrong with it, and the remedy."""


@dataclass(slots=True)
class Published:
    """What one file holds."""

    kind: str
    codes: dict[str, Span] = field(default_factory=dict)
    latest: date | None = None  # the last day on which a HCPCS code was added or changed: which quarter it is

    def add(self, code: str, first: date | None, last: date | None) -> None:
        """The first line of a code counts; others only go on with its text."""
        self.codes.setdefault(code, (first, last))


def read(data: bytes, name: str, kind: str | None = None) -> Published:
    """Read one file; ``kind`` overrides what its content tells. CodeFileError says what is wrong."""
    lines = _text(data, name).splitlines(keepends=True)  # a cell of a table may hold an end of line
    found = _recognised(lines, name, kind)
    if found is None:
        wanted = f"as {kind}" if kind else "in any form known here"
        raise CodeFileError(f"{name}: cannot be read {wanted}; looked for {LOOKED_FOR}")
    if not found.codes:
        raise CodeFileError(f"{name}: holds no {found.kind} code; give the whole published file")
    for code in found.codes:
        if not SHAPE[found.kind].fullmatch(code):
            raise CodeFileError(f"{name}: {code!a} is no {found.kind} code; give --kind if it is another list")
    return found


def _text(data: bytes, name: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise CodeFileError(f"{name}: is a zip archive or a workbook; unpack it and give the text file, or save as CSV")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # a spreadsheet's Unicode text
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise CodeFileError(f"{name}: is not text; give the .txt or .csv file as published")
    return text


def _recognised(lines: list[str], name: str, kind: str | None) -> Published | None:
    start = [line for line in islice(lines, _PREAMBLE) if line.strip()]
    if kind in (None, "hcpcs") and _most(_HCPCS, start):
        return _hcpcs(lines, name)
    if kind in (None, *ICD):
        for pattern in (_ORDER, _PLAIN):  # an order number and its code look like a code and its title
            if _most(pattern, start):
                return _icd(lines, name, kind, pattern)
    for each in (kind,) if kind else _CODE:
        for delimiter in ",\t|;":
            header = _header(lines, name, each, delimiter)
            if header:
                return _table(lines, name, each, delimiter, *header)
    return None


def _most(pattern: re.Pattern[str], lines: list[str]) -> bool:
    """Whether this is what the lines are meant to be; one that is not is then told by its number."""
    return 2 * sum(pattern.match(line) is not None for line in lines) > len(lines)


def _hcpcs(lines: list[str], name: str) -> Published:
    found = Published("hcpcs")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not _HCPCS.match(line):
            raise _broken(name, number, "is no HCPCS record: code, sequence number and record id in columns 1 to 11")
        if line[10] in "48":
            continue
        if len(line.rstrip("\r\n")) < 292:
            raise _broken(name, number, "ends before the termination date, columns 285 to 292")
        added, changed, last = (_day(line[at : at + 8], name, number) for at in (268, 276, 284))
        found.add(line[:5].strip(), added, last)
        found.latest = max((day for day in (found.latest, added, changed) if day), default=None)
    return found


def _icd(lines: list[str], name: str, kind: str | None, pattern: re.Pattern[str]) -> Published:
    codes = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = pattern.match(line)
        if match is None:
            form = "order number, code and 0 or 1" if pattern is _ORDER else "code and title"
            raise _broken(name, number, f"is not {form}, as the lines before it are")
        if pattern is _PLAIN or match[2] == "1":  # 0: a header, not for billing
            codes.add(match[1].strip())
    return Published(kind or _which_icd(codes, name), dict.fromkeys(sorted(codes), (None, None)))


def _which_icd(codes: set[str], name: str) -> str:
    """CM or PCS: every PCS code has seven characters, and the most begin with a digit; no CM code does."""
    if any(code[0].isdigit() for code in codes):
        return "icd10pcs"
    if any(len(code) < 7 for code in codes):
        return "icd10cm"
    hint = re.search("icd-?10-?(cm|pcs)", name.lower())
    if hint is None:
        raise CodeFileError(f"{name}: may be ICD-10-CM or ICD-10-PCS; give --kind icd10cm or --kind icd10pcs")
    return f"icd10{hint[1]}"


def _header(lines: list[str], name: str, kind: str, delimiter: str) -> tuple[int, list[str]] | None:
    """The row with the names of the columns: how many rows are before it, and the names."""
    if kind not in _CODE:
        return None
    for before, (_, row) in enumerate(_rows(lines[:_PREAMBLE], name, delimiter)):
        names = [" ".join(re.findall("[A-Z0-9]+", cell.upper())) for cell in row]
        told = len(names) > 1 and any(each in names for each in _CODE[kind])
        if told and (kind != "nucc" or {"GROUPING", "CLASSIFICATION"} & {*names}):
            return before, names
        if "CODE" in names and (kind == "hcpcs" and {"ADD DT", "TERM DT"} & {*names}):
            return before, names
        if "CODE" in names and (kind == "pos" and any(each.startswith("PLACE OF SERVICE") for each in names)):
            return before, names
    return None


def _table(lines: list[str], name: str, kind: str, delimiter: str, before: int, names: list[str]) -> Published:
    def column(*wanted: str) -> int | None:
        return next((names.index(each) for each in wanted if each in names), None)

    code, first, last = column(*_CODE[kind], "CODE"), column(*_FIRST), column(*_LAST)
    changed, notes = column(*_CHANGED), column("NOTES")
    found = Published(kind)
    for number, row in islice(_rows(lines, name, delimiter), before + 1, None):

        def cell(at: int | None, row: list[str] = row) -> str:
            return row[at].strip() if at is not None and at < len(row) else ""

        value = cell(code).upper()
        if kind == "pos":
            value = value.zfill(2) if value.isdigit() else ""  # 27-30: unassigned
        if not value or any(each.strip().lower() == "unassigned" for each in row):
            continue
        if not SHAPE[kind].fullmatch(value):
            raise _broken(name, number, f"{value[:20]!a} is no {kind} code")
        added, ends, acted = (_day(cell(at), name, number) for at in (first, last, changed))
        if ends is None and (inactive := _INACTIVE.search(cell(notes))):
            ends = _day(inactive[1], name, number)
        found.add(value, added, ends)
        if kind == "hcpcs":
            found.latest = max((day for day in (found.latest, added, acted) if day), default=None)
    return found


def _rows(lines: list[str], name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table with the number of the line each ends in."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise CodeFileError(f"{name}:{reader.line_num}: {error}; save the file as CSV anew") from error


def _day(text: str, name: str, number: int) -> date | None:
    text = text.strip().partition(" ")[0].partition("T")[0].removesuffix(".0")
    if text in _UNSET:
        return None
    for form in ("%Y%m%d", "%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise _broken(name, number, f"{text[:20]!a} is no date")


def _broken(name: str, number: int, what: str) -> CodeFileError:
    return CodeFileError(f"{name}:{number}: {what}; fetch the file anew from its publisher")
