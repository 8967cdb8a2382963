"""The interchange acknowledgement, TA1 (X12.5).

Enters: a received interchange with the codes found on its ISA and IEA. Leaves: one TA1
in an interchange of its own, which has no group. It is due when the sender asked for it
(ISA14) or when the interchange is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import IO

from edi837.acks.reply import Reply
from edi837.frames import Interchange
from edi837.x12 import element

_WORST_FIRST = "REA"


def due(received: Interchange) -> bool:
    """Whether a TA1 answers this interchange."""
    return received.refused or received.wants_ta1


def verdict(received: Interchange) -> tuple[str, str]:
    """TA104 and TA105: the worst of the codes found, the first found of equals; A 000 for none."""
    return min(received.codes, key=lambda code: _WORST_FIRST.index(code[0]), default=("A", "000"))


def write(out: IO[bytes], received: Interchange, now: datetime, number: int) -> None:
    """Write the TA1. What it repeats of a broken ISA is made legal first."""
    header = received.header
    reply = Reply(out, received, now, number)
    reply.put(
        "TA1",
        _digits(element(header, 13))[-9:].zfill(9),
        _moment(element(header, 9), "%y%m%d", now),
        _moment(element(header, 10), "%H%M", now),
        *verdict(received),
    )
    reply.close()


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _moment(text: str, form: str, now: datetime) -> str:
    """``text`` if it is a date or time of this form; else ours, for TA102 and TA103 are mandatory."""
    ours = now.strftime(form)
    try:
        datetime.strptime(text, form)
    except ValueError:
        return ours
    return text if len(text) == len(ours) and text.isdigit() else ours
