"""The envelope: ISA to IEA, GS to GE, ST to SE; numbers, counts and versions.

Enters: control segments as sent. Leaves: `Note`s, each with the code that a TA1, AK9 or IK5
gives it (X12.56, X12.20; code sources I18, 716, 618). Each function looks at one header or
one header with its trailer; the order of the frames is watched by `process`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from edi837 import remedy, syntax
from edi837.grammar import Guide, answers, load
from edi837.x12 import Segment, element

_VERSION = re.compile(r"00[2-5]\d\d\Z", re.ASCII)
_NUMBER = re.compile(r"\d+\Z", re.ASCII)
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)  # ISA01 to ISA16
_OTHERS = {  # other guides of the 837, whatever their erratum
    "005010X224": "the 837D: dental claims are not read here",
    "005010X291": "a predetermination (professional), which is not read here",
    "005010X292": "a predetermination (institutional), which is not read here",
    "005010X298": "post-adjudicated claims data (professional), which is not read here",
    "005010X299": "post-adjudicated claims data (institutional), which is not read here",
    "005010X300": "post-adjudicated claims data (dental), which is not read here",
}
_PARTY_QUALIFIERS = frozenset(("01", "14", "20", "27", "28", "29", "30", "33", "ZZ"))


@dataclass(frozen=True, slots=True)
class Note:
    """Something wrong with a frame. `grave`: it is refused; else it is accepted with the error noted."""

    code: str  # TA1:nnn, AK9:n, IK5:n
    message: str
    fix: str = ""
    element: int = 0
    grave: bool = True


# What is asked of the house's own memory about an ISA whose form is good.
Admit = Callable[[Sequence[str]], Iterable[Note]]
TWICE = Note("TA1:025", "ISA13 came before in this file", "number each interchange apart", 13)
_UNUSABLE = {  # what a delimiter that cannot be used is for, and its element
    "004": ("end segments", 0), "026": ("separate elements", 0), "027": ("separate components", 16),
}  # fmt: skip


def isa(seg: Segment, unusable: str = "") -> Iterator[Note]:
    """Judge an ISA (TA1 codes). What does not touch the claims is noted, not refused.

    ``unusable`` is the code of a delimiter that cannot be used, if there is one: then it is all that is said.
    """
    if unusable:
        what, index = _UNUSABLE[unusable]
        yield Note(f"TA1:{unusable}", f"the character to {what} cannot be used: a letter, a digit, a blank or one with "
                   "another use", "use marks that stand in no value, such as * : ^ and ~", index)  # fmt: skip
        return
    for index, width in enumerate(_WIDTHS, 1):
        length = len(element(seg, index))
        if length != width and index != 11:
            code = {6: "006", 8: "008", 12: "017", 13: "018"}.get(index, "022")
            torn = remedy.told(element(seg, index))
            among = ", a line break among them" if torn else ""
            yield Note(f"TA1:{code}", f"ISA{index:02d} has {length} characters{among}; it has exactly {width}",
                       torn or "pad the elements of the ISA to their fixed widths", index)  # fmt: skip
            return  # one slip shifts the rest
    if seg[1] not in ("00", "03"):
        yield Note("TA1:010", "ISA01 is neither 00 nor 03", "send 00", 1, False)
    if seg[3] not in ("00", "01"):
        yield Note("TA1:012", "ISA03 is neither 00 nor 01", "send 00", 3, False)
    for index, code, what in ((2, "011", "authorization"), (4, "013", "security")):
        if seg[index - 1] in ("01", "03") and not seg[index].strip():  # under 00 anything may stand: it has no meaning
            said = f"ISA{index - 1:02d}"
            yield Note(f"TA1:{code}", f"ISA{index:02d} is blank, and {said} says it holds {what} information",
                       f"send 00 in {said}", index, False)  # fmt: skip
    for index, code in ((5, "005"), (7, "007")):
        if seg[index] not in _PARTY_QUALIFIERS:
            yield Note(f"TA1:{code}", f"ISA{index:02d} is not an interchange id qualifier", "send ZZ", index, False)
    for index, code, who in ((6, "006", "sender"), (8, "008", "receiver")):
        if not seg[index].strip():
            yield Note(f"TA1:{code}", f"ISA{index:02d} names no {who}", f"send the {who}'s id", index)
    if not (len(seg[9]) == 6 and syntax.is_date(seg[9])):
        yield Note("TA1:014", "ISA09 is not a date, YYMMDD", "send the date of the interchange", 9, False)
    if not (len(seg[10]) == 4 and syntax.is_time(seg[10])):
        yield Note("TA1:015", "ISA10 is not a time, HHMM", "send the time of the interchange", 10, False)
    if seg[12] >= "00402" and (len(seg[11]) != 1 or seg[11].isalnum() or seg[11] in (" ", seg[16])):
        yield Note("TA1:016", "ISA11 holds no repetition separator", "send ^ or another mark", 11, False)
    if _VERSION.match(seg[12]) and seg[12] < "00402" and seg[11] != "U":
        yield Note("TA1:002", "ISA11 is not U, the only standard there was before 00402", "send U", 11, False)
    if not _VERSION.match(seg[12]):
        code = "003" if seg[12][:2] == "00" and _NUMBER.match(seg[12]) else "017"
        yield Note(f"TA1:{code}", "ISA12 is not a version of the interchange that is read here", "send 00501", 12)
    if not _NUMBER.match(seg[13]):
        yield Note("TA1:018", "ISA13 is not a number of nine digits", "send nine digits", 13)
    if seg[14] not in ("0", "1"):
        yield Note("TA1:019", "ISA14 is neither 0 nor 1", "send 1 if you want a TA1, else 0", 14, False)
    if seg[15] not in ("P", "T"):
        yield Note("TA1:020", "ISA15 is neither P nor T", "send T for a test, P for production", 15)


def iea(header: Segment, seg: Segment, groups: int) -> Iterator[Note]:
    """Judge an IEA against its ISA and the groups that came."""
    if element(seg, 2) != header[13]:
        yield Note("TA1:001", "IEA02 is not the number in ISA13", "send the same number in ISA13 and IEA02", 2)
    if not _same_count(element(seg, 1), groups):
        yield Note("TA1:021", f"IEA01 should be {groups}, the functional groups that came", f"send {groups}", 1)


def gs(seg: Segment, before: Collection[str]) -> Iterator[Note]:
    """Judge a GS (AK9 codes); `before` holds the GS06 of the groups before it."""
    number, version = element(seg, 6), element(seg, 8)
    if element(seg, 1) not in ("HC", "HN", "FA"):
        yield Note("AK9:1", "GS01 is not HC: only health care claims are read here", "send claims in a group HC", 1)
    elif version not in answers() or load(answers()[version]).functional_id != element(seg, 1):
        what = _OTHERS.get(version[:10], "a guide that is not read here")
        yield Note("AK9:2", f"GS08 names {what}; 837P is 005010X222A1, 837I is 005010X223A2",
                   "send 005010X222A1 or 005010X223A2", 8)  # fmt: skip
    if not _NUMBER.match(number) or len(number) > 9:
        yield Note("AK9:6", "GS06 is not a number of one to nine digits", "send a group control number", 6)
    elif number in before:
        yield Note("AK9:19", "GS06 came before in this interchange", "number the groups of an interchange apart", 6)
    elif any(other in before for other in _written(number)):
        yield Note("AK9:", "GS06 came before in this interchange with other leading zeros",
                   "number the groups of an interchange apart", 6, False)  # fmt: skip
    for at, who in ((2, "sender"), (3, "receiver")):
        if not 2 <= len(element(seg, at)) <= 15:
            yield Note("AK9:", f"GS{at:02} is not of two to fifteen characters", f"send the {who}'s code", at, False)
    if not (len(element(seg, 4)) == 8 and syntax.is_date(element(seg, 4))):
        yield Note("AK9:", "GS04 is not a date, CCYYMMDD", "send the date of the group", 4, False)
    if not syntax.is_time(element(seg, 5)):
        yield Note("AK9:", "GS05 is not a time, HHMM", "send the time of the group", 5, False)
    if element(seg, 7) != "X":
        yield Note("AK9:", "GS07 is not X, for X12", "send X", 7, False)


def ge(header: Segment, seg: Segment, sets: int) -> Iterator[Note]:
    """Judge a GE against its GS and the sets that came.

    GS06 and GE02 are numbers (type N0) of no fixed width: leading zeros mean nothing in them. In ISA13 and IEA02,
    which always have nine digits, and in ST02 and SE02, which are text (AN), they do.
    """
    number, same = element(seg, 2), "send the same number in GS06 and GE02"
    if number != element(header, 6):
        if number in _written(element(header, 6)):
            yield Note("AK9:", "GE02 is the number in GS06 with other leading zeros", same, 2, False)
        else:
            yield Note("AK9:4", "GE02 is not the number in GS06", same, 2)
    if not _same_count(element(seg, 1), sets):
        yield Note("AK9:5", f"GE01 should be {sets}, the transaction sets that came", f"send {sets}", 1)


def st(seg: Segment, guide: Guide, before: Collection[str], marks: str = "") -> Iterator[Note]:
    """Judge an ST (IK5 codes) in a group judged by `guide`; `before` holds the ST02 before it.

    ST02 may hold any characters (type AN) but ``marks``, the separators within an element.
    """
    number, named = element(seg, 2), element(seg, 3)
    if len(element(seg, 1)) != 3 or not seg[1].isalnum():
        yield Note("IK5:6", "ST01 is not the identifier of a transaction set", f"send {guide.set_id}", 1)
    elif element(seg, 1) != guide.set_id:
        yield Note("IK5:18", f"ST01 is not {guide.set_id}, the transaction set of this group",
                   "send other sets in a group of their own", 1)  # fmt: skip
    elif answers().get(named) != guide.id:
        yield Note("IK5:19", "ST03 does not name the guide of GS08" if named else "ST03 is missing",
                   "send the same guide in GS08 and ST03", 3)  # fmt: skip
    if not 4 <= len(number) <= 9 or number.isspace() or not number.isprintable() or set(number) & set(marks):
        yield Note("IK5:7", "ST02 is not a control number of four to nine characters", "send 0001, 0002, ...", 2)
    elif number in before:
        yield Note("IK5:23", "ST02 came before in this group", "number the sets of a group apart", 2)


def se(header: Segment, seg: Segment, segments: int) -> Iterator[Note]:
    """Judge an SE against its ST and the segments counted, ST and SE included."""
    if element(seg, 2) != element(header, 2):
        yield Note("IK5:3", "SE02 is not the number in ST02", "send the same number in ST02 and SE02", 2)
    if not _same_count(element(seg, 1), segments):
        yield Note("IK5:4", f"SE01 should be {segments}, the segments from ST to SE", f"send {segments}", 1)


def _written(number: str) -> list[str]:
    """The ways to write a group control number: with every number of leading zeros up to nine digits."""
    if not _NUMBER.match(number) or len(number) > 9:
        return []
    digits = number.lstrip("0")
    return [digits.zfill(width) for width in range(max(len(digits), 1), 10)]


def _same_count(text: str, count: int) -> bool:
    return bool(_NUMBER.match(text)) and text.lstrip("0") == str(count).lstrip("0")
