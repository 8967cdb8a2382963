"""No patient anywhere but in the original and in the acknowledgements that must name him: every command, every error.

A canary stands in each personal element: names, numbers, dates and free text of the insured and the patient,
addresses, DMG, REF*SY, SBR03, CLM01, NTE, PER, K3. Each has its own word, so that a leak tells where it comes from.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edi837 import cli, safe
from edi837.gateway import batch
from edi837.gateway.fsops import Disk
from edi837.rules import load
from edi837.scope import EVERYONE
from edi837.terms import Terms
from tests.gateways import drop, numbered, once
from tests.snippets import CLAIM_I, FRONT, PROVIDER, SUBSCRIBER, I, interchange
from tests.storm import forked, status

BORN = ("19471231", "1947-12-31", "31 Dec 1947", "19480229", "1948-02-29", "29 Feb 1948")
NUMBERS = ("999887777", "9995550177", "9995550188")
# What a 277CA says of a patient: names, member number, CLM01.
NAMED = ("ZQLASTA", "ZQFIRSTA", "ZQMIDA", "ZQSUFA", "ZQMEMBERA", "ZQLASTB", "ZQFIRSTB", "ZQCLAIMA", "ZQCLAIMB")
BODY = f"""
{FRONT.replace("CLAIMS DESK*TE*6165550100", "ZQDESK*TE*9995550177*EM*ZQMAIL")}
{PROVIDER.replace("REF*EI*123456789", "REF*EI*123456789" + chr(10) + "PER*IC*ZQPERSON*TE*9995550188")}
HL*2*1*22*1
SBR*P**ZQGROUP*ZQGROUPNAME*****CI
NM1*IL*1*ZQLASTA*ZQFIRSTA*ZQMIDA**ZQSUFA*MI*ZQMEMBERA
N3*ZQSTREETA*ZQSUITEA
N4*ZQCITYA*MI*48000
DMG*D8*19471231*F
REF*SY*999887777
NM1*PR*2*SAMPLE HEALTH PLAN*****PI*PAYER042
HL*3*2*23*0
PAT*19
NM1*QC*1*ZQLASTB*ZQFIRSTB
N3*ZQSTREETB
N4*ZQCITYB*MI*48001
DMG*D8*19480229*M
REF*Y4*ZQCASUALTY
CLM*ZQCLAIMA*100***12:B:1*Y*A*Y*Y
REF*EA*ZQRECORD
K3*ZQFIXED
NTE*ADD*ZQNOTE
HI*ABK:A419
LX*1
SV1*HC:S9500*100*UN*1***1
DTP*472*D8*20250106
NTE*ADD*ZQLINENOTE
CLM*ZQCLAIMB*100***12:B:1*Y*A*Y*Y
HI*ABK:A419
LX*1
SV1*HC:S9500*100*UN*9***1
DTP*472*D8*20250107
"""
GOOD = interchange(BODY)
BIRTHS = "HI*ABK:A419\nHI*BH:A1:D8:19471231*BH:B1:D8:1948-02-29*BH:C1:D8:19480229"  # of the insured, A to C
FILES = {
    "accepted.edi": GOOD,
    "claim.edi": GOOD.replace(b"HC:S9500*100*UN*1*", b"HC:S9500*90*UN*1*"),
    "set.edi": GOOD.replace(b"HI*ABK:A419", b"QQQ*ZQWRONG", 1),
    "elements.edi": GOOD.replace(b"D8*19471231*F", b"D8*1947-12-31*ZQFEMALE").replace(b"48000", b"ZQZIP"),
    "births.edi": interchange(
        FRONT + PROVIDER + SUBSCRIBER + CLAIM_I.replace("HI*ABK:A419", BIRTHS), guide=I
    ),
    "names.edi": GOOD.replace(b"ZQLASTA", b"ZQLASTA" * 12).replace(b"ZQMEMBERA", b"ZQMEMBERA" * 12),
    "control.edi": GOOD.replace(b"ZQNOTE", b"ZQNOTE\x1b[2J\x07").replace(b"ZQSTREETA", b"ZQSTREETA\xff\xfe"),
    "group.edi": GOOD.replace(b"GE*1*1~", b"GE*7*1~"),
    "interchange.edi": GOOD.replace(b"IEA*1*", b"IEA*9*"),
    "outside.edi": GOOD.replace(b"GE*1*1~", b"NTE*ADD*ZQOUTSIDE~\nGE*1*1~"),
    "stray.edi": b"ZQSTRAY " + GOOD + b"ZQTAIL",
    "cut.edi": GOOD[: GOOD.index(b"ZQNOTE") + 6],
    "letter.txt": b"Dear plan, ZQLASTA ZQFIRSTA, born 19471231",
    "duplicate.edi": GOOD,
}  # fmt: skip


def words(data: bytes) -> set[str]:
    """The canaries in some bytes."""
    text = data.decode("latin-1")
    return set(re.findall("ZQ[A-Z]+", text)) | {each for each in (*BORN, *NUMBERS) if each in text}


def named(data: bytes) -> set[str]:
    """The canaries that a 277CA need not carry."""
    return {word for word in words(data) if not word.startswith(NAMED)}


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}


def dropped(root: Path) -> None:
    for number, (name, data) in enumerate(FILES.items(), 1):
        drop(root, name, numbered(1 if name == "duplicate.edi" else number, data))


def leaks(root: Path, shown: bytes) -> list[str]:
    """Where a canary is that has no business there; ``shown`` is all that was printed and logged."""
    said = [f"shown: {sorted(words(shown))}"] if words(shown) else []
    for path, data in files(root).items():
        kind = path.name.partition("_")[0]
        where = path.relative_to(root).as_posix()
        if path.name == "original.edi" or where.startswith("in/"):
            continue
        if kind == "277CA":
            found = named(data)
        elif kind == "999" or path.name.startswith("report."):
            found = _told(kind, data)
        else:  # ledger, log, status, metrics, manifest, key, sightings
            found = words(data)
        if found:
            said.append(f"{where}: {sorted(found)}")
    return said


def _told(kind: str, data: bytes) -> set[str]:
    """The canaries in a report or 999: both name the claim, and a 999 copies the element that is wrong (IK404)."""
    if kind == "999":
        data = b"~".join(each for each in data.split(b"~") if not each.strip().startswith(b"IK4*"))
    return {word for word in words(data) if not word.startswith(("ZQCLAIMA", "ZQCLAIMB"))}


def command(*said: object) -> bytes:
    """What a command prints, on both streams, whatever its exit status."""
    done = CliRunner().invoke(cli.main, ["gateway", *map(str, said)], standalone_mode=True)
    assert done.exception is None or isinstance(done.exception, SystemExit), type(done.exception)
    return done.output.encode("utf-8", "surrogateescape") + done.stderr.encode("utf-8", "surrogateescape")


def everything(root: Path) -> bytes:
    """Every command on a root with files of every kind; what they print."""
    shown = command("init", root)
    (root / "edi837.toml").write_text('[gateway]\nhistory = true\nbatches = "reject"\nmin_free = 0\n')
    dropped(root)
    shown += command("doctor", root) + command("status", root) + command("once", root, "--all")
    for number, (name, data) in enumerate(FILES.items(), 50):
        drop(root, f"json-{name}", numbered(number, data))
    shown += command("once", root, "--all", "--json") + command("once", root, "--json")
    for more in ([], ["--json"]):
        for each in (["status"], ["list"], ["list", "--stuck"], ["list", "--folder", "error"], ["verify"], ["doctor"],
                     ["prune", "--dry-run"]):  # fmt: skip
            shown += command(each[0], root, *each[1:], *more)
        for what in [*FILES, "1", "000000002", "nobody"]:
            shown += command("show", root, what, *more)
    jobs = json.loads(command("list", root, "--json"))
    stuck = [each["job"] for each in jobs if each["folder"] == "quarantine"]
    shown += command("requeue", root, stuck[0]) + command("replay", root, jobs[-1]["job"])
    shown += command("replay", root, "nobody") + command("requeue", root, jobs[-1]["job"])
    shown += command("release", root, "nobody") + command("forget", root, "1", "--sender", "SUBMIT042")
    shown += command("once", root, "--all") + command("backup", root, root / "copy.db") + command("verify", root)
    return shown


def test_no_canary_leaves_by_any_command(tmp_path: Path) -> None:
    root = tmp_path / "gate"
    shown = everything(root)
    assert leaks(root, shown) == []
    found = files(root)
    folders = {path.relative_to(root).parts[0] for path in found}
    assert {"archive", "error", "quarantine", "out"} <= folders, "every kind of end was met"
    carried = b"".join(data for path, data in found.items() if path.name.startswith("277CA_"))
    for word in ("ZQLASTB", "ZQFIRSTB", "ZQMEMBERA", "ZQCLAIMA"):
        assert word.encode() in carried, "a 277CA must say whose claim it answers"
    for path in root.rglob("*"):
        most = 0o700 if path.is_dir() else 0o600
        assert path.name == "edi837.toml" or not stat.S_IMODE(path.lstat().st_mode) & ~most, path


def test_no_canary_is_in_any_cell_of_the_ledger(tmp_path: Path) -> None:
    """By its rows too, as they are read back: nothing is hidden in pages or by an encoding."""
    root = tmp_path / "gate"
    everything(root)
    for name in ("ledger.db", "history.db"):
        with sqlite3.connect(root / ".edi837" / name) as book:
            tables = [row[0] for row in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            cells = [str(cell) for table in tables for row in book.execute(f"SELECT * FROM {table}") for cell in row]
        assert len(cells) > 100 or name == "history.db"
        assert not words("\n".join(cells).encode()), name


def test_the_check_sees_masking_that_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe, "masked", lambda value, *, ascii=False: safe.text(value))
    root = tmp_path / "gate"
    found = leaks(root, everything(root))
    assert any("report.json" in each and "ZQLASTB" in each for each in found)
    assert any("report.txt" in each for each in found)


# ------------------------------------------------------------------ what goes wrong while they are read


class Telling:
    """A policy that fails with a patient's name in what it says."""

    name, scope, reach = "telling", EVERYONE, "line"

    def judge(self, claims: Any, **_: Any) -> Any:
        raise ValueError(f"invalid literal for int(): {claims[0].patient.last} {claims[0].subscriber.id}")


class Failing(Disk):
    """Fails each operation of one kind for a while, with a path and a text that tell too much."""

    def __init__(self, kind: str, code: int, times: int = 4) -> None:
        super().__init__()
        self._kind, self._code, self._times = kind, code, times

    def _met(self, kind: str) -> None:
        if kind == self._kind and self._times:
            self._times -= 1
            raise OSError(self._code, "ZQERRORTEXT", "ZQERRORPATH")

    def open(self, path: str) -> Any:
        self._met("open")
        return super().open(path)

    def write(self, path: str, blocks: Any) -> None:
        self._met("write")
        super().write(path, blocks)

    def rename(self, old: str, new: str) -> None:
        self._met("rename")
        super().rename(old, new)

    def sync(self, paths: Any) -> None:
        self._met("sync")
        super().sync(paths)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("kind", ["open", "write", "rename", "sync"])
def test_no_canary_is_told_of_a_disk_that_fails(kind: str, code: int, tmp_path: Path) -> None:
    root, lines = tmp_path / "gate", list[str]()
    once(root)
    drop(root, "a.edi", FILES["claim.edi"])
    once(root, disk=Failing(kind, code), lines=lines)
    once(root, lines=lines)
    assert any('"trouble"' in line for line in lines)
    assert leaks(root, "\n".join(lines).encode()) == []


def test_no_canary_is_told_of_our_own_fault(tmp_path: Path) -> None:
    root, lines = tmp_path / "gate", list[str]()
    dropped(root)
    filed = once(root, terms=Terms([Telling()]), lines=lines)  # type: ignore[list-item]
    assert any(each.reason == "fault" for each in filed) and any("ValueError" in line for line in lines)
    assert leaks(root, "\n".join(lines).encode()) == []


def test_the_check_sees_a_log_that_tells_what_an_exception_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "where", str)
    root, lines = tmp_path / "gate", list[str]()
    dropped(root)
    once(root, terms=Terms([Telling()]), lines=lines)  # type: ignore[list-item]
    assert any("ZQLASTB" in each for each in leaks(root, "\n".join(lines).encode()))


@pytest.mark.parametrize("point", ["ledgered", "read", "staging", "staged", "committed", "published", "filed"])
def test_no_canary_is_left_by_a_kill(point: str, tmp_path: Path) -> None:
    """Between the steps answers lie in stage/ and the original in work/; nowhere else."""
    root = tmp_path / "gate"
    once(root)
    drop(root, "a.edi", FILES["claim.edi"])
    terms = Terms([load("042")], history=root / ".edi837" / "history.db")
    status(forked(lambda: len(once(root, terms=terms, disk=Disk(point))) * 0))
    for path, data in files(root).items():
        where = path.relative_to(root).as_posix()
        if not where.startswith((*(f".edi837/{own}/" for own in ("work", "stage")), "out/277CA_", "archive/")):
            assert not words(data), where
    once(root, terms=terms)
    assert leaks(root, b"") == []


def test_no_canary_is_in_what_a_running_gateway_writes(tmp_path: Path) -> None:
    """`run` itself, with its log, status.json and metrics.prom, while the write-ahead log is there."""
    root = tmp_path / "gate"
    command("init", root)
    (root / "edi837.toml").write_text("[gateway]\nsettle = 0.2\nincomplete_after = 0.4\nmin_free = 0\npoll = 0.05\n")
    dropped(root)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    log = (tmp_path / "log").open("wb")
    running = subprocess.Popen([sys.executable, "-m", "edi837", "gateway", "run", str(root)], stderr=log, stdout=log,
                               env=environment)  # fmt: skip
    try:
        until = time.monotonic() + 30
        while len(list((root / "in").iterdir())) or list((root / ".edi837" / "work").iterdir()):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.5)
        assert (root / ".edi837" / "ledger.db-wal").stat().st_size > 0
        assert leaks(root, (tmp_path / "log").read_bytes()) == []
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
    assert {"status.json", "metrics.prom"} <= {path.name for path in (root / ".edi837").iterdir()}
    assert leaks(root, (tmp_path / "log").read_bytes()) == []
    assert b'"answered"' in (tmp_path / "log").read_bytes() and b'"quarantined"' in (tmp_path / "log").read_bytes()
