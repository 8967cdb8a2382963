"""The page on a file of claims: verdict, money, rejections by rule, provider and payer, and each claim.

Enters: what was gathered, the cards of the rules, and the 277CA that answers the file. Leaves: a document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape

from edi837 import fitted, marks, safe, wording
from edi837.claim import Claim, ServiceLine
from edi837.claimrows import called
from edi837.pages.figures import bar, timeline
from edi837.pages.gather import MOST, Count, Found, Gathered, Judged
from edi837.pages.heard import Heard
from edi837.views.cards import Cards
from edi837.views.html import head, listed, page, tag
from edi837.views.marked import as_html
from edi837.wording import days, dollars, many

_OPEN = 25  # claims that are unfolded when the page opens
_NUMBERS = frozenset(("claims", "charges", "units", "charge"))
_WEIGHT = {"reject": 0, "warn": 1, "unknown": 2}


@dataclass(slots=True)
class Page:
    """What the page is made of."""

    file: str
    judged_by: Sequence[str]  # the policies, by name
    gathered: Gathered
    cards: Cards
    heard: Heard
    daily: Collection[str] = ()  # codes one unit of which is a day
    phi: bool = False
    _marks: marks.Once = field(default_factory=marks.Once)

    def html(self) -> str:
        """The document."""
        name = safe.text(self.file)
        judged = self.gathered.judged
        rejected = [each for each in judged if each.rejected]
        remarked = [each for each in judged if not each.rejected]
        parts = [tag("h1", f"Claims in {name}"), self._verdict(), self._totals()]
        if self.gathered.frames:
            parts.append(tag("h2", "Refused by TA1 or 999, and remarks on the file"))
            parts += [self._frame(found) for found in self.gathered.frames]
            if self.gathered.more_frames:
                parts.append(tag("p", f"{self.gathered.more_frames} more are not shown.", class_="small"))
        parts += self._breakdowns()
        if rejected:
            parts.append(tag("h2", "Rejected claims"))
            parts.append(self._legend(rejected))
            parts += [self._claim(each, n < _OPEN) for n, each in enumerate(rejected)]
        if remarked:
            parts.append(tag("h2", "Accepted, with remarks"))
            parts += [self._claim(each, False) for each in remarked]
        if len(judged) >= MOST:
            parts.append(tag("p", f"Only the first {MOST} claims with findings are shown.", class_="small"))
        return page(f"Claims in {name}", "\n".join(part for part in parts if part))

    # -------------------------------------------------------------- the whole

    def _verdict(self) -> str:
        fates = {fate: self.gathered.fate(fate) for fate in ("accepted", "rejected", "refused")}
        total = sum(count.claims for count in fates.values())
        if not total:
            told = "No claim was read."
        elif fates["refused"].claims == total:
            told = f"None of the {many(total, 'claim')} goes on: the TA1 or 999 refuses what they stand in."
        elif fates["rejected"].claims:
            rejected = fates["rejected"]
            told = f"{rejected.claims:,} of {many(total, 'claim')} rejected, {dollars(rejected.charges)} held up."
        else:
            told = f"All {many(fates['accepted'].claims, 'claim')} that go on were accepted."
        if 0 < fates["refused"].claims < total:
            refused = fates["refused"]
            told += f" {many(refused.claims, 'claim')} refused by a TA1 or 999, {dollars(refused.charges)}."
        by = f"Judged by the implementation guide{''.join(f' and policy {safe.text(n)}' for n in self.judged_by)}."
        heads = "".join(tag("div", f"Interchange {head}", class_="small") for head in self.gathered.heads[:20])
        return tag("p", told, class_="verdict") + heads + tag("div", by, class_="small")

    def _totals(self) -> str:
        words = {"accepted": "accepted", "remarked": "of these with remarks", "rejected": "rejected (277CA)",
                 "refused": "refused with their set, group or interchange"}  # fmt: skip
        rows = ""
        whole = Count()
        for fate, word in words.items():
            count = self.gathered.fate(fate)
            if fate != "remarked":
                whole.add(count.claims, count.charges)
            if count.claims or fate in ("accepted", "rejected"):
                rows += _row(tag("th", word, scope="row"), count)
        rows += _row(tag("th", "all", scope="row"), whole)
        return tag("table", _headed("", "claims", "charges") + tag("tbody", rows, raw=True), raw=True, class_="totals")

    def _breakdowns(self) -> Iterable[str]:
        for kind, title in (("rule", "by rule"), ("provider", "by billing provider"), ("payer", "by payer")):
            counts = list(self.gathered.by(kind))
            if not counts:
                continue
            most = Decimal(max(count.claims for _, count in counts))
            rows = ""
            for name, count in counts[:40]:
                told = tag("code", name) + " " + escape(self.cards.of(name).title) if kind == "rule" else escape(name)
                rows += _row(tag("th", told, raw=True, scope="row"), count, bar(count.claims / most))
            head = _headed("", "claims", "charges", "")
            yield tag("h2", f"Rejections {title}") + tag(
                "table", head + tag("tbody", rows, raw=True), raw=True, class_="bars"
            )
            if kind == "rule":
                yield tag("p", "A claim that breaks several rules is counted under each.", class_="small")

    # -------------------------------------------------------------- a claim

    def _legend(self, rejected: Sequence[Judged]) -> str:
        if not any(each.claim.lines for each in rejected):
            return ""
        key = "".join(
            tag("span", "", class_=f"key {kind}") + escape(f" {words}  ") for kind, words in (
                ("first", "first therapy"), ("second", "second, SH"), ("third", "third, SJ"),
                ("other", "other service"), ("crowdedkey", "days with more than one first therapy"),
            )
        )  # fmt: skip
        return tag("p", f"{key}The line at fault has a red frame.", raw=True, class_="small legend")

    def _claim(self, judged: Judged, unfolded: bool) -> str:
        claim = judged.claim if self.phi else fitted.claim(judged.claim)
        rules = ", ".join(dict.fromkeys(f.finding.rule for f in judged.found))
        word = "rejected" if judged.rejected else "warning"
        head = tag("span", f"Claim {safe.text(claim.id)}", class_="head")
        head += tag("span", "rejected" if judged.rejected else "accepted", class_=f"badge {word}")
        head += " " + tag("span", f"{dollars(claim.charge)}  {days(claim.first, claim.last)}  {rules}", class_="small")
        wrong = {f.finding.place.line for f in judged.found if f.finding.place.line}
        body = self._facts(claim) + self._lines(claim, wrong)
        body += "".join(self._finding(found) for found in sorted(judged.found, key=_weight))
        if judged.rejected:
            body += self._answer(judged)
        inner = tag("summary", head, raw=True) + body
        opened = {"open": ""} if unfolded else {}
        return tag("details", inner, raw=True, class_=f"claim {word}", **opened)

    def _facts(self, claim: Claim) -> str:
        show = safe.text if self.phi else safe.masked
        name = ", ".join(part for part in (claim.patient.last, claim.patient.first) if part)
        kind = f"837I, type of bill {claim.bill_type}" if claim.kind == "I" else f"837P, place of service {claim.place}"
        provider = safe.text(called(claim.provider, self.phi))
        rows = [
            ("patient", f"{show(name)}  member {show(claim.patient.id)}"), ("kind", safe.text(kind)),
            ("provider", f"{provider}  {safe.text(claim.provider.id)}"),
            ("payer", safe.text(f"{claim.payer.last}  {claim.payer.id}")),
        ]  # fmt: skip
        return listed(rows)

    def _lines(self, claim: Claim, wrong: Collection[str]) -> str:
        rows = "".join(_service(line, line.number in wrong) for line in claim.lines)
        head = _headed("line", "service", "units", "charge", "days")
        table = tag("table", head + tag("tbody", rows, raw=True), raw=True)
        figure = timeline(claim.lines, self.daily, wrong)
        folded = tag("details", tag("summary", f"{many(len(claim.lines), 'line')} as a table") + table, raw=True)
        return (figure + folded) if figure else table

    def _finding(self, found: Found) -> str:
        words = self._marks.of(row.segment.delimiters for row in found.rows)
        told = "".join(tag("p", each[0].upper() + each[1:] + ".", class_="small") for each in words)
        return told + as_html(found.spot, found.rows, self.cards.of(found.finding.rule), self.phi)

    def _frame(self, found: Found) -> str:
        steps = " › ".join(wording.path(found.finding.place))
        return tag("section", (tag("p", steps, class_="small") if steps else "") + self._finding(found), raw=True)

    def _answer(self, judged: Judged) -> str:
        answer = self.heard.of(judged.number)
        if answer is None:
            return ""
        pre = tag("pre", "\n".join(answer.segments(self.phi)))
        inner = tag("summary", "What the 277CA says of this claim") + pre + listed(answer.words(self.phi))
        return tag("details", inner, raw=True)


def _weight(found: Found) -> int:
    return _WEIGHT[found.finding.action]


def _headed(*names: str) -> str:
    return head(*names, numbers=_NUMBERS)


def _row(head: str, count: Count, more: str = "") -> str:
    cells = head + tag("td", f"{count.claims:,}", class_="num") + tag("td", dollars(count.charges), class_="num")
    return tag("tr", cells + (tag("td", more, raw=True) if more else ""), raw=True)


def _service(line: ServiceLine, wrong: bool) -> str:
    code = ":".join((line.procedure, *line.modifiers)) if line.procedure else f"revenue code {line.revenue}"
    drug = f"  NDC {line.drug.ndc}" if line.drug and line.drug.ndc else ""
    units = f"{line.units.normalize():f} {line.unit}" if line.units is not None else ""
    cells = tag("td", safe.text(line.number)) + tag("td", safe.text(code + drug))
    cells += tag("td", safe.text(units), class_="num") + tag("td", dollars(line.charge), class_="num")
    cells += tag("td", days(line.first, line.last))
    return tag("tr", cells, raw=True, class_="wrong" if wrong else "")
