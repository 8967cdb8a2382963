"""Only what `init` made is worked on, by the user whose it is, with the ledger and key that belong to it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from edi837 import cli, keyed
from edi837.gateway import amiss, audit, begun, doctor, pruning, upkeep
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.ledger import Ledger, LedgerError, prepare
from tests.gateways import DAY, drop, numbered, once, tree, world
from tests.storm import forked, status
from tests.test_gateway_desk import opened, said
from tests.test_gateway_ledger import at

READS = [["list"], ["show", "a.edi"], ["verify"], ["prune", "--dry-run"]]
WRITES = [
    ["run"], ["once"], ["replay", "x"], ["requeue", "x"], ["release", "x"], ["forget", "1", "--sender", "S"], ["prune"],
    ["init"],
]  # fmt: skip


def asked(*words: object, group: str = "gateway") -> tuple[int, str]:
    """Exit status and all that a command said."""
    done = CliRunner().invoke(cli.main, [group, *map(str, words)], standalone_mode=False)
    if isinstance(done.exception, click.ClickException):
        return done.exception.exit_code, done.exception.format_message()
    assert done.exception is None, done.exception
    return int(done.return_value), done.output


def worked(root: Path, *, count: int = 1) -> Path:
    """A root that `init` made, with files answered."""
    said("init", root)
    (root / "edi837.toml").write_text("[gateway]\nmin_free = 0\nsettle = 0\n")
    for number in range(1, count + 1):
        drop(root, "a.edi" if number == 1 else f"{number}.edi", numbered(number))
    once(root)
    return root


def own(root: Path, name: str) -> Path:
    return root / ".edi837" / name


# ------------------------------------------------------------------ a root that is none


@pytest.mark.parametrize("words", [["once"], ["once", "--control", "9"], ["run"]])
def test_a_folder_that_is_misspelt_is_not_made_a_gateway(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()  # and a disk that is not mounted
    for name in ("typo", "mount"):
        status, told = asked(words[0], tmp_path / name, *words[1:])
        assert status == 2 and f"edi837 gateway init {tmp_path / name}" in told
    assert list(tmp_path.rglob("*")) == [tmp_path / "mount"]


# ------------------------------------------------------------------ a ledger that is gone


@pytest.mark.parametrize("gone", ["ledger", "ledger emptied", "ledger and key", "all of .edi837"])
def test_a_ledger_that_is_gone_is_not_begun_again(gone: str, tmp_path: Path) -> None:
    """Its numbers would be given twice, and files taken that came before."""
    root = worked(tmp_path)
    before = tree(root, "out", "archive")
    for path in (root / ".edi837").glob("ledger.db*"):
        path.unlink()
    if gone == "ledger emptied":
        own(root, "ledger.db").touch()
    if gone == "ledger and key":
        own(root, "key").unlink()
    if gone.startswith("all"):
        shutil.rmtree(root / ".edi837")
    drop(root, "b.edi", numbered(2))
    for words in (["once"], ["run"], ["init"], ["list"], ["once", "--control", "5"]):
        status, told = asked(words[0], root, *words[1:])
        assert status == 5 and "the ledger is gone" in told and "--new-ledger --control N" in told, words
    for start in (lambda: once(root), lambda: Crew(world(root)).run(drain=True)):
        with pytest.raises(LedgerError, match="is gone"):
            start()
    if not gone.startswith("all"):
        told = next(check.fix for check in doctor.examine(world(root)) if check.name == "ledger")
        assert "is gone" in told
    assert tree(root, "out", "archive", "in") == [*tree(root, "archive"), "in/b.edi", *tree(root, "out")]
    assert tree(root, "out", "archive") == before

    assert asked("init", root, "--new-ledger")[0] == 2, "it needs a number"
    assert said("init", root, "--new-ledger", "--control", 500)["found"] == 1
    (filed,) = once(root)
    assert {int((root / "out" / name).read_bytes()[90:99]) for name in filed.answers} == {500, 501}
    assert said("verify", root) == [], "what stood there is noted"


def test_a_ledger_that_is_there_is_not_begun_anew(tmp_path: Path) -> None:
    root = worked(tmp_path)
    status, told = asked("init", root, "--new-ledger", "--control", 500)
    assert status == 2 and "there is a ledger" in told
    assert said("init", root, "--control", 500) and len(opened(root).rows("SELECT 1 FROM job")) == 1


def test_two_who_begin_a_ledger_do_not_refuse_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key gets its name when the ledger is made: who sees the one sees the other."""
    made: list[bool] = []
    plain, place = keyed.keep, (str(tmp_path / "ledger.db"), str(tmp_path / "key"))

    def keep(path: Path) -> None:
        made.append(begun.holds(place[0]) and not path.exists())
        monkeypatch.undo()
        prepare(*place)  # another, in between
        with closing(Ledger(*place, reading=True)) as other:
            assert other.rows("SELECT * FROM seq")
        plain(path)  # which was first, then

    monkeypatch.setattr(keyed, "keep", keep)
    Ledger(*place).close()
    assert made[0] and sorted(path.name for path in tmp_path.iterdir()) == ["key", "ledger.db"]


CUTS = {"the key is drafted": (Ledger, "_execute"), "the ledger is made": (keyed, "keep")}


def cut(monkeypatch: pytest.MonkeyPatch, at: str, *words: object) -> None:
    """A command that is killed when the ledger is half made."""
    with monkeypatch.context() as patched:
        patched.setattr(*CUTS[at], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert status(forked(lambda: asked(*words)[0])) == -signal.SIGKILL


@pytest.mark.parametrize("at", CUTS)
@pytest.mark.parametrize("then", [["init"], ["once"], ["list"], ["doctor"], ["verify"]], ids=lambda words: words[0])
def test_an_init_that_is_cut_off_is_made_up_for(
    at: str, then: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was lost, for there was nothing."""
    cut(monkeypatch, at, "init", tmp_path)
    (tmp_path / "edi837.toml").write_text("[gateway]\nmin_free = 0\nsettle = 0\n")
    assert asked(then[0], tmp_path) == (0, asked(then[0], tmp_path)[1])
    drop(tmp_path, "a.edi", numbered(1))
    assert len(once(tmp_path)) == 1 and said("verify", tmp_path) == []
    assert own(tmp_path, "key").exists() and not own(tmp_path, "key.new").exists()


@pytest.mark.parametrize("fault", ["full", "disk"])
def test_an_init_that_fails_is_made_up_for(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(*_: object) -> None:
        raise FAULTS[fault][0]

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "_execute", execute)
        assert asked("init", tmp_path)[0] == 5
    assert asked("init", tmp_path)[0] == 0 and said("verify", tmp_path) == []


@pytest.mark.parametrize("at", CUTS)
@pytest.mark.parametrize("gone", ["ledger", "all of .edi837"])
def test_a_new_ledger_that_is_cut_off_gives_no_number_again(
    at: str, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made with its first number or not at all, and then what was filed still tells that one is gone."""
    root = worked(tmp_path)
    if gone == "ledger":
        for path in (root / ".edi837").glob("ledger.db*"):
            path.unlink()
    else:
        shutil.rmtree(root / ".edi837")
    new = ("init", root, "--new-ledger", "--control", 500)
    cut(monkeypatch, at, *new)
    drop(root, "b.edi", numbered(2))
    if at == "the key is drafted":
        for words in (["init"], ["once"]):
            assert "the ledger is gone" in asked(words[0], root)[1]
        said(*new)
    (filed,) = once(root)
    assert {int((root / "out" / name).read_bytes()[90:99]) for name in filed.answers} == {500, 501}


def test_a_drafted_key_of_another_ledger_is_not_taken(tmp_path: Path) -> None:
    root = worked(tmp_path)
    own(root, "key").unlink()
    own(root, "key.new").write_bytes(b"k" * 32)
    with pytest.raises(LedgerError, match="key is not there"):
        opened(root)
    assert not own(root, "key").exists()


def test_what_a_restored_ledger_does_not_know_is_told(tmp_path: Path) -> None:
    root = worked(tmp_path / "gate")
    upkeep.backup(Disk(), opened(root), str(tmp_path / "copy.db"))
    drop(root, "b.edi", numbered(2))
    drop(root, "letter.txt", b"Dear plan")
    later = once(root)
    assert list(audit.differences(world(root), opened(root))) == []
    for path in (root / ".edi837").glob("ledger.db*"):
        path.unlink()
    shutil.copy(tmp_path / "copy.db", own(root, "ledger.db"))
    (root / "quarantine" / "notes").mkdir()  # somebody's own
    found = list(audit.differences(world(root), opened(root)))
    assert len(found) == 2 and all(any(f"{each.path} is not" in told for told in found) for each in later)
    assert all(each.path.startswith(f"archive/{DAY}") or each.reason for each in later)
    assert said("init", root, "--control", 500)["found"] == 2 and said("verify", root) == []
    assert said("init", root, "--control", 500)["found"] == 0, "once is enough"
    os.rename(root / later[0].path, root / later[0].path.replace(later[0].job, "0123456789abcdefgh"))
    assert len(said("verify", root, code=1)) == 1, "what comes there afterwards is not"


@pytest.mark.parametrize("noted", [True, False])
def test_what_a_ledger_does_not_know_is_pruned_by_its_day(noted: bool, tmp_path: Path) -> None:
    """No original stays for ever for want of a row."""
    root = worked(tmp_path)
    (old,) = tree(root, "archive/2026")[:1]
    drop(root, "letter.txt", b"Dear plan")
    once(root)
    for path in (root / ".edi837").glob("ledger.db*"):
        path.unlink()
    if noted:
        said("init", root, "--new-ledger", "--control", 500)
    else:
        Ledger(str(own(root, "ledger.db")), str(own(root, "key")), anew=500).close()
    for days, going in ((180, []), (181, [os.path.dirname(old)])):
        made = world(root, clock=at(days))
        assert pruning.prune(made, opened(root), dry=True).folders == going and (root / old).exists()
        assert pruning.prune(made, opened(root), dry=False).folders == going
    assert tree(root, "archive") == [] and not list((root / "archive").glob("*/*/*"))
    assert len(tree(root, "quarantine")) == 2, "never those"
    assert [told for told in audit.differences(made, opened(root)) if noted or "quarantine" not in told] == []


# ------------------------------------------------------------------ another's key


@pytest.mark.parametrize("use_it", [prepare, Ledger, lambda *place: Ledger(*place, reading=True)])
def test_a_ledger_and_a_key_that_do_not_belong_together(use_it: Callable[..., Any], tmp_path: Path) -> None:
    """No file that came before would be known as such."""
    root = worked(tmp_path)
    own(root, "key").write_bytes(b"k" * 32)
    with pytest.raises(LedgerError, match=r"written with another key than \.edi837/key"):
        use_it(str(own(root, "ledger.db")), str(own(root, "key")))
    status, told = asked("doctor", root)
    assert status == 5 and "another key" in told
    assert asked("once", root)[0] == 5


def test_a_ledger_that_does_not_say_its_key_learns_it(tmp_path: Path) -> None:
    """As this version made them before: with no place for it."""
    root = worked(tmp_path)
    with closing(sqlite3.connect(own(root, "ledger.db"))) as file:
        file.execute("ALTER TABLE meta DROP COLUMN proof")
    prepare(str(own(root, "ledger.db")), str(own(root, "key")))
    opened(root).close()
    own(root, "key").write_bytes(b"k" * 32)
    with pytest.raises(LedgerError, match="another key"):
        opened(root)


def test_a_key_that_is_none(tmp_path: Path) -> None:
    root = worked(tmp_path)
    own(root, "key").write_bytes(b"short")
    with pytest.raises(LedgerError, match=r"\.edi837/key is no key"):
        opened(root)


# ------------------------------------------------------------------ what keeps it from being used


def failing(code: int, name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("some words")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


FAULTS: dict[str, tuple[Exception, str]] = {
    "busy": (failing(sqlite3.SQLITE_BUSY, "SQLITE_BUSY"), "SQLITE_BUSY.*another process holds it"),
    "full": (failing(sqlite3.SQLITE_FULL, "SQLITE_FULL"), "SQLITE_FULL.*make some"),
    "full, too": (failing(sqlite3.SQLITE_IOERR_SHMSIZE, "SQLITE_IOERR_SHMSIZE"), "make some"),
    "no room": (OSError(errno.ENOSPC, "x"), "ENOSPC.*make some"),
    "rights": (OSError(errno.EACCES, "x"), "EACCES.*owner, rights and mount"),
    "read-only": (failing(sqlite3.SQLITE_READONLY_DBMOVED, "SQLITE_READONLY_DBMOVED"), "owner, rights and mount"),
    "disk": (failing(sqlite3.SQLITE_IOERR_READ, "SQLITE_IOERR_READ"), "SQLITE_IOERR_READ.*kernel's log"),
    "unheard of": (OSError(errno.EXDEV, "x"), r"^the ledger cannot be used \(EXDEV\)$"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_backup_is_advised_where_nothing_is_damaged(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, (error, words) = worked(tmp_path), FAULTS[fault]

    def writing(_: Ledger) -> Iterator[None]:
        raise error

    monkeypatch.setattr(Ledger, "writing", writing)
    (check,) = [check for check in doctor.examine(world(root)) if check.name == "ledger"]
    assert not check.good and "restore" not in check.fix
    with pytest.raises(LedgerError, match=words) as told:
        opened(root)
    assert check.fix == str(told.value)


def test_doctor_says_what_is_damaged_and_what_is_newer(tmp_path: Path) -> None:
    root = worked(tmp_path)
    with closing(sqlite3.connect(own(root, "ledger.db"), isolation_level=None)) as file:
        file.execute("UPDATE meta SET version = 99")
    status, told = asked("doctor", root)
    assert status == 5 and "newer edi837 (version 99" in told
    own(root, "ledger.db").write_bytes(b"x" * 8192)
    assert amiss.DAMAGED in asked("doctor", root)[1]


def test_doctor_names_what_the_disk_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worked(tmp_path)

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Disk, "write", write)
    assert "BAD  write, fsync, rename (ENOSPC)\n     it says: No space left on device" in asked("doctor", root)[1]


def test_files_that_a_worker_left_are_nothing_bad(tmp_path: Path) -> None:
    root = worked(tmp_path)
    (root / ".edi837" / "work" / "gone.0123456789abcdefgh.0.").mkdir()
    status, told = asked("doctor", root)
    assert (status, "BAD" in told) == (0, False)
    assert "claims of workers that are gone: 1, which the next worker takes over" in told


# ------------------------------------------------------------------ where nothing can be written


@pytest.mark.parametrize("fault", ["full", "full, too", "no room", "rights", "read-only", "busy"])
@pytest.mark.parametrize("log", [False, True])
def test_questions_are_answered_where_nothing_can_be_written(
    fault: str, log: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, (error, _) = worked(tmp_path), FAULTS[fault]
    other = opened(root) if log else None  # what is in the write-ahead log is read, too
    if other:
        other.put("INSERT INTO permit VALUES ('x', '')")

    def refused(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "writing", refused)
        for words in READS:
            assert asked(words[0], root, *words[1:])[0] == 0, words
        status, told = asked("gateway", root, "--day", "2026-01-15", "--json", group="report")
        assert status == 0 and '"a.edi"' in told
        assert asked("once", root)[0] == 5
    assert said("verify", root) == []
    if other:
        other.close()


def test_an_older_ledger_is_not_taken_forward_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worked(tmp_path)
    with closing(sqlite3.connect(own(root, "ledger.db"), isolation_level=None)) as file:
        file.execute("UPDATE meta SET version = 1")
    monkeypatch.setattr(Ledger, "writing", lambda _: (_ for _ in ()).throw(OSError(errno.EROFS, "x")))
    status, told = asked("list", root)
    assert status == 5 and "of an older version" in told


# ------------------------------------------------------------------ whose it is


@pytest.mark.parametrize("mine", [True, False])
@pytest.mark.parametrize("words", [*READS, *WRITES, ["doctor"]], ids=" ".join)
def test_who_may_not_look_is_not_told_that_it_is_gone(
    words: list[str], mine: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worked(tmp_path)
    plain = {name: getattr(os, name) for name in ("stat", "lstat")}

    def barred(name: str) -> Callable[..., Any]:
        def look(path: Any, *more: Any, **other: Any) -> Any:
            if str(path).startswith(f"{root}/.edi837/"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return plain[name](path, *more, **other)

        return look

    def connect(*_: object, **__: object) -> None:
        raise failing(sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN")

    for name in plain:
        monkeypatch.setattr(os, name, barred(name))
    monkeypatch.setattr(sqlite3, "connect", connect)
    if not mine:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4242)
    status, told = asked(words[0], root, *words[1:])
    assert "gone" not in told and "gateway init" not in told
    if words[0] == "doctor":
        assert status == 5 and "this user may not get there" in told
    else:
        assert (status, "sudo -u" in told) == ((5, False) if mine else (2, True))
        assert not mine or "Permission denied" in told


@pytest.mark.parametrize("words", WRITES, ids=lambda words: words[0])
def test_another_user_changes_nothing(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root makes there the gateway's own user could not take up."""
    root = worked(tmp_path)
    before = tree(root, ".edi837", "in", "archive")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4242)
    status, told = asked(words[0], root, *words[1:])
    assert status == 2 and "sudo -u " in told
    assert tree(root, ".edi837", "in", "archive") == before


@pytest.mark.parametrize("words", [*READS, ["status"], ["doctor"]], ids=lambda words: words[0])
def test_another_user_may_ask(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worked(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4242)
    assert "sudo" not in asked(words[0], root, *words[1:])[1]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    root = worked(tmp_path)
    (root / "in").rmdir()
    status, told = asked("status", root)
    assert status == 5 and f"{root / 'in'} cannot be used" in told
