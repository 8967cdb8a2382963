"""The gates themselves: what is measured is there, and what is changed is changed."""

from __future__ import annotations

import ast
import fnmatch
from pathlib import Path

import pytest

from tests import cover, mutants

ROOT = Path(__file__).parent.parent
MODULES = {
    path.relative_to(ROOT / "edi837").with_suffix("").as_posix() for path in (ROOT / "edi837").rglob("*.py")
}  # fmt: skip


def test_what_coverage_is_asked_of_is_there_and_in_one_part() -> None:
    words = [(part, word) for part, patterns in cover.PARTS.items() for word in patterns.split()]
    found = [(part, name) for part, word in words for name in fnmatch.filter(MODULES, word)]
    assert all(fnmatch.filter(MODULES, word) for _, word in words)
    assert len({name for _, name in found}) == len(found)


def test_the_tests_that_are_measured_are_there() -> None:
    asked = {*cover.TESTS, *(name.removeprefix("test_") for _, names in mutants.TARGETS.values() for name in names)}
    assert asked <= {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}


@pytest.mark.parametrize("target", mutants.TARGETS)
def test_every_mutant_changes_one_thing(target: str) -> None:
    every = list(mutants.mutants(mutants.TARGETS[target][0]))
    assert len(every) > 100 and len({(each.path, each.site) for each in every}) == len(every)
    for each in every[:: len(every) // 20]:
        plain = ast.parse((ROOT / each.path).read_text("utf-8"))
        after = mutants.mutated(each)
        assert ast.dump(plain) != ast.dump(after)
        compile(after, each.path, "exec")


def test_a_mutant_says_what_it_changes() -> None:
    change = mutants.Change("x.py")
    change.visit(ast.parse('def f(a, b=1):\n    """Words."""\n    if a < b and b:\n        return a + 1\n    g()\n'))
    assert [(each.was, each.now, each.within and each.within[1]) for each in change.made] == [
        ("1", "2", None), ("a < b and b", "b", "f"), ("a < b and b", "a < b", "f"), ("a < b", "a <= b", "f"),
        ("return a + 1", "return None", "f"), ("a + 1", "a - 1", "f"), ("1", "2", "f"), ("g()", "pass", "f"),
    ]  # fmt: skip
