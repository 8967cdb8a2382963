"""Checks on where a service was given, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from edi837.checks.vocabulary import NONE, Answer, Breaks, Codes, Lines, Unknown, Words, check
from edi837.claim import Claim


@check(wakes="codes", tells="place codes")
def place_of_service(
    lines: Lines, *, codes: Codes, never: Words = NONE, known: Words = NONE
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
            here = {each.procedure: 0 for each in mine if each.place == place and lines.claim(each) is claim}
            yield Breaks(line, on="place", doubt=doubt, level="claim", place=place, codes=", ".join(here))


@check(wakes="codes", tells="taxonomy")
def not_rendered_by(lines: Lines, *, codes: Codes, taxonomies: Words) -> Iterator[Answer]:
    """The one who rendered the service, if the claim says who, is none of these.

    codes       the lines it looks at
    taxonomies  provider taxonomy codes, or how they begin
    """
    for line in lines.having(codes):
        if line.taxonomy and line.taxonomy.startswith(tuple(taxonomies)):
            yield Breaks(line, taxonomy=line.taxonomy)
