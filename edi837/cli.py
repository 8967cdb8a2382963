"""The commands. Data goes to standard output, everything else to standard error.

Exit status, the worst over all files: 0 nothing rejected, 1 something rejected (of the commands that
judge), 2 usage, configuration or policy error, 3 unreadable, not X12 or cut off, 4 our own fault,
130 interrupted, 141 nobody reads the output.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from edi837 import aboutcli, console, safe
from edi837.console import FAULT, UNREADABLE

# Where each command stands. It is loaded when it is called: a start would take twice as long with all of them.
COMMANDS = {
    "ack": "ackcli.ack",
    "check": "checkcli.check",
    "checks": "rulescli.checks",
    "claims": "datacli.claims",
    "codes": "codescli.codes",
    "completion": "aboutcli.completion",
    "deid": "filescli.deid",
    "explain": "rulescli.explain_command",
    "export": "datacli.export",
    "fmt": "filescli.fmt",
    "gateway": "gatecli.gateway",
    "generate": "filescli.generate",
    "join": "filescli.join",
    "lines": "datacli.lines",
    "policy": "policycli.policy",
    "report": "reportcli.report",
    "rules": "rulescli.rules_command",
    "show": "viewcli.show",
    "split": "filescli.split",
    "tree": "viewcli.tree",
}


class Commands(click.Group):
    """A group whose commands are loaded by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None: there is no such."""
        module, _, name = COMMANDS.get(cmd_name, "").partition(".")
        return getattr(import_module(f"edi837.{module}"), name) if module else None

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """As click's, which prints help. Raises Closed where it writes to a pipe that nobody reads any more."""
        try:
            return super().make_context(*args, **more)
        except BrokenPipeError:  # click would end with 1, which says that something was rejected
            raise Closed from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises Closed, as `make_context`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise Closed from None


class Closed(Exception):
    """Nobody reads what we write."""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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

    Exit status: 0 nothing rejected, 1 something rejected (check, ack, report), 2 usage or policy error,
    3 not X12, unreadable or cut off, 4 our own fault, 5 the gateway cannot work, 130 interrupted, 141 nobody
    reads the output.
    FILE may be - for standard input.
    """
    if as_json:
        raise click.UsageError("--json before a command goes with --version alone")


def run(command: Callable[..., Any] = main) -> None:
    """The entry point: runs a command and exits with its status. Never shows a value in a traceback."""
    os.umask(0o077)
    console.stand_in()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="xmlcharrefreplace")  # texts are in ASCII where they must; data is in UTF-8
    try:
        status = command(prog_name="edi837", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = 130
    except (Closed, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except OSError as error:  # of what no command has by a name
        named = error.filename if isinstance(error.filename, str) else "the output"
        click.echo(f"edi837: {safe.text(named)}: cannot be read or written: {error.strerror}", err=True)
        status = UNREADABLE
    except Exception as error:  # our own fault: say where, not what, for a message may hold a patient's value
        where = traceback.extract_tb(error.__traceback__)[-1]
        name = Path(where.filename).name
        said = f"edi837: our own fault, {type(error).__name__} at {name}:{where.lineno}; please report it"
        click.echo(said, err=True)
        status = FAULT
    sys.exit(status if isinstance(status, int) else 0)
