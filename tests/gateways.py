"""A gateway for tests: a clock that is told, chance that repeats, and folders as they should be.

Enters: a root. Leaves: a `World` on it, and what a partner and an operator would see.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from edi837 import gateway
from edi837.gateway import Filed, World, names
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.logs import Log
from edi837.gateway.settings import Settings
from edi837.rules import load
from edi837.terms import Terms
from tests.snippets import CLAIM_P, HEAD, interchange

NOW = datetime(2026, 1, 15, 9, 30)
GOOD = interchange(HEAD + CLAIM_P)
WRONG = GOOD.replace(b"HI*ABK:A419~\n", b"").replace(b"SE*24*", b"SE*23*")  # a set that the 999 refuses
DAY = "2026/01/15"


def numbered(number: int, data: bytes = GOOD) -> bytes:
    """The interchange under another ISA13."""
    return data.replace(b"000000001", b"%09d" % number)


class Told:
    """A clock that stands still until it is told; waiting moves it."""

    def __init__(self, seed: int = 1) -> None:
        self.at = NOW
        self.passed = 0.0
        self._chance = random.Random(seed)

    def moment(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        self.passed += seconds

    def token(self, length: int) -> str:
        return names.token(self._chance.randbytes(length))


class Real(Told):
    """The real clock for what takes its time; chance still repeats."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def room(more: int = 700) -> int:
    """MiB of address space: what this process has already, threads of other tests too, and so many more."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE") // (1 << 20) + more


def world(root: Path, *, disk: Disk | None = None, clock: Told | None = None, lines: list[str] | None = None,
          terms: Terms | None = None, **settings: Any) -> World:  # fmt: skip
    """A world whose settings are ready for tests: no waiting, no floor under the disk, room to work in."""
    clock = clock or Told()
    general = terms or judged()
    set_so = Settings(**{"settle": 0.0, "min_free": 0, "memory": room(2048), "terms": general, **settings})
    write: Callable[[str], None] = lines.append if lines is not None else lambda _: None
    return World(disk or Disk(), Layout(str(root)), set_so, clock, Log(write, clock.moment))


@functools.cache
def judged() -> Terms:
    """The terms of a gateway for which none are named."""
    return Terms([load("042")])


_COUNT = iter(range(1, 1 << 30))


def once(root: Path, *, all: bool = True, name: str = "", **more: Any) -> list[Filed]:
    """Drain a root as `gateway once --all` would."""
    number = next(_COUNT)
    more.setdefault("clock", Told(number))
    return list(gateway.drain(world(root, **more), name or f"w{os.getpid()}-{number}", all=all))


def begin(root: Path) -> None:
    """What `gateway init` makes."""
    layout = Layout(str(root))
    layout.make(Disk())
    Ledger(layout.ledger, layout.own("key")).close()


def drop(root: Path, name: str, data: bytes, folder: str = "in") -> Path:
    """Put a file into in/, whole at once."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    path = root / folder / name
    path.write_bytes(data)
    return path


def tree(root: Path, *folders: str) -> list[str]:
    """The files under some folders, relative to the root."""
    found = []
    for folder in folders:
        found += [p.relative_to(root).as_posix() for p in (root / folder).rglob("*") if not p.is_dir()]
    return sorted(found)


def originals(root: Path) -> list[bytes]:
    """Every original, wherever it is."""
    kept = [*(root / "in").rglob("*"), *(root / ".edi837" / "work").rglob("*")]
    kept += [p for folder in ("archive", "error", "quarantine") for p in (root / folder).rglob("original.edi")]
    return sorted(p.read_bytes() for p in kept if p.is_file())


def kinds(answers: Sequence[str]) -> list[str]:
    """The kinds of answers by their names."""
    return sorted(name.split("_")[0] for name in answers)


def with_partner(made: World, **changes: Any) -> World:
    """The same world with settings changed."""
    return replace(made, settings=replace(made.settings, **changes))
