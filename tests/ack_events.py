"""Hand-made events for the acknowledgement writers, and a reader of what they write.

Enters: claims, findings and codes. Leaves: the events an interchange would be told in, the
files that answer them, and those files as plain lists, read without any code of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from edi837.acks import Acknowledgements, Profile
from edi837.acks.writer import spool
from edi837.claim import Claim, Party, ServiceLine
from edi837.findings import Finding, Place
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from tests.judge import judge

NOW = datetime(2024, 11, 23, 12, 15, 30)

# What pyx12 4.0.0 says of files that are right, and why it is left unheeded.
TOLERATED = {
    r"\d+:ELE:1:Mandatory data element .Status Information Effective Date. \(STC02\) is missing": (
        "STC02 of 2220D is not used in X12's own example; `line_stc_date` writes it"
    ),
    r'\d+:SEG:3:Mandatory loop "Billing Provider of Service Level" \(2000C\) missing': (
        "2000C is situational in the guide: a set without claims has none"
    ),
    r'\d+:SEG:3:Mandatory loop "Functional Group Header" \(GS_LOOP\) missing': (
        "an interchange that holds a TA1 alone has no group"
    ),
    r"\d+:SEG:5:Segment CTX exceeded max count\. Found 2, should have 1": (
        "the claim's CTX stands behind one that names what made the segment a fault, as in X12's own example; "
        "it takes both for the one that may come once"
    ),
}


def complaints(data: bytes, *, tolerate: bool = True) -> list[str]:
    """What pyx12 has against a file, without what is TOLERATED."""
    return [c for c in judge(data) if not (tolerate and any(re.fullmatch(known, c) for known in TOLERATED))]


def interchange(
    sender: str = "SUBMITTERID", number: str = "000000001", wants_ta1: str = "0", **more: Any
) -> Interchange:
    marks = {"component": ":", "repetition": "^"} | {k: v for k, v in more.items() if k != "codes"}
    head = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:15}", "ZZ", f"{'RECEIVERID':15}"]
    head += ["241123", "1200", marks["repetition"], "00501", number, wants_ta1, "T", marks["component"]]
    return Interchange(head, **more)


def group(functional: str = "HC", number: str = "1", **more: Any) -> FunctionalGroup:
    guide = "005010X222A1"
    head = ["GS", functional, "SUBMITTERID", "RECEIVERID", "20241123", "1200", number, "X", guide]
    return FunctionalGroup(head, **more)


def transaction_set(number: str = "0001", **more: Any) -> TransactionSet:
    more |= {"guide": "005010X222A1", "kind": "P", "reference": "BATCH20241123A"} | more
    more.setdefault("submitter", ["NM1", "41", "2", "INFUSION BILLING CO", "", "", "", "", "46", "SUB123"])
    return TransactionSet(["ST", "837", number, "005010X222A1"], **more)


def finding(
    syntax: str = "", segment: int = 0, tag: str = "", *, action: Any = "reject", because: Sequence[Place] = (),
    **place: Any,
) -> Finding:  # fmt: skip
    """A finding of the syntax, as the 999 tells it."""
    where = Place(segment=segment, tag=tag, **place)
    level: Any = {"IK4": "element", "IK5": "set"}.get(syntax[:3], "segment")
    return Finding("X12", action, level, "", where, syntax=syntax, because=tuple(because))


def edit(*status: str, line: str = "", action: Any = "reject", syntax: str = "") -> Finding:
    """A finding of a policy, as the 277CA tells it."""
    level: Any = "line" if line else "claim"
    return Finding("042-A01", action, level, "", Place(line=line), status=status, syntax=syntax)


PROVIDER = Party("85", "2", "HOME INFUSION PHARMACY", id_qualifier="XX", id="1234567893")
PAYER = Party("PR", "2", "EXAMPLE HEALTH PLAN", id_qualifier="PI", id="38217")


def person(last: str, first: str, member: str) -> Party:
    return Party("IL", "1", last, first, id_qualifier="MI", id=member)


def claim(id: str, charge: str, lines: Sequence[ServiceLine] = (), **more: Any) -> Claim:
    more |= {"provider": PROVIDER, "payer": PAYER, "subscriber": person("ADAMS", "JOHN", "W100001")} | more
    more.setdefault("patient", more["subscriber"])
    more |= {"first": date(2024, 11, 4), "last": date(2024, 11, 10)} | more
    return Claim(id, charge=Decimal(charge), lines=tuple(lines), **more)


def line(number: str, procedure: str, charge: str, units: str, *modifiers: str, **more: Any) -> ServiceLine:
    more |= {"first": date(2024, 11, 4), "last": date(2024, 11, 10), "date_source": "line"} | more
    more.setdefault("qualifier", "HC" if procedure else "")
    return ServiceLine(
        number, procedure=procedure, modifiers=modifiers, charge=Decimal(charge), units=Decimal(units), **more
    )


def told(*frames: Any) -> Iterator[Event]:
    """The events of interchanges given as nested lists: ``[frame, *what is inside]``."""
    for frame in frames:
        if isinstance(frame, list):
            yield frame[0]
            yield from told(*frame[1:])
            yield End(frame[0])
        else:
            yield frame


def told_set(*inside: Verdict | Finding, received: Interchange | None = None, **more: Any) -> list[Any]:
    """One interchange of one group of one set, its counts filled in."""
    aset = transaction_set(claims=sum(isinstance(event, Verdict) for event in inside), **more)
    accepted = int(not aset.refused)
    agroup = group(sets=1, accepted=accepted, declared="1")
    return [received or interchange(), [agroup, [aset, *inside]]]


def answer(events: Iterable[Event], control: int = 901, **options: Any) -> dict[str, bytes]:
    """The files that answer the events."""
    files = options.pop("files", spool)
    acks = Acknowledgements(NOW, control, Profile(**options), files=files)
    for event in events:
        acks.take(event)
    return {kind: file.read() for kind, file in acks.finish().items()}


def segments(data: bytes, element: str = "*", end: str = "~") -> list[list[str]]:
    """A file as segments."""
    pieces = (piece.strip("\r\n") for piece in data.decode("latin-1").split(end))
    return [piece.split(element) for piece in pieces if piece]


def starting(tag: str, data: bytes) -> list[str]:
    """The segments of one tag, as text."""
    return ["*".join(segment) for segment in segments(data) if segment[0] == tag]


def acknowledged(*verdicts: Verdict, aset: dict[str, Any] | None = None, **options: Any) -> bytes:
    """The 277CA for one set of these verdicts."""
    return answer(told(told_set(*verdicts, **(aset or {}))), **options)["277ca"]


def check_envelope(written: list[list[str]]) -> None:
    """Assert the counts and control numbers of an interchange of one group of one set."""
    tags = [segment[0] for segment in written]
    assert written[-3] == ["SE", str(tags.index("SE") - tags.index("ST") + 1), written[2][2]]
    assert written[-2] == ["GE", "1", written[1][6]] and written[-1] == ["IEA", "1", written[0][13]]
