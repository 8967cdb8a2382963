"""The commands that show a file: its tree, and a segment with each of its elements."""

from __future__ import annotations

import click

from edi837 import answer, draw, options
from edi837.console import Run, opened, written
from edi837.progress import watched
from edi837.terms import Terms


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
    run = Run()
    with run.guarding(file), opened(file) as source, answer.spooled(source) as stream, written(None) as sink:
        judges = terms.read(stream).judges()
        with watched(stream, file) as reading:
            for text in draw.tree(
                reading, claim=claim, errors=errors, phi=phi, format=form, ascii=sink.ascii, raw=raw,
                depth=depth or 0, policies=judges, codes=terms.codes, guides=terms.guides,
            ):  # fmt: skip
                sink.put(text)
    return run.status
