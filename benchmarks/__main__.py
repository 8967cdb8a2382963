"""``python -m benchmarks``: rates, memory, and the ratio to pyx12 in the same run, on the same files.

Every figure comes from a process of its own, the median of several runs. Nothing is asserted: machines differ, ratios
less so. ``--peers`` adds the other peers that install from PyPI, and what each tool makes of faults planted in good
files. ``--large GB`` measures large files against bounds (``--large GB --help``), ``gateway`` the gateway.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import gateway, large, machine, peers, tables
from benchmarks.tables import Run


def main(words: list[str]) -> int:
    """Generate the files, measure, print; 1 when a peer that was asked for is missing."""
    if words[:1] == ["gateway"]:
        gateway.main(words[1:])
        return 0
    if words[:1] == ["--large"]:
        return large.main(words[1:])
    reading = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    reading.add_argument("--claims", type=int, default=30_000, help="claims in the 837P (an 837I of a third as many)")
    reading.add_argument("--runs", type=int, default=3, help="runs of each work but the peers', which run once")
    reading.add_argument("--peers", action="store_true", help="measure and score the other peers too; needs .[test]")
    reading.add_argument("--peer-python", action="append", default=[], metavar="NAME=PYTHON",
                         help="a Python that has this peer, instead of installing it")  # fmt: skip
    reading.add_argument("--every", type=int, default=1, metavar="N", help="with --peers: only every Nth fault")
    asked = reading.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        folder, missing = Path(name), list[str]()
        run = Run(asked.claims, asked.runs, folder)
        if asked.peers:
            try:
                run.peers, missing = peers.found(folder, asked.peer_python)
            except ValueError as error:
                reading.error(str(error))
        print("\n".join(machine.lines()), flush=True)
        for installed in run.peers:
            print(f"{installed.peer.name}: {', '.join(installed.peer.pins)}")
        for said in missing:
            print(f"NOT MEASURED: {said}", flush=True)
        for step in tables.STEPS:
            step(run)
        if asked.peers:
            score(run, asked.every)
    for said in missing:
        print(f"NOT MEASURED: {said}", file=sys.stderr)
    return 1 if missing else 0


def score(run: Run, every: int) -> None:
    """What each tool makes of faults. The tests are imported only here: they need more than the program does."""
    from contextlib import ExitStack

    from benchmarks import judges, scores

    with ExitStack() as stack:
        tools: list[judges.Judge] = [stack.enter_context(judges.Ours()), stack.enter_context(judges.Pyx12())]
        for peer, python in run.peers:
            tools.append(stack.enter_context(judges.Models(peer.name, peer.module, python)))
        scores.table(tools, every)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
