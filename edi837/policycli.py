"""The commands on policies: list, show, check, test, compare, simulate, begin one."""

from __future__ import annotations

import io
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from edi837 import (
    completing,
    options,
    policydiff,
    policyfile,
    policyshow,
    rulebook,
    rules,
    safe,
    simulate,
    skeleton,
    trial,
)
from edi837.console import REJECTED, UNREADABLE, USAGE, Run, apart, in_utf8, opened, written
from edi837.gaps import Gaps
from edi837.policyfile import PolicyFile
from edi837.unmet import Unmet
from edi837.wording import many

_name = click.argument("name", metavar="NAME|FILE", shell_complete=completing.policies)

_old = click.argument("old", metavar="OLD", shell_complete=completing.policies)
_new = click.argument("new", metavar="NEW", shell_complete=completing.policies)


@click.group("policy")
def policy() -> None:
    """Payers' policies as an analyst works on them: read, change, test and compare.

    \b
    edi837 policy show 042               what it asks, sentence by sentence
    edi837 policy new 100                three files to begin a policy with
    edi837 policy check 100.toml         is everything in it written rightly?
    edi837 policy test 100.toml          does each of its cases come out as it should?
    edi837 policy diff 042 100.toml      what changed, in words
    edi837 policy simulate 042 100.toml claims.edi
    """


@policy.command("list")
def list_command() -> int:
    """List the policies that are shipped, with their profiles."""
    for path in rules.shipped():
        file = policyfile.read(path)
        since = f"from {file.effective:%m/%d/%Y}" if file.effective else "of any day"
        off = len(file.written) - len(file.edits)
        click.echo(
            f"{file.number:14} {file.title}: {len(file.edits)} edits on, {off} off; {since}, "
            f"for {policyshow.whose(file.scope)}"
        )
        for name in file.profiles[1:]:
            laid = policyfile.read(path, name)
            click.echo(f"{name:14} {file.title}: {len(laid.edits)} edits on, {len(laid.written) - len(laid.edits)} off")
    return 0


@policy.command()
@_name
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page of HTML.")
def show(name: str, html: Path | None) -> int:
    """Show what a policy asks, sentence by sentence, with its code sets and what is off.

    \b
    edi837 policy show 042
    edi837 policy show 042-literal --html literal.html
    """
    file = _read(name)
    if html is None:
        click.echo(policyshow.as_text(file))
        return 0
    apart(html, *(file.path.parent / each for each in (file.path.name, file.book) if each))
    run = Run()
    with run.guarding(html), written(html) as sink:
        sink.put(policyshow.as_html(file))
    if not run.status:
        click.echo(str(html))
    return run.status


@policy.command()
@_name
def check(name: str) -> int:
    """Say all that is wrong with a policy file, with the nearest right word; 2 if there is anything.

    Its quotations, code sets, checks, status codes, profiles and cases are held against what there is;
    whether the cases come out as they should, `edi837 policy test` says.
    """
    path, profile = _located(name)
    problems: tuple[str, ...] = ()
    try:
        known = [entry.rule for entry in rulebook.entries([])]
        file = policyfile.read(path, profile, rules=known)
        if not file.cases:
            problems = (rules.untried(path),)
    except rules.PolicyError as error:
        problems = error.problems
    if problems:
        Run.say("\n".join(problems))
        Run.say(many(len(problems), "fault"))
        return USAGE
    on = len(file.edits)
    click.echo(
        f"ok: {file.number} {file.title}: {on} edits on, {len(file.written) - on} off; {len(file.sets)} code sets; "
        f"{len(file.cases)} cases; {len(file.profiles) - 1} profiles; {len(file.unenforced)} sentences not asked"
    )
    return 0


@policy.command()
@_name
def test(name: str) -> int:
    """Try every case of a policy as a real 837P and 837I, from the bytes to the 277CA; 1 if one fails.

    Printed are the cases that come out otherwise than they should, and for each edit how many cases
    break it and how many hold it.
    """
    path, _ = _located(name)
    try:
        court = trial.Court(path)
    except rules.PolicyError as error:
        raise click.UsageError(str(error)) from None
    tried = failed = 0
    for each in court.trials():
        tried += 1
        if each.faults:
            failed += 1
            place = f"{court.file.book}:{each.case.row}" if each.case.row else court.file.book
            click.echo(f'{place}: case "{each.case.name}" as 837{each.kind}:')
            click.echo("".join(f"    {text}\n" for text in each.case.lines), nl=False)
            click.echo("".join(f"  it {fault}\n" for fault in each.faults))
    click.echo("edit       broken by  held by")
    for id, (broken, held) in court.coverage().items():
        click.echo(f"{id:10}{broken:10}{held:9}")
    click.echo(f"{len(court.file.cases)} cases, tried {tried} times as 837P and 837I: {failed or 'none'} failed")
    if not tried:
        Run.say(f"{path.name}: there are no cases")
    return REJECTED if failed or not tried else 0


@policy.command()
@_old
@_new
def diff(old: str, new: str) -> int:
    """Say what changed from policy OLD to NEW: edits, actions, codes, dates, quotations.

    \b
    edi837 policy diff 042 042-strict
    edi837 policy diff 2024/042.toml 2025/042.toml
    """
    click.echo(policydiff.as_text(_read(old), _read(new)))
    return 0


@policy.command("simulate")
@_old
@_new
@options.files
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def simulate_command(old: str, new: str, files: tuple[str, ...], form: str) -> int:
    """Judge real FILEs by policy OLD and by NEW: which claims fare otherwise, and the money on them.

    \b
    edi837 policy simulate 042 042-strict claims/*.edi
    edi837 policy simulate 042 mine.toml claims.edi --format json | jq .fates
    """
    if "none" in (old, new):
        raise click.UsageError("none is no policy: edi837 check --policy NAME says what a policy finds by itself")
    (before,), (after,) = options.judges((old,)), options.judges((new,))
    tables, run, found, unmet = options.tables(), Run(), simulate.Comparison(), Unmet([before, after])
    for file in files:
        gaps = Gaps()

        def watch(event: object, gaps: Gaps = gaps) -> None:
            gaps.take(event)
            unmet.take(event)

        with run.guarding(file), ExitStack() as stack:
            if file == "-":
                data = sys.stdin.buffer.read()
                streams: tuple[BinaryIO, BinaryIO] = (io.BytesIO(data), io.BytesIO(data))
            else:
                streams = (stack.enter_context(opened(file)), stack.enter_context(opened(file)))
            name = file if file == "-" else Path(file).name
            simulate.compare(streams, name, before, after, found, tables, watch)
            run.missed(file, gaps)
    run.note(unmet.notes())
    if form == "json":
        in_utf8()
        click.echo(json.dumps(simulate.as_data(found, old, new), indent=1, ensure_ascii=False))
    else:
        click.echo(simulate.as_text(found, safe.text(old), safe.text(new)))
    return run.status


@policy.command()
@click.argument("number", metavar="NUMBER")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="The policy file; else NUMBER.toml.")
def new(number: str, out: Path | None) -> int:
    """Write a policy to begin with: the policy, its text and its cases, with remarks.

    \b
    edi837 policy new 100
    edi837 policy new 100 -o policies/100.toml
    """
    if not skeleton.NUMBER.match(number):
        raise click.UsageError(f"{number!r} is no number of a policy: letters and digits, as 100")
    path = out or Path(f"{number}.toml")
    paths = (path, path.with_suffix(".txt"), path.with_suffix(".cases.toml"))
    for each in paths:
        if each.exists():
            raise click.UsageError(f"{each} is there already")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for each, text in zip(paths, skeleton.files(number, path.stem), strict=True):
            each.write_text(text, encoding="utf-8")
            click.echo(str(each))
    except OSError as error:
        Run.say(f"{path}: cannot be written: {error.strerror}")
        return UNREADABLE
    return 0


def _located(name: str) -> tuple[Path, str]:
    try:
        return rules.locate(name)
    except rules.PolicyError as error:
        raise click.UsageError(str(error)) from None


def _read(name: str) -> PolicyFile:
    try:
        return policyfile.read(*_located(name))
    except rules.PolicyError as error:
        raise click.UsageError(str(error)) from None
