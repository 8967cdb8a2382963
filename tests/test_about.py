"""What the program says of itself: its version, and what it offers a shell that completes a word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

import edi837
from edi837 import cli, completing, rules
from edi837.aboutcli import SHELLS
from tests import book
from tests.formats import edi837 as command

ROOT = Path(__file__).parent.parent
RULES = {edit.id for edit in rules.load("042").file.written}


def offered(*words: str, begun: str = "") -> list[str]:
    """The words a shell is offered; <files> for the names of files."""
    shell = ShellComplete(cli.main, {}, "edi837", "_EDI837_COMPLETE")
    items = shell.get_completions(list(words), begun)
    return ["<files>" if item.type == "file" else str(item.value) for item in items]


# ------------------------------------------------------------------ version


def test_the_version_is_one_line() -> None:
    assert command("--version").out == f"edi837, version {edi837.__version__}\n"


@pytest.mark.parametrize("words", [("--version", "--json"), ("--json", "--version")])
def test_the_version_as_json(words: tuple[str, str]) -> None:
    facts = json.loads(command(*words).out)
    assert list(facts) == ["edi837", "python", "libraries", "extras", "guides", "policies", "codes"]
    assert facts["edi837"] == edi837.__version__ and facts["python"] == sys.version.split()[0]
    assert facts["libraries"]["pyx12"] == "4.0.0" and facts["libraries"]["lxml"]
    guides = {each["guide"]: each for each in facts["guides"]}
    assert guides["005010X222A1"]["set"] == "837P" and "005010X222" in guides["005010X222A1"]["gs08"]
    assert guides["005010X223A2"]["set"] == "837I"
    assert [each["policy"] for each in facts["policies"]] == list(rules.names())


def test_a_policy_has_its_edition() -> None:
    known = {each["policy"]: each for each in json.loads(command("--version", "--json").out)["policies"]}
    policy = rules.load("042-strict")
    data = policy.file.path.read_bytes()
    assert known["042-strict"] == {
        "policy": "042-strict", "title": "Home Infusion", "effective": "2024-10-07", "until": None,
        "edits": len(policy.edits), "off": len(policy.file.written) - len(policy.edits),
        "sha256": sha256(data).hexdigest(),
    }  # fmt: skip
    assert known["042"]["edits"] != known["042-strict"]["edits"] or known["042"]["sha256"] == sha256(data).hexdigest()


def test_tables_that_are_loaded_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(command("--version", "--json").out)["codes"] == []
    published = tmp_path / "nucc_taxonomy_251.csv"
    published.write_text("Code,Grouping,Classification\n251F00000X,a,b\n251E00000X,a,c\n")
    loading = ("codes", "update", "--from", published, "--any-size", "--dir", tmp_path, "--now", "2025-02-01")
    assert command(*loading).status == 0
    monkeypatch.setenv("EDI837_CODES", str(tmp_path))
    (table,) = json.loads(command("--version", "--json").out)["codes"]
    assert (table["list"], table["source"], table["codes"]) == ("nucc", published.name, 2)
    assert table["loaded"] == "2025-02-01" and table["sha256"] == sha256(published.read_bytes()).hexdigest()


def test_json_alone_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edi837", "--json", "rules"], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 2 and "--version" in done.stderr and not done.stdout


def test_versions_of_what_is_installed_are_not_looked_up_at_every_start() -> None:
    code = "import sys, edi837.cli; sys.exit('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


# ------------------------------------------------------------------ completion


def test_commands_and_options() -> None:
    assert set(offered()) == set(book.commands_of(cli.main))
    assert offered(begun="expl") == ["explain"]
    assert {"list", "show", "simulate"} <= set(offered("policy"))
    assert offered("check", begun="--sel") == ["--select"]
    assert offered("lines", "--format", begun="p") == ["parquet"]


@pytest.mark.parametrize("words", [("check", "--policy"), ("lines", "x.edi", "--policy"), ("explain", "--policy")])
def test_policies_to_judge_by(words: tuple[str, ...]) -> None:
    assert offered(*words) == ["<files>", *rules.names(), "none"]
    assert offered(*words, begun="ND") == ["<files>", "nd-hit"]


@pytest.mark.parametrize("words", [("policy", "show"), ("policy", "diff", "042"), ("generate", "--policy")])
def test_policies_to_work_on(words: tuple[str, ...]) -> None:
    assert offered(*words) == ["<files>", *rules.names()]


def test_files_where_a_file_is_asked_for() -> None:
    for words in (("check",), ("check", "a.edi"), ("tree",), ("policy", "simulate", "042", "042-strict")):
        assert offered(*words) == ["<files>"], words


def test_ids_to_explain() -> None:
    assert set(offered("explain", begun="042-")) >= RULES
    assert offered("explain", begun="042-a03") == ["042-A03"]
    assert "X12-IK4-7" in offered("explain", begun="X12-IK4")
    assert any(each.startswith("S5") for each in offered("explain", begun="S5"))


def test_ids_of_the_policy_that_was_named() -> None:
    assert not offered("explain", "--policy", "nd-hit", begun="042-")
    assert offered("explain", "--policy", "nd-hit", begun="nd-hit-")
    assert not offered("explain", "--policy", "no-such", begun="0")


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_rules_to_select_and_to_ignore(option: str) -> None:
    assert offered("check", "a.edi", option, begun="042-a03") == ["042-A03"]
    assert offered("check", option, begun="S5-ZIP,042-A0") == [f"S5-ZIP,{rule}" for rule in sorted(RULES)
                                                              if rule.startswith("042-A0")]  # fmt: skip
    assert not offered("check", "--policy", "nd-hit", option, begun="042-")
    assert "X12-IK4-7" in offered("check", "--policy", "none", option, begun="X12-IK4")


def test_every_id_that_is_offered_can_be_explained() -> None:
    ids = offered("explain")
    assert len(ids) > 200
    for id in ids[::7]:
        assert command("explain", id).status == 0


def test_ids_are_read_off_every_shipped_policy() -> None:
    for name in rules.names():
        file = rules.load(name).file
        context = type("Context", (), {"params": {"names": (name,)}})()
        found = {str(item.value) for item in completing.ids(context, None, f"{file.number}-")}  # type: ignore[arg-type]
        assert found == {edit.id for edit in file.written} | {edit.id for edit in file.waiting}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_each_shell(shell: str) -> None:
    script = command("completion", shell).out
    assert f"_EDI837_COMPLETE={shell}_complete" in script and "edi837" in script
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stderr


@pytest.fixture
def bash(tmp_path: Path) -> dict[str, str]:
    """An environment in which `edi837` is this program."""
    (tmp_path / "edi837").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edi837 "$@"\n')
    (tmp_path / "edi837").chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("edi837 expl", ["explain"]),
        ("edi837 check --policy nd", ["nd-hit"]),
        ("edi837 explain 042-A0", sorted(each for each in RULES if each.startswith("042-A0"))),
        ("edi837 tree --e", ["--errors"]),
    ],
)
def test_bash_completes(line: str, replies: list[str], bash: dict[str, str]) -> None:
    """The script as a user's shell runs it."""
    asks = (
        'eval "$(edi837 completion bash)"; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
        'compopt() { :; }; _edi837_completion edi837; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asks, "bash", line], capture_output=True, text=True, env=bash, timeout=60)
    assert (sorted(done.stdout.split()), done.stderr) == (replies, "")




# ------------------------------------------------------------------ the start


def test_each_command_stands_where_the_table_says() -> None:
    context = click.Context(cli.main)
    for name in cli.COMMANDS:
        command = cli.main.get_command(context, name)
        assert command is not None and command.name == name
    assert list(cli.COMMANDS) == sorted(cli.COMMANDS) and cli.main.get_command(context, "no") is None


def test_a_command_is_loaded_without_the_others() -> None:
    code = "import sys; from edi837 import cli; cli.main.get_command(None, 'check')\nprint(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, timeout=60, text=True).split())
    others = {where.partition(".")[0] for where in cli.COMMANDS.values()} - {"checkcli", "aboutcli"}
    assert "edi837.checkcli" in loaded and not {f"edi837.{each}" for each in others} & loaded
