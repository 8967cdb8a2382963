"""The commands as scripts use them: what goes where, and the exit status."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from edi837 import rules
from edi837.gateroot import Outside

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
DEMO = FIXTURES / "demo.edi"
CLEAN = FIXTURES / "837P" / "pass" / "minimum.edi"
NOT_X12 = FIXTURES / "envelope" / "not-x12.edi"
REFUSED = FIXTURES / "837P" / "fail" / "missing-segment.edi"
KEYS = [
    "rule", "action", "level", "source", "message", "status", "syntax", "file", "interchange", "group", "set",
    "claim", "line", "segment", "tag", "loop", "element", "value", "says", "proposal",
    "offset", "length", "row", "column", "fix",
]  # fmt: skip


def edi837(*arguments: str | Path, stdin: bytes = b"", folder: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "edi837", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=folder, env=environment, timeout=60)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([CLEAN], 0),
        ([DEMO], 1),
        ([REFUSED], 1),
        ([NOT_X12], 3),
        ([FIXTURES / "no-such-file"], 3),
        ([NOT_X12, CLEAN], 3),  # the worst of all, wherever it stands
        ([DEMO, CLEAN], 1),
        ([CLEAN, DEMO, NOT_X12], 3),
    ],
)
def test_check_exits_with_the_worst(files: list[Path], status: int) -> None:
    assert edi837("check", *files).returncode == status


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", DEMO, "--policy", "043"],
        ["check", DEMO, "--policy", "no/such.toml"],
        ["ack", DEMO],
        ["ack", DEMO, "-o", "x", "--stdout", "999"],
        ["ack", DEMO, "-o", "x", "--control", "0"],
        ["ack", DEMO, FIXTURES / "837P" / ".." / "demo.edi", "-o", "x"],  # answers of one name
        ["check", DEMO, "--history", "no-such.db"],  # which ack would begin
        ["policy", "simulate", "042", "none", DEMO],
        ["check", DEMO, "--policy", "042", "--policy", "none"],
        ["check", DEMO, "--policy", "042", "--policy", "042-strict"],
        ["lines", DEMO, "--policy", "none", "--policy", "042"],
        ["explain", "042-Z99"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_2_and_says_why(arguments: list[str | Path]) -> None:
    done = edi837(*arguments)
    assert done.returncode == 2
    assert done.stderr.strip() and not done.stdout
    assert b"Traceback" not in done.stderr


def test_findings_as_json_have_their_keys() -> None:
    findings = json.loads(edi837("check", DEMO, "--format", "json").stdout)
    assert findings and all([key for key in f if key not in ("because", "other")] == KEYS for f in findings)
    first = findings[0]
    assert (first["rule"], first["action"], first["claim"], first["status"]) == (
        "042-A03", "reject", "HIT1002", ["A6:453", "A6:732"],
    )  # fmt: skip
    assert first["element"] == "SV101-3" and first["loop"] == "2400" and first["says"]


def test_json_lines_are_the_same_findings() -> None:
    whole = json.loads(edi837("check", DEMO, "--format", "json").stdout)
    lines = edi837("check", DEMO, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == whole


def test_no_findings_is_an_empty_array() -> None:
    assert json.loads(edi837("check", CLEAN, "--format", "json").stdout) == []


def test_policies_can_be_turned_off() -> None:
    done = edi837("check", DEMO, "--policy", "none")
    assert done.returncode == 0 and not done.stdout


def test_standard_input() -> None:
    named = edi837("check", DEMO, "--format", "jsonl")
    piped = edi837("check", "-", "--format", "jsonl", stdin=DEMO.read_bytes())
    assert piped.returncode == 1
    assert piped.stdout.replace(b'"file": "-"', f'"file": "{DEMO}"'.encode()) == named.stdout


def test_ack_writes_the_whole_set_and_lists_it(tmp_path: Path) -> None:
    done = edi837("ack", DEMO, "-o", tmp_path / "out", "--now", "2026-01-15T09:30", "--control", "7")
    assert done.returncode == 1
    listed = [Path(line) for line in done.stdout.decode().splitlines()]
    assert sorted(p.name for p in listed) == [
        "demo.edi.277ca.edi", "demo.edi.999.edi", "demo.edi.report.json", "demo.edi.report.txt", "demo.edi.ta1.edi",
    ]  # fmt: skip
    assert sorted(listed) == sorted((tmp_path / "out").iterdir())
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in listed)
    assert b"*000000007*0*T*:~" in (tmp_path / "out" / "demo.edi.999.edi").read_bytes()
    report = json.loads((tmp_path / "out" / "demo.edi.report.json").read_text())
    assert report["interchanges"][0]["groups"][0]["sets"][0]["rejected"] == 6


def test_a_policy_named_twice_is_asked_once(tmp_path: Path) -> None:
    path = rules.locate("042")[0]
    once, twice = (edi837("check", DEMO, *words) for words in ((), ("--policy", "042", "--policy", path)))
    assert once.stdout == twice.stdout and once.returncode == twice.returncode == 1
    done = edi837("check", DEMO, "--policy", "042", "--policy", "042-strict")
    assert b"042 and 042-strict are profiles of one policy" in done.stderr


def test_a_packed_file_is_told_as_such(tmp_path: Path) -> None:
    packed = tmp_path / "demo.edi.gz"
    packed.write_bytes(gzip.compress(DEMO.read_bytes()))
    done = edi837("check", packed)
    assert done.returncode == 3 and b"gzip: unpack it first, or `zcat FILE | edi837 check -`" in done.stderr


@pytest.mark.parametrize("zone", ["Z", "+02:00"])
def test_a_moment_may_name_its_zone(zone: str) -> None:
    for kind, said in (("277ca", b"*20260115*0930"), ("report.json", b'"written": "2026-01-15T09:30:00"')):
        words = ("ack", DEMO, "--stdout", kind, "--now")
        plain, named = (edi837(*words, f"2026-01-15T09:30:00{each}") for each in ("", zone))
        assert plain.stdout == named.stdout and said in plain.stdout
    moment = datetime.fromisoformat(f"2026-01-15T09:30:00{zone}")
    assert Outside(moment).moment() == moment.replace(tzinfo=None), "of a gateway, too"


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for folder, seed in (("a", "0"), ("b", "1")):
        os.environ["PYTHONHASHSEED"] = seed
        edi837("ack", DEMO, "-o", tmp_path / folder, "--now", "2026-01-15T09:30")
    del os.environ["PYTHONHASHSEED"]
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("a", "b"))
    assert first == second and len(first) == 5


def test_ack_to_a_pipe_is_only_the_acknowledgement() -> None:
    done = edi837("ack", "--stdout", "277ca", "-", stdin=DEMO.read_bytes())
    assert done.stdout.startswith(b"ISA*") and done.stdout.rstrip().endswith(b"~")
    assert b"005010X214" in done.stdout and b"HIT1009" in done.stdout


def test_a_refused_set_has_no_277ca(tmp_path: Path) -> None:
    done = edi837("ack", REFUSED, "-o", tmp_path)
    assert done.returncode == 1
    assert not list(tmp_path.glob("*277ca*")) and list(tmp_path.glob("*.999.edi"))


def test_what_is_not_x12_writes_nothing(tmp_path: Path) -> None:
    done = edi837("ack", NOT_X12, "-o", tmp_path / "out")
    assert done.returncode == 3 and not done.stdout
    assert b"not X12 at byte 0" in done.stderr
    assert not (tmp_path / "out").exists()


def test_personal_values_are_masked_unless_asked_for() -> None:
    for command in (["check", "--format", "json"], ["tree"], ["tree", "--format", "json"], ["lines"]):
        assert b"OKONJO" not in edi837(command[0], DEMO, *command[1:]).stdout, command
    assert b"OKONJO" in edi837("tree", DEMO, "--show-phi").stdout


@pytest.mark.parametrize("command", ["check", "ack", "tree", "lines", "explain", "policy", "checks", "gateway"])
def test_every_command_has_help_and_stands_in_the_readme(command: str) -> None:
    done = edi837(command, "--help")
    assert done.returncode == 0 and b"Usage:" in done.stdout
    assert f"edi837 {command}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("id", ["042-A03", "A8:453", "CLM05", "SV101-3", "IK4:7", "TA1:023"])
def test_explain(id: str) -> None:
    done = edi837("explain", id)
    assert done.returncode == 0 and id.encode() in done.stdout


@pytest.mark.parametrize("arguments", [["tree", DEMO], ["fmt", DEMO], ["checks"], ["--help"], ["check", "--help"]])
def test_a_closed_pipe_is_quiet_and_no_rejection(arguments: list[str | Path]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "edi837", *map(str, arguments)]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, env=environment, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "arguments",
    [
        ["rules"], ["lines", DEMO], ["fmt", DEMO], ["--help"], ["check", DEMO, DEMO, "--format", "json"],
        ["generate", "--kind", "837P", "--claims", "100"], ["ack", DEMO, "--stdout", "277ca"],
    ],
)  # fmt: skip
def test_a_full_disk_is_no_fault_of_ours(arguments: list[str | Path]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "edi837", *map(str, arguments)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60)
    assert done.returncode == 3
    assert done.stderr.decode().removeprefix("edi837: ") == (
        "the output: cannot be read or written: No space left on device\n"
    ), "no input is blamed for it"


@pytest.mark.parametrize("arguments", [["fmt", DEMO, "-o"], ["check", DEMO, "-o"], ["policy", "show", "042", "--html"]])
def test_what_cannot_be_written_is_told_by_its_name(arguments: list[str | Path], tmp_path: Path) -> None:
    done = edi837(*arguments, tmp_path / "none" / "x")
    said = done.stderr.decode()
    assert done.returncode == 3 and f"{tmp_path / 'none' / 'x'}: cannot be read or written" in said
    assert "demo.edi" not in said


@pytest.mark.parametrize(
    "words",
    [
        *(f"check --format {form}" for form in ("junit", "github", "html")), "lines --format csv",
        "claims --format jsonl --phi show", "tree --format xml --phi show",
    ],
)  # fmt: skip
def test_what_programs_read_is_utf_8_whatever_the_terminal_knows(words: str, tmp_path: Path) -> None:
    file = tmp_path / "Ñandú.edi"
    file.write_bytes(DEMO.read_bytes().replace(b"CLM*HIT1002*", "CLM*HÑ2*".encode()))
    command, *options = words.split()

    def told(encoding: str) -> bytes:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        run = [sys.executable, "-m", "edi837", command, str(file), *options]
        done = subprocess.run(run, capture_output=True, env=environment, timeout=60)
        assert b"our own fault" not in done.stderr and done.returncode in (0, 1)
        return done.stdout

    expected = told("utf-8")
    assert expected and expected.decode("utf-8")
    assert told("latin-1") == told("ascii") == expected


def test_a_standard_input_that_is_closed_is_told() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = f"{sys.executable} -m edi837 check - <&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (3, b"standard input: cannot be read or written: it is closed\n")


def test_a_pipe_is_written_to_and_a_link_stays_one(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link.edi"
    os.mkfifo(pipe)
    link.symlink_to("target.edi")
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    assert edi837("fmt", DEMO, "-o", pipe).returncode == 0
    text, _ = reader.communicate(timeout=60)
    assert edi837("fmt", DEMO, "-o", link).returncode == 0
    assert pipe.is_fifo() and link.is_symlink()
    assert text == (tmp_path / "target.edi").read_bytes() and text.startswith(b"ISA")


def test_a_command_that_is_ended_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edi837", "generate", "--kind", "837P", "--claims", "500000"]
    command += ["-o", str(tmp_path / "x.edi")]
    running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not any(path.stat().st_size for path in tmp_path.iterdir()):
        time.sleep(0.01)
        assert running.poll() is None
    running.terminate()
    assert running.wait(timeout=60) == 143
    assert list(tmp_path.iterdir()) == []


def test_control_numbers_go_on_from_file_to_file(tmp_path: Path) -> None:
    twice = tmp_path / "again.edi"
    twice.write_bytes(DEMO.read_bytes())
    assert edi837("ack", DEMO, twice, "-o", tmp_path / "o", "--control", "999999997").returncode == 1
    numbers = sorted(path.read_bytes()[90:99] for path in (tmp_path / "o").glob("*.edi"))
    assert numbers == sorted(b"%09d" % n for n in (999999997, 999999998, 999999999, 1, 2, 3))


@pytest.mark.parametrize("command", ["lines", "claims"])
@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_table_has_its_head_whichever_file_is_the_first_to_be_read(command: str, form: str) -> None:
    alone = edi837(command, DEMO, "--format", form).stdout
    done = edi837(command, NOT_X12, DEMO, "--format", form)
    assert (done.returncode, done.stdout) == (3, alone)


def test_gateway_once_files_everything(tmp_path: Path) -> None:
    assert edi837("gateway", "init", tmp_path).returncode == 0
    for source in (DEMO, CLEAN, REFUSED, NOT_X12):
        (tmp_path / "in" / source.name).write_bytes(source.read_bytes())
    done = edi837("gateway", "once", tmp_path, "--all", "--json")
    assert done.returncode == 3, done.stderr
    filed = {each["name"]: each for each in json.loads(done.stdout)}
    assert {name: each["folder"] for name, each in filed.items()} == {
        "demo.edi": "archive", "minimum.edi": "archive", "missing-segment.edi": "error", "not-x12.edi": "quarantine",
    }  # fmt: skip
    assert list((tmp_path / "in").iterdir()) == []
    assert (tmp_path / filed["demo.edi"]["path"] / "original.edi").read_bytes() == DEMO.read_bytes()
    assert all((tmp_path / "out" / name).exists() for name in filed["demo.edi"]["answers"])


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["check", DEMO, "--format", "json"], 3), (["lines", DEMO], 3), (["--version"], 3), (["fmt", DEMO], 3),
        (["check", CLEAN], 0), (["check", CLEAN, "-o", "out.txt"], 0), (["lines", "no-such"], 3),
    ],
    ids=str,
)  # fmt: skip
def test_a_closed_standard_output_is_no_fault_of_ours(words: list[str | Path], status: int, tmp_path: Path) -> None:
    """What has to go there does not; who writes to a file needs none."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "edi837", *map(str, words)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, timeout=60)
    assert done.returncode == status, done.stderr
    assert b"our own fault" not in done.stderr and b"Exception" not in done.stderr
    if status and "no-such" not in words:
        assert b"standard output: cannot be read or written: it is closed" in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_with_no_standard_error_the_status_still_tells(closed: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "edi837", "check", str(DEMO), "-o", "out"]
    assert subprocess.run(command, cwd=tmp_path, env=environment, timeout=60).returncode == 1
    assert (tmp_path / "out").read_text("utf-8").startswith("error[042-A03]"), "and no message of ours in it"


# ---------------------------------------------------------------- nothing is written over what is read


OVER: list[list[str]] = [
    ["check", "in.edi", "-o", "in.edi", "--format", "json"], ["check", "other.edi", "in.edi", "-o", "./in.edi"],
    ["check", "in.edi", "-o", "link.edi"], ["check", "link.edi", "-o", "in.edi"], ["check", "in.edi", "-o", "hard.edi"],
    ["check", "-", "-o", "in.edi"], ["check", "in.edi", "--baseline", "in.edi", "--write-baseline"],
    ["check", "other.edi", "--baseline", "in.edi", "--write-baseline"],
    ["check", "in.edi", "--baseline", "base.json", "-o", "base.json"],
    ["report", "claims", "in.edi", "--html", "in.edi"], ["report", "ack", "in.edi", "-o", "in.edi"],
    ["report", "277ca", "other.edi", "in.edi", "--format", "html", "-o", "in.edi"],
    ["lines", "in.edi", "--format", "parquet", "-o", "in.edi"], ["claims", ".", "--format", "parquet", "-o", "in.edi"],
    ["export", "in.edi", "--to", "fhir", "-o", "in.edi"], ["deid", "in.edi", "-o", "in.edi"],
    ["deid", "in.edi", "-o", "key", "--key-file", "key"], ["deid", "in.edi", "-o", "new", "--key-file", "./new"],
    ["deid", "in.edi", "-o", "x.edi", "--key-file", "in.edi"],
    ["policy", "show", "own.toml", "--html", "own.toml"],
]  # fmt: skip


@pytest.mark.parametrize("words", OVER, ids=" ".join)
def test_nothing_is_written_over_what_is_read(words: list[str], tmp_path: Path) -> None:
    for name in ("in.edi", "other.edi"):
        (tmp_path / name).write_bytes(DEMO.read_bytes())
    (tmp_path / "link.edi").symlink_to("in.edi")
    (tmp_path / "hard.edi").hardlink_to(tmp_path / "in.edi")
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "base.json").write_text('{"format": "edi837 baseline 1", "known": {}}')
    for end in (".toml", ".txt"):
        text = (ROOT / "edi837" / "policies" / f"042{end}").read_text("utf-8")
        (tmp_path / f"own{end}").write_text(text.replace('"042.txt"', '"own.txt"').replace("cases ", "# "), "utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = edi837(*words, stdin=b"", folder=tmp_path) if "-" not in words else _from_file(words, tmp_path)
    assert done.returncode == 2, done.stderr
    assert b"that is read here: nothing is written over it" in done.stderr or b"no baseline" in done.stderr or (
        b"baseline is not JSON" in done.stderr
    )  # fmt: skip
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _from_file(words: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open(folder / "in.edi", "rb") as stdin:
        command = [sys.executable, "-m", "edi837", *words]
        return subprocess.run(command, stdin=stdin, capture_output=True, cwd=folder, env=environment, timeout=60)


def test_a_baseline_is_written_over_a_baseline(tmp_path: Path) -> None:
    words = ("check", DEMO, "--baseline", "base.json", "--write-baseline")
    for _ in range(2):
        assert edi837(*words, folder=tmp_path).returncode == 0
    (tmp_path / "base.json").write_bytes(b"")
    assert edi837(*words, folder=tmp_path).returncode == 0, "an empty file holds nothing to lose"
    assert edi837("check", DEMO, "--baseline", "base.json", folder=tmp_path).returncode == 0
    assert edi837("check", DEMO, "--baseline", "none.json", folder=tmp_path).returncode == 3


def test_a_file_may_be_laid_out_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "in.edi").write_bytes(DEMO.read_bytes())
    assert edi837("fmt", "--join", "in.edi", "-o", "in.edi", folder=tmp_path).returncode == 0
    assert (tmp_path / "in.edi").read_bytes().count(b"\n") <= 1


# ---------------------------------------------------------------- rules that are asked for


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--select", "42"], 'no rule begins so; did you mean "042"?'),
        (["--select", "042_A03"], 'did you mean "042-A03"?'),
        (["--select", "nosuch"], "edi837 rules lists them"),
        (["--select", "042-A03,042-A33"], "--select 042-A33: no rule begins so; did you mean"),
        (["--ignore", "042-Z"], "--ignore 042-Z: no rule begins so"),
        (["--select", "042", "--policy", "none"], "--select 042: no rule begins so"),
        (["--select", "IK4"], 'did you mean "X12-IK4"?'), (["--ignore", "IK"], 'did you mean "X12-IK"?'),
        (["--ignore", "mt-hit"], "no rule begins so"),
    ],
)
def test_a_rule_that_there_is_not_is_wrong_usage(words: list[str], said: str) -> None:
    """Else a slip of the pen would turn a build green for ever."""
    done = edi837("check", DEMO, *words)
    assert done.returncode == 2 and said in done.stderr.decode() and not done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--select", "042"], ["--select", "042-a"], ["--ignore", "S5,x12-ik4"], ["--select", "X12-STRAY"],
        ["--select", "X12-AK9-NOTE"], ["--select", "S4-SENT-BEFORE"], ["--select", "042-F", "--policy", "042-literal"],
        ["--select", "mt-hit", "--policy", "mt-hit"],
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_that_there_is_may_be_asked_for(words: list[str]) -> None:
    assert edi837("check", DEMO, *words).returncode in (0, 1)
