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


def _complaint(text: str) -> str:
    found = _SAID.search(text)
    if not found:
        return f"0:?:?:{text}"
    return ":".join((found[1] or "0", found[2], found[3], " ".join(found[4].split())))


def _work() -> None:
    import pyx12.params
    import pyx12.x12n_document

    logged: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    logger = logging.getLogger("pyx12")
    logger.addHandler(Keep(logging.ERROR))
    logger.propagate = False
    source = io.TextIOWrapper(sys.stdin.buffer, encoding="ascii")
    ok = pyx12.x12n_document.x12n_document(pyx12.params.params(), source, None, None)
    print(json.dumps([ok, logged]))


if __name__ == "__main__":
    _work()
