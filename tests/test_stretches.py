"""A file that is parted into tasks is told as if one process had read it: the same rows, wherever it is parted."""

from __future__ import annotations

import io
import pickle
import random
import re
import sys
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import edi837.spark
from benchmarks.generate import write_837i, write_837p
from edi837 import claimrows, columns, kin, rows, rules
from edi837.bench import Bench
from edi837.findings import Edi837Error, NotX12
from edi837.spark import plan
from edi837.spark.glance import Numbers
from edi837.spark.plan import Job, Noted, Whole
from edi837.spark.stretch import Stretch, Unforeseen
from edi837.spark.tables import FINDINGS, OPTIONS, Manner, View
from edi837.terms import Terms
from tests.fuzz import mutated
from tests.test_corpus import FOLDER
from tests.test_docs import holds

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(FIXTURES.rglob("*.edi"))
DEMO = FIXTURES / "demo.edi"
VIEWS: tuple[View, ...] = ("findings", "lines", "claims")
CHANGES = 4  # of each file, by hand of chance


def kept(folder: Path, data: bytes) -> str:
    path = folder / "claims.edi"
    path.write_bytes(data)
    return str(path)


def counted(manner: Manner, jobs: Sequence[Job]) -> Counter[str] | str:
    """The rows of some jobs, as often as they come; or that the file is none."""
    try:
        return Counter(repr(tuple(row.items())) for row in manner.rows(jobs))
    except Edi837Error as error:
        return str(error)


def parted(path: str, most: int, manner: Manner) -> list[Job]:
    try:
        return plan.plan(path, most, manner.beyond)
    except NotX12:
        return [Whole(path, 0)]


def same(path: str, most: int, *manners: Manner) -> list[Job]:
    """Hold a file read in tasks of so many bytes to the file read whole."""
    jobs: list[Job] = []
    for manner in manners:
        jobs = parted(path, most, manner)
        assert counted(manner, jobs) == counted(manner, [Whole(path, 0)])
    return jobs


def made(claims: int, kind: str = "P", **more: float) -> bytes:
    stream = io.BytesIO()
    (write_837p if kind == "P" else write_837i)(stream, claims, **more)  # type: ignore[arg-type]
    return stream.getvalue()


def several(groups: Sequence[Sequence[str]]) -> bytes:
    """An interchange of groups of sets of three claims; of each set what is wrong: nothing, or with st03, se, group."""
    isa, rest = made(3).split(b"~", 1)
    gs, body = rest.split(b"~", 1)
    _, body = body.split(b"~", 1)
    body = body[: body.index(b"SE*")]
    count = 0
    told = [isa]
    for number, sets in enumerate(groups, 1):
        elements = gs.split(b"*")
        elements[6] = b"%d" % number
        if "group" in sets:
            elements[8] = b"004010X098A1"
        told.append(b"*".join(elements))
        for at, wrong in enumerate(sets, 1):
            count += 1
            held = re.sub(rb"CLM\*C", b"CLM*%dC" % count, body)
            held = re.sub(rb"(NM1\*(?:IL|QC)\*1\*)", rb"\g<1>%s" % _letters(count), held)
            guide = b"005010X223A2" if wrong == "st03" else b"005010X222A1"
            told.append(b"ST*837*%04d*%s" % (at, guide))
            told.append(held.rstrip(b"~\n"))
            if wrong != "se":
                told.append(b"SE*%d*%04d" % (held.count(b"~") + 2, at))
        told.append(b"GE*%d*%d" % (len(sets), number))
        if "stray" in sets:
            told += [b"ST*837*0001*005010X222A1", held.rstrip(b"~\n")]
    told.append(b"IEA*%d*%s" % (len(groups), isa.split(b"*")[13]))
    return b"~\n".join(told) + b"~\n"


def _letters(number: int) -> bytes:
    return bytes((65 + number // 26, 65 + number % 26))


# ------------------------------------------------------------------ the same rows


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_files(path: Path) -> None:
    same(str(path), 50, Manner("findings"), Manner("lines", positions=True), Manner("claims", ()))


@pytest.mark.parametrize("path", FILES[::5], ids=lambda path: path.stem)
def test_our_files_in_larger_tasks(path: Path) -> None:
    same(str(path), 1500, Manner("findings", ()), Manner("lines"), Manner("claims", positions=True, phi=True))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="there is no shared corpus beside this checkout")
def test_files_of_others() -> None:
    jobs = [
        job for path in sorted(FOLDER.rglob("*")) if path.is_file()
        for job in same(str(path), 700, Manner("findings", reach="patient"), Manner("lines", ()))
    ]  # fmt: skip
    assert sum(isinstance(job, Stretch) for job in jobs) > 100


@pytest.mark.parametrize("path", FILES[::4], ids=lambda path: path.stem)
def test_files_that_chance_has_spoiled(path: Path, tmp_path: Path) -> None:
    """Either the rows are the same, or a task says that the file cannot be parted."""
    chance = random.Random(path.stem)
    for _ in range(CHANGES):
        said = kept(tmp_path, mutated(path.read_bytes(), chance))
        for manner in (Manner("findings"), Manner("claims", ())):
            told = counted(manner, parted(said, 300, manner))
            if not (isinstance(told, str) and told.startswith("EDI837-SPLIT")):
                assert told == counted(manner, [Whole(said, 0)])


@pytest.mark.parametrize("kind", ["P", "I"])
@pytest.mark.parametrize("newline", [True, False])
@pytest.mark.parametrize("most", [997, 20_011])
def test_tasks_of_any_size_wherever_their_border_falls(kind: str, newline: bool, most: int, tmp_path: Path) -> None:
    data = made(500, kind, bad=0.3, newline=newline)
    jobs = same(kept(tmp_path, data), most, *map(Manner, VIEWS))
    held = [job for job in jobs if isinstance(job, Stretch)]
    assert len(held) > len(data) / most / 4 > 2
    inside = [n * most for n in range(1, len(data) // most) if data[n * most - 1 : n * most] not in (b"~", b"\n")]
    assert len(inside) > len(data) / most / 2, "the borders fall inside segments"


def test_rows_are_those_of_the_commands() -> None:
    data, policy = DEMO.read_bytes(), [rules.load("042")]
    for view, told in (("lines", rows.rows), ("claims", claimrows.rows)):
        manner = Manner(view, positions=True, phi=True)  # type: ignore[arg-type]
        jobs = plan.plan(str(DEMO), 900, manner.beyond)
        assert len(jobs) > 1
        judges = Terms(policy).read(io.BytesIO(data)).judges()
        assert list(manner.rows(jobs)) == list(told(io.BytesIO(data), judges, phi=True, positions=True, file=str(DEMO)))
        assert [c.name for c in manner.columns] == list(next(manner.rows(jobs)))
        plain = Manner(view)  # type: ignore[arg-type]
        assert [c.name for c in plain.columns] == list(next(plain.rows(jobs)))


# ------------------------------------------------------------------ sets and groups


GROUPS: dict[str, list[list[str]]] = {
    "many sets": [[""] * 40],
    "many groups": [[""] for _ in range(40)],
    "a set that is refused unread": [["", "", "st03", "", ""], ["", ""]],
    "a set without its SE": [["", "se", "", ""], ["", "se"], [""]],
    "a group that is refused unread": [[""], ["group", ""], ["", ""]],
    "a set outside every group": [["", "stray"], ["", ""]],
}


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("most", [1, 900, 4000])
def test_sets_and_groups_side_by_side(name: str, most: int, tmp_path: Path) -> None:
    path = kept(tmp_path, several(GROUPS[name]))
    jobs = same(path, most, *map(Manner, VIEWS))
    assert any(isinstance(job, Stretch) for job in jobs)
    if most == 4000 and name.startswith("many"):
        assert len(jobs) < 40, "small sets share a stretch"
        assert sum(job.sets for job in jobs if isinstance(job, Stretch)) >= 40


# ------------------------------------------------------------------ what keeps a file whole


def twice(data: bytes, claim: bytes) -> bytes:
    """The claims of a file once more in a second set, under numbers that begin so."""
    head, rest = data.split(b"ST*", 1)
    first, end = rest.split(b"GE*", 1)
    second = re.sub(rb"CLM\*C", b"CLM*" + claim, first.replace(b"*0001*", b"*0002*").replace(b"*0001~", b"*0002~"))
    return head + b"ST*" + first + b"ST*" + second + b"GE*2*" + end.split(b"*", 1)[1]


def test_a_claim_that_may_come_twice_keeps_a_file_whole(tmp_path: Path) -> None:
    path = kept(tmp_path, twice(made(20), b"C"))
    manner = Manner("findings", ())
    jobs = same(path, 1000, manner)
    assert [type(job) for job in jobs] == [Whole] and "twice" in jobs[0].why  # type: ignore[union-attr]
    assert len([row for row in manner.rows(jobs) if row["rule"] == "S4-DUPLICATE"]) == 20


def test_a_patient_who_comes_again_keeps_a_file_whole_unless_an_hl_is_all_that_is_asked_for(tmp_path: Path) -> None:
    path = kept(tmp_path, twice(made(20), b"D"))
    jobs = same(path, 1000, Manner("findings"))
    assert [type(job) for job in jobs] == [Whole] and "patient" in jobs[0].why  # type: ignore[union-attr]
    assert len(same(path, 1000, Manner("findings", reach="patient"), Manner("claims", reach="patient"))) > 4
    assert len(same(path, 1000, Manner("findings", ()))) > 4, "without a policy nobody looks so far"


def test_more_claims_of_a_patient_than_come_together_keep_a_file_whole(tmp_path: Path) -> None:
    data = made(1)
    start, end = data.index(b"CLM*"), data.index(b"SE*")
    claims = b"".join(data[start:end].replace(b"CLM*C", b"CLM*%dC" % n) for n in range(101))
    path = kept(tmp_path, data[:start] + claims + data[end:])
    assert isinstance(same(path, 1000, Manner("findings"))[0], Whole)


@pytest.mark.parametrize("seed", range(6))
def test_the_glance_never_misses_what_the_judge_finds(seed: int, tmp_path: Path) -> None:
    """Whoever comes again for `kin`, comes again for the planner."""
    chance = random.Random(seed)
    data = made(30)
    blocks = re.split(rb"(?=HL\*\d+\*\d+\*22)", data)
    for _ in range(seed):  # a subscriber comes again, in whatever letters
        at = chance.randrange(1, len(blocks) - 1)
        again = blocks[at].replace(b"CLM*C", b"CLM*%dX" % chance.randrange(10**6))
        if seed % 2:
            again = re.sub(rb"NM1\*IL[^~]*", lambda match: b"NM1*IL" + match[0][6:].lower(), again)
        blocks.insert(chance.randrange(1, len(blocks) - 1), again)
    data = b"".join(blocks)
    bench = Bench([rules.load("042")])
    found = isinstance(kin.judge(io.BytesIO(data), bench), kin.Foretold)
    jobs = plan.plan(kept(tmp_path, data), 1000, beyond=True)
    assert isinstance(jobs[0], Whole) or not found
    assert found is (seed > 0)
    if not seed:
        assert isinstance(jobs[0], Stretch)


@pytest.mark.parametrize("full", [2, 3, 4096])
def test_numbers_that_come_twice_are_found_in_memory_and_in_the_file(full: int) -> None:
    chance = random.Random(full)
    all_of_them = [chance.randrange(-(2**63), 2**63) for _ in range(3_000)]
    once = Numbers(full)
    for number in all_of_them:
        once.add(number)
    assert not once.twice()
    for again in (all_of_them[0], all_of_them[1_500], all_of_them[-1]):
        numbers = Numbers(full)
        for number in (*all_of_them, again):
            numbers.add(number)
        assert numbers.twice()


# ------------------------------------------------------------------ guesses, sizes


def test_a_part_that_does_not_end_as_was_foreseen_is_an_error_and_no_row(tmp_path: Path) -> None:
    path = kept(tmp_path, made(100))
    jobs = plan.plan(path, 5000, beyond=False)
    first = jobs[0]
    assert isinstance(first, Stretch) and first.expected
    wrong = replace(first, expected=replace(first.expected, levels=first.expected.levels + 1))
    said = r'EDI837-SPLIT: .*set 0001 of .*bytes \d+ to \d+, .*option\("split", "false"\)'
    with pytest.raises(Unforeseen, match=said):
        list(Manner("findings", ()).rows([wrong]))
    third = jobs[2]
    assert isinstance(third, Stretch)
    shifted = replace(third, start=first.expected)
    with pytest.raises(Unforeseen, match="EDI837-SPLIT"):
        list(Manner("findings", ()).rows([shifted]))


def test_a_reader_who_strays_in_claims_finds_the_same_in_what_follows(tmp_path: Path) -> None:
    path = kept(tmp_path, made(60).replace(b"LX*1", b"LX:1"))
    assert len(same(path, 900, *map(Manner, VIEWS))) > 20


def test_a_sender_s_fault_that_spoils_what_follows_is_an_error_and_no_row(tmp_path: Path) -> None:
    party = b"NM1*85*2*AGENCY*****XX*2000000044~N3*1 ROAD~N4*TOWN*MI*490009998~"
    path = kept(tmp_path, re.sub(rb"(CLM\*[^~]*~)", rb"\1" + party, made(60), count=1))
    manner = Manner("findings")
    assert str(counted(manner, plan.plan(path, 900, manner.beyond))).startswith("EDI837-SPLIT")


def test_a_file_that_was_written_to_is_an_error(tmp_path: Path) -> None:
    path = kept(tmp_path, made(100))
    jobs = plan.plan(path, 5000, beyond=False)
    kept(tmp_path, made(101))
    with pytest.raises(Unforeseen, match="EDI837-CHANGED"):
        list(Manner("claims", ()).rows(jobs))


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = kept(tmp_path, b"claims, but in no form\n" * 9)
    with pytest.raises(Edi837Error, match=r"claims\.edi is not X12"):
        list(Manner("claims", ()).rows([Whole(path, 0)]))


def test_a_file_that_is_none_is_passed_over_where_that_is_asked_for_and_is_a_finding(tmp_path: Path) -> None:
    path, good = kept(tmp_path, b""), str(FIXTURES / "demo.edi")
    jobs = [Whole(path, 0), Whole(good, 0)]
    for view in ("lines", "claims"):
        manner = Manner(view, (), skips=True)
        assert list(manner.rows(jobs)) == list(manner.rows(jobs[1:])) != []
    first, *others = Manner("findings", (), skips=True).rows(jobs)
    assert (first["rule"], first["action"], first["file"]) == ("unreadable", "reject", path)
    assert str(first["message"]).startswith("not X12 at byte 0: ")
    assert others == list(Manner("findings", ()).rows(jobs[1:]))


def test_the_plan_holds_none_of_the_text(tmp_path: Path) -> None:
    peaks, sizes = [], []
    for claims in (3_000, 12_000):
        path = kept(tmp_path, made(claims))
        tracemalloc.start()
        jobs = plan.plan(path, 500_000, beyond=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes += [len(pickle.dumps(job)) for job in jobs]
    assert len(sizes) > 8 and max(sizes) < 8_000
    assert peaks[1] - peaks[0] < 2_500_000, "two numbers a claim, and one stretch for half a megabyte"


def test_small_jobs_share_a_task_and_large_ones_have_their_own() -> None:
    jobs = [Whole(str(n), size) for n, size in enumerate((10, 20, 80, 300, 5))]
    assert [[job.length for job in each] for each in plan.packed(jobs, 100)] == [[10, 20], [80], [300], [5]]
    assert list(plan.packed([], 100)) == []


def test_what_is_found_on_the_envelope_is_told_once(tmp_path: Path) -> None:
    data = made(60).replace(b"GE*1*", b"GE*7*")
    path = kept(tmp_path, data)
    jobs = same(path, 3000, Manner("findings", ()))
    noted = [job for job in jobs if isinstance(job, Noted)]
    assert len(noted) == 1 and [f.rule for f in noted[0].findings] == ["X12-AK9-5"]
    assert not list(Manner("lines", ()).rows(noted))


def test_without_pyspark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    for name in [name for name in sys.modules if name.startswith(("pyspark.", "edi837.spark.source"))]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(Edi837Error, match=r"edi837\[spark\]"):
        _ = edi837.spark.Edi837DataSource
    with pytest.raises(AttributeError, match="Edi837DataSink"):
        _ = edi837.spark.Edi837DataSink


# ------------------------------------------------------------------ docs/spark.md


def test_the_page_says_what_the_columns_of_findings_hold(update: bool) -> None:
    rows = [line.rsplit("|", 2)[0] + "|" for line in columns.as_markdown(FINDINGS).splitlines()]  # no positions
    holds("spark.md", "columns", "\n".join(rows), update)


def test_the_page_says_what_the_options_are(update: bool) -> None:
    rows = ["| option | what it says |", "|---|---|", *(f"| `{name}` | {says} |" for name, says in OPTIONS.items())]
    holds("spark.md", "options", "\n".join(rows), update)


def test_the_options_told_are_those_there_are() -> None:
    source = (FIXTURES.parent / "edi837" / "spark" / "source.py").read_text("utf-8")
    assert {*re.findall(r'(?:options|_asked)(?:\.get\(|, )"(\w+)"', source)} == {*OPTIONS, "paths"}
