"""Checks on what a claim says in words."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Lines, check, code_of
from edi837.checks.words import Codes, Pattern, Patterns

_LONGEST = 80  # characters that are looked at: what NTE02 and SV101-7 hold


@check(wakes="codes")
def described(
    lines: Lines, *, codes: Codes, matching: Pattern | None = None, each: Patterns | None = None
) -> Iterator[Answer]:
    """A line is described: in SV101-7 (SV202-7), or in a note of the line or of its claim.

    codes     the lines that must be
    matching  a pattern that one of the texts holds, in any case of letters
    each      codes with patterns of their own, which stand in the place of ``matching``
    """
    for line in lines.having(codes):
        meant = each.get(code_of(line), matching) if each else matching
        texts = (line.description, *line.notes)
        if not any(_says(text, meant) for text in texts) and not any(
            _says(text, meant) for text in lines.claim(line).notes
        ):
            yield Breaks(line, on="description")


def _says(text: str, matching: Pattern | None) -> bool:
    text = text[:_LONGEST]
    return bool(text.strip()) if matching is None else matching.search(text) is not None
