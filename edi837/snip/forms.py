"""SNIP 5: codes of other payers, of the UB-04 and of laboratories, numbers and addresses, by their forms.

As in `codes`, a list that has aged refuses nothing: only what cannot be such a code at all is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from edi837.snip import shapes
from edi837.snip.rule import Flaw, on
from edi837.x12 import Segment, element

# HI qualifiers whose code has two characters, and the status that says what it is.
_NUBC = {"BG": "460", "BH": "719", "BI": "721", "BE": "725"}
_BOX = re.compile(r"\b(?:P\.? ?O\.? ?|POST OFFICE |LOCK ?)BOX(?![A-Z])", re.IGNORECASE)
_REMARKS = {"MOA": (3, 4, 5, 6, 7), "MIA": (5, 20, 21, 22, 23)}


@on(
    "S5-CARC", "CAS02", "a claim adjustment reason is up to three digits, or a letter and up to two", tags="CAS",
    status="A7:521", fix="send the reason as the payer's remittance has it, without its group: 45, not CO45",
    source="external: X12 code source 139, claim adjustment reason codes (forms only)",
)  # fmt: skip
def reason(seg: Segment, _: str) -> Iterator[Flaw]:
    """CAS02, 05, 08, 11, 14 and 17, of claims and of lines."""
    for at in range(2, len(seg), 3):
        if seg[at] and not shapes.reason(seg[at].upper()):
            yield Flaw(at, seg[at], "this has not the form of a claim adjustment reason")


@on(
    "S5-RARC", "MOA03", "a remark is M, MA or N and a number", tags="MOA MIA",
    status="A7:481", fix="send the remark as the payer's remittance has it", action="warn",
    source="external: X12 code source 411, remittance advice remark codes (forms only)",
)  # fmt: skip
def remark(seg: Segment, _: str) -> Iterator[Flaw]:
    """MOA03 to 07; MIA05 and 20 to 23. What another payer remarked is no reason to send a claim back."""
    for at in _REMARKS[seg[0]]:
        code = element(seg, at)
        if code and not shapes.remark(code.upper()):
            yield Flaw(at, code, "this has not the form of a remark")


@on(
    "S5-NUBC", "HI01-2", "a condition, occurrence, span or value code has two characters",
    tags="HI*BG HI*BH HI*BI HI*BE", status="A7:460", fix="send the two characters of the code",
    source="external: NUBC, UB-04 form locators 18 to 41 (forms only)",
)  # fmt: skip
def billing_code(seg: Segment, component: str) -> Iterator[Flaw]:
    """Component 2 under BG, BH, BI and BE."""
    for at, value in enumerate(seg[1:], 1):
        qualifier, _, rest = value.partition(component)
        code = rest.partition(component)[0].upper()
        if qualifier in _NUBC and not shapes.modifier(code):
            yield Flaw(at, code, "the code has not two letters or digits", 2, (f"A7:{_NUBC[qualifier]}",))


@on(
    "S5-DRG", "HI01-2", "a diagnosis related group has three digits, or four of an APR-DRG with its severity",
    tags="HI*DR", kind="I", status="A7:481", fix="send the digits of the group alone", action="warn",
    source="external: CMS MS-DRG, 3M APR-DRG (forms only)",
)  # fmt: skip
def group(seg: Segment, component: str) -> Iterable[Flaw]:
    """Component 2 under DR."""
    code = element(seg[1].split(component), 1)
    if shapes.digits(code, 3) or shapes.digits(code, 4):
        return ()
    return [Flaw(1, code, "this has not the form of a diagnosis related group", 2)]


@on(
    "S5-HIPPS", "SV202-2", "a rate code under HP has five letters or digits", tags="SV2", kind="I",
    status="A7:513", fix="send the five characters of the HIPPS code", source="external: CMS HIPPS codes (forms only)",
)  # fmt: skip
def rate(seg: Segment, component: str) -> Iterable[Flaw]:
    """SV202-2 under HP."""
    if len(seg) < 3 or seg[2][:2] != "HP":
        return ()
    code = element(seg[2].split(component), 1)
    return () if shapes.rate(code.upper()) else [Flaw(2, code, "this has not the form of a HIPPS code", 2)]


@on(
    "S5-CLIA", "REF02", "a CLIA number is two digits, a D and seven digits", tags="REF*X4 REF*F4", kind="P",
    status="A7:481", fix="send the ten characters of the laboratory's certificate", action="warn",
    source="external: CMS, CLIA numbers (forms only)",
)  # fmt: skip
def laboratory(seg: Segment, _: str) -> Iterable[Flaw]:
    """REF02 under X4 and F4."""
    number = element(seg, 2)
    return () if shapes.clia(number.upper()) else [Flaw(2, number, "this has not the form of a CLIA number")]


@on(
    "S5-SSN", "REF02", "a social security number is nine digits without separators", tags="REF*SY",
    loops="2010BA 2010CA 2330A", status="A7:481", fix="send the nine digits alone", action="warn",
)  # fmt: skip
def social_security(seg: Segment, _: str) -> Iterable[Flaw]:
    """REF02 under SY of persons; of a billing provider it is S5-TAX-ID's."""
    number = element(seg, 2)
    if seg[1] != "SY" or shapes.digits(number, 9):
        return ()
    return [Flaw(2, number, f"{len(number)} characters that are not just nine digits")]


@on(
    "S5-BOX", "N301", "the billing provider's address is a street's, no P.O. box and no lock box", tags="N3",
    loops="2010AA", status="A7:503:85", fix="send the street address here, and the box in 2010AB", action="warn",
)  # fmt: skip
def box(seg: Segment, _: str) -> Iterable[Flaw]:
    """N301 and N302, the first of them that has one."""
    for at, line in enumerate(seg[1:3], 1):
        if _BOX.search(line):
            return [Flaw(at, line, "this is a P.O. box or lock box")]
    return ()
