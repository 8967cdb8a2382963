"""What an acknowledgement holds: the items in which it is read.

Texts are as sent, without the blanks around them; what an answer does not say is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Envelope:
    """The interchange the answers came in."""

    number: str = ""  # ISA13
    sender: str = ""
    receiver: str = ""
    test: bool = False


@dataclass(slots=True)
class Receipt:
    """A TA1: what became of an interchange."""

    number: str = ""  # TA101, ISA13 of the interchange that is answered
    day: str = ""  # TA102
    time: str = ""  # TA103
    status: str = ""  # TA104: A, E, R
    code: str = ""  # TA105


@dataclass(slots=True)
class Context:
    """A CTX: the claim a fault is in, or the element that makes it one."""

    kind: str = ""  # CLM01, SITUATIONAL TRIGGER ...
    value: str = ""  # of the claim; may be a person's, except CLM01
    tag: str = ""
    segment: str = ""
    element: str = ""  # 5 or 5-3


@dataclass(slots=True)
class ElementError:
    """An IK4 (or AK4)."""

    at: str = ""  # element, and behind dashes component and repetition
    code: str = ""  # IK403
    value: str = ""  # IK404: a copy of what was sent
    because: list[Context] = field(default_factory=list)


@dataclass(slots=True)
class SegmentError:
    """An IK3 (or AK3) with what stands under it."""

    tag: str = ""
    number: str = ""  # position in the set, ST is 1
    loop: str = ""
    code: str = ""  # IK304
    contexts: list[Context] = field(default_factory=list)
    elements: list[ElementError] = field(default_factory=list)

    @property
    def claim(self) -> str:
        """CLM01 of the claim it is in, as far as the answer tells."""
        return next((each.value for each in self.contexts if each.kind == "CLM01"), "")


@dataclass(slots=True)
class SetReply:
    """An AK2 with its IK5 (or AK5)."""

    number: str = ""  # AK202
    guide: str = ""  # AK203
    status: str = ""  # IK501; empty: it says nothing
    codes: list[str] = field(default_factory=list)
    errors: list[SegmentError] = field(default_factory=list)


@dataclass(slots=True)
class GroupReply:
    """A 999: an AK1 with its AK9."""

    kind: str = ""  # AK101
    number: str = ""  # AK102
    version: str = ""  # AK103
    status: str = ""  # AK901; empty: it says nothing, or is cut off
    declared: str = ""  # AK902
    received: str = ""  # AK903
    accepted: str = ""  # AK904
    codes: list[str] = field(default_factory=list)
    sets: list[SetReply] = field(default_factory=list)
    whole: bool = False  # its SE was there


@dataclass(slots=True)
class Status:
    """An STC."""

    codes: list[str] = field(default_factory=list)  # STC01, STC10, STC11 as A8:453:82
    action: str = ""  # STC03: WQ accepted, U rejected
    amount: str = ""
    text: str = ""  # STC12: words of the payer's own


@dataclass(slots=True)
class Totals:
    """Claims and charges, as the answer adds them up; empty where it does not."""

    accepted: str = ""  # QTY*90, QTY*QA
    rejected: str = ""  # QTY*AA, QTY*QC
    accepted_charges: str = ""  # AMT*YU
    rejected_charges: str = ""  # AMT*YY


@dataclass(slots=True)
class Batch:
    """The head of a 277: who answers whom about what."""

    number: str = ""  # ST02
    guide: str = ""  # ST03, else GS08: 005010X214 is a 277CA
    source: str = ""
    receiver: str = ""
    reference: str = ""  # 2200B TRN02, the BHT03 that is answered
    statuses: list[Status] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    below: bool = False  # a provider or claim is told below it


@dataclass(slots=True)
class Provider:
    """A billing provider of a 277CA."""

    name: str = ""
    id: str = ""
    statuses: list[Status] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    below: bool = False  # a claim is told below it


@dataclass(slots=True)
class LineReply:
    """A service line that is named."""

    code: str = ""  # SVC01: code and modifiers
    charge: str = ""
    revenue: str = ""
    units: str = ""
    control: str = ""  # REF*FJ
    dates: str = ""
    statuses: list[Status] = field(default_factory=list)


@dataclass(slots=True)
class ClaimReply:
    """A claim of a 277CA."""

    id: str = ""  # TRN02, the CLM01 that is answered
    patient: str = ""  # a person's
    member: str = ""  # a person's
    dates: str = ""
    payer_number: str = ""  # REF*1K
    references: dict[str, str] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    lines: list[LineReply] = field(default_factory=list)
    whole: bool = True  # something came behind it; what the file ends in may have had more statuses


@dataclass(slots=True)
class BatchEnd:
    """A 277CA has ended."""

    whole: bool = True  # its SE was there


@dataclass(slots=True)
class Cut:
    """An interchange has ended before its IEA."""


Item = Envelope | Receipt | GroupReply | Batch | Provider | ClaimReply | BatchEnd | Cut
