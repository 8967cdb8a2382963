"""``python -m benchmarks gateway``: files a second through a gateway, beside a bare loop in the same run.

The bare loop reads, answers and writes each file with no fsync, no ledger and no claim: what the safety costs
is the difference. Every fsync is a real one, on the disk that holds the folder named by ``--on``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import datetime
from io import BytesIO
from pathlib import Path

from benchmarks.generate import write_837p
from edi837 import answer
from edi837.gateroot import Outside
from edi837.gateway import World
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.logs import Log
from edi837.gateway.settings import Settings
from edi837.gateway.start import warm
from edi837.rules import load
from edi837.terms import Terms


def fill(folder: Path, count: int, data: bytes) -> None:
    """Put the same interchange into a folder under ever new numbers."""
    old = data[90:99]
    for number in range(1, count + 1):
        (folder / f"{number}.edi").write_bytes(data.replace(old, b"%09d" % number))


def bare(folder: Path, count: int, data: bytes, terms: Terms) -> float:
    """Seconds for a loop that reads, answers and writes, and no more."""
    (folder / "in").mkdir()
    fill(folder / "in", count, data)
    out = folder / "out"
    out.mkdir()
    begun = time.perf_counter()
    for path in (folder / "in").iterdir():
        outcome = answer.answer(BytesIO(path.read_bytes()), terms, file=path.name, now=datetime.now())
        for kind, content in outcome.files.items():
            (out / f"{path.name}.{kind}").write_bytes(content.read())
        path.rename(out / path.name)
    return time.perf_counter() - begun


def gateway(folder: Path, count: int, data: bytes, terms: Terms, workers: int) -> float:
    """Seconds for a gateway, from the start of its workers to their end."""
    clock, settings = Outside(), Settings(workers=workers, settle=0.0, min_free=0, terms=terms)
    world = World(Disk(), Layout(str(folder)), settings, clock, Log(lambda _: None, clock.moment))
    world.layout.make(world.disk)
    fill(folder / "in", count, data)
    warm(world)
    begun = time.perf_counter()
    Crew(world).run(drain=True)
    seconds = time.perf_counter() - begun
    left = len(os.listdir(folder / "in"))
    assert not left, f"{left} files are left"
    return seconds


def scaling() -> float:
    """How much more two processes do than one on this machine now, with no file and no lock between them."""

    def burn() -> float:
        begun, sum_ = time.perf_counter(), 0
        for number in range(10_000_000):
            sum_ += number * number
        return time.perf_counter() - begun

    alone = burn()
    begun, pid = time.perf_counter(), os.fork()
    if not pid:
        burn()
        os._exit(0)
    burn()
    os.waitpid(pid, 0)
    return 2 * alone / (time.perf_counter() - begun)


def row(what: str, count: int, size: int, seconds: float, against: float) -> None:
    """One line of the table."""
    rate, volume = count / seconds, count * size / 1e6 / seconds
    print(f"  {what:22}{count:7}{seconds:9.2f}{rate:10.1f}{volume:8.2f}{against / seconds:8.2f}")


def main(words: list[str]) -> None:
    """Measure small files with one worker, then files of a megabyte with one and two."""
    reading = argparse.ArgumentParser(prog="python -m benchmarks gateway", description=__doc__)
    reading.add_argument("--small", type=int, default=1500, help="small files")
    reading.add_argument("--large", type=int, default=24, help="files of a megabyte")
    reading.add_argument("--on", default=".", help="a folder of the disk to measure on")
    asked = reading.parse_args(words)
    terms = Terms([load("042")])
    print(f"two processes do {scaling():.2f} times as much as one on this machine now: two workers cannot do more")
    small, large = BytesIO(), BytesIO()
    write_837p(small, 1)
    write_837p(large, 2000)
    for data, count, rounds in ((small.getvalue(), asked.small, (1, 2)), (large.getvalue(), asked.large, (1, 2))):
        print(f"\n{count} files of {len(data)} bytes")
        print(f"  {'':22}{'files':>7}{'seconds':>9}{'files/s':>10}{'MB/s':>8}{'x bare':>8}")
        with tempfile.TemporaryDirectory(dir=asked.on) as folder:
            loop = bare(Path(folder), count, data, terms)
            row("bare loop, no fsync", count, len(data), loop, loop)
        one = 0.0
        for workers in rounds:
            with tempfile.TemporaryDirectory(dir=asked.on) as folder:
                seconds = gateway(Path(folder), count, data, terms, workers)
                row(f"gateway, {workers} worker{'s' * (workers > 1)}", count, len(data), seconds, loop)
                one = one or seconds
        print(f"  two workers are {one / seconds:.2f} times as fast as one")
