"""A folder of interchanges: everything is answered once and filed, nothing is lost, nothing is overwritten."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edi837 import answer
from edi837.acks import Profile
from edi837.findings import Edi837Error
from edi837.gateway import names
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import FOLDERS, Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.reading import REASONS
from edi837.gateway.settings import Partner
from edi837.rules import load
from edi837.scope import EVERYONE
from edi837.terms import Terms
from tests.gateways import DAY, GOOD, NOW, WRONG, Told, drop, kinds, numbered, once, originals, tree
from tests.snippets import CLAIM_P, HEAD, interchange

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "gate" / "in").mkdir(parents=True)
    return tmp_path / "gate"


def ledger(root: Path) -> Ledger:
    layout = Layout(str(root))
    return Ledger(layout.ledger, layout.own("key"))


def manifest(root: Path, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / path / "manifest.json").read_text("utf-8"))
    return found


# ------------------------------------------------------------------ where things belong


def test_each_file_goes_where_it_belongs(root: Path) -> None:
    refused = (FIXTURES / "envelope" / "bad-usage-indicator.edi").read_bytes()
    policy = (FIXTURES / "837P" / "fail" / "policy-bundles.edi").read_bytes()
    data = {
        "good.edi": GOOD, "wrong.edi": numbered(2, WRONG), "refused.edi": refused, "policy.edi": numbered(3, policy),
        "letter.txt": b"Dear plan", "empty.edi": b"",
    }  # fmt: skip
    for name, content in data.items():
        drop(root, name, content)
    filed = {each.name: each for each in once(root)}
    assert {name: each.folder for name, each in filed.items()} == {
        "good.edi": "archive", "policy.edi": "archive", "wrong.edi": "error", "refused.edi": "error",
        "letter.txt": "quarantine", "empty.edi": "quarantine",
    }  # fmt: skip
    assert tree(root, "in", ".edi837/work", ".edi837/stage") == []
    for name, each in filed.items():
        assert (root / each.path / "original.edi").read_bytes() == data[name]
        assert manifest(root, each.path)["name"] == name
    assert filed["good.edi"].path == f"archive/{DAY}/{filed['good.edi'].job}"
    assert filed["letter.txt"].path == f"quarantine/{filed['letter.txt'].job}"
    assert {name: kinds(each.answers) for name, each in filed.items()} == {
        "good.edi": ["277CA", "999"], "policy.edi": ["277CA", "999"], "wrong.edi": ["999"], "refused.edi": ["TA1"],
        "letter.txt": [], "empty.edi": [],
    }  # fmt: skip
    assert tree(root, "out") == sorted(f"out/{name}" for each in filed.values() for name in each.answers)
    assert (filed["policy.edi"].rejected, filed["good.edi"].rejected) == (True, False)
    for name in ("good.edi", "wrong.edi", "refused.edi"):
        beside = {path.name for path in (root / filed[name].path).iterdir()}
        assert beside == {"original.edi", "manifest.json", "report.json", "report.txt"}


def test_reports_may_go_out_with_the_answers(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (filed,) = once(root, reports="out")
    assert kinds(filed.answers) == ["277CA", "999", "report", "report"]
    assert {path.name for path in (root / filed.path).iterdir()} == {"original.edi", "manifest.json"}


def test_a_quarantined_file_has_its_reason_beside_it(root: Path) -> None:
    drop(root, "letter.txt", b"\n\nDear plan, JANE DOE")
    drop(root, "cut.edi", GOOD[:50])
    for filed in once(root):
        assert filed.reason == "not_x12"
        said = manifest(root, filed.path)
        assert (said["reason"], said["why"]) == ("not_x12", REASONS["not_x12"])
        assert "JANE" not in json.dumps(said)
    assert tree(root, "out") == []


def test_everything_is_for_its_owner_alone(root: Path) -> None:
    for name, data in (("a.edi", GOOD), ("b.edi", numbered(2, WRONG)), ("c.txt", b"Dear plan")):
        drop(root, name, data).chmod(0o666)
    old = os.umask(0)
    try:
        once(root)
    finally:
        os.umask(old)
    paths = [path for path in root.rglob("*") if path.name != "in"]
    assert len(paths) > 25
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_the_oldest_is_taken_first(root: Path) -> None:
    for age, name in enumerate(("b.edi", "a.edi", "c.edi")):
        path = drop(root, name, numbered(age + 1))
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    assert [each.name for each in once(root)] == ["c.edi", "a.edi", "b.edi"]


def test_the_second_time_there_is_nothing_to_do(root: Path) -> None:
    drop(root, "good.edi", GOOD)
    once(root)
    before = {path: path.read_bytes() for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()}
    assert once(root) == []
    after = {path: path.read_bytes() for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()}
    assert after == before


# ------------------------------------------------------------------ control numbers


def isa13s(root: Path) -> list[int]:
    """The control numbers of all answers, in the order of the names of their jobs."""
    found = []
    for path in (root / "out").iterdir():
        found += [int(text[90:99]) for text in path.read_text("latin-1").split("\n") if text.startswith("ISA")]
    return sorted(found)


def test_numbers_come_from_the_ledger_without_a_gap(root: Path) -> None:
    for run in range(4):
        for number in range(30):
            drop(root, f"{number}.edi", numbered(run * 30 + number + 1, WRONG if number % 3 else GOOD))
        once(root, batch=7)
    assert isa13s(root) == list(range(1, 4 * (10 * 2 + 20) + 1))


def test_one_file_may_need_more_numbers_than_a_lease_holds(root: Path) -> None:
    many = b"".join(numbered(number) for number in range(1, 301))
    drop(root, "a.edi", many)
    drop(root, "b.edi", numbered(999))
    once(root)
    assert isa13s(root) == list(range(1, 603))


def test_what_a_dead_worker_had_left_goes_to_the_next(root: Path) -> None:
    once(root)
    with_ledger = ledger(root)
    nobody: Callable[[str], bool] = lambda _: False  # noqa: E731
    everybody: Callable[[str], bool] = lambda _: True  # noqa: E731
    assert with_ledger.lease("one", 10, nobody) == 1
    assert with_ledger.lease("two", 10, everybody) == 101, "one is alive"
    assert with_ledger.lease("two", 10, everybody) == 101, "its own again"
    with with_ledger.writing():
        with_ledger.take("two", 101, 95)
    assert with_ledger.lease("two", 10, everybody) == 196, "extended, for nobody took any since"
    assert with_ledger.lease("three", 10, nobody) == 1, "one is dead"
    assert with_ledger.lease("three", 1000, everybody) == 301, "too few are left: a lease of its own"
    assert with_ledger.lease("four", 20, nobody) == 1, "and the rest is for others"


# ------------------------------------------------------------------ duplicates, usage, partners


def test_an_interchange_that_came_before_is_refused_and_not_read(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (first,) = once(root)
    drop(root, "b.edi", GOOD.replace(b"BATCH1", b"BATCH2"))
    (second,) = once(root)
    assert (second.folder, kinds(second.answers)) == ("error", ["TA1"])
    ta1 = (root / "out" / second.answers[0]).read_bytes()
    assert b"TA1*000000001*250303*0915*R*025~" in ta1
    said = manifest(root, second.path)
    assert (said["duplicate_of"], said["claims"], said["same_bytes_as"]) == (first.job, 0, "")


def test_two_of_the_same_number_in_one_batch(root: Path) -> None:
    for name in ("a.edi", "b.edi"):
        drop(root, name, GOOD)
    first, second = once(root)
    assert (first.folder, second.folder) == ("archive", "error")
    assert manifest(root, second.path)["duplicate_of"] == first.job


@pytest.mark.parametrize(
    "change",
    [(b"ZZ*SUBMIT042", b"ZZ*SUBMIT043"), (b"*0*T*:", b"*0*P*:"), (b"*000000001", b"*000000002"),
     (b"ZZ*PAYER042 ", b"ZZ*PAYER043 "), (b"*ZZ*SUBMIT042", b"*30*SUBMIT042")],
    ids=["ISA06", "ISA15", "ISA13", "ISA08", "ISA05"],
)  # fmt: skip
def test_another_identity_is_no_duplicate(change: tuple[bytes, bytes], root: Path) -> None:
    drop(root, "a.edi", GOOD)
    once(root)
    drop(root, "b.edi", GOOD.replace(*change))
    assert once(root)[0].folder == "archive"


def test_a_refused_interchange_may_come_again_under_its_number(root: Path) -> None:
    drop(root, "a.edi", GOOD.replace(b"IEA*1*", b"IEA*7*"))
    (first,) = once(root)
    assert kinds(first.answers) == ["TA1"]
    drop(root, "b.edi", GOOD)
    assert once(root)[0].folder == "archive", "it never entered"
    drop(root, "c.edi", GOOD)
    assert once(root)[0].folder == "error"


def test_a_number_is_remembered_for_its_days(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    once(root)
    clock = Told()
    clock.at = NOW + timedelta(days=366)
    drop(root, "b.edi", GOOD)
    assert once(root, clock=clock)[0].folder == "error"
    clock.at = NOW + timedelta(days=367)
    drop(root, "c.edi", GOOD)
    assert once(root, clock=clock)[0].folder == "archive"


@pytest.mark.parametrize(("action", "note"), [("warn", b"*E*025~"), ("off", b"*A*000~")])
def test_duplicates_may_be_let_pass(action: str, note: bytes, root: Path) -> None:
    asked = GOOD.replace(b"*0*T*:", b"*1*T*:")
    for name in ("a.edi", "b.edi"):
        drop(root, name, asked)
    _, second = once(root, duplicates=action)
    assert (second.folder, kinds(second.answers)) == ("archive", ["277CA", "999", "TA1"])
    assert note in b"".join((root / "out" / name).read_bytes() for name in second.answers)


def test_the_same_batch_again_is_noted(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    once(root)
    drop(root, "b.edi", numbered(2))
    (again,) = once(root)
    assert again.folder == "archive"
    assert manifest(root, again.path)["sets_whose_batch_came_before"] == ["0001"]


@pytest.mark.parametrize(("usage", "folder"), [("P", "error"), ("T", "archive"), ("any", "archive")])
def test_a_test_is_no_production(usage: str, folder: str, root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (filed,) = once(root, usage=usage)
    assert filed.folder == folder
    if folder == "error":
        assert b"*R*020~" in (root / "out" / filed.answers[0]).read_bytes()


def test_partners_are_answered_on_their_own_terms(root: Path) -> None:
    strict = Terms([load("042")], replies=Profile(role="clearinghouse"))
    partners = (
        Partner("narrow", ("SUBMIT042",), ("OTHER",), names="{kind}-narrow-{job}.{ext}"),
        Partner("acme", ("SUBMIT042",), folder="acme", names="{partner}-{kind}-{job}.{ext}", terms=strict),
    )
    units = GOOD.replace(b"HC:S9500*100*UN*1*", b"HC:S9500*100*UN*2*")
    (root / "in" / "acme").mkdir()
    drop(root, "a.edi", units, "in/acme")
    drop(root, "b.edi", numbered(2, units).replace(b"GS*HC*SUBMIT042", b"GS*HC*OTHER"))
    filed = {each.name: each for each in once(root, partners=partners, terms=Terms())}
    assert (filed["a.edi"].rejected, filed["b.edi"].rejected) == (True, False), "042 is acme's alone"
    assert all((root / "out" / "acme" / name).exists() and name.startswith("acme-") for name in filed["a.edi"].answers)
    assert all((root / "out" / name).exists() and "-narrow-" in name for name in filed["b.edi"].answers)
    (claims,) = [name for name in filed["a.edi"].answers if "277CA" in name]
    assert b"NM1*AY*" in (root / "out" / "acme" / claims).read_bytes(), "a clearinghouse speaks"


def test_a_file_in_the_folder_of_another_partner_is_put_aside(root: Path) -> None:
    partners = (Partner("acme", ("ACME",), folder="acme"), Partner("us", ("SUBMIT042",)))
    drop(root, "a.edi", GOOD, "in/acme")
    (filed,) = once(root, partners=partners)
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", "wrong_folder", ())


def of(sender: bytes, number: int) -> bytes:
    """The good interchange from another sender."""
    return numbered(number, GOOD.replace(b"SUBMIT042      *ZZ", sender.ljust(15) + b"*ZZ", 1))


@pytest.mark.parametrize("unknown", ["accept", "reject", "quarantine"])
@pytest.mark.parametrize("folder", ["in/acme", "in"])
@pytest.mark.parametrize("senders", [(b"ACME", b"BETA"), (b"ACME", b"NOBODY"), (b"ACME", b"ACME2", b"BETA")])
def test_a_file_of_several_partners_is_put_aside_whole(
    unknown: str, folder: str, senders: tuple[bytes, ...], root: Path
) -> None:
    """One would be judged on another's terms, told in another's folder, and its own number be refused later."""
    partners = (Partner("acme", ("ACME", "ACME2"), folder="acme"), Partner("beta", ("BETA",), folder="beta"))
    for each in ("acme", "beta"):
        (root / "in" / each).mkdir()
    drop(root, "a.edi", b"".join(of(sender, number) for number, sender in enumerate(senders, 1)), folder)
    (filed,) = once(root, unknown=unknown, partners=partners)
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", "mixed", ())
    assert manifest(root, filed.path)["interchanges"] == []
    for number, sender in enumerate(senders, 1):
        if sender != b"NOBODY":
            drop(root, f"{number}.edi", of(sender, number), "in/beta" if sender == b"BETA" else "in/acme")
    again = once(root, unknown=unknown, partners=partners)
    assert [each.folder for each in again] == ["archive"] * len(again), "no number was taken"


def test_a_file_whose_interchanges_are_all_of_one_side_is_read(root: Path) -> None:
    """Of one partner under several ISA06, or of senders of whom none has a profile."""
    partners = (Partner("acme", ("ACME", "ACME2"), folder="acme"),)
    (root / "in" / "acme").mkdir()
    drop(root, "a.edi", of(b"ACME", 1) + of(b"ACME2", 2), "in/acme")
    drop(root, "b.edi", of(b"NOBODY", 3) + of(b"SOMEBODY", 4))
    filed = {each.name: each for each in once(root, partners=partners)}
    assert {each.folder for each in filed.values()} == {"archive"}
    drop(root, "c.edi", of(b"NOBODY", 5) + of(b"ACME", 6))
    assert [each.reason for each in once(root, partners=partners)] == ["mixed"]


FOREIGN = {
    "999": b"GS*FA*A*B*20260101*1200*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*1*005010X222A1~AK9*A*1*1*1~"
           b"SE*4*0001~GE*1*1~",
    "997": b"GS*FA*A*B*20260101*1200*1*X*004010~ST*997*0001~AK1*HC*1~AK9*A*1*1*1~SE*4*0001~GE*1*1~",
    "TA1": b"TA1*000000001*260101*1200*A*000~",
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_nobody_answers_is_not_filed_as_answered(kind: str, root: Path) -> None:
    """An acknowledgement gets none: in archive/ it would pass for a file whose sender was told."""
    data = GOOD[: GOOD.index(b"GS*")] + FOREIGN[kind] + b"IEA*%d*000000001~" % (kind != "TA1")
    drop(root, "a.edi", data)
    (filed,) = once(root)
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", "no_claims", ())
    drop(root, "b.edi", GOOD)
    assert [each.folder for each in once(root)] == ["archive"], "its number was not taken"


@pytest.mark.parametrize(
    ("unknown", "folder", "answers"),
    [("accept", "archive", ["277CA", "999"]), ("reject", "error", ["TA1"]), ("quarantine", "quarantine", [])],
)
def test_an_unknown_sender(unknown: str, folder: str, answers: list[str], root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (filed,) = once(root, unknown=unknown, partners=(Partner("other", ("OTHER",)),))
    assert (filed.folder, kinds(filed.answers)) == (folder, answers)


# ------------------------------------------------------------------ what is left alone

LEFT = [
    ".hidden.edi", "~backup.edi", "up.edi.part", "up.edi.PARTIAL", "up.edi.tmp", "up.edi.filepart", "up.edi.crdownload",
    "up.edi.swp", "up.edi.lock", "up.edi.camelLock", "up.edi.done", "up.edi.ok",
]  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_unfinished_and_hidden_names_are_left(name: str, root: Path) -> None:
    drop(root, name, GOOD)
    assert once(root) == []
    assert (root / "in" / name).read_bytes() == GOOD


def _link(path: Path) -> None:
    (path.parent.parent / "elsewhere.edi").write_bytes(GOOD)
    path.symlink_to(path.parent.parent / "elsewhere.edi")


def _second_name(path: Path) -> None:
    (path.parent.parent / "elsewhere.edi").write_bytes(GOOD)
    path.hardlink_to(path.parent.parent / "elsewhere.edi")


KINDS: dict[str, Callable[[Path], Any]] = {
    "symlink": _link,
    "broken symlink": lambda path: path.symlink_to("nowhere"),
    "second name": _second_name,
    "FIFO": os.mkfifo,
    "folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_left(kind: str, root: Path) -> None:
    path = root / "in" / "odd.edi"
    KINDS[kind](path)
    before = path.lstat()
    drop(root, "good.edi", numbered(7))
    lines: list[str] = []
    assert [each.name for each in once(root, lines=lines)] == ["good.edi"]
    assert path.lstat().st_ino == before.st_ino
    assert [p.name for p in (root / "in").iterdir()] == ["odd.edi"]
    assert sum('"ignored"' in line for line in lines) == 1, "said once, not each scan"


class Swapping(Disk):
    """Puts another thing at the place of a file after it was looked at, before it is claimed."""

    def __init__(self, swap: Callable[[Path], Any]) -> None:
        super().__init__()
        self._swap = swap

    def rename(self, old: str, new: str) -> None:
        if "/in/" in old:
            Path(old).unlink()
            self._swap(Path(old))
        super().rename(old, new)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_swapped_before_the_claim_is_not_followed(kind: str, root: Path) -> None:
    drop(root, "a.edi", numbered(2))
    (filed,) = once(root, disk=Swapping(KINDS[kind]))
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", "not_regular", ())
    assert tree(root, "out") == []
    if (root / "elsewhere.edi").exists():
        assert (root / "elsewhere.edi").read_bytes() == GOOD
        assert stat.S_IMODE((root / "elsewhere.edi").stat().st_mode) != 0o600 or kind == "second name"


# ------------------------------------------------------------------ nothing is overwritten


def test_a_name_that_is_taken_in_out_stays_as_it_is(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (filed,) = once(root, clock=Told(5))
    (name,) = [name for name in filed.answers if name.startswith("999")]
    clock = Told(5)  # the same chance, the same job, the same names
    other = root.parent / "other"
    drop(other, "a.edi", GOOD)
    (other / "out").mkdir()
    (other / "out" / name).write_bytes(b"from before")
    (again,) = once(other, clock=clock)
    assert again.job == filed.job
    assert (other / "out" / name).read_bytes() == b"from before"
    assert len(tree(other, "out")) == 3
    wanted, found = ({p.read_bytes() for p in (each / "out").iterdir()} for each in (root, other))
    assert wanted < found


def test_disk_does_not_replace_with_or_without_renameat2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edi837.gateway import fsops

    for _ in range(2):
        (tmp_path / "a").write_bytes(b"a")
        (tmp_path / "b").write_bytes(b"b")
        with pytest.raises(FileExistsError):
            Disk().rename(str(tmp_path / "a"), str(tmp_path / "b"))
        assert (tmp_path / "b").read_bytes() == b"b"
        with pytest.raises(FileNotFoundError):
            Disk().rename(str(tmp_path / "none"), str(tmp_path / "c"))
        monkeypatch.setattr(fsops, "_renameat2", None)


# ------------------------------------------------------------------ odd names

ODD = [
    b"a\nb.edi", b"\x1b[2J\x1b[31m.edi", b"-rf", b"$(id).edi", b"a b.edi", b"\xff\xfe.edi", "naïve–é.edi".encode(),
    b"con", b"x" * 255, b"y" * 250 + b".edi", "é".encode() * 120 + b".edi", b"w1.x.0.", b"original.edi",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=[repr(name[:14]) for name in ODD])
@pytest.mark.parametrize("data", [GOOD, b"Dear plan"], ids=["X12", "letter"])
def test_odd_names(name: bytes, data: bytes, root: Path) -> None:
    (root / "in" / os.fsdecode(name)).write_bytes(data)
    drop(root, "zz.edi", numbered(2))
    filed = {each.name: each for each in once(root)}
    assert originals(root) == sorted([data, numbered(2)])
    assert tree(root, "in") == []
    mine = next(each for each in filed.values() if each.name != "zz.edi")
    said = manifest(root, mine.path)
    assert said["name"] == name.decode("utf-8", "backslashreplace")
    assert len(mine.answers) == (2 if data == GOOD else 0)
    for path in tree(root, "out"):
        assert path.isascii() and path.isprintable() and " " not in path


def test_no_control_character_of_a_name_reaches_the_report(root: Path) -> None:
    (root / "in" / "\x1b[2J\x07\n.edi").write_bytes(GOOD)
    (filed,) = once(root)
    for name in ("report.json", "report.txt", "manifest.json"):
        assert not set((root / filed.path / name).read_bytes()) & {0x1B, 0x07}


def test_no_token_leads_out_of_out() -> None:
    import random

    chance = random.Random(7)
    wild = "../..\0%2f\\ CON:*?é\u202e\n\x1b[A-Z"
    for _ in range(10_000):
        said = ["".join(chance.choices(wild, k=chance.randrange(300))) for _ in range(3)]
        name = names.output(names.TEMPLATE, "ta1", "job", isa06=said[0], isa13=said[1], partner=said[2])
        assert os.path.basename(name) == name and len(name) <= 120
        assert name.isascii() and name.startswith("TA1_") and name.endswith(".edi") and ".." not in name


@pytest.mark.parametrize(
    ("template", "wrong"),
    [("{kind}_{job}.{ext}", False), ("{kind}.{ext}", True), ("{kind}_{job}", True), ("../{kind}_{job}.{ext}", True),
     ("{kind}_{job}_{who}.{ext}", True), ("{kind}_{job.x}.{ext}", True), ("{kind}_{job.{ext}", True),
     ("{partner}_{isa06}_{isa13}_{job}_{kind}.{ext}", False), ("A" * 89 + "_{job}_{kind}.{ext}", False),
     ("A" * 90 + "_{job}_{kind}.{ext}", True), ("A" * 100 + "_{job}_{kind}.{ext}", True),
     ("{partner}_{partner}_{job}_{kind}.{ext}", True)],
)  # fmt: skip
def test_a_template_is_told_what_is_wrong_with_it(template: str, wrong: bool) -> None:
    assert bool(names.fault(template)) == wrong


def test_the_longest_template_keeps_what_tells_answers_apart(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    (filed,) = once(root, names="A" * 89 + "_{job}_{kind}.{ext}", reports="out")
    assert sorted(map(len, filed.answers)) == [116, 118, 119, 120]


# ------------------------------------------------------------------ when we ourselves fail


class Faulty:
    """A policy that cannot judge one claim."""

    name, scope, reach = "faulty", EVERYONE, "line"

    def judge(self, claims: Any, **_: Any) -> Any:
        if claims[0].id == "JANEDOE":
            raise ValueError(f"cannot judge {claims[0].id}")
        return [[] for _ in claims]


def test_our_own_fault_costs_three_attempts_and_the_others_go_on(root: Path) -> None:
    drop(root, "a.edi", GOOD.replace(b"CLM*C1*", b"CLM*JANEDOE*"))
    drop(root, "b.edi", numbered(2))
    lines: list[str] = []
    filed = {each.name: each for each in once(root, terms=Terms([Faulty()]), lines=lines)}  # type: ignore[list-item]
    assert (filed["a.edi"].folder, filed["a.edi"].reason) == ("quarantine", "fault")
    assert filed["b.edi"].folder == "archive"
    failed = [json.loads(line) for line in lines if "attempt_failed" in line]
    assert [(each["attempts"], each["error"]) for each in failed] == [(n, "ValueError") for n in (1, 2, 3)]
    assert failed[0]["at"].startswith("test_gateway.py:")
    assert "JANEDOE" not in "".join(lines)
    assert "JANEDOE" not in (root / filed["a.edi"].path / "manifest.json").read_text("utf-8")


def test_a_file_that_grows_while_it_is_read_is_held(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(root, "slow.edi", GOOD)
    whole = answer.answer
    grown: list[Path] = []

    def answering(*args: Any, **more: Any) -> Any:
        if not grown:
            (work,) = (root / ".edi837" / "work").glob("*/slow.edi")
            grown.append(work)
            with work.open("ab") as file:
                file.write(numbered(2)[:300])
        return whole(*args, **more)

    monkeypatch.setattr(answer, "answer", answering)
    assert once(root, all=False, incomplete_after=900.0) == []
    assert tree(root, "out") == [] and len(tree(root, ".edi837/work")) == 1, "held, never back in in/"
    (work,) = (root / ".edi837" / "work").glob("*/slow.edi")
    work.write_bytes(GOOD + numbered(2))
    (filed,) = once(root, all=False)
    assert (filed.folder, len(filed.answers), filed.name) == ("archive", 2, "slow.edi")


def test_two_workers_share_a_folder(root: Path) -> None:
    from edi837 import gateway
    from tests.gateways import world

    for number in range(6):
        drop(root, f"{number}.edi", numbered(number + 1))
    one = gateway.drain(world(root, batch=2, clock=Told(1)), "one", all=True)
    first = next(one)
    other = once(root, clock=Told(2))
    rest = list(one)
    assert len(other) + len(rest) + 1 == 6
    assert len({each.job for each in (*other, *rest, first)}) == 6
    assert len(isa13s(root)) == 12 == len(set(isa13s(root)))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "gate").write_bytes(b"a file")
    with pytest.raises(OSError, match="gate"):
        once(tmp_path / "gate")


def test_a_ledger_that_cannot_be_read_stops_the_work(root: Path) -> None:
    drop(root, "a.edi", GOOD)
    once(root)
    for path in (root / ".edi837").glob("ledger.db*"):
        path.write_bytes(b"no ledger at all" * 500)
    drop(root, "b.edi", numbered(2))
    with pytest.raises(Edi837Error):
        once(root)
    assert tree(root, "in") == ["in/b.edi"]


def test_the_key_is_never_made_anew(root: Path) -> None:
    once(root)
    (root / ".edi837" / "key").unlink()
    with pytest.raises(Edi837Error):
        once(root)
    assert not (root / ".edi837" / "key").exists()


def test_the_history_is_kept_once_the_answers_are_decided(root: Path, tmp_path: Path) -> None:
    terms = Terms([load("042")], history=tmp_path / "history.db")
    drop(root, "a.edi", interchange(HEAD + CLAIM_P))
    once(root, terms=terms)
    drop(root, "b.edi", numbered(2))
    (again,) = once(root, terms=terms)
    report = json.loads((root / again.path / "report.json").read_text("utf-8"))
    assert "SNIP" in json.dumps(report) or "accepted before" in json.dumps(report)
