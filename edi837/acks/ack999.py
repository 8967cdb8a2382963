"""The implementation acknowledgement, 999 (005010X231A1).

Enters: a functional group with its sets, and the findings on their syntax in the order of
their segments. Leaves: one transaction set 999, written as the events come; only the
findings of the segment at hand are held. What is only a warning is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import IO

from edi837.acks.reply import NOBODY, Reply
from edi837.findings import Finding, Place
from edi837.frames import FunctionalGroup, Interchange, TransactionSet
from edi837.x12 import element

GUIDE = "005010X231A1"

_TAG = re.compile("[A-Z][A-Z0-9]{1,2}")
_CODES = 5  # IK502..06, AK905..09
_TRIGGERS = 9, 10  # CTX of a segment, and of an element, that name what made it a fault
_HAS_ELEMENTS = "8"  # IK304: the segment's faults are in its IK4s


class Ack999:
    """The 999 of one functional group. It opens with AK1; `close` writes AK9 and the trailers."""

    def __init__(
        self, out: IO[bytes], received: Interchange, group: FunctionalGroup, now: datetime, number: int
    ) -> None:
        self._reply = reply = Reply(out, received, now, number)
        self._group = group
        self._held: list[Finding] = []  # of one segment
        self._noted: set[str] = set()  # codes of segments and elements in the set at hand
        self._flawed = False  # a set was answered E
        reply.open(group, "FA", "999", GUIDE)
        functional = element(group.header, 1)
        control = element(group.header, 6)
        reply.put(
            "AK1",
            functional if len(functional) == 2 and functional.isalnum() else "HC",
            control if control.isdecimal() and len(control) <= 9 else "0",
            reply.echo(group.version, 12) or NOBODY,
        )

    def begin(self, received: TransactionSet) -> None:
        """Write AK2: ST01, ST02 and ST03 as received, an ST02 too short or long made legal."""
        kind = element(received.header, 1)
        number = self._reply.echo(received.number)
        guide = self._reply.echo(element(received.header, 3), 35)
        self._reply.put(
            "AK2",
            kind if len(kind) == 3 and kind.isalnum() else "837",
            number[:9].rstrip().zfill(4),
            guide,
        )

    def add(self, finding: Finding) -> None:
        """Take a finding of the set at hand; one that does not reject, or is of a frame, is not ours."""
        if not finding.rejects or finding.level not in ("segment", "element"):
            return
        if self._held and self._held[0].place.segment != finding.place.segment:
            self._write_held()
        self._held.append(finding)

    def end(self, received: TransactionSet) -> None:
        """Write IK5: R when the set is refused, E when something was found in it, else A."""
        self._write_held()
        codes = list(received.codes)
        if self._noted:
            codes.append("I5" if all(code.startswith("I") for code in self._noted) else "5")
        status = "R" if received.refused else "E" if codes else "A"
        self._flawed |= status == "E"
        self._reply.put("IK5", status, *list(dict.fromkeys(codes))[:_CODES])
        self._noted.clear()

    def close(self) -> None:
        """Write AK9: A, E, P or R by the sets accepted, none of which a refused group has; GE01 as received."""
        group = self._group
        accepted = 0 if group.refused else group.accepted
        if not accepted:
            status = "R"
        elif accepted < group.sets:
            status = "P"
        else:
            status = "E" if self._flawed else "A"
        declared = group.declared
        self._reply.put(
            "AK9",
            status,
            declared if declared.isdecimal() and len(declared) <= 6 else str(group.sets),
            str(group.sets),
            str(accepted),
            *group.codes[:_CODES],
        )
        self._reply.close()

    def _write_held(self) -> None:
        """Write the findings of one segment: an IK3 for each code, the elements' under one code 8."""
        loops: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self._held:
            level, code = finding.syntax.split(":")
            self._noted.add(code)
            key = (finding.place.tag, finding.place.loop, _HAS_ELEMENTS if level == "IK4" else code)
            loops.setdefault(key, []).append(finding)
        self._held.clear()
        for (tag, loop, code), findings in loops.items():
            if not _TAG.fullmatch(tag):
                continue  # IK301 must be a segment's id: such a fault is in IK5 alone
            place = findings[0].place
            self._reply.put("IK3", tag, str(place.segment), self._loop(loop), code)
            elements: dict[tuple[str, ...], list[Place]] = {}  # an IK4, and what made it a fault
            for finding in sorted(findings, key=_position):
                elements.setdefault(self._ik4(finding), []).extend(finding.because)
            self._write_triggers(elements.pop((), []), _TRIGGERS[0])
            if place.claim and place.claim == self._reply.echo(place.claim):
                self._reply.put("CTX", self._reply.composite("CLM01", place.claim[:35].rstrip()))
            for segment, because in elements.items():
                self._reply.put(*segment)
                self._write_triggers(because, _TRIGGERS[1])

    def _write_triggers(self, because: Iterable[Place], most: int) -> None:
        """Write a CTX for each element that makes another, or a segment, a fault."""
        for place in list(dict.fromkeys(because))[:most]:
            if _TAG.fullmatch(place.tag) and place.segment and place.element:
                self._reply.put(
                    "CTX", "SITUATIONAL TRIGGER", place.tag, str(place.segment), self._loop(place.loop),
                    self._at(place),
                )  # fmt: skip

    def _loop(self, id: str) -> str:
        """IK303 and CTX04: data element 447 has four characters, so 2010AA is told as 2010.

        What stands before every loop of the guide (BHT) is in one that only the maps name: empty.
        """
        return id[:4] if id[:4].isdecimal() else ""

    def _at(self, place: Place) -> str:
        """IK401 and CTX05: element, component, repetition."""
        return self._reply.composite(
            str(place.element),
            str(place.component) if place.component else "",
            str(place.repetition) if place.repetition else "",
        )

    def _ik4(self, finding: Finding) -> tuple[str, ...]:
        """The IK4 of a finding on an element; empty for one on the segment."""
        level, code = finding.syntax.split(":")
        if level != "IK4":
            return ()
        place = finding.place
        # A composite has a reference like C003, but IK402 is numeric: it stays empty.
        number = place.data_element if place.data_element.isdecimal() else ""
        return ("IK4", self._at(place), number, code, self._reply.echo(place.value, 99))


def _position(finding: Finding) -> tuple[int, int, int]:
    return finding.place.element, finding.place.repetition, finding.place.component
