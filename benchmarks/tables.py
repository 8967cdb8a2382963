"""The tables of ``python -m benchmarks``: each step prints one, from one run on the same files.

A step is a function of a `Run`; `STEPS` lists them in their order. What a new one needs of an earlier one stands in
`Run.results`. Rates are of CPU seconds, for another program on the machine changes those of the clock more.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import large, peers
from benchmarks.generate import Layout, write_837i, write_837p
from benchmarks.measure import WORK
from benchmarks.peers import Installed

OURS = tuple(work for work in WORK if work != "pyx12")
JOBS = (1, 2, 4)
FAULTY = Layout(faulty=True)


@dataclass
class Run:
    """What is measured, and what has been measured so far."""

    claims: int  # in the 837P; the 837I has a third as many
    runs: int  # of each work of ours: the median counts
    folder: Path
    peers: list[Installed] = field(default_factory=list)
    results: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # by file and work

    def made(self, name: str, write: Callable[..., None], claims: int, layout: Layout) -> Path:
        """A file, written the first time that it is asked for."""
        path = self.folder / f"{name}.edi"
        if not path.exists():
            with path.open("wb") as stream:
                write(stream, claims, layout=layout)
        return path

    def measured(self, path: Path, work: str, runs: int) -> dict[str, Any]:
        """The median run of a work of `WORK` on a file, each in a process of its own."""
        if (path.stem, work) not in self.results:
            results = []
            for _ in range(runs):
                command = [sys.executable, "-m", "benchmarks.measure", work, str(path)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                results.append(json.loads(done.stdout))
            middle = statistics.median_low(result["cpu"] for result in results)
            self.results[path.stem, work] = next(result for result in results if result["cpu"] == middle)
        return self.results[path.stem, work]


def works(run: Run) -> None:
    """What each work does."""
    print("\nWhat each does:")
    for name, work in WORK.items():
        print(f"  {name:20}{(work.__doc__ or 'As check, with policy 042.').strip()}")
    for installed in run.peers:
        print(f"  {installed.peer.name:20}{installed.peer.says}")


def files(run: Run) -> None:
    """Both guides, clean, and with three faults against the guide in every claim: each work, and each peer."""
    for kind, write, claims in (("837P", write_837p, run.claims), ("837I", write_837i, max(1, run.claims // 3))):
        for name, layout in ((kind, Layout()), (f"{kind}-faulty", FAULTY)):
            path = run.made(name, write, claims, layout)
            print(f"\n{name}: {path.stat().st_size / 1e6:.1f} MB, {claims:,} claims", end="")
            print(", three faults against the guide in each" if layout.faulty else "")
            _file(run, path, claims)


def _file(run: Run, path: Path, claims: int) -> None:
    print(f"  {'work':20}{'CPU s':>8}{'MB/s':>8}{'claims/s':>10}{'peak MB':>9}{'x pyx12':>9}", flush=True)
    size, judge = path.stat().st_size, run.measured(path, "pyx12", 1)

    def row(name: str, result: dict[str, Any]) -> None:
        cpu = result["cpu"]
        print(f"  {name:20}{cpu:8.2f}{size / 1e6 / cpu:8.2f}{claims / cpu:10.0f}{result['peak']:9.0f}", end="")
        print(f"{judge['cpu'] / cpu:9.1f}", flush=True)

    for work in OURS:
        row(work, run.measured(path, work, run.runs))
    row("pyx12", judge)
    for installed in run.peers:
        result = peers.speed(installed, path)
        if result["end"] == "read":
            row(installed.peer.name, result)
        else:
            stopped = f"{result['end']} after {result['sets']} sets, {result['cpu']:.2f} s ({result['error']})"
            print(f"  {installed.peer.name:20}{stopped}", flush=True)


def by_step(run: Run) -> None:
    """What a clean claim costs, step by step: each work less the one that it is built on."""
    print("\nMicroseconds of CPU a claim: each step alone, and faults in every claim against none")
    below = {"place": "split", "check": "place", "check 042": "check", "ack": "check 042", "lines": "check"}
    kinds = {"837P": run.claims, "837I": max(1, run.claims // 3)}
    print(f"  {'':20}" + "".join(f"{kind:>10}{'faulty':>10}" for kind in kinds))
    for work in OURS:
        line = f"  {work:20}"
        for kind, claims in kinds.items():
            whole = run.results[kind, work]["cpu"]
            alone = whole - (run.results[kind, below[work]]["cpu"] if work in below else 0)
            line += f"{alone / claims * 1e6:10.0f}{run.results[f'{kind}-faulty', work]['cpu'] / whole:9.1f}x"
        print(line, flush=True)


def growth(run: Run) -> None:
    """Time and memory for a file and one ten times as long."""
    print(f"\nten times the claims\n  {'work':20}{'claims':>9}{'CPU s':>8}{'peak MB':>9}")
    long = run.made("837P-long", write_837p, run.claims * 10, Layout())
    for work in ("check 042", "ack"):
        for claims, result in (
            (run.claims, run.results["837P", work]), (run.claims * 10, run.measured(long, work, 1))
        ):  # fmt: skip
            print(f"  {work:20}{claims:9}{result['cpu']:8.2f}{result['peak']:9.0f}", flush=True)


def shares(run: Run) -> None:
    """Where the time of a check with policy 042 goes."""
    print("\nWhere the time of check 042 goes on an 837P of 8,000 claims, by Python's profiler")
    path = run.made("837P-8000", write_837p, 8_000, Layout())
    subprocess.run([sys.executable, "-m", "benchmarks.shares", str(path)], check=True)


def jobs(run: Run) -> None:
    """One file read by one process and by several: seconds of the clock, so another program on the machine counts."""
    path = run.made("837P-long", write_837p, run.claims * 10, Layout())
    size = path.stat().st_size / 1e6
    print(f"\n--jobs on a file of {size:.0f} MB")
    print(f"  {'work':20}{'jobs':>6}{'clock s':>9}{'MB/s':>8}{'x one':>8}{'peak MB':>9}")
    for work in ("check", "check 042"):
        one = 0.0
        for count in JOBS:
            took = large.run(work, path, "--jobs", str(count))
            one = one or took.wall
            line = f"  {work:20}{count:6}{took.wall:9.2f}{size / took.wall:8.2f}{one / took.wall:8.2f}{took.peak:9.0f}"
            print(line, flush=True)


# Another measurement is one more function here.
STEPS: tuple[Callable[[Run], None], ...] = (works, files, by_step, growth, jobs, shares)
