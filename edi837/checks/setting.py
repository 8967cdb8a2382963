"""Checks on where a service was given, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import Answer, Breaks, Lines, Traits, Unknown, check
from edi837.checks.words import NONE, Codes, Diagnoses, Places, Qualifiers, Taxonomies
from edi837.claim import Claim


def _away(line: Traits, *, codes: Codes, never: Places = NONE, known: Places = NONE) -> bool:
    place = line.place
    return line.code in codes and not (place in known or (place and not known and place not in never))


@check(wakes="codes", tells="place codes", line=_away)
def place_of_service(
    lines: Lines, *, codes: Codes, never: Places = NONE, known: Places = NONE
) -> Iterator[Answer]:
    """The place of service is one the policy covers; in doubt at a place it does not name.

    A place that stands on the whole claim is said once for the claim.

    codes  the lines it looks at
    never  places that are certainly outside the policy
    known  places that are inside it (left out: every other place)
    """
    said: Claim | None = None
    mine = lines.having(codes)
    for line in mine:
        place = line.place
        if place in known or (place and not known and place not in never):
            continue
        if not place:
            yield Unknown(line, "the line has no place of service")
            continue
        doubt = "" if place in never else "the policy does not say which place codes it covers"
        claim = lines.claim(line)
        if place != claim.place:
            yield Breaks(line, on="place", doubt=doubt, place=place, codes=line.procedure)
        elif claim is not said:
            said = claim
            here = dict.fromkeys(e.procedure for e in mine if e.place == place and lines.claim(e) is claim)
            yield Breaks(line, on="place", doubt=doubt, level="claim", place=place, codes=", ".join(here))


def _rendered(line: Traits, *, codes: Codes, taxonomies: Taxonomies) -> bool:
    return line.code in codes and line.taxonomy.startswith(tuple(taxonomies))


@check(wakes="codes", tells="taxonomy", line=_rendered)
def not_rendered_by(lines: Lines, *, codes: Codes, taxonomies: Taxonomies) -> Iterator[Answer]:
    """The one who rendered the service, if the claim says who, is none of these.

    codes       the lines it looks at
    taxonomies  provider taxonomy codes, or how they begin
    """
    for line in lines.having(codes):
        if line.taxonomy.startswith(tuple(taxonomies)):
            yield Breaks(line, taxonomy=line.taxonomy)


@check(wakes="codes")
def not_billed(lines: Lines, *, codes: Codes) -> Iterator[Answer]:
    """The codes are not billed at all.

    codes  the lines at fault
    """
    for line in lines.having(codes):
        yield Breaks(line)


def _foreign(line: Traits, *, never: Qualifiers, codes: Codes = NONE) -> bool:
    return line.qualifier in never and (not codes or line.procedure in codes)


@check(wakes="", tells="qualifier", line=_foreign, foreign=True)
def coded_as(lines: Lines, *, never: Qualifiers, codes: Codes = NONE) -> Iterator[Answer]:
    """The code of a line is of no such list (SV101-1, SV202-1).

    never  qualifiers of code lists, such as IV or ER
    codes  the lines it looks at, by what stands where a code should (left out: all)
    """
    for line in lines.foreign:
        if line.qualifier in never and (not codes or line.procedure in codes):
            yield Breaks(line, on="qualifier", qualifier=line.qualifier)


@check(wakes="codes")
def authorised(lines: Lines, *, codes: Codes) -> Iterator[Answer]:
    """There is a prior authorisation (REF*G1), of the line or of its claim.

    codes  the lines that need one
    """
    for line in lines.having(codes):
        if not any(line.authorizations) and not any(lines.claim(line).authorizations):
            yield Breaks(line)


@check(wakes="codes", tells="diagnoses")
def diagnosed(lines: Lines, *, codes: Codes, known: Diagnoses = NONE, never: Diagnoses = NONE) -> Iterator[Answer]:
    """A diagnosis the line points to (SV107; on an 837I any of the claim) is among those meant.

    codes  the lines it looks at
    known  diagnosis codes without point, or how they begin; one of them must be there
    never  diagnosis codes without point, or how they begin; none of them may be there
    """
    for line in lines.having(codes):
        all_of_it = lines.claim(line).diagnoses
        pointed = [all_of_it[n - 1] for n in line.pointers if 0 < n <= len(all_of_it)]
        found = all_of_it if line.kind == "I" else pointed
        if not found:
            yield Unknown(line, "no diagnosis is named")
        elif any(each.startswith(tuple(never)) for each in found) or not (
            not known or any(each.startswith(tuple(known)) for each in found)
        ):
            yield Breaks(line, diagnoses=", ".join(found))
