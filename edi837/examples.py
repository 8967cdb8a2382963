"""An edit by example: cases that break it and hold it, the answer it gives, and how to soften it.

Enters: a policy and one of its edits. Leaves: labels, each with the rows it labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from edi837 import rules, sample
from edi837.cases import Case
from edi837.edit import Edit
from edi837.rules import Policy

MOST = 2  # cases of each kind
_POINTER = "A3:247"  # of the claim, when a line is at fault: look at the lines
_DONE = {"reject": "rejected", "warn": "warned of"}
_HEAVIEST = {"reject": 0, "warn": 1, "unknown": 2}

Rows = tuple[str, list[str]]


def of(policy: Policy, edit: Edit) -> Iterator[Rows]:
    """The examples of an edit, the reply it leads to, and the lines of a profile that change it."""
    broken, held = cases(policy, edit)
    for case in broken:
        at = at_fault(case, edit)
        yield _DONE[case.named[edit.id]], [case.name, *_lines(case, at), *_segments(case, at)]
    for case in held:
        yield "holds", [case.name, *_lines(case, None)]
    yield from _reply(edit, bool(broken) and at_fault(broken[0], edit) is None)
    yield from _changed(policy, edit)


def cases(policy: Policy, edit: Edit) -> tuple[list[Case], list[Case]]:
    """Up to `MOST` cases that break an edit and that hold it, those of the policy's own profile first.

    A case that holds is taken from near the ones that break: there it differs in what matters.
    """
    written = rules.cases(policy)
    own = ("", policy.name)
    order = {id(case): number for number, case in enumerate(written)}
    broken = sorted(
        (case for case in written if case.breaks(edit.id)),
        key=lambda case: (case.profile not in own, _HEAVIEST[case.named[edit.id]], len(case.named), order[id(case)]),
    )[:MOST]
    off = edit not in policy.edits
    held = [
        case
        for case in written
        if case.holds(edit)
        and (edit.id in case.on or case.profile == f"{policy.number}-all" if off else case.profile in own)
    ]
    if broken:
        near = order[id(broken[0])]
        held.sort(key=lambda case: (bool(case.named), _far(order[id(case)] - near)))
    return broken, held[:MOST]


def at_fault(case: Case, edit: Edit) -> tuple[int, int] | None:
    """The claim and line of the case's finding, counted from 0; None when the whole claim is at fault."""
    label = next(each for action in _HEAVIEST for each in case.expected[action] if each.split()[0] == edit.id)
    words = label.split()
    if "line" not in words:
        return None
    claim = int(words[words.index("claim") + 1]) - 1 if "claim" in words else 0
    return claim, int(words[words.index("line") + 1]) - 1


def _lines(case: Case, at: tuple[int, int] | None) -> list[str]:
    """The case in shorthand; the line at fault is marked."""
    shown, claim, line = [], 0, -1
    for number, text in enumerate(case.lines):
        if text.split()[0] == "claim":
            claim, line = claim + bool(number), -1
        else:
            line += 1
        own = text.split()[0] != "claim" and (claim, line) == at
        shown.append(f"  {text}{'   <- here' if own else ''}")
    return shown


def _segments(case: Case, at: tuple[int, int] | None) -> list[str]:
    """The segments of the line at fault, or the claim's first, as they are sent."""
    claim, line = at or (0, 0)
    told, kind = case.claims[claim], case.kinds[0]
    if at is None:
        return [f"  {sample.head(told, kind, f'C{claim + 1}')}~"]
    return ["  " + " ".join(f"{each}~" for each in sample.line(told.lines[line], told, kind, line + 1))]


def _reply(edit: Edit, of_claim: bool) -> Iterator[Rows]:
    """The STC of a rejection: STC01, STC03, and more composites in STC10 and STC11."""
    if edit.action == "reject":
        stc = "*".join(["STC", edit.status[0], "", "U", *([""] * 6 if edit.status[1:] else ()), *edit.status[1:]])
        line = f"in 2220D of the line, and {_POINTER} (look at the lines) in 2200D of the claim"
        yield "reply", [f"{stc}~ {f'in 2200D of the claim, or {line}' if of_claim else line}"]


def _changed(policy: Policy, edit: Edit) -> Iterator[Rows]:
    """The lines of a profile that soften the edit, or switch it on."""
    file = policy.file.path.name
    if edit in policy.edits:
        label, changes = "to soften it", [("on = false", "switch it off")]
        if edit.action == "reject":
            changes.insert(0, ('action = "warn"', "only warn"))
    else:
        label, changes = "to switch on", [("on = true", "judge by it")]
    lines = [f"  {edit.id} = {{ {change} }}   # {what}" for change, what in changes]
    yield label, [f"in a copy of {file}, judged by with --policy {file}#mine:", "  [profile.mine.edits]", *lines]


def rows(told: Iterator[Rows], width: int, column: int) -> Iterator[str]:
    """The rows as they are shown: label in the first column, long ones carried over."""
    for label, texts in told:
        for number, text in enumerate(texts):
            lead = f"  {label:<{column}}" if not number else " " * (column + 2)
            indent = lead + " " * (len(text) - len(text.lstrip()))
            yield from wrap(
                text.strip(), width, initial_indent=indent, subsequent_indent=" " * len(indent), break_long_words=False
            )


def _far(cases: int) -> int:
    """How far a case stands from another; those behind it count as nearer."""
    return cases if cases > 0 else -3 * cases
