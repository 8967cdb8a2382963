"""A folder of interchanges: take each, answer it, file the original.

``in/`` holds what senders dropped; ``out/`` gets the answers, each complete when it can be
seen; the original goes to ``archive/`` when it was answered, to ``error/`` when a TA1 or 999
refused it or part of it, to ``quarantine/`` with a reason when it could not be answered at all.
What cannot be read or written, for want of rights or room, stays in ``in/`` for the next time.
Nothing is deleted and nothing is overwritten.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edi837 import answer
from edi837.findings import Edi837Error, NotX12
from edi837.terms import Terms

FOLDERS = ("in", "out", "archive", "error", "quarantine")
_REASON = ".reason.json"
_ROOM = 200  # bytes of a name; the endings of its answers must fit behind it
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock", ".done", ".ok")


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one file of ``in/``."""

    name: str
    folder: str  # archive, error, quarantine; in: it was left there
    original: Path
    answers: tuple[Path, ...] = ()
    reason: str = ""  # why it is in quarantine, or still in `in`
    rejected: bool = False  # a claim was sent back
    fault: bool = False  # ours


def once(
    root: Path, terms: Terms, *, now: datetime, control: int | None = None
) -> Iterator[Filed]:
    """Take every file of ``root/in``, oldest name first, and yield what became of it.

    Raises OSError when the folders cannot be made or read, Edi837Error when another gateway
    is at work in them.
    """
    for name in FOLDERS:
        (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(root):
        for path in sorted((root / "in").iterdir()):
            if _ready(path):
                yield _take(root, path, terms, now, control)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep others out of a folder; the kernel lets them in again even if we are killed."""
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Edi837Error("another gateway is at work in this folder") from None
        yield
    finally:
        os.close(handle)


def _ready(path: Path) -> bool:
    """A regular file that is not still being written, as far as its name tells."""
    try:
        mode = path.lstat().st_mode
    except OSError:  # gone since it was listed
        return False
    name = path.name
    return stat.S_ISREG(mode) and not name.startswith((".", "~")) and not name.lower().endswith(_UNFINISHED)


def _take(root: Path, path: Path, terms: Terms, now: datetime, control: int | None) -> Filed:
    name = _free(root, path.name)
    try:
        return _answer(root, path, name, terms, now, control)
    except OSError as error:  # no room, no rights, or gone: whatever it is, the file is where it was
        return Filed(name, "in", path, reason=f"cannot be read or written: {error.strerror}", fault=True)


def _answer(root: Path, path: Path, name: str, terms: Terms, now: datetime, control: int | None) -> Filed:
    try:
        with path.open("rb") as stream:
            before = os.fstat(stream.fileno())
            outcome = answer.answer(stream, terms, file=name, now=now, control=control)
            after = os.fstat(stream.fileno())
    except NotX12 as error:
        return _quarantine(root, path, name, f"not X12 at byte {error.offset}", now, fault=False)
    except OSError:
        raise
    except Exception as error:  # one bad file must not stop the others; no text of it: it may hold a patient's
        return _quarantine(root, path, name, f"our own fault: {type(error).__name__}", now, fault=True)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return Filed(name, "in", path, reason="it is still being written")
    folder = "error" if outcome.refused else "archive"
    written = tuple(answer.publish(outcome, root / "out", name).values())
    original = _move(path, root / folder / name, but_for=written)
    return Filed(name, folder, original, written, rejected=outcome.rejected > 0)


def _quarantine(root: Path, path: Path, name: str, reason: str, now: datetime, *, fault: bool) -> Filed:
    note = {"file": os.fsencode(path.name).decode("utf-8", "backslashreplace"), "reason": reason, "at": now.isoformat()}
    beside = root / "quarantine" / (name + _REASON)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
    except OSError:
        beside.unlink()
        raise
    original = _move(path, root / "quarantine" / name, but_for=(beside,))
    return Filed(name, "quarantine", original, (), reason, fault=fault)


def _free(root: Path, name: str) -> str:
    """The name, or the name with a number, that no folder holds anything of yet."""
    short = os.fsdecode(os.fsencode(name)[:_ROOM])
    number = 1
    candidate = short
    while _taken(root, candidate):
        number += 1
        candidate = f"{short}.{number}"
    return candidate


def _taken(root: Path, name: str) -> bool:
    names = [root / folder / name for folder in ("archive", "error", "quarantine")]
    names += [root / "quarantine" / (name + _REASON)]
    names += [root / "out" / (name + ending) for ending in answer.EXTENSION.values()]
    return any(map(os.path.lexists, names))


def _move(path: Path, target: Path, *, but_for: Sequence[Path]) -> Path:
    """Give the original its place; what was written for it goes if it cannot have it."""
    try:
        os.rename(path, target)
    except OSError:
        for written in but_for:
            written.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # another's file; its new folder is ours alone
        target.chmod(0o600)
    return target
