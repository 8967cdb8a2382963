"""``python -m tests.deep``: the proofs of the gateway in the depth that a release asks for; hours, not minutes.

Each proof is the one that the test suite makes briefly: kills at random moments, states after a lost power,
files at once, many workers, stops, slow writers. ``--kills``, ``--states``, ``--files`` and the others say how many;
``--only NAME`` runs one. Exit status 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import errno
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edi837.gateway.fsops import EXIT
from tests import test_gateway_errors, test_gateway_power, test_gateway_ready
from tests.crowd import apart
from tests.gateways import Told, drop, once
from tests.storm import storm_apart
from tests.test_gateway_kills import POINTS, killed

Proof = Callable[[Path, argparse.Namespace], list[str]]


def kills(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Random SIGKILLs with four workers and a partner who empties out/, in rounds of two minutes."""
    made, files, turn, bad = 0, 0, 0, list[str]()
    while made < asked.kills:
        turn += 1
        (place := folder / f"{turn}").mkdir()
        came = storm_apart(place, timeout=1800, seconds=120, seed=asked.seed + turn, workers=4)
        shutil.rmtree(place)
        made, files, bad = made + came["kills"], files + came["files"], bad + came["wrong"]
        print(f"  {made} kills, {files} files, {len(bad)} wrong", flush=True)
    return bad


def power(folder: Path, asked: argparse.Namespace) -> list[str]:
    """States after a lost power, over runs with other chances."""
    bad, looked, distinct, turn = list[str](), 0, 0, 0
    while looked < asked.states:
        turn += 1
        (folder / f"{turn}").mkdir()
        more, new, wrong = test_gateway_power.outcomes(folder / f"{turn}", 10_000, asked.seed + turn)
        looked, distinct, bad = looked + more, distinct + new, bad + wrong
        print(f"  {looked} states, {distinct} distinct within their runs, {len(bad)} wrong", flush=True)
    return bad


def pairs(folder: Path, asked: argparse.Namespace) -> list[str]:
    """A kill at each step, and another at each step of what takes it up."""
    bad, met, number = list[str](), 0, 0
    for first in POINTS:
        for second in (*POINTS, "adopted"):
            for hit in range(1, asked.pairs + 1):
                number += 1
                root, fetched = folder / f"gate{number}", folder / f"out{number}"
                fetched.mkdir()
                for name, data in test_gateway_power.FILES.items():
                    drop(root, name, data)
                ended = [killed(root, f"{first}:{hit}", 2), killed(root, f"{second}:{hit}", 3)]
                met += ended.count(EXIT)
                once(root, clock=Told(50))
                found = test_gateway_power.wrongs(root, fetched, test_gateway_power.FILES)
                bad += [f"{first}, {second}: {each}" for each in found]
                shutil.rmtree(root)
    print(f"  {number} pairs, {met} of {2 * number} kills met")
    return bad


def errors(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Every errno from every operation on, for good; then two operations that fail, at random."""
    bad = list[str]()
    total = test_gateway_errors.calls(folder)
    for code in test_gateway_errors.ERRNOS:
        for number in range(1, total + 1):
            found = test_gateway_errors.told(folder, code, number, on=True)
            bad += [f"{errno.errorcode[code]} from {number} on: {each}" for each in found]
    print(f"  {total} operations, {len(test_gateway_errors.ERRNOS)} errnos", flush=True)
    chance = random.Random(asked.seed)
    for _ in range(asked.doubles):
        code = chance.choice(test_gateway_errors.ERRNOS)
        first, then = chance.randrange(1, total), chance.randrange(1, total)
        found = test_gateway_errors.told(folder, code, first, on=False, then=then)
        bad += [f"{errno.errorcode[code]} at {first} and {then} later: {each}" for each in found]
    print(f"  {asked.doubles} pairs of errors")
    return bad


def many(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Files at once, two workers."""
    came = apart("burst", folder, timeout=6 * 3600, many=asked.files)
    print(f"  {came}", flush=True)
    return list(came["wrong"])


def workers(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Eight workers share files while they are stopped and go on."""
    came = apart("shared", folder, timeout=6 * 3600, count=asked.shared, seconds=5 * 3600)
    print(f"  {came}", flush=True)
    return list(came["wrong"])


def stops(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Told to stop at random moments."""
    came = apart("stops", folder, timeout=6 * 3600, turns=asked.stops)
    print(f"  {came}", flush=True)
    return list(came["wrong"])


def writers(folder: Path, asked: argparse.Namespace) -> list[str]:
    """Slow writers, two hundred at a time; of the first, a tenth go on after a minute."""
    bad = list[str]()
    for turn in range(max(1, asked.writers // 200)):
        (place := folder / f"{turn}").mkdir()
        if not test_gateway_ready.written(place, 200, pause=0.0 if turn else 61.0, ready="auto", settle=0.5):
            bad.append("a file was read before it was whole")
    return bad


PROOFS: dict[str, Proof] = {
    "kills": kills, "power": power, "pairs": pairs, "errors": errors, "many": many, "workers": workers,
    "stops": stops, "writers": writers,
}  # fmt: skip


def main() -> int:
    """Run the proofs."""
    reading = argparse.ArgumentParser(prog="python -m tests.deep", description=__doc__)
    reading.add_argument("--kills", type=int, default=5000)
    reading.add_argument("--states", type=int, default=50_000)
    reading.add_argument("--files", type=int, default=100_000)
    reading.add_argument("--shared", type=int, default=20_000)
    reading.add_argument("--stops", type=int, default=1000)
    reading.add_argument("--writers", type=int, default=1000)
    reading.add_argument("--pairs", type=int, default=3, help="hits of each fail point in a pair")
    reading.add_argument("--doubles", type=int, default=5000, help="pairs of operations that fail")
    reading.add_argument("--seed", type=int, default=1)
    reading.add_argument("--only", choices=PROOFS)
    asked = reading.parse_args()
    bad = 0
    for name, proof in PROOFS.items():
        if asked.only in (None, name):
            print(f"{name}: {(proof.__doc__ or '').strip()}", flush=True)
            shm = Path("/dev/shm")
            memory = shm if name in ("power", "pairs", "errors") and shm.is_dir() else None
            with tempfile.TemporaryDirectory(dir=memory) as folder:
                begun = time.monotonic()
                found = proof(Path(folder), asked)
                print(f"  {len(found)} wrong, {time.monotonic() - begun:.0f} s", flush=True)
            for each in found[:20]:
                print(f"  WRONG {each}")
            bad += len(found)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
