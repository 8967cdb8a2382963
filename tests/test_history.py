"""The history: what was accepted is remembered without names, superseded, and used by the rules that look that far."""

from __future__ import annotations

import io
import sqlite3
import stat
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import edi837
from edi837 import answer, cli
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.history import History, HistoryError
from edi837.terms import Terms
from tests import shorthand
from tests.snippets import CLAIM_I, HEAD, I, interchange, replaced
from tests.test_kin import HOUR, LATE, VISIT, WEEK, body, claim, level, trial, verdicts, with_cases

NOW = datetime(2026, 1, 15, 9, 30)
REJECTED = [("7-A01", "reject")]


def one(*claims: str, **more: str) -> bytes:
    return interchange(body(level(2, *claims, **more)))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_a_line_accepted_before_is_held_against_a_later_one(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    assert verdicts(one(claim("C1", WEEK)), policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C2", LATE)), policy) == {"C2": []}
    assert verdicts(one(claim("C2", LATE)), policy, history=store) == {"C2": REJECTED}
    reading = Terms([policy], history=store).read(io.BytesIO(one(claim("C3", LATE))))
    (verdict,) = (event for event in reading.tell() if isinstance(event, Verdict))
    assert "S9364 and S9500 (line 1 of an earlier claim)" in verdict.findings[0].message
    assert verdicts(one(claim("C4", LATE), member="SYN000002"), policy, history=store) == {"C4": []}


def test_an_edit_of_the_file_does_not_look_into_the_history(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "file")
    assert verdicts(one(claim("C1", WEEK)), policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C2", LATE)), policy, history=store) == {"C2": []}


def began(store: Path, day: str) -> None:
    """Have a store begin on that day; it is made if there is none."""
    History(store).close()
    with sqlite3.connect(store) as file:
        assert file.execute("UPDATE begun SET day = ?", (day,)).rowcount == 1


def test_what_is_missing_may_lie_in_the_history(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    began(store, "2025-01-01")
    alone = one(claim("C2", HOUR))
    assert verdicts(alone, policy) == {"C2": [("7-D01", "warn")]}
    assert verdicts(alone, policy, history=store) == {"C2": [("7-D01", "reject")]}
    assert verdicts(one(claim("C1", VISIT)), policy, history=store) == {"C1": []}
    assert verdicts(alone, policy, history=store) == {"C2": []}


def test_a_history_tells_that_nothing_was_there_from_its_first_day_on(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    alone = one(claim("C2", "99602 1 20250103"))
    for day, action in (("2025-01-04", "warn"), ("2025-01-03", "reject"), ("2024-12-31", "reject")):
        began(store, day)
        assert verdicts(alone, policy, history=store) == {"C2": [("7-D01", action)]}, day
    began(store, "2025-01-04")
    reading = Terms([policy], history=store).read(io.BytesIO(alone))
    (verdict,) = (event for event in reading.tell() if isinstance(event, Verdict))
    assert "the history began on 01/04/2025 only" in verdict.findings[0].message


def test_a_store_says_when_it_began(store: Path) -> None:
    first = History(store)
    assert abs((datetime.now() - datetime.combine(first.since, datetime.min.time())).days) <= 1
    first.close()
    began(store, "2025-01-04")
    again = History(store)
    assert again.since == date(2025, 1, 4)
    again.close()
    with sqlite3.connect(store) as file:
        file.execute("DROP TABLE begun")  # as one of before it was kept
    old = History(store)
    assert old.since > date(2025, 1, 4), "what it holds of before nobody knows"
    old.close()


def test_what_an_edit_of_the_file_misses_may_lie_in_the_history(tmp_path: Path, store: Path) -> None:
    """It rejects without a history, and is not harder with one."""
    policy = trial(tmp_path, "file")
    alone = one(claim("C2", HOUR))
    assert verdicts(alone, policy) == {"C2": [("7-D01", "reject")]}
    assert verdicts(alone, policy, history=store) == {"C2": [("7-D01", "reject")]}
    assert verdicts(one(claim("C1", VISIT)), policy, history=store) == {"C1": []}
    assert verdicts(alone, policy, history=store) == {"C2": []}
    assert verdicts(one(claim("C3", HOUR), member="SYN000002"), policy, history=store) == {"C3": [("7-D01", "reject")]}


def test_what_was_accepted_goes_back_no_more(tmp_path: Path) -> None:
    """Whatever is wrong with it today, a claim of the same services is a second one and corrects nothing."""
    twice = ["S9500 7 11/01-11/07", "S9364 7 11/01-11/07"]
    before, now = shorthand.claims([*twice, "claim", *twice])
    before.segment = 0
    said = trial(tmp_path, "history").judge([before, now], levels=[0, 1], reach="history")
    assert [[each.action for each in found] for found in said] == [["reject"], ["reject", "reject"]]


def _bill(code: str, units: int, day: str, statement: str) -> bytes:
    """An 837I of one line, dated by one day, under a statement."""
    changes = [("S9500*100*UN*1", f"{code}*100*UN*{units}"), ("D8*20250106\n", f"D8*{day}\n"),
               ("20250106-20250112", statement), ("CLM*C1*", f"CLM*C{day[-1]}*")]  # fmt: skip
    return interchange(HEAD + replaced(CLAIM_I, changes), guide=I)


SPAN = ("begins", "ends")


def _spans(store: Path) -> set[str]:
    with sqlite3.connect(store) as file:
        return {row[1] for row in file.execute("PRAGMA table_info(claim)")} & {*SPAN}


@pytest.mark.parametrize(
    ("statement", "action"), [("20250106-20250112", "warn"), ("20250106-20250106", "reject"), ("", "warn")]
)
def test_a_claim_of_the_history_has_its_own_statement(
    tmp_path: Path, store: Path, statement: str, action: str
) -> None:
    """Three visits dated by the first of them may reach to the hour's day; one in a store of old may, too."""
    policy = trial(tmp_path, "history")
    began(store, "2025-01-01")
    visits = _bill("99601", 3, "20250106", statement or "20250106-20250106")
    assert verdicts(visits, policy, history=store) == {"C6": []}
    if not statement:
        with sqlite3.connect(store) as file:
            for column in SPAN:
                file.execute(f"ALTER TABLE claim DROP COLUMN {column}")
    hour = _bill("99602", 1, "20250108", "20250108-20250108")
    looked = Terms([policy], history=store).read(io.BytesIO(hour)).tell()
    assert [found.action for event in looked if isinstance(event, Verdict) for found in event.findings] == [action]
    assert _spans(store) == (set(SPAN) if statement else set()), "who only looks leaves an old store as it was"
    assert verdicts(hour, policy, history=store) == {"C8": [("7-D01", action)]}
    assert _kept(store) == 1 + (action == "warn")
    assert _spans(store) == set(SPAN)


def test_a_fault_of_the_claim_at_hand_is_none_of_those_before(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    assert verdicts(one(claim("C1", WEEK)), policy, history=store) == {"C1": []}
    bad = claim("C2", "J0696 8 20250106").replace("ABK:A419", "ABK:419")
    told = verdicts(one(bad, claim("C3", WEEK.replace(" 7 ", " 6 "))), policy, history=store)
    assert told == {"C2": [("S5-HI", "reject")], "C3": REJECTED}, "C1 does not go back"


def test_a_claim_sent_again_is_told_and_a_file_read_again_is_not(tmp_path: Path, store: Path) -> None:
    first, second = one(claim("C1", WEEK)), body(level(2, claim("C1", WEEK)))
    assert verdicts(first, history=store) == {"C1": []}
    assert verdicts(first, history=store) == {"C1": []}
    assert verdicts(interchange(second, marks="|:^~"), history=store) == {"C1": [("S4-SENT-BEFORE", "reject")]}
    assert verdicts(one(claim("C1", LATE)), history=store) == {"C1": []}


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_claim_that_is_replaced_or_voided_is_forgotten(tmp_path: Path, store: Path, frequency: str) -> None:
    policy = trial(tmp_path, "history")
    assert verdicts(one(claim("C1", WEEK)), policy, history=store) == {"C1": []}
    again = one(claim("C1", VISIT, frequency=frequency))
    assert verdicts(again, policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C2", LATE)), policy, history=store) == {"C2": []}
    other = one(claim("C9", LATE.replace("S9364", "S9501"), frequency=frequency))
    told = verdicts(other, policy, history=store)["C9"]
    assert told == ([("7-A01", "warn")] if frequency == "7" else []), "it may replace C2, and says another number"


def test_a_replacement_is_not_held_against_what_it_replaces(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    verdicts(one(claim("C1", WEEK)), policy, history=store)
    moved = one(claim("C1", WEEK.replace("S9500", "S9501"), frequency="7"))
    assert verdicts(moved, policy, history=store) == {"C1": []}


def test_the_latest_claims_are_looked_at(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = trial(tmp_path, "history")
    verdicts(one(claim("C1", "S9500 1 20240201"), claim("C2", "S9500 1 20250201")), policy, history=store)
    monkeypatch.setattr("edi837.history.MOST", 1)
    assert verdicts(one(claim("C3", "S9501 1 20240201")), policy, history=store) == {"C3": []}
    assert verdicts(one(claim("C4", "S9501 1 20250201")), policy, history=store) == {"C4": REJECTED}


def test_a_file_that_comes_again_is_kept_once(tmp_path: Path, store: Path) -> None:
    first = one(claim("C1", WEEK))
    for _ in range(3):
        verdicts(first, trial(tmp_path, "history"), history=store)
    assert _kept(store) == 1


def test_the_same_patient_has_another_hash_in_another_store(tmp_path: Path, store: Path) -> None:
    hashes = set()
    for path in (store, tmp_path / "other.db"):
        verdicts(one(claim("C1", WEEK)), trial(tmp_path, "history"), history=path)
        with sqlite3.connect(path) as file:
            hashes |= {each for row in file.execute("SELECT who, number, same FROM claim") for each in row}
    assert len(hashes) == 6


def test_both_in_one_file(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    both = one(claim("C1", WEEK), claim("C1", WEEK, frequency="8"))
    assert verdicts(both, policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C2", LATE)), policy, history=store) == {"C2": []}


def test_what_is_rejected_or_refused_is_not_kept(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    rejected = one(claim("C1", WEEK, LATE))
    assert verdicts(rejected, policy, history=store) == {"C1": REJECTED}
    refused = one(claim("C1", WEEK)).replace(b"SE*", b"SE*9")
    assert verdicts(refused, policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C2", LATE)), policy, history=store) == {"C2": []}
    other = {"member": "SYN000002"}
    counted = one(claim("C1", WEEK), **other).replace(b"IEA*1*", b"IEA*2*")
    assert verdicts(counted, policy, history=store) == {"C1": []}
    assert verdicts(one(claim("C3", LATE), **other), policy, history=store) == {"C3": []}
    assert _kept(store) == 2


def test_only_lines_that_concern_a_policy_are_kept_and_nobodys_name(tmp_path: Path, store: Path) -> None:
    policy = trial(tmp_path, "history")
    verdicts(one(claim("ACCOUNT77", WEEK, "J0696 8 20250106")), policy, history=store)
    with sqlite3.connect(store) as file:
        assert file.execute("SELECT procedure FROM line").fetchall() == [("S9500",)]
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in (store, store.with_name("history.db.key")):
        held = path.read_bytes()
        assert not [word for word in (b"ASPEN", b"IRIS", b"SYN000001", b"1960", b"ACCOUNT77") if word in held]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_check_begins_no_store_and_acknowledge_does(tmp_path: Path, store: Path) -> None:
    for path in (store, str(store)):
        with pytest.raises(edi837.Edi837Error, match=r"no history history\.db: acknowledge.* begins one"):
            list(edi837.check(one(claim("C1", WEEK)), history=path))
    assert not [*tmp_path.iterdir()]
    out = tmp_path / "out"
    edi837.acknowledge(one(claim("C1", WEEK)), out=out, now=NOW, history=store)
    assert _kept(store) == 1
    assert list(edi837.check(one(claim("C1", WEEK)), history=store)) == []


def test_without_its_key_a_store_is_refused(tmp_path: Path, store: Path) -> None:
    History(store).close()
    key = store.with_name("history.db.key")
    key.write_bytes(b"short")
    with pytest.raises(HistoryError, match=r"history\.db: .*32 bytes"):
        History(store)
    key.unlink()
    with pytest.raises(HistoryError, match=r"history\.db"):
        History(store)
    store.write_bytes(b"no database at all, but long enough to look like one" * 40)
    key.write_bytes(bytes(32))
    with pytest.raises(HistoryError, match=r"not a database"):
        History(store)


def test_nothing_is_kept_before_the_answers_are_out(tmp_path: Path, store: Path) -> None:
    terms = Terms([trial(tmp_path, "history")], history=store)
    outcome = answer.answer(io.BytesIO(one(claim("C1", WEEK))), terms, file="a.edi", now=NOW)
    (tmp_path / "in-the-way").write_text("a file, no folder")
    with pytest.raises(OSError):
        answer.publish(outcome, tmp_path / "in-the-way", "a.edi")
    assert _kept(store) == 0
    answer.publish(outcome, tmp_path / "out", "a.edi")
    assert _kept(store) == 1


def _kept(store: Path) -> int:
    with sqlite3.connect(store) as file:
        return int(file.execute("SELECT count(*) FROM claim").fetchone()[0])


def test_ack_keeps_and_check_only_looks(tmp_path: Path, store: Path) -> None:
    trial(tmp_path, "history")
    (tmp_path / "a.edi").write_bytes(one(claim("C1", WEEK)))
    (tmp_path / "b.edi").write_bytes(one(claim("C2", LATE)))
    policy = with_cases(tmp_path)
    terms = ["--policy", str(policy), "--history", str(store)]
    run = CliRunner().invoke
    first = run(cli.main, ["check", *terms, str(tmp_path / "a.edi")])
    assert first.exit_code == 2 and "there is no history" in first.output and not store.exists()
    run(cli.main, ["ack", *terms, "-o", str(tmp_path / "out"), str(tmp_path / "a.edi")], catch_exceptions=False)
    assert _kept(store) == 1
    assert run(cli.main, ["check", *terms, str(tmp_path / "a.edi")]).exit_code == 0
    assert _kept(store) == 1
    second = run(cli.main, ["check", *terms, str(tmp_path / "b.edi")], standalone_mode=False)
    assert second.return_value == 1 and "7-A01" in second.output
    told = list(edi837.check(tmp_path / "b.edi", policy, history=store))
    assert [each.rule for each in told if isinstance(each, Finding)] == ["7-A01"]
