"""The commands on code tables: load a published file, list what is loaded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import click

from edi837 import codefiles, codetables, codewindows, safe
from edi837.console import UNREADABLE, USAGE, Run, opened
from edi837.findings import Edi837Error

_dir = click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the tables; without it $EDI837_CODES, $XDG_DATA_HOME/edi837/codes or ~/.local/share/edi837/codes.",
)  # fmt: skip
_day = click.DateTime(["%Y-%m-%d"])


@click.group("codes")
def codes() -> None:
    """Tables of codes with their dates, loaded from the files CMS, NCHS and NUCC publish.

    A code is judged by a table only on days for which the table is current; else by its shape.
    """


@codes.command()
@click.option("--from", "file", required=True, metavar="FILE", help="The published file: text or CSV.")
@click.option("--kind", type=click.Choice(codefiles.KINDS), help="Which list it is, if its content does not tell.")
@_dir
@click.option(
    "--valid-from", "first", type=_day, metavar="YYYY-MM-DD", help="First day in force, if its name does not tell."
)
@click.option("--valid-until", "last", type=_day, metavar="YYYY-MM-DD", help="Last day in force, lacking no code.")
@click.option("--any-size", is_flag=True, help="Take a file with fewer codes than any release ever had.")
@click.option("--now", type=_day, metavar="YYYY-MM-DD", help="Date the table so, not by the clock.")
def update(
    file: str, kind: str | None, folder: Path | None, first: datetime | None, last: datetime | None,
    any_size: bool, now: datetime | None,
) -> int:  # fmt: skip
    """Load one published file; releases loaded before stay, each for its own days.

    \b
    edi837 codes update --from HCPC2025_OCT_ANWEB.txt
    edi837 codes update --from icd10cm_order_2025.txt
    edi837 codes update --from icd10cm_order_2025.txt --valid-from 2025-04-01    the release of April
    edi837 codes update --from nucc_taxonomy_251.csv
    edi837 codes update --from pos.csv --kind pos --valid-from 2024-08-01 --valid-until 2025-12-31

    Read are HCPCS as fixed columns or CSV, ICD-10-CM and ICD-10-PCS order and codes files, NUCC's
    taxonomy and places of service as CSV. Codes and dates are kept, never titles.
    """

    def load() -> None:
        with opened(file) as stream:
            data = stream.read()
        name = safe.text("standard input" if file == "-" else Path(file).name)
        found = codefiles.read(data, name, kind)
        fewest = codefiles.FEWEST[found.kind]
        if len(found.codes) < fewest and not any_size:
            raise codefiles.CodeFileError(
                f"{name}: holds {len(found.codes)} {found.kind} codes, no release had fewer than {fewest}: every code "
                "missing from an extract would be called not valid; give the whole file, or --any-size if it is whole"
            )
        window = codewindows.window(
            found.kind, name, latest=found.latest,
            first=first.date() if first else None, last=last.date() if last else None,
        )  # fmt: skip
        where = folder or codetables.folder(os.environ)
        before = [r for r in codetables.Tables.load(where).releases() if r.kind == found.kind]
        loaded = now.date() if now else date.today()
        sha256 = hashlib.sha256(data).hexdigest()
        release = codetables.write(found, window, where, loaded=loaded, sha256=sha256, source=name)
        click.echo(_row(release))
        for old in before:
            if old.path == release.path and old.sha256 != sha256:
                Run.say(f"{name}: in place of {old.source}, loaded {old.loaded}, in force from the same day")

    return _said(load)


@codes.command("list")
@_dir
def list_command(folder: Path | None) -> int:
    """List the tables: their codes, the days they are in force, until when they lack no code.

    \b
    edi837 codes list
    edi837 codes list --dir /srv/edi837/codes
    """

    def show() -> None:
        where = folder or codetables.folder(os.environ)
        releases = codetables.Tables.load(where).releases()
        for release in releases:
            click.echo(_row(release))
        if not releases:
            Run.say(f"no code tables in {safe.text(str(where))}; load one with edi837 codes update --from FILE")

    return _said(show)


def _row(release: codetables.Release) -> str:
    return (
        f"{release.kind:9}{release.size:6} codes  {release.window}  whole until {release.window.whole}"
        f"  loaded {release.loaded}  {release.source}"
    )


def _said(work: Callable[[], None]) -> int:
    """Do it; what is wrong is said once, for each message names its file."""
    try:
        work()
    except BrokenPipeError:
        raise
    except OSError as error:
        Run.say(f"{safe.text(str(error.filename or 'standard input'))}: cannot be read or written: {error.strerror}")
        return UNREADABLE
    except Edi837Error as error:
        Run.say(safe.text(str(error)))
        return USAGE
    return 0
