"""``edi837 split`` and ``join``: every claim once, the same verdict, valid by our own check."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from edi837 import gather, portion, process, rules, x12
from edi837.deck import Torn
from edi837.findings import Finding, NotX12
from edi837.frames import Verdict
from edi837.terms import Terms
from edi837.x12 import Segment
from tests import snippets
from tests.snippets import CLAIM_I, CLAIM_P, FRONT, HEAD, PROVIDER, I, interchange
from tests.test_cli import edi837

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
POLICY = rules.load("042")
DEMO = FIXTURES / "demo.edi"
WAYS = ("set", "payer", "claims 1", "claims 2")


def parts(data: bytes, way: str) -> dict[tuple[int, str], bytes]:
    stream = io.BytesIO(data)
    texts = {"set": portion.by_set, "payer": portion.by_payer}.get(way, lambda s: portion.by_claims(s, int(way[-1])))
    found: dict[tuple[int, str], bytes] = {}
    for number, label, text in texts(stream):
        found[number, label] = found.get((number, label), b"") + text.encode("latin-1")
    return found


def joined(*files: bytes) -> bytes:
    return "".join(gather.gathered(map(io.BytesIO, files))).encode("latin-1")


def claims(data: bytes) -> Counter[str]:
    """Each claim word for word, from CLM to the next claim, level or end of set."""
    found: Counter[str] = Counter()
    held: list[str] = []
    for seg in segments(data):
        if seg[0] in ("CLM", "HL", "SE") and held:
            found["~".join(held)] += 1
            held = []
        if held or seg[0] == "CLM":
            held.append("*".join(seg))
    return found


def segments(data: bytes) -> list[Segment]:
    return [
        seg for item in x12.read(io.BytesIO(data)) if isinstance(item, x12.RawInterchange)
        for seg in (x12.split(piece, item.delimiters) for piece in item.pieces) if seg != [""]
    ]  # fmt: skip


def verdicts(data: bytes, policies: Sequence[rules.Policy] = ()) -> Counter[tuple[str, ...]]:
    """What is said of each claim: codes and places within the claim."""
    found: Counter[tuple[str, ...]] = Counter()
    for event in Terms(policies).read(io.BytesIO(data)).tell():
        if isinstance(event, Verdict):
            said = sorted(f"{f.rule} {f.action} {f.place.line} {f.place.refdes}" for f in event.findings)
            found[event.claim.id, *said] += 1
        elif isinstance(event, Finding) and event.place.claim:
            found[event.place.claim, event.rule, event.place.refdes, event.place.line] += 1
    return found


def others(data: bytes) -> set[str]:
    """Rules found outside claims."""
    return {e.rule for e in process.tell(io.BytesIO(data)) if isinstance(e, Finding) and not e.place.claim}




@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_claim_of_every_fixture_is_in_one_part_with_its_verdict(path: Path, way: str) -> None:
    data = path.read_bytes()
    try:
        found = parts(data, way)
    except (Torn, NotX12):
        if path.parts[-2] == "pass":
            raise
        return
    assert sum((claims(part) for part in found.values()), Counter()) == claims(data)
    got: Counter[tuple[str, ...]] = Counter()
    for part in found.values():
        assert others(part) <= others(data)
        got += verdicts(part)
    assert got == verdicts(data)
    numbers = [seg[13] for part in found.values() for seg in segments(part) if seg[0] == "ISA"]
    assert len(set(numbers)) == len(numbers)


def test_fixtures_that_are_taken_apart_are_most() -> None:
    taken = 0
    for path in FILES:
        try:
            taken += len(parts(path.read_bytes(), "payer")) > 0
        except (Torn, NotX12):
            continue
    assert taken > len(FILES) * 0.7, taken


@pytest.mark.parametrize("way", WAYS)
def test_the_policy_says_the_same_of_claims_that_stand_alone(way: str) -> None:
    data = DEMO.read_bytes()
    whole = verdicts(data, [POLICY])
    assert any(rule.startswith("042-A03") for _, *said in whole for rule in said)
    assert sum((verdicts(part, [POLICY]) for part in parts(data, way).values()), Counter()) == whole


@pytest.mark.parametrize("way", WAYS)
def test_parts_put_together_say_the_same(way: str) -> None:
    data = DEMO.read_bytes()
    whole = joined(*parts(data, way).values())
    assert others(whole) == others(data) == set()
    assert claims(whole) == claims(data) and verdicts(whole) == verdicts(data)


def two(code: str, payer: str, patient: str = "SYN000001") -> str:
    subscriber = snippets.SUBSCRIBER.replace("PAYER042", payer).replace("SYN000001", patient)
    return subscriber + CLAIM_P.replace("CLM*C1", f"CLM*{code}A") + CLAIM_P.replace("CLM*C1", f"CLM*{code}B")


def test_levels_are_numbered_anew() -> None:
    second = two("Y", "PAYER2").replace("HL*2*1", "HL*3*1")
    data = interchange(FRONT + PROVIDER + two("X", "PAYER1") + second)
    one, other = parts(data, "payer").items()
    assert (one[0], other[0]) == ((1, "PAYER1"), (2, "PAYER2"))
    assert [seg[1:] for seg in segments(other[1]) if seg[0] == "HL"] == [["1", "", "20", "1"], ["2", "1", "22", "0"]]
    assert [seg[1] for seg in segments(other[1]) if seg[0] == "CLM"] == ["YA", "YB"]
    assert [segments(part)[0][13] for _, part in (one, other)] == ["000000001", "000000002"]
    third = parts(data, "claims 1")
    assert len(third) == 4 and all(not others(part) for part in third.values())


def test_a_level_with_claims_and_dependents_becomes_two() -> None:
    dependent = "HL*3*2*23*0\nPAT*19\nNM1*QC*1*ASPEN*FERN\nN3*12 BIRCH LANE\nN4*SAMPLETON*MI*48000\nDMG*D8*20100606*F\n"
    head = HEAD.replace("HL*2*1*22*0", "HL*2*1*22*1")
    data = interchange(head + CLAIM_P + dependent + CLAIM_P.replace("C1", "C2"))
    assert others(data) == set()
    whole = parts(data, "payer")[1, "PAYER042"]
    assert [seg[1:] for seg in segments(whole) if seg[0] == "HL"] == [
        ["1", "", "20", "1"], ["2", "1", "22", "0"], ["3", "1", "22", "1"], ["4", "3", "23", "0"],
    ]  # fmt: skip
    assert [seg[2] for seg in segments(whole) if seg[0] == "SBR"] == ["18", ""]
    assert others(whole) == set() and claims(whole) == claims(data) and verdicts(whole) == verdicts(data)
    assert len(parts(data, "claims 1")) == 2


def test_sets_and_groups_go_on_in_a_part() -> None:
    whole = interchange(HEAD + CLAIM_P, HEAD + CLAIM_P.replace("C1", "C2"), marks="|>!~")
    whole = joined(whole, interchange(HEAD + CLAIM_I.replace("C1", "C3"), guide=I, marks="|>!~"))
    for way in ("claims 9", "payer"):
        (part,) = parts(whole, way).values()
        assert others(part) == set() and claims(part) == claims(whole)
        assert "".join(seg[0] for seg in segments(part) if seg[0] in ("ISA", "GS", "ST")) == "ISAGSSTSTGSST"
    assert [len(claims(part)) for part in parts(whole, "set").values()] == [1, 1, 1]


@pytest.mark.parametrize("way", ["claims 9", "claims 2", "payer"])
def test_an_interchange_ends_its_parts(way: str) -> None:
    """Of two in a file, with other delimiters, none is put into one part with the other; join takes each."""
    p = interchange(HEAD + CLAIM_P, HEAD + CLAIM_P.replace("C1", "C2"), marks="|>!~")
    i = interchange(HEAD + CLAIM_I.replace("C1", "C3"), guide=I).replace(b"000000001", b"000000002")
    found = parts(p + i, way)
    assert [number for number, _ in found] == [1, 2]
    assert [part.count(b"ISA") for part in found.values()] == [1, 1]
    assert [claims(part) for part in found.values()] == [claims(p), claims(i)]
    assert all(joined(part) and others(part) == set() for part in found.values())
    assert [segments(part)[0][13] for part in found.values()] == ["000000001", "000000002"]


GOOD = interchange(HEAD + CLAIM_P)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"IEA*1*000000001~\n", b"", "cut off"),
        (b"IEA*1", b"IEA*2", "IEA01"),
        (b"GE*1*1", b"GE*1*2", "GE02"),
        (b"SE*", b"SE*1", "SE01"),
        (b"GE*1*1~\n", b"", "GE is missing"),
        (b"HL*2*1", b"HL*2*9", "HL02"),
        (b"HL*2*1", b"HL*3*1", "HL01"),
        (b"22*0", b"22*1", "HL04"),
        (b"22*0", b"24*0", "HL03"),
        (b"ISA*00", b"JUNK ISA*00", "outside every interchange"),
        (b"GS*HC", b"N3*X~\nGS*HC", "outside every transaction set"),
    ],
)
def test_what_is_not_whole_is_refused(old: bytes, new: bytes, why: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(Torn, match=why):
        parts(GOOD.replace(old, new), "payer")


def test_a_set_or_level_without_claims_is_refused() -> None:
    with pytest.raises(Torn, match="a level holds no claim"):
        parts(interchange(HEAD + snippets.SUBSCRIBER.replace("HL*2", "HL*3") + CLAIM_P), "payer")
    with pytest.raises(Torn, match="a transaction set holds no claim"):
        parts(interchange(FRONT), "claims 1")


def test_groups_that_are_put_together_are_numbered_apart() -> None:
    whole = joined(GOOD, GOOD.replace(b"C1", b"C2"), interchange(HEAD + CLAIM_I.replace("C1", "C3"), guide=I))
    assert [seg[6] for seg in segments(whole) if seg[0] == "GS"] == ["1", "2", "3"]
    assert [seg[2] for seg in segments(whole) if seg[0] == "GE"] == ["1", "2", "3"]
    assert segments(whole)[-1] == ["IEA", "3", "000000001"] and others(whole) == set()


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (interchange(HEAD + CLAIM_P, marks="|:^~"), "delimiters"),
        (GOOD.replace(b"SUBMIT042      *", b"SUBMIT043      *"), "ISA06"),
        (GOOD.replace(b"*T*:", b"*P*:"), "ISA15"),
        (GOOD[:-30], "cut off"),
    ],
)
def test_what_does_not_go_together_is_refused(other: bytes, why: str) -> None:
    with pytest.raises(Torn, match=why):
        joined(GOOD, other)


def test_the_commands(tmp_path: Path) -> None:
    done = edi837("split", DEMO, "-o", tmp_path / "parts", "--by", "claims", "--claims", "4")
    names = [f"demo.000{n}.edi" for n in (1, 2, 3)]
    assert done.returncode == 0 and [Path(line).name for line in done.stdout.decode().split()] == names
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == names
    files = [tmp_path / "parts" / name for name in names]
    assert [len(claims(file.read_bytes())) for file in files] == [4, 4, 1]
    assert edi837("join", *files, "-o", tmp_path / "whole.edi").returncode == 0
    assert claims((tmp_path / "whole.edi").read_bytes()) == claims(DEMO.read_bytes())
    assert edi837("split", DEMO, "-o", tmp_path / "parts", "--by", "set").returncode == 2  # would be mixed
    payer = edi837("split", "-", "-o", tmp_path / "payers", "--by", "payer", stdin=GOOD)
    assert payer.stdout.decode().strip().endswith("stdin.0001.PAYER042.edi")


def test_a_refusal_writes_nothing(tmp_path: Path) -> None:
    torn = tmp_path / "torn.edi"
    torn.write_bytes(DEMO.read_bytes().replace(b"\nIEA*1", b"\nIEA*2"))
    done = edi837("split", torn, "-o", tmp_path / "parts", "--by", "set")
    assert done.returncode == 3 and b"IEA01" in done.stderr and not list((tmp_path / "parts").iterdir())
    done = edi837("join", DEMO, torn, "-o", tmp_path / "whole.edi")
    assert done.returncode == 3 and b"torn.edi" in done.stderr and not (tmp_path / "whole.edi").exists()
    assert edi837("join", DEMO, FIXTURES / "envelope" / "not-x12.edi").returncode == 3
    assert edi837("split", DEMO, "-o", tmp_path, "--by", "claims").returncode == 2


def test_a_label_stays_in_its_folder(tmp_path: Path) -> None:
    data = GOOD.replace(b"*PI*PAYER042", b"*PI*../../X/Y")
    (tmp_path / "x.edi").write_bytes(data)
    done = edi837("split", tmp_path / "x.edi", "-o", tmp_path / "p", "--by", "payer")
    assert done.returncode == 0 and [path.name for path in (tmp_path / "p").iterdir()] == ["x.0001._X_Y.edi"]


