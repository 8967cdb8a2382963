"""A policy as a page to read: its sentences with the edits under them, its code sets, what is off.

Enters: a policy file that was read. Leaves: text, or one page of HTML that needs nothing else, no
script and no font, and prints as it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from textwrap import wrap

from edi837 import safe, statuscodes
from edi837.edit import Edit
from edi837.editfile import plain
from edi837.policyfile import PolicyFile, Unenforced
from edi837.scope import KEYS, Scope

WIDTH = 100
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"])")


@dataclass(slots=True)
class Passage:
    """A sentence or heading of the published text, and what is made of it."""

    text: str
    heading: bool = False
    edits: list[Edit] = field(default_factory=list)
    unenforced: list[Unenforced] = field(default_factory=list)


def passages(file: PolicyFile) -> list[Passage]:
    """The published text, sentence by sentence, each edit under the first sentence it quotes."""
    found = list(_split(file.text))
    ends, at = [], 0
    for passage in found:
        at += len(plain(passage.text)) + 1
        ends.append(at)
    whole = plain(file.text)

    def quoted(says: str) -> Passage:
        start = whole.find(plain(says))
        return next((each for each, end in zip(found, ends, strict=True) if start < end), found[-1])

    for edit in file.written:
        quoted(edit.says).edits.append(edit)
    for each in file.unenforced:
        quoted(each.says).unenforced.append(each)
    return found


def _split(text: str) -> Iterator[Passage]:
    block: list[str] = []
    rows = [row.strip() for row in text.splitlines()]
    for row, after in zip(rows, [*rows[1:], ""], strict=True):
        heading = row.isupper() or (not block and len(row.split()) < 3 and bool(after) and row[-1:].isalpha())
        if block and (not row or heading or row.startswith("•")):
            yield from _sentences(block)
            block = []
        if row and heading:
            yield Passage(row, heading=True)
        elif row:
            block.append(row)
    if block:
        yield from _sentences(block)


def _sentences(block: Sequence[str]) -> Iterator[Passage]:
    return map(Passage, _SENTENCE.split(" ".join(block)))


# ---------------------------------------------------------------- what both forms say


def header(file: PolicyFile) -> list[tuple[str, str]]:
    """Labels and what they label."""
    off = len(file.written) - len(file.edits)
    days = f"from {_day(file.effective)} on" if file.effective else "of any day"
    return [
        ("file", f"{file.path.name}, in the profile {file.name}"),
        ("judges", f"lines {days}" + (f", to {_day(file.until)}" if file.until else "")),
        ("for", whose(file.scope)),
        ("profiles", ", ".join(file.profiles)),
        ("edits", f"{len(file.edits)} on, {off} off"),
        ("cases", f"{len(file.cases)}"),
    ]


def whose(scope: Scope) -> str:
    """Whose claims a policy or an edit is for, in words."""
    told = ((key, sorted(getattr(scope, key))) for key in KEYS)
    return "; ".join(f"{key} {', '.join(words)}" for key, words in told if words) or "every payer's claims"


def weight(edit: Edit, file: PolicyFile) -> str:
    """What becomes of a claim that breaks the edit: rejects, warns, or off."""
    return {"reject": "rejects", "warn": "warns"}[edit.action] if edit in file.edits else "off"


def switched(id: str, keys: str) -> str:
    """The line of a profile that changes an edit: ``042-A03 = { on = false }``."""
    return f"{id} = {{ {keys} }}"


def needs(edit: Edit) -> str:
    """What must be there before an edit that is off is switched on."""
    if edit.on:
        return "a profile that takes this source"
    return f"that the payer goes by {edit.rests_on}" if edit.rests_on else "that the payer reads these words so"


def _basis(edit: Edit) -> str:
    return {"explicit": "the policy says it", "implied": "it follows from the policy's words"}.get(
        edit.source, f"it rests on {edit.rests_on}"
    )


def _day(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def _sets(file: PolicyFile) -> Iterator[tuple[str, str, list[str]]]:
    for name, codes in file.sets.items():
        daily = ", one unit a day" if codes and codes <= file.daily else ""
        yield name, f"{len(codes)} codes{daily}", sorted(codes)


# ---------------------------------------------------------------- text


def as_text(file: PolicyFile) -> str:
    """The page in lines of 100 columns."""
    lines = [f"{file.number} {file.title}"]
    lines += [f"  {label:10}{words}" for label, words in header(file)]
    lines += ["", "THE POLICY, AND WHAT IS ASKED OF A CLAIM"]
    for passage in passages(file):
        lines += ["", *wrap(passage.text, WIDTH, break_long_words=False, break_on_hyphens=False)]
        for edit in passage.edits:
            lines.append(f"    {edit.id:9} {weight(edit, file):8} {edit.title} ({edit.source})")
            lines += wrap(edit.message, WIDTH, initial_indent=" " * 23, subsequent_indent=" " * 23)
        for each in passage.unenforced:
            said = f"not asked: “{each.says}”: {each.why}"
            lines += wrap(said, WIDTH, initial_indent="    ", subsequent_indent="      ")
    if off := [edit for edit in file.written if edit not in file.edits]:
        lines += ["", "WRITTEN DOWN, BUT OFF"]
        for edit in off:
            lines += ["", f"    {edit.id:9} {edit.title}"]
            lines += wrap(f"needs {needs(edit)}", WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14)
            lines.append(f"              on with {switched(edit.id, 'on = true')} under [profile.NAME.edits]")
    lines += ["", "CODE SETS"]
    for name, size, codes in _sets(file):
        lines += ["", f"    {name}: {size}"]
        lines += wrap(" ".join(codes), WIDTH, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)


# ---------------------------------------------------------------- HTML

STYLE = """
:root { color-scheme: light dark; --ink: #111111; --paper: #ffffff; --line: #999999; --soft: #444444; --off: #666666;
  --bad: #990000; --warn: #885500; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14171b; --line: #59626e;
  --soft: #b3bbc6; --off: #9aa3af; --bad: #ff9a94; --warn: #f0c26b; } }
body { font: 11pt/1.4 Georgia, serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.6em; } h2 { font-size: 1.2em; border-bottom: 1px solid var(--line); margin-top: 2em; }
h3 { font-size: 1em; letter-spacing: .05em; margin: 1.5em 0 .3em; }
dl { display: grid; grid-template-columns: 7em 1fr; margin: 0; } dd { margin: 0; }
blockquote { margin: 1em 0 .4em; padding-left: .8em; border-left: 3px solid var(--line); font-style: italic; }
.edit { margin: .5em 0 .8em 1.5em; break-inside: avoid; } .edit p { margin: .1em 0; }
.rejects { color: var(--bad); font-weight: bold; } .warns { color: var(--warn); font-weight: bold; }
.off { color: var(--off); } .small { font-size: .85em; color: var(--soft); } code { font: .9em/1.4 monospace; }
.codes { font: .85em/1.5 monospace; margin: .2em 0 1em; overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; } h2, h3, blockquote { break-after: avoid; } }
"""


def as_html(file: PolicyFile) -> str:
    """The page as a document."""
    title = escape(f"{file.number} {file.title}")
    parts = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">']
    parts += [f'<meta http-equiv="Content-Security-Policy" content="{escape(safe.PAGE_POLICY)}">']
    parts += ['<meta name="viewport" content="width=device-width, initial-scale=1">', f"<title>{title}</title>"]
    parts += [f"<style>{STYLE}</style></head><body>", f"<h1>{title}</h1>", "<dl>"]
    parts += [f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>" for label, words in header(file)]
    parts += ["</dl>", "<h2>The policy, and what is asked of a claim</h2>"]
    for passage in passages(file):
        tag = "h3" if passage.heading else "blockquote"
        parts.append(f"<{tag}>{escape(passage.text)}</{tag}>")
        parts += [_edit(edit, file) for edit in passage.edits]
        parts += [
            f'<p class="edit small">Not asked: “{escape(each.says)}”: {escape(each.why)}</p>'
            for each in passage.unenforced
        ]
    parts.append("<h2>Code sets</h2>")
    for name, size, codes in _sets(file):
        parts.append(f'<h3>{escape(name)}: {escape(size)}</h3><p class="codes">{escape(" ".join(codes))}</p>')
    return "\n".join([*parts, "</body></html>", ""])


def _edit(edit: Edit, file: PolicyFile) -> str:
    word = weight(edit, file)
    rows: Iterable[str] = (
        f'<b>{edit.id}</b> {escape(edit.title)} <span class="{word}">{word}</span>',
        escape(edit.message),
        f"Change: {escape(edit.fix)}",
        *([f"Where both have the same code: {escape(edit.fix_same)}"] if edit.fix_same else []),
    )
    small = [f"{_basis(edit)}; check {edit.check.name}", *(statuscodes.describe(code) for code in edit.status)]
    if word == "off":
        small.append(f"off; it needs {needs(edit)}")
    told = "".join(f"<p>{row}</p>" for row in rows) + "".join(f'<p class="small">{escape(row)}</p>' for row in small)
    return f'<div class="edit" id="{edit.id}">{told}</div>'
