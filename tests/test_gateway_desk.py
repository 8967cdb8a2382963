"""Where is my file? And what an operator may do to it: every command on single files, and what it leaves behind."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import sqlite3
import time
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from edi837 import cli, safe
from edi837.gateway import Filed, audit, doctor, owner, pruning, upkeep
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.logs import Log
from edi837.gateway.schema import LAYOUT, VERSION
from edi837.gateway.settings import Settings
from edi837.gateway.settingsfile import read
from edi837.problems import PolicyError
from edi837.terms import Terms
from tests.gateways import GOOD, NOW, Told, drop, kinds, numbered, once, tree, world


def opened(root: Path) -> Ledger:
    layout = Layout(str(root))
    return Ledger(layout.ledger, layout.own("key"))


def said(*words: object, code: int = 0) -> Any:
    """What a command says as JSON."""
    done = CliRunner().invoke(cli.main, ["gateway", *map(str, words), "--json"], standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.return_value == code
    return json.loads(done.stdout)


# ------------------------------------------------------------------ where is it?


@pytest.mark.parametrize("by", ["job", "name", "ISA13", "short ISA13", "sha256", "answer", "our number"])
def test_a_file_is_found_by_whatever_is_known_of_it(by: str, tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", numbered(77))
    drop(tmp_path, "b.edi", numbered(78))
    filed = {each.name: each for each in once(tmp_path)}["a.edi"]
    ledger = opened(tmp_path)
    row = dict(ledger.rows("SELECT * FROM job WHERE id = ?", filed.job)[0])
    ledger.close()
    word = {
        "job": filed.job, "name": "a.edi", "ISA13": "000000077", "short ISA13": "77", "sha256": row["sha256"],
        "answer": filed.answers[0], "our number": str(row["first"] + 1),
    }[by]  # fmt: skip
    (life,) = said("show", tmp_path, word)
    assert (life["id"], life["state"], life["folder"]) == (filed.job, "DONE", "archive")
    assert [each["kind"] for each in life["events"]] == ["claimed", "decided", "done"]
    assert Path(life["original"]).read_bytes() == numbered(77)
    assert {each["name"] for each in life["outputs"] if each["folder"]} == set(filed.answers)
    assert said("show", tmp_path, "nobody", code=1) == []


def test_lists_are_newest_first_and_tell_what_is_stuck(tmp_path: Path) -> None:
    for number in range(1, 4):
        drop(tmp_path, f"{number}.edi", numbered(number) if number != 2 else b"letter")
        once(tmp_path)
    assert [row["name"] for row in said("list", tmp_path, "--most", 2)] == ["3.edi", "2.edi"] or len(
        said("list", tmp_path)) == 3  # fmt: skip
    assert [row["name"] for row in said("list", tmp_path, "--folder", "quarantine")] == ["2.edi"]
    assert [row["name"] for row in said("list", tmp_path, "--stuck")] == ["2.edi"]


def aged(path: Path, seconds: float) -> Path:
    """A file that changed so long ago, by the clock of the commands."""
    os.utime(path, (time.time() - seconds, time.time() - seconds))
    return path


def test_a_file_that_waits_is_found_and_says_for_what(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", numbered(7))
    (job,) = once(tmp_path)
    drop(tmp_path, "a.edi", numbered(8))
    aged(drop(tmp_path, "cut.edi", numbered(9)[:300]), 100)
    (tmp_path / "in" / "l.edi").symlink_to("/etc/hostname")
    keys = set(said("show", tmp_path, job.job)[0])
    for word in ("cut.edi", "9", "000000009"):
        (life,) = said("show", tmp_path, word)
        assert (life["id"], life["name"], life["state"], life["folder"]) == ("", "cut.edi", "WAITING", "in")
        assert (life["reason"], life["original"]) == ("incomplete", str(tmp_path / "in" / "cut.edi"))
        assert 100 <= life["seconds"] < 200 and "incomplete_after" in life["why"]
        assert set(life) == keys | {"seconds", "why"}, "whoever reads a job's keys can read it"
    assert [life["state"] for life in said("show", tmp_path, "a.edi")] == ["DONE", "WAITING"]
    assert said("show", tmp_path, "8")[0]["reason"] == "next"
    (life,) = said("show", tmp_path, "l.edi")
    assert (life["state"], life["reason"]) == ("LEFT", "left") and life["why"].endswith("it is a link")
    assert said("release", tmp_path, "cut.edi") and said("show", tmp_path, "cut.edi")[0]["reason"] == "next"
    done = CliRunner().invoke(cli.main, ["gateway", "show", str(tmp_path), "cut.edi"])
    assert done.stdout.startswith("in/cut.edi  WAITING  300 bytes, not changed for 10")


def test_what_waits_for_somebody_is_in_the_list_of_what_is_stuck(tmp_path: Path) -> None:
    """With `status`: whenever it says that a file waits too long, the list names that file."""
    partner = '[partner.acme]\nisa06 = ["ACME"]\nfolder = "acme"\n'
    for ready, names in (("auto", ["cut.edi", "long.edi"]), ("marker", ["cut.edi", "late.edi", "long.edi"]),
                         ("rename", ["long.edi"])):  # fmt: skip
        root = tmp_path / ready
        said("init", root)
        (root / "edi837.toml").write_text(f'[gateway]\nready = "{ready}"\n{partner}')
        said("init", root)
        aged(drop(root, "fresh.edi", GOOD), -5)
        aged(drop(root, "comes.edi", GOOD[:300]), -5)
        aged(drop(root, "late.edi", GOOD), 600)
        aged(drop(root, "cut.edi", GOOD[:300]), 600)
        assert said("status", root, code=5)["oldest_seconds"] < 1800
        assert {row["name"] for row in said("list", root, "--stuck")} == set(names) - {"long.edi"}
        aged(drop(root, "long.edi", GOOD, "in/acme"), 1801)
        assert {row["name"] for row in said("list", root, "--stuck")} == set(names)
        rows = said("list", root, "--folder", "in", "--most", 9)
        assert [row["name"] for row in rows][-1] == "long.edi" and len(rows) == 5, "newest first"
        assert (rows[-1]["state"], rows[-1]["folder"], rows[-1]["job"]) == ("WAITING", "in/acme", "")
        assert len(said("list", root, "--folder", "in", "--most", 2)) == 2
        assert said("list", root) == [] == said("list", root, "--folder", "error"), "jobs, as ever"
        assert said("show", root, "acme/long.edi")[0]["folder"] == "in/acme"
    once(root)
    assert set(said("list", root)[0]) == set(rows[0]), "a row has the keys of a job's"


def test_a_file_that_may_not_be_read_is_not_said_to_be_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(tmp_path)
    aged(drop(tmp_path, "a.edi", GOOD), 100)
    plain = Disk.open

    def barred(self: Disk, path: str) -> Any:
        if path.endswith("/in/a.edi"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return plain(self, path)

    monkeypatch.setattr(Disk, "open", barred)
    (row,) = said("list", tmp_path, "--stuck")
    assert (row["name"], row["reason"]) == ("a.edi", "unreadable")
    assert "mend its group and mode" in said("show", tmp_path, "a.edi")[0]["why"]


@pytest.mark.parametrize(("ready", "told"), [("marker", "no marker stands"), ("auto", "they are not complete")])
def test_once_says_for_what_files_wait(ready: str, told: str, tmp_path: Path) -> None:
    root = tmp_path / "gate"
    said("init", root)
    (root / "edi837.toml").write_text(f'[gateway]\nmin_free = 0\nsettle = 0.1\nready = "{ready}"\n')
    drop(root, "a.edi", GOOD if ready == "marker" else GOOD[:300])
    done = CliRunner().invoke(cli.main, ["gateway", "once", str(root)])
    assert f"1 files wait in in/: {told}" in done.stderr


def test_status_is_a_health_check(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    once(tmp_path)
    drop(tmp_path, "b.edi", numbered(2))
    found = said("status", tmp_path, code=5)
    assert (found["state"], found["in"], found["out"], found["work"]) == ("DOWN", 1, 2, 0)


# ------------------------------------------------------------------ what may be done to it


def test_a_replay_is_answered_though_its_number_came(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (first,) = once(tmp_path)
    again = said("replay", tmp_path, first.job)["job"]
    (second,) = once(tmp_path)
    assert (second.job, second.folder, kinds(second.answers)) == (again, "archive", ["277CA", "999"])
    assert not set(second.answers) & set(first.answers)
    life = said("show", tmp_path, again)[0]
    assert life["replays"] == first.job and life["events"][0]["kind"] == "replay"
    assert said("verify", tmp_path) == []
    drop(tmp_path, "c.edi", GOOD)
    assert once(tmp_path)[0].folder == "error", "it is a duplicate still"


def test_what_is_not_done_cannot_be_replayed(tmp_path: Path) -> None:
    once(tmp_path)
    ledger = opened(tmp_path)
    with pytest.raises(upkeep.UpkeepError):
        upkeep.replay(world(tmp_path), ledger, "nothing")
    ledger.close()


def test_a_file_comes_back_from_quarantine(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (first,) = once(tmp_path, unknown="quarantine")
    assert first.folder == "quarantine"
    assert said("requeue", tmp_path, first.job) == {"name": "a.edi"}
    assert tree(tmp_path, "quarantine") == [] and tree(tmp_path, "in") == ["in/a.edi"]
    (second,) = once(tmp_path)
    assert (second.name, second.folder) == ("a.edi", "archive")
    assert said("verify", tmp_path) == []


def test_a_number_may_be_forgotten(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    once(tmp_path)
    assert said("forget", tmp_path, "1", "--sender", "SUBMIT042") == {"forgotten": 1}
    drop(tmp_path, "b.edi", GOOD)
    assert once(tmp_path)[0].folder == "archive"


def test_old_originals_are_pruned_and_said(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "letter", b"letter")
    filed = {each.name: each for each in once(tmp_path)}
    clock = Told()
    clock.at = NOW + timedelta(days=181)
    ledger, made = opened(tmp_path), world(tmp_path, clock=clock)
    assert pruning.prune(made, ledger, dry=True) == pruning.Gone([filed["a.edi"].path])
    assert (tmp_path / filed["a.edi"].path).exists()
    assert pruning.prune(made, ledger, dry=False) == pruning.Gone([filed["a.edi"].path])
    assert tree(tmp_path, "archive") == [] and len(tree(tmp_path, "quarantine")) == 2
    assert list(audit.differences(made, ledger)) == []
    assert audit.life(made, ledger, filed["a.edi"].job)["original"] == ""
    ledger.close()


def test_a_backup_can_be_opened(tmp_path: Path) -> None:
    drop(tmp_path / "gate", "a.edi", GOOD)
    once(tmp_path / "gate")
    said("backup", tmp_path / "gate", tmp_path / "copy.db")
    assert sqlite3.connect(tmp_path / "copy.db").execute("SELECT count(*) FROM job").fetchone() == (1,)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_cannot_be_written_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is not to blame, and nothing of the copy stays."""
    root, taken = tmp_path / "gate", tmp_path / "taken.db"
    drop(root, "a.edi", GOOD)
    once(root)
    taken.write_bytes(b"another's")

    def refused(target: Path) -> str:
        done = CliRunner().invoke(cli.main, ["gateway", "backup", str(root), str(target)])
        assert done.exit_code == 1 and "ledger" not in done.output
        return done.output

    assert "the folder of that file is not there: make it" in refused(tmp_path / "nodir" / "b.db")
    assert "of that name already: give another" in refused(taken) and taken.read_bytes() == b"another's"
    assert "cannot be made: Not a directory" in refused(taken / "b.db")

    def full(*_: object) -> None:
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = sqlite3.SQLITE_FULL  # what a full tmpfs makes of it
        raise error

    monkeypatch.setattr(Ledger, "copy", full)
    assert "no room for that file: make some" in refused(tmp_path / "b.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gate", "taken.db"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, 0])
def test_a_backup_has_its_name_only_when_it_is_whole(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to end on the way, it leaves nothing; what one that was killed left is no hindrance."""
    root, seen = tmp_path / "gate", list[str]()
    once(root)
    ledger = opened(root)
    ledger.put("INSERT INTO permit WITH RECURSIVE g(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g WHERE v < 50000) "
               "SELECT v, '' FROM g")  # fmt: skip
    ledger.close()
    (tmp_path / "b.db.part").write_bytes(b"half of it")
    plain, before = Ledger.copy, signal.getsignal(signal.SIGTERM)

    def told(ledger: Ledger, target: str, ends: Callable[[], bool]) -> None:
        if number:
            os.kill(os.getpid(), number)
        plain(ledger, target, ends)
        seen.extend(path.name for path in tmp_path.iterdir())

    monkeypatch.setattr(Ledger, "copy", told)
    done = CliRunner().invoke(cli.main, ["gateway", "backup", str(root), str(tmp_path / "b.db")])
    assert done.exit_code == (128 + number if number else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ([] if number else ["b.db"]) + ["gate"]
    assert signal.getsignal(signal.SIGTERM) == before
    if not number:
        assert sorted(seen) == ["b.db.part", "gate"]
        with sqlite3.connect(tmp_path / "b.db") as file:
            assert file.execute("SELECT count(*) FROM permit").fetchone() == (50000,)


# ------------------------------------------------------------------ is all as it was written?


@pytest.mark.parametrize(
    "harm",
    ["event changed", "event taken away", "original changed", "original gone", "report changed", "number doubled"],
)
def test_verify_sees_what_was_changed(harm: str, tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "b.edi", numbered(2))
    filed = once(tmp_path)
    assert said("verify", tmp_path) == []
    ledger, folder = opened(tmp_path), tmp_path / filed[0].path
    if harm == "event changed":
        ledger.put("UPDATE event SET detail = '{}' WHERE kind = 'decided' AND job = ?", filed[0].job)
    elif harm == "event taken away":
        ledger.put("DELETE FROM event WHERE id = 2")
    elif harm == "original changed":
        (folder / "original.edi").write_bytes(GOOD + b"more")
    elif harm == "original gone":
        (folder / "original.edi").unlink()
    elif harm == "report changed":
        (folder / "report.json").write_bytes(b"{}")
    else:
        ledger.put("UPDATE job SET first = 1")
    ledger.close()
    assert len(said("verify", tmp_path, code=1)) >= 1


def changed(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x\n")


def linked(path: Path) -> None:
    """The same bytes, at the end of a link."""
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


@pytest.mark.parametrize("known", [True, False], ids=["hash kept", "of an older version"])
@pytest.mark.parametrize(
    ("harm", "wrong"), [(changed, "is not what it was"), (Path.unlink, "is missing"), (linked, "is not what it was")]
)
def test_verify_looks_at_every_manifest(
    known: bool, harm: Callable[[Path], object], wrong: str, tmp_path: Path
) -> None:
    filed: dict[str, Filed] = {}
    for name, data in (("a.edi", GOOD), ("letter", b"Dear plan"), ("again.edi", GOOD), ("b.edi", numbered(2))):
        drop(tmp_path, name, data)
        filed |= {each.name: each for each in once(tmp_path)}
    if not known:
        ledger = opened(tmp_path)
        assert ledger.put("DELETE FROM output WHERE kind = 'manifest'").rowcount == 4
        ledger.close()
    assert said("verify", tmp_path) == []
    for name in ("a.edi", "letter"):
        harm(tmp_path / filed[name].path / "manifest.json")
    found = said("verify", tmp_path, code=1)
    harmed = (filed["a.edi"], filed["letter"])
    assert sorted(found) == sorted(f"job {each.job}: {each.path}/manifest.json {wrong}" for each in harmed)


@pytest.mark.parametrize("key", ["claims", "reason", "decided", "outputs", "interchanges", "name"])
def test_a_manifest_of_an_older_version_must_agree_with_the_ledger(key: str, tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (filed,) = once(tmp_path)
    ledger = opened(tmp_path)
    ledger.put("DELETE FROM output WHERE kind = 'manifest'")
    ledger.close()
    path = tmp_path / filed.path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), key: "other"}))
    assert len(said("verify", tmp_path, code=1)) == 1


def test_verify_looks_at_answers_that_nobody_fetched(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (filed,) = once(tmp_path, reports="out")
    out = {name.split("_")[0]: tmp_path / "out" / name for name in filed.answers}
    out["999"].unlink()
    assert said("verify", tmp_path) == [], "it was fetched"
    changed(out["277CA"])
    report = next((tmp_path / "out").glob("report_*.json"))
    report.write_bytes(b"")
    wrong = [f"job {filed.job}: out/{path.name} is not what it was" for path in (out["277CA"], report)]
    assert sorted(said("verify", tmp_path, code=1)) == sorted(wrong)
    clock = Told()
    clock.at = NOW + timedelta(days=181)
    ledger, made = opened(tmp_path), world(tmp_path, clock=clock)
    assert len(pruning.prune(made, ledger, dry=False).folders) == 1
    assert len(list(audit.differences(made, ledger))) == 2, "whether its original is pruned or not"
    ledger.close()
    out["277CA"].unlink()
    report.unlink()
    assert said("verify", tmp_path) == []


def test_a_file_of_somebody_elses_at_the_name_of_an_answer_is_no_difference(tmp_path: Path) -> None:
    """Ours got another name then; only when no file of ours is there can nobody tell."""
    drop(tmp_path / "one", "a.edi", GOOD)
    (first,) = once(tmp_path / "one", clock=Told(5))
    root = tmp_path / "two"
    drop(root, "a.edi", GOOD)
    drop(root, first.answers[0], b"somebody else's", "out")
    (second,) = once(root, clock=Told(5))
    assert second.answers == first.answers and len(list((root / "out").iterdir())) == 3
    assert said("verify", root) == []


def test_what_cannot_be_read_is_a_difference_and_verify_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        drop(tmp_path, f"{number}.edi", numbered(number))
    one, two = sorted(once(tmp_path), key=lambda each: each.job)
    plain = Disk.open

    def failing(disk: Disk, path: str) -> Any:
        if one.job in path and path.endswith("original.edi"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return plain(disk, path)

    monkeypatch.setattr(Disk, "open", failing)
    changed(tmp_path / two.path / "original.edi")
    assert [each[each.index("original.edi") :] for each in said("verify", tmp_path, code=1)] == [
        "original.edi cannot be read: Input/output error", "original.edi is not what it was"
    ]  # fmt: skip


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    once(tmp_path)
    ledger = opened(tmp_path)
    ledger.put("UPDATE meta SET version = ?", VERSION + 1)
    ledger.close()
    with pytest.raises(Exception, match="newer"):
        opened(tmp_path)
    assert "STRICT" in LAYOUT


# ------------------------------------------------------------------ settings, doctor, log


def test_all_faults_of_the_settings_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "edi837.toml").write_text(
        '[gateway]\nusage = "X"\nworkers = 0\nsetle = 1\nnames = "x"\nsettle = "2"\n'
        '[partner.a]\nisa06 = ["A"]\nfolder = "../x"\nduplicates = "no"\n[partner.b]\nisa06 = ["A"]\npolicy = ["042"]\n'
    )
    with pytest.raises(PolicyError) as error:
        read(tmp_path / "edi837.toml", Terms())
    text = str(error.value)
    for part in ("usage is", "workers is", 'unknown key "setle"; did you mean "settle"', "names ends",
                 "settle is a number", "folder is", "duplicates is", "is partner.a's already",
                 'unknown key "policy"'):  # fmt: skip
        assert part in text, part


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "edi837.toml").write_text(
        '[gateway]\nusage = "P"\nsettle = 1\ninclude = ["*.dat"]\n[policies]\ndefault = ["042"]\n'
        '[partner.a]\nisa06 = ["A "]\nfolder = "a"\npolicies = []\n[partner.a.replies]\nrole = "clearinghouse"\n'
    )
    found = read(tmp_path / "edi837.toml", Terms())
    assert (found.usage, found.settle, found.include, found.folders) == ("P", 1.0, ("*.dat",), ("a",))
    assert found.partners[0].isa06 == ("A",) and found.partners[0].terms.replies.role == "clearinghouse"


def test_the_settings_are_told_with_where_they_come_from(tmp_path: Path) -> None:
    root = tmp_path / "gate"
    said("init", root, "--usage", "P")
    with (root / "edi837.toml").open("a") as file:
        file.write('[partner.acme]\nisa06 = ["ACME"]\n[folders]\nin = "inbound"\n')
    found = said("settings", root)
    rows = {row["key"]: row for row in found["keys"]}
    assert rows["usage"] == {"key": "usage", "value": "P", "origin": "file", "says": rows["usage"]["says"]}
    assert (rows["settle"]["value"], rows["settle"]["origin"]) == (2.0, "default")
    assert (found["folders"], found["partners"]) == ({"in": "inbound"}, ["acme"])
    assert set(rows) == {each.name for each in fields(Settings)} - {"named", "partners", "terms"}
    assert all(len(row["says"]) > 5 for row in rows.values())
    done = CliRunner().invoke(cli.main, ["gateway", "settings", str(root)])
    assert done.exit_code == 0 and '* usage            "P"' in done.stdout and "  settle           2.0" in done.stdout
    (root / "edi837.toml").write_text("[gateway]\nsetle = 1\nworkers = 0\n")
    done = CliRunner().invoke(cli.main, ["gateway", "settings", str(root)])
    assert done.exit_code == 2 and "setle" in done.stderr and "workers" in done.stderr, "a check, too"


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "gate"
    said("init", root, "--usage", "P")
    for key, value in {"USAGE": "T", "WORKERS": "3", "HISTORY": "true", "INCLUDE": '["*.edi"]', "HTTP": "127.0.0.1:9",
                       "DUPLICATES": '{ T = "off" }', "SETTLE": "1"}.items():  # fmt: skip
        monkeypatch.setenv(f"EDI837_GATEWAY_{key}", value)
    rows = {row["key"]: (row["value"], row["origin"]) for row in said("settings", root)["keys"]}
    assert rows["usage"] == ("T", "environment") and rows["unknown"] == ("accept", "file")
    assert (rows["workers"][0], rows["history"][0], rows["include"][0]) == (3, True, ["*.edi"])
    assert (rows["duplicates"][0], rows["settle"][0]) == ({"P": "reject", "T": "off"}, 1.0)
    (root / "edi837.toml").unlink()
    assert said("settings", root)["keys"][0]["value"] == "T", "and where there is none"
    monkeypatch.setenv("EDI837_GATEWAY_WORKERS", "many")
    monkeypatch.setenv("EDI837_GATEWAY_WORKER", "1")
    done = CliRunner().invoke(cli.main, ["gateway", "settings", str(root)])
    assert done.exit_code == 2 and "workers is a number" in done.stderr and 'did you mean "workers"' in done.stderr


def fits(value: object, schema: dict[str, Any]) -> bool:
    """Whether a value is as a schema wants it: as much of JSON Schema as ours speaks."""
    if "anyOf" in schema:
        return any(fits(value, each) for each in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    if schema["type"] == "object":
        known, more = schema.get("properties", {}), schema["additionalProperties"]
        return isinstance(value, dict) and set(schema.get("required", ())) <= set(value) and all(
            fits(each, known[key]) if key in known else bool(more) and fits(each, more) for key, each in value.items()
        )
    if schema["type"] == "array":
        return isinstance(value, list) and all(fits(each, schema["items"]) for each in value)
    if schema["type"] == "string":
        return isinstance(value, str) and bool(re.search(schema.get("pattern", ""), value))
    kinds: tuple[type, ...] = {"boolean": (bool,), "integer": (int,), "number": (int, float)}[schema["type"]]
    return isinstance(value, kinds) and (isinstance(value, bool) is (schema["type"] == "boolean")) and (
        isinstance(value, bool) or value >= schema["minimum"])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "good"),
    [("", True), ('[gateway]\nsetle = 1', False), ("[gateway]\nworkers = 0", False),
     ("[gateway]\nworkers = 2.5", False), ('[gateway]\nduplicates = { P = "off" }', True),
     ('[gateway]\nduplicates = { X = "off" }', False),
     ('[gateway]\ndurplicates = "off"', False), ('[partner.a]\nisa06 = ["A"]\nfolder = "../a"', False),
     ('[partner.a]\nfolder = "a"', False), ('[folders]\nin = "inbound"', True), ('[folders]\ninn = "inbound"', False),
     ("[gateway]\nhistory = 1", False), ('[gateway]\nusage = "X"', False), ("[gate]", False)],
)  # fmt: skip
def test_the_schema_knows_what_the_reader_knows(text: str, good: bool, tmp_path: Path) -> None:
    """What it refuses the reader refuses; the settings of the guide pass both."""
    done = CliRunner().invoke(cli.main, ["gateway", "settings", str(tmp_path), "--schema"])
    schema = json.loads(done.stdout)
    assert fits(tomllib.loads(text), schema) is good
    (tmp_path / "edi837.toml").write_text(text)
    done = CliRunner().invoke(cli.main, ["gateway", "settings", str(tmp_path)])
    assert (done.exit_code == 0) is good, done.stderr
    guide = (Path(__file__).parent.parent / "docs" / "gateway.md").read_text("utf-8")
    (sample,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert fits(tomllib.loads(sample), schema)


def test_what_init_writes_can_be_read_and_run(tmp_path: Path) -> None:
    assert said("init", tmp_path / "gate", "--usage", "T", "--control", 500)
    terms = Terms()
    assert read(tmp_path / "gate" / "edi837.toml", terms) == Settings(usage="T", terms=terms)
    assert all(check["good"] for check in said("doctor", tmp_path / "gate"))
    drop(tmp_path / "gate", "a.edi", GOOD)
    once(tmp_path / "gate")
    assert {path.read_bytes()[90:99] for path in (tmp_path / "gate" / "out").iterdir()} == {b"000000500", b"000000501"}


def test_init_heeds_the_settings_and_refuses_what_they_contradict(tmp_path: Path) -> None:
    """Else whoever asks for a root for production has one for tests, and is told it is ready."""
    root = tmp_path / "gate"
    said("init", root, "--usage", "T")
    done = CliRunner().invoke(cli.main, ["gateway", "init", str(root), "--usage", "P"])
    assert done.exit_code == 2 and 'usage is "T"' in done.stderr and "ready" not in done.output
    for more in ([], ["--usage", "T"]):
        assert said("init", root, *more)
    assert read(root / "edi837.toml", Terms()).usage == "T"


def test_control_numbers_are_the_ledgers_as_the_help_says(tmp_path: Path) -> None:
    """Not drawn from the file's bytes, as `ack` draws them: `--control` only lifts what the ledger goes on with."""
    for command in ("init", "once"):
        told = " ".join(CliRunner().invoke(cli.main, ["gateway", command, "--help"]).stdout.split())
        assert "no control number below this one any more; without it, the ledger goes on counting" in told
        assert "bytes" not in told
    root, given = tmp_path / "gate", []
    said("init", root)
    for number, more in enumerate([(), ("--control", 500), ("--control", 5), ()], 1):
        drop(root, "a.edi", numbered(number))
        (filed,) = said("once", root, "--all", *more)
        given += sorted(int((root / "out" / name).read_bytes()[90:99]) for name in filed["answers"])
    assert given == [1, 2, 500, 501, 502, 503, 504, 505]


def test_the_doctor_says_what_to_do(tmp_path: Path) -> None:
    root = tmp_path / "gate"
    said("init", root)
    (root / "out").rmdir()
    (root / "out").symlink_to(tmp_path)
    bad = [check for check in said("doctor", root, code=5) if not check["good"]]
    assert [check["name"] for check in bad] == [f"folder {root / 'out'}"] and "init" in bad[0]["fix"]
    (root / "out").unlink()
    said("init", root)
    os.chmod(root / ".edi837", 0o755)
    assert [check["name"] for check in said("doctor", root, code=5) if not check["good"]] == ["private .edi837"]


@pytest.mark.parametrize(("mode", "owner", "told"), [
    (0o500, 0, "chmod u+rwx"), (0o500, 1, "chown it to"), (0o700, 1, "chown it to"), (0o700, 0, "mounted read-only"),
])  # fmt: skip
def test_the_doctor_tells_what_bars_a_folder(
    mode: int, owner: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(tmp_path)
    (tmp_path / "in").chmod(mode)
    mine = os.geteuid()
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("/in"))
    monkeypatch.setattr(os, "geteuid", lambda: mine + owner)
    (check,) = [each for each in doctor.examine(world(tmp_path)) if each.name == f"writable {tmp_path / 'in'}"]
    assert not check.good and told in check.fix


def test_a_root_belongs_to_the_machine_that_was_first(tmp_path: Path) -> None:
    root = tmp_path / "gate"
    said("init", root)
    drop(root, "a.edi", GOOD)
    made = world(root)

    def checked(host: str) -> bool:
        return all(each.good for each in doctor.examine(replace(made, host=host)) if each.name == "one machine")

    for host in ("", "one", "one", ""):  # a machine without an id is not refused, and claims nothing
        assert Crew(replace(made, host=host)).run(drain=True, all=True) == 0
    drop(root, "b.edi", numbered(2))
    with pytest.raises(owner.OwnerError, match="remove"):
        Crew(replace(made, host="two")).run(drain=True, all=True)
    assert tree(root, "in") == ["in/b.edi"] and tree(root, ".edi837/work") == []
    assert (checked("one"), checked("two"), checked("")) == (True, False, True)
    (root / ".edi837" / "owner.json").write_bytes(b"{")  # damaged: it cannot be told
    assert checked("two")
    (root / ".edi837" / "owner.json").unlink()
    assert Crew(replace(made, host="two")).run(drain=True, all=True) == 0
    assert (checked("one"), checked("two")) == (False, True)
    assert [path.name for path in (root / ".edi837").glob("owner*")] == ["owner.json"]


def test_the_id_of_a_machine_tells_nothing_about_it(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("0123456789abcdef0123456789abcdef\n")
    found = owner.host(str(tmp_path / "id"))
    assert len(found) == 16 and "0123456789" not in found
    (tmp_path / "id").write_text("\n")
    assert owner.host(str(tmp_path / "id")) == owner.host(str(tmp_path / "none")) == ""


HOSTILE = ["\x1b[2J\x1b]0;x\x07.edi", "a\nb\r.edi", "\u202eide.edi", "\x9b31m.edi", "\u200b.edi", "[bold red]x[x].edi",
           "%s{0}.edi", "\udcff\udcfe.edi", "x\x00y"]  # fmt: skip
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def printed(root: Path) -> list[str]:
    """What is unsafe in all that commands and log say of files with hostile names."""
    (root / "in").mkdir(parents=True)
    kept = [name for name in HOSTILE if "\0" not in name]
    for number, name in enumerate(kept, 1):
        (root / "in" / name).write_bytes(numbered(number) if number % 2 else b"Dear plan")
    lines: list[str] = []
    once(root, lines=lines)
    (root / "in" / kept[0]).write_bytes(numbered(99))
    (root / "in" / kept[1]).write_bytes(b"Dear plan")
    words = [["list", "--folder", "in"], *(["show", name] for name in kept[:2]), ["once", "--all"]]
    words += [["list"], ["list", "--stuck"], ["status"], ["verify"], ["prune", "--dry-run"]]
    words += [["show", name] for name in [*kept, "nobody\x1b[2J"]]
    words += [[each, kept[-1]] for each in ("release", "replay", "requeue")]
    words += [["forget", kept[-1], "--sender", "\x1b"]]
    bad = []
    for first, *rest in words:
        for more in ([], ["--json"]):
            done = CliRunner().invoke(cli.main, ["gateway", first, str(root), *rest, *more])
            assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
            bad += [f"{first}: {each!r}" for each in done.output.split("\n") if UNSAFE.search(each)]
            if more and done.exit_code in (0, 1, 3) and done.stdout:
                json.loads(done.stdout)
    for line in lines:
        assert isinstance(json.loads(line), dict) and "\n" not in line, "each line is one object"
        bad += [f"log: {line!r}"] if UNSAFE.search(line) else []
    return bad


def test_no_name_of_a_file_reaches_a_terminal_as_it_is(tmp_path: Path) -> None:
    assert printed(tmp_path / "gate") == []


def test_the_check_sees_names_that_are_shown_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe, "text", lambda value: value)
    assert any(each.startswith(("list", "show")) for each in printed(tmp_path / "gate"))


def test_the_log_takes_nothing_that_is_not_on_its_list() -> None:
    lines: list[str] = []
    log = Log(lines.append, Told().moment, "w")
    log("claimed", job="x", size=3)
    assert json.loads(lines[0]) == {"time": "2026-01-15T09:30:00.000", "event": "claimed", "worker": "w", "job": "x",
                                    "size": 3}  # fmt: skip
    for event, key in (("claimed", "name"), ("surprise", "job")):
        with pytest.raises(ValueError, match="not on the list"):
            log(event, **{key: "x"})


def test_what_claims_are_judged_by_is_asked_of_those_alone_that_judge_or_tell_of_it() -> None:
    report = cli.main.get_command(click.Context(cli.main), "report")
    gateway = cli.main.get_command(click.Context(cli.main), "gateway")
    assert isinstance(gateway, click.Group) and isinstance(report, click.Group)
    judging: dict[str, str] = {}  # and what they say of --policy
    for name, command in {**gateway.commands, "report": report.commands["gateway"]}.items():
        options = {option for parameter in command.params for option in parameter.opts}
        told = options & {"--policy", "--guide-overlay", "--history"}
        assert len(told) in (0, 3) and ("--config" in options) == (name != "init")
        if told:
            (judging[name],) = (str(p.to_info_dict()["help"]) for p in command.params if "--policy" in p.opts)
    assert judging.keys() == {"doctor", "once", "run", "report"}
    assert all("[default: as in DIR/edi837.toml, else 042]" in help for help in judging.values())
