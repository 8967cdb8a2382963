"""The check is no slower than it was: its time as a ratio to a loop of plain Python on the same bytes, in one process.

Machines differ, and so do the hours of a shared one; the ratio differs little, for both sides slow down together. They
take turns, CPU time is counted, and of each the best turn stands.
"""

from __future__ import annotations

import gc
import io
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from benchmarks.generate import write_837p
from edi837.frames import Verdict
from edi837.rules import load
from edi837.terms import Terms

CLAIMS = 2_000
TURNS = 5
TRIES = 3  # a machine may be busy in a way that one side alone feels
WORSE = 1.35  # times the ratio that was recorded

# The recorded ratios, by Python's version: measured by `python -m tests.test_speed`, 2026-11-25.
RATIOS = {(3, 11): {"check": 1.2, "check 042": 1.75}}

CODE = re.compile(r"[A-Z0-9]{2,5}")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def bytes_to_judge() -> bytes:
    """An 837P of which a tenth of the claims break the policy."""
    file = io.BytesIO()
    write_837p(file, CLAIMS, bad=0.1)
    return file.getvalue()


def pieces(data: bytes) -> Iterator[list[str]]:
    """Its segments, cut."""
    for raw in data.split(b"~"):
        yield raw.decode("latin-1").lstrip("\n").split("*")


def reference(data: bytes) -> int:
    """What any reader in plain Python does with a segment: cut, look up, match, count, keep. Never to be changed."""
    counts: dict[str, int] = defaultdict(int)
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    total = 0
    for _ in range(2):
        for piece in pieces(data):
            tag = piece[0]
            counts[tag] += 1
            kept = []
            for place, element in enumerate(piece[1:], 1):
                if ":" in element:
                    kept += element.split(":")
                elif CODE.fullmatch(element):
                    kept.append(element)
                elif NUMBER.fullmatch(element) and place < 9:
                    total += int(float(element)) & 7
            seen[tag, piece[1] if len(piece) > 1 else ""] = tuple(kept)
    return total + len(seen) + sum(counts.values())


def judge(data: bytes, terms: Terms) -> int:
    """The whole check, its findings counted and not shown."""
    return sum(isinstance(event, Verdict) for event in terms.read(io.BytesIO(data)).tell())


def works() -> dict[str, Callable[[bytes], int]]:
    alone, with_policy = Terms([]), Terms([load("042")])
    return {
        "reference": reference,
        "check": lambda data: judge(data, alone),
        "check 042": lambda data: judge(data, with_policy),
    }


def measured(data: bytes) -> dict[str, float]:
    """The ratio of each work to the reference."""
    best: dict[str, float] = {}
    turns = works()
    for work in turns.values():
        work(data)  # what is read once, is read
    gc.collect()
    gc.freeze()  # what other tests left is not for the collector to go through in the middle of a turn
    try:
        for _ in range(TURNS):
            for name, work in turns.items():
                began = time.process_time()
                work(data)
                best[name] = min(best.get(name, 1e9), time.process_time() - began)
    finally:
        gc.unfreeze()
    return {name: best[name] / best["reference"] for name in turns}


def test_the_reference_reads_it_all() -> None:
    data = bytes_to_judge()
    assert judge(data, Terms([])) == CLAIMS
    assert reference(data) > 2 * data.count(b"~")


def test_the_check_is_as_fast_as_it_was() -> None:
    recorded = RATIOS.get(sys.version_info[:2])
    if recorded is None:
        pytest.skip("no ratio was recorded for this version of Python")
    data, found = bytes_to_judge(), []
    for _ in range(TRIES):
        now = measured(data)
        found.append({name: round(now[name] / ratio, 2) for name, ratio in recorded.items()})
        if all(times <= WORSE for times in found[-1].values()):
            return
    pytest.fail(f"times the recorded ratio, in {TRIES} tries: {found}; if it has to be: python -m {__name__}")


if __name__ == "__main__":
    file = bytes_to_judge()
    for _ in range(5):
        print({name: round(ratio, 2) for name, ratio in measured(file).items()})
