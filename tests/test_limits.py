"""Limits: whatever is sent without end is read in bounded memory, in time that grows no faster than the file.

Times are CPU seconds, each compared with another of the same run; memory is that of a process of its own.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import edi837
from benchmarks import large
from edi837 import chart, grammar
from edi837.checks import texts
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.rules import Policy, load
from edi837.terms import Terms
from edi837.x12 import Delimiters
from tests.hostile import ENDLESS, FILE, REPEATED

ROOT = Path(__file__).parent.parent
POLICY = load("042")
GROWS = 4  # MB: what is learnt by heart on the way grows by some two at first
LONGEST = 1_000_000  # nearly the longest segment that is read, 1 MiB


def _seconds(data: bytes) -> float:
    began = time.process_time()
    for _ in Terms([POLICY]).read(io.BytesIO(data)).tell():
        pass
    return time.process_time() - began


def _grows(make: str, few: int = 1_000, times: int = 4) -> float:
    """How many times as long it takes to read so many times as much, the best of three."""
    small, large = REPEATED[make](few), REPEATED[make](few * times)
    ratio = min(_seconds(large) / max(_seconds(small), 0.002) for _ in range(3))
    return ratio / (len(large) / len(small))


@pytest.mark.parametrize("name", REPEATED)
def test_time_grows_with_the_file_and_no_faster(name: str) -> None:
    assert _grows(name) < 1.7


def test_a_time_that_grows_with_the_square_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Terms.read

    def slow(terms: Terms, stream: io.BytesIO) -> object:
        began, size = time.process_time(), len(stream.getvalue())
        while time.process_time() - began < (size / 100_000) ** 2:
            pass
        return tell(terms, stream)

    monkeypatch.setattr(Terms, "read", slow)
    assert _grows("one REF") > 1.7


def _peak(name: str, count: int) -> float:
    """The peak of memory, in MB, when so many are read."""
    command = [sys.executable, "-m", "tests.hostile", name, str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=120)
    return float(run.stdout.split()[1])


@pytest.mark.parametrize(
    "name", ["unknown segments", "two REF in turn", "lines of one claim", "lines with a note each",
             "levels of subscribers", "transaction sets", "text outside"],
)  # fmt: skip
def test_memory_does_not_grow_with_the_file(name: str) -> None:
    few, many = 5_000, 25_000
    data = len(REPEATED[name](many)) / 1e6  # it is made in the same process
    assert _peak(name, many) - _peak(name, few) < 8 + 2 * data


# ------------------------------------------------------------------ thousands of claims, through the real commands

KEEPING = """
from edi837 import cli, terms
tell, kept = terms.Reading.tell, []
def keeping(reading):
    for event in tell(reading):
        kept.append(event)
        yield event
terms.Reading.tell = keeping
cli.run()
"""


def _costs(shape: str, arguments: list[str], folder: Path) -> tuple[large.Cost, large.Cost]:
    """What a command costs on 1.2 MB of claims, and on 2.4 MB: some 2,400 claims more."""
    made, costs = large.SHAPES[shape], list[large.Cost]()
    claims = large.claims_for(made, 2.4e6)
    for count in (claims // 2, claims):
        large.written(made, count, folder / "claims.edi")
        words = (word.format(file=folder / "claims.edi", out=folder) for word in arguments)
        costs.append(large.cost(list(words)))
    return costs[0], costs[1]


@pytest.mark.parametrize(
    ("shape", "work"),
    [("one set", "ack"), ("levels", "check"), ("faults", "check"), ("faults", "ack"), ("breaches", "ack")],
)
def test_twice_the_claims_take_twice_the_time_and_no_more_memory(shape: str, work: str, tmp_path: Path) -> None:
    for _ in range(3):  # other programs on the machine make CPU seconds longer, now and then
        few, many = _costs(shape, ["-m", "edi837", *large.WORKS[work]], tmp_path)
        if not (broken := large.broken(many, few)):
            break
    assert broken == []
    assert many.peak - few.peak < GROWS


def test_memory_that_grows_with_the_findings_is_seen(tmp_path: Path) -> None:
    few, many = _costs("faults", ["-c", KEEPING, *large.WORKS["check"]], tmp_path)
    assert many.peak - few.peak > GROWS


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_told_soon(name: str) -> None:
    data = ENDLESS[name](LONGEST)
    began, found = time.process_time(), list[Finding]()
    for event in Terms([POLICY]).read(io.BytesIO(data)).tell():
        found += event.findings if isinstance(event, Verdict) else [event] if isinstance(event, Finding) else []
    assert time.process_time() - began < 1.0
    assert any(finding.rule.startswith("X12-") and finding.rejects for finding in found)
    assert all(len(finding.message) < 500 for finding in found)


def test_an_element_of_a_hundred_megabytes_ends_the_interchange() -> None:
    at = FILE.index(b"CLM*") + 4
    told = Terms().read(io.BytesIO(FILE[:at] + b"A" * 100_000_000 + FILE[at:])).tell()
    assert "X12-TA1-023" in {event.rule for event in told if isinstance(event, Finding)}


# ------------------------------------------------------------------ patterns

_TEXT = 65_536
# Modules whose patterns meet no sender's text: the files of the operator, or none; and what needs an extra or runs.
_APART = {
    "codesets", "codefiles", "codetables", "shorthand", "cases", "parquet", "__main__", "spark.source", "spark.answers",
}  # fmt: skip


def _hostile(tag: str) -> Iterator[str]:
    """Texts of 64 KB that a pattern may look at again and again."""
    for unit in ("A", "9", "0", " ", "*", "*A", ":", ":A", "-", ".", "1.", "20250101-", "^A", "S9", "A1-", "\t", "é"):
        text = unit * (_TEXT // len(unit))
        yield from (text, f"{tag}*{text}", f"{tag}*{text}!", f"{tag}**{text}~")


_ANYWHERE = ("search", "sub", "split", "finditer", "findall")  # ways to ask that begin at each letter


class Asked(NamedTuple):
    """A pattern, and how it is asked."""

    name: str
    pattern: re.Pattern[str]
    tag: str = ""  # of the segment it is for
    anywhere: bool = False
    longest: int = _TEXT


def _patterns() -> Iterator[Asked]:
    """Every pattern there is: those made from the guides, those of modules, those of the policies' edits."""
    for version in ("005010X222A1", "005010X223A2"):
        guide = grammar.load(version)
        walked = chart.chart(guide, Delimiters())
        todo = [guide.root]
        while todo:
            loop = todo.pop()
            for child in loop.children:
                if isinstance(child, grammar.LoopUse):
                    todo.append(child)
                else:
                    accepts: Any = walked.site(child).accepts
                    yield Asked(f"{version} {loop.id} {child.tag}", accepts.__self__, child.tag)
    for info in pkgutil.walk_packages(edi837.__path__, "edi837."):
        if info.name.removeprefix("edi837.") in _APART:
            continue
        module = importlib.import_module(info.name)
        source = Path(str(module.__file__)).read_text("utf-8")
        for name, value in vars(module).items():
            anywhere = any(f"{name}.{how}" in source for how in _ANYWHERE)
            for each in value.values() if isinstance(value, dict) else [value]:
                if isinstance(each, re.Pattern):
                    yield Asked(f"{info.name}.{name}", each, anywhere=anywhere)
    for policy in map(load, ("042", "nd-hit")):
        yield from _of_edits(policy)


def _of_edits(policy: Policy) -> Iterator[Asked]:
    for edit in policy.edits:
        for word, value in edit.words.items():
            if isinstance(value, re.Pattern):
                yield Asked(f"{edit.id} {word}", value, anywhere=True, longest=texts._LONGEST)


def _slow(asked: Asked) -> float:
    """The longest that a pattern takes for one of the hostile texts, in CPU seconds."""
    worst, pattern = 0.0, asked.pattern
    asks: list[Any] = [pattern.fullmatch] if asked.tag else [pattern.match, pattern.fullmatch]
    asks += [pattern.search] if asked.anywhere else []
    for text in _hostile(asked.tag):
        said = text if isinstance(pattern.pattern, str) else text.encode()
        for ask in asks:
            took = _took(ask, said[: asked.longest])
            if took > 0.05:  # another process, or the garbage of a test before
                took = min(took, _took(ask, said[: asked.longest]), _took(ask, said[: asked.longest]))
            worst = max(worst, took)
        if worst > 0.05:  # that says it
            break
    return worst


def _took(ask: Callable[..., object], said: str | bytes) -> float:
    began = time.process_time()
    ask(said)
    return time.process_time() - began


def test_no_pattern_looks_again_and_again() -> None:
    patterns = list(_patterns())
    slow = [f"{asked.name}: {took:.3f} s" for asked in patterns if (took := _slow(asked)) > 0.05]
    assert not slow, "\n".join(slow)
    assert len(patterns) > 400


def test_a_pattern_that_does_is_seen() -> None:
    shorter = _TEXT // 4  # it is slow enough
    assert _slow(Asked("", re.compile(r"\s*A*\s*A*!"), longest=shorter)) > 0.05
    assert _slow(Asked("", re.compile(r"A+!"), anywhere=True, longest=shorter)) > 0.05
