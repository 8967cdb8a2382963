"""A folder of interchanges: everything is answered and filed, nothing is lost, nothing is overwritten."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from edi837 import answer, gateway
from edi837.findings import Edi837Error
from edi837.gateway import FOLDERS, Filed
from edi837.rules import load
from edi837.scope import EVERYONE
from edi837.terms import Terms
from tests.snippets import CLAIM_P, HEAD, interchange
from tests.test_answer import fails_at

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 1, 15, 9, 30)
GOOD = interchange(HEAD + CLAIM_P)
WRONG = GOOD.replace(b"HI*ABK:A419~\n", b"").replace(b"SE*24*", b"SE*23*")
ENDINGS = (".999.edi", ".277ca.edi", ".report.json", ".report.txt")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "gate" / "in").mkdir(parents=True)
    return tmp_path / "gate"


def drop(root: Path, **files: bytes) -> None:
    """Put files into in/; ``a_edi`` is a.edi."""
    for name, data in files.items():
        (root / "in" / name.replace("_", ".")).write_bytes(data)


def once(root: Path, **more: Any) -> dict[str, Filed]:
    return {filed.original.name: filed for filed in gateway.once(root, Terms([load("042")]), now=NOW, **more)}


def names(root: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (root / folder).iterdir())


def contents(root: Path) -> list[bytes]:
    """Every original, wherever it is."""
    found = []
    for folder in ("in", "archive", "error", "quarantine"):
        found += [
            p.read_bytes() for p in (root / folder).iterdir() if p.is_file() and not p.name.endswith(".reason.json")
        ]
    return sorted(found)


# ------------------------------------------------------------------ where things belong


def test_each_file_goes_where_it_belongs(root: Path) -> None:
    refused = (FIXTURES / "envelope" / "bad-usage-indicator.edi").read_bytes()
    policy = (FIXTURES / "837P" / "fail" / "policy-bundles.edi").read_bytes()
    drop(
        root,
        good_edi=GOOD,
        wrong_edi=WRONG,
        refused_edi=refused,
        policy_edi=policy,
        letter_txt=b"Dear plan",
        empty_edi=b"",
    )
    filed = once(root)
    assert {name: f.folder for name, f in filed.items()} == {
        "good.edi": "archive",
        "policy.edi": "archive",
        "wrong.edi": "error",
        "refused.edi": "error",
        "letter.txt": "quarantine",
        "empty.edi": "quarantine",
    }
    assert names(root, "in") == []
    assert names(root, "archive") == ["good.edi", "policy.edi"]
    assert names(root, "error") == ["refused.edi", "wrong.edi"]
    assert names(root, "quarantine") == ["empty.edi", "empty.edi.reason.json", "letter.txt", "letter.txt.reason.json"]
    assert names(root, "out") == sorted(
        [f"{name}{end}" for name in ("good.edi", "policy.edi") for end in ENDINGS]
        + [f"wrong.edi{end}" for end in ENDINGS if "277" not in end]
        + [f"refused.edi{end}" for end in (".ta1.edi", ".report.json", ".report.txt")]
    )
    assert (root / "archive" / "good.edi").read_bytes() == GOOD
    assert (root / "error" / "wrong.edi").read_bytes() == WRONG
    assert (filed["policy.edi"].rejected, filed["good.edi"].rejected) == (True, False)
    assert sorted(filed["good.edi"].answers) == sorted(root / "out" / f"good.edi{end}" for end in ENDINGS)


def test_one_claim_sent_back_is_known(root: Path) -> None:
    drop(root, one_edi=GOOD.replace(b"HC:S9500*100*UN*1*", b"HC:S9500*100*UN*2*"))
    (filed,) = once(root).values()
    assert (filed.folder, filed.rejected) == ("archive", True)


def test_a_quarantined_file_has_its_reason_beside_it(root: Path) -> None:
    drop(root, letter_txt=b"\n\nDear plan, JANE DOE", cut_edi=GOOD[:50])
    filed = once(root)
    assert filed["letter.txt"].reason == "not X12 at byte 2"
    note = json.loads((root / "quarantine" / "letter.txt.reason.json").read_text("utf-8"))
    assert note == {"file": "letter.txt", "reason": "not X12 at byte 2", "at": "2026-01-15T09:30:00"}
    assert filed["cut.edi"].reason == "not X12 at byte 50"
    assert not filed["letter.txt"].fault
    assert names(root, "out") == []


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    assert once(tmp_path / "new" / "gate") == {}
    for folder in FOLDERS:
        assert stat.S_IMODE((tmp_path / "new" / "gate" / folder).stat().st_mode) == 0o700


def test_files_are_for_their_owner_alone(root: Path) -> None:
    drop(root, good_edi=GOOD, wrong_edi=WRONG, letter_txt=b"Dear plan")
    for path in (root / "in").iterdir():
        path.chmod(0o666)
    old = os.umask(0o022)
    try:
        once(root)
    finally:
        os.umask(old)
    filed = [path for folder in FOLDERS for path in (root / folder).iterdir()]
    assert len(filed) == 4 + 3 + 2 + 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in filed} == {0o600}


def test_files_are_taken_in_the_order_of_their_names(root: Path) -> None:
    drop(root, b_edi=GOOD, a_edi=GOOD, c_edi=b"letter")
    assert list(once(root)) == ["a.edi", "b.edi", "c.edi"]


def test_the_second_time_there_is_nothing_to_do(root: Path) -> None:
    drop(root, good_edi=GOOD)
    once(root)
    before = {path: path.read_bytes() for folder in FOLDERS for path in (root / folder).iterdir()}
    assert once(root) == {}
    assert {path: path.read_bytes() for folder in FOLDERS for path in (root / folder).iterdir()} == before


# ------------------------------------------------------------------ what is left alone

LEFT = [
    ".hidden.edi", "~backup.edi", "up.edi.part", "up.edi.PARTIAL", "up.edi.tmp", "up.edi.filepart", "up.edi.crdownload",
    "up.edi.swp", "up.edi.lock", "up.edi.done", "up.edi.ok",
]  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_unfinished_and_hidden_names_are_left(name: str, root: Path) -> None:
    (root / "in" / name).write_bytes(GOOD)
    assert once(root) == {}
    assert (root / "in" / name).read_bytes() == GOOD


def _link(path: Path) -> None:
    (path.parent.parent / "elsewhere.edi").write_bytes(GOOD)
    path.symlink_to(path.parent.parent / "elsewhere.edi")


KINDS: dict[str, Callable[[Path], Any]] = {
    "symlink": _link,
    "broken symlink": lambda path: path.symlink_to("nowhere"),
    "FIFO": os.mkfifo,
    "folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_left(kind: str, root: Path) -> None:
    path = root / "in" / "odd.edi"
    KINDS[kind](path)
    before = path.lstat()
    drop(root, good_edi=GOOD)
    assert list(once(root)) == ["good.edi"]
    assert path.lstat().st_ino == before.st_ino
    assert names(root, "in") == ["odd.edi"]


def test_a_file_that_grows_while_it_is_read_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(root, slow_edi=GOOD[:400])
    whole = answer.answer

    def answering(*args: Any, **more: Any) -> Any:
        with (root / "in" / "slow.edi").open("ab") as file:
            file.write(GOOD[400:500])
        return whole(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(answer, "answer", answering)
        (filed,) = gateway.once(root, Terms([load("042")]), now=NOW)
    assert (filed.folder, filed.fault, filed.answers) == ("in", False, ())
    assert "still being written" in filed.reason
    assert names(root, "out") == []
    (root / "in" / "slow.edi").write_bytes(GOOD)
    assert once(root)["slow.edi"].folder == "archive"


def test_a_file_that_goes_away_does_not_stop_the_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(root, a_edi=GOOD, b_edi=GOOD)
    ready = gateway._ready

    def gone(path: Path) -> bool:
        found = ready(path)
        if path.name == "a.edi":
            path.unlink()
        return found

    monkeypatch.setattr(gateway, "_ready", gone)
    filed = once(root)
    assert (filed["a.edi"].folder, filed["a.edi"].answers) == ("in", ())
    assert filed["b.edi"].folder == "archive"
    assert not [name for name in names(root, "out") if name.startswith("a.")]


# ------------------------------------------------------------------ nothing is overwritten


def test_a_name_that_came_before_gets_a_number(root: Path) -> None:
    for number in range(3):
        drop(root, same_edi=GOOD.replace(b"BATCH1", b"BATCH%d" % number))
        once(root)
    assert names(root, "archive") == ["same.edi", "same.edi.2", "same.edi.3"]
    assert [(root / "archive" / name).read_bytes() for name in names(root, "archive")] == [
        GOOD.replace(b"BATCH1", b"BATCH%d" % number) for number in range(3)
    ]
    assert len(names(root, "out")) == 12
    assert b"BATCH2" in (root / "out" / "same.edi.3.277ca.edi").read_bytes()


@pytest.mark.parametrize("data", [GOOD, WRONG, b"Dear plan"], ids=["archive", "error", "quarantine"])
@pytest.mark.parametrize(
    "taken", ["archive/x", "error/x", "quarantine/x", "quarantine/x.reason.json", "out/x.999.edi", "out/x.ta1.edi"]
)
def test_what_is_there_stays_as_it_is(taken: str, data: bytes, root: Path) -> None:
    once(root)
    (root / taken).write_bytes(b"from before")
    drop(root, x=data)
    (filed,) = once(root).values()
    assert filed.name == "x.2"
    assert filed.original.read_bytes() == data
    assert (root / taken).read_bytes() == b"from before"


def test_a_dangling_link_in_the_way_is_not_followed(root: Path) -> None:
    once(root)
    (root / "archive" / "x").symlink_to(root / "nowhere")
    drop(root, x=GOOD)
    assert list(once(root)) == ["x.2"]
    assert not (root / "nowhere").exists()


def test_a_file_may_be_named_like_the_reason_of_another(root: Path) -> None:
    (root / "in" / "x").write_bytes(b"one letter")
    (root / "in" / "x.reason.json").write_bytes(b"another letter")
    once(root)
    kept = sorted(path.read_bytes() for path in (root / "quarantine").iterdir() if b"letter" in path.read_bytes())
    assert kept == [b"another letter", b"one letter"]
    assert len(names(root, "quarantine")) == 4


# ------------------------------------------------------------------ odd names

ODD = [
    b"a\nb.edi", b"\x1b[2J\x1b[31m.edi", b"-rf", b"$(id).edi", b"a b.edi", b"\xff\xfe.edi", "naïve–é.edi".encode(),
    b"con", b"x" * 255, b"y" * 250 + b".edi", "é".encode() * 120 + b".edi",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=[repr(name[:14]) for name in ODD])
@pytest.mark.parametrize("data", [GOOD, b"Dear plan"], ids=["X12", "letter"])
def test_odd_names(name: bytes, data: bytes, root: Path) -> None:
    path = root / "in" / os.fsdecode(name)
    path.write_bytes(data)
    drop(root, zz_edi=GOOD)
    second, first = sorted(gateway.once(root, Terms([load("042")]), now=NOW), key=lambda filed: filed.name != "zz.edi")
    assert contents(root) == sorted([data, GOOD])
    assert names(root, "in") == []
    assert os.fsencode(first.original.name) == name[:200]
    assert second.name == "zz.edi"
    if data == GOOD:
        assert {path.name for path in first.answers} == {first.name + end for end in ENDINGS}
    else:
        note = json.loads((root / "quarantine" / (first.name + ".reason.json")).read_text("utf-8"))
        assert note["file"] == name.decode("utf-8", "backslashreplace")
    for kind in (".report.txt", ".999.edi"):
        shown = (root / "out" / ("zz.edi" + kind)).read_bytes()
        assert b"\x1b" not in shown


def test_two_long_names_that_begin_alike_are_kept_apart(root: Path) -> None:
    for end in ("1", "2"):
        (root / "in" / ("x" * 240 + end)).write_bytes(GOOD.replace(b"BATCH1", b"BATCH" + end.encode()))
    once(root)
    assert len(names(root, "archive")) == 2
    assert len(names(root, "out")) == 8
    assert contents(root) == [GOOD, GOOD.replace(b"BATCH1", b"BATCH2")]


def test_no_control_character_of_a_name_reaches_the_report(root: Path) -> None:
    (root / "in" / "\x1b[2J\x07\n.edi").write_bytes(GOOD)
    once(root)
    for path in (root / "out").iterdir():
        if "report" in path.name:
            assert not set(path.read_bytes()) & {0x1B, 0x07}


# ------------------------------------------------------------------ when the disk or we ourselves fail


@pytest.mark.parametrize("call", ["replace", "fsync", "rename", "fdopen"])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_full_disk_leaves_all_answers_or_none_and_the_original(
    call: str, number: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(root, a_edi=GOOD, b_edi=b"Dear plan")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails_at(number, getattr(os, call)))
        filed = once(root)
    assert contents(root) == sorted([GOOD, b"Dear plan"])
    left = [f for f in filed.values() if f.folder == "in"]
    assert len(left) == (number <= {"replace": 4, "fsync": 5, "rename": 2, "fdopen": 5}[call])
    for each in left:
        assert each.fault
        assert each.reason == "cannot be read or written: No space left on device"
        assert each.answers == ()
    stays = [f.original.name for f in left]
    assert names(root, "in") == stays
    assert len(names(root, "out")) == (0 if "a.edi" in stays else 4)
    assert names(root, "quarantine") == ([] if "b.edi" in stays else ["b.edi", "b.edi.reason.json"])
    once(root)
    assert names(root, "in") == []
    assert names(root, "archive") == ["a.edi"]
    assert names(root, "quarantine") == ["b.edi", "b.edi.reason.json"]
    assert names(root, "out") == sorted(f"a.edi{end}" for end in ENDINGS)


def test_our_own_fault_is_put_aside_and_the_others_go_on(root: Path) -> None:
    class Faulty:
        name, scope, reach = "faulty", EVERYONE, "line"

        def judge(self, claims: Any, **_: Any) -> Any:
            if claims[0].id == "JANEDOE":
                raise ValueError(f"cannot judge {claims[0].id}")
            return [[] for _ in claims]

    drop(root, a_edi=GOOD.replace(b"CLM*C1*", b"CLM*JANEDOE*"), b_edi=GOOD)
    first, second = gateway.once(root, Terms([Faulty()]), now=NOW)  # type: ignore[list-item]
    assert (first.folder, first.fault, first.reason) == ("quarantine", True, "our own fault: ValueError")
    assert "JANEDOE" not in (root / "quarantine" / "a.edi.reason.json").read_text("utf-8")
    assert second.folder == "archive"
    assert not [name for name in names(root, "out") if name.startswith("a.")]


def test_a_file_we_may_not_read_stays_and_the_others_go_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(root, a_edi=GOOD, b_edi=GOOD)
    opening = Path.open

    def barred(path: Path, *args: Any, **more: Any) -> Any:
        if path.name == "a.edi":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opening(path, *args, **more)

    monkeypatch.setattr(Path, "open", barred)
    filed = once(root)
    assert (filed["a.edi"].folder, filed["b.edi"].folder) == ("in", "archive")
    assert names(root, "in") == ["a.edi"]


def test_two_gateways_do_not_work_in_one_folder(root: Path) -> None:
    drop(root, a_edi=GOOD, b_edi=GOOD)
    working = gateway.once(root, Terms([load("042")]), now=NOW)
    next(working)
    with pytest.raises(Edi837Error, match="another gateway"):
        list(gateway.once(root, Terms([load("042")]), now=NOW))
    assert names(root, "in") == ["b.edi"]
    assert [filed.name for filed in working] == ["b.edi"]
    assert once(root) == {}, "and the folder is free again"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "gate").write_bytes(b"a file")
    with pytest.raises(OSError, match="gate"):
        once(tmp_path / "gate")
