"""A day of a gateway as a page, as text, and as data.

Enters: what `day` has gathered, and the cards of the rules. Leaves: a document that needs nothing else; lines
of text; plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from edi837.pages.day import Day, File, why
from edi837.pages.figures import bar, hours
from edi837.pages.gather import Count
from edi837.views.cards import Cards
from edi837.views.html import head, page, tag
from edi837.wording import dollars, many

_FATES = {"accepted": "accepted", "rejected": "rejected (277CA)", "refused": "refused by a TA1 or 999"}
_FOLDERS = {"archive": "answered", "error": "refused", "quarantine": "in quarantine", "requeued": "put back into in/",
            "": "not decided"}  # fmt: skip
_KINDS = {
    "rule": ("Rejections by rule", "A claim that breaks several rules is counted under each."),
    "payer": ("Rejections by payer", ""), "partner": ("Rejected or refused by partner", ""),
    "sent": ("All claims by partner", ""),
}  # fmt: skip
_ROWS = 40
_NUMBERS = frozenset(("claims", "charges", "files", "times", "bytes", "rejected", "refused"))


def html(day: Day, cards: Cards, root: str) -> str:
    """The page."""
    title = f"Gateway {root}, {day.day:%d %b %Y}"
    parts = [tag("h1", title), tag("p", _verdict(day), class_="verdict"), _made(day)]
    parts += [_totals(day), _folders(day)]
    if day.files:
        parts += [tag("h2", "When they came"), hours(day.hours)]
    for kind in _KINDS:
        parts += _broken_down(day, kind, cards)
        if kind == "rule" and day.frames.total():
            parts += _frames(day, cards)
    if day.looked_at:
        refused = sum(count for folder, count in day.folders.items() if folder != "archive")
        parts += [tag("h2", "Refused, in quarantine, or not done"), *_files(day.looked_at, refused)]
    if day.waiting:
        parts += [tag("h2", "Waiting in in/ now"), *_waiting(day)]
    if day.fine:
        parts += [tag("h2", "Answered"), *_files(day.fine, day.folders["archive"])]
    return page(title, "\n".join(part for part in parts if part))


def text(day: Day, cards: Cards, root: str) -> Iterator[str]:
    """The same in lines."""
    yield f"Gateway {root}, {day.day:%d %b %Y}"
    yield _verdict(day)
    yield ""
    for word, count in _rows(day):
        yield f"  {word:28} {count.claims:>8,} claims  {dollars(count.charges):>16}"
    for kind, (title, _) in _KINDS.items():
        rows = day.by(kind)[:_ROWS]
        if rows:
            yield f"\n{title}"
        for name, count in rows:
            called = f"{name}  {cards.of(name).title}" if kind == "rule" else name
            yield f"  {called[:60]:60} {count.claims:>8,}  {dollars(count.charges):>16}"
    for title, files in (("Refused, in quarantine, or not done", day.looked_at), ("Answered", day.fine)):
        if files:
            yield f"\n{title}"
        for file in files:
            answers = " ".join(kind for kind, _ in file.answers) or "no answer"
            yield f"  {file.came}  {file.job}  {file.name}"
            told = [_state(file), many(file.claims, "claim"), f"{file.fates['rejected'].claims} rejected"]
            told += [f"{refused} in what is refused"] if (refused := file.fates["refused"].claims) else []
            yield f"         {', '.join((*told, answers, why(file))).rstrip(', ')}"
    if day.waiting:
        yield "\nWaiting in in/ now"
        yield from (f"  {name}  {size:,} bytes, {_age(seconds)}" for name, size, seconds in day.waiting)


def data(day: Day, root: str) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "root": root, "day": day.day.isoformat(), "gathered": day.made, "files": day.files,
        "folders": {folder or "undecided": count for folder, count in sorted(day.folders.items())},
        "interchanges": day.interchanges, "interchanges_refused": day.refused, "answers": dict(day.answers),
        "without_report": day.without_report, "claims": {name: _plain(count) for name, count in _rows(day)},
        **{f"by_{kind}": [{kind: name, **_plain(count)} for name, count in day.by(kind)] for kind in _KINDS},
        "refused_by_rule": dict(day.frames.most_common()), "quarantined_before": day.left,
        "shown": [
            {
                "job": f.job, "name": f.name, "state": f.state, "folder": f.folder, "reason": f.reason,
                "partner": f.partner, "came": f.came, "bytes": f.size, "usage": f.usage, "why": why(f),
                "interchanges": [{"number": number, "ta1": code} for number, code in f.interchanges],
                "answers": [{"kind": kind, "name": name} for kind, name in f.answers], "replays": f.replays,
                "claims": {fate: _plain(count, f.money) for fate, count in f.fates.items()},
            } for f in (*day.looked_at, *day.fine)
        ],
        "waiting": [{"name": name, "bytes": size, "seconds": seconds} for name, size, seconds in day.waiting],
    }  # fmt: skip


# ------------------------------------------------------------------ parts


def _verdict(day: Day) -> str:
    if not day.files:
        return "No file came." + (f" {many(day.left, 'file')} in quarantine since before." if day.left else "")
    whole = day.claims
    told = f"{many(day.files, 'file')}, {many(day.interchanges, 'interchange')}, {many(whole.claims, 'claim')}"
    told += f", {dollars(whole.charges)}."
    rejected, refused = day.fates["rejected"], day.fates["refused"]
    if rejected.claims:
        told += f" {many(rejected.claims, 'claim')} rejected, {dollars(rejected.charges)} held up."
    if refused.claims:
        told += f" {many(refused.claims, 'claim')} refused by a TA1 or 999, {dollars(refused.charges)}."
    stuck = day.folders["quarantine"]
    if stuck or day.left:
        told += f" In quarantine: {stuck} of this day" + (f", {day.left} from before." if day.left else ".")
    return told


def _made(day: Day) -> str:
    told = f"Gathered {day.made} from the ledger and the reports in the archive."
    if day.without_report:
        told += f" The reports of {many(day.without_report, 'file')} are not there any more: their charges are missing."
    return tag("div", told, class_="small")


def _rows(day: Day) -> Iterable[tuple[str, Count]]:
    yield from ((word, day.fates[fate]) for fate, word in _FATES.items())
    yield "all", day.claims


def _totals(day: Day) -> str:
    rows = "".join(
        tag("tr", tag("th", word, scope="row") + _numbers(count), raw=True) for word, count in _rows(day)
    )
    return tag("table", head("", "claims", "charges", numbers=_NUMBERS) + tag("tbody", rows, raw=True), raw=True,
               class_="totals")  # fmt: skip


def _folders(day: Day) -> str:
    told = [f"{day.folders[folder]} {word}" for folder, word in _FOLDERS.items() if day.folders[folder]]
    told += [f"{count} x {kind}" for kind, count in sorted(day.answers.items())]
    return tag("p", " · ".join(told), class_="small") if told else ""


def _broken_down(day: Day, kind: str, cards: Cards) -> Iterator[str]:
    counts = day.by(kind)
    if not counts:
        return
    title, note = _KINDS[kind]
    most = Decimal(max(count.claims for _, count in counts) or 1)
    rows = ""
    for name, count in counts[:_ROWS]:
        told = tag("code", name) + " " + escape(cards.of(name).title) if kind == "rule" else escape(name)
        cells = tag("th", told, raw=True, scope="row") + _numbers(count)
        share = bar(count.claims / most, "first" if kind == "sent" else "bar")
        rows += tag("tr", cells + tag("td", share, raw=True), raw=True)
    yield tag("h2", title)
    yield tag("table", head("", "claims", "charges", "", numbers=_NUMBERS) + tag("tbody", rows, raw=True), raw=True,
              class_="bars")  # fmt: skip
    if len(counts) > _ROWS:
        note = f"{note} {len(counts) - _ROWS} more are not shown.".strip()
    yield tag("p", note, class_="small") if note else ""


def _frames(day: Day, cards: Cards) -> Iterator[str]:
    yield tag("h2", "Refused by a TA1 or 999, by rule")
    most = Decimal(max(day.frames.values()))
    rows = ""
    for rule, count in day.frames.most_common(_ROWS):
        if count:
            told = tag("code", rule) + " " + escape(cards.of(rule).title)
            cells = tag("th", told, raw=True, scope="row") + tag("td", f"{count:,}", class_="num") + tag("td")
            rows += tag("tr", cells + tag("td", bar(count / most), raw=True), raw=True)
    yield tag("table", head("", "times", "", "", numbers=_NUMBERS) + tag("tbody", rows, raw=True), raw=True,
              class_="bars")  # fmt: skip


def _files(files: Sequence[File], count: int) -> Iterator[str]:
    names = ("came", "file", "became", "claims", "rejected", "refused", "charges", "answered with")
    rows = "".join(_row(file) for file in files)
    table = tag("table", head(*names, numbers=_NUMBERS) + tag("tbody", rows, raw=True), raw=True, class_="files")
    yield tag("div", table, raw=True, class_="wide")
    if count > len(files):
        yield tag("p", f"{many(count - len(files), 'file')} more, not shown.", class_="small")


def _row(file: File) -> str:
    name = escape(file.name) + tag("div", " · ".join(part for part in (
        file.job, file.partner, {"T": "test", "P": "production"}.get(file.usage, ""),
        f"again, for {file.replays}" if file.replays else "",
    ) if part), class_="small")  # fmt: skip
    badge = {"archive": "accepted", "error": "rejected", "quarantine": "warning"}.get(file.folder, "unknown")
    became = tag("span", _state(file), class_=f"badge plain {badge}")
    if reason := why(file):
        became += tag("div", reason, class_="small")
    answers = "".join(tag("div", kind) for kind, _ in file.answers) or "nothing"
    cells = tag("td", file.came) + tag("th", name, raw=True, scope="row") + tag("td", became, raw=True)
    cells += tag("td", f"{file.claims:,}", class_="num")
    for fate in ("rejected", "refused"):
        cells += tag("td", f"{file.fates[fate].claims:,}", class_="num")
    cells += tag("td", dollars(file.charges) if file.money else "not known", class_="num")
    return tag("tr", cells + tag("td", answers, raw=True), raw=True)


def _waiting(day: Day) -> Iterator[str]:
    rows = "".join(
        tag("tr", tag("th", name, scope="row") + tag("td", f"{size:,}", class_="num") + tag("td", _age(seconds)),
            raw=True) for name, size, seconds in day.waiting
    )  # fmt: skip
    table = head("file", "bytes", "unchanged for", numbers=_NUMBERS) + tag("tbody", rows, raw=True)
    yield tag("div", tag("table", table, raw=True), raw=True, class_="wide")
    if day.more_waiting:
        yield tag("p", f"{many(day.more_waiting, 'file')} more, not shown.", class_="small")


def _state(file: File) -> str:
    return _FOLDERS[file.folder] if file.state == "DONE" else file.state.lower()


def _numbers(count: Count) -> str:
    return tag("td", f"{count.claims:,}", class_="num") + tag("td", dollars(count.charges), class_="num")


def _plain(count: Count, money: bool = True) -> dict[str, Any]:
    return {"claims": count.claims, "charges": f"{count.charges:.2f}" if money else None}


def _age(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return many(seconds // size, word)
    return many(seconds, "second")
