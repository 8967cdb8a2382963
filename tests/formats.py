"""The command line without a process of its own: what it wrote, what it said, and its status."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from edi837 import cli

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
FORMATS = ("full", "concise", "json", "jsonl", "sarif", "junit", "github", "gitlab", "html")


@dataclass
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str


def edi837(*arguments: str | Path, stdin: bytes = b"", charset: str = "utf-8") -> Done:
    """Run a command; anything it raises is raised here."""
    runner = CliRunner(charset=charset)
    done = runner.invoke(cli.main, list(map(str, arguments)), input=stdin, standalone_mode=False)
    if done.exception:
        raise done.exception
    return Done(int(done.return_value or 0), done.stdout_bytes.decode("utf-8"), done.stderr_bytes.decode("utf-8"))


def holds(path: Path, text: str, update: bool) -> None:
    """Whether a text is the one that is kept; on which line of a policy file an edit stands does not count."""
    text = re.sub(r"(\.toml:)\d+", r"\1N", text)
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), "no snapshot: pytest --update writes it"
    assert text == path.read_bytes().decode()


def fixtures(*patterns: str) -> list[Path]:
    """The fixtures of these patterns, in order."""
    return sorted(path for pattern in patterns for path in FIXTURES.glob(pattern))


def name(path: Path) -> str:
    """The path of a fixture in its folder."""
    return str(path.relative_to(FIXTURES))


def found(document: Any, path: str) -> list[Any]:
    """What an XPath finds in a document."""
    return list(document.xpath(path))
