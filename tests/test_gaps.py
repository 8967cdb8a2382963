"""What is said where silence would be taken for consent: a file that is not whole, a policy for nobody's claims."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

import edi837 as package
from edi837 import process, rows, rules
from edi837.companion import Guides
from edi837.gaps import Gaps
from edi837.unmet import Unmet
from tests.formats import FIXTURES, edi837

DEMO = (FIXTURES / "demo.edi").read_bytes()
CUT = "not read whole: TA1:023 the interchange is cut off: it ends without IEA"
FAULTY = {
    "cut": (DEMO[:2500], CUT),
    "at a segment's end": (DEMO[: DEMO.index(b"~", 2500) + 1], CUT),
    "in the IEA": (DEMO.rstrip()[:-4], CUT),
    "before another": (DEMO[:2500] + DEMO.replace(b"000000042", b"000000043"), CUT),
    "guide": (DEMO.replace(b"005010X222A1", b"005010X299A1"), "not read whole: AK9:2 GS08 names "),
    "count": (DEMO.replace(b"SE*241*", b"SE*240*"), "not read whole: IK5:4 "),
    "refused": (DEMO.replace(b"*T*:~", b"*Q*:~", 1), "not read whole: TA1:"),
    "behind": (DEMO + b"IS*more", "not read whole: X12-STRAY 7 bytes from byte "),
}
WIRE = ("cut", "at a segment's end", "in the IEA", "before another")  # what who looks at segments alone can see
DATA = {
    "lines": ("lines",), "csv": ("lines", "--format", "csv"), "claims": ("claims", "--format", "jsonl"),
    "simulate": ("policy", "simulate", "042", "042-strict"), "tree": ("tree", "--depth", "1"),
}  # fmt: skip


@pytest.fixture(params=FAULTY)
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    data, said = FAULTY[request.param]
    path = tmp_path / "claims.edi"
    path.write_bytes(data)
    return path, said


@pytest.mark.parametrize("words", DATA.values(), ids=DATA)
def test_data_of_a_file_that_is_not_whole_is_told(words: tuple[str, ...], faulty: tuple[Path, str]) -> None:
    path, said = faulty
    done = edi837(*words, path)
    assert done.status == 3 and len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith(f"{path}: {said}")


@pytest.mark.parametrize("command", ["fmt", "deid"])
@pytest.mark.parametrize("fault", FAULTY)
def test_so_is_a_file_that_is_cut_off_where_only_segments_are_looked_at(
    command: str, fault: str, tmp_path: Path
) -> None:
    path, out = tmp_path / "claims.edi", tmp_path / "out.edi"
    path.write_bytes(FAULTY[fault][0])
    done = edi837(command, path, "-o", out)
    assert (done.status, done.err != "") == ((3, True) if fault in WIRE else (0, False))
    assert not done.err or done.err.startswith(f"{path}: {CUT}")
    assert out.stat().st_size > 2000, "what there is is written"


def test_an_iea_without_its_terminator_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "claims.edi"
    path.write_bytes(DEMO.rstrip()[:-1])
    for words in (("fmt",), ("deid",), *DATA.values()):
        done = edi837(*words, path)
        assert done.status == 0 and not done.err, words


def test_a_whole_file_is_told_nothing_of() -> None:
    for words in (("fmt",), ("deid",), *DATA.values()):
        for name in ("demo.edi", "837P/fail/missing-segment.edi"):  # what a claim got wrong is no gap
            done = edi837(*words, FIXTURES / name)
            assert done.status == 0 and not done.err, words


BACK = DEMO.replace(b"HI*ABK:", b"HI*ABX:", 1)  # one claim of nine
REFUSED = "the 999 refuses set 0001 with 9 claims, whatever the status of a claim says (edi837 check tells why)"


@pytest.mark.parametrize("words", [("lines", "--format", "jsonl"), ("claims", "--format", "jsonl")], ids=" ".join)
def test_a_set_that_goes_back_for_one_claim_is_data_with_a_note(words: tuple[str, ...], tmp_path: Path) -> None:
    """Nothing is missing; but what a policy accepts in it is not accepted."""
    path = tmp_path / "claims.edi"
    path.write_bytes(BACK)
    done = edi837(*words, path, FIXTURES / "demo.edi", "--policy", "042")
    assert {"accepted", "rejected", "not judged"} == {json.loads(row)["status"] for row in done.out.splitlines()}
    assert (done.status, done.err) == (0, f"note: {path}: {REFUSED}\n")
    done = edi837(*words, path)
    assert (done.status, done.err) == (0, ""), "nothing is called accepted"


def test_so_is_a_parquet_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    path, out = tmp_path / "claims.edi", tmp_path / "out.parquet"
    path.write_bytes(BACK)
    done = edi837("claims", path, "--policy", "042", "--format", "parquet", "-o", out)
    assert (done.status, done.err, out.exists()) == (0, f"note: {path}: {REFUSED}\n", True)


def test_sets_that_go_back_are_counted() -> None:
    """A good set between two of them, and one refused for its frame, are none."""
    def told(*sets: bytes) -> str:
        gaps = Gaps()
        for event in process.tell(io.BytesIO(b"".join(sets))):
            gaps.take(event)
        return gaps.back()

    again = BACK.replace(b"000000042", b"000000043")
    assert told(BACK, DEMO.replace(b"000000042", b"000000044"), again).startswith(
        "the 999 refuses 2 sets, 0001 first, with 18 claims, "
    )
    assert told(DEMO) == told(DEMO.replace(b"SE*241*", b"SE*240*")) == told(DEMO[:2500]) == ""
    assert told(BACK, DEMO.replace(b"SE*241*", b"SE*240*").replace(b"000000042", b"000000043")) == REFUSED
    long = BACK.replace(b"ST*837*0001", b"ST*837*MARIAN HOLLISTER")
    assert "refuses set ••• with 9 claims, " in told(long), "what is too long for ST02 may be a name"


def test_each_file_is_told_once_and_the_others_are_written(tmp_path: Path) -> None:
    path = tmp_path / "twice.edi"
    path.write_bytes(DEMO.replace(b"SE*241*", b"SE*240*").replace(b"GE*1*", b"GE*7*"))
    done = edi837("claims", path, FIXTURES / "demo.edi", path, "--format", "csv")
    assert done.status == 3 and len(done.out.splitlines()) == 1 + 3 * 9
    assert [line.split(": ")[0] for line in done.err.splitlines()] == [str(path)] * 2
    assert "; and 1 fault more (" in done.err


@pytest.mark.parametrize("name", ["lines", "claims"])
def test_a_parquet_file_of_what_is_not_whole_is_not_written(name: str, faulty: tuple[Path, str]) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    path, said = faulty
    out = path.parent / "out.parquet"
    done = edi837(name, FIXTURES / "demo.edi", path, "--format", "parquet", "-o", out)
    assert done.status == 3 and not out.exists()
    assert done.err.startswith(f"{path}: {said}") and f"{out} is not written" in done.err


def test_fhir_of_what_is_not_whole_is_told(faulty: tuple[Path, str]) -> None:
    pytest.importorskip("fhir.resources", reason="the extra fhir is not installed")
    path, said = faulty
    done = edi837("export", path, "--to", "fhir", "-o", path.parent / "out.ndjson")
    assert done.status == 3 and f"{path}: {said}" in done.err


def test_from_python_claims_end_and_check_tells() -> None:
    """As docs/python.md has it."""
    assert len(list(package.claims(DEMO[:2500]))) == 3
    assert "X12-TA1-023" in [finding.rule for finding in package.check(DEMO[:2500])]


def test_bad_claims_by_the_thousand_are_counted_and_not_kept() -> None:
    gaps = Gaps()
    for finding in package.check(DEMO.replace(b"SE*241*", b"SE*240*")):
        for _ in range(1000):
            gaps.take(finding)
    assert "; and 999 faults more" in str(gaps)


# ---------------------------------------------------------------- policies and companions for nobody

NOTE = "note: no claim is for a payer of policy mt-hit (ILLMT): the claims are for EXHP042\n"


@pytest.mark.parametrize(
    "words",
    [
        ("check",), ("check", "-j", "2"), ("check", "--format", "json"), ("lines",), ("claims", "--format", "csv"),
        ("ack", "--stdout", "277ca"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_policy_for_nobody_is_told_once_a_run(words: tuple[str, ...]) -> None:
    demo = FIXTURES / "demo.edi"
    done = edi837(*words, demo, demo, "--policy", "mt-hit")
    assert done.err.count("note: ") == 1 and NOTE in done.err
    done = edi837(*words, demo, "--policy", "042")
    assert "note: " not in done.err


def test_a_page_on_claims_tells_it_too(tmp_path: Path) -> None:
    words = ("report", "claims", FIXTURES / "demo.edi", "--html", tmp_path / "page.html")
    assert NOTE in edi837(*words, "--policy", "mt-hit").err
    assert "note: " not in edi837(*words).err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_claim_is_enough(jobs: str, tmp_path: Path) -> None:
    path = tmp_path / "claims.edi"
    head, rest = DEMO.rsplit(b"*PI*EXHP042", 1)
    path.write_bytes(head + b"*PI*ILLMT" + rest)
    done = edi837("check", FIXTURES / "demo.edi", path, "--policy", "mt-hit", "--policy", "nd-hit", "-j", jobs)
    assert done.err.count("note: ") == 1
    assert "note: no claim is for a payer of policy nd-hit (ILLND): the claims are for EXHP042, ILLMT\n" in done.err


def test_a_file_without_claims_blames_no_policy() -> None:
    assert edi837("check", FIXTURES / "envelope" / "not-x12.edi", "--policy", "mt-hit").err.count("note") == 0


def test_a_policy_for_other_claims_of_the_payer_says_which() -> None:
    claim = next(iter(package.claims(DEMO)))
    policy = rules.load("mt-hit")
    unmet = Unmet([policy])
    claim.payer.id = "ILLMT"
    claim.kind = "X"
    unmet.claim(claim)
    notes = list(unmet.notes())
    covered = policy.covers(claim)
    assert covered or notes[0].startswith("no claim is one that policy mt-hit is for (payers ILLMT")
    assert covered == (notes == [])


def test_two_policies_of_one_name_are_two(tmp_path: Path) -> None:
    """As an old and a new one that are compared; one that is named twice is one."""
    shipped = rules.load("mt-hit").file.path
    for name in (shipped.name, f"{shipped.stem}.txt", f"{shipped.stem}.cases.toml", "home-infusion.csv"):
        shutil.copy(shipped.with_name(name), tmp_path / name)
    mine = tmp_path / shipped.name
    mine.write_text(mine.read_text("utf-8").replace('"ILLMT"', '"OTHER"'), "utf-8")
    demo = FIXTURES / "demo.edi"
    done = edi837("policy", "simulate", "mt-hit", mine, demo)
    other = NOTE.replace("ILLMT", "OTHER")
    assert [line + "\n" for line in done.err.splitlines()] == [NOTE, other]
    assert edi837("policy", "simulate", mine, mine, demo).err == other


def test_a_payer_with_a_route_is_none_of_the_others() -> None:
    policy = rules.load("mt-hit")
    for routes, told in (({}, 0), ({"ILLMT": ()}, 1)):
        unmet = Unmet([policy], routes)
        for claim in package.claims(DEMO.replace(b"EXHP042", b"ILLMT")):
            unmet.claim(claim)
        assert len(list(unmet.notes())) == told


def test_many_payers_are_not_all_named() -> None:
    unmet = Unmet([rules.load("mt-hit")])
    for number, claim in enumerate(package.claims(DEMO)):
        claim.payer.id = f"P{number}"
        unmet.claim(claim)
    (note,) = unmet.notes()
    assert note.endswith(": the claims are for P0, P1, P2, ...")


@pytest.mark.parametrize(("receiver", "notes"), [("EXAMPLEHP", 0), ("NOBODY", 1), ("", 0)])
def test_a_companion_for_no_group_is_told(receiver: str, notes: int, tmp_path: Path) -> None:
    path = tmp_path / "own.xml"
    whom = f' receiver="{receiver}"' if receiver else ""
    path.write_text(
        f'<companion guide="005010X222A1"{whom}>'
        '<change loop="2310B" fact="usage" value="S" reason="the rendering provider"/></companion>'
    )
    assert len(Guides.read(path).companions) == 1
    demo = FIXTURES / "demo.edi"
    done = edi837("check", demo, demo, "--guide-overlay", path)
    assert done.err.count("note: ") == notes
    if notes:
        assert "note: no group is one that own.xml is for (005010X222A1 from anybody to NOBODY)\n" in done.err


# ---------------------------------------------------------------- rows


def test_a_claim_that_no_policy_is_for_is_not_judged() -> None:
    head, rest = DEMO.rsplit(b"*PI*EXHP042", 1)
    data = head + b"*PI*ILLMT" + rest
    words = {"042": ("042",), "mt-hit": ("mt-hit",), "both": ("mt-hit", "042")}
    told = {}
    for name, policies in words.items():
        done = edi837("claims", "-", *(w for p in policies for w in ("--policy", p)), "--format", "jsonl", stdin=data)
        told[name] = [json.loads(line)["status"] for line in done.out.splitlines()]
    assert told["042"] == told["both"] and "not judged" not in told["042"]
    assert told["mt-hit"][:8] == ["not judged"] * 8 and told["mt-hit"][8] != "not judged"
    with open(FIXTURES / "demo.edi", "rb") as stream:
        assert {row["status"] for row in rows.rows(stream, [rules.load("mt-hit")])} == {"not judged"}


@pytest.mark.parametrize(
    ("old", "new", "fate"), [("mt-hit", "042", "begun"), ("042", "mt-hit", "left"), ("mt-hit", "nd-hit", "aside")]
)
def test_claims_of_one_policy_alone_are_a_line_of_their_own(old: str, new: str, fate: str) -> None:
    done = edi837("policy", "simulate", old, new, FIXTURES / "demo.edi", "--format", "json")
    told = json.loads(done.out)
    assert {name: each["claims"] for name, each in told["fates"].items() if each["claims"]} == {fate: 9}
    assert len(told["changed"]) == (0 if fate == "aside" else 6)
    assert {each["fate"] for each in told["changed"]} <= {fate}
    text = edi837("policy", "simulate", old, new, FIXTURES / "demo.edi").out
    assert "accepted by" not in text and "rejected by" not in text
