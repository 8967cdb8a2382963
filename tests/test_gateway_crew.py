"""The processes of a gateway: one that hangs or eats memory is ended, all stop when told, none leaves anything."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from edi837 import keyed
from edi837.findings import Edi837Error
from edi837.gateway import World
from edi837.gateway import status as gateway_status
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.labour import FORSAKEN
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger, LedgerError, prepare
from edi837.gateway.logs import Log
from edi837.gateway.start import UnfitError
from edi837.gateway.status import look
from edi837.scope import EVERYONE
from edi837.terms import Terms
from tests import crowd
from tests.gateways import GOOD, drop, numbered, once, room, tree, world
from tests.storm import Chance, forked, kill, put, started, status


class Harmful:
    """A policy that hangs, eats memory or dies on one claim."""

    name, scope, reach = "harmful", EVERYONE, "line"

    def judge(self, claims: Any, **_: Any) -> Any:
        if claims[0].id == "HANG":
            time.sleep(600)
        if claims[0].id == "HOG":
            sum(map(len, [bytes(1 << 26) for _ in range(1 << 10)]))
        if claims[0].id == "DIE":
            os.kill(os.getpid(), signal.SIGKILL)
        return [[] for _ in claims]


def ended(pid: int, seconds: float) -> int:
    """How a process ended within its time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, found = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(found)
        time.sleep(0.01)
    kill(pid)
    raise AssertionError("it did not end")


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def jobs(root: Path) -> dict[str, dict[str, Any]]:
    ledger = Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))
    try:
        return {row["name"]: dict(row) for row in ledger.rows("SELECT * FROM job")}
    finally:
        ledger.close()


@contextmanager
def working(root: Path, **settings: Any) -> Iterator[int]:
    """A crew at work, killed in the end if it is there still."""
    pid = started(root, **{"poll": 0.05, **settings})
    try:
        yield pid
    finally:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                kill(pid)
        except ChildProcessError:
            pass


@pytest.mark.parametrize("harm", ["HANG", "HOG", "DIE"])
def test_poison_is_put_aside_and_its_neighbours_are_answered(harm: str, tmp_path: Path) -> None:
    for number in range(1, 6):
        drop(tmp_path, f"{number}.edi", numbered(number, GOOD.replace(b"CLM*C1*", b"CLM*%s*" % harm.encode()))
             if number == 3 else numbered(number))  # fmt: skip
    terms = Terms([Harmful()])  # type: ignore[list-item]
    told: list[Any] = []

    def work() -> int:
        made = world(tmp_path, clock=Chance(), terms=terms, timeout=0.4, memory=room(), poll=0.05)
        return Crew(made, told.append).run(drain=True, all=True)

    assert status(forked(work)) == 0
    found = jobs(tmp_path)
    poison = found.pop("3.edi")
    assert (poison["folder"], poison["attempts"]) == ("quarantine", 3)
    assert poison["reason"] == ("fault" if harm == "HOG" else "poison")
    assert {each["folder"] for each in found.values()} == {"archive"}
    assert len(tree(tmp_path, "out")) == 8
    assert tree(tmp_path, "in", ".edi837/work", ".edi837/stage") == []


@pytest.mark.parametrize("harm", ["HANG", "DIE"])
def test_a_scan_is_watched_too(harm: str, tmp_path: Path) -> None:
    """Who ends a worker by being looked at is taken without a look; the log tells its inode."""

    class Sticky(Disk):
        def open(self, path: str) -> Any:
            if path.endswith("/in/3.edi"):
                time.sleep(600) if harm == "HANG" else os.kill(os.getpid(), signal.SIGKILL)
            return super().open(path)

    paths = [drop(tmp_path / "gate", f"{number}.edi", numbered(number)) for number in range(1, 6)]
    inode = paths[2].stat().st_ino
    lines = tmp_path / "log"

    def write(text: str) -> None:
        with lines.open("a") as file:
            file.write(text + "\n")

    def work() -> int:
        clock = Chance()
        made = world(tmp_path / "gate", clock=clock, disk=Sticky(), timeout=0.4, poll=0.05, workers=2)
        return Crew(replace(made, log=Log(write, clock.moment))).run(drain=True)

    pid = forked(work)
    assert ended(pid, 60) == 0
    assert {each["folder"] for each in jobs(tmp_path / "gate").values()} == {"archive"}
    assert len(tree(tmp_path / "gate", "out")) == 10
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    killed = [each for each in said if each["event"] == "worker_killed"]
    assert {each["inode"] for each in killed} == ({inode} if harm == "HANG" else set())
    assert 1 <= sum(each["event"] == "worker_ended" and each["status"] == -9 for each in said) <= 2


def test_it_stops_when_told_and_leaves_nothing(tmp_path: Path) -> None:
    with working(tmp_path, workers=2, poll=1.0) as pid:
        until(lambda: len(list((tmp_path / ".edi837" / "workers").glob("*.lock"))) == 2 if tmp_path.exists() else False)
        put(tmp_path, "a.edi", GOOD)
        until(lambda: len(tree(tmp_path, "out")) == 2)
        until(lambda: tree(tmp_path, ".edi837/work") == [])
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 5) == 0, "though it waits for its next scan"
    assert tree(tmp_path, "in", ".edi837/work", ".edi837/stage", ".edi837/workers") == []
    said = json.loads((tmp_path / ".edi837" / "status.json").read_text("utf-8"))
    assert said["filed"] == 1
    assert "edi837_gateway_filed 1" in (tmp_path / ".edi837" / "metrics.prom").read_text("utf-8")


@pytest.mark.parametrize("gives_up", [False, True])
def test_what_is_noted_at_the_end_is_how_it_is(
    gives_up: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However a run ends: nobody works any more, and what was put into quarantine is counted."""
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "empty.edi", b"")
    made = world(tmp_path, clock=Chance())
    if gives_up:  # what a worker's process says when the folders were barred for too long
        monkeypatch.setattr(Crew, "_buried", lambda _: [FORSAKEN] if tree(tmp_path, "quarantine") else [])
    assert status(forked(lambda: Crew(made).run(drain=not gives_up, all=True))) == (5 if gives_up else 0)
    own = tmp_path / ".edi837"
    said, seen = json.loads((own / "status.json").read_text("utf-8")), look(made)
    assert {key: said[key] for key in seen if key not in ("at", "free_bytes")} == {
        key: value for key, value in seen.items() if key not in ("at", "free_bytes")
    }
    assert (said["state"], said["workers"], said["quarantine"]) == ("DOWN", 0, 1)
    lines = (own / "metrics.prom").read_text("utf-8").splitlines()
    assert {"edi837_gateway_up 0", "edi837_gateway_workers 0", "edi837_gateway_quarantine 1"} <= set(lines)
    if not gives_up:
        assert {"edi837_gateway_work 0", "edi837_gateway_filed 2", "edi837_gateway_out 2"} <= set(lines)


def test_it_stops_at_any_moment_within_its_grace(tmp_path: Path) -> None:
    came = crowd.apart("stops", tmp_path, turns=100)
    print(came)
    assert came["wrong"] == []


def test_the_check_of_stops_sees_one_that_does_not_hear(tmp_path: Path) -> None:
    came = crowd.apart("stops", tmp_path, turns=1, grace=0.5, wrongly="deaf")
    assert "it did not end within its grace" in came["wrong"]


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD.replace(b"CLM*C1*", b"CLM*HANG*"))
    with working(tmp_path, terms=Terms([Harmful()]), grace=60.0) as pid:  # type: ignore[list-item]
        until(lambda: any(each.name.split(".")[2] == "1" for each in (tmp_path / ".edi837" / "work").glob("*.*.*.*")))
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.5)
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 3) == 0
    assert len(tree(tmp_path, ".edi837/work")) == 1, "its claim is for the next"


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    once(tmp_path)
    with working(tmp_path) as pid:
        put(tmp_path, "a.edi", GOOD)
        until(lambda: len(tree(tmp_path, "out")) == 2)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        put(tmp_path, "b.edi", numbered(2))
        until(lambda: len(tree(tmp_path, "out")) == 4)


def test_workers_end_with_their_crew(tmp_path: Path) -> None:
    with working(tmp_path, workers=2) as pid:
        until(lambda: (tmp_path / ".edi837" / "status.json").exists())
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        until(lambda: not any(map(alive, children)), 5)


def test_new_settings_are_taken_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    lines = tmp_path / "log"
    turns: list[Any] = [Edi837Error("no"), {"out_group": "54321"}, {"usage": "P"}]

    def work() -> int:
        os.geteuid = lambda: 1000  # who may not give files to any group

        def write(text: str) -> None:
            with lines.open("a") as file:
                file.write(text + "\n")

        def remade() -> World:
            turn = turns.pop(0)
            if isinstance(turn, Exception):
                raise turn
            return replace(world(tmp_path / "gate", clock=Chance(), poll=0.05, **turn), log=log)

        clock = Chance()
        log = Log(write, clock.moment)
        return Crew(replace(world(tmp_path / "gate", clock=clock, poll=0.05), log=log), remade=remade).run()

    pid = forked(work)
    try:
        until(lambda: lines.exists() and "worker_started" in lines.read_text())
        for count in (1, 2):
            os.kill(pid, signal.SIGHUP)
            until(lambda: lines.read_text().count("not_reloaded") == count)  # noqa: B023 - called in its turn
        put(tmp_path / "gate", "a.edi", GOOD)
        until(lambda: len(tree(tmp_path / "gate", "archive")) > 0)
        os.kill(pid, signal.SIGHUP)
        until(lambda: '"reloaded"' in lines.read_text())
        put(tmp_path / "gate", "b.edi", numbered(2))
        until(lambda: len(tree(tmp_path / "gate", "error")) > 0)
    finally:
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 5) == 0


def test_eight_workers_share_two_thousand_files(tmp_path: Path) -> None:
    """Some are stopped and go on, and the clock on the wall jumps: nobody takes that for their death."""
    came = crowd.apart("shared", tmp_path, count=2000)
    print(came)
    assert came["wrong"] == []
    assert came["stopped"] > 30


def test_the_check_of_eight_sees_a_claim_that_is_not_one_act(tmp_path: Path) -> None:
    """Copied, then taken away: in between another worker takes the same file."""
    came = crowd.apart("shared", tmp_path, count=60, wrongly="copied")
    assert "an original is lost or doubled" in came["wrong"]


def test_the_ledger_is_made_before_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that made it at the same time, with its key, would get in each other's way, and one give up."""
    plain, seen = os.fork, list[bool]()

    def fork() -> int:
        seen.append((tmp_path / ".edi837" / "ledger.db").exists() and (tmp_path / ".edi837" / "key").exists())
        return plain()

    def work() -> int:
        monkeypatch.setattr(os, "fork", fork)
        done = Crew(world(tmp_path, clock=Chance(), workers=2)).run(drain=True)
        return done if all(seen) and len(seen) >= 2 else 9

    assert status(forked(work)) == 0


def test_a_key_that_another_makes_meanwhile_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = os.urandom, b"o" * 32

    def urandom(size: int) -> bytes:
        (tmp_path / "key").write_bytes(other)
        return plain(size)

    monkeypatch.setattr(os, "urandom", urandom)
    assert keyed.key(tmp_path / "key", new=True) == other
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_ledger_that_cannot_be_used_ends_the_crew(tmp_path: Path) -> None:
    once(tmp_path)
    for path in (tmp_path / ".edi837").glob("ledger.db*"):
        path.write_bytes(b"no ledger at all" * 500)
    drop(tmp_path, "a.edi", GOOD)
    with pytest.raises(LedgerError):
        Crew(world(tmp_path, clock=Chance())).run(drain=True)
    assert tree(tmp_path, "in") == ["in/a.edi"]


def test_a_ledger_that_is_damaged_within_is_seen_before_any_work(tmp_path: Path) -> None:
    """Its first page is good: only `quick_check` finds it."""
    once(tmp_path)
    for number in range(1, 60):
        drop(tmp_path, f"{number}.edi", numbered(number))
    once(tmp_path)
    path = tmp_path / ".edi837" / "ledger.db"
    prepare(str(path), str(tmp_path / ".edi837" / "key"))
    data = bytearray(path.read_bytes())
    assert len(data) > 60_000
    data[20_000:40_000] = b"\xff" * 20_000
    path.write_bytes(data)
    drop(tmp_path, "a.edi", numbered(99))
    with pytest.raises(LedgerError, match="damaged"):
        Crew(world(tmp_path, clock=Chance())).run(drain=True)
    assert tree(tmp_path, "in") == ["in/a.edi"]


def test_folders_on_two_file_systems_are_refused_at_the_start(tmp_path: Path) -> None:
    """Each of them; but out/ where answers are copied."""

    class Two(Disk):
        other = ""

        def stat(self, path: str) -> os.stat_result | None:
            found = super().stat(path)
            if found and Path(path).name == self.other:
                return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10]))
            return found

    disk = Two()
    for name in ("in", "out", "archive", "error", "quarantine", "work"):
        disk.other = name
        with pytest.raises(UnfitError, match="file system"):
            Crew(world(tmp_path, clock=Chance(), disk=disk)).run(drain=True)
    disk.other = "out"
    assert Crew(world(tmp_path, clock=Chance(), disk=disk, publish="copy")).run(drain=True) == 0


def test_it_gives_up_where_the_folders_cannot_be_written_for_long(tmp_path: Path) -> None:
    """EROFS for `give_up` seconds ends it with 5; ENOSPC never does, for there may be room again."""

    class Barred(Disk):
        code = errno.EROFS

        def rename(self, old: str, new: str) -> None:
            raise OSError(self.code, os.strerror(self.code))

    once(tmp_path)
    drop(tmp_path, "a.edi", GOOD)
    begun = time.monotonic()
    with working(tmp_path, disk=Barred(), give_up=0.5) as pid:
        assert ended(pid, 20) == 5
    assert time.monotonic() - begun > 0.5
    assert tree(tmp_path, "in") == ["in/a.edi"]
    full = Barred()
    full.code = errno.ENOSPC
    with working(tmp_path, disk=full, give_up=0.5) as pid:
        time.sleep(2)
        assert alive(pid)


def test_it_gives_up_where_out_alone_cannot_be_written(tmp_path: Path) -> None:
    """The job waits between its attempts, and the cycles of that time are quiet: they are no success."""

    class Barred(Disk):
        def rename(self, old: str, new: str) -> None:
            if "/out/" in new:
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            super().rename(old, new)

    once(tmp_path)
    drop(tmp_path, "a.edi", GOOD)
    with working(tmp_path, disk=Barred(), give_up=2) as pid:
        assert ended(pid, 20) == 5


@pytest.mark.parametrize("whole", [False, True])
def test_workers_that_stand_still_are_told(whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold their locks, and nothing is taken: without this `status` would say OK. A reading may take long."""

    class Now(Chance):
        def moment(self) -> datetime:
            return datetime.now()

    def made() -> World:
        return world(tmp_path, clock=Now(), poll=0.05, grace=0.5)

    def said() -> tuple[str, str]:
        now = gateway_status.current(made())
        return now["state"], now["because"]

    monkeypatch.setattr(gateway_status, "_SLACK", 2.0)
    monkeypatch.setattr(gateway_status, "_EVERY", 0.5)
    once(tmp_path)
    pid = forked(lambda: Crew(made()).run())
    try:
        until(lambda: said() == ("OK", "") and bool(gateway_status.noted(made())))
        (worker,) = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        for each in (worker, *([pid] if whole else [])):
            os.kill(each, signal.SIGSTOP)
        until(lambda: said() == ("DEGRADED", "no scan"))
        assert gateway_status._still(made(), "2020-01-01T00:00:00", True, Now().moment().isoformat()) == "", "it reads"
        os.kill(pid, signal.SIGCONT)
        os.kill(worker, signal.SIGCONT)
        until(lambda: said() == ("OK", ""))
    finally:
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 10) == 0


@pytest.mark.parametrize("put_back", [False, True])
def test_it_ends_when_its_ledger_is_taken_away(put_back: bool, tmp_path: Path) -> None:
    """SQLite would write on into a file without a name: answers would go out that no ledger knows."""
    root, lines = tmp_path / "gate", tmp_path / "log"
    once(root)
    ledger = Path(Layout(str(root)).ledger)

    def write(text: str) -> None:
        with lines.open("a") as file:
            file.write(text + "\n")

    def work() -> int:
        made = world(root, clock=Chance(), poll=0.05)
        return Crew(replace(made, log=Log(write, made.clock.moment))).run()

    pid = forked(work)
    try:
        put(root, "a.edi", GOOD)
        until(lambda: len(tree(root, "archive")) > 0)
        ledger.rename(tmp_path / "away")
        if put_back:
            ledger.write_bytes((tmp_path / "away").read_bytes())
        assert ended(pid, 10) == 5
    except BaseException:
        kill(pid)
        raise
    assert "ledger_gone" in lines.read_text()


def test_systemd_is_told(tmp_path: Path) -> None:
    from edi837.gatecli import _notifier

    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        beat = _notifier(address)
        for word in ("READY=1", "WATCHDOG=1", "WATCHDOG=1"):
            beat(word)
        assert [server.recv(99), server.recv(99)] == [b"READY=1", b"WATCHDOG=1"]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(99)


def test_full_folders_and_disks_stop_the_intake(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    lines: list[str] = []
    assert once(tmp_path, min_free=1 << 60, lines=lines) == []
    assert any("backpressure" in line and "min_free" in line for line in lines)
    assert len(once(tmp_path)) == 1
    drop(tmp_path, "b.edi", numbered(2))
    assert once(tmp_path, max_out=1) == []
    assert tree(tmp_path, "in") == ["in/b.edi"]
    assert len(once(tmp_path, max_out=2)) == 1


def test_one_round_beside_it_leaves_its_counts_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`once` by hand while `run` works: what it has done is no state of the gateway, nor that it ends."""
    monkeypatch.setattr(gateway_status, "_EVERY", 0.2)
    path = tmp_path / ".edi837" / "status.json"
    once(tmp_path)

    def told() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found

    with working(tmp_path) as pid:
        drop(tmp_path, "a.edi", GOOD)
        until(lambda: told().get("filed") == 1)
        os.kill(pid, signal.SIGSTOP)
        before = told()
        Crew(world(tmp_path, clock=Chance())).run(drain=True)
        assert told() == before
        os.kill(pid, signal.SIGCONT)
        until(lambda: told()["at"] != before["at"] or told()["filed_a_minute"] != before["filed_a_minute"])
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 6) == 0
    Crew(world(tmp_path, clock=Chance())).run(drain=True)
    assert told()["filed"] == 0, "now it is the only one"
