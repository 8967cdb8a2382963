"""What a program gives: a file as a path, bytes or a binary stream; policies by name, by path or as read.

Enters: whatever of these the caller has. Leaves: a stream, and policies or judges; TypeError for what is no file,
PolicyError for what is no policy, or is one with another of them.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from edi837 import kin, rules
from edi837.bench import Bench, apart
from edi837.companion import Guides
from edi837.gate import Judge
from edi837.rules import Policy, PolicyError
from edi837.snip import Codes

Source = str | Path | bytes | bytearray | memoryview | BinaryIO
Policies = str | Path | Policy | Iterable[str | Path | Policy]


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """A stream to read a file from; one that was given is left open."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif isinstance(source, str | Path):
        with open(source, "rb") as stream:
            yield stream
    elif isinstance(source, io.TextIOBase) or not hasattr(source, "read"):
        raise TypeError(f"a file is taken as a path, bytes or a binary stream, not as a {type(source).__name__}")
    else:
        yield source


@contextmanager
def spooled(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream itself if it can be read twice, else a temporary copy of it."""
    seekable = getattr(stream, "seekable", None)  # a stream may be one that is only read
    if seekable and seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy


def read(policies: Policies) -> list[Policy]:
    """The policies, each once. PolicyError for one without cases: it judges no real claim."""
    if not isinstance(policies, str | Path | Policy | Iterable):
        raise TypeError(f"policies are one or several, or [] for none, and not {type(policies).__name__}")
    several = [policies] if isinstance(policies, str | Path | Policy) else policies
    return apart(rules.load_tried(each if isinstance(each, Policy) else loaded(each)) for each in several)


def loaded(name: str | Path) -> Policy:
    """A policy by its name, or from a file. PolicyError when there is none."""
    if not isinstance(name, str | Path):
        raise TypeError(f"a policy is given by its name, its path or as read, not as {type(name).__name__}")
    if name == "none":
        raise PolicyError(["there is no policy called none: for none at all pass [] as policies"])
    return rules.load(name)


def own(codes: Codes | None, guides: Guides | None) -> None:
    """Refuse what are no tables of codes and no guides: a path is easily taken for what is read from it."""
    if codes is not None and not hasattr(codes, "says"):
        raise TypeError(f"codes are tables as read, edi837.Tables.load(folder), not {type(codes).__name__}")
    if guides is not None and not isinstance(guides, Guides):
        raise TypeError(f"guides are given as read, edi837.Guides.read(paths), not {type(guides).__name__}")


def judges(
    stream: BinaryIO, asked: Policies | Sequence[Judge], guides: Guides | None = None
) -> Sequence[Judge]:
    """Who judges the claims of a stream that can be read twice: policies, over the whole of it, or such judges."""
    given = [asked] if isinstance(asked, str | Path | Policy) else [*asked]
    others = [each for each in given if not isinstance(each, str | Path | Policy)]
    policies = read(each for each in given if isinstance(each, str | Path | Policy))
    return [kin.judge(stream, Bench(policies), guides), *others] if policies else others
