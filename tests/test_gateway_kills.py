"""Killed at every step, or at any moment: each file is answered once, under one number, and filed once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edi837.gateway.fsops import EXIT, Disk
from edi837.gateway.steps import Steps
from tests.gateways import GOOD, Told, begin, drop, numbered, once
from tests.storm import forked, status, storm_apart
from tests.test_gateway_power import FILES, memory, wrongs

__all__ = ["memory"]  # a fixture
POINTS = (
    "claim_dir", "claimed", "claim_synced", "ledgered", "begun", "read", "staging", "staged", "committing", "committed",
    "kept", "published", "pub_synced", "filing", "filed", "file_synced", "done", "cleaned",
)  # fmt: skip
BATCHES = (
    "claim_synced", "ledgered", "staged", "committing", "committed", "pub_synced", "file_synced", "done", "cleaned",
)  # fmt: skip
KILLS = 300


def killed(root: Path, point: str, seed: int) -> int:
    """Run to a fail point in a process of its own; its exit status."""
    return status(forked(lambda: len(once(root, disk=Disk(point), clock=Told(seed))) * 0))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("hit", [1, 2, 3])
@pytest.mark.parametrize("fetching", [False, True])
def test_a_kill_at_each_step(point: str, hit: int, fetching: bool, memory: Path) -> None:
    root, fetched = memory / "gate", memory / "fetched"
    fetched.mkdir()
    once(root, clock=Told(1))
    for name, data in FILES.items():
        drop(root, name, data)
    single = point in BATCHES and hit > 1
    for turn in range(hit if single else 1):  # what happens once a batch is hit in one start after the other
        assert killed(root, point if single else f"{point}:{hit}", turn + 2) == EXIT, "it never came there"
        if fetching:
            for path in (root / "out").iterdir():
                path.rename(fetched / path.name)
        if single:
            drop(root, f"more{turn}.txt", b"%d" % turn)
    more = {f"more{turn}": b"%d" % turn for turn in range(hit)} if single else {}
    once(root, clock=Told(50))
    assert wrongs(root, fetched, {**FILES, **more}) == []


@pytest.mark.parametrize("second", ["adopted", "read", "staged", "committed", "published", "filing", "filed", "done"])
@pytest.mark.parametrize("first", ["claimed", "ledgered", "staged", "committed", "published", "filing", "done"])
def test_a_kill_while_what_was_killed_is_taken_up(first: str, second: str, memory: Path) -> None:
    root, fetched = memory / "gate", memory / "fetched"
    fetched.mkdir()
    for name, data in FILES.items():
        drop(root, name, data)
    assert killed(root, first, 2) == EXIT
    ended = killed(root, second, 3)
    assert ended in (0, EXIT)
    assert ended == EXIT or second in ("read", "staged", "committed", "published", "filing", "filed")
    once(root, clock=Told(50))
    assert wrongs(root, fetched, FILES) == []


class Blind(Disk):
    """Does not see the claims at first: each is given another name while they are listed."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def entries(self, folder: str) -> list[tuple[str, os.stat_result]]:
        if folder.endswith("/work") and self._times:
            self._times -= 1
            return []
        return super().entries(folder)


@pytest.mark.parametrize("point", ["staged", "committed", "published", "filing", "filed", "done"])
def test_a_claim_that_a_listing_misses_keeps_what_is_staged_for_it(point: str, memory: Path) -> None:
    root, fetched = memory / "gate", memory / "fetched"
    fetched.mkdir()
    for name, data in FILES.items():
        drop(root, name, data)
    assert killed(root, point, 2) == EXIT
    for times in (1, 2, 3):
        once(root, disk=Blind(times), clock=Told(50 + times))
    assert wrongs(root, fetched, FILES) == []


def test_the_check_sees_a_publish_that_is_not_one_act(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Link, then unlink: killed between the two, with the partner faster, the answer goes out twice."""

    def linked(self: Steps, staged: str, folder: str, name: str, job: str) -> None:
        os.link(staged, self._layout(folder, name))
        self._disk.point("linked")
        self._disk.unlink(staged)

    monkeypatch.setattr(Steps, "_name", linked)
    root, fetched = memory / "gate", memory / "fetched"
    fetched.mkdir()
    for name, data in FILES.items():
        drop(root, name, data)
    assert killed(root, "linked:2", 2) == EXIT
    for path in (root / "out").iterdir():
        path.rename(fetched / path.name)
    once(root, clock=Told(50))
    assert any(each.startswith("answers") for each in wrongs(root, fetched, FILES))


def test_kills_at_any_moment(tmp_path: Path) -> None:
    came = storm_apart(tmp_path, seconds=1, seed=11, least=KILLS)
    print(came)
    assert came["wrong"] == []
    assert came["kills"] >= KILLS
    assert came["files"] >= 1000


def test_the_storm_sees_a_publish_that_is_not_one_act(tmp_path: Path) -> None:
    for seed in range(5):
        (folder := tmp_path / str(seed)).mkdir()
        if storm_apart(folder, seconds=2, seed=seed, wrongly=True)["wrong"]:
            return
    pytest.fail("nothing was seen")


def test_the_fail_point_of_the_command_itself(tmp_path: Path) -> None:
    begin(tmp_path)
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "b.edi", numbered(2))
    command = [sys.executable, "-m", "edi837", "gateway", "once", str(tmp_path), "--all"]
    environment = {**os.environ, "EDI837_FAILPOINT": "committed:1"}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert done.returncode == EXIT, done.stderr
    assert not list((tmp_path / "out").iterdir())
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    assert len(list((tmp_path / "out").iterdir())) == 4


