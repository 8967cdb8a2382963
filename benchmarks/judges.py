"""What a tool says of one interchange, in words that all tools share: how it ended, and what it complains of where.

`Ours` asks edi837, `Pyx12` pyx12 in a process of its own (``tests.oracle``), `Models` a peer that reads into models in
an environment of its own (``benchmarks/modelreader.py``). Each is called as its documentation shows.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from edi837.findings import Finding, NotX12
from edi837.frames import Verdict
from edi837.terms import Terms
from tests.oracle import Opinion, Worker
from tests.oracle import Pyx12 as Oracle

FRAMES = {"ISA": "ISA", "IEA": "ISA", "GS": "GS", "GE": "GS", "ST": "ST", "SE": "ST"}  # a trailer is its header's frame
PATIENCE = 60.0  # seconds for one interchange


class Said(NamedTuple):
    """One complaint. A tool without positions leaves `segment` 0 and names the loop instead."""

    segment: int = 0  # in the set, ST is 1; 0 is the envelope
    loop: str = ""
    tag: str = ""
    code: str = ""  # IK4:7
    rest: str = ""  # what tells it apart from other complaints


@dataclass(frozen=True)
class Word:
    """What a tool says of an interchange."""

    end: str  # read; refused, with all that is wrong; stopped on purpose, at the first thing that is; crashed
    said: tuple[Said, ...] = ()
    noted: bool = False  # it only notes something, and lets the file pass

    @property
    def good(self) -> bool:
        """The interchange is taken for good."""
        return self.end == "read" and not self.said


class Judge(Protocol):
    """A tool under test."""

    name: str
    positions: bool  # whether it says which segment of the set it means
    codes: bool  # whether it has the codes of a 999

    def judge(self, data: bytes) -> Word:
        """What it says of an interchange."""


class Ours(AbstractContextManager["Ours"]):
    """edi837: the whole check without a policy. Only what rejects counts as said."""

    name, positions, codes = "edi837", True, True

    def judge(self, data: bytes) -> Word:
        """Every finding that rejects, of the envelope, of sets and of claims."""
        said, noted = [], False
        try:
            for event in Terms().read(io.BytesIO(data)).tell():
                findings = event.findings if isinstance(event, Verdict) else [event]
                for finding in findings:
                    if isinstance(finding, Finding) and finding.rejects:
                        at = finding.place
                        said.append(Said(at.segment, at.loop, at.tag, finding.syntax or finding.rule, at.refdes))
                    noted |= isinstance(finding, Finding)
        except NotX12:
            return Word("stopped")
        except Exception:  # a fault of ours is to be counted like one of theirs
            return Word("crashed")
        return Word("read", tuple(said), noted)

    def __exit__(self, *of: object) -> None:
        """Nothing is held."""


class Pyx12(Oracle):
    """pyx12: `x12n_document` with its tree of errors, as its 999 writer sees it."""

    name, positions, codes = "pyx12", True, True

    def __enter__(self) -> Self:
        return self

    def judge(self, data: bytes) -> Word:  # type: ignore[override]
        """All complaints; an exception of pyx12's own kind is a refusal without a place."""
        return told(super().judge(data))


def told(opinion: Opinion) -> Word:
    """An opinion of pyx12 in the words of all."""
    if opinion.crashed is not None:
        return Word("stopped" if opinion.crashed.startswith(("EngineError", "X12Error")) else "crashed")
    said = [
        Said(c.segment, "", c.tag, _code(c.level, c.code), f"{c.element} {c.component} {c.code}")
        for c in opinion.complaints
    ]
    for tag, level, found in (
        ("ISA", "TA1", opinion.interchanges), ("GS", "AK9", opinion.groups), ("ST", "IK5", opinion.sets)
    ):  # fmt: skip
        said += [Said(0, "", tag, f"{level}:{framed.code}") for framed in found]
    return Word("read" if opinion.ok or said else "stopped", tuple(said))


def _code(level: str, code: str) -> str:
    if code in ("HL1", "HL2", "LX"):  # a number out of its order
        return "IK4:7"
    if level == "note":  # a syntax note, named as such: E excludes, the others miss something
        return "IK4:I10" if code.startswith("E") else "IK4:2"
    return f"{level}:{code}"


class Models(Worker):
    """A peer that reads into models; a worker in its own Python, started again when it dies or is too slow."""

    positions, codes = False, False

    def __init__(self, name: str, module: str, python: Path) -> None:
        reader = str(Path(__file__).with_name("modelreader.py"))
        super().__init__([str(python), "-I", reader, module, "judge"], PATIENCE)
        self.name = name

    def judge(self, data: bytes) -> Word:
        """How it ended, and every place that its exception names."""
        line = self.ask(data)
        if not line:
            return Word("crashed")
        answer = json.loads(line)
        said = tuple(Said(0, loop, tag, "", rest) for loop, tag, rest in answer["places"])
        return Word(answer["end"], said)


def beyond(word: Word, clean: Word) -> Iterator[Said]:
    """What is said of an interchange and not already of the clean one it was made from."""
    held = [(s.loop, s.tag, s.code, s.rest) for s in clean.said]
    for said in word.said:
        if (key := (said.loop, said.tag, said.code, said.rest)) in held:
            held.remove(key)
        else:
            yield said
