"""What would be right where a segment or an element is not, in a few words: the fix of a slip of syntax.

Enters: a `syntax.Flaw` and the use of its segment, or the uses that would have taken a segment. Leaves: text
without a value of the sender's. Made only when something is told, so that a good segment pays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from edi837 import syntax
from edi837.findings import Place
from edi837.grammar import ElementUse, SegmentUse
from edi837.syntax import Flaw

_FEW = 8  # codes that are listed in a fix
_ROOT = "ST_LOOP"
_DIGITS = re.compile(r"\[0-9\]\{(\d+)\}")  # the one kind of shape that the guides have
_POINTER = "1328"  # data element of SV107
_NUMBERS = ("67", "127")  # data elements: numbers of persons, payers and providers, of claims and authorizations
_CODES = ("234", "1271")  # those of codes that are AN: procedures, diagnoses, revenue
_LIKELIEST = "HC"  # of the qualifiers of a procedure in SV101-1 and SV202-1
_FORMS = {"D8": "CCYYMMDD", "RD8": "CCYYMMDD-CCYYMMDD", "D6": "YYMMDD", "DT": "CCYYMMDDHHMM", "TM": "HHMM"}
_MEANT = {"D8": "a single day", "RD8": "a range", "DT": "a day with its hour"}
_BREAK = re.compile(r"[\r\n]")

UNBROKEN = "send the file without line breaks, or with one only behind the end of a segment"


def of(flaw: Flaw, use: SegmentUse) -> str:
    """The fix of a flaw in a segment of that use; empty when its message says it all."""
    name = Place(tag=use.tag, element=flaw.element, component=flaw.component).refdes
    code, element = flaw.code, flaw.use
    if code == "3":
        return f"end the segment with {use.tag}{flaw.element - 1:02d}; look for a separator too many"
    if code == "I10":
        return f"leave {name} empty"
    if code in ("2", "10"):
        return _beside(name, flaw, use)
    return _alone(name, flaw, use, element) if element else ""


def codes(allowed: Collection[str], value: str = "") -> str:
    """Which codes to send; of many only how many there are."""
    if not allowed:
        return ""
    if value.strip() in allowed:
        return "send the code without blanks"
    if value.upper() in allowed:
        return "send the code in capital letters"
    if len(allowed) > _FEW:
        return f"send one of the {len(allowed)} codes that the guide lists"
    return f"send {_either(_sorted(allowed))}"


def belongs(homes: Sequence[SegmentUse]) -> str:
    """Where a segment belongs that has no place where it stands."""
    loop = homes[0].loop
    if len(homes) > 1:
        return f"move it to where it belongs: loop {_either([use.loop.id for use in homes])}"
    if homes[0] is not loop.entry:
        return f"move it to loop {loop.id}, behind {loop.entry.tag}" if loop.id != _ROOT else "move it behind ST"
    within = f", in loop {loop.parent.id}" if loop.parent and loop.parent.id != _ROOT else ""
    return f"move it to where it opens loop {loop.id}{within}"


def unknown(tag: str, known: Collection[str]) -> str:
    """The fix of a segment id that is none."""
    if _BREAK.search(tag):
        return UNBROKEN
    if tag.strip().upper() in known:
        return "send the segment id alone, in capital letters"
    return "send a segment id; if this is the rest of a text, take the segment terminator out of that"


def told(value: str) -> str:
    """The fix of a value with a line break in it, whatever else it is; empty without one."""
    return UNBROKEN if _BREAK.search(value) else ""


def _alone(name: str, flaw: Flaw, use: SegmentUse, element: ElementUse) -> str:
    """The fix of what an element by itself is wrong in."""
    code, value = flaw.code, flaw.value
    if code == "1":
        return _missing(name, element)
    if code in ("4", "5"):
        return _length(code, element, value)
    if code == "6":
        return told(value) or _characters(element)
    if code == "7":
        free = element.usage == "S" and not any(element.seq in seqs for _, seqs in use.notes) and not flaw.component
        return told(value) or codes(element.codes, value) + (f", or leave {name} empty" if free else "")
    if code in ("8", "9"):
        return _date(flaw, use, element)
    if code == "12":
        return "send it once; the repetition separator may not stand in a text" if element.repeat == 1 else (
            f"send it {element.repeat} times at most"
        )
    if code == "13":
        return f"send {len(element.components)} components at most" if element.components else (
            "leave the component separator out of it"
        )
    if code == "I12":
        digits = _DIGITS.fullmatch(element.shape)
        return f"send {digits[1]} digits" if digits else f"send what matches {element.shape}"
    return ""


def _beside(name: str, flaw: Flaw, use: SegmentUse) -> str:
    """The fix of an element that others beside it ask for, or forbid."""
    if not flaw.because:
        return f"send {name}, or another of these"
    others = _either(f"{use.tag}{seq:02d}" for seq in flaw.because)
    if flaw.code == "10":
        return f"leave {name} or {others} out"
    bound = any(each.usage == "R" for each in use.elements if each.seq in flaw.because)
    return f"send {name}" if bound else f"send {name}, or leave {others} out"


def _missing(name: str, element: ElementUse) -> str:
    if 0 < len(element.codes) <= _FEW:
        return f"send {_either(_sorted(element.codes))} in {name}"
    return f"send {name}"


def _length(code: str, element: ElementUse, value: str) -> str:
    if element.min <= len(value.strip()) <= element.max:
        return "send it without blanks around it"
    kind = "characters" if element.type in ("AN", "ID") else "digits"
    if element.min == element.max:
        return f"send exactly {element.max} {kind}"
    limit = f"at least {element.min} {kind}" if code == "4" else f"at most {element.max} {kind}"
    if element.type == "ID" or element.data_element in _CODES:
        return f"send the code as its code set has it, {limit}"
    if element.data_element in _NUMBERS:
        return f"send the number as the payer, or whoever gave it, has it, {limit}"
    return f"shorten it to {element.max} {kind}" if code == "5" and element.type == "AN" else f"send {limit}"


def _characters(element: ElementUse) -> str:
    if element.type == "R":
        return "send digits alone, with a point before decimals"
    if element.data_element == _POINTER:
        return "send digits alone, each pointer in a component of its own"
    return "send digits alone" if element.type in ("N0", "N2") else "leave the control character out"


def _date(flaw: Flaw, use: SegmentUse, element: ElementUse) -> str:
    """Which form a date has under its qualifier, or its type; and which qualifier what was sent would need."""
    form, value = flaw.form, flaw.value
    if not form:
        right = _FORMS["TM"] if element.type == "TM" else _FORMS["D8" if element.max == 8 else "D6"]
        return f"send {right}{_slip(value)}"
    uses = use.elements[flaw.element - 1].components if flaw.component else use.elements
    at = (flaw.component or flaw.element) - 1  # the qualifier stands before it
    told = Place(tag=use.tag, element=flaw.element if flaw.component else at, component=flaw.component and at).refdes
    for other, meant in _MEANT.items():
        if other != form and not syntax.is_period(other, value):
            may = f"{meant} needs {other} in {told}" if other in uses[at - 1].codes else f"{meant} may not stand here"
            return f"send {_FORMS[form]}; {may}"
    return f"send {_FORMS[form]}{_slip(value)}"


def _slip(value: str) -> str:
    """What is wrong with a date that has its eight digits, or something between them."""
    days = re.split("-", value) if len(value) == 17 else [value]
    if any(syntax.is_date(day[4:] + day[:4]) for day in days if len(day) == 8 and not syntax.is_date(day)):
        return ", the year first"
    if all(len(day) == 8 and day.isdigit() for day in days):
        return ", a day that the calendar has"
    return ", digits alone" if re.search("[/.]|-..-", value) else ""


def _sorted(codes: Collection[str]) -> list[str]:
    """Codes in order, the likeliest first."""
    return sorted(codes, key=lambda code: (code != _LIKELIEST, code))


def _either(words: Iterable[str]) -> str:
    *some, last = [*words] or [""]
    return f"{', '.join(some)} or {last}" if some else last
