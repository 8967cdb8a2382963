"""Long work: a bar for whoever watches, nothing for whoever does not, and nothing half-written when it is stopped."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.generate import write_837p
from edi837 import progress
from tests.formats import FIXTURES, ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm", "COLUMNS": "100"}


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is just long enough to be watched."""
    file = tmp_path_factory.mktemp("long") / "long.edi"
    with open(file, "wb") as stream:
        write_837p(stream, 8_500)
    assert progress.LONG < file.stat().st_size < 1.1 * progress.LONG
    return file


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of some megabytes, much of which is wrong, so that it takes its time."""
    lines = (FIXTURES / "demo.edi").read_text().splitlines(keepends=True)
    head, body, tail = lines[:2], lines[2:-2], lines[-2:]
    sets = ["".join(body).replace("HIT1", f"H{n}").replace("*0001", f"*{n:04d}") for n in range(1, 901)]
    file = tmp_path_factory.mktemp("wrong") / "wrong.edi"
    file.write_text("".join([*head, *sets, tail[0].replace("GE*1", "GE*900"), tail[1]]))
    return file


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "edi837", *map(str, arguments)]


def on_a_terminal(*arguments: str | Path) -> tuple[int, str]:
    """Run with standard error on a terminal and standard output in a pipe."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=theirs, env=ENVIRONMENT) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:
                break
            if not block:
                break
            said += block
        os.close(ours)
    return process.returncode, said.decode("utf-8", "replace")


def test_a_bar_on_a_terminal(long: Path, tmp_path: Path) -> None:
    status, said = on_a_terminal("check", long, "--format", "jsonl")
    assert status == 0
    assert "long.edi" in said and "MB" in said and "━" in said
    status, said = on_a_terminal("ack", long, "-o", tmp_path)
    assert status == 0 and "━" in said
    assert len(list(tmp_path.iterdir())) == 4


def test_none_for_a_short_file() -> None:
    status, said = on_a_terminal("check", FIXTURES / "demo.edi", "--format", "jsonl")
    assert status == 1 and "━" not in said and "9 claims" in said


def test_none_without_a_terminal_and_nothing_loaded_for_it(long: Path) -> None:
    script = (
        "import sys; from edi837 import cli; cli.main(['check', sys.argv[1], '--select', 'X'], standalone_mode=False);"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(long)], capture_output=True, env=ENVIRONMENT, timeout=120)
    assert done.stdout.splitlines()[-1] == b"False" and "━".encode() not in done.stderr and b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "LONG", "--format", "sarif", "-o", "OUT/found.sarif"],
        ["check", "LONG", "--baseline", "OUT/known.json", "--write-baseline"],
        ["report", "claims", "LONG", "--html", "OUT/page.html"],
        ["ack", "LONG", "-o", "OUT"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_stopped_in_the_middle_nothing_is_left(arguments: list[str], wrong: Path, tmp_path: Path) -> None:
    words = [word.replace("LONG", str(wrong)).replace("OUT", str(tmp_path)) for word in arguments]
    stopped = 0
    for wait in (0.9, 1.3, 1.7):
        process = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # else none, in the background
        )  # fmt: skip
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        if process.returncode == 130:
            stopped += 1
            assert b"Traceback" not in said
            assert list(tmp_path.iterdir()) == []
    assert stopped, "it was never stopped in the middle"
