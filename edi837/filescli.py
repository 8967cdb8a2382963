"""The commands that make files of files: lay one out, part it, put several together."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from edi837 import layout, options
from edi837.console import Run, opened

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
    edi837 fmt --join claims.edi -o claims.edi
    """
    run = Run()
    with run.guarding(file), opened(file) as source, _writing(out) as target:
        _put(layout.laid(source, joined=joined), target)
    return run.status


def _put(texts: Iterable[str], target: BinaryIO) -> None:
    for text in texts:
        target.write(text.encode("latin-1"))
    target.flush()


@contextmanager
def _writing(out: Path | None) -> Iterator[BinaryIO]:
    """A file open for writing that gets its name when it is whole, for its owner alone; else standard output."""
    if out is None:
        yield sys.stdout.buffer
        return
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=out.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
