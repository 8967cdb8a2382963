"""The commands. Data goes to standard output, everything else to standard error.

Exit status, the worst over all files: 0 nothing rejected, 1 something rejected, 2 usage,
configuration or policy error, 3 unreadable or not X12, 4 our own fault.
"""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edi837 import (
    aboutcli,
    answer,
    checkcli,
    codescli,
    completing,
    datacli,
    explain,
    filescli,
    gatecli,
    options,
    policycli,
    reportcli,
    rulebook,
    rules,
    safe,
    viewcli,
)
from edi837.console import FAULT, REJECTED, Run, opened
from edi837.progress import watched
from edi837.terms import Terms


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@aboutcli.version
@aboutcli.as_json
def main(as_json: bool) -> None:
    """Read X12 837 claims; answer with TA1, 999, 277CA and a report in words.

    \b
    edi837 check claims.edi               what is wrong, by the guide and by policy 042
    edi837 ack claims.edi -o answers/     write the acknowledgements and the report
    edi837 tree claims.edi --errors       the loops of a file, and where in them the faults are
    edi837 show claims.edi 54             a segment, element by element
    edi837 lines claims.edi --format csv  one row a service line
    edi837 explain 042-A03                what a rule, code or element means

    Exit status: 0 nothing rejected, 1 something rejected, 2 usage or policy error, 3 not X12 or
    unreadable, 4 our own fault. FILE may be - for standard input.
    """
    if as_json:
        raise click.UsageError("--json before a command goes with --version alone")


@main.command()
@options.files
@options.judging
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the answers.")
@click.option(
    "--stdout", "kind", type=click.Choice(list(answer.EXTENSION)), help="Write this one answer to standard output."
)
@options.now
@options.control
@options.phi
def ack(
    files: tuple[str, ...], terms: Terms, out: Path | None, now: datetime | None, control: int | None,
    kind: str | None, phi: bool,
) -> int:  # fmt: skip
    """Answer each FILE: NAME.ta1.edi, NAME.999.edi, NAME.277ca.edi, NAME.report.json and .txt.

    A TA1 is written when it was asked for (ISA14) or the interchange is refused, a 277CA for each
    transaction set that the 999 accepts.

    \b
    edi837 ack claims.edi -o answers/
    edi837 ack --stdout 277ca - < claims.edi > claims.277ca.edi
    """
    if (out is None) == (kind is None):
        raise click.UsageError("give either -o DIR or --stdout KIND")
    moment = now or datetime.now()
    run = Run()
    for file in files:
        with run.guarding(file), opened(file) as source, answer.spooled(source) as stream:
            name = "stdin" if file == "-" else Path(file).name
            with watched(stream, file, apart=out is not None) as reading:
                outcome = answer.answer(reading, terms, file=name, now=moment, control=control, phi=phi)
            if outcome.rejects:
                run.worsen(REJECTED)
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
                f"{safe.text(name)}: {outcome.claims} claims, {outcome.rejected} rejected"
                + (", and something refused by TA1 or 999" if outcome.refused else "")
            )
    return run.status


    return run.status


@main.command("explain")
@click.argument("id", shell_complete=completing.ids)
@options.policies
def explain_command(id: str, names: tuple[str, ...]) -> int:
    """Say what ID means: a rule (042-A03), a status code (A8:453), an element (CLM05, SV101-3)."""
    try:
        click.echo(explain.explain(id, options.judges(names)))
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    return 0


@main.command()
def checks() -> int:
    """List the checks that a policy file may use, with their keys."""
    for entry in rules.vocabulary():
        click.echo(f"{entry}\n")
    return 0


@main.command("rules")
@options.policies
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
def rules_command(names: tuple[str, ...], form: str) -> int:
    """List every rule a claim is held to: syntax, balances, relations, codes, and the policy's edits.

    \b
    edi837 rules                        all of them, policy 042 included
    edi837 rules --policy none          the guide's alone
    edi837 rules --format markdown      as a page
    """
    click.echo(rulebook.FORMATS[form](rulebook.entries(options.judges(names))))
    return 0


main.add_command(aboutcli.completion)
main.add_command(checkcli.check)
main.add_command(viewcli.tree)
main.add_command(viewcli.show)
main.add_command(codescli.codes)
main.add_command(datacli.lines)
main.add_command(datacli.claims)
main.add_command(datacli.export)
main.add_command(policycli.policy)
main.add_command(gatecli.gateway)
main.add_command(reportcli.report)
main.add_command(filescli.fmt)
main.add_command(filescli.split)
main.add_command(filescli.join)
main.add_command(filescli.generate)
main.add_command(filescli.deid)


def run(command: Callable[..., Any] = main) -> None:
    """The entry point: runs a command and exits with its status. Never shows a value in a traceback."""
    os.umask(0o077)
    try:
        status = command(prog_name="edi837", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:  # our own fault: say where, not what, for a message may hold a patient's value
        where = traceback.extract_tb(error.__traceback__)[-1]
        name = Path(where.filename).name
        said = f"edi837: our own fault, {type(error).__name__} at {name}:{where.lineno}; please report it"
        click.echo(said, err=True)
        status = FAULT
    sys.exit(status if isinstance(status, int) else 0)
