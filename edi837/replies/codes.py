"""What the codes of an acknowledgement mean, where in the claim to look, and what to do.

The meanings are those of ``codes/*.toml``; which element of the claim a status is about is the guides' (837P
and 837I). A code that is not known is said to be so.
"""

from __future__ import annotations

from collections.abc import Sequence

from edi837 import again, safe, statuscodes
from edi837.explain import SYNTAX

# The element of an 837 that a claim status is about (X222 and X223); the biller looks there first.
PLACES = {
    "33": "2010BA NM1: name and member number of the subscriber", "116": "2010BB NM109: the payer",
    "121": "the number of 2400 loops", "128": "REF*EI of the party", "145": "PRV03 of the party",
    "156": "SBR02, PAT01", "158": "DMG02", "164": "NM109 of 2010BA", "178": "CLM02, SV102 or SV203",
    "187": "DTP*472 of the line", "188": "DTP*434", "189": "DTP*435", "216": "loop 2410", "217": "SV101-7, or NTE",
    "218": "LIN03 of loop 2410", "219": "REF*XZ of loop 2410", "228": "CLM05", "229": "CL102", "231": "CL101",
    "234": "CL103", "249": "CLM05-1, or SV105 of the line", "252": "REF*G1", "254": "HI01-2 of 2300",
    "255": "HI of 2300", "258": "SV104 or SV205, with DTP*472", "259": "SV104 or SV205, with DTP*472",
    "306": "SV101-7, or NTE", "400": "CLM02 against the sum of the lines",
    "453": "SV101-3 to SV101-6 (837I: SV202-3 to SV202-6)", "454": "SV101-2 (837I: SV202-2)", "455": "SV201",
    "460": "HI*BG", "464": "REF*F8", "472": "CR1", "476": "SV104 (837I: SV205)", "477": "SV107", "478": "CLM01",
    "479": "2330B NM109", "488": "HI of 2300, and SV107", "500": "N403 of the party", "501": "N402 of the party",
    "502": "N401 of the party", "503": "N301 of the party", "504": "NM103 of the party", "505": "NM104 of the party",
    "507": "SV101-2 (837I: SV202-2)", "510": "the dates of the claim and line", "513": "SV202-2 with qualifier HP",
    "516": "2330B or 2430 DTP*573", "521": "CAS", "535": "CLM05-3", "562": "NM109 of the party", "584": "REF*6R",
    "659": "SV103 or SV204", "666": "HI*BBR", "688": "the ninth component of HI", "724": "CTP04 of loop 2410",
    "735": "the lines of the same days", "736": "the lines of the same days", "738": "SV101-2 with qualifier IV",
    "749": "DTP*439",
}  # fmt: skip
KEPT = "What was accepted below is not sent again."
AGAIN = {
    **again.REFUSED,
    "set with its group": "Correct this, too, before the group is sent again.",
    "batch": "The whole batch was sent back: correct it and send it again.",
    "provider": "Correct it and send the claims again: none of them entered adjudication.",
    "below": f"Go by what is told of each claim below. {KEPT}",
    "claim": "Correct it and send it again: an original as an original (CLM05-3 = 1), a replacement as 7 and a void "
    "as 8, both with REF*F8. It never entered adjudication.",
}  # fmt: skip
ASK = "Ask the payer what became of it before sending anything again: what the answer says is neither yes nor no."
ASK_FIRST = (
    "Ask the payer what became of it before sending anything again: it was rejected (STC03 is U), but no code of it "
    "says that it never entered adjudication."
)
# Categories of a 277 that is no acknowledgement (X12 code source 507), by their beginnings, the longest first.
_ELSEWHERE = {
    "F1": "decided: paid", "F2": "decided: denied", "F3": "decided: changed", "F4": "decided: nothing is paid",
    "F": "decided", "P": "not yet decided", "R": "the payer asks for more information", "D0": "not found",
    "E": "the question could not be answered",
}  # fmt: skip
_REFUSING = ("R", "M", "W", "X")
_OUTCOMES = {
    "A": "accepted", "E": "accepted, with errors", "P": "partly accepted", "R": "rejected",
    "M": "rejected for security", "W": "rejected for security", "X": "rejected for security",
}  # fmt: skip


def refuses(code: str) -> bool:
    """Whether an interchange, group or set was refused: TA104, AK901, IK501."""
    return code in _REFUSING


def outcome(code: str) -> str:
    """What became of an interchange, group or set: TA104, AK901, IK501."""
    if not code:
        return "answered without saying what became of it"
    return f"{_OUTCOMES[code]} ({code})" if code in _OUTCOMES else f"answered {safe.text(code)}, which is no code"


def syntax(kind: str, code: str) -> str:
    """A code of a TA1 or 999 in words; ``kind`` is TA1, AK9, IK5, IK3 or IK4."""
    words = SYNTAX[kind].get(code)
    shown = safe.text(code)
    return f"{words} ({kind} {shown})" if words else f"code {shown} ({kind}), which is not in use for claims"


def status(code: str, inquiry: bool = False) -> str:
    """A claim status in words; ``inquiry`` where it stands in a 277 that is no acknowledgement."""
    category, about, entity = _parts(code)
    elsewhere = next((words for start, words in _ELSEWHERE.items() if category.startswith(start)), "")
    told = statuscodes.CATEGORIES.get(category, "")
    if not told and inquiry:
        told = elsewhere or f"category {safe.text(category)}"
    elif not told:
        means = f" ({elsewhere})" if elsewhere else ""
        told = f"category {safe.text(category)}{means} is none of a claim acknowledgement"
    if about in statuscodes.STOPPED:
        told += f": status {about}, no longer in use"
    elif about in statuscodes.STATUSES:
        told += f": {statuscodes.STATUSES[about]}"
    else:
        explained = "explains" if statuscodes.listed(about) else "did not have when it went up to 799"
        told += f": status {safe.text(about)}, which X12 list 508 {explained}"
    if entity:
        party = statuscodes.ENTITIES.get(entity)
        told += f"; the party is the {party}" if party else f"; the party is {safe.text(entity)}, no code for one"
    return told


def place(code: str) -> str:
    """Where in the claim to look; empty where that cannot be said."""
    return PLACES.get(_parts(code)[1], "")


def what_to_do(codes: Sequence[str], what: str, lines: Sequence[str] = ()) -> str:
    """What to do with what was rejected: as the first code says that has more to say than to correct it.

    ``codes`` are those of the batch, provider or claim, as ``what`` says; ``lines`` those of its lines. To send it
    again is right only where a category says that it never entered adjudication: U beside F2 or A2 does not.
    """
    if not any(_parts(code)[0] in statuscodes.REJECTING for code in (*codes, *lines)):
        return ASK_FIRST
    own = [about for _, about, _ in map(_parts, codes) if what == "claim" or about not in again.OF_CLAIMS]
    below = [about for _, about, _ in map(_parts, lines) if about not in again.OF_CLAIMS]
    return next((again.INSTEAD[about] for about in (*own, *below) if about in again.INSTEAD), AGAIN[what])


def above_claims(codes: Sequence[str]) -> str:
    """What to do where a batch or provider was sent back and claims are told below, which may say otherwise."""
    words = what_to_do(codes, "below")
    return words if words == AGAIN["below"] else AGAIN["below"] if words == ASK_FIRST else f"{words} {KEPT}"


def resend(kind: str, codes: Sequence[str], what: str) -> str:
    """What to do with what a TA1 or 999 refused, by its codes; ``kind`` is TA1, AK9 or IK5."""
    return next((words for code in codes if (words := again.BEFORE.get(f"{kind}:{code}"))), AGAIN[what])


def of_returned(codes: Sequence[str]) -> str:
    """What to do with a claim that went back because its batch came before; ``codes`` are its own."""
    said = (about for _, about, _ in map(_parts, codes) if about in again.OF_CLAIMS)
    return again.INSTEAD[next(said, "746")]


def came_before(codes: Sequence[str]) -> bool:
    """Whether it is said that a batch came before."""
    return any(_parts(code)[1] == "746" for code in codes)


def _parts(code: str) -> tuple[str, str, str]:
    category, about, entity, *_ = [*code.split(":"), "", "", ""]
    return category, about, entity
