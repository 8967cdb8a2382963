"""Many files at once, many workers, many stops: each proof in a process of its own, small enough to be forked.

Enters: a folder and how much. Leaves: what came of it, with ``wrong``, a list that is empty when all is well.
``wrongly`` breaks the gateway in one way first: a proof that does not see that proves nothing.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.labour import SIGNALS
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.start import warm
from tests.gateways import NOW, drop, numbered, once, originals, tree, world
from tests.storm import Chance, forked, kill, put, started

HOARD: list[object] = []  # what a leaking disk holds
_STALLED = 120.0  # seconds without any file going on


def apart(proof: str, folder: Path, *, timeout: float = 600, **asked: Any) -> dict[str, Any]:
    """A proof in a process of its own."""
    command = [sys.executable, "-m", "tests.crowd", proof, str(folder), json.dumps(asked)]
    done = subprocess.run(
        command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, timeout=timeout, check=True
    )
    came: dict[str, Any] = json.loads(done.stdout)
    return came


def amiss(root: Path, count: int) -> list[str]:
    """What is wrong after so many numbered files: each original once, each answer once, each number once."""
    said = []
    if tree(root, "in", ".edi837/work", ".edi837/stage"):
        said.append("something is left over")
    if originals(root) != sorted(numbered(n) for n in range(1, count + 1)):
        said.append("an original is lost or doubled")
    out = list((root / "out").iterdir())
    told = Counter((path.name.split("_")[0], int(path.name.split("_")[2])) for path in out)
    if told != Counter((kind, n) for kind in ("999", "277CA") for n in range(1, count + 1)):
        said.append("an answer is missing or doubled")
    if len({path.read_bytes()[90:99] for path in out}) != len(out):
        said.append("a control number went out twice")
    ledger = Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))
    if [row[0] for row in ledger.rows("SELECT DISTINCT state FROM job")] != ["DONE"] * bool(count):
        said.append("a job is not done")
    ledger.close()
    return said


# ------------------------------------------------------------------ all at once


def burst(root: Path, *, many: int, workers: int = 2) -> dict[str, Any]:
    """So many files come at once to a gateway at work."""
    once(root)
    for number in range(1, many + 1):
        drop(root, f"{number}.edi", numbered(number), "coming")
    warm(world(root))
    pid = started(root, workers=workers, batch=32, poll=0.05, max_out=10 * many)  # nobody empties out/
    _until(lambda: len(_children(pid)) == workers)
    begun = time.monotonic()
    for number in range(1, many + 1):
        os.rename(root / "coming" / f"{number}.edi", root / "in" / f"{number}.edi")
    dropped = time.monotonic() - begun
    sizes: dict[str, list[tuple[int, int]]] = {}
    left, moved, said = many, time.monotonic(), list[str]()
    while True:
        for child in _children(pid):
            if seen := _sized(child):
                sizes.setdefault(child, []).append(seen)
        now = len(os.listdir(root / "in")) + len(os.listdir(root / ".edi837" / "work"))
        if not now:
            break
        if now != left:
            left, moved = now, time.monotonic()
        elif time.monotonic() - moved > _STALLED:
            said.append("it stands still")
            break
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    grown = handles = 0
    for seen_of in sizes.values():
        late = seen_of[len(seen_of) // 4 :]
        if len(late) > 8:
            grown = max(grown, max(size for size, _ in late) - min(size for size, _ in late))
            half = len(late) // 2
            handles = max(handles, max(n for _, n in late[half:]) - max(n for _, n in late[:half]))
    said += ["memory grows"] if grown >= 50 << 20 else []
    said += ["files stay open"] if handles > 20 else []
    return {"files": many, "dropped_in": round(dropped, 2), "rate": round(many / seconds, 1),
            "grown_mb": round(grown / 1e6, 1), "more_handles": handles, "wrong": said + amiss(root, many)}  # fmt: skip


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _sized(child: str) -> tuple[int, int] | None:
    """Bytes in memory and open files of a process; None when it has just ended."""
    try:
        pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
        return (pages * resource.getpagesize(), len(os.listdir(f"/proc/{child}/fd"))) if pages else None
    except (OSError, IndexError):
        return None


def _doing(pid: str) -> str:
    """What a process waits for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return f"{state} {Path(f'/proc/{pid}/wchan').read_text()}"
    except OSError:
        return "gone"


def _until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


# ------------------------------------------------------------------ many workers


class Jumping(Chance):
    """The clock on the wall goes an hour ahead and back, as it likes."""

    def moment(self) -> datetime:
        return NOW + timedelta(hours=random.choice((-1, 0, 1)))


def shared(root: Path, *, count: int, workers: int = 8, seconds: float = 300) -> dict[str, Any]:
    """Workers share files while one or another is stopped and goes on, and clocks jump: nobody is taken for dead."""
    once(root)
    for number in range(1, count + 1):
        drop(root, f"{number}.edi", numbered(number))
    chance, stopped = random.Random(2), 0
    made = world(root, clock=Jumping(), workers=workers, batch=8)
    warm(made)
    pid, end = forked(lambda: Crew(made).run(drain=True, all=True)), time.monotonic() + seconds
    done = found = 0
    while not done and time.monotonic() < end:
        if children := _children(pid):
            child = int(chance.choice(children))
            try:
                os.kill(child, signal.SIGSTOP)
                time.sleep(chance.uniform(0.01, 0.1))
                os.kill(child, signal.SIGCONT)
                stopped += 1
            except ProcessLookupError:
                pass
        time.sleep(chance.uniform(0.0, 0.05))
        done, found = os.waitpid(pid, os.WNOHANG)
    if not done:
        kill(pid)
        return {"files": count, "stopped": stopped, "wrong": ["it did not end"]}
    said = [] if found == 0 else ["it failed"]
    return {"files": count, "stopped": stopped, "wrong": said + amiss(root, count)}


# ------------------------------------------------------------------ many stops


def stops(root: Path, *, turns: int, grace: float = 5.0) -> dict[str, Any]:
    """Told to stop at random moments, it ends within its grace and a second; the next goes on with what is left."""
    chance, count, longest, said = random.Random(3), 0, 0.0, list[str]()
    once(root)
    warm(world(root))
    for _ in range(turns):
        for _ in range(6):
            count += 1
            put(root, f"{count}.edi", numbered(count))
        pid = started(root, workers=2, poll=0.05, grace=grace)
        time.sleep(chance.uniform(0.0, 0.3))
        begun, done = time.monotonic(), 0
        os.kill(pid, chance.choice([signal.SIGTERM, signal.SIGINT]))
        while not done and time.monotonic() - begun < grace + 1:
            done, found = os.waitpid(pid, os.WNOHANG)
            time.sleep(0.002)
        longest = max(longest, time.monotonic() - begun)
        if not done:
            print({each: _doing(each) for each in (str(pid), *_children(pid))}, file=sys.stderr)
            kill(pid)
            said.append("it did not end within its grace")
        elif os.waitstatus_to_exitcode(found) not in (0, -signal.SIGTERM, -signal.SIGINT):  # before it could hear
            said.append(f"it ended with {os.waitstatus_to_exitcode(found)}")
    once(root, clock=Chance())
    return {"stops": turns, "files": count, "longest": round(longest, 2), "wrong": said + amiss(root, count)}


# ------------------------------------------------------------------ what a proof must see


def break_it(how: str) -> None:
    """Break the gateway of this process and its children."""
    opened, rename = Disk.open, Disk.rename

    def leaking(self: Disk, path: str) -> BinaryIO:
        HOARD.append(os.open(path, os.O_RDONLY) if how == "handle" else b"x" * (1 << 20))
        return opened(self, path)

    def losing(self: Disk, old: str, new: str) -> None:
        rename(self, old, new)
        if "/out/277CA" in new and "_000000123_" in new:
            os.unlink(new)

    def copied(self: Disk, old: str, new: str) -> None:
        if "/in/" not in old:
            return rename(self, old, new)
        data = Path(old).read_bytes()
        time.sleep(0.005)
        Path(new).write_bytes(data)
        return self.unlink(old)

    if how in ("handle", "memory"):
        Disk.open = leaking  # type: ignore[method-assign]
    elif how == "lost":
        Disk.rename = losing  # type: ignore[method-assign]
    elif how == "copied":
        Disk.rename = copied  # type: ignore[method-assign]
    elif how == "deaf":
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        signal.pthread_sigmask = lambda *_: set()


PROOFS: dict[str, Callable[..., dict[str, Any]]] = {"burst": burst, "shared": shared, "stops": stops}

if __name__ == "__main__":
    words = json.loads(sys.argv[3])
    break_it(words.pop("wrongly", ""))
    print(json.dumps(PROOFS[sys.argv[1]](Path(sys.argv[2]) / "gate", **words)))
