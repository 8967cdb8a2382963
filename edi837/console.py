"""What the commands share: exit status, messages, files by name, findings as they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from edi837 import safe, wording
from edi837.findings import Edi837Error, Finding, NotX12

REJECTED, USAGE, UNREADABLE, FAULT = 1, 2, 3, 4


class Run:
    """The worst exit status so far, and what is said on standard error."""

    def __init__(self) -> None:
        self.status = 0

    def worsen(self, status: int) -> None:
        """Remember the worst."""
        self.status = max(self.status, status)

    @contextmanager
    def guarding(self, file: str) -> Iterator[None]:
        """Turn what is wrong with one file into a message and a status; go on with the next."""
        try:
            yield
        except NotX12 as error:
            self.say(f"{safe.text(file)}: not X12 at byte {error.offset}: {error}")
            self.worsen(UNREADABLE)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.say(f"{safe.text(file)}: cannot be read or written: {error.strerror}")
            self.worsen(UNREADABLE)
        except Edi837Error as error:
            self.say(f"{safe.text(file)}: {error}")
            self.worsen(USAGE)

    @staticmethod
    def say(text: str) -> None:
        """Say it on standard error."""
        click.echo(text, err=True)


class Findings:
    """Writes findings in the form asked for; a JSON array needs its brackets."""

    def __init__(self, form: str, phi: bool) -> None:
        self._form, self._phi, self._count = form, phi, 0

    def __call__(self, finding: Finding, file: str) -> None:
        """Write one."""
        if self._form == "text":
            click.echo(wording.as_text(finding, file, self._phi) + "\n")
        else:
            text = wording.as_json(finding, file, self._phi)
            lead = "" if self._form == "jsonl" else ",\n" if self._count else "[\n"
            click.echo(lead + text, nl=self._form == "jsonl")
        self._count += 1

    def close(self) -> None:
        """Write what ends them."""
        if self._form == "json":
            click.echo("\n]" if self._count else "[]")


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """A file open for reading; - is standard input."""
    if file == "-":
        yield sys.stdin.buffer
    else:
        with open(file, "rb") as stream:
            yield stream
