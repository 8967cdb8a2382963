"""All answers to one file, and how they reach a folder: whole or not at all.

Enters: a binary stream that can be read twice. Leaves: an `Outcome` with the answers in
temporary files; `publish` gives them their names. Here files are written and nothing else;
what they say is decided in `process`, `acks` and `report`.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from edi837.acks import Acknowledgements
from edi837.acks.writer import spool
from edi837.fates import Fates
from edi837.findings import Finding
from edi837.frames import Event, Verdict
from edi837.report import Report
from edi837.terms import Reading, Terms, digest

EXTENSION = {
    "ta1": ".ta1.edi", "999": ".999.edi", "277ca": ".277ca.edi",
    "report.json": ".report.json", "report.txt": ".report.txt",
}  # fmt: skip


def _nothing() -> None:
    """Without a history nothing is kept."""


@dataclass(slots=True)
class Outcome:
    """What became of a file."""

    files: dict[str, IO[bytes]] = field(default_factory=dict)  # kind to content, at its start
    fates: Fates = field(default_factory=Fates)  # what became of its claims
    rejects: int = 0  # findings that reject anything
    refused: bool = False  # something was refused by a TA1 or 999
    cut: bool = False  # an interchange is cut off
    numbers: int = 0  # control numbers that the acknowledgements took
    keep: Callable[[], None] = _nothing  # puts what was accepted into the history; for when the answers are out

    @property
    def claims(self) -> int:
        """Claims in all."""
        return self.fates.claims

    @property
    def rejected(self) -> int:
        """Claims that the 277CA rejects."""
        return self.fates.rejected

    def close(self) -> None:
        """Let go of the temporary files, once they are published or read."""
        for content in self.files.values():
            content.close()


def answer(
    stream: BinaryIO,
    terms: Terms,
    *,
    file: str,
    now: datetime,
    control: int | None = None,
    phi: bool = False,
    watch: Callable[[Event], None] | None = None,
    reading: Reading | None = None,
) -> Outcome:
    """Answer one file; ``watch`` is shown every event. Raises NotX12 when it holds no interchange.

    ``now`` dates the answers as it is written: they name no zone. ``reading`` is one of this stream that has begun. Who
    asks closes the outcome; when this raises nothing stays open.
    """
    now = now.replace(tzinfo=None)
    if control is None:
        control = control_number(stream)
    outcome = Outcome()
    with ExitStack() as opened:
        json, text = opened.enter_context(spool()), opened.enter_context(spool())
        json_text = io.TextIOWrapper(json, "utf-8", write_through=True)
        text_text = io.TextIOWrapper(text, "utf-8", write_through=True)
        report = Report(json_text, text_text, file=file, now=now, policies=terms.names, phi=phi)
        acks = opened.enter_context(closing(Acknowledgements(now, control, terms.replies)))
        reading = reading or terms.read(stream)
        for event in reading.tell():
            acks.take(event)
            report.take(event)
            outcome.fates.take(event)
            if watch:
                watch(event)
            if isinstance(event, Verdict):
                outcome.rejects += event.rejected
            elif isinstance(event, Finding):
                outcome.rejects += event.rejects
                outcome.refused |= event.rejects
                outcome.cut |= event.cut
        report.close()
        outcome.keep = reading.keep
        outcome.files = acks.finish()
        outcome.numbers = acks.control - control
        for kind, wrapper, content in (("report.json", json_text, json), ("report.txt", text_text, text)):
            wrapper.detach()
            content.seek(0)
            outcome.files[kind] = content
        opened.pop_all()  # they are the outcome's
    return outcome


def control_number(stream: BinaryIO) -> int:
    """A first control number drawn from the bytes of a file; the stream is left at its start."""
    return int.from_bytes(digest(stream)[:8]) % 999_000_000 + 1


def publish(outcome: Outcome, folder: Path, name: str) -> dict[str, Path]:
    """Write the files of an outcome as NAME.kind into a folder: all of them, or none.

    Each is complete under a hidden name and on the disk before any gets its own. Answers of
    that name from before are replaced, and those that there is no need of any more go, so
    that what lies together belongs together. Files are for their owner alone (0600).
    """
    folder.mkdir(parents=True, exist_ok=True)
    targets = {kind: Path(os.fsdecode(os.fsencode(folder / name) + end.encode())) for kind, end in EXTENSION.items()}
    hidden: dict[str, Path] = {}
    published: dict[str, Path] = {}
    try:
        for kind, content in outcome.files.items():
            handle, path = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
            hidden[kind] = Path(path)
            with os.fdopen(handle, "wb") as file:
                content.seek(0)
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
        for kind, ready in hidden.items():
            try:
                os.replace(ready, targets[kind])
            except OSError as error:  # say whose name, not that of the hidden file
                raise OSError(error.errno, error.strerror, str(targets[kind])) from None
            published[kind] = targets[kind]
        _settle(folder)
    except BaseException:
        for left in (*hidden.values(), *published.values()):
            left.unlink(missing_ok=True)
        raise
    for kind in EXTENSION.keys() - published.keys():
        targets[kind].unlink(missing_ok=True)
    outcome.keep()
    return published


def _settle(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
