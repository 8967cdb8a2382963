"""Several processes write what one writes, byte for byte, and none of them is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from edi837 import jobs, process, rules
from edi837.frames import Verdict
from edi837.terms import Terms
from tests.formats import edi837
from tests.hands import Slow
from tests.snippets import interchange
from tests.test_kin import HOUR, LATE, VISIT, WEEK, body, claim, level, trial, with_cases
from tests.test_parts import FIXTURES, made

ROOT = Path(__file__).parent.parent
NOW = ("--now", "2026-01-02T03:04")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Small files and a large one, good and bad, and one that is none."""
    folder = tmp_path_factory.mktemp("files")
    for path in sorted((FIXTURES / "837P").rglob("*.edi"))[::9] + sorted((FIXTURES / "envelope").glob("*.edi")):
        if "expected" not in path.parts:
            shutil.copy(path, folder / path.name)
    (folder / "large.edi").write_bytes(made(1600, bad=0.3))
    (folder / "none.edi").write_bytes(b"claims")
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize("form", ["full", "jsonl", "sarif"])
def test_check(files: list[str], form: str) -> None:
    one, two, four = (edi837("check", "--jobs", str(n), "--format", form, *files) for n in (1, 2, 4))
    assert one == two == four and one.status == 3 and len(one.out) > 100_000


def test_ack(files: list[str], tmp_path: Path) -> None:
    told = []
    for count in (1, 2, 4):
        out = tmp_path / str(count)
        done = edi837("ack", "--jobs", str(count), *NOW, "-o", out, *files)
        told.append((done.status, done.err, {path.name: path.read_bytes() for path in out.iterdir()}))
    assert told[0] == told[1] == told[2] and len(told[0][2]) > 100


def test_a_patient_who_comes_again_in_another_part(tmp_path: Path) -> None:
    levels = [level(n, claim(f"C{n}", (HOUR, WEEK)[n % 2]), member=f"SYN{n:06d}") for n in range(2, 40)]
    levels += [level(n, claim(f"D{n}", (VISIT, LATE)[n % 2]), member=f"SYN{n - 38:06d}") for n in range(40, 78)]
    data = interchange(body(*levels))
    terms = Terms([trial(tmp_path)])
    whole = list(terms.read(Slow(data)).tell())
    with jobs.crew(terms, 2) as crew:
        assert crew
        assert list(terms.read(Slow(data), crew.hands).tell()) == whole
    found = [finding.rule for event in whole if isinstance(event, Verdict) for finding in event.findings]
    assert found == ["7-A01"] * 19, "each of two weeks, and no hour without its visit"


def test_patients_who_come_again_in_other_sets_and_interchanges() -> None:
    first = made(300, bad=0.5)
    refused = first.replace(b"CLM*C", b"CLM*D").replace(b"*000000001", b"*000000002").replace(b"\nSE*", b"\nSE*9")
    last = first.replace(b"CLM*C", b"CLM*E").replace(b"*000000001", b"*000000003")
    terms = Terms([rules.load("042")])
    whole = list(terms.read(Slow(first + refused + last)).tell())
    with jobs.crew(terms, 2) as crew:
        assert crew
        assert list(terms.read(Slow(first + refused + last), crew.hands).tell()) == whole
    found = [finding for event in whole if isinstance(event, Verdict) for finding in event.findings]
    of_two = {each.other.claim[0] + each.place.claim[0] for each in found if each.other}
    assert of_two == {"CC", "CE", "DD", "EE"}, "claims of the refused set only among themselves"


def test_each_file_knows_the_claims_of_the_one_before_it(tmp_path: Path) -> None:
    trial(tmp_path, "history")
    for name, number, line in (("a", "C1", WEEK), ("b", "C2", LATE), ("c", "C1", WEEK)):
        (tmp_path / f"{name}.edi").write_bytes(interchange(body(level(2, claim(number, line)))))
    files = [tmp_path / f"{name}.edi" for name in "abc"]
    told = []
    for count in (1, 2):
        store = tmp_path / f"{count}.db"
        terms = ("--policy", with_cases(tmp_path) if count == 1 else tmp_path / "7.toml", "--history", store)
        done = edi837("ack", "--jobs", str(count), *NOW, *terms, "-o", tmp_path / f"out{count}", *files)
        told.append(done.err)
    assert told[0] == told[1] and "b.edi: 1 claim, 1 rejected" in told[0]


def test_one_process_and_a_system_that_cannot_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    with jobs.crew(Terms(), 1) as crew:
        assert crew is None
    monkeypatch.delattr("os.fork")
    with jobs.crew(Terms(), 4) as crew:
        assert crew is None


def children(of: int) -> set[int]:
    """The processes that a process has begun."""
    return {int(each) for each in Path(f"/proc/{of}/task/{of}/children").read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path: Path, end: signal.Signals) -> None:
    os.mkfifo(tmp_path / "claims.edi")
    command = [sys.executable, "-m", "edi837", "check", "--jobs", "2", str(tmp_path / "claims.edi")]
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    own = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, preexec_fn=heard)
    with open(tmp_path / "claims.edi", "wb") as pipe:
        pipe.write(made(2000))
        pipe.flush()
    deadline = time.monotonic() + 60
    while not (begun := children(own.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    own.send_signal(end)
    try:
        _, said = own.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        own.kill()
        raise
    while any(Path(f"/proc/{each}").exists() for each in begun) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert begun and not any(Path(f"/proc/{each}").exists() for each in begun)
    assert b"Traceback" not in said


ENDED_AT_ONCE = """
import os, signal, time
from multiprocessing.process import BaseProcess
from edi837 import jobs
from edi837.cli import run

def start(self, begin=BaseProcess.start):
    begin(self)
    os.kill(os.getpid(), int(os.environ["END"]))

def late(*given, begin=jobs._begin):
    time.sleep(0.3)
    begin(*given)

signal.signal(signal.SIGINT, signal.default_int_handler)
BaseProcess.start, jobs._begin = start, late
run()
"""


@pytest.mark.parametrize(("end", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_whoever_ends_while_processes_are_begun_ends_them_too(
    tmp_path: Path, end: signal.Signals, status: int
) -> None:
    (tmp_path / "claims.edi").write_bytes(made(2000))
    command = [sys.executable, "-c", ENDED_AT_ONCE, "check", "--jobs", "2", str(tmp_path / "claims.edi")]
    own = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, "END": str(int(end))}
    )
    try:
        _, said = own.communicate(timeout=60)  # until nobody can write to it any more
    except subprocess.TimeoutExpired:
        os.killpg(own.pid, signal.SIGKILL)
        raise
    assert own.returncode == status
    assert b"Traceback" not in said


def test_what_goes_wrong_in_a_process_is_our_own_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "claims.edi").write_bytes(made(50))

    def dead(*_: object) -> list[object]:
        raise RuntimeError("SYN0000001")

    monkeypatch.setattr("edi837.jobs.read", dead)  # the processes are forks
    with jobs.crew(Terms(), 2) as crew, pytest.raises(RuntimeError):
        assert crew
        with open(tmp_path / "claims.edi", "rb") as stream:
            list(process.tell(stream, hands=crew.hands((), b"")))
