"""The guide for analysts, docs/policies.md: each example of it is loaded, each command of it is run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from edi837 import cli, config
from edi837.checks import CHECKS
from edi837.rules import Policy, load
from edi837.trial import Court
from tests.test_payers import ILLUSTRATIONS

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "policies.md").read_text("utf-8")
MARKED = re.compile(r"<!-- (\w+) -->\n```(\w*)\n(.*?)```", re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


def blocks(name: str) -> str:
    """All blocks of a name, one after the other."""
    found = [text for mark, _, text in MARKED.findall(GUIDE) if mark == name]
    assert found, name
    return "\n".join(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an analyst works: the files of the guide, and claims to judge."""
    write(tmp_path)
    (tmp_path / "settings.toml").write_text(blocks("settings"), "utf-8")
    (tmp_path / "claims.edi").write_bytes((ROOT / "fixtures" / "demo.edi").read_bytes())
    return tmp_path


def write(folder: Path) -> Policy:
    for name, mark in (("100.txt", "text"), ("100.cases.toml", "cases"), ("100.toml", "policy")):
        (folder / name).write_text(blocks(mark), "utf-8")
    return load(folder / "100.toml")


def test_no_example_goes_unread() -> None:
    assert GUIDE.count("```toml") == sum(language == "toml" for _, language, _ in MARKED.findall(GUIDE)) >= 8
    assert GUIDE.count("```") == 2 * (len(MARKED.findall(GUIDE)) + len(re.findall("```sh", GUIDE)))
    assert {mark for mark, *_ in MARKED.findall(GUIDE)} == {"text", "policy", "cases", "settings"}


def test_the_policy_of_the_guide_passes_its_cases(tmp_path: Path) -> None:
    shipped = write(tmp_path)
    court = Court(tmp_path / "100.toml")
    assert [(trial.case.name, trial.kind, trial.faults) for trial in court.trials() if trial.faults] == []
    assert all(min(pair) >= 1 for pair in court.coverage().values())
    assert len(shipped.edits) == 13 and len(shipped.file.waiting) == 1
    assert [edit.id for edit in load(tmp_path / "100.toml", "100-strict").edits if edit.action == "warn"] == ["100-C02"]


def test_the_settings_of_the_guide_are_read(folder: Path) -> None:
    settings = config.read(folder / "settings.toml")
    routes = {payer: [policy.name for policy in each] for payer, each in settings.routes.items()}
    assert routes == {"EXAMPLE": ["100"], "OTHER": []}


def test_every_command_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in one folder, as somebody who reads the guide runs them."""
    monkeypatch.chdir(folder)
    for name in ("100.toml", "100.txt", "100.cases.toml"):
        (folder / name).unlink()
    ran = 0
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "edi837", command
        done = CliRunner().invoke(cli.main, arguments, standalone_mode=False)
        assert done.exception is None, (command, done.exception)
        expected = 1 if arguments[0] in ("check", "ack") and "simulate" not in command and rejects(command) else 0
        assert done.return_value == expected, (command, done.stdout, done.stderr)
        assert done.stdout or arguments[0] == "check", command
        ran += 1
        if command == "edi837 policy test 100.toml" and ran == 3:
            write(folder)  # the analyst puts the guide's own examples into the files that were made
    assert ran == len(COMMANDS) > 15
    assert (folder / "100.html").is_file() and (folder / "accepted.db").is_file()
    assert (folder / "answers" / "claims.edi.277ca.edi").is_file()


def rejects(command: str) -> bool:
    """Whether something is judged: the demo's claims, which are for another payer than EXAMPLE, by 042; or a deck."""
    return "settings.toml" in command or "breaks" in command


def test_the_table_of_checks_names_every_check() -> None:
    table = GUIDE.split("| the policy says | the check |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(CHECKS)


def test_every_illustration_is_listed() -> None:
    table = GUIDE.split("| | asks |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == ILLUSTRATIONS
