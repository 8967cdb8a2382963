"""pyx12's validator as judge of the acknowledgements we write, in a process of its own.

Enters: the bytes of interchanges. Leaves: the complaints pyx12 logs, one string each,
``segment:level:code:message``, where ``segment`` counts the segments of the file from 1
and ``level`` is ISA, GS, ST, SEG or ELE. What it logs is the answer: `x12valid` exits with
1 whether or not it is content. It dies on some inputs, which must be neither a pass nor
the end of the tests: then the one string begins with ``crash:``.

`oracle` asks the same validator about 837s, in codes; here its words are kept, so that a
list of tolerated complaints can name each in full. Run as a script, this file is the judge.
"""

from __future__ import annotations

import functools
import io
import json
import logging
import re
import subprocess
import sys
from importlib import import_module
from typing import IO, Any

CRASH = "crash:"

_SAID = re.compile(r"(?:Line:(\d+) )?(ISA|GS|ST|SEG|ELE):(\S+) - (.*)", re.DOTALL)


@functools.cache
def judge(data: bytes, timeout: float = 60.0) -> list[str]:
    """What pyx12 has against these interchanges; empty when it has nothing. ``timeout`` in seconds."""
    command = [sys.executable, "-I", __file__]
    try:
        run = subprocess.run(command, input=data, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return [f"{CRASH} no answer in {timeout:g} s"]
    if run.returncode:
        return [f"{CRASH} {run.stderr.decode(errors='replace').strip().splitlines()[-1:]}"]
    ok, logged = json.loads(run.stdout)
    said = [_complaint(text) for text in logged]
    return said or ([] if ok else ["0:?:?:pyx12 refuses it and does not say why"])


def judge_all(inputs: list[bytes], timeout: float = 240.0, *, anew: bool = False) -> list[list[str]]:
    """As `judge`, for many files in one process; an input pyx12 dies on answers ``crash:``.

    pyx12 reads its maps once for all of them, or ``anew`` for each, as it does by itself. A map
    holds no count of what was seen: `test_guide_mutants` sees that both ways say the same.
    """
    texts = json.dumps([data.decode("latin-1") for data in inputs]).encode()
    command = [sys.executable, "-I", __file__, "--anew" if anew else "--all"]
    run = subprocess.run(command, input=texts, capture_output=True, timeout=timeout, check=True)
    return [
        [_complaint(text) for text in logged] or ([] if ok else ["0:?:?:pyx12 refuses it and does not say why"])
        for ok, logged in json.loads(run.stdout)
    ]


def _complaint(text: str) -> str:
    found = _SAID.search(text)
    if text.startswith(CRASH):
        return text
    if not found:
        return f"0:?:?:{re.sub(' at 0x[0-9a-f]+', '', text)}"
    return ":".join((found[1] or "0", found[2], found[3], " ".join(found[4].split())))


@functools.cache  # one, for the maps are kept by it
def _params() -> Any:
    return import_module("pyx12.params").params()


def _work(source: IO[str]) -> tuple[bool, list[str]]:
    import pyx12.x12n_document

    logged: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    logger = logging.getLogger("pyx12")
    keep = Keep(logging.ERROR)
    logger.addHandler(keep)
    logger.propagate = False
    try:
        return pyx12.x12n_document.x12n_document(_params(), source, None, None), logged
    finally:
        logger.removeHandler(keep)


def _work_all(anew: bool) -> None:
    if not anew:
        map_if: Any = import_module("pyx12.map_if")
        map_index: Any = import_module("pyx12.map_index")
        map_if.load_map_file = functools.cache(map_if.load_map_file)
        map_index.map_index = functools.cache(map_index.map_index)
    answers = []
    for text in json.load(sys.stdin):
        try:
            answers.append(_work(io.StringIO(text)))
        except Exception as error:
            answers.append((False, [f"{CRASH} {type(error).__name__}"]))
    print(json.dumps(answers))


if __name__ == "__main__":
    if {"--all", "--anew"} & set(sys.argv):
        _work_all("--anew" in sys.argv)
    else:
        print(json.dumps(_work(io.TextIOWrapper(sys.stdin.buffer, encoding="ascii"))))
