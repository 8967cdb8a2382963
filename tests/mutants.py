"""Would the tests notice? The code of the checks, the acknowledgements and the ledger changed in one place at a time.

``python -m tests.mutants checks`` (``acks``, ``ledger``) changes a comparison, a condition, a number, a word, leaves a
statement out; then runs those tests that come by the changed function, the quickest first, until one fails. With
``--sample N --seed S`` only so many, drawn. What no test notices is printed: it asks for a test, or is excused in
docs/mutants.md.

The tests are collected once. Each mutant is a fork of that process in which the functions get their changed code. What
runs before the tests do (at import, while collecting), or stands outside of functions, is changed in a copy of the
house, and the tests begin anew there.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TARGETS: dict[str, tuple[str, Sequence[str]]] = {
    "checks": ("edi837/checks/*.py", [
        "test_checks", "test_vocabulary", "test_checks_answers", "test_sieve", "test_mend", "test_policy_errors",
        "test_policies", "test_home_infusion", "test_policy_properties", "test_history", "test_kin", "test_policytools",
    ]),
    "acks": ("edi837/acks/*.py", [
        "test_acks", "test_acks_codes", "test_acks_writers", "test_acks_999", "test_acks_277ca", "test_acks_echoes",
        "test_acks_277ca_counts", "test_statuscodes",
    ]),
    "ledger": ("edi837/gateway/ledger.py", [
        "test_gateway_numbers", "test_gateway_ledger", "test_gateway_repeats", "test_gateway_desk", "test_gateway",
    ]),
}  # fmt: skip
LEFT_OUT = ("terminal", "xdist", "cacheprovider", "faulthandler")
PLAIN = ["--override-ini", "addopts=", *(f"-pno:{plugin}" for plugin in LEFT_OUT)]
MEMORY = 4 << 30
ANEW = 99  # exit status of a fork whose functions cannot be given the changed code
SPARE = 10.0  # seconds beside five times what the tests take: then it hangs, and that was noticed
Key = tuple[str, str, int]  # file, name, line of a piece of code

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


# ------------------------------------------------------------------ what is changed


@dataclass(frozen=True)
class Mutant:
    """One change. ``within``: the function it is in, none outside of all."""

    path: str
    site: int
    line: int
    was: str
    now: str
    within: Key | None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.was}  ->  {self.now}"


class Change(ast.NodeTransformer):
    """Walks a module and makes the change of one site, or tells every site."""

    def __init__(self, path: str, only: int = -1) -> None:
        self.path, self.only, self.sites = path, only, 0
        self.made: list[Mutant] = []
        self._names: list[tuple[str, int]] = []

    def _try(self, old: ast.AST, new: ast.AST) -> ast.AST | None:
        """The new node when this is its turn."""
        site, self.sites = self.sites, self.sites + 1
        line = getattr(old, "lineno", 0)
        if self.only < 0:
            within = (self.path, *self._names[-1]) if self._names else None
            self.made.append(Mutant(self.path, site, line, brief(old), brief(new), within))
        return ast.copy_location(new, old) if site == self.only else None

    def visit(self, node: ast.AST) -> Any:
        for new in changed(node):
            taken = self._try(node, new)
            if taken is not None:
                return ast.fix_missing_locations(taken)
        return super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """What decorates it and its defaults stand outside of it. Its words to the reader are no code."""
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args.defaults = [self.visit(each) for each in node.args.defaults]
        node.args.kw_defaults = [each and self.visit(each) for each in node.args.kw_defaults]
        self._names.append((node.name, starts(node)))
        node.body = self._block(node.body)
        self._names.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.body = self._block(node.body)
        return node

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node.body = self._block(node.body)
        return node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [each if told(each) else self.visit(each) for each in body]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = node.value and self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return node


def starts(node: ast.FunctionDef) -> int:
    """The line in which a function begins, with what decorates it."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def told(node: ast.stmt) -> bool:
    """Whether it is a docstring, or what only a type checker reads."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """Every way in which a node is changed."""
    match node:
        case ast.Compare(left, ops, comparators):
            for at, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:at], COMPARED[type(op)](), *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            for at in range(len(values)):
                rest = values[:at] + values[at + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in COUNTED:
            yield ast.BinOp(left, COUNTED[type(op)](), right)
        case ast.AugAssign(target, op, value):
            yield ast.Pass()
            if type(op) in COUNTED:
                yield ast.AugAssign(target, COUNTED[type(op)](), value)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(str(value)):
            yield ast.Constant(value + "?")
        case ast.IfExp(test, body, orelse):
            yield body
            yield orelse
        case ast.If(test, body, orelse) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.comprehension(target, iterated, ifs, is_async):
            for at in range(len(ifs)):
                yield ast.comprehension(target, iterated, ifs[:at] + ifs[at + 1 :], is_async)
        case ast.Expr() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript()], _):
            yield ast.Pass()
        case ast.Return(ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))


def brief(node: ast.AST) -> str:
    """A node as a few words."""
    text = f"if {ast.unparse(node.test)}:" if isinstance(node, ast.If) else ast.unparse(node)
    text = " ".join(text.split())
    return text if len(text) < 90 else f"{text[:60]} ... {text[-20:]}"


def mutants(pattern: str) -> Iterator[Mutant]:
    """Every change to the files of a pattern."""
    for path in sorted(ROOT.glob(pattern)):
        change = Change(str(path.relative_to(ROOT)))
        change.visit(ast.parse(path.read_text("utf-8")))
        yield from change.made


def mutated(mutant: Mutant) -> ast.Module:
    """The module with the change."""
    tree: ast.Module = Change(mutant.path, mutant.site).visit(ast.parse((ROOT / mutant.path).read_text("utf-8")))
    return tree


# ------------------------------------------------------------------ who notices


def codes(code: CodeType, path: str) -> Iterator[tuple[Key, CodeType]]:
    """A module's code and all in it."""
    yield (path, code.co_name, code.co_firstlineno), code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each, path)


def graft(path: str, tree: ast.Module) -> None:
    """Give the functions of this process that stand in a file their changed code."""
    new = dict(codes(compile(tree, str(ROOT / path), "exec"), path))
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == str(ROOT / path):
            code = function.__code__
            function.__code__ = new[path, code.co_name, code.co_firstlineno]


def watch(path: str, seen: set[Key]) -> None:
    """Have the functions of a file say that they were called."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            call = ast.parse(f"__seen__.add({(path, node.name, starts(node))})", mode="eval").body
            node.body.insert(0, ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node.body[0])))
    graft(path, tree)
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == str(ROOT / path):
            vars(module)["__seen__"] = seen


@dataclass
class Tracks:
    """Which pieces of code of the target were come by."""

    files: dict[str, str]
    seen: set[Key] = field(default_factory=set)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename in self.files:
            self.seen.add((self.files[code.co_filename], code.co_name, code.co_firstlineno))


@dataclass
class Trial:
    """The tests of a target, and a fork of them for each mutant."""

    every: list[Mutant]
    tests: Sequence[str]
    before: Tracks  # what ran before the tests did
    quick: bool
    survived: list[Mutant] = field(default_factory=list)
    hung: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In the place of a run of the tests: one for every mutant."""
        sys.setprofile(None)
        items = session.items
        began = time.monotonic()
        learnt = self._learn(session, items)
        print(f"          {len(items)} tests, {time.monotonic() - began:.0f} s", flush=True)
        for count, mutant in enumerate(self.every, 1):
            key = mutant.within
            chosen = sorted((each for each in learnt if not key or key in each[2]), key=lambda each: each[1])
            fate = "survived"
            if key and chosen:
                fate = self._fork(session, mutant, [items[at] for at, *_ in chosen], sum(each[1] for each in chosen))
            early = not key or not chosen or key in self.before.seen
            if not self.quick and (fate == "anew" or (fate == "survived" and early)):
                fate = self._anew(mutant, sum(each[1] for each in learnt))
            self.hung += fate == "hung"
            if fate in ("survived", "anew"):
                self.survived.append(mutant)
                print(f"survived  {mutant}{'  (to be tried anew)' if early else ''}", flush=True)
            if count % 50 == 0:
                print(f"          {count} of {len(self.every)}, {time.monotonic() - began:.0f} s", flush=True)
        return True

    def _learn(self, session: pytest.Session, items: list[pytest.Item]) -> list[tuple[int, float, set[Key]]]:
        """Of each test its time and what it comes by; tests that fail as things are end the run."""
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            quiet()
            seen: set[Key] = set()
            for path in self.before.files.values():
                watch(path, seen)
            with os.fdopen(write, "w") as told:
                for at, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
                    seen.clear()
                    began = time.monotonic()
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    row = [at, time.monotonic() - began, sorted(seen), session.testsfailed]
                    told.write(json.dumps(row) + "\n")
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as heard:
            rows = [json.loads(line) for line in heard]
        os.waitpid(pid, 0)
        bad = next((items[row[0]].nodeid for row in rows if row[3]), "")
        if bad or len(rows) < len(items):
            raise pytest.UsageError(f"without any change a test fails: {bad}")
        return [(at, seconds, {(p, n, line) for p, n, line in seen}) for at, seconds, seen, _ in rows]

    def _fork(self, session: pytest.Session, mutant: Mutant, items: list[pytest.Item], usual: float) -> str:
        pid = os.fork()
        if not pid:
            quiet()
            os.setsid()
            with suppress(BaseException):
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                try:
                    graft(mutant.path, mutated(mutant))
                except (KeyError, ValueError):  # another name is free in it
                    os._exit(ANEW)
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if session.testsfailed or session.shouldstop:
                        break
                else:
                    os._exit(0)
            os._exit(1)
        until = time.monotonic() + 5 * usual + SPARE
        while time.monotonic() < until:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return {0: "survived", ANEW << 8: "anew"}.get(status, "noticed")
            time.sleep(0.005)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return "hung"

    def _anew(self, mutant: Mutant, usual: float) -> str:
        """In a copy of the house, with the file changed."""
        with tempfile.TemporaryDirectory() as place:
            for name in ("edi837", "schemas", "tests", "fixtures", "docs"):
                shutil.copytree(ROOT / name, Path(place, name), ignore=shutil.ignore_patterns("__pycache__"))
            for name in ("README.md", "setup.cfg", "pyproject.toml"):
                shutil.copy(ROOT / name, place)
            Path(place, mutant.path).write_text(ast.unparse(mutated(mutant)), "utf-8")
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n0", *self.tests]
            process = subprocess.Popen(
                command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, "PYTHONPATH": place, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            try:
                return "noticed" if process.wait(5 * usual + 60) else "survived"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return "hung"


def quiet() -> None:
    """Nothing of what a mutant's tests say is of interest."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.mutants")
    asked.add_argument("target", choices=TARGETS)
    asked.add_argument("--only", default="", help="sites in files whose path holds this, or one of several: a,b")
    asked.add_argument("--quick", action="store_true", help="only in functions that tests call; nothing anew")
    asked.add_argument("--sample", type=int, default=0, metavar="N")
    asked.add_argument("--seed", type=int, default=1, metavar="S")
    said = asked.parse_args()
    pattern, names = TARGETS[said.target]
    every = [mutant for mutant in mutants(pattern) if any(each in mutant.path for each in said.only.split(","))]
    every = [mutant for mutant in every if mutant.within or not said.quick]
    chosen = random.Random(said.seed).sample(every, said.sample) if 0 < said.sample < len(every) else every
    chosen.sort(key=lambda mutant: (mutant.path, mutant.site))
    tests = [f"tests/{name}.py" for name in names]
    os.chdir(ROOT)
    before = Tracks({str(path): str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)})
    trial, began = Trial(chosen, tests, before, said.quick), time.monotonic()
    print(f"{len(chosen)} of {len(every)} mutants of {pattern}", flush=True)
    sys.setprofile(before)
    status = pytest.main([*PLAIN, *tests], [trial])
    if status:
        return int(status)
    gone = len(chosen) - len(trial.survived)
    print(f"{said.target}: {gone} of {len(chosen)} noticed ({trial.hung} by hanging), {len(trial.survived)} survived; "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
