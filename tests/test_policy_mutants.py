"""Each edit of a shipped policy, changed in one word, is caught by its own cases.

A changed edit is judged on the cases of its policy that name its codes; a case must come out otherwise.
Changed are: every list of words (one left out), every set of codes (one that a case breaks it with left
out), every number (one more, one less), rows and tables (one left out), the action, the scope, what is
hidden, what is only warned of, the guide it is for, and the days of the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from edi837.cases import Case
from edi837.edit import Edit
from edi837.findings import Action
from edi837.rules import Policy, load, locate, names
from edi837.trial import Court
from tests import shorthand

COURTS = {number: Court(locate(number)[0]) for number in sorted({load(name).number for name in names()})}
DATED = [number for number, court in COURTS.items() if court.file.effective]
EDITS = [(number, edit.id) for number, court in COURTS.items() for edit in court.file.written]

# What may be changed and no case can tell, with the reason.
EQUAL = {
    "042-C01c not only 837I": "a line of a revenue code alone exists on an 837I only",
    "042-D04 not only 837P": "an 837I names no taxonomy of who rendered a service",
    "042-E03 not only 837I": "an 837P has no type of bill",
    "042-G07 not only 837I": "it is broken by being an 837I",
    **{f"{id} not only 837P": "an 837I names no taxonomy of who rendered a service"
       for id in ("mi-hit-A01", "mt-hit-A03", "nc-hit-A02")},
    **{f"{id} never without {place}": "for an inpatient the guide asks for more than a case says"
       for id, places in (("042-E01", "21 51 61"), ("mt-hit-A01", "21"), ("nd-hit-A02", "21 51 61"))
       for place in places.split()},
}  # fmt: skip


def found(policy: Policy, case: Case, kind: str) -> list[str]:
    """What a policy finds on a case: rule, action, claim and line."""
    claims = shorthand.claims(case.lines, kind)
    levels, level = [], 1
    for told in case.claims:
        level += bool(told.apart)
        levels.append(level)
    verdicts = policy.judge(claims, levels=levels)
    return sorted(
        f"{each.rule} {each.action} {number} {each.place.line if each.level == 'line' else ''}"
        for number, findings in enumerate(verdicts, 1)
        for each in findings
    )


def alone(case: Case) -> bool:
    """Whether its claims are one patient's and one provider's."""
    return all(claim.patient == claim.provider == 1 for claim in case.claims)


@cache
def runs(number: str, id: str) -> tuple[tuple[Case, str], ...]:
    """The cases that expect something of an edit or hold all it asks about, and the guides they are for."""
    court = COURTS[number]
    edit = next(each for each in court.file.written if each.id == id)
    mine = [case for case in court.file.cases if alone(case) and court.asked(case, edit)]
    near = [case for case in mine if id in case.named or case.holds(edit)]
    return tuple((case, kind) for case in near for kind in case.kinds)


@cache
def baseline(number: str, case_name: str, kind: str) -> list[str]:
    court = COURTS[number]
    case = next(each for each in court.file.cases if each.name == case_name)
    return found(court.policy(case), case, kind)


Change = Callable[[Edit], Edit | None]


def caught(number: str, edit: Edit, change: Change) -> bool:
    """Whether a case comes out otherwise with the edit changed, or left out, in the profile of the case."""
    court = COURTS[number]
    policies: dict[tuple[str, frozenset[str]], Policy] = {}
    for case, kind in runs(number, edit.id):
        key = (case.profile, case.on)
        if key not in policies:
            file = court.policy(case).file
            edits = tuple(change(each) if each.id == edit.id else each for each in file.edits)
            policies[key] = Policy(replace(file, edits=tuple(each for each in edits if each)))
        if found(policies[key], case, kind) != baseline(number, case.name, kind):
            return True
    return False


def changes(number: str, edit: Edit) -> Iterator[tuple[str, Change]]:
    """Every change of an edit, with what it is called."""
    used = {code for case, _ in runs(number, edit.id) if case.breaks(edit.id) for code in _codes(case)}
    blamed = {code for case, _ in runs(number, edit.id) for code in _blamed(case, edit.id)}
    for each in edit.check.parameters:
        name, value = each.name, edit.words.get(each.name)
        if isinstance(value, frozenset):
            mine = blamed if name == "codes" else used
            for word in sorted(value & mine if each.kind.startswith("Codes") else value):
                yield f"{name} without {word}", _laid(name, _less(word))
        elif type(value) is int:
            yield f"{name} one more", _laid(name, lambda old: old + 1)
            if value:
                yield f"{name} one less", _laid(name, lambda old: old - 1)
        elif isinstance(value, tuple):
            for at in range(len(value)):
                yield f"{name} without row {at + 1}", _laid(name, _cut(at))
        elif isinstance(value, Mapping):
            for key in value:
                yield f"{name} without {key}", _laid(name, _without(key))
    other: Action = "warn" if edit.action == "reject" else "reject"
    yield f"action not {edit.action}", lambda each: replace(each, action=other)
    if edit.scope not in ("line", "claim"):
        yield "scope claim", lambda each: replace(each, scope="claim")
        yield "scope patient", lambda each: replace(each, scope="patient")
    for hidden in sorted(edit.hides):
        yield f"not hiding {hidden}", _other("hides", _less(hidden))
    for code in sorted(edit.warn_only & (used | {"837P", "837I"})):
        yield f"rejecting {code}", _other("warn_only", _less(code))
    if edit.only:
        yield f"not only {edit.only}", lambda each: replace(each, only="")


def _less(word: object) -> Callable[[Any], object]:
    return lambda old: old - {word}


def _cut(at: int) -> Callable[[Any], object]:
    return lambda old: old[:at] + old[at + 1 :]


def _without(key: object) -> Callable[[Any], object]:
    return lambda old: {name: value for name, value in old.items() if name != key}


def _other(field: str, new: Callable[[Any], object]) -> Change:
    return lambda edit: replace(edit, **{field: new(getattr(edit, field))})  # type: ignore[arg-type]


def _laid(name: str, new: Callable[[Any], object]) -> Change:
    return lambda edit: replace(edit, words={**edit.words, name: new(edit.words[name])})


def _codes(case: Case) -> set[str]:
    return {each.code for claim in case.claims for each in claim.lines if each.code}


def _blamed(case: Case, id: str) -> Iterator[str]:
    """The codes of the lines that break an edit."""
    for labels in case.expected.values():
        for label in labels:
            rule, *rest = label.split()
            told = dict(zip(rest[::2], map(int, rest[1::2]), strict=True))
            if rule == id and "line" in told:
                yield case.claims[told.get("claim", 1) - 1].lines[told["line"] - 1].code


@pytest.mark.parametrize(("number", "id"), EDITS, ids=[id for _, id in EDITS])
def test_every_change_is_caught(number: str, id: str) -> None:
    edit = next(each for each in COURTS[number].file.written if each.id == id)
    assert caught(number, edit, lambda each: None), "no case misses the edit"
    survivors = [name for name, changed in changes(number, edit) if not caught(number, edit, changed)]
    unlisted = [name for name in survivors if f"{id} {name}" not in EQUAL]
    assert not unlisted, f"no case of {id} tells: {'; '.join(unlisted)}"
    gone = [name for name in EQUAL if name.startswith(f"{id} ") and name.removeprefix(f"{id} ") not in survivors]
    assert not gone, f"a case tells them now: {gone}"


@pytest.mark.parametrize("number", DATED)
def test_the_days_of_the_policy_are_told_by_a_case(number: str) -> None:
    court = COURTS[number]
    assert court.file.effective
    later = {id(court.policy(case)): replace(court.policy(case).file, effective=court.file.effective + timedelta(1))
             for case in court.file.cases}  # fmt: skip

    def differ(cases: Sequence[Case]) -> bool:
        return any(
            found(Policy(later[id(court.policy(case))]), case, kind) != baseline(number, case.name, kind)
            for case in cases if alone(case) for kind in case.kinds
        )  # fmt: skip

    assert differ([case for case in court.file.cases if "10/0" in " ".join(case.lines)])
