"""The ISA: the four marks an interchange declares for itself, and whether they can be used (X12.5).

Enters: text that begins with ``ISA``. Leaves: its delimiters; or the TA105 of one that cannot
be used; or why this is no ISA at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from edi837.findings import NotX12

BLANK = " \t\r\n"
LENGTH = 106  # characters of an ISA, its terminator included
HEAD = 4 * LENGTH  # characters that settle whether an ISA begins here
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)  # ISA01..15

# An ISA up to its terminator. One whose blanks were lost or doubled still names its delimiters:
# sixteen separators, then one component separator. A single pattern, so that junk which
# says ISA again and again is passed over quickly.
ISA = re.compile(
    r"ISA([^A-Za-z0-9 \t\r\n])(?:"
    + "".join(rf"([\s\S]{{{w}}})\1" if i == 11 else rf"[\s\S]{{{w}}}\1" for i, w in enumerate(_WIDTHS, 1))
    + r"(?!\1)[\s\S](?!\1)|(?:(?:(?!\1)[\s\S]){0,26}\1){15}(?!\1)[^A-Za-z0-9 \t\r\n])"
)

# An ISA whose separators, even of no use, stand where its widths put them, with numbers in ISA12 and ISA13.
_DIGITS = (12, 13)
_BY_WIDTH = re.compile(
    r"ISA(?P<mark>[\s\S])"
    + "".join(("[0-9]" if i in _DIGITS else r"[\s\S]") + f"{{{w}}}(?P=mark)" for i, w in enumerate(_WIDTHS, 1))
    + r"[\s\S]{2}"
)
ANY = re.compile(f"{ISA.pattern}|{_BY_WIDTH.pattern}")


_PACKED = {
    "\x1f\x8b": "it is packed by gzip: unpack it first, or `zcat FILE | edi837 check -`",
    "PK\x03\x04": "it is packed by zip: unpack it first, or `unzip -p FILE | edi837 check -`",
}


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters an interchange declares for itself."""

    element: str = "*"  # ISA position 4
    component: str = ":"  # ISA16
    repetition: str = "^"  # ISA11; empty when ISA11 is no separator of its own (as in 4010)
    segment: str = "~"  # the character after ISA16

    @classmethod
    def read(cls, head: str) -> Delimiters:
        """Read the delimiters off the text of an ISA; NotX12 says where it stops making sense."""
        if not head.startswith("ISA"):
            for begun, remedy in _PACKED.items():
                if head.startswith(begun):
                    raise NotX12(remedy)
            raise NotX12(f"expected ISA, found {_shown(head[:3])}")
        element = head[3:4]
        if not element or element.isalnum() or element in BLANK:
            raise NotX12(f"the character after ISA, {_shown(element)}, cannot separate elements", 3)
        match = ISA.match(head)
        if not match:
            raise NotX12("ISA does not hold 16 elements separated by " + _shown(element), _misfit(head, element))
        end = match.end()
        component, segment = head[end - 1], head[end : end + 1]
        if not segment or segment.isalnum() or segment == " " or segment in (element, component):
            raise NotX12(f"{_shown(segment)} after ISA16 cannot end a segment", end)
        if component.isalnum() or component in BLANK:
            raise NotX12(f"{_shown(component)} in ISA16 cannot separate components", end - 1)
        repetition = match[2] or match[0].split(element)[11]
        if len(repetition) != 1 or repetition.isalnum() or repetition in (*BLANK, element, component, segment):
            repetition = ""
        return cls(element, component, repetition, segment)


@lru_cache(maxsize=16)
def alike(delimiters: Delimiters) -> re.Pattern[str]:
    """A pattern for a whole ISA of the right widths with these separators and terminator; none stands in an element."""
    mark, other, end = re.escape(delimiters.element), re.escape(delimiters.component), re.escape(delimiters.segment)
    elements = "".join(f"[^{mark}{end}]{{{width}}}{mark}" for width in _WIDTHS)
    return re.compile(f"ISA{mark}{elements}{other}{end}")


def by_width(text: str) -> list[str]:
    """The elements of an ISA of the right widths, whatever stands between them."""
    starts = accumulate((4, *_WIDTHS), lambda at, width: at + width + 1)
    return ["ISA", *(text[at : at + width] for at, width in zip(starts, (*_WIDTHS, 1), strict=True))]


def unusable(head: str) -> str:
    """TA105 of the delimiter that cannot be used in an ISA of the right widths; empty when it is no such ISA."""
    if not _BY_WIDTH.match(head):
        return ""
    element, component, segment = head[3], head[104], head[105]
    if element.isalnum() or element in BLANK:
        return "026"
    if component.isalnum() or component in BLANK or component == element:
        return "027"
    return "004" if segment.isalnum() or segment in (" ", element, component) else ""


def refusal(head: str, offset: int) -> NotX12 | None:
    """Why a text at this offset does not begin an interchange."""
    try:
        Delimiters.read(head)
    except NotX12 as error:
        return NotX12(str(error), offset + error.offset)
    return None


def _misfit(head: str, element: str) -> int:
    """The first offset at which an ISA does not keep to its fixed widths."""
    at = 3
    for width in _WIDTHS:
        at += width + 1
        if head[at : at + 1] != element:
            return min(at, len(head))
    return min(at + 1, len(head))


def _shown(text: str) -> str:
    """Bytes as a person may safely see them: everything but letters and marks is escaped."""
    return repr(text) if text else "the end of the file"
