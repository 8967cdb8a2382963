"""Findings as one page of HTML: a summary with what may be shown alone, then each finding as `full` tells it.

Enters: spots, and what each file came to. Leaves: a document that needs nothing else. Findings wait in a
temporary file for the summary, which counts them; memory holds a count for each rule and a row for each file.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from edi837 import marks, safe, wording
from edi837.acks.writer import spool
from edi837.views.cards import Cards
from edi837.views.excerpt import excerpt
from edi837.views.full import WORDS
from edi837.views.html import CLOSING, head, opening, tag
from edi837.views.marked import as_html
from edi837.views.spot import Spot, Trail
from edi837.views.tally import Tally
from edi837.wording import many

_NUMBERS = frozenset((
    "claims", "rejected", "in what is refused", "findings", "errors", "warnings", "cannot tell",
))  # fmt: skip
_STYLE = """
.finding { padding: .1rem 0 .4rem; } h2 + .finding { border-top: 0; margin-top: 0; } .finding h3 { margin-top: .7rem; }
.filters label { display: block; cursor: pointer; } .filters input { margin: 0 .45rem 0 0; accent-color: var(--link); }
.filters { border: 0; margin: 0; padding: 0; } .filters legend { color: var(--soft); padding: 0; }
.filters .row { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; } input:focus-visible { outline: 3px solid
  var(--link); outline-offset: 2px; } .rules { table-layout: auto; }
@media print { .filters input, .filters legend, .filters .row { display: none; } }
"""


@dataclass(slots=True)
class _File:
    """A file, and what was found in it."""

    name: str
    found: Counter[str] = field(default_factory=Counter)  # by action
    tally: Tally | None = None  # None: it could not be read to its end
    seen: marks.Once = field(default_factory=marks.Once)


class Html:
    """Writes the page."""

    def __init__(self, cards: Cards, *, phi: bool = False) -> None:
        self._cards, self._phi = cards, phi
        self._body = io.TextIOWrapper(spool(), "utf-8", errors="backslashreplace", newline="")
        self._files: list[_File] = []
        self._rules: Counter[str] = Counter()
        self._actions: dict[str, set[str]] = {}  # of a rule
        self.more = 0  # found, and not shown

    def begin(self, file: str) -> None:
        """A file begins."""
        self._files.append(_File(safe.text(file)))
        self._body.write(tag("h2", self._files[-1].name, id=f"f{len(self._files)}") + "\n")

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """Nothing yet: the summary comes first."""
        finding = spot.finding
        self._files[-1].found[finding.action] += 1
        self._rules[finding.rule] += 1
        self._actions.setdefault(finding.rule, set()).add(finding.action)
        rows = excerpt(spot, trail)
        for words in self._files[-1].seen.of(row.segment.delimiters for row in rows):
            self._body.write(tag("p", words[0].upper() + words[1:] + ".", class_="small") + "\n")
        html = as_html(
            spot, rows, self._cards.of(finding.rule), self._phi,
            where=_where(spot), class_=_class(finding.rule),
        )  # fmt: skip
        self._body.write(html + "\n")
        return iter(())

    def end(self, tally: Tally) -> None:
        """The file has ended."""
        file = self._files[-1]
        file.tally = tally
        if not file.found:
            self._body.write(tag("p", "Nothing was found.") + "\n")
        lines = [line.strip().replace("   ", " · ") for line in tally.lines_for_people(file.name)[1:]]
        told = "".join(tag("div", line, class_="small") for line in lines)
        self._body.write(told + "\n")

    def close(self) -> Iterator[str]:
        """The page."""
        title = f"What was found in {self._files[0].name if len(self._files) == 1 else many(len(self._files), 'file')}"
        rules = "".join(
            f"body:has(#only-{_class(rule)}:checked) .finding:not(.{_class(rule)}) {{ display: none; }}\n"
            for rule in self._rules
        )
        words = "".join(
            f"body:has(#only-{word}:checked) .finding:not(.{word}) {{ display: none; }}\n" for word in WORDS.values()
        )
        yield opening(title, _STYLE + words + rules)
        yield tag("h1", title) + "\n" + tag("p", self._verdict(), class_="verdict") + "\n"
        yield self._by_file() + self._by_rule() + "<main>\n"
        self._body.seek(0)
        while part := self._body.read(1 << 16):
            yield part
        self._body.close()
        if self.more:
            yield tag("p", f"{many(self.more, 'finding')} more, not shown", class_="small") + "\n"
        yield "</main>\n" + CLOSING

    # -------------------------------------------------------------- the summary

    def _verdict(self) -> str:
        total = sum((file.found for file in self._files), Counter[str]())
        told = [many(total["reject"], "error"), many(total["warn"], "warning")]
        told += [f"{total['unknown']:,} that cannot be told"] if total["unknown"] else []
        fates = [file.tally.fates for file in self._files if file.tally]
        claims, rejected = sum(each.claims for each in fates), sum(each.rejected for each in fates)
        refused = f", {self._refused:,} in what is refused" if self._refused else ""
        return f"{', '.join(told)}; {rejected:,} of {many(claims, 'claim')} rejected{refused}."

    @property
    def _refused(self) -> int:
        """Claims inside what a TA1 or 999 refuses."""
        return sum(file.tally.fates.refused for file in self._files if file.tally)

    def _by_file(self) -> str:
        rows = ""
        for number, file in enumerate(self._files, 1):
            link = tag("a", file.name, href=f"#f{number}")
            of = file.tally.fates if file.tally else None
            counts = [f"{of.claims:,}", f"{of.rejected:,}"] if of else ["not read", ""]
            if self._refused:
                counts.append(f"{of.refused:,}" if of else "")
            counts += [f"{file.found[action]:,}" for action in WORDS]
            cells = "".join(tag("td", count, class_="num") for count in counts)
            rows += tag("tr", tag("th", link, raw=True, scope="row") + cells, raw=True)
        refused = ("in what is refused",) if self._refused else ()
        names = ("file", "claims", "rejected", *refused, "errors", "warnings", "cannot tell")
        table = tag("table", head(*names, numbers=_NUMBERS) + tag("tbody", rows, raw=True), raw=True)
        return tag("div", table, raw=True, class_="wide") + "\n"

    def _by_rule(self) -> str:
        if not self._rules:
            return ""
        radios = [_radio("all", "everything", checked=True)]
        total = sum((file.found for file in self._files), Counter[str]())
        radios += [
            _radio(word, f"{word}s" if word != "unknown" else "what cannot be told")
            for action, word in WORDS.items() if total[action]
        ]  # fmt: skip
        rows = ""
        for rule, count in self._rules.most_common():
            card = self._cards.of(rule)
            label = tag("code", rule) + " " + escape(card.title)
            cells = tag("th", _radio(_class(rule), label, raw=True), raw=True, scope="row")
            words = ", ".join(word for action, word in WORDS.items() if action in self._actions[rule])
            cells += tag("td", f"{count:,}", class_="num") + tag("td", words)
            rows += tag("tr", cells + tag("td", f"SNIP {card.snip}" if card.snip else ""), raw=True)
        table = head("rule", "findings", "is", "type", numbers=_NUMBERS) + tag("tbody", rows, raw=True)
        inner = tag("legend", "Show only") + tag("div", "".join(radios), raw=True, class_="row")
        inner += tag("table", table, raw=True, class_="rules")
        return tag("h2", "By rule") + tag("fieldset", inner, raw=True, class_="filters") + "\n"


def _radio(of: str, label: str, *, raw: bool = False, checked: bool = False) -> str:
    mark = ' checked=""' if checked else ""
    return f'<label><input type="radio" name="only" id="only-{of}"{mark}>{label if raw else escape(label)}</label>'


def _class(rule: str) -> str:
    """A rule as a class and an id: letters, digits and hyphens."""
    return "r-" + re.sub(r"[^A-Za-z0-9-]", "_", rule)


def _where(spot: Spot) -> str:
    """Where a finding stands: the frames, claim and line; the line of the file and its byte."""
    steps = " › ".join(wording.path(spot.finding.place))
    at = ""
    if spot.point:
        row, column = spot.point.at
        at = f"{row}:{column} in the file, " if spot.has_lines else ""
        at += f"byte {spot.point.offset}"
        if spot.point.segment.number:
            at += f", segment {spot.point.segment.number}"
    return tag("p", " · ".join(part for part in (steps, at) if part), class_="small")
