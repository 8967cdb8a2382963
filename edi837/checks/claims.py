"""Checks on what is said of a whole claim, said once for the claim."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Heading, Lines, Unknown, check, code_said
from edi837.checks.words import NONE, Bills, Codes, Filings, Forms, Taxonomies
from edi837.claim import ServiceLine


def _billed_as(claim: Heading, *, codes: Codes, never: Bills = NONE, known: Bills = NONE) -> bool:
    return claim.kind == "I" and not _meant(claim.place + claim.frequency, _plain(never), _plain(known))


@check(wakes="codes", tells="bill codes", claim=_billed_as)
def bill_type(lines: Lines, *, codes: Codes, never: Bills = NONE, known: Bills = NONE) -> Iterator[Answer]:
    """The type of bill of an 837I (CLM05-1 with CLM05-3) is one of those meant.

    codes  the lines it looks at
    never  types of bill, or how they begin, with or without a zero in front: 0341, 34
    known  as never; all others break the edit (left out: none does but those of never)
    """
    barred, fitting = _plain(never), _plain(known)
    for line, here in _claims(lines, codes):
        claim = lines.claim(line)
        if claim.kind == "I" and not _meant(claim.bill_type, barred, fitting):
            yield Breaks(line, on="place", level="claim", bill=claim.bill_type, codes=here)


@check(wakes="codes", tells="form codes", claim=lambda claim, *, codes, never: f"837{claim.kind}" in never)
def claim_form(lines: Lines, *, codes: Codes, never: Forms) -> Iterator[Answer]:
    """The claim comes in the form that the payer takes.

    codes  the lines it looks at
    never  837P or 837I
    """
    for line, here in _claims(lines, codes):
        form = f"837{line.kind}"
        if form in never:
            yield Breaks(line, on="id", level="claim", form=form, codes=here)


def _filed(claim: Heading, *, codes: Codes, never: Filings = NONE, known: Filings = NONE) -> bool:
    return claim.filing in never or (bool(known) and claim.filing not in known)


@check(wakes="codes", tells="filing codes", claim=_filed)
def filed_as(lines: Lines, *, codes: Codes, never: Filings = NONE, known: Filings = NONE) -> Iterator[Answer]:
    """The kind of insurance (SBR09) is one of those meant.

    codes  the lines it looks at
    never  claim filing indicators, such as MA and MB
    known  as never; all others break the edit (left out: none does but those of never)
    """
    for line, here in _claims(lines, codes):
        filing = lines.claim(line).filing
        if not filing and known:
            yield Unknown(line, "the claim does not say the kind of insurance")
        elif filing in never or (known and filing not in known):
            yield Breaks(line, on="id", level="claim", filing=filing, codes=here)


def _billed_by(
    claim: Heading, *, codes: Codes, never: Taxonomies = NONE, known: Taxonomies = NONE
) -> bool:
    return not _meant(claim.taxonomy, tuple(never), tuple(known))


@check(wakes="codes", tells="taxonomy codes", claim=_billed_by)
def billed_by(
    lines: Lines, *, codes: Codes, never: Taxonomies = NONE, known: Taxonomies = NONE
) -> Iterator[Answer]:
    """The taxonomy of the billing provider (2000A PRV03) is one of those meant.

    codes  the lines it looks at
    never  taxonomy codes, or how they begin
    known  as never; all others break the edit (left out: none does but those of never)
    """
    for line, here in _claims(lines, codes):
        taxonomy = lines.claim(line).provider.taxonomy
        if not taxonomy:
            if known:
                yield Unknown(line, "the claim does not say the billing provider's taxonomy")
        elif not _meant(taxonomy, tuple(never), tuple(known)):
            yield Breaks(line, on="id", level="claim", taxonomy=taxonomy, codes=here)


def _meant(word: str, never: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether a word begins as one of the known, if there are any, and as none of the others."""
    return not word.startswith(never) and (not known or word.startswith(known))


def _plain(bills: Bills) -> tuple[str, ...]:
    """Types of bill as CLM05 writes them: without the zero in front."""
    return tuple(bill.lstrip("0") for bill in bills)


def _claims(lines: Lines, codes: Codes) -> Iterator[tuple[ServiceLine, str]]:
    """Of each claim its first line with one of the codes, and all such codes of the claim."""
    found: dict[int, list[ServiceLine]] = {}
    for line in lines.having(codes):
        found.setdefault(id(lines.claim(line)), []).append(line)
    for mine in found.values():
        yield mine[0], ", ".join(dict.fromkeys(code_said(line) for line in mine))
