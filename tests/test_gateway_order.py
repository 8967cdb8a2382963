"""What the kernel is asked for, in which order: every file and folder is on the disk before what rests on it.

The model of `powerloss` believes what `Disk` says it does; here strace watches what is really called. The command
below runs a gateway once; ``wrongly`` leaves one precaution out.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import ledger
from edi837.gateway.fsops import Disk
from tests.gateways import GOOD, drop, numbered, once

CALL = re.compile(r"^(?P<pid>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>)?(?P<rest>.*)$")
SYNC = re.compile(r"^(?:fsync|fdatasync)\(\d+<(?P<path>[^>]*)>")
HERE = r"(?:AT_FDCWD(?:<[^>]*>)?, )?"
RENAME = re.compile(rf'^rename(?:at2?)?\({HERE}"(?P<old>[^"]*)", {HERE}"(?P<new>[^"]*)"')


def traced(root: Path, log: Path, wrongly: str = "") -> list[tuple[str, str, str]]:
    """Syncs and renames of a run, in the order of their ends: ("sync", path, "") or ("rename", old, new)."""
    words = ["strace", "-f", "-y", "-s", "4096", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2", "-o",
             str(log), sys.executable, "-m", "tests.test_gateway_order", str(root), wrongly]  # fmt: skip
    subprocess.run(words, cwd=Path(__file__).parent.parent, check=True, timeout=120)
    return read(log)


def read(log: Path) -> list[tuple[str, str, str]]:
    """The calls of a log that were done, in the order of their ends."""
    begun: dict[str, str] = {}
    found = []
    for line in log.read_text("utf-8", "replace").splitlines():
        call = CALL.match(line)
        assert call, line
        text = call["rest"]
        if text.endswith("<unfinished ...>"):
            begun[call["pid"]] = text
            continue
        if call["resumed"]:
            text = begun.pop(call["pid"]) + text
        if not text.rstrip().endswith("= 0"):
            continue
        if sync := SYNC.match(text):
            found.append(("sync", sync["path"], ""))
        elif rename := RENAME.match(text):
            found.append(("rename", rename["old"], rename["new"]))
    return found


def faults(root: Path, calls: list[tuple[str, str, str]]) -> list[str]:
    """What is not in its order."""
    said = []
    stage, wal = f"{root}/.edi837/stage/", f"{root}/.edi837/ledger.db-wal"

    def syncs(path: str) -> list[int]:
        return [at for at, (kind, one, _) in enumerate(calls) if kind == "sync" and one == path]

    def within(path: str, first: int, last: int) -> bool:
        return any(first < at < last for at in syncs(path))

    renames = [(at, old, new) for at, (kind, old, new) in enumerate(calls) if kind == "rename"]
    claims = [at for at, old, _ in renames if old.startswith(f"{root}/in/")]
    publishes = [(at, old, new) for at, old, new in renames if new.startswith(f"{root}/out/")]
    filings = [(at, old, new) for at, old, new in renames if old.startswith(stage) and "/archive/" in new]
    originals = [(at, new) for at, _, new in renames if new.endswith("original.edi")]
    if not (len(claims) == 2 and len(publishes) == 4 and len(filings) == 2 and len(originals) == 2):
        return ["it did not do all of it"]
    first, last = min(at for at, *_ in publishes), max(at for at, *_ in publishes)
    if not within(f"{root}/in", max(claims), first):
        said.append("in/ is not synced between claim and answer")
    if not within(wal, max(claims), first):
        said.append("the ledger is not synced before the first answer is seen")
    commit = max((at for at in syncs(wal) if at < first), default=0)
    staged = {old for _, old, _ in publishes} | {f"{old}/{name}" for _, old, _ in filings for name in
                                                  ("manifest.json", "report.json", "report.txt", "")}  # fmt: skip
    for path in sorted(staged):
        if not within(path.rstrip("/"), max(claims), commit):
            name = "the folder" if path.endswith("/") else Path(path).name
            said.append(f"{name} of stage/ is not synced before the decision")
    for folder in (f"{root}/out", *(old for _, old, _ in filings)):
        if not within(folder, last, min(at for at, *_ in filings)):
            said.append(f"{'out/' if folder.endswith('/out') else 'stage/'} is not synced between answer and filing")
    for at, new in originals:
        if not within(str(Path(new).parent), at, len(calls)):
            said.append("where the original lies is not synced")
    for at, _, new in filings:
        if not within(str(Path(new).parent), at, len(calls)):
            said.append("the folder of the day is not synced")
    if not within(wal, max(at for at, _ in originals), len(calls)):
        said.append("the ledger is not synced when it is done")
    return sorted(set(said))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if not shutil.which("strace"):
        pytest.skip("there is no strace here")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("nothing may be traced here")
    return tmp_path / "gate"


def test_everything_is_on_the_disk_before_what_rests_on_it(root: Path, tmp_path: Path) -> None:
    assert faults(root, traced(root, tmp_path / "log")) == []


@pytest.mark.parametrize(
    ("wrongly", "told"),
    [("stage", "the folder of stage/ is not synced before the decision"),
     ("in", "in/ is not synced between claim and answer"), ("out", "out/ is not synced between answer and filing"),
     ("archive", "where the original lies is not synced"),
     ("ledger", "the ledger is not synced before the first answer is seen")],
)  # fmt: skip
def test_the_check_sees_a_sync_that_is_left_out(wrongly: str, told: str, root: Path, tmp_path: Path) -> None:
    assert told in faults(root, traced(root, tmp_path / "log", wrongly))


def break_it(how: str) -> None:
    """Leave out the syncs of one folder, or of the ledger."""
    plain = Disk.sync

    def sync(self: Disk, paths: Any) -> None:
        plain(self, [path for path in paths if f"/{how}" not in path])

    class Loose(sqlite3.Connection):
        def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
            return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *more)

    connect = sqlite3.connect
    if how == "ledger":
        ledger.sqlite3.connect = lambda *said, **more: connect(*said, **more, factory=Loose)  # type: ignore[attr-defined]
    elif how:
        Disk.sync = sync  # type: ignore[method-assign]


if __name__ == "__main__":
    place = Path(sys.argv[1])
    once(place)
    for number in (1, 2):
        drop(place, f"{number}.edi", numbered(number, GOOD))
    break_it(sys.argv[2])
    once(place)
