"""The trial of a policy: each of its cases as a real 837P and 837I, from bytes to the 277CA's STC.

Enters: a policy file with its cases. Leaves: a `Trial` for each case and guide, with all that came
otherwise than the case expects, and how many cases break and hold each edit.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from edi837 import policyfile, sample, x12
from edi837.acks import Acknowledgements
from edi837.acks.status import POINTER
from edi837.cases import Case
from edi837.edit import Edit
from edi837.findings import Finding
from edi837.frames import Event, Verdict
from edi837.policyfile import PolicyFile
from edi837.rules import Policy
from edi837.terms import Terms

_NOW = datetime(2026, 1, 15, 9, 30)  # dates the 277CA, which is not looked at
_SAID = {  # of a finding: that it came, that it did not
    "reject": ("rejects", "does not reject"),
    "warn": ("warns of", "does not warn of"),
    "unknown": ("cannot tell of", "does not leave open"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one case as an 837 of one kind."""

    case: Case
    kind: str  # P, I
    faults: tuple[str, ...]  # in words: what came otherwise than expected


class Court:
    """The policies that the cases of one file are tried by: its profiles, with the edits a case switches on."""

    def __init__(self, path: Path) -> None:
        self.file = policyfile.read(path)
        self._files = {"": self.file}
        self._policies: dict[tuple[str, frozenset[str]], Policy] = {}

    def policy(self, case: Case) -> Policy:
        """The policy that a case is meant for."""
        key = (case.profile, case.on)
        if key not in self._policies:
            whole = case.profile == f"{self.file.number}-all"
            file = self.file if whole else self._file(case.profile)
            on = {edit.id for edit in file.edits} | case.on
            edits = tuple(edit for edit in file.written if whole or edit.id in on)
            self._policies[key] = Policy(replace(file, edits=edits))
        return self._policies[key]

    def asked(self, case: Case, edit: Edit) -> bool:
        """Whether an edit is on for a case."""
        return any(each.id == edit.id for each in self.policy(case).edits)

    def trials(self) -> Iterator[Trial]:
        """Each case, in each guide it can be written in."""
        for case in self.file.cases:
            for kind in case.kinds:
                yield try_case(case, kind, self.policy(case))

    def coverage(self) -> dict[str, tuple[int, int]]:
        """For each edit, on or off: how many cases break it, and how many hold it."""
        return {
            edit.id: (
                sum(case.breaks(edit.id) for case in self.file.cases),
                sum(case.holds(edit) and self.asked(case, edit) for case in self.file.cases),
            )
            for edit in self.file.written
        }

    def _file(self, profile: str) -> PolicyFile:
        if profile not in self._files:
            self._files[profile] = policyfile.read(self.file.path, profile)
        return self._files[profile]


def try_case(case: Case, kind: str, policy: Policy) -> Trial:
    """Write the case, read it, judge it and answer it."""
    try:
        text = sample.interchange(case.claims, kind)
    except ValueError as error:
        return Trial(case, kind, (str(error),))
    events = list(Terms([policy]).read(io.BytesIO(text.encode("latin-1", "replace"))).tell())
    faults = list(_strange(events, policy))
    found = labels(events, len(case.claims), policy)
    for action, (came, did_not) in _SAID.items():
        expected, got = case.labels(action, kind, policy.edits), found[action]
        faults += [f"{did_not} {label}, which is expected" for label in _without(expected, got)]
        faults += [f"{came} {label}, which is not expected" for label in _without(got, expected)]
    if not faults:
        faults += _answered(events, case, kind, policy)
    return Trial(case, kind, tuple(faults))


def labels(events: Sequence[Event], claims: int, policy: Policy) -> dict[str, list[str]]:
    """What a policy found, as a case names it: ``042-A03 claim 2 line 1``.

    What the guide tells in the stead of an edit is the edit's; what it warns of where no edit speaks is its own.
    """
    told = {rule: edit.id for edit in policy.edits for rule in edit.told_by}
    found: dict[str, list[str]] = {action: [] for action in _SAID}
    for finding in _of_claims(events):
        if finding.says or (finding.rule in told and finding.action != "warn"):
            words = [told.get(finding.rule, finding.rule)]
            if claims > 1:
                words.append(f"claim {finding.place.claim.removeprefix('C')}")
            if finding.level == "line":
                words.append(f"line {finding.place.line}")
            found[finding.action].append(" ".join(words))
    return found


def _of_claims(events: Sequence[Event]) -> Iterator[Finding]:
    for event in events:
        if isinstance(event, Verdict):
            yield from event.findings


def _strange(events: Sequence[Event], policy: Policy) -> Iterator[str]:
    """What is found by the guide: a case is about the policy alone."""
    rules = {rule for edit in policy.edits for rule in (edit.id, *edit.told_by)}
    for finding in [*(event for event in events if isinstance(event, Finding)), *_of_claims(events)]:
        if finding.rule not in rules:
            at = finding.place.refdes or finding.place.tag
            yield f"breaks the guide, {finding.rule} at {at} of claim {finding.place.claim or '?'}: {finding.message}"


def _without(some: Sequence[str], others: Sequence[str]) -> list[str]:
    return sorted((Counter(some) - Counter(others)).elements())


Answers = dict[tuple[str, str], list[tuple[str, ...]]]  # claim and line: composites of each STC


def _answered(events: Sequence[Event], case: Case, kind: str, policy: Policy) -> Iterator[str]:
    """Where the 277CA does not say what the edits have it say."""
    acks = Acknowledgements(_NOW, 1)
    for event in events:
        acks.take(event)
    files = acks.finish()
    if "277ca" not in files:
        yield "has no 277CA"
        return
    expected, found = _expected(case, kind, policy), answers(files["277ca"].read())
    for claim, line in sorted({*expected, *found}):
        due, said = expected.get((claim, line), []), found.get((claim, line), [])
        if due != said:
            at = f"claim {claim.removeprefix('C')}" + (f" line {line}" if line else "")
            yield f"the 277CA says {_composites(said)} of {at}, expected is {_composites(due)}"


def _expected(case: Case, kind: str, policy: Policy) -> Answers:
    """The status codes of the edits that reject: the first on a line, all on a claim."""
    due: Answers = {(f"C{number}", ""): [] for number in range(1, len(case.claims) + 1)}
    rejected = case.labels("reject", kind, policy.edits)
    for edit in policy.edits:
        for label in (label for label in rejected if label.split()[0] == edit.id):
            words = label.split()
            claim = f"C{words[words.index('claim') + 1] if 'claim' in words else 1}"
            line = words[words.index("line") + 1] if "line" in words else ""
            if line:
                due.setdefault((claim, line), [edit.status])
            elif edit.status not in due[claim, ""]:
                due[claim, ""].append(edit.status)
    for claim in {claim for claim, line in due if line}:
        due[claim, ""].append((POINTER,))
    return due


def answers(data: bytes) -> Answers:
    """What a 277CA rejects: the composites of each STC with U, by claim (TRN02) and line (REF*FJ)."""
    found: Answers = {}
    status: tuple[str, ...] = ()
    claim, below, of_line = "", False, False
    for seg in _segments(data):
        if seg[0] == "HL":
            claim, below, of_line = "", seg[3] == "PT", False
        elif seg[0] == "TRN" and below:
            claim = seg[2]
            found[claim, ""] = []
        elif seg[0] == "SVC":
            of_line = True
        elif seg[0] == "STC" and claim and seg[3] == "U":
            status = tuple(seg[at] for at in (1, 10, 11) if len(seg) > at and seg[at])
            if not of_line:
                found[claim, ""].append(status)
        elif seg[0] == "REF" and seg[1] == "FJ" and of_line:
            found[claim, seg[2]] = [status]
    return found


def _segments(data: bytes) -> Iterator[x12.Segment]:
    for item in x12.read(io.BytesIO(data)):
        if isinstance(item, x12.RawInterchange):
            for piece in item.pieces:
                yield x12.split(piece, item.delimiters)


def _composites(said: Sequence[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(each) for each in said) or "nothing"
