"""Gateways that are killed, for tests: forked, so that a start costs no import.

Enters: a root. Leaves: processes that run a crew on it, a partner that empties out/, and the sum of it all.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from edi837.gateway import names
from edi837.gateway.crew import Crew
from edi837.gateway.start import warm
from edi837.gateway.steps import Steps
from tests.gateways import Real, drop, numbered, once, originals, tree, world


class Chance(Real):
    """The real clock with real chance, for processes of one root."""

    def token(self, length: int) -> str:
        return names.token(secrets.token_bytes(length))


def forked(work: Callable[[], int]) -> int:
    """Do something in a process of its own, in a group of its own; its id.

    SIGINT ends it, as SIGTERM does, until it hears signals itself: Python would raise KeyboardInterrupt, and that is
    lost where it comes up in what Python runs after a fork.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if pid:
        with suppress(OSError):
            os.setpgid(pid, pid)
        return pid
    status = 70
    try:
        os.setpgid(0, 0)
        status = work()
    finally:
        os._exit(status)


def started(root: Path, **settings: Any) -> int:
    """A crew on a root."""
    return forked(lambda: Crew(world(root, clock=Chance(), **settings)).run())


def kill(pid: int) -> None:
    """Kill a crew with all its workers, at once."""
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def status(pid: int) -> int:
    """How a process ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def partner(root: Path, fetched: Path) -> int:
    """A partner that takes every answer as soon as it is seen, and keeps each apart."""

    def fetch() -> int:
        count = 0
        while True:
            for path in list((root / "out").iterdir()):
                count += 1
                path.rename(fetched / f"{count:07}!{path.name}")
            time.sleep(0.001)

    return forked(fetch)


def storm_apart(folder: Path, *, timeout: float = 300, **asked: Any) -> dict[str, Any]:
    """A storm in a process of its own: one that forks a process as large as a test run's never gets to work."""
    command = [sys.executable, "-m", "tests.storm", str(folder), json.dumps(asked)]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, timeout=timeout, check=True)
    came: dict[str, Any] = json.loads(done.stdout)
    return came


def linked(self: Steps, staged: str, folder: str, name: str, job: str, same: str = "") -> None:
    """A publish that is not one act: a kill must find the gap within seconds."""
    os.link(staged, self._layout(folder, name))
    time.sleep(0.02)
    self._disk.unlink(staged)


def storm(
    root: Path, fetched: Path, *, seconds: float, seed: int, workers: int = 2, batch: int = 4, least: int = 0
) -> dict[str, Any]:
    """Kill gateways at random moments while files come in; what came of it, and what is wrong.

    It takes ``seconds``, and longer until ``least`` kills were made and four times as many files came. Where gateways
    are killed before they get to work, on a busy machine, they are let live longer.
    """
    chance, number, kills, planted, longest = random.Random(seed), 0, 0, 0, 0.15
    fetched.mkdir()
    drop(root.parent / "warm", "a.edi", numbered(1))
    once(root.parent / "warm")  # read the guides here, once, and not in every start
    warm(world(root))
    once(root)
    fetching, until = partner(root, fetched), time.monotonic() + seconds
    settings = {"workers": workers, "batch": batch, "poll": 0.05, "max_attempts": 100_000}
    while time.monotonic() < until or kills < least or (number < 4 * least and kills < 4 * least):
        pid = started(root, **settings)
        longest = min(1.5, longest * 1.05) if number < 4 * kills else longest
        pause = chance.uniform(0.01, longest)
        stop = time.monotonic() + pause
        while time.monotonic() < stop:
            if len(list((root / "in").iterdir())) < 40:
                for _ in range(8):
                    number += 1
                    put(root, f"{number}.edi", numbered(number))
                    if number % 50 == 0:
                        planted += 1
                        put(root, f"{number}.again.edi", numbered(number))
            time.sleep(0.005)
        kill(pid)
        kills += 1
    for _ in range(3):
        once(root, clock=Chance(), max_attempts=100_000)
    time.sleep(0.1)
    os.kill(fetching, signal.SIGKILL)
    os.waitpid(fetching, 0)
    return {"kills": kills, "files": number + planted, "wrong": summed(root, fetched, number, planted)}


def put(root: Path, name: str, data: bytes) -> None:
    """A file that comes into in/ whole."""
    path = drop(root, name, data, "coming")
    path.rename(root / "in" / name)


def summed(root: Path, fetched: Path, number: int, planted: int) -> list[str]:
    """What is wrong in the end."""
    said = []
    if tree(root, "in", ".edi837/work", ".edi837/stage"):
        said.append("something is left over")
    wanted = [numbered(n) for n in range(1, number + 1)] + [numbered(n) for n in range(50, number + 1, 50)]
    if originals(root) != sorted(wanted):
        said.append("an original is lost or doubled")
    out = [(p.name.partition("!")[2], p.read_bytes()) for p in fetched.iterdir()]
    out += [(p.name, p.read_bytes()) for p in (root / "out").iterdir()]
    doubled = [name for name, count in Counter(name for name, _ in out).items() if count > 1]
    said += [f"{name} went out twice" for name in doubled[:5]]
    told = Counter((name.split("_")[0], int(name.split("_")[2])) for name, _ in out)
    due = Counter({(kind, n): 1 for kind in ("999", "277CA") for n in range(1, number + 1)})
    due.update({("TA1", n): 1 for n in range(50, number + 1, 50)})
    if told != due:
        said.append(f"answers: {sorted((told - due).items())[:5]} too many, {sorted((due - told).items())[:5]} missing")
    controls = [int(data[90:99]) for _, data in out]
    if len(set(controls)) != len(controls):
        said.append("a control number went out twice")
    if any(not data.rstrip().endswith(b"~") for _, data in out):
        said.append("an answer is not whole")
    return said


if __name__ == "__main__":
    place, words = Path(sys.argv[1]), json.loads(sys.argv[2])
    if words.pop("wrongly", False):
        Steps._name = linked  # type: ignore[method-assign]
    print(json.dumps(storm(place / "gate", place / "fetched", **words)))
