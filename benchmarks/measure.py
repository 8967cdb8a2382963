"""One measurement in a process of its own: ``python -m benchmarks.measure WORK FILE``.

Prints JSON: seconds of CPU and of the clock, claims, bytes and the peak of resident memory in MB.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from edi837 import answer, columns, grammar, loops, rows, rowtext, x12
from edi837.chart import Loop
from edi837.findings import Place
from edi837.frames import Verdict
from edi837.rules import load
from edi837.terms import Terms


def split(path: str) -> int:
    """Cut the file into segments and elements; nothing is looked at. Counts CLM segments."""
    claims = 0
    with open(path, "rb") as stream:
        for raw in x12.read(stream):
            if isinstance(raw, x12.RawInterchange):
                for piece in raw.pieces:
                    claims += x12.split(piece, raw.delimiters)[0] == "CLM"
    return claims


def place(path: str) -> int:
    """Tokenise, place every segment in its loop, accept every element, find what is missing."""
    claims = 0
    with open(path, "rb") as stream:
        for raw in x12.read(stream):
            if not isinstance(raw, x12.RawInterchange):
                continue
            guide = None
            for piece in raw.pieces:
                seg = x12.split(piece, raw.delimiters)
                if seg[0] == "GS":
                    guide = grammar.load(grammar.answers()[seg[8]])
                elif seg[0] == "ST" and guide:
                    reader = loops.Reader(guide, raw.delimiters, seg, Place())
                    for loop in chain(reader.read(raw.pieces), reader.close()):
                        claims += isinstance(loop, Loop) and loop.use.id == "2300"
    return claims


def check(path: str, *policies: str) -> int:
    """The whole check: envelope, places, elements, claims, SNIP 3 to 5, policies; findings are not shown."""
    with open(path, "rb") as stream:
        reading = Terms([load(p) for p in policies]).read(stream)
        return sum(isinstance(event, Verdict) for event in reading.tell())


def ack(path: str) -> int:
    """All of check with policy 042, and TA1, 999, 277CA and both reports written to a folder."""
    with open(path, "rb") as stream, tempfile.TemporaryDirectory() as folder:
        outcome = answer.answer(stream, Terms([load("042")]), file="x.edi", now=datetime(2026, 1, 1), control=1)
        answer.publish(outcome, Path(folder), "x.edi")
        return outcome.claims


def lines(path: str) -> int:
    """All of check, and each service line as a row of CSV."""
    with open(path, "rb") as stream, open(os.devnull, "w", encoding="utf-8") as sink:
        sink.writelines(rowtext.as_csv(rows.rows(stream, file="x.edi"), columns.LINES.columns(False)))
    return 0


def pyx12(path: str) -> int:
    """pyx12's own validator with its 999: envelope, places and elements; no claims, no policy, no 277CA."""
    import pyx12.params
    import pyx12.x12n_document

    logging.disable(logging.CRITICAL)
    with open(os.devnull, "w") as sink:
        pyx12.x12n_document.x12n_document(pyx12.params.params(), path, sink, None, None)
    return 0


WORK: dict[str, Callable[[str], int]] = {
    "split": split,
    "place": place,
    "check": check,
    "check 042": lambda path: check(path, "042"),
    "ack": ack,
    "lines": lines,
    "pyx12": pyx12,
}


def main() -> None:
    """Measure one work on one file."""
    work, path = sys.argv[1:]
    begun, cpu = time.perf_counter(), time.process_time()
    claims = WORK[work](path)
    result: dict[str, Any] = {
        "cpu": time.process_time() - cpu,
        "seconds": time.perf_counter() - begun,
        "claims": claims,
        "bytes": os.path.getsize(path),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
