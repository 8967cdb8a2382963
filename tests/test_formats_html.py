"""Findings as a page: every finding once, a summary that counts them, filters without script, and bounded memory."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from lxml import html

from edi837.rules import load
from edi837.terms import Terms
from edi837.views.cards import Cards
from edi837.views.locate import Segments
from edi837.views.page import Html
from edi837.views.spot import Trail
from tests.formats import FIXTURES, edi837, fixtures, found, name
from tests.pages import STRINGS, harmless, headings, in_order

DEMO = FIXTURES / "demo.edi"
SEVERAL = [DEMO, FIXTURES / "837P/fail/policy-warnings.edi", FIXTURES / "837P/pass/minimum.edi"]


@pytest.mark.parametrize("path", fixtures("demo.edi", "837?/fail/[m-p]*.edi", "envelope/t*.edi"), ids=name)
def test_every_finding_is_on_the_page_once(path: Path) -> None:
    page = edi837("check", path, "--format", "html").out
    lines = [json.loads(line) for line in edi837("check", path, "--format", "jsonl").out.splitlines()]
    document = html.fromstring(page)
    shown = [div.find("h3/code").text for div in found(document, "//div[contains(@class, 'finding')]")]
    assert shown == [each["rule"] for each in lines]
    rows = found(document, "//table[@class='rules']/tbody/tr")
    counts = {row.find("th//code").text: int(row.findall("td")[0].text) for row in rows}
    assert counts == Counter(shown)
    assert in_order(headings(page))
    harmless(page, linked=True)


def test_the_summary_of_several_files() -> None:
    page = edi837("check", *SEVERAL, "--format", "html").out
    document = html.fromstring(page)
    assert found(document, "//h1")[0].text == "What was found in 3 files"
    assert found(document, "//p[@class='verdict']")[0].text == "6 errors, 10 warnings; 6 of 20 claims rejected."
    links = {str(link)[1:] for link in found(document, "//a/@href")}
    assert links == {str(id) for id in found(document, "//h2/@id")} and len(links) == 3
    assert "Nothing was found." in page


def test_filters_need_no_script() -> None:
    page = edi837("check", *SEVERAL, "--format", "html").out
    document = html.fromstring(page)
    ids = [str(id) for id in found(document, "//input[@type='radio']/@id")]
    assert ids[:3] == ["only-all", "only-error", "only-warning"] and len(ids) == len(set(ids))
    style = found(document, "//style")[0].text or ""
    for id in ids[1:]:
        name_of = id.removeprefix("only-")
        assert f"body:has(#{id}:checked) .finding:not(.{name_of}) {{ display: none; }}" in style
        assert found(document, f"//div[contains(concat(' ', @class, ' '), ' {name_of} ')]"), id
    assert found(document, "//input[@checked]/@id") == ["only-all"]


def test_what_is_held_back_is_said() -> None:
    page = edi837("check", DEMO, "--format", "html", "--max-findings", "2").out
    assert "4 findings more, not shown" in page
    assert len(found(html.fromstring(page), "//div[contains(@class, 'finding')]")) == 2


def test_a_file_that_cannot_be_read_is_on_the_page(tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    done = edi837("check", FIXTURES / "envelope/not-x12.edi", DEMO, "--format", "html", "-o", out)
    assert done.status == 3 and not done.out
    document = html.fromstring(out.read_text("utf-8"))
    assert "not read" in found(document, "//table/tbody/tr")[0].text_content()


def test_memory_does_not_grow_with_the_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi837.acks.writer.IN_MEMORY", 10_000)
    cards = Cards([load("042")])

    def peak(times: int) -> int:
        with open(DEMO, "rb") as stream:
            trail, writer = Trail(Segments(stream), "x"), Html(cards)
            writer.begin("x")
            spots = []
            for event in Terms([load("042")]).read(stream).tell():
                spots += [trail.spot(finding) for finding in trail.take(event)]
            assert len(spots) == 6
            tracemalloc.start()
            try:
                for _ in range(times):
                    for spot in spots:
                        assert not list(writer.put(spot, trail))
                assert sum(map(len, writer.close())) > 1000 * times
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    peak(1)
    small, large = peak(60), peak(240)
    assert large < small * 1.2, (small, large)


@pytest.mark.parametrize("part", range(4))
def test_strings_that_would_act_are_only_text(part: int, tmp_path: Path) -> None:
    for text in STRINGS[part::16]:
        said = re.sub(r"[*~:^]", "", text).encode("utf-8", "surrogatepass").decode("latin-1")
        data = DEMO.read_bytes().decode()
        for old in ("HIT1002*", "PA250001~", "HIT1002-2~", "*CI~"):
            data = data.replace(old, said + old[-1])
        called = text.encode("utf-8", "replace").decode().replace("/", "").replace("\0", "")[:40]
        file = tmp_path / f"{called}.edi"
        file.write_bytes(data.replace("S9365*1505", f"S9365::::: {said}*1505").encode("latin-1"))
        for phi in ("mask", "show"):
            harmless(edi837("check", file, "--format", "html", "--phi", phi).out, linked=True)
