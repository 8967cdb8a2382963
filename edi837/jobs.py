"""Several processes that read the parts of a file: `--jobs`.

Enters: the terms on which files are judged, and how many processes. Leaves: `ahead.Hands` for each file.
The processes are forks of this one, so that they know the terms, and hash as it does.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from edi837.ahead import Hands
from edi837.bench import Bench
from edi837.claim import Claim
from edi837.findings import Finding
from edi837.gate import Judge, Put
from edi837.grammar import Guide, LoopUse
from edi837.history import History
from edi837.kin import Aside, Foretold, looked_up, put
from edi837.part import Part, Read, read
from edi837.terms import Terms
from edi837.x12 import element

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor


@dataclass(frozen=True, slots=True)
class _Sent:
    """A part on its way, without its guide, which each process has."""

    part: Part
    known: frozenset[int]  # claims that came before it
    ready: Mapping[int, str]  # verdicts on its claims, by the number of the CLM
    wanted: frozenset[int]  # whose claims are put by


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the parts of a file are read."""

    light: bool  # of claims, only count the lines
    judged: bool
    wide: bool = False  # the claims of a patient were looked for in the whole file
    source: bytes = b""  # tells the file from others, where there is a history
    aside: bool = False  # claims are only put by


@dataclass(frozen=True, slots=True)
class _Task:
    future: Future[list[Read]]

    def result(self) -> Sequence[Read]:
        """What came of each part."""
        return self.future.result()


class Crew:
    """The processes."""

    def __init__(self, terms: Terms, jobs: int) -> None:
        import multiprocessing  # 15 ms that one process alone does not need
        from concurrent.futures import ProcessPoolExecutor

        self._jobs = jobs
        self._pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin, (terms, os.getpid()))

    @property
    def files(self) -> int:
        """How many small files to begin before the one at hand is told."""
        return 4 * self._jobs

    def hands(self, judges: Sequence[Judge], source: bytes, light: bool = False) -> Hands:
        """Hands for a file with these judges; ``light``: whoever asks only counts the lines of claims.

        ``source`` tells the file from others, where there is a history.
        """
        judge = judges[0] if judges else None
        if isinstance(judge, Aside):
            manner = _Manner(light=True, judged=False, aside=True)
        else:
            wide = isinstance(judge, Foretold) or (isinstance(judge, Bench) and judge.reach == "file")
            manner = _Manner(light and not source, bool(judge), wide, source)
        return _Hands(self._pool, self._jobs, manner, judge)

    def close(self) -> None:
        """Let them go."""
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def crew(terms: Terms, jobs: int) -> Iterator[Crew | None]:
    """So many processes, 0: one for each core; None when one is enough, or the system cannot fork."""
    jobs = jobs or os.cpu_count() or 1
    if jobs < 2 or not hasattr(os, "fork"):
        yield None
        return
    made = Crew(terms, jobs)
    try:
        yield made
    finally:
        made.close()


_UNKNOWN = Guide("", "", "", "", LoopUse("", "", "", 0, 1), {}, frozenset())


class _Hands:
    def __init__(self, pool: ProcessPoolExecutor, jobs: int, manner: _Manner, judge: Judge | None) -> None:
        self.most = 2 * jobs + 1
        self._pool, self._manner, self._judge = pool, manner, judge

    def begin(self, parts: Sequence[Part]) -> _Task:
        """Begin to read some parts."""
        return self._submit([self._sent(part) for part in parts])

    def again(self, part: Part, known: frozenset[int]) -> Read:
        """Read a part in which claims of these keys came before."""
        return self._submit([self._sent(part, known)]).result()[0]

    def _sent(self, part: Part, known: frozenset[int] = frozenset()) -> _Sent:
        setting, ready, wanted = part.setting, {}, frozenset[int]()
        if isinstance(self._judge, Foretold):
            first = part.start.number if part.start else 1
            last = first + part.text.count(setting.delimiters.segment) + 1
            ready = self._judge.ready((setting.interchange, setting.at.group, setting.at.set), first, last)
        elif isinstance(self._judge, Aside):
            wanted = self._judge.wanted(part)
        return _Sent(replace(part, setting=replace(setting, guide=_UNKNOWN)), known, ready, wanted)

    def _submit(self, sent: list[_Sent]) -> _Task:
        with _undisturbed():
            return _Task(self._pool.submit(_read, sent, self._manner))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold an interrupt back: a pool half begun, some processes started and nobody to end them, would be waited for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- in the other process

_TERMS = Terms()


def _begin(terms: Terms, parent: int) -> None:
    global _TERMS
    _TERMS = terms
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked for this process ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: int) -> None:
    """End with the parent, however that ends; it may have ended already."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


class _Ready:
    """A bench with verdicts that lie ready."""

    def __init__(self, bench: Bench, ready: Mapping[int, str]) -> None:
        self._bench, self._ready = bench, ready

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """As of `Foretold`."""
        return looked_up(claims, self._ready, self._bench)


class _Putting:
    """Puts claims of these patients by."""

    def __init__(self, wanted: frozenset[int]) -> None:
        self._wanted = wanted
        self.levels: list[list[Put]] = []

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """As of `Aside`."""
        if mine := put(claims, self._wanted):
            self.levels.append(mine)
        return [[] for _ in claims]


def _read(sent: Sequence[_Sent], manner: _Manner) -> list[Read]:
    bench = _bench(manner.wide, manner.source) if manner.judged else None
    reads = []
    for each in sent:
        setting = each.part.setting
        guide = _TERMS.guides.guide(*(element(setting.gs, at) for at in (8, 2, 3)))
        part = replace(each.part, setting=replace(setting, guide=guide))
        if manner.aside:
            aside = _Putting(each.wanted)
            reads.append(replace(read(part, (aside,), None, each.known, light=True), put=aside.levels))
        else:
            judges = (_Ready(bench, each.ready),) if bench else ()
            reads.append(read(part, judges, _TERMS.codes, each.known, manner.light))
    return reads


@lru_cache(maxsize=1)
def _bench(wide: bool, source: bytes) -> Bench:
    past = History(_TERMS.history, source) if _TERMS.history else None
    bench = Bench(_TERMS.policies, routes=_TERMS.routes, past=past)
    return bench.widened() if wide else bench
