"""The commands that make files of files: lay one out, part it, put several together."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from edi837 import (
    completing,
    decks,
    gather,
    layout,
    options,
    portion,
    rules,
    safe,
    sample,
    synth,
    trial,
)
from edi837.console import UNREADABLE, Run, apart, opened, writing
from edi837.deck import Torn
from edi837.deid import without_persons
from edi837.findings import NotX12
from edi837.gaps import Gaps
from edi837.pseudonyms import MOST_DAYS, Pseudonyms

_MOST = 1 << 22  # characters that wait to be written to parts
_SHORTEST_KEY = 16  # bytes
_out = click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The file to write; without it, standard output.",
)  # fmt: skip


@click.command("fmt")
@options.file
@_out
@click.option("--join", "joined", is_flag=True, help="No line ends at all, instead of one a segment.")
def fmt(file: str, out: Path | None, joined: bool) -> int:
    """Lay FILE out with one segment a line; nothing else changes. OUT may be FILE itself.

    \b
    edi837 fmt claims.edi | less
    edi837 fmt --join claims.edi -o joined.edi
    """
    run, gaps = Run(), Gaps()
    with run.guarding(file), opened(file) as source, writing(out) as target:
        _put(layout.laid(source, joined=joined, watch=gaps.wire), target)
    run.missed(file, gaps)
    return run.status


@click.command()
@options.file
@click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Folder for the parts.",
)
@click.option("--by", type=click.Choice(["set", "claims", "payer"]), required=True, help="What a part holds.")
@click.option("--claims", "most", type=click.IntRange(1), metavar="N", help="With --by claims: at most so many each.")
def split(file: str, out: Path, by: str, most: int | None) -> int:
    """Take FILE apart: a part for each transaction set, for every N claims, or for each payer.

    \b
    edi837 split claims.edi -o parts --by claims --claims 500
    edi837 split claims.edi -o payers --by payer

    Each part is a whole interchange, DIR/NAME.0001.edi and so on, and ends where its own in FILE does.
    A file is refused, and nothing is written, when a frame of it is wrong or a level does not stand
    where its numbers say. A policy sees less in a part: claims of one patient may have come into
    different ones.
    """
    if (by == "claims") != (most is not None):
        raise click.UsageError("give --claims N with --by claims, and only then")
    name = "stdin" if file == "-" else re.sub(r"\.(edi|x12|txt|837)\Z", "", Path(file).name, flags=re.IGNORECASE)
    part = re.compile(re.escape(name) + r"\.\d{4,}(\..*)?\.edi")
    if out.is_dir() and any(part.fullmatch(each.name) for each in out.iterdir()):
        raise click.UsageError(f"{safe.text(str(out))} holds parts of that name already: they would be mixed")
    run = Run()
    with run.guarding(file), _whole(run, lambda: file), opened(file) as source:
        if by == "set":
            texts = portion.by_set(source)
        else:
            texts = portion.by_payer(source) if most is None else portion.by_claims(source, most)
        for path in _parts(texts, out, name):
            click.echo(safe.text(str(path)))
    return run.status


@click.command()
@options.files
@_out
def join(files: tuple[str, ...], out: Path | None) -> int:
    """Put FILES together as one interchange: all their groups under the ISA of the first.

    \b
    edi837 join morning.edi noon.edi -o day.edi

    All files have the same sender, receiver, version and delimiters. Nothing is written to a FILE given
    with -o when one of them cannot be read, or does not go with the others.
    """
    run = Run()
    at = [""]

    def streams() -> Iterator[BinaryIO]:
        for file in files:
            at[0] = file
            with opened(file) as source:
                yield source

    with _whole(run, lambda: at[0]):
        try:
            with writing(out) as target:
                _put(gather.gathered(streams()), target)
        except (OSError, NotX12) as error:
            with run.guarding(at[0]):
                raise error
    return run.status


@click.command()
@click.option("--kind", type=click.Choice(["837P", "837I"]), help="Which guide.")
@click.option("--claims", "count", type=click.IntRange(1), metavar="N", help="How many claims.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same bytes.")
@click.option("--policy", metavar="NAME|PATH", shell_complete=completing.policies,
              help="Instead: what breaks and what holds each rule of this policy.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file, or with --policy the folder, to write.")
def generate(kind: str | None, count: int | None, seed: int, policy: str | None, out: Path | None) -> int:
    """Make claims of invented patients, marked as a test (ISA15 T).

    \b
    edi837 generate --kind 837P --claims 1000 --seed 7 -o test.edi
    edi837 generate --policy 042 -o decks

    With --policy, DIR gets RULE.breaks.837P.edi and RULE.holds.837P.edi for each rule, as 837I too, and
    beside each .expected.json: the findings that check should give. switched_on names rules that are
    off in the policy and were on for that list.
    """
    if (policy is None) == (kind is None or count is None):
        raise click.UsageError("give --kind and --claims, or --policy")
    run = Run()
    if policy is None:
        with run.guarding(out), writing(out) as target:
            _put(sample.stream(synth.claims(count or 0, seed), (kind or "")[-1], synth.FILED), target)
        return run.status
    if out is None or kind or count:
        raise click.UsageError("--policy goes with -o DIR alone")
    try:
        court = trial.Court(rules.locate(policy)[0])
    except (rules.PolicyError, OSError) as error:
        raise click.UsageError(str(error)) from None
    with run.guarding(out):
        out.mkdir(parents=True, exist_ok=True)
        for deck in decks.decks(court):
            (out / f"{deck.name}.edi").write_bytes(deck.text.encode("latin-1"))
            (out / f"{deck.name}.expected.json").write_text(deck.json, "utf-8")
            click.echo(safe.text(str(out / f"{deck.name}.edi")))
    return run.status


@click.command("deid")
@options.file
@_out
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Key of the pseudonyms, made if it is not there; without it the key is thrown away.",
)
@click.option(
    "--shift-days", "days", type=click.IntRange(-MOST_DAYS, MOST_DAYS), metavar="N",
    help=f"Move all dates by so many days, {MOST_DAYS} at most; without it by 1 to 52 weeks, by the key.",
)
def deid(file: str, out: Path | None, key_file: Path | None, days: int | None) -> int:
    """Replace the persons in FILE: names, numbers, addresses, free text, dates; it is judged as before.

    \b
    edi837 deid claims.edi -o test.edi --key-file key

    A value becomes one of the same form, the same for the same key. Kept are codes, amounts, states, three
    digits of postal codes, ages, and payers, receivers and ids of trading partners. What counts in calendar
    months, or from a day on, may be judged otherwise once dates are moved.
    """
    apart(out, file, key_file)
    apart(key_file, file)
    run, gaps = Run(), Gaps()
    with run.guarding(file), _whole(run, lambda: file), opened(file) as source:
        names = Pseudonyms(_key(key_file), days)
        with writing(out) as target:
            _put(without_persons(source, names, gaps.wire), target)
    run.missed(file, gaps)
    return run.status


def _key(file: Path | None) -> bytes:
    """The key of a file, which is for its owner alone; one of its own when there is no file."""
    fresh = secrets.token_bytes(32)
    if file is None:
        return fresh
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(fresh)
        return fresh
    except FileExistsError:
        key = file.read_bytes()
        if len(key) < _SHORTEST_KEY:
            raise click.UsageError(f"{safe.text(str(file))} holds a key of less than {_SHORTEST_KEY} bytes") from None
        return key


@contextmanager
def _whole(run: Run, file: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except Torn as error:
        run.say(f"{safe.text(file())}: cannot be taken apart or put together: {error}")
        run.worsen(UNREADABLE)


def _parts(texts: Iterable[portion.Text], out: Path, name: str) -> list[Path]:
    """Write the parts; they get their names when all are whole. What waits to be written is bounded."""
    out.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=out))
    names: dict[int, str] = {}
    waiting: dict[int, list[str]] = {}
    size = 0

    def flush() -> None:
        for number, held in waiting.items():
            with open(hidden / str(number), "ab") as target:
                target.write("".join(held).encode("latin-1"))
        waiting.clear()

    try:
        for number, label, text in texts:
            if number not in names:
                shown = re.sub(r"[^A-Za-z0-9_-]+", "_", label)[:50]
                names[number] = ".".join(filter(None, (name, f"{number:04d}", shown, "edi")))
            waiting.setdefault(number, []).append(text)
            size += len(text)
            if size > _MOST:
                flush()
                size = 0
        flush()
        for number, each in names.items():
            os.replace(hidden / str(number), out / each)
    finally:
        shutil.rmtree(hidden)
    return [out / each for each in names.values()]


def _put(texts: Iterable[str], target: BinaryIO) -> None:
    for text in texts:
        target.write(text.encode("latin-1"))
    target.flush()
