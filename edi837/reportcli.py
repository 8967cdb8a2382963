"""The commands of `report`: acknowledgements in plain words, and claims as a page to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edi837 import options, safe
from edi837.acks import Acknowledgements
from edi837.console import REJECTED, UNREADABLE, Run, Sink, apart, opened, written
from edi837.gateroot import Make, on_judging_root, working
from edi837.gateroot import opened as opened_root
from edi837.pages import dayform
from edi837.pages.claims import Page
from edi837.pages.day import gather
from edi837.pages.gather import Gathered
from edi837.pages.heard import Heard
from edi837.progress import watched
from edi837.replies import form, inquiries
from edi837.replies.read import read
from edi837.replies.words import Teller
from edi837.sources import spooled
from edi837.terms import Terms
from edi837.unmet import Unmet
from edi837.views.cards import Cards
from edi837.views.locate import Segments
from edi837.views.spot import Trail
from edi837.views.tally import Tally
from edi837.wording import many

_output = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write to FILE, whole or not at all, instead of standard output.",
)  # fmt: skip
_KINDS = {"ta1": "TA1", "999": "999", "277ca": "277CA", "ack": ""}
_HELP = {
    "ta1": "Say in plain words what a TA1 says: was the interchange taken, and if not, why.",
    "999": "Say in plain words what a 999 (or 997) says: which sets were refused, and at which element.",
    "277ca": "Say in plain words what a 277CA says: which claims were rejected, why, and what to do.",
    "ack": "Say in plain words what an acknowledgement says, whatever it is: TA1, 999, 997 or 277CA.",
}


@click.group()
def report() -> None:
    """Answers and claims in plain words, for people.

    \b
    edi837 report ack answers/demo.edi.277ca.edi      any TA1, 999 or 277CA, ours or another's
    edi837 report 277ca payer.277 --format html -o payer.html
    """


def _said(files: tuple[str, ...], form_name: str, output: Path | None, phi: bool, kind: str) -> int:
    apart(output, *files)
    run = Run()
    with run.guarding(output), written(output, data=form_name != "text") as sink:
        writer = _form(form_name, files, sink)
        for file in files:
            _put(sink, writer.begin(file))
            teller, read_whole = Teller(phi), False
            wanted = {"", kind, inquiries.KIND} if kind == "277CA" else {"", kind}
            with run.guarding(file), opened(file) as source, spooled(source) as stream:
                for item in read(stream):
                    for said in teller.say(item):
                        if not kind or said.kind in wanted:
                            _put(sink, writer.put(said))
                read_whole = True
            _put(sink, writer.end(teller.summary() if read_whole else "This could not be read to its end."))
            if read_whole:
                _judge(run, file, teller, kind)
        _put(sink, writer.close())
    return run.status


def _put(sink: Sink, texts: Iterable[str]) -> None:
    for text in texts:
        sink.put(text)


def _form(name: str, files: tuple[str, ...], sink: Sink) -> form.Form:
    several = len(files) > 1
    if name == "json":
        return form.Json(several)
    if name == "html":
        return form.Html(f"What {many(len(files), 'file') if several else safe.text(Path(files[0]).name)} say"
                         f"{'' if several else 's'}", several)  # fmt: skip
    return form.Text(sink.ascii)


def _judge(run: Run, file: str, teller: Teller, kind: str) -> None:
    """The status, and the last line."""
    name = safe.text(file)
    if not teller.kinds - {inquiries.KIND} or (kind and kind not in teller.kinds):
        names = ["a 277 that is none" if each == inquiries.KIND else each for each in sorted(teller.kinds)]
        held = f"; it holds {', '.join(names)}" if names else ""
        run.say(f"{name}: there is no {kind or 'acknowledgement'} in it{held}")
        run.worsen(UNREADABLE)
        return
    if teller.cut or teller.unclear:
        run.worsen(UNREADABLE)
    if teller.rejected or teller.refused:
        run.worsen(REJECTED)
    run.say(f"{name}: {teller.summary()}")


def _command(name: str) -> Callable[..., Any]:
    @report.command(name, help=_HELP[name])
    @options.files
    @click.option("--format", "form_name", type=click.Choice(["text", "json", "html"]), default="text",
                  show_default=True)  # fmt: skip
    @_output
    @options.phi
    def command(files: tuple[str, ...], form_name: str, output: Path | None, phi: bool) -> int:
        return _said(files, form_name, output, phi, _KINDS[name])

    return command


@report.command()
@options.file
@options.judging
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="OUT",
              help="The page, which needs nothing else; whole or not at all.")  # fmt: skip
@options.now
@options.phi
def claims(file: str, terms: Terms, html: Path, now: datetime | None, phi: bool) -> int:
    """Write a page of HTML on the claims of FILE: what is rejected, the money on it, and why.

    \b
    edi837 report claims claims.edi --html claims.html
    """
    apart(html, file)
    run = Run()
    with run.guarding(file), opened(file) as source, spooled(source) as stream, ExitStack() as answered:
        gathered, tally = Gathered(Trail(Segments(stream), file), phi), Tally()
        unmet = Unmet(terms.policies, terms.routes, terms.guides)
        acks = answered.enter_context(closing(Acknowledgements(now or datetime.now(), 1, terms.replies)))
        with watched(stream, file, apart=True) as reading:
            for event in terms.read(reading).tell():
                acks.take(event)
                tally.take(event)
                gathered.take(event)
                unmet.take(event)
        files = acks.finish()
        for each in files.values():
            answered.callback(each.close)
        heard = Heard(files.get("277ca"), {each.number for each in gathered.judged if each.rejected})
        policies = [*terms.policies, *(policy for several in terms.routes.values() for policy in several)]
        daily = {code for policy in policies for code in policy.file.daily}
        page = Page(Path(file).name, terms.names, gathered, Cards(policies), heard, daily, phi)
        with written(html) as sink:
            sink.put(page.html())
        click.echo(safe.text(str(html)))
        if tally.found["reject"]:
            run.worsen(REJECTED)
        if tally.cut:
            run.worsen(UNREADABLE)
        for line in tally.lines_for_people(file):
            run.say(line)
        run.note(unmet.notes())
    return run.status


@report.command()
@on_judging_root
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Which day.  [default: today]")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT",
              help="A page, which needs nothing else; whole or not at all.")  # fmt: skip
def gateway(make: Make, as_json: bool, day: datetime | None, html: Path | None) -> int:
    """Say how a day of the gateway DIR went: files, claims, money, what was rejected, and what waits.

    \b
    edi837 report gateway /srv/claims
    edi837 report gateway /srv/claims --day 2026-01-15 --html day.html
    """
    world = make()
    with working(), opened_root(world, reading=True) as ledger:
        found = gather(world, ledger, day.date() if day else world.clock.moment().date())
    terms = world.settings.terms
    cards = Cards([*terms.policies, *(policy for several in terms.routes.values() for policy in several)])
    root = safe.text(Path(world.layout.root).resolve().name)
    if html:
        with written(html) as sink:
            sink.put(dayform.html(found, cards, root))
    if html and not as_json:
        click.echo(safe.text(str(html)))
    elif as_json:
        click.echo(json.dumps(dayform.data(found, root), indent=1))
    else:
        with written(None) as sink:
            for line in dayform.text(found, cards, root):
                sink.put((safe.in_ascii(line) if sink.ascii else line) + "\n")
    return 0


for _name in _KINDS:
    _command(_name)
