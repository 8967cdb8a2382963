"""Who may know whom, and who may touch the world: the tables are the document, the walk holds the code to them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "edi837"

# From the ground up. A module knows only modules of the layers below it; a package (acks, checks)
# counts as one.
LAYERS: list[set[str]] = [
    {"findings", "safe", "overlap", "seen", "keyed", "pseudonyms", "again"},
    {"isa", "pending", "sheet"},
    {
        "x12", "claim", "maps", "problems", "headings", "table", "wording", "codefiles", "skeleton",
        "columns",
    },
    {
        "packing", "grammar", "frames", "codesets", "codewindows", "shorthand", "layout", "marks",
        "statuscodes", "fitted", "rivals",
    },
    {"syntax", "personal", "guidebook", "codetables", "sample", "gaps"},
    {"accept", "remedy", "synth"},
    {"envelope"},
    {"onward"},
    {"misfits"},
    {"chart", "companion", "deck"},
    {"levels", "portion", "gather", "deid", "cut", "slips"},
    {"loops"},
    {"mapper"},
    {"checks"},
    {"scope", "mend"},
    {"edit", "editwords"},
    {"editfile", "parts", "cases"},
    {"policyfile", "sieve"},
    {"rules", "policydiff", "policyshow"},
    {"snip"},
    {"gate", "bench", "history", "unmet"},
    {"body"},
    {"part"},
    {"foresight"},
    {"ahead"},
    {"parted"},
    {"process", "acks", "fates", "report", "examples"},
    {"kin", "config", "judged"},
    {"terms", "placed", "sources"},
    {"jobs", "outline", "rows", "answer", "explain", "simulate", "trial", "rowtext", "parquet"},
    {"rulebook", "decks", "claimrows", "fhir", "completing"},
    {"branches", "nodewords", "treedata", "gateway", "console", "options", "progress", "views"},
    {"treetext", "lookup", "turns", "codescli", "policycli", "gateroot", "replies", "spark"},
    {"__init__", "draw", "gatejobs", "pages"},
    {"gatecli", "ackcli", "checkcli", "reportcli", "filescli", "datacli", "rulescli", "aboutcli", "viewcli"},
    {"cli"},
    {"__main__"},
]

# Names used in annotations alone, against the order.
ANNOTATED = {("misfits", "chart")}

# What a layer would allow and the house does not.
GUIDE = {
    "maps", "grammar", "syntax", "accept", "envelope", "remedy", "onward", "misfits", "chart", "levels", "slips",
    "loops", "mapper",
}  # fmt: skip
RULES = (
    "checks", "overlap", "codesets", "scope", "mend", "parts", "edit", "editwords", "editfile", "cases", "policyfile",
    "sieve", "rules", "rivals",
)  # fmt: skip
BARRED: dict[str, set[str]] = {
    **{module: GUIDE | {"isa", "x12"} for module in RULES},  # a rule sees a claim, never a segment
    "acks": GUIDE | {*RULES},  # an answer is made of events, whoever told them
    "report": GUIDE | {*RULES},
    **{module: {"checks", "edit", "rules"} for module in ("gate", "process")},  # a policy is known by what it does
    "claim": {"isa", "x12"},
    "mapper": {"accept", "syntax", "misfits", "envelope"},
}

# Beyond the house: what a module may import of the rest of the world. All else is free of effects.
WORLD: dict[str, set[str]] = {
    "maps": {"lxml", "importlib", "pathlib"},  # pyx12's maps and our corrections, read at load
    "grammar": {"lxml"},  # the type of a node
    "companion": {"lxml", "pathlib"},  # an operator's file, read at load
    "statuscodes": {"pathlib"},  # codes/status.toml, read at load
    "policyfile": {"pathlib"},  # a policy and the text it quotes
    "rules": {"pathlib"},
    "seen": {"sqlite3"},  # a file without a name, for what does not fit into memory
    "kin": {"hashlib", "sqlite3"},  # likewise: claims that wait for their patient's others
    "mapper": {"hashlib"},  # a claim's imprint
    "keyed": {"hashlib", "os", "pathlib"},  # a key lies in a file of its own
    "history": {"os", "pathlib", "sqlite3"},  # the operator's store of claims accepted before
    "config": {"pathlib"},  # the operator's settings
    "terms": {"hashlib", "pathlib"},
    "bench": {"pathlib"},  # where a policy is
    "sources": {"open", "pathlib", "shutil", "tempfile"},  # a file, where a program names it
    "jobs": {"concurrent", "multiprocessing", "os", "signal", "threading", "time"},
    "trial": {"pathlib"},  # where the policy is
    "explain": {"pathlib"},  # codes/syntax.toml
    "acks": {"shutil", "tempfile"},  # claims wait for their totals in a file that has no name
    "outline": {"sys"},
    "sheet": {"struct", "tempfile"},  # lines that wait for what comes after them, in a file that has no name
    "chart": {"sys"},
    "answer": {"os", "pathlib", "shutil", "tempfile"},
    "codetables": {"os", "pathlib", "tempfile"},  # the tables of this machine, read when a code is asked for
    "gateway": {  # time and chance are given to it
        "concurrent", "ctypes", "errno", "fcntl", "fnmatch", "grp", "hashlib", "http", "ipaddress", "open", "os",
        "pathlib", "resource", "select", "signal", "socket", "sqlite3", "stat", "tempfile", "threading", "watchfiles",
        "zipfile", "zlib",
    },
    "gateroot": {"click", "os", "pathlib", "pwd", "secrets", "sqlite3", "time", "clock"},
    "gatejobs": {"click", "os", "pathlib"},
    "gatecli": {"click", "os", "pathlib", "socket", "time"},
    "console": {"click", "errno", "os", "pathlib", "signal", "sys", "tempfile", "threading", "open"},
    "progress": {"os", "rich", "sys"},
    "views": {"hashlib", "os"},  # os: the bytes of a file's name
    "ackcli": {"click", "pathlib", "shutil", "sys", "clock"},
    "checkcli": {"click", "pathlib"},
    "rulescli": {"click"},
    "reportcli": {"click", "pathlib", "clock"},
    "completing": {"click"},
    "aboutcli": {"click", "hashlib", "importlib", "pathlib", "platform"},  # versions of what is installed
    "options": {"click", "os", "pathlib"},
    "codescli": {"click", "hashlib", "os", "pathlib", "clock"},
    "policycli": {"click", "pathlib", "sys"},
    "pseudonyms": {"hashlib", "math"},
    "parquet": {"pyarrow"},  # when a Parquet file is asked for
    "fhir": {"fhir", "pydantic"},  # when FHIR is asked for
    "spark": {"clock", "glob", "os", "pathlib", "pyarrow", "pyspark", "secrets", "shutil", "tempfile", "warnings"},
    "synth": {"random"},  # from a seed alone
    "filescli": {"click", "os", "pathlib", "secrets", "shutil", "tempfile", "open"},
    "datacli": {"click", "pathlib"},
    "lookup": {"pathlib"},  # codes/meanings.toml
    "viewcli": {"click"},
    "cli": {"click", "importlib", "os", "pathlib", "sys", "traceback"},  # a command is loaded when it is called
    "__init__": {"pathlib"},
}
PURE = {
    "__future__", "abc", "array", "bisect", "collections", "contextlib", "csv", "dataclasses", "datetime", "decimal",
    "difflib", "enum", "functools", "heapq", "html", "inspect", "io", "itertools", "json", "operator", "re", "string",
    "textwrap", "tomllib", "types", "typing",
}  # fmt: skip

LONGEST = 300  # lines
LONG = {  # and why they are longer
    "loops": "the one stateful walk: where a segment goes and what is then missing is read together",
}

NAMES = re.compile(r"manager|handler|helper|(?<![a-z])utils?(?![a-z])|(?<![a-z])base(?![a-z])", re.IGNORECASE)
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def module_of(path: Path) -> str:
    """``loops`` for loops.py, ``acks`` for all that is in acks/."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return parts[0]


SOURCES = {path: path.read_text("utf-8") for path in sorted(HOUSE.rglob("*.py"))}
DATA = {"codes", "policies"}  # packages that hold files, not code


def imported(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Each module named in an import, with whether it is for annotations only."""
    annotating = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in annotating
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module == "edi837":
                for alias in node.names:
                    yield f"edi837.{alias.name}", id(node) in annotating
            else:
                yield str(node.module), id(node) in annotating


def reached(tree: ast.Module) -> Iterator[str]:
    """What it does to the world without an import of its own: the clock, open, code made of text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in (
                "eval",
                "exec",
                "compile",
                "__import__",
                "open",
                "input",
            ):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute) and node.func.attr in ("now", "utcnow", "today"):
                yield "clock"


def breaches(module: str, source: str) -> list[str]:
    """What a module does that the tables do not allow."""
    tree = ast.parse(source)
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    found = []
    for name, annotation in imported(tree):
        first, _, rest = name.partition(".")
        if first != "edi837":
            if first not in PURE | WORLD.get(module, set()):
                found.append(f"{module} imports {first}")
            continue
        other = rest.split(".")[0] or "__init__"
        if other not in level:
            other = "__init__"  # a name of the package itself
        if other == module or (annotation and (module, other) in ANNOTATED):
            continue
        if level[other] >= level[module]:
            found.append(f"{module} knows {other}, which is not below it")
        elif other in BARRED.get(module, ()):
            found.append(f"{module} knows {other}, which it may not")
    found += [f"{module} uses {what}" for what in reached(tree) if what not in WORLD.get(module, set())]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_module_keeps_to_its_layer(path: Path) -> None:
    if module_of(path) not in DATA:
        assert breaches(module_of(path), SOURCES[path]) == []


def test_every_module_has_its_layer_and_every_row_a_module() -> None:
    modules = {module_of(path) for path in SOURCES} - DATA
    assert modules == set().union(*LAYERS)
    assert sum(map(len, LAYERS)) == len(modules), "each in one layer"
    assert {*WORLD, *BARRED, *LONG} <= modules


def test_no_row_has_become_needless() -> None:
    used: dict[str, set[str]] = {}
    for path, source in SOURCES.items():
        tree = ast.parse(source)
        names = {name.partition(".")[0] for name, _ in imported(tree)} | set(reached(tree))
        used.setdefault(module_of(path), set()).update(names)
    assert {(module, name) for module, names in WORLD.items() for name in names if name not in used[module]} == set()
    assert ("edi837.chart", True) in imported(ast.parse(SOURCES[HOUSE / "misfits.py"]))
    assert {name for name in LONG if len(SOURCES[HOUSE / f"{name}.py"].splitlines()) <= LONGEST} == set()


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("x12", "from edi837.loops import Reader", "x12 knows loops, which is not below it"),
        ("x12", "from edi837 import loops", "x12 knows loops, which is not below it"),
        ("x12", "import edi837.loops", "x12 knows loops, which is not below it"),
        ("x12", "from . import loops", "x12 knows loops, which is not below it"),
        ("x12", "from edi837 import claims", "x12 knows __init__, which is not below it"),
        ("x12", "def late():\n    from edi837.process import tell", "x12 knows process, which is not below it"),
        ("accept", "from edi837 import envelope", "accept knows envelope, which is not below it"),
        ("checks", "from edi837.x12 import Segment", "checks knows x12, which it may not"),
        ("rules", "from edi837.grammar import load", "rules knows grammar, which it may not"),
        ("rules", "from lxml import etree", "rules imports lxml"),
        ("process", "from edi837.rules import Policy", "process knows rules, which it may not"),
        ("report", "import click", "report imports click"),
        ("loops", "import os", "loops imports os"),
        ("loops", "import random", "loops imports random"),
        ("process", "import time", "process imports time"),
        ("process", "import importlib", "process imports importlib"),
        ("report", "from datetime import datetime\nnow = datetime.now()", "report uses clock"),
        ("answer", "from datetime import date\nnow = date.today()", "answer uses clock"),
        ("x12", "stream = open('claims.edi')", "x12 uses open"),
        ("rules", "eval('1')", "rules uses eval"),
        ("cli", "exec('1')", "cli uses exec"),
        ("misfits", "from edi837.loops import Loop", "misfits knows loops, which is not below it"),
        ("syntax", "if TYPE_CHECKING:\n    from edi837.loops import Loop", "syntax knows loops, which is not below it"),
    ],
)
def test_a_breach_is_seen(module: str, source: str, breach: str) -> None:
    assert breaches(module, source) == [breach]


def test_what_the_tables_allow_is_no_breach() -> None:
    assert breaches("misfits", "if TYPE_CHECKING:\n    from edi837.chart import Loop") == []
    assert breaches("gateway", "import os\nfrom edi837 import answer\nfrom edi837.findings import NotX12") == []
    assert breaches("loops", "import re\npattern = re.compile('x')") == []


# ------------------------------------------------------------------ size, names and words


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_is_long_without_a_reason(path: Path) -> None:
    if path.stem not in LONG:
        assert len(SOURCES[path].splitlines()) <= LONGEST


def named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_names_say_what_a_thing_is(path: Path) -> None:
    for name in (path.stem, *named(ast.parse(SOURCES[path]))):
        words = "_".join(WORDS.findall(name))
        assert not NAMES.search(words), name


@pytest.mark.parametrize("name", ["ClaimManager", "handler", "_helper", "x12_utils", "BaseLoop", "Util"])
def test_a_name_that_says_nothing_is_seen(name: str) -> None:
    assert NAMES.search("_".join(WORDS.findall(name)))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_what_is_public_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(SOURCES[path])
    assert not tree.body or ast.get_docstring(tree), "the module"
    for node in ast.iter_child_nodes(tree):
        members = [node, *(ast.iter_child_nodes(node) if isinstance(node, ast.ClassDef) else ())]
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for member in members:
            if isinstance(member, ast.ClassDef | ast.FunctionDef) and not member.name.startswith("_"):
                assert ast.get_docstring(member), member.name


def test_every_package_is_installed() -> None:
    """A package that setup.cfg leaves out is there in a checkout and missing in an installation."""
    setup = ConfigParser()
    setup.read(HOUSE.parent / "setup.cfg", "utf-8")
    found = {f"edi837.{path.parent.relative_to(HOUSE).as_posix()}" for path in HOUSE.glob("*/*.py")}
    found |= {f"edi837.{path.parent.name}" for path in HOUSE.glob("*/*.toml")}
    assert set(setup["options"]["packages"].split()) == found | {"edi837", "edi837.schemas"}
