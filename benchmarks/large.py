"""``python -m benchmarks --large GB``: files of any size through the real commands, in bounded memory and linear time.

For each shape a file of half the size and one of the whole size is written claim by claim, and each work is run on
both as its users run it, in a process of its own whose CPU time and peak of memory the kernel tells. Twice the size
may take 2.2 times the time, and no process more than 120 MB: where either is broken the run says so and ends with 1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, NamedTuple

from benchmarks.generate import Layout, write_837i, write_837p

RATIO = 2.2  # of the time, for twice the size
PEAK = 120  # MB, of each process
SAMPLE = 2_000  # claims by which it is told how many make a file of the size asked for
ANSWERS = 3.0  # what `ack` may write beside a file, in sizes of that file
ALL = 1 << 62  # claims in one set: as many as there are


class Shape(NamedTuple):
    """What a large file is made of."""

    says: str
    layout: Layout
    bad: float = 0.0
    write: Callable[..., None] = write_837p


SHAPES = {
    "sets": Shape("837P, a set for every 5,000 claims", Layout()),
    "hospital": Shape("837I, a set for every 5,000 claims", Layout(), write=write_837i),
    "one set": Shape("837P, every claim in one ST", Layout(per_set=ALL)),
    "levels": Shape("837P, one ST, a billing provider (HL 20) for every claim", Layout(per_set=ALL, per_provider=1)),
    "faults": Shape("837P, three faults against the guide in every claim", Layout(faulty=True)),
    "breaches": Shape("837P, a breach of policy 042 in every claim", Layout(), 1.0),
}
# What is run on each file; {file} is its path, {out} a folder for answers. Output goes to /dev/null.
WORKS = {
    "check": ("check", "{file}", "--policy", "none", "--format", "concise"),
    "check 042": ("check", "{file}", "--policy", "042", "--format", "concise"),
    "ack": ("ack", "{file}", "--policy", "042", "-o", "{out}"),
    "lines": ("lines", "{file}", "--format", "csv"),
}


class Cost(NamedTuple):
    """What one process took: seconds of wall clock, seconds of CPU, MB at its peak."""

    wall: float
    cpu: float
    peak: float


class Room(Exception):
    """The disk has no room for what would be written."""


class _Counted(RawIOBase):
    """A stream that keeps nothing but the count of bytes, and of HL segments."""

    def __init__(self, into: BinaryIO | None = None) -> None:
        self.size = self.levels = 0
        self._into = into

    def write(self, data: object) -> int:
        """Count, and pass on."""
        assert isinstance(data, bytes)
        self.size += len(data)
        self.levels += data.count(b"HL*")
        if self._into:
            self._into.write(data)
        return len(data)


def claims_for(shape: Shape, size: float) -> int:
    """How many claims make a file of that many bytes."""
    sample = _Counted()
    shape.write(sample, SAMPLE, bad=shape.bad, layout=shape.layout)
    return max(1, round(size / (sample.size / SAMPLE)))


def written(shape: Shape, claims: int, path: Path) -> _Counted:
    """Write a file claim by claim; leaves its bytes and levels counted."""
    with path.open("wb") as stream:
        counted = _Counted(stream)
        shape.write(counted, claims, bad=shape.bad, layout=shape.layout)
    return counted


def room(folder: Path, size: float, works: Iterable[str]) -> None:
    """Raise `Room` unless the disk holds the larger file and what is written beside it, with 1 GB to spare."""
    needed = size * (1 + ANSWERS * ("ack" in works)) + 1e9
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Room(f"{folder} has {free / 1e9:.1f} GB free, and {needed / 1e9:.1f} GB may be needed")


def cost(arguments: list[str]) -> Cost:
    """Run a program of this Python to its end, and have the kernel tell what it took. Exit 0 and 1 are its answers."""
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("cost.py")), *arguments]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    if (status := told.pop("status")) not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {status}")
    return Cost(**told)


def run(work: str, path: Path, *more: str) -> Cost:
    """What a work costs on a file, with ``more`` options; its answers are thrown away."""
    with tempfile.TemporaryDirectory(dir=path.parent) as out:
        return cost(["-m", "edi837", *(word.format(file=path, out=out) for word in WORKS[work]), *more])


def broken(spent: Cost, half: Cost | None) -> list[str]:
    """Which of the two bounds a work breaks, in words; ``half`` is what it cost on half the size."""
    said = []
    if half and spent.cpu / half.cpu > RATIO:
        said.append(f"twice the size takes {spent.cpu / half.cpu:.2f} times as long, more than {RATIO}")
    if spent.peak > PEAK:
        said.append(f"it takes {spent.peak:.0f} MB, more than {PEAK}")
    return said


def measured(name: str, size: float, works: Iterable[str], folder: Path, parts: tuple[int, ...]) -> Iterator[str]:
    """Measure the works on one shape, on a file of each part of the size; tells what is broken as it goes."""
    shape = SHAPES[name]
    claims = claims_for(shape, size)
    costs: dict[str, Cost] = {}
    path = folder / "large.edi"
    print(f"\n{name}: {shape.says}", flush=True)
    for part in parts:
        try:
            count = written(shape, claims // part, path)
            print(f"  {count.size / 1e6:.0f} MB, {claims // part:,} claims, {count.levels:,} HLs", flush=True)
            for work in works:
                spent, half = run(work, path), costs.get(work)
                costs[work] = spent
                print(f"    {work:10}{row(spent, count.size, half)}", flush=True)
                yield from (f"{name}, {work}: {said}" for said in broken(spent, half))
        finally:
            path.unlink(missing_ok=True)


def row(spent: Cost, size: int, half: Cost | None) -> str:
    """A cost in words and figures."""
    times = f"{spent.cpu / half.cpu:7.2f} times the half" if half else ""
    return f"{spent.wall:9.1f} s{spent.cpu:9.1f} s CPU{size / 1e6 / spent.wall:7.2f} MB/s{spent.peak:7.0f} MB{times}"


def main(words: list[str]) -> int:
    """Measure each shape asked for; returns the exit status."""
    reading = argparse.ArgumentParser(prog="python -m benchmarks --large", description=__doc__)
    reading.add_argument("gigabytes", type=float, metavar="GB", help="size of the larger file of each shape")
    reading.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    reading.add_argument("--works", nargs="+", choices=list(WORKS), default=list(WORKS))
    reading.add_argument("--whole", action="store_true", help="only the whole size: memory is held, no ratio is known")
    reading.add_argument("--on", default=tempfile.gettempdir(), help="a folder with room for the files")
    asked = reading.parse_args(words)
    size, said = asked.gigabytes * 1e9, list[str]()
    with tempfile.TemporaryDirectory(dir=asked.on) as name:
        try:
            room(Path(name), size, asked.works)
        except Room as error:
            print(f"not measured: {error}")
            return 2
        for shape in asked.shapes:
            said += measured(shape, size, asked.works, Path(name), (1,) if asked.whole else (2, 1))
    held = f"no process takes more than {PEAK} MB"
    held += "" if asked.whole else f", and twice the size no more than {RATIO} times the time"
    print("\n" + ("\n".join(f"BROKEN: {each}" for each in said) or held))
    return 1 if said else 0
