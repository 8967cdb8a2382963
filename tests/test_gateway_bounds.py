"""The same files give the same answers; nothing of a sender's leads out of the root; no connection is ever made."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import reading
from edi837.gateway.crew import Crew
from edi837.gateway.start import warm
from tests.gateways import begin, drop, judged, numbered, once, tree, world
from tests.storm import Chance, forked, status
from tests.test_gateway_privacy import FILES

ROOT = Path(__file__).parent.parent
SHA = re.compile(r"\b[0-9a-f]{64}\b")
JOB = re.compile("(?<![0-9A-Za-z])[0-9a-hjkmnp-tv-z]{18}(?![0-9A-Za-z])")


# ------------------------------------------------------------------ the same bytes


def outcome(root: Path, seed: str, late: str = "", workers: int = 1) -> dict[str, list[bytes]]:
    """All that a gateway makes of the files, by name, when the hashes of Python begin so; ids of jobs taken out."""
    begin(root)
    for number, (name, data) in enumerate(FILES.items(), 1):
        path = drop(root, name, numbered(1 if name == "duplicate.edi" else number, data))
        os.utime(path, (1_700_000_000, 1_700_000_000 + (name == late)))
    (root / "edi837.toml").write_text(
        f'[gateway]\nmin_free = 0\nhistory = true\nbatches = "reject"\nworkers = {workers}\nbatch = 1\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    words = [sys.executable, "-m", "edi837", "gateway", "once", str(root), "--all", "--now", "2026-01-15T09:30:00",
             "--control", "100000001"]  # fmt: skip
    done = subprocess.run(words, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 3, done.stderr  # the letter
    found: dict[str, list[bytes]] = {}
    for path in root.rglob("*"):
        name = JOB.sub("JOB", path.relative_to(root).as_posix())
        if path.is_file() and not name.startswith(".edi837/"):
            text = JOB.sub("JOB", path.read_text("latin-1"))
            if name.endswith("manifest.json"):  # of reports that name a job
                text = SHA.sub("SHA", text)
            found.setdefault(name, []).append(text.encode("latin-1"))
    return {name: sorted(data) for name, data in found.items()}


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    first = outcome(tmp_path / "0", "0")
    assert sum(map(len, first.values())) > 5 * len(FILES)
    for seed in ("1", "random", "random"):
        assert outcome(tmp_path / f"{seed}{len(os.listdir(tmp_path))}", seed) == first


NUMBER = re.compile(rb"100000\d{3}")  # of ours: they begin so here, in ISA13, GS06, in the BHT03 and TRN02 of a 277CA


def unnumbered(found: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """The same without control numbers of ours."""
    hashes = re.compile(rb"\b[0-9a-f]{64}\b")
    return {
        name: sorted(hashes.sub(b"SHA", NUMBER.sub(b"NUMBER", each)) for each in data)
        for name, data in found.items()
        if name != "edi837.toml"
    }


APART = {name: data for name, data in FILES.items() if name != "duplicate.edi"}  # none speaks of another


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_four_workers_give_what_one_gives(seed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer, report and manifest, byte for byte, but for what follows from who comes first.

    What may differ: our own control numbers (leased, a hundred to a worker), the hashes in manifests of files that
    hold such a number, and which of two files of one number, batch or claim is the one that came before: of those
    there are none here.
    """
    for number, (name, data) in enumerate(APART.items(), 1):
        mine = data.replace(b"BATCH1", b"BATCH%d" % number)
        monkeypatch.setitem(APART, name, mine.replace(b"ZQCLAIM", b"ZQCLAIM%d" % number))
    monkeypatch.setattr(sys.modules[__name__], "FILES", APART)
    one = unnumbered(outcome(tmp_path / "one", "0"))
    assert sum(map(len, one.values())) > 4 * len(APART)
    four = unnumbered(outcome(tmp_path / "four", seed, workers=4))
    assert four == one


def test_the_check_of_four_sees_an_answer_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One claim of one file has another charge: what is compared still tells."""
    one = unnumbered(outcome(tmp_path / "one", "0"))
    assert unnumbered(outcome(tmp_path / "two", "0")) == one
    monkeypatch.setitem(FILES, "accepted.edi", FILES["accepted.edi"].replace(b"*100*", b"*101*"))
    assert unnumbered(outcome(tmp_path / "three", "0")) != one


def test_the_check_sees_answers_in_another_order(tmp_path: Path) -> None:
    """The order of files decides their numbers: a file that came a second later gets others."""
    assert outcome(tmp_path / "0", "0") != outcome(tmp_path / "1", "0", late="claim.edi")


# ------------------------------------------------------------------ inside

MARKS = "*:^~"
WILD = [
    "..", "/", "\\", "%2f", "%00", "CON", "NUL", "*", ":", "?", "|", "\u00e9", "$(id)", "`", "-", ".", "~", " ", "A",
    "'", "\x7f",
]  # fmt: skip


def hostile(chance: random.Random, most: int, but: str = "") -> str:
    """A value that would lead elsewhere if it were a path; without the separators of the file."""
    said = "".join(chance.choice(WILD) for _ in range(most))[:most]
    return "".join("A" if each in but else each for each in said)


def test_nothing_of_a_senders_leads_out_of_the_root(tmp_path: Path) -> None:
    """Hostile ISA06, ISA08, ISA13, GS02, GS03 and names of files; in test_gateway 10,000 words are tried out."""
    chance, root = random.Random(5), tmp_path / "a" / "b" / "gate"
    (root / "in").mkdir(parents=True)
    count = 300
    for number in range(count):
        data = numbered(number).decode("latin-1")
        for old in ("SUBMIT042      ", "PAYER042       ", "SUBMIT042", "PAYER042"):
            data = data.replace(old, hostile(chance, len(old), MARKS), 1)
        if number % 3 == 0:
            data = data.replace(f"{number:09}", hostile(chance, 9, MARKS))
        name = hostile(chance, 60, "/\0") + str(number)
        (root / "in" / name.lstrip(".~")).write_bytes(data.encode("latin-1", "replace"))
    filed = once(root, partners=(), terms=judged())
    assert len(filed) == count and tree(root, "in") == []
    assert {each.name for each in tmp_path.iterdir()} == {"a"}
    assert {each.name for each in (tmp_path / "a" / "b").iterdir()} == {"gate"}
    told = list((root / "out").rglob("*"))
    assert len(told) >= count and all(path.parent == root / "out" and path.is_file() for path in told)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,115}\.edi", path.name) for path in told)
    for folder in ("archive", "error", "quarantine"):
        for path in (root / folder).rglob("*"):
            assert re.fullmatch(r"[a-z0-9.]+", path.name), path


# ------------------------------------------------------------------ no network


def connecting(root: Path, guilty: bool) -> int:
    """A crew at work in a process of its own, in which a connection ends everything; its exit status."""
    for number in range(1, 6):
        drop(root, f"{number}.edi", numbered(number))

    def heard(event: str, said: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
            os._exit(99)

    def work() -> int:
        sys.addaudithook(heard)  # workers are forked from here
        made = world(root, clock=Chance(), workers=2, poll=0.05)
        warm(made)
        if guilty:
            with socket.socket() as line:
                line.connect_ex(("127.0.0.1", 9))
        return Crew(made).run(drain=True, all=True)

    return status(forked(work))


@pytest.mark.parametrize("guilty", [False, True])
def test_no_connection_is_made(guilty: bool, tmp_path: Path) -> None:
    assert connecting(tmp_path, guilty) == (99 if guilty else 0)
    assert guilty or len(tree(tmp_path, "out")) == 10


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_the_whole_suite_reaches_no_other_machine(method: str) -> None:
    """In this process and in all that are forked from it; see conftest. This machine itself may be asked."""
    with socket.socket() as line, pytest.raises(AssertionError, match="another machine"):
        getattr(line, method)(("192.0.2.1", 9))
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        assert line.getpeername() == server.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, pytest.raises(AssertionError):
        line.sendto(b"", ("192.0.2.1", 9))


def test_a_worker_that_connects_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook is heard in the workers too: there the work is done."""
    plain = reading.read

    def read(*said: Any, **more: Any) -> Any:
        with socket.socket() as line:
            line.connect_ex(("127.0.0.1", 9))
        return plain(*said, **more)

    monkeypatch.setattr(reading, "read", read)
    connecting(tmp_path, False)
    assert not tree(tmp_path, "out")
