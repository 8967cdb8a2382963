"""After the power went, whatever the disk comes back with: every file is answered once and filed once."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi837.gateway import audit
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.steps import Steps
from tests.gateways import GOOD, WRONG, Told, drop, numbered, once, originals, tree, world
from tests.powerloss import Recorder, build

FILES = {"a.edi": GOOD, "b.edi": numbered(2, WRONG), "c.edi": numbered(3), "letter.txt": b"Dear plan"}
WANTED = {("999", 1), ("277CA", 1), ("999", 2), ("999", 3), ("277CA", 3)}
STATES = 2000


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where there is one: no fsync costs anything there."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as name:
        yield Path(name)


def recorded(root: Path, files: dict[str, bytes]) -> Recorder:
    """A run over some files, with its record."""
    once(root, clock=Told(99))
    for name, data in files.items():
        drop(root, name, data)
    disk = Recorder(root)
    with disk.watching():
        once(root, disk=disk, clock=Told(3), batch=3)
    assert tree(root, "in") == []
    return disk


def answers(*folders: Path) -> list[tuple[str, int, bytes]]:
    """Kind, ISA13 of the file that is answered, and content, of every answer."""
    found = []
    for folder in folders:
        for path in folder.iterdir():
            kind, _, number = path.name.split("_")[:3]
            found.append((kind, int(number), path.read_bytes()))
    return found


def wrongs(
    root: Path, fetched: Path, files: dict[str, bytes], wanted: set[tuple[str, int]] = WANTED
) -> list[str]:
    """What is wrong after a recovery."""
    said = []
    if tree(root, "in", ".edi837/work", ".edi837/stage"):
        said.append("something is left over")
    if originals(root) != sorted(files.values()):
        said.append("an original is lost or doubled")
    told = answers(root / "out", fetched)
    if sorted((kind, number) for kind, number, _ in told) != sorted(wanted):
        said.append(f"answers: {sorted((kind, number) for kind, number, _ in told)}")
    if any(not (data.startswith(b"ISA") and b"IEA*" in data[-20:]) for *_, data in told):
        said.append("an answer is not whole")
    numbers = [data[90:99] for *_, data in told]
    if len(set(numbers)) != len(numbers):
        said.append("a control number went out twice")
    layout = Layout(str(root))
    ledger = Ledger(layout.ledger, layout.own("key"))
    said += audit.differences(world(root), ledger)
    ledger.close()
    return said


def outcomes(memory: Path, states: int, seed: int = 1) -> tuple[int, int, list[str]]:
    """States looked at, distinct ones among them, and what was wrong with any."""
    disk = recorded(memory / "run", FILES)
    chance, seen, bad = random.Random(seed), set[bytes](), list[str]()
    per_step = states // (len(disk.ops) + 1) + 1
    looked = 0
    for upto in range(len(disk.ops) + 1):
        ledger = disk.ledger(upto)
        if not ledger:
            ledger = first_ledger(memory, disk)
        for turn in range(per_step):
            looked += 1
            share = (0.0, 1.0, 0.5, 0.2, 0.8)[turn % 5]
            state = disk.state(upto, chance, share)
            key = hashlib.sha256(repr(sorted(state.items())).encode() + ledger).digest()
            if key in seen:
                continue
            seen.add(key)
            root, fetched = memory / f"s{looked}", memory / f"f{looked}"
            build(state, ledger, root)
            fetched.mkdir()
            if turn % 2:
                for path in (root / "out").iterdir():
                    path.rename(fetched / path.name)  # the partner was faster
            once(root, clock=Told(looked + 1000))
            bad += [f"before {upto}, share {share}: {each}" for each in wrongs(root, fetched, FILES)]
            shutil.rmtree(root)
            shutil.rmtree(fetched)
    return looked, len(seen), bad


def first_ledger(memory: Path, disk: Recorder) -> bytes:
    """An empty ledger, of the key that lies there from the beginning."""
    own = memory / "empty" / ".edi837"
    if not own.exists():
        own.mkdir(parents=True)
        key = disk.state(0, random.Random(0), 1.0)[".edi837/key"]
        assert key is not None
        (own / "key").write_bytes(key)
        Ledger(str(own / "ledger.db"), str(own / "key"), anew=True).close()
    return (own / "ledger.db").read_bytes()


def test_no_power_loss_loses_or_doubles_anything(memory: Path) -> None:
    looked, distinct, bad = outcomes(memory, STATES)
    print(f"{looked} states, {distinct} distinct")
    assert bad == []
    assert looked >= STATES
    assert distinct > 300


@pytest.mark.parametrize("wrong", ["no sync of what is staged", "no sync of claims", "published before it is decided"])
def test_the_check_sees_what_is_not_safe(wrong: str, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each precaution is left out once: then some state must show it."""
    if wrong == "no sync of what is staged":
        plain = Recorder.sync
        monkeypatch.setattr(
            Recorder, "sync", lambda self, paths: plain(self, [p for p in paths if "/stage" not in p])
        )
    elif wrong == "no sync of claims":
        from edi837.gateway.claims import Claims

        monkeypatch.setattr(Claims, "settle", lambda self: None)
    else:
        plain_stage = Steps.stage

        def early(self: Steps, decided):  # type: ignore[no-untyped-def]
            written = plain_stage(self, decided)
            for each in decided:
                for out in written[each.claimed.job]:
                    if out.folder:
                        stage = self._layout.own("stage", each.claimed.job, out.name)
                        self._disk.rename(stage, self._layout(out.folder, out.name))
            return written

        monkeypatch.setattr(Steps, "stage", early)
    disk = recorded(memory / "run", FILES)
    monkeypatch.undo()
    chance, bad = random.Random(5), []
    for upto in range(len(disk.ops) + 1):
        for share in (0.0, 0.5, 1.0):
            root, fetched = memory / f"s{upto}-{share}", memory / f"f{upto}-{share}"
            build(disk.state(upto, chance, share), disk.ledger(upto) or first_ledger(memory, disk), root)
            fetched.mkdir()
            try:
                once(root, clock=Told(upto + 1000))
            except OSError:
                bad.append("stuck")
            bad += wrongs(root, fetched, FILES)
            shutil.rmtree(root)
        if bad:
            return
    pytest.fail("nothing was seen")


def test_nothing_is_read_by_the_model_but_what_is_written() -> None:
    """The model and the disk agree when all of it has lasted."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "gate"
        disk = recorded(root, {"a.edi": GOOD})
        state = disk.state(len(disk.ops), random.Random(1), 1.0)
        real = {p.relative_to(root).as_posix(): p.read_bytes() if p.is_file() else None for p in root.rglob("*")}
        real = {path: data for path, data in real.items() if "ledger" not in path and "workers/" not in path}
        assert state == real
