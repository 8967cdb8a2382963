"""Each edit of a shipped policy, changed in one word, is caught by its own cases.

A changed edit is judged on the cases of its policy that name its codes; a case must come out otherwise.
Changed are: every list of words (one left out), every set of codes (one that a case breaks it with left
out), every number (one more, one less), rows and tables (one left out), the action, the scope, what is
hidden, what is only warned of, the guide it is for, and the days of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from edi837.cases import Case
from edi837.edit import Edit
from edi837.rules import Policy, locate
from edi837.trial import Court
from tests import shorthand

COURTS = {"042": Court(locate("042")[0])}
EDITS = [(number, edit.id) for number, court in COURTS.items() for edit in court.file.written]

# What may be changed and no case can tell, with the reason.
EQUAL = {
    "042-C01c not only 837I": "a line of a revenue code alone exists on an 837I only",
    "042-D04 not only 837P": "an 837I names no taxonomy of who rendered a service",
    "042-E03 not only 837I": "an 837P has no type of bill",
    "042-G07 not only 837I": "it is broken by being an 837I",
}


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


def caught(number: str, edit: Edit, changed: Edit | None) -> bool:
    """Whether a case comes out otherwise with the edit changed; None: it is left out."""
    court = COURTS[number]
    policies: dict[tuple[str, frozenset[str]], Policy] = {}
    for case, kind in runs(number, edit.id):
        key = (case.profile, case.on)
        if key not in policies:
            file = court.policy(case).file
            edits = tuple(changed if each.id == edit.id else each for each in file.edits)
            policies[key] = Policy(replace(file, edits=tuple(each for each in edits if each)))
        if found(policies[key], case, kind) != baseline(number, case.name, kind):
            return True
    return False


def changes(number: str, edit: Edit) -> Iterator[tuple[str, Edit]]:
    """Every change of an edit, with what it is called."""
    words = edit.words
    used = {code for case, _ in runs(number, edit.id) if case.breaks(edit.id) for code in _codes(case)}
    blamed = {code for case, _ in runs(number, edit.id) for code in _blamed(case, edit.id)}
    for each in edit.check.parameters:
        value = words.get(each.name)

        def laid(new: object, name: str = each.name) -> Edit:
            return replace(edit, words={**words, name: new})

        if isinstance(value, frozenset) and each.kind.startswith("Codes"):
            for code in sorted(value & (blamed if each.name == "codes" else used)):
                yield f"{each.name} without {code}", laid(value - {code})
        elif isinstance(value, frozenset):
            for word in sorted(value):
                yield f"{each.name} without {word}", laid(value - {word})
        elif type(value) is int:
            yield f"{each.name} one more", laid(value + 1)
            if value:
                yield f"{each.name} one less", laid(value - 1)
        elif isinstance(value, tuple):
            for at in range(len(value)):
                yield f"{each.name} without row {at + 1}", laid(value[:at] + value[at + 1 :])
        elif isinstance(value, Mapping):
            for key in value:
                yield f"{each.name} without {key}", laid({k: v for k, v in value.items() if k != key})
    yield f"action not {edit.action}", replace(edit, action="warn" if edit.action == "reject" else "reject")
    if edit.scope not in ("line", "claim"):
        yield "scope claim", replace(edit, scope="claim")
        yield "scope patient", replace(edit, scope="patient")
    for hidden in sorted(edit.hides):
        yield f"not hiding {hidden}", replace(edit, hides=edit.hides - {hidden})
    for code in sorted(edit.warn_only & (used | {"837P", "837I"})):
        yield f"rejecting {code}", replace(edit, warn_only=edit.warn_only - {code})
    if edit.only:
        yield f"not only {edit.only}", replace(edit, only="")


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
    assert caught(number, edit, None), "no case misses the edit"
    survivors = [name for name, changed in changes(number, edit) if not caught(number, edit, changed)]
    unlisted = [name for name in survivors if f"{id} {name}" not in EQUAL]
    assert not unlisted, f"no case of {id} tells: {'; '.join(unlisted)}"
    gone = [name for name in EQUAL if name.startswith(f"{id} ") and name.removeprefix(f"{id} ") not in survivors]
    assert not gone, f"a case tells them now: {gone}"


@pytest.mark.parametrize("number", COURTS)
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
