"""``python -m benchmarks``: rates, memory, and the ratio to pyx12 in the same run, on the same file.

Every figure comes from a process of its own, the median of several runs. Nothing is asserted:
machines differ, ratios less so. ``python -m benchmarks gateway`` measures the gateway.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.generate import write_837i, write_837p
from benchmarks.measure import WORK


def measure(work: str, path: Path, runs: int) -> dict[str, Any]:
    """The median run of one work."""
    results = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", work, str(path)], capture_output=True, text=True, check=True
        )
        results.append(json.loads(done.stdout))
    middle = statistics.median_low(r["seconds"] for r in results)
    return next(r for r in results if r["seconds"] == middle)


def table(path: Path, runs: int) -> None:
    """Print every work on one file."""
    print(f"\n{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    print(f"  {'work':10}{'seconds':>9}{'MB/s':>8}{'claims/s':>10}{'peak MB':>9}{'x pyx12':>9}")
    judge = measure("pyx12", path, 1)
    claims = 0
    for work in WORK:
        result = judge if work == "pyx12" else measure(work, path, runs)
        claims = claims or result["claims"]
        seconds = result["seconds"]
        rate = result["bytes"] / 1e6 / seconds
        times = judge["seconds"] / seconds
        print(f"  {work:10}{seconds:9.2f}{rate:8.2f}{claims / seconds:10.0f}{result['peak']:9.0f}{times:9.1f}")


def growth(folder: Path, small: int, runs: int) -> None:
    """Print time and memory for a file and one ten times as long."""
    print("\nten times the claims")
    print(f"  {'work':10}{'claims':>9}{'seconds':>9}{'peak MB':>9}")
    for work in ("check 042", "ack"):
        for claims in (small, small * 10):
            path = folder / f"837P-{claims}.edi"
            if not path.exists():
                with path.open("wb") as stream:
                    write_837p(stream, claims)
            result = measure(work, path, runs if claims == small else 1)
            print(f"  {work:10}{claims:9}{result['seconds']:9.2f}{result['peak']:9.0f}")


def main() -> None:
    """Generate the files, measure, print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--claims", type=int, default=30_000, help="claims in the 837P (an 837I of a third as many)")
    arguments.add_argument("--runs", type=int, default=3, help="runs of each work but pyx12's, which runs once")
    options = arguments.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}. What each work does:")
    for name, work in WORK.items():
        print(f"  {name:10}{(work.__doc__ or 'As check, with policy 042.').strip()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        professional, institutional = folder / f"837P-{options.claims}.edi", folder / "837I.edi"
        with professional.open("wb") as stream:
            write_837p(stream, options.claims)
        with institutional.open("wb") as stream:
            write_837i(stream, options.claims // 3)
        table(professional, options.runs)
        table(institutional, options.runs)
        growth(folder, options.claims, options.runs)


if __name__ == "__main__":
    if sys.argv[1:2] == ["gateway"]:
        from benchmarks import gateway

        gateway.main(sys.argv[2:])
    else:
        main()
