"""A batch that its submitter sent before, and a claim that was accepted before: noted, or sent back."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edi837.again import INSTEAD
from edi837.gateway import Filed, audit, waiting
from edi837.gateway.claims import alone
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import EXIT, Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.settings import Partner, Settings
from edi837.gateway.settingsfile import read
from edi837.gateway.steps import Steps
from edi837.gateway.upkeep import forget, replay
from edi837.gateway.worker import Worker
from edi837.problems import PolicyError
from edi837.rules import load
from edi837.terms import Terms
from tests.gateways import GOOD, NOW, Told, drop, judged, kinds, numbered, once, tree, world
from tests.snippets import CLAIM_P, HEAD, interchange
from tests.storm import Chance, forked, status
from tests.test_gateway_crew import Harmful, until
from tests.test_gateway_power import memory

__all__ = ["memory"]  # a fixture
WHOLE = "STC*A3:746*20260115*U*100~"


def told(root: Path, filed: Filed) -> str:
    """The 277CA of a file, as one text."""
    names = [name for name in filed.answers if name.startswith("277CA")]
    return "".join((root / "out" / name).read_text("latin-1") for name in names).replace("\n", "")


def report(root: Path, filed: Filed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / filed.path / "report.json").read_text("utf-8"))
    return found


def noted(root: Path, filed: Filed) -> list[str]:
    """The actions of what the report says of sets that came before."""
    entries = [each["finding"] for each in report(root, filed)["entries"] if "finding" in each]
    return [each["action"] for each in entries if each["rule"] == "X12-BATCH"]


def ledger(root: Path) -> Ledger:
    return Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))


def twice(root: Path, second: bytes = numbered(2), first: bytes = GOOD, **settings: Any) -> Filed:
    """What becomes of a second file after a first."""
    settings = {"batches": "reject", **settings}
    drop(root, "a.edi", first)
    once(root, **settings)
    drop(root, "b.edi", second)
    (filed,) = once(root, **settings)
    return filed


def test_a_batch_that_came_before_is_noted(tmp_path: Path) -> None:
    filed = twice(tmp_path, batches="warn")
    assert (filed.folder, filed.rejected) == ("archive", False)
    assert noted(tmp_path, filed) == ["warn"] and "A3:746" not in told(tmp_path, filed)


def test_where_it_is_to_be_rejected_it_goes_back_whole(tmp_path: Path) -> None:
    filed = twice(tmp_path)
    assert (filed.folder, filed.rejected, kinds(filed.answers)) == ("error", True, ["277CA", "999"])
    said = told(tmp_path, filed)
    assert WHOLE in said and "HL*2*1*21*0~" in said and "QTY*AA*1~AMT*YY*100~SE*" in said
    assert noted(tmp_path, filed) == ["reject"]
    assert f"    {INSTEAD['746']}\n" in (tmp_path / filed.path / "report.txt").read_text("utf-8")
    (one,) = report(tmp_path, filed)["interchanges"][0]["groups"][0]["sets"]
    assert (one["status"], one["accepted"], one["rejected"], one["rejected_charges"]) == ("sent back", 0, 1, "100.00")
    (row,) = ledger(tmp_path).rows("SELECT claims, rejected FROM job WHERE id = ?", filed.job)
    assert tuple(row) == (1, 1)


def test_of_two_taken_together_one_goes_back(tmp_path: Path) -> None:
    for name, number in (("a.edi", 1), ("b.edi", 2)):
        drop(tmp_path, name, numbered(number))
    lines: list[str] = []
    assert sorted(each.folder for each in once(tmp_path, batches="reject", lines=lines)) == ["archive", "error"]
    assert not any("trouble" in line for line in lines)
    for number in (3, 4):
        drop(tmp_path, f"{number}.edi", numbered(number, GOOD.replace(b"BATCH1", b"BATCH2")))
    assert sorted(len(noted(tmp_path, each)) for each in once(tmp_path)) == [0, 1]


def test_two_sets_of_one_file_are_noted_and_answered(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", interchange(HEAD + CLAIM_P, HEAD + CLAIM_P.replace("CLM*C1", "CLM*C2")))
    (filed,) = once(tmp_path, batches="reject")
    assert (filed.folder, noted(tmp_path, filed)) == ("archive", ["warn"])
    assert "A3:746" not in told(tmp_path, filed)


FIRST_REFUSED = GOOD.replace(b"SE*24*", b"SE*9*")
NEW = {
    "another BHT03": (numbered(2, GOOD.replace(b"BATCH1", b"BATCH2")), GOOD),
    "another submitter": (numbered(2, GOOD.replace(b"46*SUBMIT042", b"46*SUBMIT043")), GOOD),
    "a test, then production": (numbered(2, GOOD.replace(b"*0*T*:", b"*0*P*:")), GOOD),
    "the 999 refused the first": (numbered(2), FIRST_REFUSED),
    "a TA1 refused the first at its end": (GOOD, GOOD.replace(b"IEA*1*", b"IEA*7*")),
    "its group was refused": (numbered(2), GOOD.replace(b"GE*1*1~", b"GE*5*1~")),
}  # fmt: skip


@pytest.mark.parametrize("case", NEW)
def test_what_did_not_come_before_is_answered(case: str, tmp_path: Path) -> None:
    filed = twice(tmp_path, *NEW[case])
    assert filed.folder == "archive" and not noted(tmp_path, filed) and "A3:746" not in told(tmp_path, filed)


@pytest.mark.parametrize(
    ("general", "own", "folder"),
    [("warn", "reject", "error"), ("reject", "off", "archive"), ("off", "warn", "archive")],
)
def test_a_partner_has_his_own_rule(general: str, own: str, folder: str, tmp_path: Path) -> None:
    partner = Partner("acme", ("SUBMIT042",), batches=own, terms=judged())
    filed = twice(tmp_path, batches=general, partners=(partner,))
    assert (filed.folder, bool(noted(tmp_path, filed))) == (folder, own != "off")


# ------------------------------------------------------------------ tests and production

PRODUCTION = GOOD.replace(b"*0*T*:", b"*0*P*:")
BY_USAGE = """[gateway]
duplicates = { P = "reject", T = "warn" }
batches = { T = "off", P = "reject" }
[partner.acme]
isa06 = ["SUBMIT042"]
duplicates = { P = "off" }
[partner.other]
isa06 = ["OTHER"]
batches = "warn"
"""


def by_usage(root: Path) -> Settings:
    root.mkdir(exist_ok=True)
    (root / "edi837.toml").write_text(BY_USAGE)
    return read(root / "edi837.toml", judged())


def test_actions_may_differ_by_usage(tmp_path: Path) -> None:
    found = by_usage(tmp_path)
    assert (found.duplicates, found.batches) == ({"P": "reject", "T": "warn"}, {"P": "reject", "T": "off"})
    acme, other = found.partners
    assert acme.duplicates == {"P": "off", "T": "warn"}, "what a partner leaves out is as for everybody"
    assert (acme.batches, other.batches) == ({"P": "reject", "T": "off"}, "warn")


@pytest.mark.parametrize("wrong", ['{ P = "no" }', '{ X = "off" }', "5", '["off"]', '"no"'])
def test_actions_by_usage_are_words_of_usages(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "edi837.toml").write_text(
        f"[gateway]\nduplicates = {wrong}\n[partner.a]\nisa06 = ['A']\nbatches = {wrong}\n"
    )
    with pytest.raises(PolicyError) as error:
        read(tmp_path / "edi837.toml", Terms())
    assert str(error.value).count("or one for each usage") == 2


@pytest.mark.parametrize(
    ("data", "acme", "folder", "answer"),
    [(PRODUCTION, False, "error", "*R*025~"), (GOOD, False, "archive", "*E*025~"), (PRODUCTION, True, "archive", "")],
    ids=["production", "test", "production of a partner"],
)
def test_an_interchange_again_by_its_usage(
    data: bytes, acme: bool, folder: str, answer: str, tmp_path: Path
) -> None:
    known, data = by_usage(tmp_path), data.replace(b"*0*T*:", b"*1*T*:").replace(b"*0*P*:", b"*1*P*:")
    partners = tuple(replace(each, batches="off") for each in known.partners) if acme else ()
    said: dict[str, Any] = {"duplicates": known.duplicates, "partners": partners}
    drop(tmp_path, "a.edi", data)
    once(tmp_path, **said)
    drop(tmp_path, "b.edi", data)
    (filed,) = once(tmp_path, **said)
    ta1s = [(tmp_path / "out" / name).read_text("latin-1") for name in filed.answers if name.startswith("TA1")]
    assert filed.folder == folder and (answer or "*A*000~") in "".join(ta1s)


@pytest.mark.parametrize(("data", "folder"), [(PRODUCTION, "error"), (GOOD, "archive")], ids=["production", "test"])
def test_a_batch_again_by_its_usage(data: bytes, folder: str, tmp_path: Path) -> None:
    filed = twice(tmp_path, numbered(2, data), data, batches=by_usage(tmp_path).batches)
    assert (filed.folder, bool(noted(tmp_path, filed))) == (folder, folder == "error")


def test_what_another_accepts_meanwhile_counts_by_usage_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that is only to be noted is not read anew; production is, and goes back."""
    for data, folder in ((PRODUCTION, "error"), (GOOD, "archive")):
        root, others = tmp_path / folder, list[int]()
        drop(root, "a.edi", data)
        plain = Steps.stage
        settings: dict[str, Any] = {"duplicates": {"P": "reject", "T": "off"}}

        def staging(self: Steps, decided: Sequence[Any]) -> Any:
            if not others:  # noqa: B023 - called before the next turn
                others.append(1)  # noqa: B023
                drop(root, "b.edi", data)  # noqa: B023
                once(root, **settings)  # noqa: B023
            return plain(self, decided)  # noqa: B023

        with monkeypatch.context() as patched:
            patched.setattr(Steps, "stage", staging)
            (late,) = once(root, **settings)
        assert late.folder == folder


def test_a_repeat_says_whose_bytes_it_has(tmp_path: Path) -> None:
    """In the report, for who must find out what went wrong; of other bytes under the same number nothing is said."""
    drop(tmp_path, "a.edi", GOOD)
    (first,) = once(tmp_path)
    drop(tmp_path, "b.edi", GOOD)
    drop(tmp_path, "c.edi", GOOD.replace(b"CLM*C1", b"CLM*C2"))
    told = {each.name: json.dumps(report(tmp_path, each)) for each in once(tmp_path)}
    assert f"byte for byte that of job {first.job} of 2026-01-15" in told["b.edi"]
    assert f"(job {first.job})" in told["c.edi"] and "byte for byte" not in told["c.edi"]


def test_of_two_taken_together_the_second_is_the_repeat(tmp_path: Path) -> None:
    for name in ("a.edi", "b.edi"):
        drop(tmp_path, name, GOOD)
    one, other = once(tmp_path)
    assert f"byte for byte that of job {one.job} of" in json.dumps(report(tmp_path, other))
    said = json.loads((tmp_path / other.path / "manifest.json").read_text("utf-8"))
    assert said["same_bytes_as"] == one.job


def test_it_is_remembered_for_its_days(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    once(tmp_path)
    for days, folder in ((366, "error"), (367, "archive")):
        clock = Told(days)
        clock.at = NOW + timedelta(days=days)
        drop(tmp_path, f"{days}.edi", numbered(days))
        assert once(tmp_path, clock=clock, batches="reject")[0].folder == folder


def test_a_replay_and_a_forgotten_number_are_answered(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (first,) = once(tmp_path, batches="reject")
    made, book = world(tmp_path, clock=Told(77)), ledger(tmp_path)
    replay(made, book, first.job)
    (again,) = once(tmp_path, batches="reject")
    assert (again.folder, "A3:746" in told(tmp_path, again)) == ("archive", False)
    forget(made, book, "1", "SUBMIT042")
    drop(tmp_path, "b.edi", GOOD)
    (anew,) = once(tmp_path, batches="reject")
    assert (anew.folder, "A3:746" in told(tmp_path, anew)) == ("archive", False)


def test_what_another_worker_accepts_meanwhile_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path, "a.edi", GOOD)
    plain, others = Steps.stage, list[Filed]()

    def staging(self: Steps, decided: Sequence[Any]) -> Any:
        if not others:
            others.append(Filed("", "", "", ""))
            drop(tmp_path, "b.edi", numbered(2))
            others.extend(once(tmp_path, batches="reject"))
        return plain(self, decided)

    monkeypatch.setattr(Steps, "stage", staging)
    (late,) = once(tmp_path, batches="reject")
    assert [others[1].folder, late.folder] == ["archive", "error"] and WHOLE in told(tmp_path, late)


@pytest.mark.parametrize(
    "point", ["ledgered", "read", "staged", "committing", "committed", "published", "filed", "done"]
)
def test_a_kill_makes_no_batch_its_own_duplicate(point: str, memory: Path) -> None:
    drop(memory, "a.edi", GOOD)
    once(memory, batches="reject")
    drop(memory, "b.edi", numbered(2, GOOD.replace(b"BATCH1", b"BATCH2")))
    drop(memory, "c.edi", numbered(3))

    def killed() -> int:
        once(memory, batches="reject", disk=Disk(f"{point}:1"), clock=Told(3))
        return 0

    assert status(forked(killed)) == EXIT
    once(memory, batches="reject", clock=Told(9))
    said = {path.name.split("_")[2]: b"A3:746" in path.read_bytes() for path in (memory / "out").glob("277CA*")}
    assert said == {"000000001": False, "000000002": False, "000000003": True}


# ------------------------------------------------------------------ claims accepted before


def kept(root: Path) -> int:
    """Claims in the history."""
    with sqlite3.connect(root / ".edi837" / "history.db") as file:
        return int(file.execute("SELECT count(*) FROM claim").fetchone()[0])


def remembering(root: Path) -> Terms:
    return Terms([load("042")], history=root / ".edi837" / "history.db")


@pytest.mark.parametrize("workers", [1, 3])
def test_one_claim_of_many_files_is_accepted(workers: int, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files of a round hold it, and whoever reads them: each is judged by what was kept before."""
    plain = Steps.stage

    def slowly(self: Steps, decided: Sequence[Any]) -> Any:
        time.sleep(0.05)  # for another worker to read in
        return plain(self, decided)

    monkeypatch.setattr(Steps, "stage", slowly)
    for number in range(1, 13):
        drop(memory, f"{number:02}.edi", numbered(number, GOOD.replace(b"BATCH1", b"BATCH%d" % number)))
    filed: list[Filed] = []
    made = world(memory, terms=remembering(memory), workers=workers, clock=Chance())
    assert Crew(made, filed.append).run(drain=True, all=True) == 0
    assert len(filed) == 12 and kept(memory) == 1
    assert [each.name for each in filed if not each.rejected] == ["01.edi"] or workers > 1
    assert sum(not each.rejected for each in filed) == 1


def test_nothing_is_taken_while_it_is_anothers_turn(memory: Path) -> None:
    """Neither file nor marker: what is claimed is nowhere that an operator looks, and its name open to others."""
    once(memory)
    names = ("a.edi", "a.edi.done", "b.edi", "b.edi.done")
    for name in names:
        drop(memory, name, b"" if name.endswith("done") else numbered(ord(name[0])))
    worker = Worker(world(memory, terms=remembering(memory), ready="marker"), "w", lambda _: None)
    worker.open()
    with alone(str(memory / ".edi837" / "history.lock")) as mine:
        assert mine and worker.cycle() == []
        assert (worker.waits, worker.busy, worker.idle) == (True, False, False)
        assert tree(memory, "in", ".edi837/work") == [f"in/{name}" for name in names]
    assert [each.name for each in worker.cycle()] == ["a.edi"]
    assert tree(memory, "in", ".edi837/work") == ["in/b.edi", "in/b.edi.done"] and worker.busy
    with alone(str(memory / ".edi837" / "history.lock")):
        assert worker.cycle() == [] and not worker.busy, "it rests until it asks again"
    worker.close()


class Slow(Harmful):
    """With a history it is asked which lines it looks at."""

    def concerns(self, _: object) -> bool:
        return False


def test_those_who_wait_for_a_file_that_hangs_are_seen(memory: Path) -> None:
    """It stands in the ledger, they in in/; it is put aside in the end, and they are answered."""
    once(memory)
    for number in range(1, 5):
        claim = b"CLM*HANG*" if number == 1 else b"CLM*C%d*" % number
        drop(memory, f"{number}.edi", numbered(number, GOOD.replace(b"CLM*C1*", claim)))
    terms = Terms([Slow()], history=memory / ".edi837" / "history.db")  # type: ignore[list-item]
    made = world(memory, terms=terms, workers=2, clock=Chance(), timeout=3, max_attempts=1, poll=0.05)
    pid = forked(lambda: Crew(made).run(drain=True, all=True))
    book = ledger(memory)
    until(lambda: bool(audit.listed(book)))
    time.sleep(0.5)
    assert [(each["name"], each["state"]) for each in audit.listed(book, stuck=True)] == [("1.edi", "CLAIMED")]
    assert sorted(each["name"] for each in waiting.listed(made, book)) == ["2.edi", "3.edi", "4.edi"]
    assert status(pid) == 0
    assert {each["name"]: each["folder"] for each in audit.listed(book)} == {
        "1.edi": "quarantine", "2.edi": "archive", "3.edi": "archive", "4.edi": "archive",
    }  # fmt: skip
    book.close()


@pytest.mark.parametrize(
    "point", ["staged", "committing", "committed", "kept", "published", "pub_synced", "filing", "filed"]
)
def test_a_claim_is_kept_once_whenever_it_is_killed(point: str, memory: Path) -> None:
    """Decision, history and answer are three acts: a kill between any two loses and doubles nothing."""
    once(memory)
    drop(memory, "a.edi", GOOD)

    def killed() -> int:
        once(memory, terms=remembering(memory), disk=Disk(f"{point}:1"), clock=Told(3))
        return 0

    assert status(forked(killed)) == EXIT
    (filed,) = once(memory, terms=remembering(memory), clock=Told(9))
    assert kept(memory) == 1
    assert "A1:19" in told(memory, filed) and "A3:" not in told(memory, filed), "it is no duplicate of itself"
    drop(memory, "b.edi", numbered(2, GOOD.replace(b"BATCH1", b"BATCH2")))
    (again,) = once(memory, terms=remembering(memory), clock=Told(10))
    assert "STC*A3:54*" in told(memory, again) and kept(memory) == 1


def test_the_check_sees_a_history_that_is_not_caught_up(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edi837.gateway.batch import Batches

    monkeypatch.setattr(Batches, "_recall", lambda *_: None)
    once(memory)
    drop(memory, "a.edi", GOOD)

    def killed() -> int:
        once(memory, terms=remembering(memory), disk=Disk("committed:1"), clock=Told(3))
        return 0

    assert status(forked(killed)) == EXIT
    once(memory, terms=remembering(memory), clock=Told(9))
    assert kept(memory) == 0


@pytest.mark.parametrize("point", ["", "committed"])
def test_a_batch_that_went_back_is_not_kept(point: str, memory: Path) -> None:
    once(memory)
    drop(memory, "a.edi", GOOD)
    once(memory, terms=remembering(memory), batches="reject")
    drop(memory, "b.edi", numbered(2, GOOD.replace(b"CLM*C1", b"CLM*C2")))
    if point:
        def killed() -> int:
            once(memory, terms=remembering(memory), batches="reject", disk=Disk(point), clock=Told(3))
            return 0

        assert status(forked(killed)) == EXIT
    (filed,) = once(memory, terms=remembering(memory), batches="reject", clock=Told(9))
    assert filed.folder == "error" and kept(memory) == 1


def test_the_settings_name_them(tmp_path: Path) -> None:
    path = tmp_path / "edi837.toml"
    path.write_text('[gateway]\nhistory = true\nbatches = "reject"\n[partner.a]\nisa06 = ["A"]\nbatches = "off"\n')
    found = read(path, Terms())
    assert (found.batches, found.partners[0].batches, found.history) == ("reject", "off", True)
    store = tmp_path / "history.db"
    assert found.remembering(store).partners[0].terms.history == found.remembering(store).terms.history == store
    named = Settings(history=True, terms=Terms(history=tmp_path / "other.db"))
    assert named.remembering(store).terms.history == tmp_path / "other.db" and not Settings().remembering(store).history
    path.write_text('[gateway]\nhistory = 1\nbatches = "no"\n')
    with pytest.raises(PolicyError) as wrong:
        read(path, Terms())
    assert "history is true or false" in str(wrong.value) and "batches is" in str(wrong.value)
