"""Which claim status a verdict becomes: the STC segments of a 277CA (005010X214).

Enters: a claim's verdict. Leaves: the STCs of its 2200D and of each rejected line's
2220D, each of one to three composites (STC01, STC10, STC11), the most telling first.

A code that contradicts the action, or cannot stand alone, is our own fault (AckError):
what reaches this module has passed the policy's loader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from edi837 import statuscodes
from edi837.acks.writer import AckError
from edi837.claim import ServiceLine
from edi837.findings import Finding
from edi837.frames import Verdict

Status = tuple[tuple[str, ...], ...]  # composites of one STC: (("A8", "453"), ("A8", "732"))
Said = tuple[Status, str]  # with the reason in words

POINTER = "A3:247"  # look at the lines: line information
SYNTAX = "A3:684"  # look at the 999: accepted there with errors


@dataclass(slots=True)
class Statuses:
    """The STCs of one claim."""

    rejected: bool
    claim: list[Said] = field(default_factory=list)
    lines: list[tuple[ServiceLine, Said]] = field(default_factory=list)  # in the claim's order


def statuses(verdict: Verdict, accepted: str, instead: Mapping[str, tuple[str, ...]]) -> Statuses:
    """The STCs of a verdict; ``accepted`` is the composite of a claim that is not rejected.

    ``instead``: by a status code that the partner refuses, the composites that are sent for it.

    A rejected line has one STC: its first finding is taken as the first in rank, and what
    the others say is left to the report. Raises AckError.
    """
    rejecting = verdict.findings and [finding for finding in verdict.findings if finding.rejects]
    if not rejecting:
        return Statuses(False, [(split((accepted,)), "")])
    answer = Statuses(True)
    lines: dict[int, Said] = {}
    for finding in rejecting:
        at, codes = _line(verdict, finding), _said(finding)
        if instead:
            codes = next((instead[c.split(":")[1]] for c in codes if c.split(":")[1] in instead), codes)
        said = rejection(codes), finding.message
        if at is None:
            answer.claim.append(said)
        else:
            lines.setdefault(at, said)
    if lines:
        answer.claim.append((rejection((POINTER,)), ""))
    answer.claim = list({status: (status, text) for status, text in reversed(answer.claim)}.values())[::-1]
    answer.lines = [(verdict.claim.lines[at], lines[at]) for at in sorted(lines)]
    return answer


@lru_cache(maxsize=1024)
def split(said: tuple[str, ...]) -> Status:
    """The components of status codes."""
    return tuple(tuple(code.split(":")) for code in said)


@lru_cache(maxsize=1024)
def rejection(said: tuple[str, ...]) -> Status:
    """The first three of a finding's status codes; AckError when they may not reject together."""
    said = said[: statuscodes.MOST]
    for fault in statuscodes.faults(said):
        raise AckError(fault)
    return split(said)


def _said(finding: Finding) -> tuple[str, ...]:
    """The finding's codes; one of the syntax has none of its own and points at the 999."""
    if finding.status:
        return finding.status
    if finding.syntax:
        return (SYNTAX,)
    raise AckError(f"{finding.rule} rejects without a status code")


def _line(verdict: Verdict, finding: Finding) -> int | None:
    """The index of the line a finding is about; None for the claim, or a line no SVC can name."""
    if finding.level != "line" or not finding.place.line:
        return None
    for index, line in enumerate(verdict.claim.lines):
        if line.number == finding.place.line:
            return index if line.procedure or line.revenue else None
    return None
