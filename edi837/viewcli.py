"""The commands that show a file: its tree, and a segment with each of its elements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from edi837 import draw, options, process, safe
from edi837.console import USAGE, Run, Sink, opened, written
from edi837.frames import Verdict
from edi837.gaps import Gaps
from edi837.lookup import form as lookup
from edi837.lookup import nearest
from edi837.lookup.found import Finder
from edi837.lookup.meanings import Meanings
from edi837.lookup.told import as_dict, plain
from edi837.lookup.where import BadWhere, parse
from edi837.outline import UnknownClaim, walk
from edi837.progress import watched
from edi837.sources import spooled
from edi837.terms import Terms
from edi837.views.locate import Segments
from edi837.wording import many

GUIDES = ("005010X222A1", "005010X223A2", "005010X214", "005010X231A1")  # in which a segment is looked for


@click.command()
@options.file
@click.option("--claim", default="", metavar="ID", help="Only the claim of this CLM01, with what is above it.")
@click.option("--errors", is_flag=True, help="Only what leads to a finding.")
@click.option("--raw", is_flag=True, help="Of the text: every segment as it is in the file, and each finding in words.")
@click.option("--depth", type=click.IntRange(1), metavar="N",
              help="Of the text: only so many levels, 1 being the interchanges, 3 the sets.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json", "xml"]), default="text", show_default=True)
@options.judging
@options.phi
def tree(
    file: str, claim: str, errors: bool, raw: bool, depth: int | None, form: str, terms: Terms, phi: bool
) -> int:
    """Show FILE as a tree, a line for each part: interchange, group, set, loops, claims, service lines.

    A mark counts what was found in a part and below it, or names the rules: ✖ sends it back, ! warns, ? cannot
    be told. JSON and XML hold every segment and every finding.

    \b
    edi837 tree claims.edi
    edi837 tree claims.edi --errors --raw
    edi837 tree claims.edi --claim HIT1002 --format xml > claim.xml
    """
    if form != "text" and (raw or depth):
        raise click.UsageError("--raw and --depth are for --format text; json and xml hold every segment")
    run, gaps = Run(), Gaps()
    with (
        run.guarding(file), opened(file) as source, spooled(source) as stream,
        written(None, data=form != "text") as sink,
        _knowing(stream, claim), watched(stream, file) as reading,
    ):  # fmt: skip
        for text in draw.tree(
            reading, claim=claim, errors=errors, phi=phi, format=form, ascii=sink.ascii, raw=raw, paint=sink.paint,
            depth=depth or 0, policies=terms.read(stream).judges(), codes=terms.codes, guides=terms.guides,
            watch=gaps.take,
        ):  # fmt: skip
            sink.put(text)
        run.missed(file, gaps)
    return run.status


@click.command()
@options.file
@click.argument("where", required=False, default="")
@click.option("--claim", default="", metavar="ID", help="Only in the claim of this CLM01, and in what stands above it.")
@click.option("--nth", type=click.IntRange(1), metavar="N", help="The Nth of those that are meant.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@options.judging
@options.phi
def show(file: str, where: str, claim: str, nth: int | None, form: str, terms: Terms, phi: bool) -> int:
    """Show a segment of FILE element by element: its name, value, what a code means, and what was found on it.

    \b
    edi837 show claims.edi 54                            the 54th segment of the set, as check counts them
    edi837 show claims.edi 2400[2]/SV1 --claim HIT1002   the SV1 of the second line of a claim
    edi837 show claims.edi CLM05-3 --claim HIT1002       one element
    edi837 show claims.edi 2300/REF*G1                   a list, where there are several
    edi837 show claims.edi line:56                       what stands there; also file:N, byte:N

    Without WHERE, the CLM of --claim. Exit status 2 where several are meant, or none.
    """
    if not (where or claim):
        raise click.UsageError("say WHERE, or --claim ID")
    run = Run()
    with (
        run.guarding(file), opened(file) as source, spooled(source) as stream,
        written(None, data=form != "text") as sink,
    ):  # fmt: skip
        place = parse(where or "2300/CLM")
        finder = Finder(place, Segments(stream), numbered=not claim)
        with _knowing(stream, claim), watched(stream, file) as reading:
            judges = terms.read(stream).judges()
            finder.read(walk(reading, judges, claim=claim, codes=terms.codes, guides=terms.guides))
        matches = finder.matches[nth - 1 : nth] if nth else finder.matches
        if not matches:
            said = f"there are {finder.count} of them" if finder.count else nearest.sentence(place, finder.met, GUIDES)
            raise BadWhere(said)
        meanings = Meanings([*terms.policies, *(p for several in terms.routes.values() for p in several)], terms.codes)
        told = [as_dict(match, place, meanings, file=file, phi=phi) for match in matches]
        if place.element and not any(each["elements"] for each in told):
            raise BadWhere(f"{place.tag} has no {place.refdes}")
        if form == "json":
            sink.put(json.dumps([plain(each, phi) for each in told], indent=1) + "\n")
        elif len(told) == 1:
            for line in lookup.lines(told[0], sink.paint, asked=bool(place.element)):
                sink.put(_charset(line, sink) + "\n")
        else:
            for number, match in enumerate(matches, 1):
                sink.put(_charset(lookup.listed(number, match, phi=phi), sink) + "\n")
        if len(told) > 1:
            more = f", the first {len(told)} of them here" if finder.count > len(told) else ""
            meant = f"{many(finder.count, 'segment')} meant{more}"
            run.say(f"{meant}: say which with --nth N, --claim ID, a loop, or a number")
            run.worsen(USAGE)
    return run.status


@contextmanager
def _knowing(stream: BinaryIO, claim: str) -> Iterator[None]:
    """Add the claims whose numbers come nearest, when there is none of the number that is asked for."""
    start = stream.tell()
    try:
        yield
    except UnknownClaim as error:
        stream.seek(start)
        known = (event.claim.id for event in process.tell(stream) if isinstance(event, Verdict))
        raise UnknownClaim(f"{error}{nearest.claims(claim, known)}") from None


def _charset(line: str, sink: Sink) -> str:
    return safe.in_ascii(line) if sink.ascii else line
