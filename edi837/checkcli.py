"""The command `check`: what is wrong with each file, in the format asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import click

import edi837
from edi837 import completing, options, safe
from edi837.console import REJECTED, UNREADABLE, Run, Sink, apart, written
from edi837.findings import Edi837Error, Finding, NotX12
from edi837.jobs import crew
from edi837.progress import watched
from edi837.terms import Terms
from edi837.turns import Turns
from edi837.unmet import Unmet
from edi837.views import builds, data, flat, page, sarif
from edi837.views.cards import Cards
from edi837.views.full import Full
from edi837.views.known import Baseline
from edi837.views.locate import Segments
from edi837.views.spot import Spot, Trail
from edi837.views.tally import Tally
from edi837.wording import many

FORMATS = ("full", "text", "concise", "json", "jsonl", "sarif", "junit", "github", "gitlab", "html")
_LINES = ("full", "text", "concise")  # what people read, line by line
_NUMBERED = {"interchange": "ISA", "group": "GS", "set": "ST"}  # the frames, and what numbers them
_Build: TypeAlias = builds.JUnit | builds.GitLab | sarif.Sarif | flat.GitHub  # for a build server, silence is success
_FAILS: dict[str, tuple[str, ...]] = {"error": ("reject",), "warning": ("reject", "warn"), "never": ()}


class Writer(Protocol):
    """Writes findings in some format."""

    def put(self, spot: Spot, trail: Trail) -> Iterable[str]:
        """The text of a finding."""

    def close(self) -> Iterable[str]:
        """What ends the text."""


class _Shown:
    """Writes the findings that are asked for, and counts them."""

    def __init__(self, writer: Writer, sink: Sink, most: int | None, quiet: bool) -> None:
        self._writer, self._sink, self._most, self._quiet = writer, sink, most, quiet
        self.actions: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()

    def put(self, finding: Finding, trail: Trail) -> None:
        """Take a finding."""
        self.actions[finding.action] += 1
        self.rules[finding.rule] += 1
        if not self._quiet and (self._most is None or self.actions.total() <= self._most):
            for text in self._writer.put(trail.spot(finding), trail):
                self._sink.put(text)
        elif not self._quiet and isinstance(self._writer, builds.JUnit):
            self._writer.hold(finding)

    @property
    def held_back(self) -> int:
        """How many were more than were to be shown."""
        return 0 if self._quiet or self._most is None else max(0, self.actions.total() - self._most)

    def close(self, cards: Cards | None) -> None:
        """Write what ends the findings; or, with ``cards``, how often each rule is broken."""
        if cards:
            width = len(f"{max(self.rules.values(), default=0)}")
            for rule, count in self.rules.most_common():
                self._sink.put(f"{count:>{width}}  {rule:12}  {cards.of(rule).title}\n")
        else:
            for text in self._writer.close():
                self._sink.put(text)


def _split(context: click.Context, parameter: click.Parameter, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip().upper() for each in said for word in each.split(",") if word.strip())


@click.command()
@options.files
@options.judging
@click.option("--format", "form", type=click.Choice(FORMATS), default="full", show_default=True,
              help="text is another name of full.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write to FILE, whole or not at all, instead of standard output.")  # fmt: skip
@click.option("--select", multiple=True, callback=_split, metavar="RULES", shell_complete=completing.rules_begun,
              help="Only rules that begin so, as 042-A or X12-IK4,S5. May be given again.")  # fmt: skip
@click.option("--ignore", multiple=True, callback=_split, metavar="RULES", shell_complete=completing.rules_begun,
              help="Not these rules, nor any that begin so.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(list(_FAILS)), default="error", show_default=True,
              help="From what on the exit status is 1.")  # fmt: skip
@click.option("--max-findings", type=click.IntRange(0), metavar="N", help="Show no more than N; all are counted.")
@click.option("--statistics", is_flag=True, help="Show as text how often each rule is broken instead of the findings.")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Do not tell what is known in FILE.")  # fmt: skip
@click.option("--write-baseline", is_flag=True, help="Write all that is found into the baseline, and tell nothing.")
@options.jobs
@options.phi
def check(
    files: tuple[str, ...], terms: Terms, form: str, output: Path | None, select: tuple[str, ...],
    ignore: tuple[str, ...], fail_on: str, max_findings: int | None, statistics: bool, baseline: Path | None,
    write_baseline: bool, jobs: int, phi: bool,
) -> int:  # fmt: skip
    """Say what is wrong with each FILE: where, why, by which sentence of the policy, and what to do.

    \b
    edi837 check claims.edi
    edi837 check claims.edi --select 042 --format concise
    edi837 check *.edi --format sarif -o findings.sarif
    edi837 check *.edi --format html -o findings.html
    edi837 check --jobs 0 claims.edi --format concise
    edi837 check --policy none --format jsonl *.edi | jq .rule
    """
    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE")
    if statistics and form not in _LINES:
        raise click.UsageError(f"--statistics is told in lines of text: leave out --format {form}, or --statistics")
    apart(output, *files, baseline, terms.history)
    if write_baseline:
        apart(baseline, *files)
    cards = Cards([*terms.policies, *(policy for several in terms.routes.values() for policy in several)])
    for option, words in (("--select", select), ("--ignore", ignore)):
        for word in words:
            if fault := cards.unknown(word):
                raise click.UsageError(f"{option} {safe.text(word)}: {fault}")
    run, fails = Run(), _FAILS[fail_on]
    known = None
    with run.guarding(baseline):
        known = _known(baseline, write_baseline)
    if run.status:
        return run.status
    with run.guarding(output), written(output, data=form not in _LINES) as sink, crew(terms, jobs) as processes:
        writer = _writer(form, cards, phi, sink)
        shown = _Shown(writer, sink, max_findings, quiet=statistics or write_baseline)
        unmet = Unmet(terms.policies, terms.routes, terms.guides)
        turns = Turns(terms, processes, light=not unmet.waits)  # else whose claims they are is looked at
        for turn in turns.each(files):
            file = turn.file
            if isinstance(writer, _Build | page.Html):
                writer.begin(file)
            with run.guarding(file), _failing(writer), turn.taken() as (stream, begun):
                trail, tally, back = Trail(Segments(stream), file), Tally(), ""
                with watched(stream, file, apart=output is not None) as source:
                    for event in (begun or terms.read(source, turns.hands)).tell():
                        tally.take(event)
                        unmet.take(event)
                        for finding in trail.take(event):
                            if not _asked(finding, select, ignore):
                                back = back or _back(finding, ignore)
                            elif not (known and known.knows(finding)):
                                shown.put(finding, trail)
                if back:
                    run.say(f"{safe.text(file)}: {back}")
                    red = bool(fails) and not write_baseline
                    run.worsen(REJECTED if red else 0)
                    if (red or tally.cut) and isinstance(writer, _Build):
                        writer.fail(back)
                run.worsen(UNREADABLE if tally.cut else 0)
                if isinstance(writer, page.Html):
                    writer.end(tally)
                for line in tally.lines_for_people(file) if form in ("full", "text") else [tally.line(file)]:
                    run.say(line)
        if isinstance(writer, page.Html | sarif.Sarif):
            writer.more = shown.held_back
        shown.close(cards if statistics else None)
        run.note(unmet.notes())
        if shown.held_back:
            run.say(f"{many(shown.held_back, 'finding')} more, not shown")
        if any(shown.actions[action] for action in fails) and not write_baseline:
            run.worsen(REJECTED)
    if write_baseline and run.status and baseline:
        run.say(f"{safe.text(str(baseline))}: not written, for not every file was read whole")
    elif write_baseline and known and baseline:
        with run.guarding(baseline), written(baseline) as sink:
            sink.put(known.written())
            run.say(f"{safe.text(str(baseline))}: {many(known.count, 'finding')} known from now on")
    return run.status


@contextmanager
def _failing(writer: Writer) -> Iterator[None]:
    """Tell a build server what keeps a file from being read."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (Edi837Error, OSError) as error:
        if isinstance(writer, _Build):
            at = f"not X12 at byte {error.offset}: " if isinstance(error, NotX12) else ""
            writer.fail(f"cannot be read: {error.strerror}" if isinstance(error, OSError) else f"{at}{error}")
        raise


def _known(path: Path | None, anew: bool) -> Baseline | None:
    if path is None:
        return None
    if not anew:
        return Baseline.read(path.read_text("utf-8", "replace"))
    if path.exists() and (held := path.read_text("utf-8", "replace")):
        Baseline.read(held)  # nothing else is written over
    return Baseline()


def _asked(finding: Finding, select: tuple[str, ...], ignore: tuple[str, ...]) -> bool:
    """Whether a finding is of a rule that was asked for; the longer beginning has its way."""
    rule = finding.rule.upper()
    chosen = max((len(each) for each in select if rule.startswith(each)), default=-1 if select else 0)
    return chosen > max((len(each) for each in ignore if rule.startswith(each)), default=-1)


def _back(finding: Finding, ignore: tuple[str, ...]) -> str:
    """What sends a frame back with all that is in it, though nobody asked: most rules were then asked of nothing.

    Empty for any other finding, and for what is ignored by its name, unless the file is cut off.
    """
    if not (finding.rejects and finding.level in _NUMBERED and (finding.cut or _asked(finding, (), ignore))):
        return ""
    named = safe.number(_NUMBERED[finding.level], getattr(finding.place, finding.level))
    return f"{finding.level} {named} goes back, whatever was selected: {finding.rule} {safe.text(finding.message)}"


def _writer(form: str, cards: Cards, phi: bool, sink: Sink) -> Writer:
    makers: dict[str, Callable[[], Writer]] = {
        "concise": lambda: flat.Concise(sink.ascii),
        "json": lambda: data.Array(phi),
        "jsonl": lambda: data.Lines(phi),
        "sarif": lambda: sarif.Sarif(cards, edi837.__version__),
        "junit": lambda: builds.JUnit(cards),
        "github": flat.GitHub,
        "gitlab": lambda: builds.GitLab(cards),
        "html": lambda: page.Html(cards, phi=phi),
    }
    return makers.get(form, lambda: Full(cards, phi=phi, ascii=sink.ascii, paint=sink.paint))()
