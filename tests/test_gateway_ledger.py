"""A ledger of years: taken forward from each older form, pruned of what nobody needs, its chain verified throughout."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import audit, pruning
from edi837.gateway.crew import Crew
from edi837.gateway.ledger import Ledger, LedgerError
from edi837.gateway.schema import FORWARD, VERSION
from edi837.gateway.upkeep import replay
from tests.gateways import GOOD, NOW, Told, drop, kinds, numbered, once, tree, world
from tests.test_gateway_desk import opened, said

OLD = Path(__file__).parent / "ledgers"
TABLES = ("job", "output", "interchange", "batch")


def at(days: float) -> Told:
    """The clock so many days later."""
    clock = Told(int(days * 1000) + 7)
    clock.at = NOW + timedelta(days=days)
    return clock


# ------------------------------------------------------------------ older forms


def older(root: Path, version: int) -> None:
    """A root with a ledger of an older version: of files taken, refused, put aside, and come twice."""
    once(root)  # the folders
    for path in (root / ".edi837").glob("ledger.db*"):
        path.unlink()
    (root / ".edi837" / "key").write_bytes(b"k" * 32)
    with sqlite3.connect(root / ".edi837" / "ledger.db") as file:
        file.executescript((OLD / f"{version}.sql").read_text("utf-8"))


def shape(file: sqlite3.Connection) -> dict[str, Any]:
    """Columns and indexes of every table."""
    names = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: (
            [tuple(row)[1:] for row in file.execute(f"PRAGMA table_info({name})")],
            sorted(tuple(row)[1:] for row in file.execute(f"PRAGMA index_list({name})")),
        )
        for name in names
    }


def test_a_ledger_of_every_older_version_is_kept_here() -> None:
    assert sorted(FORWARD) == list(range(1, VERSION))
    assert sorted(int(path.stem) for path in OLD.glob("*.sql")) == sorted(FORWARD)


@pytest.mark.parametrize("version", FORWARD)
def test_an_older_ledger_is_taken_forward(version: int, tmp_path: Path) -> None:
    older(tmp_path / "old", version)
    once(tmp_path / "new")
    with opened(tmp_path / "old")._file as old, opened(tmp_path / "new")._file as new:
        assert shape(old) == shape(new), "what is taken forward is what is made new"
        assert old.execute("SELECT version FROM meta").fetchone()[0] == VERSION
    book = opened(tmp_path / "old")
    assert list(audit._chain(book)) == [] and len(book.rows("SELECT * FROM job")) == 4
    book.close()


@pytest.mark.parametrize("version", FORWARD)
def test_the_work_goes_on_with_it(version: int, tmp_path: Path) -> None:
    """Its numbers are not given again, and what came before is known."""
    older(tmp_path, version)
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "b.edi", numbered(9))
    filed = {each.name: each for each in once(tmp_path, clock=at(1))}
    assert kinds(filed["a.edi"].answers) == ["TA1"] and filed["b.edi"].folder == "archive"
    numbers = [int((tmp_path / "out" / name).read_bytes()[90:99]) for each in filed.values() for name in each.answers]
    assert min(numbers) == 5 and len(set(numbers)) == len(numbers)
    assert [each for each in said("verify", tmp_path, code=1) if "missing" not in each] == []


def test_the_check_sees_a_step_that_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORWARD, 1, FORWARD[1].replace("CREATE INDEX batch_job ON batch (job);", ""))
    with pytest.raises(AssertionError):
        test_an_older_ledger_is_taken_forward(1, tmp_path)


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older(tmp_path, 1)
    monkeypatch.setitem(FORWARD, 1, FORWARD[1] + "INSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(LedgerError):
        opened(tmp_path)
    with sqlite3.connect(tmp_path / ".edi837" / "ledger.db") as file:
        assert file.execute("SELECT version FROM meta").fetchone() == (1,)
        assert "pruned" not in file.execute("SELECT sql FROM sqlite_master WHERE name = 'job'").fetchone()[0]


def test_a_newer_ledger_is_refused_and_untouched(tmp_path: Path) -> None:
    once(tmp_path)
    path = tmp_path / ".edi837" / "ledger.db"
    with sqlite3.connect(path) as file:
        file.execute("UPDATE meta SET version = 99")
    file.close()
    drop(tmp_path, "a.edi", GOOD)
    with pytest.raises(LedgerError, match=rf"newer edi837 \(version 99; this one knows {VERSION}\)"):
        once(tmp_path)
    with pytest.raises(LedgerError, match="newer edi837"):
        Crew(world(tmp_path)).run(drain=True, all=True)
    assert tree(tmp_path, "in") == ["in/a.edi"]
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT version FROM meta").fetchone() == (99,)


# ------------------------------------------------------------------ rows that nobody needs


def counts(book: Ledger) -> dict[str, int]:
    return {table: book.put(f"SELECT count(*) FROM {table}").fetchone()[0] for table in (*TABLES, "event")}


def years(root: Path) -> Ledger:
    """Files of three days, all answered, one of the first day in quarantine. Today is day 3,000."""
    for number, days in enumerate((0, 1000, 2990), 1):
        for more in range(3):
            drop(root, f"{number}{more}.edi", numbered(10 * number + more, GOOD.replace(b"BATCH1", b"B%d%d" % (
                number, more))))  # fmt: skip
        if not days:
            drop(root, "letter.txt", b"Dear plan")
        once(root, clock=at(days))
    return opened(root)


def pruned(root: Path, book: Ledger, days: float = 3000, **settings: Any) -> pruning.Gone:
    """What goes; a dry run before says the same and changes nothing."""
    made, before = world(root, clock=at(days), **settings), counts(book)
    told = pruning.prune(made, book, dry=True)
    assert counts(book) == before
    gone = pruning.prune(made, book, dry=False)
    assert gone == told
    return gone


def test_old_rows_go_and_the_chain_holds(tmp_path: Path) -> None:
    book = years(tmp_path)
    before = counts(book)
    gone = pruned(tmp_path, book)
    assert (len(gone.folders), gone.jobs, gone.events) == (6, 3, 12), "originals of two years, rows of the oldest"
    after = counts(book)
    assert {table: before[table] - after[table] for table in TABLES} == {
        "job": 3, "output": 15, "interchange": 3, "batch": 3}  # fmt: skip
    assert after["event"] == before["event"] - 12 + 6 + 1, "what went, six prunes, one cut"
    assert [row["folder"] for row in book.rows("SELECT folder FROM job ORDER BY id LIMIT 1")] == ["quarantine"]
    assert list(audit.differences(world(tmp_path), book)) == []
    assert pruned(tmp_path, book, 3001) == pruning.Gone()
    for days in (3002, 3700, 9000):  # and again, and again
        drop(tmp_path, f"{days}.edi", numbered(days))
        once(tmp_path, clock=at(days))
        pruned(tmp_path, book, days)
        assert list(audit.differences(world(tmp_path), book)) == []
    assert counts(book)["job"] == 2, "the one that is in quarantine, and the last"
    assert tree(tmp_path, "quarantine")


HARMS: dict[str, Callable[[Ledger], object]] = {
    "an event behind the cut": lambda b: b.put("DELETE FROM event WHERE id = (SELECT min(id) FROM event)"),
    "more than was cut": lambda b: b.put(
        "UPDATE cut SET event = event + 1, chain = (SELECT chain FROM event WHERE id = cut.event + 1)")
    and b.put("DELETE FROM event WHERE id = (SELECT event FROM cut)"),
    "the hash it stands on": lambda b: b.put("UPDATE cut SET chain = 'x'"),
    "the seal": lambda b: b.put("UPDATE cut SET seal = x'00'"),
    "the day": lambda b: b.put("UPDATE cut SET at = '2999-01-01'"),
    "the cut": lambda b: b.put("DELETE FROM cut"),
    "that it was cut": lambda b: b.put("DELETE FROM event WHERE kind = 'cut'"),
    "an event": lambda b: b.put("UPDATE event SET detail = '{}' WHERE kind = 'decided'"),
    "an original, hidden": lambda b: b.put("UPDATE job SET pruned = '2026-01-01' WHERE name = '30.edi'"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_whoever_cuts_but_prune_is_seen(harm: str, tmp_path: Path) -> None:
    book = years(tmp_path)
    pruned(tmp_path, book)
    drop(tmp_path, "more.edi", numbered(99))
    once(tmp_path, clock=at(3000))
    assert list(audit.differences(world(tmp_path), book)) == []
    if harm.endswith("hidden"):
        row = book.rows("SELECT path FROM job WHERE name = '30.edi'")[0]
        (tmp_path / row["path"] / "original.edi").unlink()
    HARMS[harm](book)
    found = list(audit.differences(world(tmp_path), book))
    assert found, "nothing was seen"


def test_what_a_duplicate_check_needs_stays(tmp_path: Path) -> None:
    """However few `ledger_days` are: for `duplicate_days` a number is known, and on its last day too."""
    drop(tmp_path, "a.edi", GOOD)
    once(tmp_path)
    book, settings = opened(tmp_path), {"ledger_days": 0, "archive_days": 0, "error_days": 0}
    assert pruned(tmp_path, book, 366, **settings).jobs == 0
    drop(tmp_path, "b.edi", GOOD)
    assert once(tmp_path, clock=at(366), batches="reject")[0].folder == "error"
    assert pruned(tmp_path, book, 368, **settings).jobs == 1
    drop(tmp_path, "c.edi", GOOD)
    assert once(tmp_path, clock=at(368))[0].folder == "archive", "as it would be without pruning"


def test_the_check_sees_rows_that_go_too_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "max", lambda ledger, _: ledger, raising=False)
    with pytest.raises(AssertionError):
        test_what_a_duplicate_check_needs_stays(tmp_path)


def test_what_an_open_job_needs_stays(tmp_path: Path) -> None:
    """A job that is not done, its events, and the job whose original it answers again."""
    drop(tmp_path, "a.edi", GOOD)
    (filed,) = once(tmp_path)
    book = opened(tmp_path)
    replay(world(tmp_path, clock=at(1)), book, filed.job)
    gone = pruned(tmp_path, book)
    assert (len(gone.folders), gone.jobs, gone.events) == (1, 0, 3), "nothing but what was before the replay"
    (again,) = once(tmp_path, clock=at(3000))
    assert again.folder == "archive"
    assert list(audit.differences(world(tmp_path), book)) == []
    assert pruned(tmp_path, book, 9000).jobs == 2
    assert list(audit.differences(world(tmp_path), book)) == []


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8])
def test_a_prune_that_is_interrupted_is_finished_the_next_time(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after any transaction: what it had not done is done then, and the chain holds in between."""
    book, left = years(tmp_path), [step]
    plain = Ledger.writing

    def writing(self: Ledger) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return plain(self)

    made = world(tmp_path, clock=at(3000))
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "writing", writing)
        with pytest.raises(KeyboardInterrupt):
            pruning.prune(made, book, dry=False)
    assert [each for each in audit.differences(made, book) if "chain" in each or "cut" in each] == []
    pruning.prune(made, book, dry=False)
    assert list(audit.differences(made, book)) == []
    assert (counts(book)["job"], len(tree(tmp_path, "archive"))) == (7, 12)


def test_many_events_are_cut_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_EVENTS", 5)
    monkeypatch.setattr(pruning, "_JOBS", 2)
    book = years(tmp_path)
    assert pruned(tmp_path, book).events == 12
    assert len(book.rows("SELECT * FROM cut")) == 1 and len(book.rows("SELECT 1 FROM event WHERE kind = 'cut'")) == 3
    assert list(audit.differences(world(tmp_path), book)) == []


def test_the_command_says_what_goes(tmp_path: Path) -> None:
    years(tmp_path).close()
    (tmp_path / "edi837.toml").write_text("[gateway]\narchive_days = 0\nledger_days = 5000\n")
    told = said("prune", tmp_path, "--dry-run")
    assert (len(told["folders"]), told["jobs"], told["events"]) == (3, 0, 0), "the others are of days to come"
    assert said("prune", tmp_path) == told
    assert said("verify", tmp_path) == []
    (life,) = said("show", tmp_path, "10.edi")
    assert life["original"] == "" and life["pruned"]
