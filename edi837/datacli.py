"""The commands that write claims as data: service lines and claims as rows, and claims as FHIR."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import BinaryIO, Protocol

import click

from edi837 import claimrows, columns, fhir, options, parquet, rows, rowtext, safe, table
from edi837.columns import Schema
from edi837.companion import Guides
from edi837.console import REJECTED, Run, apart, in_utf8, opened, writing
from edi837.findings import Edi837Error
from edi837.gaps import Gaps, NotWhole
from edi837.gate import Judge
from edi837.judged import Judged, Watch, judged
from edi837.snip import Codes
from edi837.sources import spooled
from edi837.table import Look, Row
from edi837.terms import Terms
from edi837.unmet import Unmet

Command = Callable[[], None]


class _Rows(Protocol):
    def __call__(
        self, source: BinaryIO, policies: Sequence[Judge], *, phi: bool, positions: bool, file: str, watch: Watch,
        codes: Codes | None, guides: Guides,
    ) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for of every file."""

    terms: Terms
    unmet: Unmet
    phi: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of rows: what they hold, and how they look."""

    rows: _Rows
    schema: Schema
    look: Look

    def read(self, stream: BinaryIO, asked: Asked, positions: bool, file: str, gaps: Gaps) -> Iterator[Row]:
        """The rows of a file; ``gaps`` is told what of it is missing."""
        judges = asked.terms.read(stream).judges()

        def watch(event: object) -> None:
            gaps.take(event)
            asked.unmet.take(event)

        return self.rows(
            stream, judges, phi=asked.phi, positions=positions, file=file, watch=watch, codes=asked.terms.codes,
            guides=asked.terms.guides,
        )  # fmt: skip


_LINES = Sheet(rows.rows, columns.LINES, table.LINES)
_CLAIMS = Sheet(claimrows.rows, columns.CLAIMS, table.CLAIMS)


def _writes(sheet: Sheet) -> Callable[[Command], click.Command]:
    """Give a command the arguments and options of a table of rows, and have it write them."""

    def decorate(command: Command) -> click.Command:
        @click.command()
        @options.files
        @options.judging_if_asked
        @click.option(
            "--format", "form", type=click.Choice(["table", "csv", "jsonl", "parquet"]), default="table",
            show_default=True,
        )  # fmt: skip
        @click.option(
            "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="With --format parquet: the file."
        )
        @click.option(
            "--positions", is_flag=True,
            help="With csv and jsonl: where each value stands, too. A Parquet file always tells.",
        )  # fmt: skip
        @options.phi
        @wraps(command)
        def write(
            files: tuple[str, ...], terms: Terms, form: str, out: Path | None, positions: bool, phi: bool
        ) -> int:
            if (form == "parquet") != (out is not None):
                raise click.UsageError("give -o FILE with --format parquet, and only then")
            if positions and form == "table":
                raise click.UsageError("--positions goes with --format csv, jsonl or parquet")
            asked, run = Asked(terms, Unmet(terms.policies, terms.routes, terms.guides), phi), Run()
            if out is not None:
                apart(out, *_named(files), terms.history)
                _as_parquet(sheet, files, asked, out, run)
            else:
                _as_text(sheet, files, asked, form, positions, run)
            run.note(asked.unmet.notes())
            run.note(f"no file in {safe.text(each)}" for each in files if not any(_named((each,))))
            return run.status

        return write

    return decorate


@_writes(_LINES)
def lines() -> None:
    """List the service lines of each FILE, one row a line; docs/data.md says what each column holds.

    A FILE may be a folder: then it stands for the files in it.

    \b
    edi837 lines claims.edi
    edi837 lines claims.edi --format csv > lines.csv
    edi837 lines claims.edi --format parquet -o lines.parquet
    """


@_writes(_CLAIMS)
def claims() -> None:
    """List the claims of each FILE, one row a claim; docs/data.md says what each column holds.

    A FILE may be a folder: then it stands for the files in it.

    \b
    edi837 claims claims.edi
    edi837 claims claims.edi --policy 042 --format csv > claims.csv
    edi837 claims claims.edi --format parquet -o claims.parquet
    """


def _named(files: tuple[str, ...]) -> Iterator[str]:
    """The files, and those in folders among them by name; hidden ones and folders in folders aside."""
    for file in files:
        if Path(file).is_dir():
            yield from sorted(str(p) for p in Path(file).iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield file


def _as_text(sheet: Sheet, files: tuple[str, ...], asked: Asked, form: str, positions: bool, run: Run) -> None:
    held = sheet.schema.columns(positions)
    if form != "table":
        in_utf8()
    header = True  # until something is written: the first file may be none
    for file in _named(files):
        with run.guarding(file), opened(file) as source, spooled(source) as stream:
            gaps = Gaps()
            told = sheet.read(stream, asked, positions, file, gaps)
            if form == "table":
                texts = table.as_table(told, sheet.look, header=header)
            else:
                texts = {"csv": rowtext.as_csv, "jsonl": rowtext.as_jsonl}[form](told, held, header=header)
            for text in texts:
                click.echo(text, nl=False)
                header = False
            run.missed(file, gaps)
            _say_back(file, gaps, asked, run)
    if header and form == "csv" and not run.status:  # a folder without files: a table all the same
        click.echo("".join(rowtext.as_csv((), held)), nl=False)


def _as_parquet(sheet: Sheet, files: tuple[str, ...], asked: Asked, out: Path, run: Run) -> None:
    """The rows of all files as one Parquet file, which is not written when one cannot be read, or not whole."""
    at = [""]

    def told() -> Iterator[Row]:
        for file in _named(files):
            at[0] = file
            with opened(file) as source, spooled(source) as stream:
                gaps = Gaps()
                yield from sheet.read(stream, asked, True, file, gaps)
            _say_back(file, gaps, asked, run)
            if said := str(gaps):
                raise NotWhole(f"{said}: {out} is not written")

    try:
        with writing(out) as target:
            parquet.write(told(), sheet.schema.columns(True), target)
    except (OSError, Edi837Error) as error:
        with run.guarding(at[0] or str(out)):
            raise error


def _say_back(file: str, gaps: Gaps, asked: Asked, run: Run) -> None:
    """Say which sets the 999 refuses, where the status of a claim in them may be ``accepted``."""
    if asked.terms.judging and (said := gaps.back()):
        run.note([f"{safe.text(file)}: {said}"])


@click.command()
@options.file
@click.option("--to", "form", type=click.Choice(["fhir"]), required=True, help="Claim resources of R4, one a line.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
@options.phi
def export(file: str, form: str, out: Path | None, phi: bool) -> int:
    """Write each claim of FILE as a FHIR Claim, one a line (NDJSON); docs/fhir.md says what becomes of what.

    \b
    edi837 export claims.edi --to fhir -o claims.ndjson --phi show

    Each line stands alone: the patient, providers, payers and coverages are contained in it. Without --phi show the
    patient is left out of it. A claim that breaks the guide, or that FHIR's models refuse, is not written:
    it is named with the field, and the exit status is 1.
    """
    apart(out, file)
    run = Run()
    with run.guarding(file), opened(file) as source, spooled(source) as stream, writing(out) as target:
        gaps = Gaps()
        for each in judged(stream, watch=gaps.take):
            told = fhir.resource(each, phi=phi) if each.well_formed else {}
            wrong = fhir.faults(told) if told else [_guide(each)]
            for fault in wrong:
                claim = safe.number("claim", each.claim.id)
                run.say(f"{safe.text(file)}: claim {claim} is not written: {fault.field} {fault.why}")
                run.worsen(REJECTED)
            if not wrong:
                target.write(f"{fhir.text(told)}\n".encode())
        target.flush()
        run.missed(file, gaps)
    return run.status


def _guide(each: Judged) -> fhir.Fault:
    """Why a claim that breaks the guide is not written."""
    rules = dict.fromkeys(finding.rule for finding in each.findings if finding.syntax)
    return fhir.Fault("it", f"breaks the guide ({', '.join(rules) or 'above it'}); edi837 check says where")
