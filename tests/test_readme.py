"""What README shows is what happens: output, map, edit and example are compared with the real ones.

``pytest --update tests/test_readme.py`` writes the blocks anew (but the benchmark's, which is measured).
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi837 import cli, shorthand
from tests.formats import edi837

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = r"(<!-- {} -->\n```\w*\n)(.*?)(```)"


def block(name: str) -> str:
    found = re.search(BLOCK.format(name), README.read_text("utf-8"), re.DOTALL)
    assert found, f"README has no block {name}"
    return found[2]


def holds(name: str, text: str, update: bool) -> None:
    if update:
        old = README.read_text("utf-8")
        new = re.sub(BLOCK.format(name), lambda m: m[1] + text + m[3], old, count=1, flags=re.DOTALL)
        README.write_text(new, "utf-8")
    assert block(name) == text


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """The README's own command, run where a reader would run it; the package is already installed."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "fixtures").mkdir()
    shutil.copy(ROOT / "fixtures" / "demo.edi", folder / "fixtures")
    command = block("demo command").strip().rpartition("&& ")[2]
    command = command.replace(".venv/bin/edi837", f"{sys.executable} -m edi837")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    yield folder, subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, encoding="utf-8", env=environment, timeout=60
    )


def test_demo_output(demo: tuple[Path, subprocess.CompletedProcess[str]], update: bool) -> None:
    _, done = demo
    assert done.returncode == 1
    holds("demo output", done.stdout, update)
    assert f"```\n{done.stderr}```" in README.read_text("utf-8")


def test_demo_report(demo: tuple[Path, subprocess.CompletedProcess[str]], update: bool) -> None:
    text = (demo[0] / "answers" / "demo.edi.report.txt").read_text("utf-8")
    entries = text.split("\n\n")
    holds("demo report", "\n\n".join(entries[1:3]) + "\n", update)


def test_the_full_format(monkeypatch: pytest.MonkeyPatch, update: bool) -> None:
    monkeypatch.chdir(ROOT)
    command = re.search(r"^`edi837 (check .+?)` underlines", README.read_text("utf-8"), re.MULTILINE)
    assert command
    holds("full format", edi837(*command[1].split()).out.rstrip() + "\n", update)


def test_python_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(block("python"), "README.md", "exec"), {})
    assert "HIT1001 S9500 () 7 2025-02-03" in said.getvalue()
    assert "042-A03 HIT1002 SV101-3" in said.getvalue()


def test_the_edit_is_the_policy_s(update: bool) -> None:
    text = (ROOT / "edi837" / "policies" / "042.toml").read_text("utf-8")
    edit = next(part for part in text.split("[[edit]]\n") if part.startswith('id        = "042-A03"'))
    holds("edit", "[[edit]]\n" + edit.split("\n\n")[0].rstrip() + "\n", update)


@pytest.mark.parametrize(("of", "words"), [("line", shorthand.LINE_WORDS), ("claim", shorthand.CLAIM_WORDS)])
def test_words_of_cases(of: str, words: dict[str, str], update: bool) -> None:
    holds(f"words of a {of}", "".join(f"{word:10} {means}\n" for word, means in words.items()), update)


def test_the_case_is_the_policy_s() -> None:
    cases = (ROOT / "edi837" / "policies" / "042.cases.toml").read_text("utf-8")
    case = re.search(r"```toml\n(\[\[case\]\].*?)```", README.read_text("utf-8"), re.DOTALL)
    assert case and case[1] in cases


def summary(module: Path) -> str:
    doc = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    assert doc, f"{module} says nothing of itself"
    return " ".join(doc.split("\n\n")[0].split())


# The order in which a byte becomes a rejection.
ORDER = {
    "edi837": (
        "findings keyed isa x12 maps grammar syntax remedy accept onward misfits chart companion levels cut slips "
        "loops envelope claim mapper frames overlap rivals codesets codefiles codewindows codetables problems headings "
        "statuscodes scope mend editwords editfile edit shorthand sample cases policyfile sieve parts rules seen "
        "gate history bench unmet body part foresight ahead parted process packing kin terms sources jobs safe wording "
        "fates again report answer pending outline branches personal fitted marks nodewords treedata sheet treetext "
        "draw columns judged placed rows claimrows rowtext table guidebook examples explain rulebook config trial "
        "gaps policyshow policydiff simulate skeleton layout deck portion gather synth decks pseudonyms deid parquet "
        "completing console progress turns options codescli policycli gateroot gatejobs gatecli ackcli checkcli "
        "reportcli viewcli filescli datacli rulescli aboutcli cli"
    ),
    "edi837/checks": (
        "words vocabulary crowds modifiers conflicts needs units spans frequency drugs texts setting claims patients"
    ),
    "edi837/snip": "rule shapes codes forms listed balance amounts relations situations hospital dates",
    "edi837/views": "locate spot shown cards tally known excerpt full flat data sarif builds html marked page",
    "edi837/lookup": "where found nearest meanings told form",
    "edi837/pages": "gather figures heard claims day dayform",
    "edi837/replies": "items read outcomes codes reasons facts sums said heads groups inquiries words form",
    "edi837/fhir": "form systems parties team facts items claim valid",
    "edi837/spark": "glance stretch plan tables answers source",
    "edi837/acks": "writer reply ta1 ack999 status source ack277ca",
    "edi837/gateway": (
        "fsops mounts layout names rights probe unpack ready settings settingsfile keys logs outside owner schema "
        "amiss ledger begun claims scan waiting reading decided steps batch worker wake labour status health "
        "start crew doctor upkeep pruning audit"
    ),
}


def test_map_of_the_house(update: bool) -> None:
    lines = []
    for folder, order in ORDER.items():
        modules = [ROOT / folder / f"{name}.py" for name in order.split()]
        assert set(modules) == {p for p in (ROOT / folder).glob("*.py") if not p.name.startswith("__")}
        lines.append(f"{folder}/")
        lines += [f"  {p.name:16} {summary(p)}" for p in modules]
    lines += [
        f"{'edi837/policies/':18} policies as data, each with its published text and its cases; tables of codes",
        f"{'schemas/':18} corrections to pyx12's maps with their reasons; RELAX NG for maps, corrections and the tree",
        f"{'fixtures/':18} interchanges of ours that pass and fail, with the expected answers",
        f"{'benchmarks/':18} rates and memory beside pyx12",
    ]
    holds("map", "\n".join(lines) + "\n", update)


def test_the_benchmark_shows_lines_of_the_page_on_speed() -> None:
    page = (ROOT / "docs" / "performance.md").read_text("utf-8").splitlines()
    assert [line for line in block("benchmark").splitlines() if line not in page] == []


def test_commands_are_those_of_the_command_line() -> None:
    named = set(re.findall(r"^\| `edi837 (\w+)", README.read_text("utf-8"), re.MULTILINE))
    assert named == set(cli.COMMANDS)
