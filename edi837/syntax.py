"""Why a segment was refused: element by element, in the codes of a 999's IK4.

Enters: a segment use and a segment. Leaves: a `Flaw` for each thing certainly wrong.
This module has the last word on a segment; `accept` only spares it the good ones.
X12.6 says what a data type may hold; the guide says what it may hold here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from edi837.grammar import ElementUse, SegmentUse
from edi837.x12 import Delimiters, Segment

# IK403, code source 723 as the 999 guide uses it: what each says to a person.
IK403 = {
    "1": "is required and missing",
    "2": "is required because of another element",
    "3": "is one element too many",
    "4": "is too short",
    "5": "is too long",
    "6": "holds a character it may not hold",
    "7": "is not a code the guide lists here",
    "8": "is not a date",
    "9": "is not a time",
    "10": "may not stand beside another element",
    "12": "is repeated too often",
    "13": "has too many components",
    "I10": "is not used here",
    "I12": "does not have the form the guide asks for",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with one element."""

    element: int
    code: str  # IK403
    use: ElementUse | None = None
    component: int = 0
    repetition: int = 0
    value: str = ""
    detail: str = ""  # figures: "41 characters, at most 38"; never the value
    because: tuple[int, ...] = ()  # the elements beside it that make it a fault
    form: str = ""  # of a date: the qualifier (1250) before it, which says its form


_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)\Z")
_WHOLE = re.compile(r"-?\d+\Z")
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{1,2})?)?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STATES = frozenset(("", "US", "CA"))  # countries (N404, CLM11-5) whose states and provinces are listed
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_date(text: str) -> bool:
    """Whether CCYYMMDD (or YYMMDD) is a day of the calendar."""
    if not (text.isascii() and text.isdigit()) or len(text) not in (6, 8):
        return False
    year, month, day = int(text[:-4]), int(text[-4:-2]), int(text[-2:])
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and (len(text) == 6 or year % 100 != 0 or year % 400 == 0)
    return month != 2 or day < 29 or leap


def is_time(text: str) -> bool:
    """Whether HHMM, HHMMSS or HHMMSSD[D] is a time of day (data element 337)."""
    return bool(_TIME.match(text))


def is_period(qualifier: str, text: str) -> str:
    """Judge a date by its qualifier (1250/1251): empty when good, else the IK403 code."""
    if qualifier == "D8":
        good = len(text) == 8 and is_date(text)
    elif qualifier == "RD8":
        first, dash, last = text.partition("-")
        good = len(first) == len(last) == 8 and bool(dash) and is_date(first) and is_date(last)
    elif qualifier == "D6":
        good = len(text) == 6 and is_date(text)
    elif qualifier == "DT":
        good = len(text) == 12 and is_date(text[:8]) and is_time(text[8:])
    elif qualifier == "TM":
        return "" if is_time(text) else "9"
    else:
        return ""  # a form we do not know: cannot tell
    return "" if good else "8"


def explain(use: SegmentUse, seg: Segment, delimiters: Delimiters) -> Iterator[Flaw]:
    """Yield what is certainly wrong with a segment in its place, in element order; of an element, one thing."""
    told: set[int] = set()
    for element in use.elements:
        value = seg[element.seq] if element.seq < len(seg) else ""
        for flaw in _element(element, value, delimiters):
            if left := _left(use.elements, seg, flaw):
                told.add(element.seq)
                yield left
    for flaw in _periods(use.elements, seg, 0, use):
        if flaw.element not in told:
            told.add(flaw.element)
            yield flaw
    last = len(use.elements)
    if any(seg[last + 1 :]):  # empty ones at the end are only untidy
        yield Flaw(last + 1, "3", value=seg[last + 1], detail=f"{use.tag} has {last} elements here")
    for flaw in notes(use, seg):
        if flaw.element not in told:
            yield flaw


def notes(use: SegmentUse, seg: Segment) -> Iterator[Flaw]:
    """Yield what breaks the syntax notes of a segment: an element once, though several notes miss it."""
    told: set[int] = set()
    for note in use.notes:
        flaw = broken(note, use, seg)
        if flaw and flaw.element not in told:
            told.add(flaw.element)
            yield flaw


def broken(note: tuple[str, tuple[int, ...]], use: SegmentUse, seg: Segment) -> Flaw | None:
    """A syntax note (X12.6: Paired, Required, Exclusive, Conditional, List) that does not hold.

    The flaw names the elements that are there and make it one; of R none is there.
    """
    kind, seqs = note
    size = len(seg)
    there = [seq < size and seg[seq] != "" for seq in seqs]
    if kind != "E" and False not in there:
        return None  # as most are
    here = tuple(seq for seq, sent in zip(seqs, there, strict=True) if sent)
    missing = seqs[there.index(False)] if not all(there) else 0
    if kind == "P" and here and missing:
        return Flaw(missing, "2", _use(use, missing), detail=f"goes with {_names(use, seqs, missing)}", because=here)
    if kind == "R" and not here:
        return Flaw(seqs[0], "2", _use(use, seqs[0]), detail=f"one of {_names(use, seqs)} is needed")
    if kind == "E" and len(here) > 1:
        *others, extra = here
        detail = f"only one of {_names(use, seqs)}"
        return Flaw(extra, "10", _use(use, extra), value=seg[extra], detail=detail, because=tuple(others))
    if kind == "C" and there[0] and missing:
        return Flaw(missing, "2", _use(use, missing), detail=f"goes with {_names(use, seqs[:1])}", because=seqs[:1])
    if kind == "L" and there[0] and not any(there[1:]):
        detail = f"{_names(use, seqs[:1])} needs one of {_names(use, seqs[1:])}"
        return Flaw(seqs[1], "2", _use(use, seqs[1]), detail=detail, because=seqs[:1])
    return None


def concerns(note: tuple[str, tuple[int, ...]]) -> int:
    """The first element that gives a note something to say: shorter segments need not ask it."""
    kind, seqs = note
    if kind == "R":
        return 0
    return sorted(seqs)[1] if kind == "E" else min(seqs) if kind == "P" else seqs[0]


def _element(use: ElementUse, value: str, delimiters: Delimiters) -> Iterator[Flaw]:
    seq = use.seq
    if not value or value.isspace():
        if use.usage == "R":
            yield Flaw(seq, "1", use)
        return
    if use.usage == "N":
        if value.strip(delimiters.component):
            yield Flaw(seq, "I10", use, value=value)
        return
    mark = delimiters.repetition
    if mark and mark in value:
        parts = value.split(mark)
        if len(parts) > use.repeat and use.repeat:
            yield Flaw(seq, "12", use, value=value, detail=f"{len(parts)} times, at most {use.repeat}")
            return
        for number, part in enumerate(parts, 1):
            for flaw in _once(use, part, delimiters):
                yield replace(flaw, repetition=number)
        return
    yield from _once(use, value, delimiters)


def _once(use: ElementUse, value: str, delimiters: Delimiters) -> Iterator[Flaw]:
    """One repetition of an element."""
    seq = use.seq
    if not use.components:
        code, detail = _simple(use, value, delimiters)
        if code:
            yield Flaw(seq, code, use, value=value, detail=detail)
        return
    parts = value.split(delimiters.component)
    told: set[int] = set()
    for part in use.components:
        text = parts[part.seq - 1] if part.seq <= len(parts) else ""
        if not text or text.isspace():
            code, detail = ("1", "") if part.usage == "R" else ("", "")
        elif part.usage == "N":
            code, detail = "I10", ""
        else:
            code, detail = _simple(part, text, delimiters)
        flaw = Flaw(seq, code, part, part.seq, value=text, detail=detail)
        if code and (left := _left(use.components, ["", *parts], flaw)):
            told.add(part.seq)
            yield left
    if any(parts[len(use.components) :]):
        yield Flaw(seq, "13", use, value=value, detail=f"{len(parts)}, at most {len(use.components)}")
    else:
        yield from (f for f in _periods(use.components, ["", *parts], seq, None) if f.component not in told)


def _simple(use: ElementUse, value: str, delimiters: Delimiters) -> tuple[str, str]:
    """Judge one value: the IK403 code, empty when good, and the figures for the message."""
    if delimiters.component in value:
        return "13", "a component separator in a simple element"
    if control := _CONTROL.search(value):
        return "6", "a line break" if control[0] in "\r\n" else "a control character"
    length = len(value)
    if use.type == "R":
        if not _NUMBER.match(value):
            return "6", "not a decimal number"
        length = sum(c.isdigit() for c in value)  # X12.6: sign and point do not count
    elif use.type in ("N0", "N2"):
        if not _WHOLE.match(value):
            return "6", "not a whole number"
        length = len(value.lstrip("-"))
    elif use.type == "DT":
        return ("", "") if is_date(value) and length == use.max else ("8", "")
    elif use.type == "TM":
        return ("", "") if is_time(value) and length >= use.min else ("9", "")
    if use.codes and value not in use.codes:
        return "7", ""
    code, detail = _measure(use, value, length)
    if not code and use.shape and not re.fullmatch(use.shape, value):
        return "I12", ""
    return code, detail


def _measure(use: ElementUse, value: str, length: int) -> tuple[str, str]:
    """Judge how long a value is, by its characters that count."""
    if length > use.max and not value.isascii():
        length = len(value.encode("latin-1").decode("utf-8", "replace"))  # letters, not bytes
    if length < use.min:
        return "4", f"{length} characters, at least {use.min}"
    if length > use.max:
        return "5", f"{length} characters, at most {use.max}"
    return "", ""


def _left(uses: tuple[ElementUse, ...], values: Sequence[str], flaw: Flaw) -> Flaw | None:
    """What is left of a flaw: of a state (156) in a country that our states say nothing of, its length alone."""
    if flaw.code != "7" or flaw.use is None or flaw.use.data_element != "156":
        return flaw
    country = next((u.seq for u in uses if u.data_element == "26"), 0)
    if not 0 < country < len(values) or values[country] in _STATES:
        return flaw
    code, detail = _measure(flaw.use, flaw.value, len(flaw.value))
    return replace(flaw, code=code, detail=detail) if code else None


def _periods(
    uses: tuple[ElementUse, ...], values: list[str], element: int, segment: SegmentUse | None
) -> Iterator[Flaw]:
    """Dates whose form stands in the element before them (1250 then 1251)."""
    for form, period in pairwise(uses):
        if form.data_element == "1250" and period.data_element == "1251" and period.seq < len(values):
            qualifier, value = values[form.seq], values[period.seq]
            if form.usage != "N" and value and qualifier in form.codes:
                code = is_period(qualifier, value)
                if code:
                    seq, component = (period.seq, 0) if segment else (element, period.seq)
                    detail = f"its form is {qualifier}"
                    yield Flaw(seq, code, period, component, value=value, detail=detail, form=qualifier)


def _use(use: SegmentUse, seq: int) -> ElementUse | None:
    return next((e for e in use.elements if e.seq == seq), None)


def _names(use: SegmentUse, seqs: tuple[int, ...], but: int = 0) -> str:
    return ", ".join(f"{use.tag}{seq:02d}" for seq in seqs if seq != but)
