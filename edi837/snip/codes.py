"""SNIP 5: codes and numbers that cannot be what their place asks for.

Judged here by form alone, each on its own segment; of diagnoses the days of service tell which form
is due. A code of the right form that no list holds is another matter: lists age, forms do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from edi837.claim import Claim
from edi837.snip import shapes
from edi837.snip.rule import Fault, Flaw, View, on, over
from edi837.x12 import Segment, element

# HI qualifiers (code list 1270) by what their code is, and the status that says so.
ICD10 = {"ABK": "254", "ABF": "255", "ABJ": "255", "APR": "255", "ABN": "509"}
ICD9 = {"BK": "254", "BF": "255", "BJ": "255", "PR": "255", "BN": "509"}
_WITH_STATES = ("", "US", "CA")  # N404: the countries that the guide asks a state and a postal code of
_ADDRESS = {2: ("no state or province", "A6:501:{entity}"), 3: ("no postal code", "A6:500:{entity}")}  # elements of N4
ICD10_FROM = date(2015, 10, 1)  # first day of service coded in ICD-10 (45 CFR 162.1002)
_PROCEDURES = {"BBR": shapes.pcs, "BBQ": shapes.pcs, "BR": shapes.icd9_procedure, "BQ": shapes.icd9_procedure}


@on(
    "S5-NPI", "NM109", "an NPI has ten digits and keeps its check digit", tags="NM1",
    status="A7:562:{entity}", fix="send the provider's NPI as NPPES lists it",
    source="external: CMS, NPI check digit (45 CFR 162.406)",
)  # fmt: skip
def npi(seg: Segment, _: str) -> Iterable[Flaw]:
    """NM109 under XX."""
    if len(seg) < 10 or seg[8] != "XX" or shapes.npi(seg[9]):
        return ()
    return [Flaw(9, seg[9], "this is no NPI: ten digits from 1 or 2 on, and a check digit that agrees")]


@on(
    "S5-TAX-ID", "REF02", "a tax number is nine digits without separators", tags="REF", loops="2010AA",
    status="A7:128:85", fix="send the nine digits alone",
)  # fmt: skip
def tax_id(seg: Segment, _: str) -> Iterator[Flaw]:
    """REF02 under EI or SY."""
    if element(seg, 1) in ("EI", "SY") and not shapes.digits(element(seg, 2), 9):
        yield Flaw(2, seg[2], f"{len(seg[2])} characters that are not just nine digits")


@on(
    "S5-ZIP", "N403", "a ZIP code of the United States has five or nine digits", tags="N4",
    status="A7:500:{entity}", fix="send five or nine digits without a hyphen, or the country in N404",
    source="external: USPS",
)  # fmt: skip
def zip_code(seg: Segment, _: str) -> Iterable[Flaw]:
    """N403 when N404 is empty or US."""
    code = element(seg, 3)
    if not code or element(seg, 4) not in ("", "US") or shapes.digits(code, 5) or shapes.digits(code, 9):
        return ()
    return [Flaw(3, code, f"{len(code)} characters that are not just five or nine digits")]


@on(
    "S5-ZIP-9", "N403", "the billing provider's ZIP code has nine digits", tags="N4", loops="2010AA",
    status="A7:500:85", fix="send all nine digits of the ZIP code", action="warn",
)  # fmt: skip
def whole_zip_code(seg: Segment, _: str) -> Iterable[Flaw]:
    """N403 of five digits, when N404 is empty or US."""
    code = element(seg, 3)
    if element(seg, 4) in ("", "US") and shapes.digits(code, 5):
        return [Flaw(3, code, "five digits, and the guide asks for nine")]
    return ()


@on(
    "S4-N4", "N402", "an address in the United States or Canada has a state or province, and a postal code", tags="N4",
    status="A6:501:{entity} A6:500:{entity}", fix="send N402 and N403, or the country in N404", action="warn",
)  # fmt: skip
def whole_address(seg: Segment, _: str) -> Iterable[Flaw]:
    """N402 and N403 when N404 is empty, US or CA."""
    if len(seg) > 3 and seg[2] and seg[3]:
        return ()
    if element(seg, 4) not in _WITH_STATES:
        return ()
    lacking = [at for at in (2, 3) if not element(seg, at)]
    status = tuple(_ADDRESS[at][1] for at in lacking)
    return [Flaw(lacking[0], "", " and ".join(_ADDRESS[at][0] for at in lacking), status=status)]


@on(
    "S5-TAXONOMY", "PRV03", "a taxonomy code is three digits and seven letters or digits, the last an X", tags="PRV",
    status="A7:145:{entity}", fix="send the code of the NUCC set", source="external: NUCC provider taxonomy",
)  # fmt: skip
def taxonomy(seg: Segment, _: str) -> Iterator[Flaw]:
    """PRV03 under PXC."""
    code = element(seg, 3).upper()
    if element(seg, 2) != "PXC":
        return
    if not shapes.taxonomy(code):
        yield Flaw(3, seg[3], "this is no taxonomy code")
    elif code[-1] != "X":
        yield Flaw(3, seg[3], "every taxonomy code in force ends in X", action="warn")


@over(
    "S5-HI", "HI01-2", "a diagnosis or procedure code has the form of its code set, without a point", wakes="HI",
    status="A7:255", fix="send the code as its set writes it, without the point",
    source="external: CMS, ICD-10-CM and ICD-10-PCS",
)  # fmt: skip
def diagnosis(view: View) -> Iterator[Fault]:
    """Component 2 of each HI composite, by its qualifier; where that alone is wrong, S4-ICD tells it."""
    component = view.component
    for row in view.loop.segments:
        if row[2][0] != "HI":
            continue
        for index, value in enumerate(row[2]):
            qualifier, _, rest = value.partition(component)
            code = rest.partition(component)[0].upper()
            if qualifier in ICD10:
                good, what, status = shapes.icd10(code), "ICD-10-CM code", ICD10[qualifier]
            elif qualifier in ICD9:
                good, what, status = shapes.icd9(code), "ICD-9-CM code", ICD9[qualifier]
            elif qualifier in _PROCEDURES:
                good, what, status = _PROCEDURES[qualifier](code), "ICD procedure code", "666"
            else:
                continue
            if not good and not misnamed(view, qualifier, code):
                flaw = Flaw(index, code, f"{qualifier} names no {what}", 2, (f"A7:{status}",))
                yield Fault(row, flaw)


def due(claim: Claim) -> str:
    """The edition of ICD that is due by the days of service: 10, 9; empty when they do not tell."""
    first, last = claim.first, claim.last
    if not first or not last:
        return ""
    return "10" if first >= ICD10_FROM else "9" if last < ICD10_FROM else ""


def misnamed(view: View, qualifier: str, code: str) -> bool:
    """Whether the qualifier of a diagnosis is of one edition, and its code has only the form of the other, that is due.

    V5869 and E8801 have the form of both: of them only the qualifier tells.
    """
    if qualifier in ICD9:
        return due(view.claim) == "10" and shapes.icd10(code) and not shapes.icd9(code)
    return qualifier in ICD10 and due(view.claim) == "9" and shapes.icd9(code) and not shapes.icd10(code)


@on(
    "S5-HCPCS-I", "SV202-2", "a procedure under HC has the form of a HCPCS code", tags="SV2", kind="I",
    status="A7:507", fix="send a HCPCS or CPT code of five characters",
    source="external: CMS HCPCS level II, AMA CPT (forms only)",
)  # fmt: skip
@on(
    "S5-HCPCS", "SV101-2", "a procedure under HC has the form of a HCPCS code", tags="SV1", kind="P",
    status="A7:507", fix="send a HCPCS or CPT code of five characters",
    source="external: CMS HCPCS level II, AMA CPT (forms only)",
)  # fmt: skip
def hcpcs(seg: Segment, component: str) -> Iterable[Flaw]:
    """SV101-2 and SV202-2 under HC."""
    at, (qualifier, code, *_) = _procedure(seg, component)
    if qualifier != "HC" or shapes.hcpcs(code.upper()):
        return ()
    return [Flaw(at, code.upper(), "this has not the form of a HCPCS code", 2)]


@on(
    "S5-MODIFIER", "SV101-3", "a modifier is two letters or digits", tags="SV1 SV2",
    status="A7:453", fix="send modifiers of two characters, each in its own component",
    source="external: CMS HCPCS, AMA CPT (forms only)",
)  # fmt: skip
def modifier(seg: Segment, component: str) -> Iterable[Flaw]:
    """Components 3 to 6 of SV101 or SV202."""
    at, (_, _, *parts) = _procedure(seg, component)
    return [
        Flaw(at, code, "this has not the form of a modifier", index)
        for index, code in enumerate(parts, 3)
        if code and not shapes.modifier(code.upper())
    ] if parts else ()


@on(
    "S4-MODIFIER-TWICE", "SV101-3", "no modifier stands twice on a line", tags="SV1 SV2",
    status="A7:453", fix="send each modifier once",
    source="external: CMS 837P edit X222.351.2400.SV101-3.040 (CEDI, 2019)",
)  # fmt: skip
def modifier_twice(seg: Segment, component: str) -> Iterable[Flaw]:
    """Components 3 to 6 of SV101 or SV202, among themselves."""
    at, (_, _, *parts) = _procedure(seg, component)
    codes = [part.upper() for part in parts]
    for index, code in enumerate(codes):
        if code and code in codes[:index]:
            return [Flaw(at, parts[index], "the modifier stands before on this line", index + 3)]
    return ()


def _procedure(seg: Segment, component: str) -> tuple[int, list[str]]:
    """Which element holds the procedure, and components 1 to 6 of it: qualifier, code, modifiers."""
    at = 1 if seg[0] == "SV1" else 2
    return at, [*element(seg, at).split(component), "", ""][:6]


@on(
    "S5-NDC", "LIN03", "an NDC has eleven digits (5-4-2) without hyphens", tags="LIN",
    status="A7:218", fix="send eleven digits: fill each part with zeros in front", source="external: FDA, CMS",
)  # fmt: skip
def ndc(seg: Segment, _: str) -> Iterator[Flaw]:
    """LIN03 under N4."""
    if element(seg, 2) == "N4" and not shapes.digits(element(seg, 3), 11):
        yield Flaw(3, seg[3], f"{len(seg[3])} characters that are not just eleven digits")


@on(
    "S5-REVENUE", "SV201", "a revenue code has four digits", tags="SV2", kind="I",
    status="A7:455", fix="send the code with its leading zero, such as 0640", source="external: NUBC",
)  # fmt: skip
def revenue(seg: Segment, _: str) -> Iterator[Flaw]:
    """SV201."""
    if element(seg, 1) and not shapes.revenue(seg[1]):
        yield Flaw(1, seg[1], "this has not the form of a revenue code")


@on(
    "S5-BILL-TYPE", "CLM05-1", "a type of bill names a facility, the care and how often", tags="CLM", kind="I",
    status="A7:228", fix="send the type of bill without its leading zero: 34 in CLM05-1, 1 in CLM05-3",
    source="external: NUBC",
)  # fmt: skip
def bill_type(seg: Segment, component: str) -> Iterator[Flaw]:
    """CLM05-1 with CLM05-3."""
    facility, _, frequency = [*element(seg, 5).split(component), "", ""][:3]
    if not shapes.bill_type(facility + frequency):
        yield Flaw(5, facility, "this is no type of bill", 1)


@on(
    "S5-ADMISSION", "CL101", "the type of admission is 1 to 5 or 9", tags="CL1", kind="I",
    status="A7:231", fix="send the type as the UB-04 manual lists it", source="external: NUBC",
)  # fmt: skip
def admission(seg: Segment, _: str) -> Iterator[Flaw]:
    """CL101."""
    if element(seg, 1) not in ("1", "2", "3", "4", "5", "9"):
        yield Flaw(1, element(seg, 1), "this is no type of admission")


@on(
    "S5-DISCHARGE", "CL103", "the patient's status has two digits", tags="CL1", kind="I",
    status="A7:234", fix="send two digits, such as 01 or 30", source="external: NUBC", action="warn",
)  # fmt: skip
def discharge(seg: Segment, _: str) -> Iterator[Flaw]:
    """CL103."""
    if not shapes.digits(element(seg, 3), 2):
        yield Flaw(3, element(seg, 3), "this is no patient status of two digits")
