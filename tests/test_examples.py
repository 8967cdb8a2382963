"""Every example of README and docs/ is tried: commands are run, their output compared, data parsed, Python and SQL run.

A page is tried from top to bottom in one folder, as somebody works who reads it beside a clone. What cannot be
tried stands in `UNTRIED` with its reason. ``pytest --update tests/test_examples.py`` writes outputs anew.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree

import edi837
from edi837 import claimrows, cli, rows, rules, wording
from tests import book
from tests.book import Block

ROOT = book.ROOT
CUT = "[...]\n"  # stands in an output for lines that are not shown
PLAIN = {"", "text", "edi"}  # what is shown, not done; README's are held by tests/test_readme.py
_TABLE = re.compile(r"'(\w+)\.(?:parquet|csv|jsonl)'")  # in SQL
SPHINX = {"{toctree}"}  # what the pages are built from
TRIED = {"sh", "console", "python", "toml", "xml", "sql"}

# What is not tried, by what is in the command or the page it stands in, and why.
UNTRIED = {
    "python3 -m venv": "installs: tests/test_readme.py runs what README says next, .ci/run its test command",
    "pip install": "installs",
    "--from HCPC2025": "a file of CMS's; tests/test_codetables.py loads files of that form",
    "--from icd10cm_order_2025": "a file of CMS's; tests/test_codetables.py loads files of that form",
    "--from nucc_taxonomy_251": "a file of NUCC's; tests/test_codetables.py loads files of that form",
    "--from pos.csv": "a file of CMS's; tests/test_codetables.py loads files of that form",
    "edi837 gateway run": "does not end; tests/test_gateway_crew.py runs it",
    "| less": "needs a terminal",
    "| jq": "another program, which may not be there",
}
PAGES_TRIED_ELSEWHERE = {
    ("docs/spark.md", "python"): "needs Spark: tests/test_spark.py does the same",
    ("docs/policies.md", "sh"): "tests/test_policy_guide.py runs them, with the files an analyst has by then",
}
NEEDS = {"parquet": "pyarrow", "--to fhir": "fhir.resources"}  # a word of a command, and what must be there for it


def untried(command: str) -> str:
    """Why a command is not run; empty: it is."""
    for word, reason in UNTRIED.items():
        if word in command:
            return reason
    for word, module in NEEDS.items():
        if word in command and _missing(module):
            return f"{module} is not installed"
    return ""


def _missing(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is None
    except ModuleNotFoundError:  # not even the package it is in
        return True


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: fixtures and docs of a clone, claims.edi, a folder inbox, `edi837` on the path."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "fixtures").symlink_to(ROOT / "fixtures")  # they are only read
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("*.md"))
    shutil.copy(ROOT / "fixtures" / "demo.edi", folder / "claims.edi")
    (folder / "inbox").mkdir()
    shutil.copy(ROOT / "fixtures" / "demo.edi", folder / "inbox" / "demo.edi")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "edi837").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edi837 "$@"\n')
    (tmp_path / "bin" / "edi837").chmod(0o755)
    (tmp_path / "srv" / "edi").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def run(command: str, folder: Path) -> tuple[int, str]:
    """The exit status of a command, and all it said; one of ours alone needs no process. Who runs it is left out."""
    command = command.removeprefix("sudo -u edi837 ")
    command = command.replace("/srv/", f"{folder.parent}/srv/")
    if command.startswith("edi837 ") and not set(command) & set("|<>;&$`*~"):
        arguments = shlex.split(command, comments=True)[1:]
        done = CliRunner().invoke(cli.main, arguments, prog_name="edi837", standalone_mode=False)
        if done.exception is None:
            return int(done.return_value or 0), done.output.replace(f"{folder.parent}/srv/", "/srv/")
    said = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", timeout=120,
    )  # fmt: skip
    return said.returncode, said.stdout.replace(f"{folder.parent}/srv/", "/srv/")


def alike(shown: str, said: str) -> bool:
    """Whether an output is as shown, but for what is cut."""
    parts = [re.escape(part) for part in shown.split(CUT)]
    return re.fullmatch("(?s:.*?)".join(parts), said) is not None


class Trial:
    """Tries the blocks of one page, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.reasons: set[str] = set()  # why some were not tried
        self._said = ""  # by the last Python or SQL
        self._names: dict[str, Any] = {}

    def take(self, block: Block) -> str:
        """Try a block; the text it should have."""
        if reason := PAGES_TRIED_ELSEWHERE.get((block.page, block.language)):
            self.reasons.add(reason)
        elif block.mark in ("output", "answer"):
            return self._said
        elif block.language in TRIED:
            text = getattr(self, f"_{block.language}")(block)
            assert isinstance(text, str)
            return text
        else:
            assert block.language in PLAIN | SPHINX, f"{block}: nobody tries {block.language}"
        return block.text

    def _sh(self, block: Block) -> str:
        for command in book.commands(block.text):
            assert not [f for part in ours(command) for f in book.faults(part)], f"{block}: {command}"
            if reason := untried(command):
                self.reasons.add(reason)
                continue
            status, said = run(command, self._folder)
            assert status in (0, 1), f"{block}: {command}\n{said}"
        return block.text

    def _console(self, block: Block) -> str:
        told = []
        for command, shown in book.exchanges(block.text):
            assert not [f for part in ours(command) for f in book.faults(part)], f"{block}: {command}"
            if reason := untried(command):
                self.reasons.add(reason)
                told.append((command, shown))
                continue
            _, said = run(command, self._folder)
            told.append((command, shown if CUT in shown and alike(shown, said) else said))
        if told == list(book.exchanges(block.text)):
            return block.text
        return "".join(f"$ {command}\n{said}" for command, said in told)

    def _python(self, block: Block) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(block.text, str(block), "exec"), self._names)
        self._said = said.getvalue()
        return block.text

    def _toml(self, block: Block) -> str:
        assert tomllib.loads(block.text), block
        return self._kept(block)

    def _xml(self, block: Block) -> str:
        document = etree.fromstring(block.text)
        rules_of = etree.RelaxNG(etree.parse(str(ROOT / "schemas" / f"{document.tag}.rng")))
        assert rules_of.validate(document), (str(block), rules_of.error_log)
        return self._kept(block)

    def _kept(self, block: Block) -> str:
        """A block that is a file of its own, as the remark above it says, is there for what follows."""
        if block.mark.startswith("file "):
            Path(block.mark.split()[1]).write_text(block.text, "utf-8")
        return block.text

    def _sql(self, block: Block) -> str:
        """In DuckDB where that is installed, else in SQLite, on the lines of the demo."""
        files = [file[0] for file in _TABLE.finditer(block.text)]
        assert files, block
        if importlib.util.find_spec("duckdb") and all(Path(file.strip("'")).exists() for file in files):
            import duckdb

            found = duckdb.sql(block.text)
            heads, data = found.columns, found.fetchall()
        else:
            file = sqlite3.connect(":memory:")
            for table in {found[1] for found in _TABLE.finditer(block.text)}:
                fill(file, table)
            cursor = file.execute(_TABLE.sub(r"\1", block.text))
            heads, data = [head for head, *_ in cursor.description], cursor.fetchall()
        assert data, f"{block} finds nothing"
        self._said = as_table(heads, data)
        return block.text


def ours(command: str) -> list[str]:
    """The parts of a pipe that are ours."""
    return [part.strip() for part in re.split(r"[|;&]|\$\(|\)", command) if part.strip().startswith("edi837 ")]


def fill(file: sqlite3.Connection, table: str) -> None:
    """The lines of the demo, its claims or what is found on it, judged by 042, as a table of SQLite's."""
    demo = ROOT / "fixtures" / "demo.edi"
    if table == "findings":
        lines = [wording.as_dict(finding, demo.name) for finding in edi837.check(demo)]
    else:
        told = claimrows.rows if table == "claims" else rows.rows
        with demo.open("rb") as stream:
            lines = list(told(stream, [rules.load("042")]))
    names = ", ".join(f"[{name}]" for name in lines[0])
    file.execute(f"CREATE TABLE {table} ({names})")
    for line in lines:
        values = [_plain(value) for value in line.values()]
        file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int | str) or value is None else str(value)


def as_table(heads: list[str], data: list[tuple[object, ...]]) -> str:
    """Columns, numbers as short as they can be written."""
    cells = [heads, *([f"{v:g}" if isinstance(v, float | Decimal) else str(v) for v in row] for row in data)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in cells
    )


@pytest.mark.parametrize("page", book.PAGES, ids=book.name)
def test_every_example_of_a_page(page: Path, clone: Path, update: bool) -> None:
    prepare(page, clone)
    trial, text, moved = Trial(clone), page.read_text("utf-8"), 0
    wrong = []
    for block in book.blocks(page):
        should = trial.take(block)
        if page.name == "commands.md":  # each command's examples stand for themselves
            for path in clone.glob("100*"):
                path.unlink()
        if should != block.text:
            wrong.append((str(block), block.text, should))
            first, last = block.span
            text = text[: first + moved] + should + text[last + moved :]
            moved += len(should) - len(block.text)
    if update and wrong:
        page.write_text(text, "utf-8")
        return
    for where, shown, should in wrong:
        assert shown == should, where


def prepare(page: Path, folder: Path) -> None:
    """What the examples of `edi837 --help` take for granted; other pages make what they need."""
    if page.name != "commands.md":
        return
    demo = ROOT / "fixtures" / "demo.edi"
    (folder / "claims").mkdir()
    (folder / "policies").mkdir()
    (folder.parent / ".zfunc").mkdir()
    (folder.parent / ".config" / "fish" / "completions").mkdir(parents=True)
    (folder.parent / "srv" / "edi837" / "codes").mkdir(parents=True)
    for target in ("morning.edi", "claims/a.edi", "test.edi"):
        shutil.copy(demo, folder / target)
    noon = demo.read_bytes().replace(b"000000042", b"000000043").replace(b"*411*", b"*412*").replace(b"*411~", b"*412~")
    (folder / "noon.edi").write_bytes(noon)
    for command in (
        "edi837 ack fixtures/demo.edi -o answers", "edi837 policy new 100", "cp answers/demo.edi.277ca.edi payer.277",
        "edi837 policy new 101 -o mine.toml", "mkdir 2024 2025", "edi837 policy new 042 -o 2024/042.toml",
        "edi837 policy new 042 -o 2025/042.toml", "rm 100*",
    ):  # fmt: skip
        status, said = run(command, folder)
        assert status in (0, 1), (command, said)


# ------------------------------------------------------------------ what is said in passing


@pytest.mark.parametrize("page", book.PAGES, ids=book.name)
def test_commands_in_running_text_exist(page: Path) -> None:
    assert [fault for span in book.spans(page) for fault in book.faults(span)] == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("edi837 chekc x.edi", "no command chekc"),
        ("edi837 check x.edi --formt json", "no option --formt"),
        ("edi837 gateway shwo DIR", "no command shwo"),
        ("edi837 gateway show DIR --deep", "no option --deep"),
    ],
)
def test_a_command_that_does_not_exist_is_seen(command: str, fault: str) -> None:
    assert book.faults(command) == [f"{command}: {fault}"]


def test_nothing_is_excused_that_is_not_there() -> None:
    text = "".join(
        command + "\n" for page in book.PAGES for block in book.blocks(page) if block.language in ("sh", "console")
        for command in book.commands(block.text)
    )  # fmt: skip
    assert [word for word in UNTRIED if word not in text] == []
    kinds = {(block.page, block.language) for page in book.PAGES for block in book.blocks(page)}
    assert set(PAGES_TRIED_ELSEWHERE) <= kinds
    reasons = " ".join((*UNTRIED.values(), *PAGES_TRIED_ELSEWHERE.values()))
    assert all((ROOT / path).exists() for path in re.findall(r"tests/\w+\.py|\.ci/run", reasons))


def test_every_fence_is_closed_and_read() -> None:
    """A fence that the pattern does not know would hide its example."""
    for page in book.PAGES:
        fences = re.findall(r"^\s*`{3,}", page.read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(book.blocks(page)), book.name(page)


@pytest.mark.parametrize("page", book.PAGES, ids=book.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Files, and headings of pages; what is outside is not asked."""
    for path, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text("utf-8")):
        if "://" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), f"{book.name(page)}: {path}"
        assert not heading or heading in book.anchors(target), f"{book.name(page)}: {path}#{heading}"


def test_every_page_is_in_the_book() -> None:
    named = {
        word for block in book.blocks(ROOT / "docs" / "index.md") if block.language == "{toctree}"
        for word in re.findall(r"^(\w+)$", block.text, re.MULTILINE)
    }  # fmt: skip
    assert named == {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}


# ------------------------------------------------------------------ the trial, tried


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("sh", "edi837 check no-such-file.edi\n", AssertionError),
        ("sh", "edi837 check fixtures/demo.edi --policy 999\n", AssertionError),
        ("sh", "edi837 check fixtures/demo.edi --no-such\n", AssertionError),
        ("python", "import edi837\nedi837.no_such\n", AttributeError),
        ("toml", "a = \n", tomllib.TOMLDecodeError),
        ("xml", "<companion/>\n", AssertionError),
        ("sql", "SELECT no_such FROM 'lines.csv'\n", Exception),  # DuckDB's or SQLite's
        ("ruby", "puts 1\n", AssertionError),
    ],
)
def test_a_bad_example_is_seen(language: str, text: str, why: type[Exception], clone: Path) -> None:
    with pytest.raises(why):
        Trial(clone).take(Block("x.md", 1, "", language, text, (0, 0)))


def test_an_output_that_differs_is_seen(clone: Path) -> None:
    shown = "$ edi837 --version\nedi837, version 0\n"
    block = Block("x.md", 1, "", "console", shown, (0, 0))
    assert Trial(clone).take(block) == f"$ edi837 --version\nedi837, version {edi837.__version__}\n"
    cut = Block("x.md", 1, "", "console", "$ edi837 --help\nUsage: edi837 [OPTIONS] COMMAND [ARGS]...\n[...]\n", (0, 0))
    assert Trial(clone).take(cut) == cut.text
