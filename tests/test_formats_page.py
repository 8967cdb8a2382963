"""The page on a file of claims: what it counts, what it shows, and that nothing in a file can act in it."""

from __future__ import annotations

import io
import json
import random
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import html

from edi837 import policyshow
from edi837.claim import ServiceLine
from edi837.pages import figures
from edi837.report import Report
from edi837.rules import load
from edi837.terms import Terms
from edi837.views.html import POLICY, STYLE
from tests.formats import FIXTURES, ROOT, edi837, fixtures, found, holds, name
from tests.pages import STRINGS, contrast, harmless, palette
from tests.test_formats_safe import MASKED, planted

DEMO = FIXTURES / "demo.edi"
NOW = datetime(2026, 1, 15, 9, 30)
FILES = [
    path for path in fixtures("demo.edi", "837?/fail/policy-*.edi", "envelope/*.edi", "837P/fail/[m-n]*.edi")
    if (path.parent / "expected" / f"{path.stem}.report.txt").exists() or path == DEMO
]  # fmt: skip


def made(file: Path, folder: Path, *more: str) -> str:
    out = folder / "page.html"
    edi837("report", "claims", file, "--html", out, "--now", "2026-01-15T09:30", *more)
    return out.read_text("utf-8")


def test_snapshot(tmp_path: Path, update: bool) -> None:
    page = made(DEMO, tmp_path)
    page = re.sub(r"<style>.*</style>", "<style/>", page, flags=re.DOTALL)
    holds(ROOT / "tests" / "snapshots" / "report" / "demo.claims.html", page, update)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_totals_are_those_of_the_report(path: Path, tmp_path: Path) -> None:
    """Two folds of the same events that know nothing of each other."""
    told, text = io.StringIO(), io.StringIO()
    report = Report(told, text, file="x", now=NOW)
    with open(path, "rb") as stream:
        for event in Terms([load("042")]).read(stream).tell():
            report.take(event)
    report.close()
    sets = [s for i in json.loads(told.getvalue())["interchanges"] for g in i["groups"] for s in g["sets"]]
    expected = {
        "accepted": (sum(s["accepted"] for s in sets), sum(Decimal(s["accepted_charges"]) for s in sets)),
        "rejected": (sum(s["rejected"] for s in sets), sum(Decimal(s["rejected_charges"]) for s in sets)),
        "all": (sum(s["claims"] for s in sets), sum(Decimal(s["charges"]) for s in sets)),
    }
    document = html.fromstring(made(path, tmp_path))
    rows = {}
    for row in found(document, "//table[@class='totals']/tbody/tr"):
        cells = [cell.text_content() for cell in row]
        rows[cells[0].split()[0]] = (int(cells[1].replace(",", "")), Decimal(cells[2].replace(",", "")[1:]))
    assert {key: rows[key] for key in expected} == expected
    shown = found(document, "//details[contains(@class, 'claim rejected')]")
    assert len(shown) == expected["rejected"][0]


def test_every_rejected_claim_has_its_own_answer(tmp_path: Path) -> None:
    """Sets that are refused between others put no answer out of step."""
    lines = DEMO.read_text().splitlines(keepends=True)
    head, body, tail = lines[:2], lines[2:-2], lines[-2:]
    one = "".join(body)
    sets = [
        one.replace("HIT1", f"{letter}IT1").replace("*0001", f"*000{n}").replace("DEMO2025", f"DEMO{n}")
        .replace("SYN42", f"SYN{n}2")
        for n, letter in enumerate("ABC", 1)
    ]
    sets[1] = sets[1].replace("N3*100 EXAMPLE PARKWAY*SUITE 4~\n", "")  # IK5 R
    file = tmp_path / "x.edi"
    file.write_text("".join([*head, *sets, tail[0].replace("GE*1", "GE*3"), tail[1]]))
    document = html.fromstring(made(file, tmp_path))
    claims = found(document, "//details[contains(@class, 'claim rejected')]")
    assert len(claims) == 12
    for claim in claims:
        id = claim.find("summary/span").text.split()[1]
        assert id[0] in "AC"
        answer = found(claim, "details[summary[contains(., '277CA')]]/pre")
        assert len(answer) == 1 and f"TRN*2*{id}~" in answer[0].text
        assert len(re.findall(r"TRN\*", answer[0].text)) == 1
    refused = [row.text_content() for row in found(document, "//table[@class='totals']//tr")]
    assert any(row.startswith("refused") and "9" in row for row in refused)


def test_no_more_claims_are_shown_than_the_limit(tmp_path: Path) -> None:
    lines = DEMO.read_text().splitlines(keepends=True)
    head, body, tail = lines[:2], lines[2:-2], lines[-2:]
    one = "".join(body)
    sets = [
        one.replace("HIT1", f"H{n}").replace("*0001", f"*{n:04d}").replace("SYN42", f"S{n}") for n in range(1, 101)
    ]
    file = tmp_path / "x.edi"
    file.write_text("".join([*head, *sets, tail[0].replace("GE*1", "GE*100"), tail[1]]))
    document = html.fromstring(made(file, tmp_path))
    told = str(document.xpath("string(.)"))
    assert "600 of 900 claims rejected" in told and "Only the first 500" in told
    assert len(found(document, "//details[contains(@class, 'claim rejected')]")) == 500


def test_a_provider_who_is_a_person_has_no_name_on_it(tmp_path: Path) -> None:
    text = DEMO.read_text()
    found = re.search(r"NM1\*85\*2\*([^*]+)\*", text)
    assert found
    file = tmp_path / "x.edi"
    file.write_text(text.replace(found[0], "NM1*85*1*HOLLISTER*MARIAN"))
    page = made(file, tmp_path)
    assert "Rejections by billing provider" in page and "•••  2000000010" in page
    assert "HOLLISTER" not in page and "MARIAN" not in page
    assert "HOLLISTER, MARIAN  2000000010" in made(file, tmp_path, "--phi", "show")
    long = "HOLLISTER " * 7  # more than NM103 may have, and so perhaps no organisation
    file.write_text(text.replace(found[0], f"NM1*85*2*{long[:-1]}*"))
    assert "HOLLISTER" not in made(file, tmp_path)


def test_nobody_s_values_are_on_it(tmp_path: Path) -> None:
    for source in (DEMO, FIXTURES / "837I/fail/policy-042.edi"):
        file = tmp_path / "planted.edi"
        file.write_bytes(planted(source.read_bytes(), False)[0])
        assert MASKED not in made(file, tmp_path)
        assert MASKED in made(file, tmp_path, "--phi", "show")


# ------------------------------------------------------------------ nothing in a file can act

def test_there_are_enough_of_them() -> None:
    assert len(set(STRINGS)) >= 200


@pytest.mark.parametrize("part", range(10))
def test_strings_that_would_act_are_only_text(part: int, tmp_path: Path) -> None:
    drawn = random.Random(part)
    segments = DEMO.read_bytes().decode().split("~\n")
    strings = STRINGS[part::10]
    places = [(n, e) for n, seg in enumerate(segments) for e in range(1, seg.count("*") + 1) if n > 1]
    for text in strings:
        at, which = drawn.choice(places)
        elements = segments[at].split("*")
        if which < len(elements) and elements[0] not in ("GS", "ST", "HL", "LX"):
            elements[which] = re.sub(r"[*~]", "", text).encode("utf-8", "surrogatepass").decode("latin-1")
            segments[at] = "*".join(elements)
    file = tmp_path / f"{strings[0].replace('/', '')[:40]}.edi".replace("\0", "")
    file.write_bytes("~\n".join(segments).encode("latin-1"))
    for phi in ("mask", "show"):
        harmless(made(file, tmp_path, "--phi", phi))


@pytest.mark.parametrize("text", STRINGS)
def test_each_of_them_in_what_is_shown(text: str, tmp_path: Path) -> None:
    """In the claim's number, the provider, the payer, the service and the line, each of which a page shows."""
    said = re.sub(r"[*~:^]", "", text).encode("utf-8", "surrogatepass").decode("latin-1")
    data = DEMO.read_bytes().decode()
    for old in ("HIT1002*", "LAKESIDE EXAMPLE HOME INFUSION*", "EXAMPLE HEALTH PLAN*", "PA250001~", "HIT1002-2~"):
        data = data.replace(old, said + old[-1])
    data = data.replace("S9365*1505", f"S9365::::: {said}*1505")
    file = tmp_path / "x.edi"
    file.write_bytes(data.encode("latin-1"))
    page = made(file, tmp_path, "--phi", "show")
    harmless(page)
    if STRINGS.index(text) % 6:
        return
    answers = tmp_path / "a"
    edi837("ack", file, "-o", answers, "--now", "2026-01-15T09:30")
    for answer in sorted(answers.glob("*.edi"))[:3]:
        harmless(edi837("report", "ack", answer, "--format", "html", "--phi", "show").out)


def test_the_watch_sees_what_it_is_for() -> None:
    page = "<meta http-equiv='Content-Security-Policy' content=\"" + POLICY + '"><style></style><title>x</title>'
    harmless(f"<html><head>{page}</head><body><p>x</p></body></html>")
    for bad in ("<script>1</script>", "<p onclick=x>", "<img src=x>", "<p style='x'>", "<a href=x>y</a>"):
        with pytest.raises(AssertionError):
            harmless(f"<html><head>{page}</head><body>{bad}</body></html>")


# ------------------------------------------------------------------ figures and looks


def line(number: int, code: str, first: int, last: int, *modifiers: str) -> ServiceLine:
    return ServiceLine(
        number=str(number), procedure=code, modifiers=modifiers, units=Decimal(last - first + 1),
        first=date(2025, 2, first), last=date(2025, 2, last),
    )  # fmt: skip


DAILY = frozenset(("S9500", "S9365", "S9374"))


def test_days_with_two_first_therapies_are_shaded() -> None:
    lines = [line(1, "S9500", 1, 7), line(2, "S9365", 5, 11), line(3, "J0696", 1, 11), line(4, "S9374", 3, 6, "SH")]
    assert figures.crowded(lines, DAILY) == [date(2025, 2, day) for day in (5, 6, 7)]
    assert [figures.rank(each, DAILY) for each in lines] == ["first", "first", "", "second"]
    svg = html.fromstring(figures.timeline(lines, DAILY, {"2"}))
    assert len(found(svg, "//rect[@class='crowded']")) == 3
    assert [r.get("class") for r in found(svg, "//rect[starts-with(@class, 'span')]")] == [
        "span first", "span first wrong", "span other", "span second",
    ]  # fmt: skip
    assert svg.get("aria-label") == "Service lines on their days, 2025-02-01 to 2025-02-11"


def test_a_timeline_of_nothing_and_of_too_much() -> None:
    assert figures.timeline([ServiceLine(number="1")], DAILY, ()) == ""
    endless = ServiceLine(number="1", procedure="S9500", first=date(1, 1, 1), last=date(9999, 12, 31))
    assert figures.timeline([endless], DAILY, ()) == ""
    assert len(figures.crowded([endless, endless], DAILY)) <= 120
    many = figures.timeline([line(n, "S9500", 1, 28) for n in range(500)], DAILY, ())
    assert len(found(html.fromstring(many), "//rect[starts-with(@class, 'span')]")) == 60


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_is_that_of_wcag_aa(theme: str) -> None:
    colours = palette(theme)
    texts = [
        ("ink", "paper"), ("soft", "paper"), ("soft", "tint"), ("ink", "tint"), ("bad", "badtint"), ("bad", "paper"),
        ("good", "goodtint"), ("warn", "warntint"), ("ink", "badtint"), ("markink", "mark"), ("otherink", "other"),
        ("link", "paper"), ("inside", "first"), ("inside", "second"), ("inside", "third"),
    ]  # fmt: skip
    shapes = [("bar", "paper"), ("first", "paper"), ("second", "paper"), ("third", "paper"), ("fourth", "paper"),
              ("link", "paper")]  # fmt: skip
    assert min(contrast(colours[a], colours[b]) for a, b in texts) >= 4.5
    assert min(contrast(colours[a], colours[b]) for a, b in shapes) >= 3, "WCAG 1.4.11"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_of_the_page_on_a_policy(theme: str) -> None:
    colours = palette(theme, policyshow.STYLE)
    texts = set(colours) - {"paper", "line"}
    assert len(texts) == 5 and min(contrast(colours[name], colours["paper"]) for name in texts) >= 4.5


def test_every_colour_is_of_the_palette() -> None:
    """Whatever is painted has its colour in both themes."""
    assert set(palette("light")) == set(palette("dark"))
    rest = STYLE.split("* { box-sizing", 1)[1]
    assert not re.findall(r"#[0-9a-f]{3,6}\b", rest)
    assert set(re.findall(r"var\(--(\w+)\)", STYLE)) == set(palette("light"))
