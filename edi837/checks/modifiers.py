"""Checks on the modifiers of one line."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Codes, Lines, Words, check


@check(wakes="modifiers", tells="modifier")
def modifier_only_on(lines: Lines, *, codes: Codes, modifiers: Words) -> Iterator[Answer]:
    """The modifiers stand on no other codes than these.

    codes      the codes that may carry them
    modifiers  each of them alone breaks the edit on any other code
    """
    for line in lines:
        if line.procedure not in codes:
            for modifier in line.modifiers:
                if modifier in modifiers:
                    yield Breaks(line, on="modifiers", modifier=modifier)
                    break


@check(wakes="codes modifiers", tells="modifier")
def not_both(lines: Lines, *, codes: Codes, modifiers: Words) -> Iterator[Answer]:
    """A line carries at most one of the modifiers.

    codes      the lines it looks at
    modifiers  those that shut each other out
    """
    for line in lines.having(codes):
        found = [modifier for modifier in line.modifiers if modifier in modifiers]
        if len(set(found)) > 1:
            yield Breaks(line, on="modifiers", modifier=found[1])
