"""Input made to cost time or memory: one thing repeated without end, or one thing without end.

Enters: a count. Leaves: an interchange that holds the thing that often. ``python -m tests.hostile
NAME COUNT`` reads it with policy 042 and prints the CPU seconds and the peak of resident memory in
MB: what an input costs can only be told in a process of its own.
"""

from __future__ import annotations

import io
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from edi837.rules import load
from edi837.terms import Terms

FILE = (Path(__file__).parent.parent / "fixtures" / "demo.edi").read_bytes()


def _before(tag: bytes, text: bytes) -> bytes:
    """The demonstration file with a text before its first segment of that tag."""
    at = FILE.index(b"\n" + tag + b"*") + 1
    return FILE[:at] + text + FILE[at:]


def _instead(tag: bytes, text: bytes) -> bytes:
    at = FILE.index(b"\n" + tag + b"*") + 1
    return FILE[:at] + text + FILE[FILE.index(b"~", at) :]


def _lines(count: int, more: bytes = b"") -> bytes:
    return b"".join(b"LX*%d~SV1*HC:99213*1*UN*1***1~%b" % (at, more) for at in range(count))


def _levels(count: int, form: bytes) -> bytes:
    return b"".join(form % at for at in range(count))


_PAYER = b"SBR*S*18*******CI~OI***Y***Y~NM1*IL*1*A****MI*1~NM1*PR*2*B*****PI*1~"

Made = Callable[[int], bytes]

# One thing repeated: what it costs must grow with the file, and no faster.
REPEATED: dict[str, Made] = {
    "unknown segments": lambda n: _before(b"CLM", b"ZZZ*1~" * n),
    "segments out of place": lambda n: _before(b"HI", b"N3*1~ISR*1~" * (n // 2)),
    "one REF": lambda n: _before(b"HI", b"REF*D9*1~" * n),
    "two REF in turn": lambda n: _before(b"HI", b"REF*D9*1~REF*EA*2~" * (n // 2)),
    "lines of one claim": lambda n: _before(b"LX", _lines(n)),
    "lines with a note each": lambda n: _before(b"LX", _lines(n, b"NM1*82*1*A*B****XX*1234567890~")),
    "other payers": lambda n: _before(b"LX", _PAYER * n),
    "claims of one patient": lambda n: _before(b"CLM", b"CLM*A*1***12:B:1*Y*A*Y*Y~HI*ABK:A419~" * n),
    "claims without an HL": lambda n: _before(b"LX", b"CLM*A*1***12:B:1*Y*A*Y*Y~HI*ABK:A419~REF*D9*1~" * n),
    "levels of billing providers": lambda n: _before(b"HL", b"HL*1**20*1~" * n),
    "levels of subscribers": lambda n: _before(b"HL", b"HL*1**20*1~" + _levels(n, b"HL*%d*1*22*0~")),
    "levels each below the last": lambda n: _before(b"HL", _levels(n, b"HL*%d**23*1~")),
    "transaction sets": lambda n: _before(b"ST", b"ST*837*0001*005010X222A1~" * n),
    "groups": lambda n: _before(b"GS", b"GS*HC*SENDER*RECEIVER*20250303*0915*1*X*005010X222A1~" * n),
    "interchanges": lambda n: FILE * (n // 50 + 1),
    "headers of interchanges": lambda n: FILE[:106] * n,
    "empty segments": lambda n: _before(b"CLM", b"~" * n * 10),
    "line ends": lambda n: _before(b"CLM", b"\r\n" * n * 10),
    "text outside": lambda n: (b"x" * 60 + b"\n") * n + FILE,
    "HI of one claim": lambda n: _before(b"HI", b"HI*BF:A419*BF:B20~" * n),
}  # fmt: skip

# One thing without end, up to the longest segment that is read: a finding, and soon.
ENDLESS: dict[str, Made] = {
    "an amount of nines": lambda n: _instead(b"CLM", b"CLM*A*" + b"9" * n + b"***12:B:1*Y*A*Y*Y"),
    "an amount of signs": lambda n: _instead(b"CLM", b"CLM*A*" + b"-" * n + b"***12:B:1*Y*A*Y*Y"),
    "an amount in powers": lambda n: _instead(b"CLM", b"CLM*A*1e" + b"9" * 9 + b"***12:B:1*Y*A*Y*Y"),
    "a count of nines": lambda n: _instead(b"SE", b"SE*" + b"9" * n + b"*0001"),
    "a quantity of nines": lambda n: _instead(b"SV1", b"SV1*HC:S9500*100*UN*" + b"9" * n + b"***1"),
    "a level of nines": lambda n: _instead(b"HL", b"HL*" + b"9" * n + b"**20*1"),
    "a date of nines": lambda n: _instead(b"DTP", b"DTP*472*D8*" + b"9" * n),
    "elements": lambda n: _instead(b"CLM", b"CLM" + b"*A" * (n // 2)),
    "empty elements": lambda n: _instead(b"CLM", b"CLM" + b"*" * n),
    "components": lambda n: _instead(b"HI", b"HI*ABK" + b":A" * (n // 2)),
    "repetitions": lambda n: _instead(b"CLM", b"CLM*A" + b"^A" * (n // 2)),
    "composites": lambda n: _instead(b"HI", b"HI" + b"*BF:A419" * (n // 8)),
    "a name": lambda n: _instead(b"NM1", b"NM1*41*2*" + b"A" * n),
    "blanks": lambda n: _instead(b"NM1", b"NM1*41*2*" + b" " * n + b"A"),
}


def _cost(data: bytes) -> tuple[float, float]:
    """CPU seconds, and MB."""
    began = time.process_time()
    for _ in Terms([load("042")]).read(io.BytesIO(data)).tell():
        pass
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    _, name, count = sys.argv
    print(*_cost((REPEATED | ENDLESS)[name](int(count))))
