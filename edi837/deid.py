"""A file without its persons: names, numbers, addresses and free text replaced, dates moved.

Enters: a binary stream and `Pseudonyms`. Leaves: text with the same segments in the same order. What
an element becomes is in the table below; what is not in it is replaced. Kept are codes, amounts,
units, counts, states, the first three digits of postal codes, drugs, taxonomies, the ids of ISA and
GS, and id and name of payers and receivers (NM1*PR, NM1*40) and the submitter's id (NM1*41).
Value codes that tell a ZIP code keep three digits of it; those of a county or another area, none.
Providers' names and numbers are replaced as persons' are. A place that keeps codes keeps no word
longer than three letters, but a number that was put there by mistake. Ages, and days between days,
stay: who knows a date of service may find a person by it. This is no safe harbor (45 CFR 164.514(b)(2)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from edi837 import grammar, personal, x12
from edi837.deck import Torn
from edi837.isa import BLANK
from edi837.pseudonyms import Pseudonyms, blanked
from edi837.x12 import Delimiters, Segment, element

# By element, those of the ISA aside: k codes, amounts and counts kept; r kept as it is; n name or number
# replaced; d a date, moved; t free text blanked; z postal code; e, f, h, q, s: NM109, REF02, HI, REF04,
# procedures with their description.
_TABLE = {
    "AK1": "kkk", "AK2": "kkk", "AK9": "k" * 9, "AMT": "kkk", "BHT": "kkndkk", "CAS": "k" * 19, "CL1": "kkkk",
    "CLM": "n" + "k" * 19, "CN1": "kkknkn",
    "CR1": "kkkkkkkktt", "CR2": "kkkkkkkkkttk", "CR3": "kkkkk", "CRC": "kkkkkkk", "CTP": "k" * 11, "CUR": "k" * 6,
    "DMG": "kdk", "DTP": "kkd", "FRM": "kkndk", "GE": "kk", "GS": "krrdkkkk", "HCP": "kkknkkkkkkkkkkk", "HI": "h" * 12,
    "HL": "kkkk", "HSD": "k" * 8, "IEA": "kk", "IK3": "kkkk", "IK4": "kkkn", "IK5": "kkkkkk",
    "K3": "tkk", "LIN": "k" * 5, "LQ": "kk",
    "LX": "k", "MEA": "kkkk", "MIA": "k" * 24, "MOA": "k" * 9, "N2": "nn", "N3": "nn", "N4": "nkzkkkk",
    "NM1": "kknnnnnkekn", "NTE": "kt", "OI": "k" * 6, "PAT": "kkkkkdkkk", "PER": "knknknkn", "PRV": "kkkkk",
    "PS1": "nkk", "PWK": "kkkkknt", "QTY": "kkk", "REF": "kftq", "SBR": "kkntkkkkk", "SE": "kk", "ST": "kkk",
    "SV1": "s" + "k" * 20, "SV2": "ks" + "k" * 8, "SV5": "k" * 7, "SVD": "rkskkk",
}  # fmt: skip
_PARTNERS = frozenset(("PR", "40"))  # NM101: payer, receiver
_DESCRIPTION = 7  # component of SV101, SV202 and SVD03
_WORD = 3  # letters that a code may have
_PICKED_UP = "A0"  # value code: the ZIP code where an ambulance fetched the patient
_OPENING = frozenset(("CLM", "NM1", "SBR", "LX", "HL", "ST"))  # segments that open a loop
_ZIP_CODE = re.compile(r"[0-9]{5}(?:[0-9]{4})?\Z")
_STATE = re.compile(r"[A-Za-z]{2}\Z")
_CLIA = re.compile(r"[0-9]{2}[Dd][0-9]{7}\Z")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]\Z")  # DTP03 under TM: hour and minute, never a day
_CODE = re.compile(r"[A-Za-z0-9.+-]{1,30}\Z")


def without_persons(
    stream: BinaryIO, pseudonyms: Pseudonyms, watch: Callable[[x12.RawInterchange], None] | None = None
) -> Iterator[str]:
    """Yield the text piece by piece; ``watch`` is shown each interchange when it has been read.

    Raises NotX12, or `Torn` where delimiters cannot be used.
    """
    for item in x12.read(stream):
        if isinstance(item, x12.Stray):
            yield item.text if item.blank else blanked(item.text)
            continue
        if item.unusable:
            raise Torn("its delimiters cannot be used: nobody can tell where a name stands")
        rewrite = _Rewriter(pseudonyms, item.delimiters).segment
        held = None
        for piece in item.pieces:
            if held is not None:
                yield held + item.delimiters.segment
            lead = len(piece) - len(piece.lstrip(BLANK))
            held = piece[:lead] + item.delimiters.element.join(rewrite(x12.split(piece, item.delimiters)))
        if held is not None:
            yield held + item.delimiters.segment * (not item.unterminated)
        if watch:
            watch(item)


class _Rewriter:
    """Rewrites the segments of one interchange."""

    def __init__(self, pseudonyms: Pseudonyms, delimiters: Delimiters) -> None:
        self._of, self._npi, self._day = pseudonyms.of, pseudonyms.npi, pseudonyms.day
        self._delimiters = delimiters
        self._in_claim = False  # right in a 2300, not in one of its loops
        self._marks = re.compile(f"([{re.escape(delimiters.component + delimiters.repetition)}])")

    def segment(self, seg: Segment) -> Segment:
        """One segment with every element as the table says."""
        tag = seg[0]
        kinds = _TABLE.get(tag, "")
        if tag == "ISA":
            return self._header(seg)
        if tag in _OPENING:
            self._in_claim = tag == "CLM"
        if not kinds and tag not in grammar.known_tags():
            tag = self._of(tag)
        ways: dict[str, Callable[[str], str]] = {
            "k": self._kept, "r": str, "n": self._of, "t": blanked, "z": self._postal, "h": self._coded,
            "s": self._service, "q": self._qualified,
        }  # fmt: skip
        made = [tag]
        for index, value in enumerate(seg[1:], 1):
            kind = kinds[index - 1] if index <= len(kinds) else "n"
            if tag == "NM1" and index in (3, 9) and _is_partner(seg):
                kind = "r"
            if not value:
                made.append("")
            elif kind == "d":
                time = tag == "DTP" and seg[2] == "TM" and _TIME.match(value)
                made.append(value if time else self._dates(value))
            elif kind == "e":
                made.append(self._number(seg, value))
            elif kind == "f":
                made.append(self._reference(seg, value))
            else:
                made.append(ways[kind](value))
        return made

    def _header(self, seg: Segment) -> Segment:
        """The ISA: its date moved, its passwords replaced."""
        made = [*seg]
        for index in (2, 4):
            made[index] = self._of(seg[index])
        made[9] = self._dates(seg[9]) if seg[9].strip() else seg[9]
        return made

    def _kept(self, value: str) -> str:
        return "".join(self._code(part) for part in self._marks.split(value))

    def _code(self, part: str) -> str:
        if len(part) <= _WORD or (_CODE.match(part) and any("0" <= char <= "9" for char in part)):
            return part
        return self._of(part)

    def _dates(self, value: str) -> str:
        return "-".join(self._day(part) if part else "" for part in value.split("-"))

    def _number(self, seg: Segment, value: str) -> str:
        if element(seg, 8) == "XX":
            return self._npi(value)
        return value if element(seg, 1) == "41" else self._of(value)

    def _reference(self, seg: Segment, value: str) -> str:
        if element(seg, 1) in ("X4", "F4"):
            return self._laboratory(value)
        if element(seg, 1) == "LU" and self._in_claim and _STATE.match(value):
            return value  # of an accident (2300); elsewhere LU is the number of an office
        return value if element(seg, 1) == "4N" and len(value) == 1 else self._of(value)

    def _laboratory(self, value: str) -> str:
        """A CLIA number keeps its D, and what is none does not become one."""
        if _CLIA.match(value):
            return self._of(value, False)
        made = self._of(value)
        while _CLIA.match(made):
            made = self._of(made)
        return made

    def _postal(self, value: str) -> str:
        return value[:3] + re.sub("[0-9]", "0", blanked(value[3:])) if value[:3].isdigit() else self._of(value)

    def _coded(self, value: str) -> str:
        """An HI: it may not be repeated, and is taken apart even so."""
        repetition = self._delimiters.repetition
        several = value.split(repetition) if repetition else [value]
        return repetition.join(map(self._told, several))

    def _told(self, value: str) -> str:
        parts = value.split(self._delimiters.component)
        made = [self._kept(part) for part in parts]
        if len(parts) > 3:  # a day whatever its format (-3) is said to be; of birth, with occurrence code A1
            made[3] = self._dates(parts[3])
        if len(parts) > 4 and parts[0] == "BE":
            code = parts[1].strip().upper()
            if code == _PICKED_UP and _ZIP_CODE.match(parts[4]):
                made[4] = self._postal(parts[4])
            elif code in personal.OF_PLACE:
                made[4] = self._of(parts[4])
        return self._delimiters.component.join(made)

    def _qualified(self, value: str) -> str:
        """Qualifiers and numbers in turn."""
        parts = value.split(self._delimiters.component)
        made = [self._of(part) if at % 2 else self._kept(part) for at, part in enumerate(parts)]
        return self._delimiters.component.join(made)

    def _service(self, value: str) -> str:
        parts = value.split(self._delimiters.component)
        made = [blanked(part) if at >= _DESCRIPTION else self._kept(part) for at, part in enumerate(parts, 1)]
        return self._delimiters.component.join(made)


def _is_partner(seg: Segment) -> bool:
    """Whether an NM1 names a payer or a receiver, and not a person in its place."""
    return element(seg, 1) in _PARTNERS and element(seg, 2) != "1" and element(seg, 8) not in personal.MEMBERS
