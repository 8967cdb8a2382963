"""The page on a gateway's day: its sums are those of the ledger, and nothing on it acts or names a person."""

from __future__ import annotations

import json
import os
import re
import tracemalloc
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from edi837.gateway.ledger import Ledger
from edi837.pages import day, dayform
from edi837.rules import load
from edi837.views.cards import Cards
from tests.formats import FIXTURES, ROOT, edi837, found, holds
from tests.gateways import NOW, Told, drop, numbered, once, world
from tests.pages import STRINGS, harmless, headings, in_order
from tests.snippets import two_sets
from tests.test_formats_safe import MASKED, UNSEEN, planted

TODAY = date(2026, 1, 15)
CARDS = Cards([load("042")])
FILES = ("demo.edi", "837P/fail/missing-segment.edi", "837I/fail/policy-042.edi", "envelope/not-x12.edi",
         "envelope/wrong-iea01.edi", "envelope/two-interchanges.edi")  # fmt: skip


def filled(root: Path) -> None:
    """A root whose day has something of everything."""
    for number, name in enumerate(FILES, 1):
        data = (FIXTURES / name).read_bytes()
        drop(root, Path(name).name, data if number in (1, 6) else data.replace(b"000000001", b"%09d" % (number + 10)))
        clock = Told(number)
        clock.at += timedelta(seconds=number)  # one after the other: jobs are told in the order of their names
        once(root, clock=clock)
    waiting = drop(root, "waiting.edi", (FIXTURES / "envelope/truncated-mid-claim.edi").read_bytes())
    os.utime(waiting, (NOW.timestamp() - 600, NOW.timestamp() - 600))


def gathered(root: Path, of: date = TODAY) -> day.Day:
    own = world(root)
    ledger = Ledger(own.layout.ledger, own.layout.own("key"))
    try:
        return day.gather(own, ledger, of)
    finally:
        ledger.close()


def page(root: Path) -> str:
    return dayform.html(gathered(root), CARDS, "claims")


def rows(root: Path) -> list[dict[str, Any]]:
    ledger = Ledger(str(root / ".edi837/ledger.db"), str(root / ".edi837/key"))
    try:
        return [dict(row) for row in ledger.rows("SELECT * FROM job ORDER BY id")]
    finally:
        ledger.close()


def reports(root: Path) -> list[Path]:
    return sorted(path for folder in ("archive", "error") for path in (root / folder).rglob("report.json"))


@pytest.mark.parametrize("form", ["html", "txt", "json"])
def test_snapshots(form: str, tmp_path: Path, update: bool) -> None:
    filled(tmp_path)
    of = gathered(tmp_path)
    told = {
        "html": lambda: re.sub(r"<style>.*</style>", "<style/>", dayform.html(of, CARDS, "claims"), flags=re.DOTALL),
        "txt": lambda: "\n".join(dayform.text(of, CARDS, "claims")) + "\n",
        "json": lambda: json.dumps(dayform.data(of, "claims"), indent=1) + "\n",
    }[form]()
    jobs = {row["id"]: f"job{n}" for n, row in enumerate(rows(tmp_path), 1)}
    for job, called in jobs.items():
        told = told.replace(job, called)
    holds(ROOT / "tests" / "snapshots" / "report" / f"day.{form}", told, update)


def test_its_sums_are_those_of_the_ledger(tmp_path: Path) -> None:
    filled(tmp_path)
    of, jobs = gathered(tmp_path), rows(tmp_path)
    assert of.files == len(jobs) == len(FILES) and of.without_report == 0
    assert of.claims.claims == sum(job["claims"] for job in jobs) > 20
    assert of.fates["rejected"].claims == sum(job["rejected"] for job in jobs)
    for file in (*of.looked_at, *of.fine):
        (job,) = [job for job in jobs if job["id"] == file.job]
        assert file.claims == job["claims"] and file.money
    assert of.claims.charges == sum(file.charges for file in (*of.looked_at, *of.fine)) > 20_000
    assert {name for name, _ in of.by("payer")} == {"EXHP042", "PAYER042"}
    rejected = Decimal(sum(count.claims for _, count in of.by("payer")))
    assert rejected == of.fates["rejected"].claims == sum(
        count.claims for name, count in of.by("partner")
    ) - of.fates["refused"].claims
    assert of.hours == {9: len(FILES)} and of.folders["quarantine"] == 1


def test_rules_are_counted_by_claims_that_went_back(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", (FIXTURES / "demo.edi").read_bytes())
    once(tmp_path)
    of = gathered(tmp_path)
    lines = map(json.loads, edi837("check", FIXTURES / "demo.edi", "--format", "jsonl").out.splitlines())
    expected = {rule: sum(1 for f in [*lines_of] if f["rule"] == rule) for lines_of in [list(lines)] for rule in
                {f["rule"] for f in lines_of}}  # fmt: skip
    assert {rule: count.claims for rule, count in of.by("rule")} == expected
    assert not of.frames.total()


def test_claims_of_a_refused_set_are_under_no_rule(tmp_path: Path) -> None:
    data = (FIXTURES / "demo.edi").read_bytes().replace(b"SE*241*", b"SE*240*")
    drop(tmp_path, "a.edi", data)
    once(tmp_path)
    of = gathered(tmp_path)
    assert of.fates["refused"].claims == 9 and not of.by("rule") and not of.by("payer")
    assert of.frames == {"X12-IK5-4": 1} and of.by("partner")[0][1].claims == 9


@pytest.mark.parametrize("reported", [True, False])
def test_claims_of_a_refused_set_are_none_of_the_rejected(reported: bool, tmp_path: Path) -> None:
    """Six of its nine would be, were there a 277CA for it; the set beside it has one."""
    drop(tmp_path, "a.edi", two_sets("SV1*HC:S9500*875*", "SV1*HC:S9500*8x5*"))
    once(tmp_path)
    if not reported:
        reports(tmp_path)[0].unlink()
    of, (job,) = gathered(tmp_path), rows(tmp_path)
    assert (job["claims"], job["rejected"], job["folder"]) == (18, 6, "error")
    assert of.fates["rejected"].claims == 6 and of.fates["refused"].claims == 9
    assert any("6 rejected, 9 in what is refused, " in line for line in dayform.text(of, CARDS, "x"))
    cells = [cell.text_content() for cell in found(html.fromstring(page(tmp_path)), "//table[@class='files']//td")]
    assert cells[2:5] == ["18", "6", "9"]


@pytest.mark.parametrize("wrong", ["gone", "garbled", "other", "cut"])
def test_without_its_report_a_file_is_counted_by_the_ledger(wrong: str, tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", (FIXTURES / "demo.edi").read_bytes())
    once(tmp_path)
    (report,) = reports(tmp_path)
    if wrong == "gone":
        report.unlink()
    else:
        whole = report.read_bytes()
        report.write_bytes({"garbled": b"\xff\xfe{", "other": b'{"a": 1}\n', "cut": whole[: len(whole) // 2]}[wrong])
    of = gathered(tmp_path)
    (file,) = of.fine
    assert (file.claims, file.fates["rejected"].claims, file.money) == (9, 6, False)
    assert of.without_report == 1 and "reports of 1 file are not there" in dayform.html(of, CARDS, "x")
    assert "not known" in dayform.html(of, CARDS, "x")


def test_reports_in_out_are_read_there_until_they_are_fetched(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", (FIXTURES / "demo.edi").read_bytes())
    once(tmp_path, reports="out")
    (file,) = gathered(tmp_path).fine
    assert file.money and file.fates["rejected"].charges == Decimal("16052.50")
    (report,) = (tmp_path / "out").glob("report_*.json")
    report.unlink()
    assert not gathered(tmp_path).fine[0].money


def test_another_day_is_empty(tmp_path: Path) -> None:
    filled(tmp_path)
    before = gathered(tmp_path, date(2026, 1, 14))
    assert not before.files and "No file came." in dayform.html(before, CARDS, "x")
    after = gathered(tmp_path, date(2026, 1, 16))
    assert not after.files and after.left == 1
    assert "No file came. 1 file in quarantine since before." in "\n".join(dayform.text(after, CARDS, "x"))


def test_what_was_put_back_is_in_quarantine_no_more(tmp_path: Path) -> None:
    for number in (1, 2):
        drop(tmp_path, f"{number}.edi", numbered(number))
    first, second = once(tmp_path, unknown="quarantine")
    assert edi837("gateway", "requeue", tmp_path, first.job).status == 0
    for count, stuck in ((1, "In quarantine: 1 of this day."), (0, "")):
        of = gathered(tmp_path)
        assert of.folders == Counter(quarantine=count, requeued=2 - count) and of.files == 2 == len(of.looked_at)
        told = json.loads(edi837("report", "gateway", tmp_path, "--day", "2026-01-15", "--json").out)
        assert (told["folders"].get("quarantine", 0), told["folders"]["requeued"]) == (count, 2 - count)
        assert told["folders"].get("quarantine", 0) == json.loads(
            edi837("gateway", "status", tmp_path, "--json").out
        )["quarantine"]
        for text in ("\n".join(dayform.text(of, CARDS, "x")), page(tmp_path)):
            assert ("In quarantine:" in text) is bool(stuck) and stuck in text
        assert f"{2 - count} put back into in/" in page(tmp_path)
        assert gathered(tmp_path, date(2026, 1, 16)).left == count
        if count:
            edi837("gateway", "requeue", tmp_path, second.job)


def test_no_more_files_are_shown_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day, "MOST", 2)
    for number in range(1, 5):
        drop(tmp_path, f"{number}.edi", numbered(number))
    once(tmp_path)
    of = gathered(tmp_path)
    assert of.files == 4 and len(of.fine) == 2
    assert "2 files more, not shown." in dayform.html(of, CARDS, "x")


def test_memory_does_not_grow_with_a_report(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", (FIXTURES / "demo.edi").read_bytes())
    once(tmp_path)
    (report,) = reports(tmp_path)
    lines = report.read_text().splitlines(keepends=True)
    entry = next(line for line in lines if line.startswith('  {"claim"')).rstrip("\n,]") + ",\n"

    def peak(times: int) -> int:
        with open(report, "w") as file:
            file.writelines([lines[0], *[entry] * times, *lines[1:]])
        own = world(tmp_path)
        ledger = Ledger(own.layout.ledger, own.layout.own("key"))
        tracemalloc.start()
        try:
            of = day.gather(own, ledger, TODAY)
            assert of.by("rule")[0][1].claims == times + 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            ledger.close()

    peak(1)
    small, large = peak(100), peak(2000)
    assert large < small * 1.2, (small, large)


def test_the_command(tmp_path: Path) -> None:
    root, out = tmp_path / "gate", tmp_path / "day.html"
    filled(root)
    done = edi837("report", "gateway", root, "--day", "2026-01-15", "--html", out)
    assert done.status == 0 and done.out.strip() == str(out)
    document = html.fromstring(out.read_text("utf-8"))
    assert found(document, "//h1")[0].text == "Gateway gate, 15 Jan 2026"
    assert in_order(headings(out.read_text("utf-8")))
    told = json.loads(edi837("report", "gateway", root, "--day", "2026-01-15", "--json").out)
    assert told["files"] == len(FILES) and told["day"] == "2026-01-15"
    text = edi837("report", "gateway", root, "--day", "2026-01-15", charset="ascii").out
    assert text.isascii() and "Rejections by rule" in text
    assert "there is no gateway here" in str(_refused(tmp_path / "nothing"))


def _refused(root: Path) -> Exception:
    with pytest.raises(Exception, match="gateway") as raised:
        edi837("report", "gateway", root)
    return raised.value


def test_nobody_s_values_are_on_it(tmp_path: Path) -> None:
    for number, name in enumerate(("demo.edi", "837I/fail/policy-042.edi", "837P/fail/missing-loop.edi")):
        for wrong in (False, True):
            data = planted((FIXTURES / name).read_bytes(), wrong)[0]
            drop(tmp_path, f"{number}{wrong}.edi", data.replace(b"000000001", b"%09d" % (10 * number + wrong + 100)))
    once(tmp_path)
    of = gathered(tmp_path)
    assert of.files == 6
    told = dayform.html(of, CARDS, "x") + "\n".join(dayform.text(of, CARDS, "x")) + json.dumps(dayform.data(of, "x"))
    assert MASKED not in told and "SYN42" not in told


@pytest.mark.parametrize("part", range(3))
def test_strings_that_would_act_are_only_text(part: int, tmp_path: Path) -> None:
    """In the file's name, ISA06, ISA13's group, the payer's number and CLM01."""
    for number, text in enumerate(STRINGS[part::12], 1):
        said = re.sub(r"[*~:^]", "", text).encode("utf-8", "surrogatepass")
        data = (FIXTURES / "demo.edi").read_bytes().replace(b"000000042", b"%09d" % number)
        data = data.replace(b"LAKESIDE       ", said[:15].ljust(15)).replace(b"EXHP042", said)
        data = data.replace(b"HIT1002*", said + b"*")
        called = os.fsdecode(text.encode("utf-8", "surrogatepass").replace(b"/", b"").replace(b"\0", b"")[:60])
        drop(tmp_path, f"{number}{called}", data)
    drop(tmp_path, "x\x1b[2J\u202e.txt", b"no")
    once(tmp_path)
    drop(tmp_path, "<script>y\x1b", b"ISA")
    of = gathered(tmp_path)
    assert of.files > 10 and of.waiting
    harmless(dayform.html(of, CARDS, "<b>"))
    assert not UNSEEN.search("\n".join(dayform.text(of, CARDS, "x")).replace("\n", ""))
    assert not UNSEEN.search(json.dumps(dayform.data(of, "x"), ensure_ascii=False))
