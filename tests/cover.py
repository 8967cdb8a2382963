"""Is every way through the code taken by a test? ``python -m tests.cover``: branches, in parts of the house.

Runs the tests that come by most of it, and of a test with many examples only a few, so that it takes a minute and not
the time of all tests; what they do not come by counts as missing, whoever else does. Fails when a part is below its
share, and names the lines. Needs coverage, which is beside the program (.ci/lock/beside.txt); what is measured, and
that the gateway's workers are measured too, stands in setup.cfg.
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
LEAST = 95.0  # of a hundred statements and branches, in each part

PARTS = {
    "reader": (
        "x12 isa envelope syntax accept onward misfits levels cut loops process packing pending frames body part "
        "foresight ahead parted"
    ),
    "guide": "maps grammar guidebook chart companion codesets codewindows codetables codefiles table statuscodes",
    "claims": "claim mapper claimrows rows columns rowtext scope parts mend",
    "checks": "checks/* edit editfile editwords sieve bench gate kin seen overlap snip/*",
    "acks": "acks/* replies/*",
    "gateway": "gateway/*",
}

# Which tests, and how many examples of each at most, evenly drawn.
TESTS = {
    "x12": 3, "envelope": 99, "loops": 6, "process": 6, "accept": 6, "packing": 6, "syntax": 99,
    "parts": 40,
    "grammar": 3, "companion": 6, "codetables": 6, "statuscodes": 9, "explain": 9, "policy_errors": 99,
    "mapper": 99, "data": 3, "rows": 9, "answer": 9, "config": 9, "payers": 2, "mend": 99,
    "checks": 9, "sieve": 1, "vocabulary": 99, "snip": 99, "kin": 9, "home_infusion": 99, "policies": 10,
    "gateway": 3, "gateway_numbers": 99, "gateway_ledger": 99, "gateway_desk": 9, "gateway_folders": 9,
    "gateway_health": 9, "gateway_packed": 9, "gateway_repeats": 4, "gateway_ready": 9, "gateway_wake": 9,
    "gateway_errors": 2, "gateway_crew": 3,
    "acks": 3, "acks_codes": 2, "acks_277ca": 9, "acks_999": 9, "acks_writers": 9, "formats_acks": 9, "replies": 99,
}  # fmt: skip
LEFT_OUT = (  # slow for what they come by; and the checks of checks
    "pyx12", "crowd", "bounded", "fixtures", "shipped", "help_shows", "the_check_", "at_any_moment", "two_thousand",
    "two_hundred", "two_operations", "more_numbers", "the_table_lists", "extract_is_not", "memory_does_not_grow",
    "has_no_flaw", "no_oddity", "update_and_list",
    "files_of_others", "hangs_are_seen",
    "list_says", "false_is_never_said", "each_operation_fails", "takes_time",
)  # fmt: skip


class Few:
    """Keeps a few examples of every test."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Of each test as many as are asked for."""
        alike: dict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
        for item in items:
            name = item.name.partition("[")[0]
            if not any(word in name for word in LEFT_OUT):
                alike[item.path, name].append(item)
        kept: set[pytest.Item] = set()
        for (path, _), every in alike.items():
            count = min(TESTS[path.stem.removeprefix("test_")], len(every))
            kept.update(every[at * len(every) // count] for at in range(count))
        items[:] = [item for item in items if item in kept]


def run() -> int:
    """The tests, in this process, which is measured."""
    settings.register_profile("cover", derandomize=True, max_examples=20)
    settings.load_profile("cover")
    tests = [f"tests/test_{name}.py" for name in TESTS]
    return pytest.main(["-q", "-pno:xdist", "-pno:cacheprovider", *tests], [Few()])



def told(data: Path) -> int:
    """Prints the share of every part and what is missing; 1 when there is too little."""
    import coverage

    measured = coverage.Coverage(data_file=str(data), config_file=str(ROOT / "setup.cfg"))
    measured.combine([str(data.parent)])
    measured.json_report(outfile=str(data) + ".json", ignore_errors=False)
    files = json.loads(Path(str(data) + ".json").read_text("utf-8"))["files"]
    status = 0
    for part, patterns in PARTS.items():
        there = missing = 0
        lines = []
        for path, found in sorted(files.items()):
            name = path.rpartition("edi837/")[2].removesuffix(".py")
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split()):
                said = found["summary"]
                there += said["num_statements"] + said["num_branches"]
                lacks = said["missing_lines"] + said["missing_branches"]
                missing += lacks
                if lacks:
                    lines.append(f"  {lacks:4} {name}: {found['missing_lines']} {found['missing_branches']}")
        share = 100 * (there - missing) / there
        status |= share < LEAST
        print(f"{part}: {share:.1f} % of {there} statements and branches", "" if share >= LEAST else f"< {LEAST}")
        if share < LEAST or "-v" in sys.argv:
            print(*sorted(lines, reverse=True), sep="\n")
    return status


def main() -> int:
    """Measure and tell."""
    if sys.argv[1:2] == ["--run"]:
        return run()
    with tempfile.TemporaryDirectory() as place:
        data = Path(place, "measured")
        command = ["-m", "coverage", "run", "--rcfile=setup.cfg", "-m", "tests.cover", "--run"]
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(data)}, check=False
        )
        if done.returncode > 1:  # they could not be run; a test that fails, fails where all are run, and counts here
            return done.returncode
        return told(data)


if __name__ == "__main__":
    sys.exit(main())
