"""``python -m benchmarks.shares FILE``: where the time of a check with policy 042 goes, by module.

Python's own profiler makes calls dearer than they are, so these are shares to look at, not to add up; the time of what
is written in C stands under its own name.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from collections import Counter
from pathlib import Path

from benchmarks.measure import WORK

SHOWN = 12


def shares(path: str) -> list[tuple[str, float]]:
    """The modules, and the functions written in C, that take most, each with its share of the whole."""
    WORK["check 042"](path)  # guides and policy are loaded, and what is known by heart is learnt
    profile = cProfile.Profile()
    profile.runcall(WORK["check 042"], path)
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[name.strip("<>") if file == "~" else _module(file)] += own
    return [(name, own / spent.total()) for name, own in spent.most_common(SHOWN)]


def _module(file: str) -> str:
    path = Path(file)
    return "/".join(path.parts[path.parts.index("edi837", -4) + 1 :]) if "edi837" in path.parts[-4:-1] else path.name


if __name__ == "__main__":
    for name, share in shares(sys.argv[1]):
        print(f"  {share:6.1%}  {name}")
