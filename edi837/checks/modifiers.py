"""Checks on the modifiers of one line."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Lines, Traits, Unknown, check, code_of
from edi837.checks.words import NONE, Codes, Count, Modifiers, Places
from edi837.claim import ServiceLine


def _strays(line: Traits, *, codes: Codes, modifiers: Modifiers, known: Codes = NONE) -> bool:
    return line.code not in codes and not modifiers.isdisjoint(line.modifiers)


@check(wakes="modifiers", tells="modifier", line=_strays)
def modifier_only_on(
    lines: Lines, *, codes: Codes, modifiers: Modifiers, known: Codes = NONE
) -> Iterator[Answer]:
    """The modifiers stand on no other codes than these.

    codes      the codes that may carry them
    modifiers  each of them alone breaks the edit on any other code
    known      the codes that are known for what they are; on any other a breach is possible,
               never certain (left out: all are known)
    """
    for line in lines:
        if code_of(line) not in codes:
            for modifier in line.modifiers:
                if modifier in modifiers:
                    doubt = "the code may be newer than the list" if known and code_of(line) not in known else ""
                    yield Breaks(line, on="modifiers", doubt=doubt, modifier=modifier)
                    break


def _several(line: Traits, *, codes: Codes, modifiers: Modifiers) -> bool:
    return line.code in codes and len(modifiers.intersection(line.modifiers)) > 1


@check(wakes="codes modifiers", tells="modifier", line=_several)
def not_both(lines: Lines, *, codes: Codes, modifiers: Modifiers) -> Iterator[Answer]:
    """A line carries at most one of the modifiers.

    codes      the lines it looks at
    modifiers  those that shut each other out
    """
    for line in lines.having(codes):
        found = [modifier for modifier in line.modifiers if modifier in modifiers]
        if len(set(found)) > 1:
            yield Breaks(line, on="modifiers", modifier=found[1])


def _repeats(line: Traits, *, codes: Codes) -> bool:
    return line.code in codes and len(set(line.modifiers)) < len(line.modifiers)


@check(wakes="codes", tells="modifier", line=_repeats)
def modifier_once(lines: Lines, *, codes: Codes) -> Iterator[Answer]:
    """No modifier stands twice on a line.

    codes  the lines it looks at
    """
    for line in lines.having(codes):
        for number, modifier in enumerate(line.modifiers):
            if modifier in line.modifiers[:number]:
                yield Breaks(line, on="modifiers", modifier=modifier, at=number)
                break


def _lacks(
    line: Traits, *, codes: Codes, any_of: Modifiers = NONE, all_of: Modifiers = NONE, places: Places = NONE,
    having: Modifiers = NONE,
) -> bool:  # fmt: skip
    here = not places or not line.place or line.place in places
    ours = line.code in codes and not (having and having.isdisjoint(line.modifiers))
    return ours and here and _missing(line.modifiers, any_of, all_of) != ""


@check(wakes="codes having", tells="modifier place", line=_lacks)
def modifier_needed(
    lines: Lines, *, codes: Codes, any_of: Modifiers = NONE, all_of: Modifiers = NONE, places: Places = NONE,
    having: Modifiers = NONE,
) -> Iterator[Answer]:  # fmt: skip
    """A line carries the modifiers that are asked for; only at some places, if places are named.

    codes   the lines it looks at
    any_of  one of these must be there
    all_of  each of these must be there
    places  places of service at which it asks (left out: everywhere)
    having  it asks only of lines with one of these modifiers (left out: of all)
    """
    for line in lines.having(codes):
        if having and having.isdisjoint(line.modifiers):
            continue
        missing = _missing(line.modifiers, any_of, all_of)
        if not missing or (places and line.place and line.place not in places):
            continue
        if places and not line.place:
            yield Unknown(line, "the line has no place of service")
        else:
            yield Breaks(line, on="modifiers", modifier=missing, place=line.place)


def _missing(modifiers: tuple[str, ...], any_of: Modifiers, all_of: Modifiers) -> str:
    """The modifiers that are missing, in words; empty when none is."""
    missing = " and ".join(sorted(all_of.difference(modifiers)))
    if missing or not any_of.isdisjoint(modifiers):
        return missing
    return " or ".join(sorted(any_of))


def _barred(line: Traits, *, codes: Codes, modifiers: Modifiers, places: Places = NONE) -> bool:
    here = not places or not line.place or line.place in places
    return line.code in codes and here and not modifiers.isdisjoint(line.modifiers)


@check(wakes="codes modifiers", tells="modifier place", line=_barred)
def modifier_barred(
    lines: Lines, *, codes: Codes, modifiers: Modifiers, places: Places = NONE
) -> Iterator[Answer]:
    """A line carries none of the modifiers; only at some places, if places are named.

    codes      the lines it looks at
    modifiers  those that may not stand there
    places     places of service at which they may not (left out: everywhere)
    """
    for line in lines.having(codes):
        found = next((modifier for modifier in line.modifiers if modifier in modifiers), "")
        if not found or (places and line.place and line.place not in places):
            continue
        if places and not line.place:
            yield Unknown(line, "the line has no place of service")
        else:
            yield Breaks(line, on="modifiers", modifier=found, place=line.place)


def _late(line: Traits, *, codes: Codes, modifiers: Modifiers, most: Count = 1) -> bool:
    return line.code in codes and not modifiers.isdisjoint(line.modifiers[most:])


@check(wakes="codes modifiers", tells="modifier", line=_late)
def modifier_position(
    lines: Lines, *, codes: Codes, modifiers: Modifiers, most: Count = 1
) -> Iterator[Answer]:
    """The modifiers, where a line has them, stand in front of others.

    codes      the lines it looks at
    modifiers  those that come early
    most       the last position they may stand in: 1, unless said otherwise, to 4
    """
    for line in lines.having(codes):
        late = next((modifier for modifier in line.modifiers[most:] if modifier in modifiers), "")
        if late and late not in line.modifiers[:most]:
            yield Breaks(line, on="modifiers", modifier=late)


def unasked(line: ServiceLine, unpaid: Modifiers) -> str:
    """That nobody is asked to pay for a line, by its charge or by one of these modifiers; empty when somebody is."""
    return "nobody is asked to pay for it" if line.free or not unpaid.isdisjoint(line.modifiers) else ""
