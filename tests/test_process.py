"""The stream of events: frames that open and close, the gate before the policies, and nothing kept."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generate import write_837i, write_837p
from edi837 import process
from edi837.chart import Loop
from edi837.claim import Claim
from edi837.findings import Finding, NotX12, Place
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from tests.mutate import mutations
from tests.snippets import CLAIM_I, CLAIM_P, FRONT, HEAD, PROVIDER, SUBSCRIBER, I, interchange

FIXTURES = Path(__file__).parent.parent / "fixtures"
ALL = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
ENVELOPE = sorted((FIXTURES / "envelope").glob("*.edi"))
ONE = interchange(HEAD + CLAIM_P)
ANOTHER = ONE.replace(b"000000001", b"000000002")

Frame = Interchange | FunctionalGroup | TransactionSet


def tell(data: bytes) -> list[Event]:
    return list(process.tell(io.BytesIO(data)))


def told(data: bytes) -> str:
    """The findings outside the verdicts, in file order; a `-` before what refuses nothing."""
    words = []
    for event in tell(data):
        if isinstance(event, Finding):
            code = event.syntax or event.rule
            words.append(code if event.rejects else f"-{code}")
    return " ".join(words)


def frames(data: bytes) -> list[Frame]:
    return [event.of for event in tell(data) if isinstance(event, End)]


# ------------------------------------------------------------------ what each envelope fixture deserves

# "" where the file is to be accepted without remark; a `-` before what is only noted.
DESERVED: dict[str, str] = {
    "acknowledgement-999": "",
    "apostrophe-terminator": "",
    "backslash-component-separator": "",
    "bad-usage-indicator": "TA1:020",
    "blank-lines-between-segments": "",
    "blanks-before-isa": "",
    "byte-order-mark": "",
    "caret-element-separator": "",
    "carriage-return-after-segments": "",
    "claims-in-remittance-group": "AK9:1",
    "control-character-separators": "",
    "count-not-a-number": "AK9:5",
    "crlf-after-segments": "",
    "crlf-as-terminator": "",
    "dental-837d": "AK9:2",
    "dental-beside-professional": "AK9:2",
    "duplicate-gs06": "AK9:19",
    "duplicate-isa13": "TA1:025",
    "duplicate-st02": "IK5:23",
    "empty-group": "",
    "gs08-x222a2-st03-x222a1": "",
    "isa-only": "TA1:023",
    "isa13-letters": "TA1:018",
    "line-end-and-eof-mark-after-iea": "",
    "line-feed-after-segments": "",
    "line-feed-before-isa": "",
    "long-segment": "IK4:5",
    "missing-bht": "IK3:3",
    "missing-ge": "AK9:3",
    "missing-gs": "TA1:024",
    "missing-iea": "TA1:023",
    "missing-se": "IK5:2",
    "missing-se-and-ge": "IK5:2 AK9:3",
    "missing-st": "TA1:022",
    "newline-as-terminator": "",
    "no-line-ends": "",
    "no-terminator-at-end": "-TA1:023",
    "not-utf-8-name": "",
    "nul-byte-in-name": "IK4:6",
    "pipe-separators": "",
    "production": "",
    "professional-and-institutional": "",
    "remittance-835-in-claims-group": "IK5:18",
    "remittance-835-in-its-own-group": "AK9:1",
    "repetition-separator-missing": "-TA1:016",
    "second-iea": "-X12-STRAY",
    "segment-after-iea": "-X12-STRAY",
    "segment-between-gs-and-st": "TA1:022",
    "segment-between-se-and-ge": "TA1:022",
    "set-without-claims": "IK3:3",
    "short-isa": "TA1:006",
    "st03-institutional-in-professional-group": "IK5:19",
    "st03-missing": "IK5:19",
    "ta1-alone": "",
    "ta1-before-claims": "",
    "ta1-requested": "",
    "ta1-requested-bad-date": "-TA1:014",
    "text-after-iea": "-X12-STRAY",
    "text-before-isa": "-X12-STRAY",
    "three-sets-one-bad": "IK3:3",
    "truncated-after-segment": "TA1:023",
    "truncated-mid-claim": "TA1:023",
    "two-interchanges": "",
    "two-interchanges-first-bad": "TA1:001",
    "two-interchanges-first-truncated": "TA1:023",
    "two-interchanges-text-between": "-X12-STRAY",
    "two-interchanges-two-delimiters": "",
    "unknown-interchange-version": "TA1:003",
    "utf-8-name": "",
    "version-4010": "AK9:2",
    "version-4010-in-00501": "AK9:2",
    "version-x222": "",
    "version-x222a2": "",
    "version-x223": "",
    "version-x223a1": "",
    "version-x223a3": "",
    "wrong-ge01": "AK9:5",
    "wrong-ge02": "AK9:4",
    "wrong-iea01": "TA1:021",
    "wrong-iea02": "TA1:001",
    "wrong-iea02-ta1-requested": "TA1:001",
    "wrong-se01": "IK5:4",
    "wrong-se02": "IK5:3",
}
NOT_X12 = {"a-pdf": 0, "empty": 0, "not-x12": 0, "only-line-ends": 0, "truncated-in-isa": 80, "utf-16": 0}


@pytest.mark.parametrize("path", ENVELOPE, ids=lambda path: path.stem)
def test_envelope_fixtures(path: Path) -> None:
    data = path.read_bytes()
    if path.stem in NOT_X12:
        with pytest.raises(NotX12) as caught:
            tell(data)
        assert caught.value.offset == NOT_X12[path.stem]
    else:
        assert told(data) == DESERVED[path.stem]


def test_no_envelope_fixture_is_forgotten() -> None:
    assert {path.stem for path in ENVELOPE} == {*DESERVED, *NOT_X12}


@pytest.mark.parametrize(
    ("name", "refused"),
    [  # what is refused of interchanges, groups and sets, in the order they end
        ("two-interchanges", "......"),
        ("two-interchanges-first-bad", "..I..."),
        ("duplicate-isa13", "...I"),
        ("duplicate-st02", ".T.."),
        ("duplicate-gs06", "..G."),
        ("dental-beside-professional", "G..."),
        ("three-sets-one-bad", ".T..."),
        ("remittance-835-in-claims-group", "T..."),
        ("wrong-ge01", ".G."),
        ("missing-se", "T.."),
        ("truncated-mid-claim", "T.I"),
        ("ta1-alone", "."),
    ],
)
def test_a_slip_refuses_its_frame_and_no_other(name: str, refused: str) -> None:
    letter = {Interchange: "I", FunctionalGroup: "G", TransactionSet: "T"}
    ended = frames((FIXTURES / "envelope" / f"{name}.edi").read_bytes())
    assert "".join(letter[type(frame)] if frame.refused else "." for frame in ended) == refused


# ------------------------------------------------------------------ frames are nested, whatever comes


def check_nesting(events: Iterable[Event]) -> None:
    """Each frame opens in its own kind of frame, closes once, and holds what belongs in it."""
    above = {FunctionalGroup: Interchange, TransactionSet: FunctionalGroup, Verdict: TransactionSet}
    open_frames: list[Frame] = []
    seen = 0
    for event in events:
        seen += 1
        if isinstance(event, End):
            assert open_frames.pop() is event.of
        elif isinstance(event, Interchange):
            assert not open_frames
            open_frames.append(event)
        elif isinstance(event, FunctionalGroup | TransactionSet | Verdict):
            assert type(open_frames[-1]) is above[type(event)]
            if not isinstance(event, Verdict):
                open_frames.append(event)
        else:
            assert isinstance(event, Finding)
            assert not event.rejects or open_frames or event.level == "interchange"
    assert not open_frames, "every frame that opened has closed"
    assert seen


def check(data: bytes) -> None:
    """Any bytes at all: events that nest, or NotX12 and no interchange."""
    events: list[Event] = []
    try:
        for event in process.tell(io.BytesIO(data)):
            events.append(event)
    except NotX12 as error:
        assert all(isinstance(event, Finding) for event in events)
        assert 0 <= error.offset <= len(data)
        return
    check_nesting(events)
    for frame in (event.of for event in events if isinstance(event, End)):
        if isinstance(frame, TransactionSet):
            assert frame.segments >= 1
        elif isinstance(frame, FunctionalGroup):
            assert 0 <= frame.accepted <= frame.sets


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixtures_nest(path: Path) -> None:
    check(path.read_bytes())


def test_faults_put_in_by_hand_nest() -> None:
    for kind in ("837P", "837I"):
        for _, data in mutations((FIXTURES / kind / "pass" / "coordination-of-benefits.edi").read_bytes()):
            check(data)


SMALL = [path.read_bytes() for path in ALL if path.stat().st_size < 3_000]
PIECES = [
    b"*",
    b":",
    b"~",
    b"^",
    b"\n",
    b"\xff",
    b"\x00",
    b"ISA",
    b"ISA*",
    b"~IEA*",
    b"~GS*",
    b"~ST*",
    b"~SE*",
    b"~GE*",
]
PIECES += [b"~SE~", b"~ST~", b"~GS~", b"~IEA~", b"~HL*", b"~HL~", b"~CLM*X*1~", b"~CLM~", b"~LX~", b"~REF~", b"~PRV~"]


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 60), st.sampled_from(PIECES)), max_size=5),
)
def test_damaged_fixtures_nest(data: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    for at, length, put in cuts:
        data = data[:at] + put + data[at + length :]
    check(data)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200), st.sampled_from([b"", ONE[:106], ONE[:300], ONE[:-40]]))
def test_any_bytes_nest(tail: bytes, head: bytes) -> None:
    check(head + tail)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.permutations(ONE.decode().split("~\n")[1:-1]))
def test_segments_in_any_order_nest(shuffled: list[str]) -> None:
    check("~\n".join([ONE.decode().split("~\n")[0], *shuffled, ""]).encode())


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(7, size) if size and size > 0 else 7)


@pytest.mark.parametrize(
    "name", ["837P/pass/many-segments", "837P/fail/policy-bundles", "envelope/two-interchanges-text-between"]
)
def test_how_the_bytes_arrive_changes_nothing(name: str) -> None:
    data = (FIXTURES / f"{name}.edi").read_bytes()
    assert list(process.tell(Trickle(data))) == tell(data)


def test_loops_come_beside_the_same_events() -> None:
    data = (FIXTURES / "837P" / "pass" / "dependants.edi").read_bytes()
    both = list(process.tell_loops(io.BytesIO(data)))
    assert [event for event in both if not isinstance(event, Loop)] == tell(data)
    at = {id(event): number for number, event in enumerate(both)}
    closed = [event for event in both if isinstance(event, Loop) and event.use.id == "2300"]
    verdicts = [event for event in both if isinstance(event, Verdict)]
    for loop, verdict in zip(closed, verdicts, strict=True):
        assert loop.first("CLM")[1] == verdict.claim.id
        assert at[id(loop)] < at[id(verdict)], "the loop before what is said of it"


# ------------------------------------------------------------------ frames know their counts


def test_what_a_set_knows_when_it_ends() -> None:
    other = HEAD.replace("BATCH1", "BATCH2") + CLAIM_P + CLAIM_P.replace("C1", "C2")
    first, second, group, whole = frames(interchange(HEAD + CLAIM_P, other))
    assert isinstance(first, TransactionSet)
    assert isinstance(second, TransactionSet)
    assert isinstance(group, FunctionalGroup)
    assert isinstance(whole, Interchange)
    assert (first.number, second.number) == ("0001", "0002")
    assert (first.guide, first.kind, first.reference, first.created) == ("005010X222A1", "P", "BATCH1", "20250303")
    assert first.submitter == ["NM1", "41", "2", "EXAMPLE INFUSION BILLING", "", "", "", "", "46", "SUBMIT042"]
    assert first.receiver[:2] == ["NM1", "40"] and len(first.receiver) == 10
    assert (first.claims, second.claims) == (1, 2)
    assert (first.segments, second.segments) == (24, 29)
    assert second.reference == "BATCH2"
    assert (group.sets, group.accepted, group.declared, group.number, group.version) == (2, 2, "2", "1", "005010X222A1")
    assert (whole.groups, whole.number, whole.wants_ta1) == (1, "000000001", False)
    assert not any(frame.refused for frame in (first, second, group, whole))


def test_an_institutional_set_is_judged_by_its_own_guide() -> None:
    first, *_ = frames(interchange(HEAD + CLAIM_I, guide=I))
    assert isinstance(first, TransactionSet)
    assert (first.guide, first.kind, first.claims) == ("005010X223A2", "I", 1)


def test_a_refused_set_is_counted_and_not_accepted() -> None:
    first, second, group, _ = frames(interchange(HEAD + CLAIM_P.replace("HI*ABK:A419\n", ""), HEAD + CLAIM_P))
    assert (first.refused, second.refused) == (True, False)
    assert isinstance(group, FunctionalGroup)
    assert (group.sets, group.accepted) == (2, 1)


def test_a_set_of_another_guide_is_counted_and_not_read() -> None:
    data = interchange(HEAD + CLAIM_P).replace(b"ST*837*0001*005010X222A1", b"ST*837*0001*005010X223A2")
    first, *_ = frames(data)
    assert isinstance(first, TransactionSet)
    assert (first.guide, first.kind, first.claims, first.segments) == ("", "", 0, 24)
    assert told(data) == "IK5:19"


def test_a_set_of_a_refused_group_is_counted_and_not_told() -> None:
    data = interchange(HEAD + CLAIM_P, HEAD + CLAIM_P).replace(b"*X*005010X222A1", b"*X*005010X299")
    group, whole = frames(data)
    assert isinstance(group, FunctionalGroup)
    assert (group.sets, group.accepted, group.refused, whole.refused) == (2, 0, True, False)


def test_the_same_number_from_another_sender_is_no_duplicate() -> None:
    other = ONE.replace(b"SUBMIT042      *ZZ", b"ANOTHER        *ZZ")
    assert other != ONE
    assert told(ONE + other) == ""
    assert told(ONE + ONE) == "TA1:025"
    assert told(ONE + other + ONE) == "TA1:025"


def test_a_segment_that_is_too_long_cuts_the_interchange_off_and_the_next_is_read() -> None:
    long = ONE.replace(b"HI*", b"NTE*ADD*" + b"x" * 1_200_000 + b"~HI*")
    events = tell(long + ANOTHER)
    findings = [event for event in events if isinstance(event, Finding)]
    assert [f.syntax or f.rule for f in findings] == ["TA1:023", "X12-STRAY"]
    assert "longer than 1 MiB" in findings[0].message
    assert [event.of.refused for event in events if isinstance(event, End) and isinstance(event.of, Interchange)] == [
        True,
        False,
    ]


@pytest.mark.parametrize("cut", range(106, len(ONE)))
def test_a_file_cut_off_anywhere_is_one_finding(cut: int) -> None:
    """The cut; and where only the last terminator is missing, that is noted and nothing refused."""
    whole = len(ONE) - len(b"~\n")
    assert told(ONE[:cut]) == ("TA1:023" if cut < whole else "-TA1:023" if cut == whole else "")


@pytest.mark.parametrize("between", [b"", b"\n"])
def test_what_stands_in_the_place_of_the_last_terminator_is_named(between: bytes) -> None:
    bare = ONE[: -len(b"~\n")]
    for data, what in ((bare + between, "the file ends"), (bare + between + ANOTHER, "another ISA begins")):
        findings = [event for event in tell(data) if isinstance(event, Finding)]
        assert [f.message for f in findings] == [f"{what} before IEA's terminator"]


@pytest.mark.parametrize("cut", range(106, len(ONE) - 2, 7))
def test_an_interchange_cut_off_anywhere_leaves_the_next_alone(cut: int) -> None:
    events = tell(ONE[:cut] + ANOTHER)
    said = [event.syntax for event in events if isinstance(event, Finding)]
    assert said == ["TA1:023"]
    ends = [event.of.refused for event in events if isinstance(event, End) and isinstance(event.of, Interchange)]
    assert ends == [cut < len(ONE) - len(b"~\n"), False]


def test_text_between_interchanges_is_counted_once() -> None:
    data = b"words " + ONE + b"\nmore words\n" + ONE.replace(b"000000001", b"000000002") + b"\r\n\x1a"
    findings = [event for event in tell(data) if isinstance(event, Finding)]
    assert [f.rule for f in findings] == ["X12-STRAY", "X12-STRAY"]
    assert findings[0].message.startswith("5 bytes from byte 0 on")
    assert findings[1].message.startswith(f"10 bytes from byte {len(ONE) + 7} on")
    assert all(f.action == "warn" for f in findings)


# ------------------------------------------------------------------ the gate


class Spy:
    """A policy that remembers what it was shown, and finds what it is told to."""

    def __init__(self, finds: Callable[[Claim], list[Finding]] | None = None) -> None:
        self.shown: list[list[str]] = []
        self._finds = finds or (lambda claim: [])

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        self.shown.append([claim.id for claim in claims])
        return [self._finds(claim) for claim in claims]


def shown(data: bytes) -> list[list[str]]:
    spy = Spy()
    list(process.tell(io.BytesIO(data), [spy]))
    return spy.shown


def claim(number: int, text: str = CLAIM_P) -> str:
    return text.replace("C1", f"C{number}")


def test_claims_of_one_patient_are_judged_together() -> None:
    dependant = "HL*{n}*{p}*23*0\nPAT*19\nNM1*QC*1*ASPEN*FERN\nN3*1 ROAD\nN4*TOWN*MI*49000\nDMG*D8*20150102*F\n"
    family = SUBSCRIBER.replace("HL*2*1*22*0", "HL*3*1*22*1").replace("SBR*P*18", "SBR*P*")
    data = interchange(
        FRONT + PROVIDER + SUBSCRIBER + claim(1) + claim(2)
        + family + claim(3) + dependant.format(n=4, p=3) + claim(4) + claim(5) + dependant.format(n=5, p=3) + claim(6)
        + PROVIDER.replace("HL*1*", "HL*6*") + SUBSCRIBER.replace("HL*2*1*", "HL*7*6*") + claim(7)
    )  # fmt: skip
    assert shown(data) == [["C1", "C2"], ["C3"], ["C4", "C5"], ["C6"], ["C7"]]


@pytest.mark.parametrize(
    "slip",
    [
        ("HI*ABK:A419\n", ""),
        ("HC:S9500*100", "ZZ:S9500*100"),
        ("*D8*20250106", "*D8*20251306"),
        ("LX*1\n", "LX*1\nZZZ*1\n"),
        ("SV1*HC:S9500*100*UN*1***1\n", ""),
        ("CLM*C2*100*", "CLM*C2**"),
        ("DTP*472", "NM1*ZQ*1\nDTP*472"),
    ],
)
def test_a_claim_that_is_not_well_formed_is_not_judged(slip: tuple[str, str]) -> None:
    bad = claim(2)
    assert slip[0] in bad
    data = interchange(HEAD + claim(1) + bad.replace(*slip) + claim(3))
    assert shown(data) == [["C1", "C3"]]
    events = tell(data)
    assert [event.claim.id for event in events if isinstance(event, Verdict)] == ["C1", "C2", "C3"]
    assert told(data)


def test_no_claim_of_a_level_that_is_not_well_formed_is_judged() -> None:
    bad = SUBSCRIBER.replace("DMG*D8*19600606*F", "DMG*D8*19601306*F").replace("HL*2*", "HL*3*")
    data = interchange(HEAD + claim(1) + bad + claim(2) + SUBSCRIBER.replace("HL*2*", "HL*4*") + claim(3))
    assert shown(data) == [["C1"], ["C3"]]


def test_a_provider_that_is_not_well_formed_keeps_its_claims_from_the_policies_and_no_others() -> None:
    bad = PROVIDER.replace("NM1*85*2", "NM1*85*9")
    good = PROVIDER.replace("HL*1*", "HL*3*") + SUBSCRIBER.replace("HL*2*1*", "HL*4*3*")
    assert shown(interchange(FRONT + bad + SUBSCRIBER + claim(1) + good + claim(2))) == [["C2"]]


def test_what_a_policy_finds_stands_in_the_verdict_with_its_frames() -> None:
    def finds(claim: Claim) -> list[Finding]:
        return [Finding("T-1", "reject", "claim", "told", Place(claim=claim.id), status=("A7:453",))] * (
            claim.id == "C2"
        )

    events = list(process.tell(io.BytesIO(interchange(HEAD + claim(1) + claim(2))), [Spy(finds), Spy(finds)]))
    first, second = [event for event in events if isinstance(event, Verdict)]
    assert (first.findings, first.rejected) == ((), False)
    assert second.rejected
    assert [f.rule for f in second.findings] == ["T-1", "T-1"]
    assert second.findings[0].place == Place("000000001", "1", "0001", "C2")
    whole = next(event.of for event in events if isinstance(event, End))
    assert not whole.refused, "a policy sends back claims, not sets"


def test_two_claims_that_are_alike_have_each_its_own_verdict() -> None:
    def finds(claim: Claim) -> list[Finding]:
        return [Finding("T-1", "reject", "claim", "told", Place(claim=claim.id, segment=claim.segment))]

    events = process.tell(io.BytesIO(interchange(HEAD + claim(1) + claim(1))), [Spy(finds)])
    verdicts = [event for event in events if isinstance(event, Verdict)]
    mine = [[f.place.segment for f in v.findings if f.rule == "T-1"] for v in verdicts]
    assert mine == [[v.claim.segment] for v in verdicts]
    assert verdicts[0].claim.segment != verdicts[1].claim.segment


def test_more_claims_than_a_level_may_have_are_not_held() -> None:
    groups = shown(interchange(HEAD + "".join(claim(n) for n in range(230))))
    assert max(map(len, groups)) <= 100
    events = tell(interchange(HEAD + "".join(claim(n) for n in range(230))))
    assert [event.claim.id for event in events if isinstance(event, Verdict)] == [f"C{n}" for n in range(230)]


# ------------------------------------------------------------------ every claim is answered


@pytest.mark.parametrize(
    "path", sorted(FIXTURES.glob("837?/*/*.edi")), ids=lambda path: f"{path.parent.parent.name}-{path.stem}"
)
def test_every_clm_has_its_verdict(path: Path) -> None:
    data = path.read_bytes()
    element, end = data[3:4], data[105:106]
    segments = (segment.strip().split(element) for segment in data.split(end))
    sent = [segment[1].decode() for segment in segments if segment[0] == b"CLM"]
    events = tell(data)
    verdicts = [event.claim.id for event in events if isinstance(event, Verdict)]
    assert verdicts == sent or path.stem == "missing-claim-segment"
    assert sum(frame.claims for frame in frames(data) if isinstance(frame, TransactionSet)) == len(verdicts)


def test_a_claim_whose_clm_is_missing_does_not_take_the_next_with_it() -> None:
    data = interchange(HEAD + claim(1) + claim(2).replace("CLM*C2*100***12:B:1*Y*A*Y*Y\n", "") + claim(3))
    assert [event.claim.id for event in tell(data) if isinstance(event, Verdict)] in (["C1", "", "C3"], ["C1", "C3"])
    assert told(data)


# ------------------------------------------------------------------ nothing is kept

MEASURE = """
import resource, sys
from edi837 import process, rules
with open(sys.argv[1], "rb") as stream:
    for event in process.tell(stream, [rules.load("042")]):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("write", [write_837p, write_837i], ids=["837P", "837I"])
def test_memory_does_not_grow_with_the_file(write: Callable[..., None], tmp_path: Path) -> None:
    peaks = []  # KiB
    for claims in (2_000, 8_000):
        with (tmp_path / "claims.edi").open("wb") as file:
            write(file, claims, bad=0.1)
        command = [sys.executable, "-c", MEASURE, str(tmp_path / "claims.edi")]
        run = subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(FIXTURES.parent)}
        )
        peaks.append(int(run.stdout))
    assert peaks[1] < peaks[0] + 3_000, f"{peaks[0]} KiB for 2,000 claims, {peaks[1]} for 8,000"


def test_text_outside_every_set_is_not_repeated_as_a_tag() -> None:
    """A line that stands where no segment may is perhaps a patient's name; only a segment id is shown."""
    wire = (FIXTURES / "envelope" / "segment-between-gs-and-st.edi").read_bytes()
    for text, shown in ((b"REF", "REF"), (b"JOHN DOE 1961\x1b[31m", ""), (b"JOHNDOE", "")):
        told = process.tell(io.BytesIO(wire.replace(b"REF*", text + b"*", 1)))
        found = [event for event in told if isinstance(event, Finding)]
        assert [(f.syntax, f.place.tag) for f in found] == [("TA1:022", shown)]
