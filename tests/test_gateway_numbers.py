"""The ledger by itself: which control numbers it gives to whom, what it keeps, and when it cannot be used."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edi837.gateway.ledger import LEASE, Changed, Ledger, LedgerError, link, prepare, sealed
from edi837.gateway.schema import FORWARD, VERSION

OLD = Path(__file__).parent / "ledgers"


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "ledger.db"), str(tmp_path / "key")


@pytest.fixture
def book(place: tuple[str, str]) -> Iterator[Ledger]:
    ledger = Ledger(*place)
    yield ledger
    ledger.close()


def leases(book: Ledger) -> dict[str, tuple[int, int]]:
    return {row["worker"]: (row["next"], row["last"]) for row in book.rows("SELECT * FROM lease")}


def use(book: Ledger, worker: str, first: int, count: int) -> None:
    with book.writing():
        book.take(worker, first, count)


def nobody(_: str) -> bool:
    return False


def everybody(_: str) -> bool:
    return True


# ------------------------------------------------------------------ control numbers


def test_a_worker_is_given_a_hundred_and_goes_on_where_it_was(book: Ledger) -> None:
    assert book.lease("a", 1, everybody) == 1 and leases(book) == {"a": (1, LEASE)}
    use(book, "a", 1, 3)
    assert book.lease("a", 1, everybody) == 4 and leases(book) == {"a": (4, LEASE)}
    assert book.lease("b", 1, everybody) == LEASE + 1 and leases(book)["b"] == (LEASE + 1, 2 * LEASE)


def test_who_needs_more_than_a_hundred_is_given_as_many(book: Ledger) -> None:
    assert book.lease("a", 250, everybody) == 1 and leases(book) == {"a": (1, 250)}
    assert book.lease("b", 1, everybody) == 251


def test_a_lease_that_is_the_last_grows_where_it_is(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    use(book, "a", 1, LEASE - 1)
    assert book.lease("a", 2, everybody) == LEASE and leases(book) == {"a": (LEASE, 2 * LEASE)}
    assert book.lease("a", 300, everybody) == LEASE and leases(book) == {"a": (LEASE, 2 * LEASE + 300)}
    assert book.lease("b", 1, everybody) == 2 * LEASE + 301, "none of them is given to another"


@pytest.mark.parametrize(("need", "first"), [(3, 98), (4, 201)], ids=["just enough", "one short"])
def test_what_is_left_is_used_when_it_is_enough(need: int, first: int, book: Ledger) -> None:
    book.lease("a", 1, everybody)
    book.lease("b", 1, everybody)
    use(book, "a", 1, 97)
    assert book.lease("a", need, everybody) == first
    assert leases(book).get("rest-98") == (None if need == 3 else (98, 100)), "for the next who needs no more"


def test_a_lease_that_is_used_up_leaves_nothing(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    book.lease("b", 1, everybody)
    use(book, "a", 1, LEASE)
    assert book.lease("a", 1, everybody) == 201
    assert leases(book) == {"a": (201, 300), "b": (101, 200)}


def test_the_dead_are_inherited_from_and_the_living_are_not(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    book.lease("b", 1, everybody)
    book.lease("c", 1, everybody)
    use(book, "a", 1, 99)
    assert book.lease("a", 2, lambda worker: worker == "b") == 201, "c is dead, and has enough"
    assert leases(book) == {"a": (201, 300), "b": (101, 200), "rest-100": (100, 100)}
    assert book.lease("d", 1, nobody) == 100, "the lowest goes first"


def test_the_lease_of_the_dead_grows_when_it_is_the_last(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    use(book, "a", 1, 99)
    assert book.lease("b", 50, nobody) == 100 and leases(book) == {"b": (100, 200)}


def test_numbers_are_taken_in_their_order_and_once(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    use(book, "a", 1, 100)
    assert leases(book) == {"a": (101, 100)}
    for first, count in ((1, 1), (100, 1), (101, 1), (102, 1)):
        with pytest.raises(Changed):
            use(book, "a", first, count)
    with pytest.raises(Changed):
        use(book, "b", 101, 1)
    use(book, "a", 7, 0)
    assert leases(book) == {"a": (101, 100)}, "who was refused has changed nothing"


def test_a_taking_of_more_than_there_are_is_refused(book: Ledger) -> None:
    book.lease("a", 1, everybody)
    with pytest.raises(Changed):
        use(book, "a", 1, 101)
    use(book, "a", 1, 99)
    with pytest.raises(Changed):
        use(book, "a", 100, 2)
    use(book, "a", 100, 1)


def test_no_number_below_is_given_any_more(book: Ledger) -> None:
    for worker in "abc":
        book.lease(worker, 1, everybody)
    book.begin_at(200)
    assert leases(book) == {"b": (200, 200), "c": (201, 300)}, "what b has left begins there"
    assert book.lease("a", 1, everybody) == 301
    book.begin_at(1000)
    assert leases(book) == {} and book.lease("a", 1, everybody) == 1000
    book.begin_at(5)
    assert book.lease("b", 1, everybody) == 1100, "it never goes back"


# ------------------------------------------------------------------ what it keeps


def test_what_was_written_is_on_the_disk_and_the_operators_alone(book: Ledger, place: tuple[str, str]) -> None:
    told = [book.put(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert told == ["wal", 2, 1]
    assert [stat.S_IMODE(Path(path).stat().st_mode) for path in place] == [0o600, 0o600]


def test_a_transaction_is_whole_or_not_at_all(book: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), book.writing():
        book.put("INSERT INTO permit VALUES ('x', '')")
        raise KeyboardInterrupt
    assert book.permitted() == set()
    with book.writing():
        book.put("INSERT INTO permit VALUES ('x', '')")
        book.put("INSERT INTO permit VALUES ('y', '')")
    assert book.permitted() == {"x", "y"}


def test_an_event_says_its_details_in_one_order(book: Ledger) -> None:
    with book.writing():
        book.note("2026-01-01", "j", "kind", b=1, a="2")
        book.note("2026-01-01", "j", "kind")
    first, second = book.rows("SELECT detail, chain FROM event ORDER BY id")
    assert first["detail"] == '{"a": "2", "b": 1}' and first["chain"] != second["chain"]


def test_the_hashes_of_older_ledgers_are_made_as_they_were(place: tuple[str, str]) -> None:
    """Another way to make them would call every ledger there is changed."""
    Path(place[1]).write_bytes(b"k" * 32)
    book = Ledger(*place, anew=True)
    assert link("before", "at", "job", "kind", "{}").startswith("ffb7e1cb98f1ddb5")
    assert sealed(book, 5, "chain", "at").hex().startswith("8c28c3f1075978d3")
    assert link("", "", "\udc80", "", ""), "whatever a name holds"
    book.close()


def job(book: Ledger, id: str) -> None:
    book.put("INSERT INTO job (id, name, size, state, claimed) VALUES (?, 'x', 1, 'DONE', '')", id)


def test_what_came_before_is_told_from_its_day_on_and_never_of_the_job_itself(book: Ledger) -> None:
    for id in ("j1", "j2"):
        job(book, id)
    book.put("INSERT INTO interchange VALUES ('j1', x'01', 's', '1', 'P', 1, '', '2026-01-05')")
    book.put("INSERT INTO interchange VALUES ('j2', x'02', 's', '2', 'P', 0, '', '2026-01-05')")
    book.put("INSERT INTO batch VALUES ('j1', x'01', 'P', '1', 3, 0, '2026-01-05')")
    book.put("INSERT INTO batch VALUES ('j2', x'02', 'P', '1', 3, 1, '2026-01-05')")
    for ask in (book.before, book.sent):
        assert ask(b"\1", "2026-01-05", "other") == "j1"
        assert ask(b"\1", "2026-01-06", "other") == "" and ask(b"\1", "2026-01-05", "j1") == ""
        assert ask(b"\2", "2026-01-05", "other") == "", "it was refused"


def test_a_ledger_that_is_closed_says_nothing(place: tuple[str, str]) -> None:
    book = Ledger(*place)
    book.close()
    with pytest.raises(sqlite3.ProgrammingError):
        book.rows("SELECT * FROM job")


# ------------------------------------------------------------------ whether it can be used


def version(path: str) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("SELECT version FROM meta").fetchone()[0])


def test_a_ledger_is_made_before_anybody_works(place: tuple[str, str], tmp_path: Path) -> None:
    prepare(*place)
    assert not list(tmp_path.glob("*-wal")), "nobody has it open"
    assert version(place[0]) == VERSION and Path(place[1]).exists()
    key = Path(place[1]).read_bytes()
    prepare(*place)
    assert Path(place[1]).read_bytes() == key


def test_a_ledger_without_its_key_is_not_given_another(place: tuple[str, str]) -> None:
    prepare(*place)
    Path(place[1]).unlink()
    for use_it in (prepare, Ledger):
        with pytest.raises(LedgerError, match=r"cannot be used \(ENOENT\): its key .edi837/key is not there"):
            use_it(*place)
        assert not Path(place[1]).exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"^the ledger cannot be used \(SQLITE_CANTOPEN\): it cannot be written"):
        Ledger(str(tmp_path / "no" / "ledger.db"), str(tmp_path / "no" / "key"))


@pytest.mark.parametrize("older", FORWARD)
def test_looking_it_through_changes_nothing(older: int, place: tuple[str, str]) -> None:
    with sqlite3.connect(place[0]) as file:
        file.executescript((OLD / f"{older}.sql").read_text("utf-8"))
    Path(place[1]).write_bytes(b"k" * 32)
    prepare(*place)
    assert version(place[0]) == older


@pytest.mark.parametrize("harm", ["a page", "all"])
def test_a_damaged_ledger_is_told(harm: str, place: tuple[str, str]) -> None:
    prepare(*place)
    with sqlite3.connect(place[0]) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    data = bytearray(Path(place[0]).read_bytes())
    if harm == "all":
        data[:] = b"x" * len(data)
    else:
        data[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    Path(place[0]).write_bytes(data)
    with pytest.raises(LedgerError, match=r"^the ledger is damaged; restore \.edi837/ledger\.db and \.edi837/key of"):
        prepare(*place)


def test_a_ledger_of_a_version_to_come(place: tuple[str, str]) -> None:
    prepare(*place)
    with sqlite3.connect(place[0]) as file:
        file.execute("UPDATE meta SET version = ?", (VERSION + 1,))
    for use_it in (prepare, Ledger):
        with pytest.raises(LedgerError, match=r"newer edi837 .*: install that one again, or restore .* from before$"):
            use_it(*place)
    assert version(place[0]) == VERSION + 1


def test_a_ledger_that_cannot_be_read_is_told(place: tuple[str, str]) -> None:
    prepare(*place)
    Path(place[0]).unlink()
    Path(place[0]).mkdir()
    for use_it in (prepare, Ledger):
        with pytest.raises(LedgerError, match=r"^the ledger cannot be used \(SQLITE_[A-Z_]+\): "):
            use_it(*place)
