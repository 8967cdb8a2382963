"""What pyx12 4.0.0 says of an interchange: a second opinion, asked in a subprocess.

Enters: the bytes of an interchange. Leaves: an `Opinion`, the complaints of pyx12 sorted
and without its prose. pyx12 raises on some malformed input and on every byte above 127,
and a fault of ours must not be hidden by a fault of its own, so it never runs in the
process of the tests: `Pyx12` keeps one worker, whose maps stay loaded, and starts another
when it dies or takes too long. Run as a script, this file is that worker.

The opinion is a witness, not the truth. Where pyx12 is known to be wrong the test that
asks it keeps a list of differences, each with its reason.
"""

from __future__ import annotations

import functools
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from select import select
from types import TracebackType
from typing import Any, NamedTuple, Self


class Complaint(NamedTuple):
    """One complaint inside a transaction set.

    ``level`` is ``IK3`` (code: an IK304 value, or pyx12's own ``SEG1`` trailing separator,
    ``HL1``, ``HL2``, ``LX``), ``IK4`` (code: an IK403 value) or ``note`` (a syntax note
    broken, code: the note, ``P0304``; pyx12 names no element).
    """

    set: int  # 1 for the first ST of the file
    segment: int  # ST is 1; a missing one stands where its absence was noticed
    tag: str
    level: str
    element: int = 0
    component: int = 0
    code: str = ""


class Framed(NamedTuple):
    """One complaint about a frame: its position in the file, from 1, and a code.

    An element of the frame's own segments found wrong has the code ``ISA15:7``: the
    element, then the IK403 value. Others are TA105, AK905 and IK502 values.
    """

    frame: int
    code: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """All that pyx12 has to say about one file.

    Not ``ok``, and nothing said: it refused the file unread, as no X12.
    """

    ok: bool = False  # x12n_document returned True
    complaints: tuple[Complaint, ...] = ()
    sets: tuple[Framed, ...] = ()  # IK502..06, without 5
    groups: tuple[Framed, ...] = ()  # AK905..09
    interchanges: tuple[Framed, ...] = ()  # TA105
    unheard: int = 0  # errors it logged but could attach to nothing, and so did not count
    crashed: str | None = None  # the exception that ended it; all the above is then empty

    @property
    def clean(self) -> bool:
        """Nothing at all was said against the file."""
        said = self.complaints or self.sets or self.groups or self.interchanges
        return self.ok and not said and not self.unheard and self.crashed is None


def judge837(data: bytes, timeout: float = 30.0) -> Opinion:
    """The opinion on one interchange, from a worker of its own; ``timeout`` in seconds."""
    with Pyx12(timeout) as pyx12:
        return pyx12.judge(data)


def judge_all(inputs: Iterable[bytes], timeout: float = 30.0) -> Iterator[Opinion]:
    """The opinions on many interchanges, in their order, from one worker.

    ``timeout`` is in seconds, for each input.
    """
    with Pyx12(timeout) as pyx12:
        for data in inputs:
            yield pyx12.judge(data)


class Worker:
    """A process that answers the length of an input and its bytes with a line of JSON. Use it with ``with``."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._command, self.timeout = command, timeout
        self._worker: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes) -> bytes | None:
        """The line; empty when the process died, None when it took too long; both end it."""
        if self._worker is None:
            self._worker = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        worker, line = self._worker, b""
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(len(data).to_bytes(8) + data)
            worker.stdin.flush()
            if not select([worker.stdout], [], [], self.timeout)[0]:
                self.close()
                return None
            line = worker.stdout.readline()
        except BrokenPipeError:
            pass
        if not line:
            self.close()
        return line

    def close(self) -> None:
        """End the process; `ask` starts another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Pyx12(Worker):
    """A worker process in which pyx12 stays loaded."""

    def __init__(self, timeout: float = 30.0) -> None:
        super().__init__([sys.executable, "-I", __file__], timeout)

    def judge(self, data: bytes) -> Opinion:
        """The opinion on one interchange; a dead or slow worker is a crash of pyx12."""
        line = self.ask(data)
        if line is None:
            return Opinion(crashed=f"no answer in {self.timeout:g} s")
        return _opinion(json.loads(line)) if line else Opinion(crashed="worker died")


def _opinion(answer: dict[str, Any]) -> Opinion:
    return Opinion(
        ok=answer["ok"],
        complaints=tuple(sorted(Complaint(*c) for c in answer["complaints"])),
        sets=tuple(sorted(Framed(*f) for f in answer["sets"])),
        groups=tuple(sorted(Framed(*f) for f in answer["groups"])),
        interchanges=tuple(sorted(Framed(*f) for f in answer["interchanges"])),
        unheard=answer["unheard"],
        crashed=answer["crashed"],
    )


# ------------------------------------------------------------------ inside the worker

# The complaints pyx12 attaches to the segment and only names in words.
_NOTE = re.compile(r"Syntax Error \((\w+)\)")
_TOO_MANY = re.compile(r"Too many elements in segment .* should have (\d+)$")
_COMPOSITE = re.compile(r"\(\w+?(\d\d)\) is (missing|marked as Not Used)")


class _Visitor:
    """Walks pyx12's tree of errors in the place of its JSON writer, and keeps the codes."""

    last: _Visitor | None = None

    def __init__(self, stream: object) -> None:
        self.complaints: list[Complaint] = []
        self.interchanges: list[Framed] = []
        self.groups: list[Framed] = []
        self.sets: list[Framed] = []
        self._opened = {"ISA": 0, "GS": 0, "ST": 0}
        self._segment = (0, "")
        _Visitor.last = self

    def _frame(self, node: Any, found: list[Framed]) -> None:
        self._opened[node.id] += 1
        number = self._opened[node.id]
        found.extend(Framed(number, code) for code, _ in node.errors)
        for element in node.elements:
            for code, words, _ in element.errors:
                # Header and trailer share one node; only the words tell them apart.
                tag = re.search(r"\b(ISA|IEA|GS|GE|ST|SE)(?=\d\d)", words)
                name = tag.group() if tag else node.id
                found.append(Framed(number, f"{name}{element.ele_pos:02d}:{code}"))

    def visit_isa_pre(self, node: Any) -> None:
        self._frame(node, self.interchanges)

    def visit_gs_pre(self, node: Any) -> None:
        self._frame(node, self.groups)

    def visit_st_pre(self, node: Any) -> None:
        self._frame(node, self.sets)

    def visit_seg(self, node: Any) -> None:
        self._segment = (node.seg_count, node.seg_id or "")
        for code, words, _ in node.errors:
            self._say(*_classify(code, words))

    def visit_ele(self, node: Any) -> None:
        for code, _, _ in node.errors:
            self._say("IK4", node.ele_pos, node.subele_pos or 0, code)

    def _say(self, level: str, element: int, component: int, code: str) -> None:
        self.complaints.append(Complaint(self._opened["ST"], *self._segment, level, element, component, code))

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("visit_"):
            raise AttributeError(name)
        return lambda node: None


def _classify(code: str, words: str) -> tuple[str, int, int, str]:
    if code == "8":
        if note := _NOTE.search(words):
            return "note", 0, 0, note.group(1)
        if many := _TOO_MANY.match(words):
            return "IK4", int(many.group(1)) + 1, 0, "3"
        if composite := _COMPOSITE.search(words):
            return "IK4", int(composite.group(1)), 0, "1" if composite.group(2) == "missing" else "10"
    return "IK3", 0, 0, code


class _Unheard(logging.Handler):
    """Counts the errors that pyx12 logs without counting them itself."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.getMessage().startswith("No current segment")


def _work() -> None:
    # Any, as pyx12 has no type stubs.
    map_if: Any = import_module("pyx12.map_if")
    map_index: Any = import_module("pyx12.map_index")
    errh_json: Any = import_module("pyx12.errh_json")
    # A map keeps no count of what was seen (the walker's counter does), so one serves all.
    map_if.load_map_file = functools.cache(map_if.load_map_file)
    map_index.map_index = functools.cache(map_index.map_index)
    errh_json.errh_json_visitor = _Visitor
    validate = import_module("pyx12.x12n_document").x12n_document
    unheard = _Unheard()
    logger = logging.getLogger("pyx12")
    logger.addHandler(unheard)
    logger.propagate = False
    params = import_module("pyx12.params").params()

    source = sys.stdin.buffer
    while size := source.read(8):
        data = source.read(int.from_bytes(size))
        answer: dict[str, Any] = {"ok": False, "unheard": 0, "crashed": None}
        _Visitor.last, unheard.count = None, 0
        try:
            text = io.TextIOWrapper(io.BytesIO(data), encoding="ascii")
            answer["ok"] = validate(params, text, None, None, fd_json=io.StringIO())
        except Exception as error:
            answer["crashed"] = f"{type(error).__name__}: {error}"
        answer["unheard"] = unheard.count
        said = _Visitor.last if answer["crashed"] is None else None
        for name in ("complaints", "sets", "groups", "interchanges"):
            answer[name] = getattr(said, name, [])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _work()
