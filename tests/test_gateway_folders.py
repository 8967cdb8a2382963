"""The folders as an operator wants them: other names, a group that fetches, out/ on another file system, markers."""

from __future__ import annotations

import grp
import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import audit, doctor, names, rights, waiting
from edi837.gateway import status as gateway_status
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import EXIT, Disk
from edi837.gateway.layout import FOLDERS, Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.settings import Partner
from edi837.gateway.settingsfile import read
from edi837.gateway.start import UnfitError
from edi837.gateway.steps import Steps
from edi837.gateway.upkeep import release, replay, requeue
from edi837.problems import PolicyError
from edi837.terms import Terms
from tests.gateways import DAY, GOOD, Told, drop, numbered, once, originals, tree, world
from tests.storm import Chance, forked, status
from tests.test_gateway_crew import ended, until, working
from tests.test_gateway_desk import said
from tests.test_gateway_power import memory, wrongs

__all__ = ["memory"]  # a fixture
OTHER = 54321  # a group that is nobody's


def faults(root: Path, text: str) -> str:
    """What is wrong with settings."""
    root.mkdir(exist_ok=True)
    (root / "edi837.toml").write_text(text)
    with pytest.raises(PolicyError) as error:
        read(root / "edi837.toml", Terms())
    return str(error.value)


# ------------------------------------------------------------------ other names


def test_the_folders_may_be_called_otherwise(tmp_path: Path) -> None:
    """As a payer calls them; every command goes there, and what is in the ledger stays as it is."""
    root = tmp_path / "gate"
    root.mkdir()
    (root / "edi837.toml").write_text(
        '[gateway]\nmin_free = 0\nsettle = 0\n'
        '[folders]\nin = "inbound"\nout = "outbound"\narchive = "Inbound_Archive"\n'
        'error = "Inbound_Error"\n[partner.acme]\nisa06 = ["SUBMIT042"]\nfolder = "acme"\n'
    )
    said("init", root)
    said("doctor", root)
    drop(root, "a.edi", GOOD, "inbound/acme")
    drop(root, "b.edi", b"Dear plan", "inbound")
    filed = {each["name"]: each for each in said("once", root, "--all", code=3)}
    path = filed["a.edi"]["path"]
    assert path.startswith("Inbound_Archive/") and (root / path / "original.edi").read_bytes() == GOOD
    assert len(list((root / "outbound" / "acme").iterdir())) == 2
    assert filed["b.edi"]["path"] == f"quarantine/{filed['b.edi']['job']}"
    top = {each.name for each in root.iterdir()}
    assert top == {"inbound", "outbound", "Inbound_Archive", "Inbound_Error", "quarantine", ".edi837", "edi837.toml"}
    (life,) = said("show", root, "a.edi")
    assert Path(life["original"]).read_bytes() == GOOD and all(each["there"] for each in life["outputs"])
    assert said("verify", root) == []
    assert said("requeue", root, filed["b.edi"]["job"]) == {"name": "b.edi"}
    assert (root / "inbound" / "b.edi").exists()
    (root / path / "original.edi").write_bytes(b"")
    assert "archive/" in said("verify", root, code=1)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [('in = "../x"', "one name"), ('in = "a/b"', "one name"), ('in = ""', "one name"), ("in = 5", "one name"),
     ('in = "out"', "of one name"), ('in = "x"\nout = "x"', "of one name"), ('inn = "x"', 'did you mean "in"')],
)  # fmt: skip
def test_names_of_folders_are_names(text: str, told: str, tmp_path: Path) -> None:
    assert told in faults(tmp_path, f"[folders]\n{text}\n")


# ------------------------------------------------------------------ who may fetch


def modes(root: Path, *folders: str) -> set[tuple[int, int]]:
    """Mode and group of all files of some folders."""
    found = [(root / path).stat() for path in tree(root, *folders)]
    return {(stat.S_IMODE(each.st_mode), each.st_gid) for each in found}


@pytest.mark.parametrize("mode", ["0640", "0660", "0600"])
def test_the_answers_are_for_a_group_and_nothing_else_is(mode: str, tmp_path: Path) -> None:
    group = OTHER if os.geteuid() == 0 else os.getegid()
    for number, data in enumerate((GOOD, GOOD.replace(b"IEA*1*", b"IEA*7*"), b"Dear plan"), 1):
        drop(tmp_path, f"{number}.edi", numbered(number, data))
    old = os.umask(0)
    try:
        once(tmp_path, out_mode=mode, out_group=str(group))
    finally:
        os.umask(old)
    assert modes(tmp_path, "out") == {(int(mode, 8), group)} and len(tree(tmp_path, "out")) == 3
    kept = modes(tmp_path, "archive", "error", "quarantine", ".edi837")
    assert kept == {(0o600, os.getegid())}, "reports and originals stay their owner's"


def test_rights_of_answers_are_there_before_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the partner would meet a file that he may not read yet, and a crash would leave it so."""
    seen: list[int] = []
    plain = Disk.rename

    def rename(self: Disk, old: str, new: str) -> None:
        if "/out/" in new:
            seen.append(stat.S_IMODE(os.lstat(old).st_mode))
        plain(self, old, new)

    monkeypatch.setattr(Disk, "rename", rename)
    drop(tmp_path, "a.edi", GOOD)
    once(tmp_path, out_mode="0640")
    assert seen == [0o640, 0o640]


@pytest.mark.parametrize("mode", ["0644", "0604", "0040", "0700", "640x", "", "0200", "-640", "02640"])
def test_answers_are_never_for_everybody(mode: str, tmp_path: Path) -> None:
    assert "out_mode is" in faults(tmp_path, f'[gateway]\nout_mode = "{mode}"\n')


def test_what_is_written_otherwise_is_told_how(tmp_path: Path) -> None:
    assert 'out_mode is "0600", "0640" or "0660", in quotes' in faults(tmp_path, "[gateway]\nout_mode = 640\n")
    assert "http is a text in quotes" in faults(tmp_path, "[gateway]\nhttp = 9837\n")
    told = faults(tmp_path, '[partner.a]\nisa06 = ["A"]\npolicies = ["none"]\n')
    assert '"none" is no policy: policies = [] is for no policy at all' in told


def test_a_group_is_known_and_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no group of this machine" in faults(tmp_path, '[gateway]\nout_group = "no such group"\n')
    name = grp.getgrgid(os.getegid()).gr_name
    assert rights.read("0640", name) == rights.Rights(0o640, os.getegid())
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UnfitError, match="out_group"):
        Crew(world(tmp_path / "gate", out_mode="0640", out_group=str(OTHER))).run(drain=True)


def test_the_doctor_looks_whether_the_group_gets_in(tmp_path: Path) -> None:
    once(tmp_path)
    made = world(tmp_path, out_mode="0640", min_free=0)

    def bad() -> list[str]:
        return [each.name for each in doctor.examine(made) if not each.good]

    (one,) = bad()
    assert one.startswith("group of ")
    (tmp_path / "out").chmod(0o2770)
    assert bad() == []


# ------------------------------------------------------------------ another file system


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A root whose out/ is on a file system of its own."""
    out = tmp_path / "gate" / "out"
    out.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(out)], capture_output=True)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    yield tmp_path / "gate"
    subprocess.run(["umount", "-l", str(out)], check=True)


def test_answers_are_copied_onto_another_file_system(mounted: Path) -> None:
    drop(mounted, "a.edi", GOOD)
    with pytest.raises(UnfitError, match='publish = "copy"'):
        Crew(world(mounted, clock=Chance())).run(drain=True, all=True)
    assert [each.name for each in doctor.examine(world(mounted)) if not each.good][:1] == ["one file system"]
    made = world(mounted, clock=Chance(), publish="copy", out_mode="0640")
    assert Crew(made).run(drain=True, all=True) == 0
    assert len(tree(mounted, "out")) == 2 and modes(mounted, "out") == {(0o640, os.getegid())}
    assert not [each for each in doctor.examine(made) if not each.good and "group" not in each.name]
    assert tree(mounted, ".edi837/stage", ".edi837/work") == []


FILES = {"a.edi": GOOD, "b.edi": numbered(2)}
WANTED = {(kind, number) for kind in ("999", "277CA") for number in (1, 2)}
COPIES = ("copied", "published", "copy_synced", "pub_synced")


def copied(root: Path, fetched: Path, point: str, hit: int, partner: bool) -> list[str]:
    """What is wrong after a kill while answers are copied, and a good run."""
    fetched.mkdir()
    once(root)
    for name, data in FILES.items():
        drop(root, name, data)

    def killed() -> int:
        once(root, disk=Disk(f"{point}:{hit}"), clock=Told(3), publish="copy")
        return 0

    assert status(forked(killed)) == EXIT, "it never came there"
    if partner:
        for path in [each for each in (root / "out").iterdir() if not each.name.startswith(".")]:
            path.rename(fetched / path.name)
    once(root, clock=Told(9), publish="copy")
    for path in (root / "out").iterdir():
        if (fetched / path.name).exists() and (fetched / path.name).read_bytes() == path.read_bytes():
            path.unlink()  # once more, under the same name with the same bytes: that is what is promised
    return wrongs(root, fetched, FILES, WANTED)


@pytest.mark.parametrize("partner", [False, True])
@pytest.mark.parametrize("hit", [1, 2, 3, 4])
@pytest.mark.parametrize("point", COPIES)
def test_a_kill_while_answers_are_copied(point: str, hit: int, partner: bool, memory: Path) -> None:
    if point == "pub_synced" and hit > 1:
        hit = 1
    assert copied(memory / "gate", memory / "fetched", point, hit, partner) == []


def test_the_check_sees_a_copy_that_takes_its_own_for_anothers(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer lies in out/ already, from before the kill: it would be published again, under another name."""
    monkeypatch.setattr(Disk, "same", lambda *_: False)
    assert copied(memory / "gate", memory / "fetched", "copy_synced", 1, partner=False)


def test_a_copy_is_never_seen_in_part(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in out/ under a name that is not hidden is whole and on the disk."""
    seen: list[str] = []

    class Watching(Disk):
        synced: set[str] = set()

        def sync(self, paths: Any) -> None:
            super().sync(paths)
            self.synced |= set(paths)

        def rename(self, old: str, new: str) -> None:
            if "/out/" in new:
                seen.append(new)
                assert old in self.synced and Path(old).read_bytes().rstrip().endswith(b"~")
            super().rename(old, new)

    drop(memory / "gate", "a.edi", GOOD)
    once(memory / "gate", disk=Watching(), publish="copy")
    assert len(seen) == 2


def test_a_name_that_is_taken_stays_where_answers_are_copied(tmp_path: Path) -> None:
    drop(tmp_path / "one", "a.edi", GOOD)
    (filed,) = once(tmp_path / "one", clock=Told(5))
    (tmp_path / "other" / "out").mkdir(parents=True)
    (tmp_path / "other" / "out" / filed.answers[0]).write_bytes(b"from before")
    drop(tmp_path / "other", "a.edi", GOOD)
    once(tmp_path / "other", clock=Told(5), publish="copy")
    assert (tmp_path / "other" / "out" / filed.answers[0]).read_bytes() == b"from before"
    assert len(tree(tmp_path / "other", "out")) == 3


def test_without_the_setting_answers_are_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Steps, "_copy", lambda *_: pytest.fail("it was copied"))
    drop(tmp_path, "a.edi", GOOD)
    assert len(once(tmp_path)) == 1


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1"])
@pytest.mark.parametrize("key", ["poll", "grace", "settle"])
def test_seconds_are_a_number(key: str, value: str, tmp_path: Path) -> None:
    assert f"{key} is a number" in faults(tmp_path, f"[gateway]\n{key} = {value}\n")


def test_a_sender_that_no_isa_can_name_is_told(tmp_path: Path) -> None:
    """ISA06 has 15 characters: a profile for more would never be found."""
    told = faults(tmp_path, '[partner.a]\nisa06 = ["A234567890123456"]\n')
    assert "partner.a: isa06" in told and "more than 15 characters" in told
    (tmp_path / "edi837.toml").write_text('[partner.a]\nisa06 = ["A23456789012345 "]\n')
    assert read(tmp_path / "edi837.toml", Terms()).partners[0].isa06 == ("A23456789012345",)


# ------------------------------------------------------------------ markers of one's own


def test_markers_may_end_otherwise(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"all": False, "ready": "marker", "markers": (".fin",)}
    drop(tmp_path, "a.edi", GOOD)
    drop(tmp_path, "a.edi.done", b"")
    assert once(tmp_path, **settings) == [], "that is no marker here"
    drop(tmp_path, "a.edi.fin", b"")
    drop(tmp_path, "a.edi.fin.fin", b"")
    assert [each.name for each in once(tmp_path, **settings)] == ["a.edi"], "and a marker is never a file"
    assert tree(tmp_path, "in") == ["in/a.edi.done", "in/a.edi.fin.fin"]


@pytest.mark.parametrize("point", ["claimed", "claim_synced", "ledgered", "committed", "filed", "file_synced"])
def test_a_marker_goes_with_the_claim(point: str, memory: Path) -> None:
    """It is there until the claim is durable; wherever the worker is killed, the next start takes it away."""
    settings: dict[str, Any] = {"all": False, "ready": "marker"}
    once(memory)
    drop(memory, "a.edi", GOOD)
    drop(memory, "a.edi.done", b"")

    def killed() -> int:
        once(memory, disk=Disk(point), clock=Told(3), **settings)
        return 0

    assert status(forked(killed)) == EXIT
    assert tree(memory, "in") == (["in/a.edi.done"] if point in ("claimed", "claim_synced") else [])
    once(memory, clock=Told(9), **settings)
    assert tree(memory, "in") == [] and originals(memory) == [GOOD]


@pytest.mark.parametrize("own", ["new", "the old one again", "late"])
@pytest.mark.parametrize("point", ["claimed", "claim_synced"])
def test_what_is_uploaded_next_keeps_its_own_marker(point: str, own: str, memory: Path) -> None:
    """A worker died between claim and marker: what stood there before goes, what the sender put there since stays."""
    settings: dict[str, Any] = {"all": False, "ready": "marker"}
    once(memory)
    drop(memory, "a.edi", GOOD)
    marker = drop(memory, "a.edi.done", b"")
    assert status(forked(lambda: len(once(memory, disk=Disk(point), clock=Told(3), **settings)))) == EXIT
    if own == "new":
        marker.unlink()
    time.sleep(0.02)  # a file system tells times by some milliseconds
    next_one = drop(memory, "a.edi", numbered(2) if own != "late" else numbered(2)[:400])
    if own == "late":
        assert len(once(memory, clock=Told(9), **settings)) == 1, "half of it is not taken by the marker before it"
        assert tree(memory, "in") == ["in/a.edi"]
        next_one.write_bytes(numbered(2))
    marker.touch()
    assert [each.folder for each in once(memory, clock=Told(10), **settings)] == ["archive"] * (2 - (own == "late"))
    assert tree(memory, "in") == [] and originals(memory) == sorted([GOOD, numbered(2)])


def test_a_folder_is_no_marker(tmp_path: Path) -> None:
    """It cannot be taken away as one is, and neither can what the system bars; that is said, and the file goes on."""
    settings: dict[str, Any] = {"all": False, "ready": "marker"}
    lines: list[str] = []
    once(tmp_path)
    drop(tmp_path, "a.edi", GOOD)
    (tmp_path / "in" / "a.edi.done").mkdir()
    assert once(tmp_path, **settings) == []
    (waits,) = waiting.files(world(tmp_path, ready="marker"))
    assert (waits.name, waits.marked) == ("a.edi", False)
    drop(tmp_path, "a.edi.ok", b"")
    assert [each.folder for each in once(tmp_path, lines=lines, **settings)] == ["archive"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a.edi.done"]
    (told,) = [json.loads(line) for line in lines if "marker_stays" in line]
    assert told["error"] == "EISDIR"


NAMES = [b"M\xfcller.edi", b"a\x01b\n\x7f.edi", "M\u00fcller.edi".encode(), b"\xff" * 200, b"x" * 251 + b".edi"]


@pytest.mark.parametrize("name", NAMES, ids=["latin", "control", "utf8", "wide", "long"])
def test_no_upload_is_let_through_by_the_marker_of_the_one_before(name: bytes, tmp_path: Path) -> None:
    """Whatever bytes its name has, the marker goes, and the next half of a file under it waits."""
    settings: dict[str, Any] = {"ready": "marker"}
    once(tmp_path, all=False, **settings)
    path = os.path.join(os.fsencode(tmp_path), b"in", name)

    def upload(data: bytes, *, marked: bool) -> None:
        Path(os.fsdecode(path)).write_bytes(data)
        if marked and len(name) < 250:
            Path(os.fsdecode(path + b".done")).touch()
        elif marked:  # no marker fits beside it
            book = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key"))
            release(world(tmp_path, **settings), book, os.fsdecode(name))
            book.close()

    upload(GOOD, marked=True)
    assert [each.folder for each in once(tmp_path, all=False, **settings)] == ["archive"]
    assert os.listdir(os.path.dirname(path)) == []
    upload(numbered(2)[:400], marked=False)
    assert once(tmp_path, all=False, **settings) == []


def test_the_marker_of_a_name_stays_when_its_original_is_answered_again(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    (filed,) = once(tmp_path)
    drop(tmp_path, "a.edi.done", b"")  # of an upload to come
    drop(tmp_path, "original.edi.done", b"")
    book = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key"))
    replay(world(tmp_path, clock=Told(77)), book, filed.job)
    book.close()
    assert len(once(tmp_path, all=False, ready="marker")) == 1
    assert tree(tmp_path, "in") == ["in/a.edi.done", "in/original.edi.done"]


@pytest.mark.parametrize("name", NAMES, ids=["latin", "control", "utf8", "wide", "long"])
def test_a_file_of_any_name_is_put_back_and_let_through(name: bytes, tmp_path: Path) -> None:
    """Its marker is gone; where it was taken from a partner's folder it goes back there."""
    acme = Partner("acme", ("OTHER",), folder="acme")
    settings: dict[str, Any] = {"ready": "marker", "partners": (acme,)}
    once(tmp_path, all=False, **settings)
    for folder, data in ((b"in", b"a letter"), (b"in/acme", b"another")):
        path = os.path.join(os.fsencode(tmp_path), folder, name)
        Path(os.fsdecode(path)).write_bytes(data)
    once(tmp_path, all=False, **{**settings, "ready": "rename"})
    book, made = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key")), world(tmp_path, **settings)
    jobs = [row["id"] for row in book.rows("SELECT id FROM job ORDER BY size")]
    assert len(jobs) == 2
    (tmp_path / "in" / "acme" / names.shown(os.fsdecode(name))[:200]).touch()
    placed = [tmp_path / "in" / requeue(made, book, job) for job in jobs]
    assert [path.parent for path in placed] == [tmp_path / "in" / "acme", tmp_path / "in"]
    assert [path.read_bytes() for path in placed] == [b"another", b"a letter"]
    book.close()
    assert len(once(tmp_path, all=False, **settings)) == 2, "they are let through"


def test_a_file_of_the_wrong_folder_is_put_into_its_own(tmp_path: Path) -> None:
    """Where its sender has none, into in/ itself: back where it lay it would be put aside again."""
    mine, other = Partner("mine", ("SUBMIT042",), folder="mine"), Partner("other", ("OTHER",), folder="other")
    settings: dict[str, Any] = {"partners": (mine, other)}
    for number, data in enumerate((GOOD, GOOD.replace(b"SUBMIT042 ", b"NOBODY042 "))):
        drop(tmp_path, f"{number}.edi", data, "in/other")
    assert [each.reason for each in once(tmp_path, all=False, **settings)] == ["wrong_folder"] * 2
    book, made = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key")), world(tmp_path, **settings)
    back = [requeue(made, book, row["id"]) for row in book.rows("SELECT id FROM job ORDER BY name")]
    assert back == ["mine/0.edi", "1.edi"]
    book.close()
    assert [each.folder for each in once(tmp_path, all=False, **settings)] == ["archive"] * 2


# ------------------------------------------------------------------ what goes away and comes back


@pytest.mark.parametrize("name", ["in", "out"])
def test_a_folder_that_goes_away_and_comes_back(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost while it is not there, it is told, and the work goes on."""
    root = tmp_path / "gate"
    drop(root, "a.edi", GOOD)
    once(root)
    monkeypatch.setattr(gateway_status, "_EVERY", 0.2)

    def told(key: str) -> str:
        return str(json.loads((root / ".edi837" / "status.json").read_text("utf-8"))[key])

    with working(root) as pid:
        until(lambda: (root / ".edi837" / "status.json").exists())
        (root / name).rename(tmp_path / "away")
        put_into = tmp_path / "away" if name == "in" else root / "in"
        (put_into / "b.edi").write_bytes(numbered(2))
        until(lambda: (told("state"), told("because")) == ("DOWN", "ENOENT"))
        (tmp_path / "away").rename(root / name)
        until(lambda: told("state") == "OK" and told("last_trouble") == "ENOENT")
        until(lambda: len(tree(root, "out")) == 4)
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 6) == 0
    assert (told("last_trouble"), told("state")) == ("ENOENT", "DOWN"), "it is stopped"
    assert originals(root) == sorted([GOOD, numbered(2)])
    ledger = Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))
    assert list(audit.differences(world(root), ledger)) == []
    ledger.close()


@pytest.mark.parametrize("ready", ["auto", "marker"])
def test_a_claim_out_of_a_folder_that_is_gone_stops_nobody(ready: str, tmp_path: Path) -> None:
    """Its partner is none any more; what was taken out of there comes to its end, and so does all else."""
    acme = Partner("acme", ("SUBMIT042",), folder="acme")
    once(tmp_path, partners=(acme,))
    drop(tmp_path, "a.edi", numbered(1), "in/acme")
    disk = Disk("claimed:1")
    assert status(forked(lambda: len(once(tmp_path, disk=disk, clock=Told(9999), partners=(acme,))))) == EXIT
    (tmp_path / "in" / "acme").rmdir()
    (row,) = said("list", tmp_path, "--stuck")
    assert (row["name"], row["state"], row["folder"]) == ("a.edi", "TAKEN", "in/acme")
    (check,) = [each.name for each in doctor.examine(world(tmp_path)) if each.name.startswith("claims of workers")]
    assert check == "claims of workers that are gone: 1 (1 not in the ledger), which the next worker takes over"
    drop(tmp_path, "b.edi", numbered(2))
    filed = {each.name: each for each in once(tmp_path, ready=ready)}
    assert (filed["a.edi"].reason, filed["b.edi"].folder) == ("wrong_folder", "archive")
    assert said("list", tmp_path, "--stuck")[0]["state"] == "DONE"


@pytest.mark.parametrize("held", ["", ".filepart", "sub/"])
def test_files_in_a_folder_that_no_partner_has_are_told(held: str, tmp_path: Path) -> None:
    """Of a partner who is not in the settings any more, or not yet: no scan looks there."""
    once(tmp_path, partners=(Partner("beta", ("BETA",), folder="beta"),))
    made = world(tmp_path, partners=(Partner("beta", ("BETA",), folder="beta"),))

    def bad() -> list[str]:
        return [each.name for each in doctor.examine(made) if not each.good]

    (tmp_path / "in" / "acme").mkdir()
    drop(tmp_path, "b.edi", GOOD, "in/.git")
    assert bad() == []
    if held == "sub/":
        (tmp_path / "in" / "acme" / "sub").mkdir()
        assert bad() == []
        return
    drop(tmp_path, f"a.edi{held}", GOOD, "in/acme")
    assert bad() == ["folders of in/ that no partner has, with files in them: acme"]
    (row,) = [each for each in said("list", tmp_path, "--stuck") if each["name"] == "acme"]
    assert (row["job"], row["state"], row["folder"], row["reason"]) == ("", "LEFT", "in", "no_partner")


def test_every_folder_has_a_name_of_its_own() -> None:
    layout = Layout("/r", {"in": "inbound", "archive": "old"})
    assert [layout(name) for name in FOLDERS] == ["/r/inbound", "/r/out", "/r/old", "/r/error", "/r/quarantine"]
    assert layout(f"archive/{DAY}/x", "y") == f"/r/old/{DAY}/x/y" and layout() == "/r/"
    assert layout.own("in") == "/r/.edi837/in", "ours are ours"
