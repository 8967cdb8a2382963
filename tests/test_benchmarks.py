"""What the benchmark concludes: of a peer's word, of a cost against its bound, of a peer that is not there."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__, gateway, large, peers, scores, tables
from benchmarks.generate import Layout, write_837i, write_837p
from benchmarks.judges import Models, Ours, Said, Word, beyond, told
from benchmarks.large import Cost, Shape
from benchmarks.peers import Installed, Missing, Peer
from benchmarks.scores import Fault, outcome
from edi837 import process
from edi837.findings import Finding
from tests.guide_mutants import Expected
from tests.oracle import Complaint, Framed, Opinion

# ------------------------------------------------------------------ the files


def _written(write: Callable[..., None], claims: int, layout: Layout) -> bytes:
    stream = io.BytesIO()
    write(stream, claims, layout=layout)
    return stream.getvalue()


@pytest.mark.parametrize("write", [write_837p, write_837i])
def test_a_faulty_file_has_three_faults_in_every_claim_and_no_others(write: Callable[..., None]) -> None:
    data = _written(write, 80, Layout(faulty=True))
    found = [event for event in process.tell(io.BytesIO(data)) if isinstance(event, Finding)]
    assert {f.syntax for f in found} == {"IK4:7"}
    assert len({f.place.claim for f in found}) == 80
    assert len(found) == 240


def test_claims_are_spread_as_the_layout_says() -> None:
    usual, one = (_written(write_837p, 60, Layout(per_set=per_set)) for per_set in (20, large.ALL))
    assert (usual.count(b"\nST*"), one.count(b"\nST*")) == (3, 1)
    levels = _written(write_837p, 60, Layout(per_set=large.ALL, per_provider=1))
    assert levels.count(b"**20*1~") == 60
    for data in (usual, one, levels):
        assert not [event for event in process.tell(io.BytesIO(data)) if isinstance(event, Finding)]


# ------------------------------------------------------------------ large files

FAST = Cost(wall=1.0, cpu=1.0, peak=60)


@pytest.mark.parametrize(
    ("spent", "half", "said"),
    [
        (Cost(9.0, 2.2, 120), FAST, []),
        (Cost(1.0, 2.3, 120), FAST, ["twice the size takes 2.30 times as long, more than 2.2"]),
        (Cost(1.0, 9.9, 121), None, ["it takes 121 MB, more than 120"]),
        (Cost(1.0, 2.3, 150), FAST, ["twice the size takes 2.30 times as long, more than 2.2",
                                     "it takes 150 MB, more than 120"]),
    ],
)  # fmt: skip
def test_a_bound_that_is_broken_is_said(spent: Cost, half: Cost | None, said: list[str]) -> None:
    assert large.broken(spent, half) == said


@pytest.mark.parametrize("name", large.SHAPES)
def test_a_file_has_the_size_asked_for(name: str, tmp_path: Path) -> None:
    shape = large.SHAPES[name]
    claims = large.claims_for(shape, 2e6)
    counted = large.written(shape, claims, tmp_path / "x.edi")
    assert counted.size == (tmp_path / "x.edi").stat().st_size == pytest.approx(2e6, rel=0.03)
    assert counted.levels == (tmp_path / "x.edi").read_bytes().count(b"\nHL*")


def test_the_cost_of_a_process_is_its_own() -> None:
    small, large_ = (large.cost(["-c", f"x = b'x' * {size}; sum(range({size}))"]) for size in (1_000, 60_000_000))
    assert large_.peak - small.peak == pytest.approx(60, abs=8)
    assert large_.cpu > small.cpu + 0.2
    with pytest.raises(RuntimeError, match="ended with 3"):
        large.cost(["-c", "raise SystemExit(3)"])


def test_large_files_are_measured_on_both_sizes_and_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["0.0004", "--shapes", "levels", "--works", "ack", "--on", str(tmp_path)]
    assert large.main(words) == 0
    said = capsys.readouterr().out
    assert said.count("times the half") == 1 and "BROKEN" not in said
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(large, "PEAK", 1)
    assert large.main([*words, "--whole"]) == 1
    assert "BROKEN: levels, ack: it takes" in capsys.readouterr().out


def test_a_command_that_fails_is_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def garbled(stream: Any, claims: int, **_: Any) -> None:
        stream.write(b"no X12")

    monkeypatch.setitem(large.SHAPES, "sets", Shape("no X12", Layout(), write=garbled))
    with pytest.raises(RuntimeError, match="ended with 3"):
        large.main(["0.0001", "--shapes", "sets", "--on", str(tmp_path)])
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_seen_before_anything_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert large.main(["1000000", "--on", str(tmp_path)]) == 2
    assert "GB may be needed" in capsys.readouterr().out


# ------------------------------------------------------------------ what a tool says

MISSING = Expected("IK3:3", 20, "NM1", ("2010BA",))
BAD_CODE = Expected("IK4:7", 20, "CLM", ("2300",), 6)
FRAME = Expected("TA1:021", 0, "IEA", (), 1)


@pytest.mark.parametrize(
    ("expected", "said", "positions", "placed"),
    [
        (BAD_CODE, Said(20, tag="CLM"), True, True),
        (BAD_CODE, Said(21, tag="CLM"), True, False),
        (BAD_CODE, Said(20, tag="HI"), True, False),
        (MISSING, Said(21, tag="NM1"), True, True),  # one behind
        (MISSING, Said(22, tag="NM1"), True, False),
        (FRAME, Said(0, tag="ISA"), True, True),
        (FRAME, Said(0, tag="GS"), True, False),
        (FRAME, Said(20, tag="CLM"), True, False),
        (BAD_CODE, Said(0, tag="ST"), True, False),
        (BAD_CODE, Said(loop="2300", tag="CLM"), False, True),
        (BAD_CODE, Said(loop="2400", tag="CLM"), False, False),
        (BAD_CODE, Said(tag="CLM"), False, True),  # it names no loop at all
        (BAD_CODE, Said(loop="2300"), False, False),
        (MISSING, Said(loop="2010BA"), False, True),
        (MISSING, Said(loop="2000B"), False, False),
    ],
)
def test_a_complaint_is_in_place_when_it_names_the_segment(
    expected: Expected, said: Said, positions: bool, placed: bool
) -> None:
    assert scores.in_place(said, expected, positions) is placed


class Tool:
    """A tool with one answer."""

    name, positions, codes = "tool", True, True

    def __init__(self, word: Word) -> None:
        self.word = word

    def judge(self, data: bytes) -> Word:
        """That answer."""
        return self.word


GOOD, AT = Word("read"), Said(20, "", "CLM", "IK4:7")
HELD = Word("read", (Said(7, "", "REF", "IK4:5"),))  # against the good file


@pytest.mark.parametrize(
    ("word", "clean", "kind", "coded"),
    [
        (GOOD, GOOD, "passed", False),
        (Word("read", (AT,)), GOOD, "in place", True),
        (Word("read", (AT._replace(code="IK4:8"),)), GOOD, "in place", False),
        (Word("read", (AT._replace(segment=3),)), GOOD, "elsewhere", False),
        (Word("stopped"), GOOD, "elsewhere", False),
        (Word("crashed"), GOOD, "crashed", False),
        (Word("read", (AT,)), Word("stopped"), "unread", False),
        (Word("read", (AT,)), Word("crashed"), "unread", False),
        (HELD, HELD, "passed", False),
        (Word("read", (*HELD.said, AT)), HELD, "in place", True),
        (Word("read", (AT,)), Word("read", (AT._replace(segment=9),)), "passed", False),  # it moved by the fault
    ],
)
def test_what_a_tool_makes_of_a_fault(word: Word, clean: Word, kind: str, coded: bool) -> None:
    found = outcome(Tool(word), Fault("x", b"", BAD_CODE), clean)
    assert (found.kind, found.coded) == (kind, coded)


def test_what_is_held_against_the_good_file_twice_and_three_times_is_beyond_it_once() -> None:
    assert list(beyond(Word("read", (AT,) * 3), Word("read", (AT,) * 2))) == [AT]


def test_edi837_refuses_each_slip_in_place_by_its_code() -> None:
    ours = Ours()
    faults = list(islice(scores.slips(["837P/pass/office-visit", "837I/pass/hospital"]), 0, None, 9))
    counts = scores.tally(ours, faults, scores.words_on(ours, {fault.fixture for fault in faults}))
    assert len(faults) > 100
    noted = counts["passed"]  # elements of the ISA that touch no claim
    assert counts["code"] + noted + counts["elsewhere"] == len(faults) and noted == counts["noted"] < 8
    assert counts["elsewhere"] <= 1 and not counts["crashed"]


def test_the_word_of_pyx12() -> None:
    complaints = (Complaint(1, 9, "HL", "IK3", code="HL1"), Complaint(1, 20, "CLM", "note", code="P0304"))
    word = told(Opinion(False, complaints, (Framed(1, "4"),)))
    said = [(s.segment, s.tag, s.code) for s in word.said]
    assert said == [(9, "HL", "IK4:7"), (20, "CLM", "IK4:2"), (0, "ST", "IK5:4")]
    assert told(Opinion(True)).good
    assert told(Opinion(False)).end == "stopped"
    assert told(Opinion(crashed="EngineError: no map")).end == "stopped"
    assert told(Opinion(crashed="IndexError: 7")).end == "crashed"


# ------------------------------------------------------------------ peers

PEER = '''
class ValidationError(ValueError):
    def errors(self):
        return [{"loc": ("loop_2000a", 0, "loop_2010aa", "nm1_segment", "code"), "type": "enum"},
                {"loc": ("loop_2000a", 1, "loop_2000b", 0, "__root__"), "type": "value_error"}]

class X12ModelReader:
    def __init__(self, text):
        self.text = text
    def __enter__(self):
        return self
    def __exit__(self, *of):
        pass
    def models(self):
        yield "a set"
        if "invalid" in self.text:
            raise ValidationError()
        if "unknown" in self.text:
            raise ValueError("Error parsing REF segment field 4")
        if "crash" in self.text:
            {}["no such key"]
        if "die" in self.text:
            import os
            os._exit(1)
'''


@pytest.fixture(scope="module")
def peer_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with a peer of the tests in it."""
    home = tmp_path_factory.mktemp("peer")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    package = next(home.glob("lib/python*/site-packages")) / "models_of_ours"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "io.py").write_text(PEER)
    return home / "bin" / "python"


@pytest.mark.parametrize(
    ("text", "end", "places"),
    [
        ("good", "read", []),
        ("invalid", "refused", [("2010AA", "NM1"), ("2000B", "")]),
        ("unknown", "stopped", [("", "REF")]),
        ("crash", "crashed", []),
        ("die", "crashed", []),
    ],
)
def test_a_peer_that_reads_into_models(peer_python: Path, text: str, end: str, places: list[tuple[str, str]]) -> None:
    with Models("ours", "models_of_ours", peer_python) as models:
        for _ in range(2):  # after the worst it is started again
            word = models.judge(text.encode())
            assert (word.end, [(s.loop, s.tag) for s in word.said]) == (end, places)


def test_the_speed_of_a_peer_and_where_it_stopped(peer_python: Path) -> None:
    ours = Peer("ours", "models_of_ours", (), "")
    good, bad = (peers.speed(Installed(ours, peer_python), Path(name)) for name in ("good", "invalid"))
    assert good["end"] == "read" and good["peak"] > 5 and good["cpu"] >= 0
    assert (bad["end"], bad["sets"], bad["error"]) == ("refused", 1, "ValidationError")


def test_a_peer_that_cannot_be_had_is_said(tmp_path: Path, peer_python: Path) -> None:
    nowhere = Peer("nowhere", "nowhere", (str(tmp_path / "nothing.whl"),), "")
    with pytest.raises(Missing, match=r"nowhere does not install: ERROR: .*nothing\.whl"):
        peers.install(nowhere, tmp_path)
    with pytest.raises(Missing, match="No module named 'nowhere'"):
        peers.started(nowhere, peer_python)
    with pytest.raises(Missing, match="python does not start: No such file"):
        peers.started(nowhere, tmp_path / "python")


def test_a_run_without_a_peer_that_was_asked_for_fails(
    monkeypatch: pytest.MonkeyPatch, peer_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, gone = Peer("there", "models_of_ours", ("there==1",), ""), Peer("gone", "gone", (), "")
    monkeypatch.setattr(peers, "PEERS", (there, gone))
    monkeypatch.setattr(tables, "STEPS", ())
    asked = list[str]()
    monkeypatch.setattr(__main__, "score", lambda run, every: asked.extend(i.peer.name for i in run.peers))
    given = [f"--peer-python={name}={peer_python}" for name in ("there", "gone")]
    assert __main__.main(["--peers", *given]) == 1
    said = capsys.readouterr()
    assert "NOT MEASURED: gone does not start" in said.out and "NOT MEASURED: gone" in said.err
    assert asked == ["there"] and "there: there==1" in said.out
    with pytest.raises(SystemExit):
        __main__.main(["--peers", "--peer-python=nobody=/bin/python"])


# ------------------------------------------------------------------ the tables


def test_each_step_alone_is_its_work_less_the_one_below(capsys: pytest.CaptureFixture[str]) -> None:
    run = tables.Run(1_000_000, 1, Path())
    for kind in ("837P", "837P-faulty", "837I", "837I-faulty"):
        for at, work in enumerate(tables.OURS, 1):
            run.results[kind, work] = {"cpu": 10.0 * at * (3 if "faulty" in kind else 1)}
    tables.by_step(run)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    assert lines[0] == ["split", "10", "3.0x", "30", "3.0x"]
    assert lines[2] == ["check", "10", "3.0x", "30", "3.0x"]
    assert lines[5] == ["lines", "30", "3.0x", "90", "3.0x"]  # on top of check


def test_a_run_in_small(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "OURS", ("lines",))
    monkeypatch.setattr(tables, "STEPS", (tables.works, tables.files))
    assert __main__.main(["--claims", "12", "--runs", "1"]) == 0
    said = capsys.readouterr().out
    for kind in ("837P", "837P-faulty", "837I", "837I-faulty"):
        assert f"\n{kind}: 0.0 MB" in said
    for work in ("lines", "pyx12"):
        assert said.count(f"\n  {work:20}") == 5


def test_every_command_that_the_pages_name_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parent.parent
    pages = [root / "README.md", *(root / "docs").glob("*.md")]
    named = {c for page in pages for c in re.findall(r"`python -m benchmarks(?: ([^`]*))?`", page.read_text("utf-8"))}
    assert {"", "--peers"} < named and any(command.startswith("--large") for command in named)
    monkeypatch.setattr(tables, "STEPS", ())
    monkeypatch.setattr(peers, "found", lambda folder, given: ([], []))
    monkeypatch.setattr(__main__, "score", lambda run, every: None)
    monkeypatch.setattr(large, "measured", lambda *asked: [])
    monkeypatch.setattr(large, "room", lambda *asked: None)
    monkeypatch.setattr(gateway, "main", lambda words: None)
    for command in named:
        assert __main__.main(shlex.split(command)) == 0, command
