"""The command `ack`: answer files with TA1, 999, 277CA and reports."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click

from edi837 import answer, options, safe
from edi837.console import REJECTED, UNREADABLE, Run
from edi837.jobs import crew
from edi837.progress import watched
from edi837.terms import Terms
from edi837.turns import Turns
from edi837.unmet import Unmet
from edi837.wording import many


@click.command()
@options.files
@options.keeping
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the answers.")
@click.option(
    "--stdout", "kind", type=click.Choice(list(answer.EXTENSION)), help="Write this one answer to standard output."
)
@options.now
@options.control
@options.jobs
@options.phi
def ack(
    files: tuple[str, ...], terms: Terms, out: Path | None, now: datetime | None, control: int | None,
    kind: str | None, jobs: int, phi: bool,
) -> int:  # fmt: skip
    """Answer each FILE: NAME.ta1.edi, NAME.999.edi, NAME.277ca.edi, NAME.report.json and .txt.

    A TA1 is written when it was asked for (ISA14) or the interchange is refused, a 277CA for each
    transaction set that the 999 accepts.

    \b
    edi837 ack claims.edi -o answers/
    edi837 ack --stdout 277ca - < claims.edi > claims.277ca.edi
    edi837 ack --jobs 0 *.edi -o answers/
    """
    if (out is None) == (kind is None):
        raise click.UsageError("give either -o DIR or --stdout KIND")
    if out is not None:
        _told_apart(files)
    moment = now or datetime.now()
    run, unmet = Run(), Unmet(terms.policies, terms.routes, terms.guides)
    with crew(terms, jobs) as processes:
        turns = Turns(terms, processes)
        for turn in turns.each(files):
            file = turn.file
            with run.guarding(file), turn.taken() as (stream, begun), ExitStack() as answered:
                name = _name(file)
                with watched(stream, file, apart=out is not None) as source:
                    reading = begun or terms.read(source, turns.hands)
                    outcome = answer.answer(
                        source, terms, file=name, now=moment, control=control, phi=phi, reading=reading,
                        watch=unmet.take,
                    )  # fmt: skip
                answered.enter_context(closing(outcome))
                if control is not None:
                    control += outcome.numbers  # the next file goes on; behind the last one it starts again
                if outcome.rejects:
                    run.worsen(REJECTED)
                if outcome.cut:
                    run.say(f"{safe.text(file)}: it is cut off: the answer says so, and there may have been more")
                    run.worsen(UNREADABLE)
                if out is not None:
                    for path in answer.publish(outcome, out, name).values():
                        click.echo(safe.text(str(path)))
                elif kind in outcome.files:
                    shutil.copyfileobj(outcome.files[kind], sys.stdout.buffer)
                    sys.stdout.buffer.flush()
                    outcome.keep()
                else:
                    run.say(f"{safe.text(file)}: there is no {kind} for it")
                run.say(
                    f"{safe.text(name)}: {many(outcome.claims, 'claim')}, {outcome.fates}"
                    + (" by TA1 or 999" if outcome.fates.refused else "")
                    + (", and something refused by TA1 or 999" if outcome.refused and not outcome.fates.refused else "")
                )
    run.note(unmet.notes())
    return run.status


def _name(file: str) -> str:
    """What the answers of a file are named after."""
    return "stdin" if file == "-" else Path(file).name


def _told_apart(files: tuple[str, ...]) -> None:
    """Refuse files whose answers would have the same names."""
    named: dict[str, str] = {}
    for file in files:
        before = named.setdefault(_name(file), file)
        if before is not file:
            raise click.UsageError(
                f"{safe.text(before)} and {safe.text(file)} would be answered under the same names: "
                "answer them into two folders"
            )
