"""What became of what an answer names, by its STC: accepted, rejected, or not clear.

Enters: the statuses of a batch, provider, claim or line of a 277CA. Leaves: one of three words. The action is STC03;
which category goes with which is X12's (code source 507, guide 005010X214): WQ with A0, A1, A2 and A5, U with A3, A6,
A7 and A8. Whatever else is sent is neither: a payer who says F2 or A4 beside WQ has not accepted anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from edi837 import statuscodes
from edi837.replies.items import Status

Outcome = Literal["accepted", "rejected", "unclear"]

REJECTING = tuple(sorted(statuscodes.REJECTING))
ACCEPTING = ("A0", "A1", "A2", "A5")


def of_claim(statuses: Sequence[Status], whole: bool = True) -> Outcome:
    """Of a claim, by its own statuses and those of its lines: one that rejects rejects it; none says nothing.

    Where the answer is cut off in it (not ``whole``) an action that is empty may have been cut off, too.
    """
    if not whole:
        return "rejected" if any(status.action == "U" for status in statuses) else "unclear"
    found = {_of(status) for status in statuses}
    if "rejected" in found:
        return "rejected"
    return "accepted" if found == {"accepted"} else "unclear"


def of_whole(statuses: Sequence[Status]) -> Outcome:
    """Of a batch or provider, where a status may be left out: the claims are told below it."""
    if any(_of(status) == "rejected" for status in statuses):
        return "rejected"
    taken = all(code.startswith(ACCEPTING) for status in statuses for code in status.codes)
    return "accepted" if taken else "unclear"


def _of(status: Status) -> Outcome:
    if status.action == "U":
        return "rejected"
    if status.action == "WQ":
        taken = bool(status.codes) and all(code.startswith(ACCEPTING) for code in status.codes)
        return "accepted" if taken else "unclear"
    if not status.action and any(code.startswith(REJECTING) for code in status.codes):
        return "rejected"
    return "unclear"
