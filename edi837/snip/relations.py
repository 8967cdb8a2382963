"""SNIP 4: segments that need, exclude or repeat each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.snip.codes import ICD9, ICD10, due, misnamed
from edi837.snip.rule import GUIDE, RULES, Fault, Flaw, Row, Rule, View, has, has_all, on, once, over
from edi837.x12 import Segment, element

_UNBOUND = ("WC", "AM")  # SBR09: workers' compensation, automobile medical
_EDITION = {**dict.fromkeys(ICD10, "10"), **dict.fromkeys(ICD9, "9")}
_SENT_APART = ("BM", "EL", "EM", "FX", "FT")  # PWK02: by mail, electronically, e-mail, fax, file transfer
_OWN = {"N3": "A6:503:IL", "N4": "A6:126:IL", "DMG": "A6:158:IL"}
_NUMBERS = [str(number) for number in range(1001)]  # the guides allow 999 lines at most
_WITH_STATES = ("", "US", "CA")  # CLM11-5: the countries whose states code source 22 lists
_AMBULANCE = frozenset(f"A0{n}" for n in range(425, 437))
_TRANSPORT = (("CR1", "CR1"), ("2310E", "2420G"), ("2310F", "2420H"))  # told of the claim, or of the line


@over(
    "S4-SBR02", "SBR02", "a claim right under the subscriber is the subscriber's own; one under 2000C is not",
    status="A8:156", fix="send SBR02 18 for the subscriber, or the patient in a 2000C of his own",
)  # fmt: skip
def relationship(view: View) -> Iterable[Fault]:
    """SBR02 against the level the claim stands under."""
    home = view.loop.parent
    if home is not None and home.use.id == "2000B" and view.claim.relationship == "18":
        return ()
    return _misrelated(home)


def _misrelated(home: Loop | None) -> Iterator[Fault]:
    insured = home.parent if home and home.use.id == "2000C" else home
    if home is None or insured is None or insured.use.id != "2000B" or not insured.first("SBR"):
        return
    sbr = insured.row("SBR")
    own = element(sbr[2], 2) == "18"
    if home is insured and not own:
        yield Fault(sbr, Flaw(2, element(sbr[2], 2), "is not 18, and no patient (2000C) follows"))
    elif home is not insured and own and not has(insured, "2300"):  # else 18 speaks of those claims
        detail = "is 18, and yet the claim is a patient's (2000C)"
        yield Fault(sbr, Flaw(2, "18", detail, action="warn", fix="leave SBR02 empty, or send the claim under 2000B"))


@over(
    "S4-2010BA", "2010BA", "the subscriber who is the patient has an address, a birth date and a sex",
    status="A6:158:IL", fix="send N3, N4 and DMG of the subscriber",
)  # fmt: skip
def own_facts(view: View) -> Iterable[Fault]:
    """N3, N4 and DMG of a subscriber whose SBR02 is 18."""
    home = view.loop.parent
    insured = home.child("2010BA") if home and home.use.id == "2000B" else None
    if insured is None or view.claim.relationship != "18":
        return ()
    lacking = [tag for tag in _OWN if not has(insured, tag)] if not has_all(insured, "N3 N4 DMG") else ()
    return [Fault(insured.segments[0], Flaw(0, "", f"{tag} does not follow", status=(_OWN[tag],))) for tag in lacking]


@over(
    "S4-REF-F8", "CLM05-3", "a claim that replaces or voids another names it in REF*F8",
    status="A6:464 A6:535", fix="send REF*F8 with the payer's number of the earlier claim, or frequency 1",
    unless="REF*F8",
)  # fmt: skip
def original(view: View) -> Iterable[Fault]:
    """Frequencies 7 and 8 against REF*F8."""
    if view.claim.frequency not in ("7", "8") or view.claim.original:
        return ()
    return [Fault(view.clm, Flaw(5, view.claim.frequency, "REF*F8 does not follow", 3))]


@over(
    "S4-POINTER", "SV107", "a diagnosis pointer points to a diagnosis of the claim", kind="P",
    status="A7:477", fix="point to a diagnosis that HI holds, or send that diagnosis",
)  # fmt: skip
def pointer(view: View) -> Iterable[Fault]:
    """SV107 against the count of diagnoses in HI."""
    count = len(view.claim.diagnoses)
    if all(not pointers or max(pointers) <= count for pointers in {line.pointers for line in view.claim.lines}):
        return ()
    return [_beyond(view, line, count) for line in view.claim.lines if line.pointers and max(line.pointers) > count]


def _beyond(view: View, line: ServiceLine, count: int) -> Fault:
    at, number = next((at, number) for at, number in enumerate(line.pointers, 1) if number > count)
    detail = f"diagnosis {number} is pointed to, and the claim has {count}"
    return Fault(view.home(line).row("SV1"), Flaw(7, str(number), detail, at), line.number)


@over(
    "S4-REF-6R", "REF02", "no two lines of a claim have the same control number",
    status="A7:584", fix="number each line apart in REF*6R",
)  # fmt: skip
def control(view: View) -> Iterable[Fault]:
    """REF*6R of each line against those before it."""
    controls = [line.control for line in view.claim.lines if line.control]
    return _same_control(view) if len(set(controls)) < len(controls) else ()


def _same_control(view: View) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for count, (loop, line) in enumerate(view.lines, 1):
        if line.control and seen.setdefault(line.control, count) != count:
            detail = f"line {seen[line.control]} of the claim has it too"
            yield Fault(loop.row("REF", "6R"), Flaw(2, line.control, detail), line.number)


@over(
    "S4-LX", "LX01", "lines are numbered from 1 on, one by one",
    status="A7:481", fix="number the lines of each claim 1, 2, 3 ...",
)  # fmt: skip
def numbering(view: View) -> Iterable[Fault]:
    """LX01 against the place of the line in the claim."""
    for count, line in enumerate(view.claim.lines, 1):
        if line.number != _NUMBERS[count] and line.number.lstrip("0") != _NUMBERS[count]:
            lx = view.home(line).segments[0]
            return [Fault(lx, Flaw(1, line.number, f"this is line {count} of the claim"), line.number)]
    return ()


@over(
    "S4-ICD", "HI01-1", "diagnoses are of one edition: ICD-10 for services from 1 October 2015, before it ICD-9",
    status="A8:255 A8:187", fix="send all diagnoses in the edition of the day of service",
    source="external: CMS, 45 CFR 162.1002, which binds neither workers' compensation nor car insurers",
)  # fmt: skip
def edition(view: View) -> Iterable[Fault]:
    """Qualifiers of HI against the days of service, or against each other when there are none.

    Under SBR09 WC and AM it only warns, unless a code has the form of the edition that is due, and not of its own.
    """
    wanted = due(view.claim)
    rows = [row for row in view.loop.segments if row[2][0] == "HI"]
    for row in rows if wanted == "10" else ():
        for value in row[2]:
            if value[:1] not in "AH":  # every qualifier of ICD-10 begins with A; the tag with H
                return _other_edition(rows, wanted, view)
    return _other_edition(rows, wanted, view) if wanted != "10" else ()


def _other_edition(rows: list[Row], wanted: str, view: View) -> Iterator[Fault]:
    doubtful: list[Fault] = []
    for row in rows:
        for at, value in enumerate(row[2]):
            qualifier, code = [*value.split(view.component), ""][:2]
            this = _EDITION.get(qualifier, "")
            wanted = wanted or this
            if this and this != wanted:
                flaw = Flaw(at, qualifier, f"{qualifier} is ICD-{this}, ICD-{wanted} is due", 1)
                if view.claim.filing not in _UNBOUND or misnamed(view, qualifier, code.upper()):
                    yield Fault(row, flaw)
                    return
                doubtful.append(Fault(row, flaw._replace(action="warn")))
    yield from doubtful[:1]


@over(
    "S4-CLM11", "CLM11", "a claim after an accident tells its day, and of a car its state, if the country has any",
    kind="P", status="A6:749", fix="send DTP*439; and for AA the state in CLM11-4",
)  # fmt: skip
def accident(view: View) -> Iterable[Fault]:
    """CLM11 with AA or OA against DTP*439 and CLM11-4; CLM11-5 names a country other than the United States."""
    clm = view.clm[2]
    return _accident(view, clm[11].split(view.component)) if len(clm) > 11 else ()


def _accident(view: View, causes: list[str]) -> Iterator[Fault]:
    if {"AA", "OA"} & set(causes[:3]) and not view.loop.first("DTP", "439"):
        yield Fault(view.clm, Flaw(11, causes[0], "the day of the accident (DTP*439) is missing", 1))
    if "AA" in causes[:3] and not element(causes, 3) and element(causes, 4) in _WITH_STATES:
        yield Fault(view.clm, Flaw(11, "", "the state of the car accident (CLM11-4) is missing", 4))


@on(
    "S4-PWK", "PWK06", "an attachment sent apart has a control number", tags="PWK",
    status="A6:481", fix="send PWK05 AC and the number of the attachment in PWK06",
)  # fmt: skip
def attachment(seg: Segment, _: str) -> Iterator[Flaw]:
    """PWK06 where PWK02 says the attachment comes another way."""
    if element(seg, 2) in _SENT_APART and not element(seg, 6):
        yield Flaw(6, "", f"it is missing, and PWK02 is {seg[2]}")


@over(
    "S4-CR1", "CR1", "an ambulance transport is described, and says from where to where", kind="P",
    status="A6:472", fix="send CR1, and loops 2310E and 2310F", action="warn",
)  # fmt: skip
def ambulance(view: View) -> Iterable[Fault]:
    """Procedures A0425 to A0436 against CR1, and the loops of both ends, of the claim or the line."""
    rides = [line for line in view.claim.lines if line.procedure in _AMBULANCE]
    for line in rides:
        loop = view.home(line)
        lacking = [of for of, here in _TRANSPORT if not (has(view.loop, of) or has(loop, here))]
        if lacking:
            return [Fault(loop.row("SV1"), Flaw(1, line.procedure, f"{lacking[0]} is missing", 2), line.number)]
    return ()


@over(
    "S4-SBR01", "SBR01", "each payer of a claim has a place of its own in the order",
    status="A8:479", fix="send P, S, T ... once each", wakes="2320",
)  # fmt: skip
def order(view: View) -> Iterator[Fault]:
    """SBR01 of the payers, 2000B and 2320; U may come again."""
    seen = {view.claim.sequence}
    for other in view.loop.loops:
        if other.use.id == "2320":
            sbr = other.segments[0]
            place = element(sbr[2], 1)
            if place != "U" and place in seen:
                yield Fault(sbr, Flaw(1, place, f"{place} is taken by another payer of the claim"))
            seen.add(place)


@over(
    "S4-SVD01", "SVD01", "a line was adjudicated by a payer that the claim names",
    status="A8:479", fix="send in SVD01 the NM109 of a 2330B", wakes="2400/2430",
)  # fmt: skip
def adjudicator(view: View) -> Iterator[Fault]:
    """SVD01 against NM109 of the 2330Bs."""
    named: set[str] | None = None
    for loop, line in view.lines:
        for child in loop.loops:
            if child.use.id != "2430":
                continue
            if named is None:
                homes = [o.child("2330B") for o in view.loop.loops if o.use.id == "2320"]
                named = {element(home.first("NM1"), 9) for home in homes if home}
            svd = child.segments[0]
            if element(svd[2], 1) not in named:
                yield Fault(svd, Flaw(1, element(svd[2], 1), "no 2330B of the claim has this number"), line.number)


SENT = Rule(
    "S4-SENT-BEFORE", 4, "CLM01", "no claim is sent again that was accepted before (asked of a history)",
    ("A3:54",), "send nothing: the claim is in; a corrected one has frequency 7", GUIDE, (), (), "", "reject",
)  # fmt: skip
RULES.append(SENT)


@once(
    "S4-DUPLICATE", "CLM01", "no claim is sent twice in a file; one that is sent back has not been sent",
    status="A3:78", fix="send the claim once; a corrected one has frequency 7",
)  # fmt: skip
def repeated(claim: Claim) -> list[object]:
    """Claims of one patient and payer that are the same in every word."""
    patient = claim.patient
    return [
        claim.imprint, claim.sequence, claim.payer.id, claim.provider.id, claim.subscriber.id,
        patient.last, patient.first, patient.birth,
    ]  # fmt: skip
