"""Answers reach a folder whole or not at all, and the same file gives the same answers."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest

import edi837 as package
from edi837 import answer
from edi837.acks import writer
from edi837.answer import EXTENSION, Outcome, control_number, publish
from edi837.findings import NotX12
from edi837.rules import load
from edi837.sources import spooled
from edi837.terms import Terms
from tests.formats import edi837
from tests.snippets import CLAIM_P, HEAD, interchange, two_sets

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 1, 15, 9, 30)
GOOD = interchange(HEAD + CLAIM_P)
WRONG = GOOD.replace(b"HI*ABK:A419~\n", b"").replace(b"SE*24*", b"SE*23*")  # a set that the 999 refuses
ANSWERS = {"999", "277ca", "report.json", "report.txt"}


def answered(data: bytes, **more: Any) -> Outcome:
    return answer.answer(io.BytesIO(data), Terms([load("042")]), file="a.edi", now=NOW, **more)


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def spools(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The temporary files that are opened from here on."""
    opened: list[Any] = []

    class Remembered(SpooledTemporaryFile[bytes]):
        def __init__(self, **said: Any) -> None:
            super().__init__(**said)
            opened.append(self)

    monkeypatch.setattr(writer, "SpooledTemporaryFile", Remembered)
    return opened


@pytest.mark.parametrize("data", [GOOD, WRONG, WRONG.replace(b"GE*1*1~", b"GE*7*1~"), b"no claims", GOOD[:-99]])
def test_no_temporary_file_stays_open(data: bytes, spools: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "a.edi"
    file.write_bytes(data)
    with contextlib.suppress(NotX12):
        package.acknowledge(file, out=tmp_path / "one", now=NOW)
    edi837("ack", file, "-o", tmp_path / "two")
    for kind in ANSWERS:
        edi837("ack", file, "--stdout", kind)
    edi837("report", "claims", file, "--html", tmp_path / "a.html")
    assert len(spools) > 10 and all(each.closed for each in spools)


# ------------------------------------------------------------------ what becomes of a file


@pytest.mark.parametrize(
    ("name", "kinds", "claims", "rejected", "refused"),
    [
        ("837P/pass/minimum", ANSWERS, 1, 0, False),
        ("837P/fail/policy-bundles", ANSWERS, None, None, False),
        ("837P/fail/missing-element", ANSWERS - {"277ca"}, 2, 0, True),
        ("envelope/ta1-requested", ANSWERS | {"ta1"}, 2, 0, False),
        ("envelope/bad-usage-indicator", {"ta1", "report.json", "report.txt"}, 0, 0, True),
        ("envelope/truncated-mid-claim", {"ta1", "report.json", "report.txt"}, 2, 0, True),
        ("envelope/wrong-ge01", ANSWERS - {"277ca"}, 2, 0, True),
        ("envelope/three-sets-one-bad", ANSWERS, 6, 0, True),
    ],
)
def test_outcome(name: str, kinds: set[str], claims: int | None, rejected: int | None, refused: bool) -> None:
    outcome = answered((FIXTURES / f"{name}.edi").read_bytes())
    assert outcome.files.keys() == kinds
    assert outcome.refused is refused
    if claims is None:
        assert 0 < outcome.rejected < outcome.claims
        assert outcome.rejects >= outcome.rejected
    else:
        assert (outcome.claims, outcome.rejected) == (claims, rejected)
        assert bool(outcome.rejects) == refused
    assert all(content.tell() == 0 for content in outcome.files.values())
    told = {kind: content.read() for kind, content in outcome.files.items()}
    assert all(told.values())
    totals = json.loads(told["report.json"])["interchanges"]
    counted = sum(one["claims"] for whole in totals for group in whole["groups"] for one in group["sets"])
    assert counted == outcome.claims
    assert accounted(totals) == (outcome.fates.accepted, outcome.fates.rejected, outcome.fates.refused)
    assert b"\nTotals\n" in told["report.txt"]


def accounted(totals: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Claims accepted, rejected and inside what is refused, by the totals of a report."""
    sets = [one for whole in totals for group in whole["groups"] for one in group["sets"]]
    refused = sum(one["claims"] for one in sets if one["status"] == "refused")
    return sum(one["accepted"] for one in sets), sum(one["rejected"] for one in sets), refused


@pytest.mark.parametrize(
    ("data", "fates"),
    [
        (two_sets(), (6, 12, 0)),
        (two_sets("SV1*HC:S9500*875*", "SV1*HC:S9500*8x5*"), (3, 6, 9)),  # IK5 R
        (two_sets(trailer=("GE*2", "GE*3")), (0, 0, 18)),  # AK9 R
        (two_sets(trailer=("IEA*1", "IEA*2")), (0, 0, 18)),  # TA1 R
        (two_sets(trailer=("GE*2", "GE*3")) + two_sets().replace(b"000000042", b"000000043"), (6, 12, 18)),
    ],
    ids=["none", "set", "group", "interchange", "interchanges"],
)  # fmt: skip
def test_rejected_are_those_that_the_277ca_rejects(data: bytes, fates: tuple[int, int, int], tmp_path: Path) -> None:
    """What was found on a claim does not make it one of them where a TA1 or 999 refuses what it stands in."""
    accepted, rejected, refused = fates
    outcome = answered(data, control=1)
    totals = json.loads(outcome.files["report.json"].read())["interchanges"]
    assert (outcome.fates.accepted, outcome.fates.rejected, outcome.fates.refused) == accounted(totals) == fates
    file = tmp_path / "two.edi"
    file.write_bytes(data)
    answers = edi837("ack", file, "-o", tmp_path / "a")
    ca = tmp_path / "a" / "two.edi.277ca.edi"
    counts = re.findall(r"QTY\*AA\*(\d+)", ca.read_text()) if ca.exists() else []
    assert sum(map(int, counts)) == outcome.rejected == rejected
    told = f"two.edi: {sum(fates)} claims, {rejected} rejected"
    inside = f", {refused} in what is refused" if refused else ""
    assert f"{told}{inside}{' by TA1 or 999' * bool(refused)}\n" in answers.err
    assert f"{told}{inside}, " in edi837("check", file, "--format", "concise").err
    people = edi837("check", file)
    assert f"accepted {accepted}   rejected {rejected}" in people.err
    assert (f"in what is refused {refused} " in people.err) is bool(refused)
    page = edi837("check", file, "--format", "html").out
    assert f"; {rejected} of {sum(fates)} claims rejected{inside}." in page
    assert answers.status == people.status == 1


def test_the_same_bytes_give_the_same_answers() -> None:
    one, other = answered(GOOD), answered(GOOD)
    assert {k: f.read() for k, f in one.files.items()} == {k: f.read() for k, f in other.files.items()}


def test_the_control_number_comes_from_the_bytes_or_is_given() -> None:
    stream = io.BytesIO(GOOD)
    assert control_number(stream) == control_number(io.BytesIO(GOOD))
    assert stream.tell() == 0
    assert control_number(io.BytesIO(GOOD + b"\n")) != control_number(stream)
    assert all(1 <= control_number(io.BytesIO(bytes([n]))) <= 999_000_000 for n in range(200))
    assert b"*000000042*0*T*:~" in answered(GOOD, control=42).files["999"].read()


def test_a_file_without_an_interchange_has_no_outcome() -> None:
    with pytest.raises(NotX12):
        answered(b"a letter")


def test_patients_are_shown_only_where_it_is_asked_for() -> None:
    data = (FIXTURES / "837P" / "fail" / "policy-bundles.edi").read_bytes()
    assert b"SYN0" not in b"".join(answered(data).files[k].read() for k in ("report.json", "report.txt"))
    assert b"SYN0" in b"".join(answered(data, phi=True).files[k].read() for k in ("report.json", "report.txt"))


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_pipe_is_copied_and_a_file_is_not() -> None:
    file = io.BytesIO(GOOD)
    with spooled(file) as stream:
        assert stream is file
    pipe = Pipe(GOOD)
    with spooled(pipe) as stream:
        assert stream is not pipe
        assert stream.seekable()
        assert stream.read() == GOOD


# ------------------------------------------------------------------ whole or not at all


def test_publish_gives_each_answer_its_name(tmp_path: Path) -> None:
    outcome = answered(GOOD)
    content = {kind: file.read() for kind, file in outcome.files.items()}
    written = publish(outcome, tmp_path / "out" / "deep", "a.edi")
    assert written == {kind: tmp_path / "out" / "deep" / f"a.edi{EXTENSION[kind]}" for kind in ANSWERS}
    assert held(tmp_path / "out" / "deep") == {path.name: content[kind] for kind, path in written.items()}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written.values())


@pytest.mark.parametrize(
    "name", ["a\nb.edi", "\x1b[2J.edi", "-rf", "$(id)", " ", "a.edi.", os.fsdecode(b"\xff\xfe.edi")]
)
def test_odd_names_are_names(name: str, tmp_path: Path) -> None:
    written = publish(answered(GOOD), tmp_path, name)
    assert {path.name for path in tmp_path.iterdir()} == {name + EXTENSION[kind] for kind in ANSWERS}
    assert all(path.exists() for path in written.values())


def fails_at(number: int, function: Any) -> Any:
    """The function, with its call of that number (from 1) finding no room on the disk."""
    calls = 0

    def failing(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*args, **more)

    return failing


@pytest.mark.parametrize("call", ["replace", "fsync", "fdopen"])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_disk_that_is_full_leaves_all_or_none(
    call: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, call, fails_at(number, getattr(os, call)))
    limit = {"replace": 4, "fsync": 5, "fdopen": 4}[call]  # four answers, and the folder itself
    if number > limit:
        publish(answered(GOOD), tmp_path, "a.edi")
        assert len(held(tmp_path)) == 4
    else:
        with pytest.raises(OSError, match="No space left"):
            publish(answered(GOOD), tmp_path, "a.edi")
        assert held(tmp_path) == {}


def test_a_failure_before_the_first_name_leaves_the_old_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(answered(GOOD), tmp_path, "a.edi")
    before = held(tmp_path)
    for call, number in (("fsync", 3), ("fdopen", 4), ("replace", 1)):
        with monkeypatch.context() as patched:
            patched.setattr(os, call, fails_at(number, getattr(os, call)))
            with pytest.raises(OSError, match="No space left"):
                publish(answered(GOOD.replace(b"C1", b"C9")), tmp_path, "a.edi")
        assert held(tmp_path) == before


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(answered(GOOD), tmp_path, "a.edi")
    assert held(tmp_path) == {}


def test_answers_that_there_is_no_need_of_any_more_go(tmp_path: Path) -> None:
    """A 277CA from before, beside a 999 that now refuses the set, would say the claims were taken."""
    publish(answered(GOOD), tmp_path, "a.edi")
    (tmp_path / "b.edi.277ca.edi").write_bytes(b"another's")
    publish(answered(WRONG), tmp_path, "a.edi")
    assert set(held(tmp_path)) == {"a.edi.999.edi", "a.edi.report.json", "a.edi.report.txt", "b.edi.277ca.edi"}


def test_each_answer_is_on_the_disk_before_it_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noting(word: str, function: Any) -> Any:
        def call(*args: Any) -> Any:
            order.append(word)
            return function(*args)

        return call

    monkeypatch.setattr(os, "fsync", noting("sync", os.fsync))
    monkeypatch.setattr(os, "replace", noting("name", os.replace))
    publish(answered(GOOD), tmp_path, "a.edi")
    assert order == ["sync"] * 4 + ["name"] * 4 + ["sync"]


def _told(data: bytes) -> dict[str, Any]:
    """What is said of a file and read from it, but for where its bytes stand and how it is spelt."""
    outcome = answered(data, control=1)
    said: dict[str, Any] = {kind: outcome.files[kind].read() for kind in ("999", "277ca")}
    said["report"] = outcome.files["report.txt"].read()
    said["findings"] = list(package.check(io.BytesIO(data)))
    said["claims"] = [replace(claim, imprint=0) for claim in package.claims(io.BytesIO(data))]
    return said


@pytest.mark.parametrize(
    "path", ["837P/pass/many-segments.edi", "837I/pass/many-segments.edi", "837P/fail/policy-drugs.edi"]
)
def test_separators_behind_a_segment_change_no_answer(path: str) -> None:
    """Each kind of segment but the ISA, which has its width; component separators where a composite ends it."""
    data = (FIXTURES / path).read_bytes()
    good = _told(data)
    tags = {segment.split(b"*")[0].strip() for segment in data.split(b"~")} - {b"ISA", b""}
    assert len(tags) > 20
    for tag in sorted(tags):
        for tail in (b"*", b"**", *([b":", b"::*"] if tag in (b"HI", b"CTP") else [])):
            longer = re.sub(rb"(?<=\n)(%s\*[^~]*)" % tag, rb"\g<1>" + tail, data)
            assert longer != data
            assert _told(longer) == good, (tag, tail)
