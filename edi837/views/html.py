"""Pages of HTML that need nothing else: no script, no font, nothing remote. Text is escaped where it enters.

A page carries a policy that forbids the browser everything but its own styles.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from html import escape

from edi837 import safe

POLICY = safe.PAGE_POLICY

STYLE = """
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #4d5561; --line: #c9ced6; --paper: #ffffff; --tint: #f4f6f8;
  --link: #0b4f9e; --good: #14663a; --goodtint: #e8f5ed; --bad: #a01818; --badtint: #fdecec; --warn: #7a4b00;
  --warntint: #fdf3e0; --mark: #ffd9d9; --markink: #7d0f0f; --other: #fff0c2; --otherink: #5c3a00; --first: #1f5fa8;
  --second: #0c6b62; --third: #6b3fa0; --fourth: #8a93a0; --inside: #ffffff; --grid: #e3e6eb; --crowded: #ffdede;
  --crowdedline: #d9a3a3; --bar: #a01818; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a9b2bf; --line: #434c58;
  --paper: #14171b; --tint: #1e2329; --link: #8ab8f5; --good: #7fd6a0; --goodtint: #12301f; --bad: #ff9a94;
  --badtint: #3a1719; --warn: #f0c26b; --warntint: #332708; --mark: #63201f; --markink: #ffd6d3; --other: #4a3a08;
  --otherink: #ffe6a3; --first: #6aa5ee; --second: #57c7bb; --third: #b79af0; --fourth: #76808d; --inside: #0c1013;
  --grid: #2a3038; --crowded: #4a2022; --crowdedline: #7d4a4c; --bar: #d4635e; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .3rem 0; }
a { color: var(--link); }
code, pre, .mono { font: 13px/1.55 ui-monospace, "SFMono-Regular", Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: .3rem 0; padding: .5rem .7rem; background: var(--tint); border: 1px solid var(--line); border-radius: 4px;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: var(--markink); border-bottom: 2px solid var(--bad); padding: 0 1px; }
mark.other { background: var(--other); color: var(--otherink); border-bottom: 2px dashed var(--warn); }
dl { display: grid; grid-template-columns: 7.5rem 1fr; gap: .15rem .8rem; margin: .4rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.verdict { font-size: 1.1rem; color: var(--soft); margin-bottom: 1.2rem; }
.badge { display: inline-block; font-size: .78rem; font-weight: 650; border-radius: 3px; padding: .05rem .45rem;
  margin-left: .6rem; border: 1px solid currentColor; vertical-align: .1em; }
.badge.rejected, .badge.error { color: var(--bad); background: var(--badtint); }
.badge.accepted { color: var(--good); background: var(--goodtint); }
.badge.warning, .badge.unknown { color: var(--warn); background: var(--warntint); }
.head { font-weight: 650; overflow-wrap: anywhere; }
.small { font-size: .87rem; color: var(--soft); }
section.said { margin: .7rem 0; padding: .4rem .8rem; border-left: 4px solid var(--line); }
section.bad { border-left-color: var(--bad); } section.good { border-left-color: var(--good); }
section.set, section.claim, section.provider { margin-left: 1.2rem; }
details > summary { cursor: pointer; padding: .2rem 0; }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.num, th.num { text-align: right; white-space: nowrap; }
svg { display: block; max-width: 100%; height: auto; margin: .4rem 0; }
details.claim { border: 1px solid var(--line); border-left-width: 4px; border-radius: 4px; padding: .3rem .8rem .5rem;
  margin: .7rem 0; } details.claim.rejected { border-left-color: var(--bad); }
details.claim.warning { border-left-color: var(--warn); }
.finding { border-top: 1px solid var(--line); margin-top: .6rem; } .finding h3 { margin-bottom: .2rem; }
pre i { color: var(--soft); font-family: system-ui, sans-serif; font-size: 12px; }
table.totals { width: auto; min-width: 24rem; } tr.wrong td { background: var(--badtint); }
tbody th { color: var(--ink); font-weight: 400; overflow-wrap: anywhere; min-width: 8rem; }
.wide { overflow-x: auto; } .badge.plain { margin-left: 0; }
table.bars { table-layout: fixed; } .bars thead :nth-child(2) { width: 5rem; }
.bars thead :nth-child(3) { width: 9rem; } .bars thead :nth-child(4) { width: 12rem; }
svg text { font: 12px/1 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; fill: var(--ink);
  white-space: pre; }
svg .tick { font-size: 11px; fill: var(--soft); } svg .label { text-anchor: end; } svg .label.wrong { fill: var(--bad);
  font-weight: 700; } svg .inside { fill: var(--inside); font-size: 11px; font-weight: 700; }
svg .grid { stroke: var(--grid); stroke-width: 1; } svg .bar { fill: var(--bar); }
svg .crowded { fill: var(--crowded); }
.first { fill: var(--first); background: var(--first); } .second { fill: var(--second); background: var(--second); }
.third { fill: var(--third); background: var(--third); }
svg .other, .key.other { fill: var(--fourth); background: var(--fourth); }
.crowdedkey { background: var(--crowded); outline: 1px solid var(--crowdedline); }
svg .span.wrong { stroke: var(--bad); stroke-width: 3; }
.key { display: inline-block; width: .9rem; height: .7rem; border-radius: 2px; margin-left: .6rem; }
.key:first-child { margin-left: 0; } .legend { white-space: normal; }
@media print { details::details-content { content-visibility: visible; height: auto; }
  body { max-width: none; padding: 0; font-size: 10pt; } h2, h3 { break-after: avoid; }
  section, .claim, .finding, tr, svg { break-inside: avoid; } pre { white-space: pre-wrap; }
  mark, .badge, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
@page { margin: 15mm; }
"""


def tag(name: str, inner: str = "", *, raw: bool = False, class_: str = "", **facts: object) -> str:
    """An element around a text, which is escaped unless it is ``raw``; ``_`` in a name stands for ``-``."""
    told = {"class": class_} if class_ else {}
    told |= {key.replace("_", "-"): str(value) for key, value in facts.items()}
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in told.items())
    return f"<{name}{attributes}>{inner if raw else escape(inner)}</{name}>"


def page(title: str, body: str, style: str = "") -> str:
    """A document of a title and a body that is HTML already."""
    return f"{opening(title, style)}{body}\n{CLOSING}"


def opening(title: str, style: str = "") -> str:
    """A document up to its body, which may follow in parts; ``style`` comes after the styles of all pages."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n"
    )


CLOSING = "</body>\n</html>\n"


def listed(rows: Iterable[tuple[str, str]]) -> str:
    """Labels and what is said of each."""
    return tag("dl", "".join(tag("dt", label) + tag("dd", safe.text(words)) for label, words in rows), raw=True)


def head(*names: str, numbers: Container[str] = ()) -> str:
    """The head of a table; of an empty name a cell that heads nothing; ``numbers`` stand at the right."""
    cells = "".join(
        tag("th", name, scope="col", class_="num" if name in numbers else "") if name else tag("td") for name in names
    )
    return tag("thead", tag("tr", cells, raw=True), raw=True)
