"""What an id means: a rule, a code of an answer, an element, segment or loop.

Enters: an id as a person types it, and the policies at hand. Leaves: a few lines of text.
Rules speak for themselves (their policy file); codes are in ``codes/*.toml``, in our own words;
what the guides hold is read from their maps at run time (module `guidebook`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from textwrap import fill

from edi837 import examples, guidebook, policyshow, snip, statuscodes
from edi837.edit import Edit, Waiting
from edi837.findings import Edi837Error
from edi837.rules import Policy

WIDTH = 100

# What the codes of a TA1 and a 999 mean, by the element that carries them.
_CODES = tomllib.loads((Path(__file__).parent / "codes" / "syntax.toml").read_text(encoding="utf-8"))
NEVER: dict[str, list[str]] = _CODES.pop("never")  # of them, those that no answer of ours carries
SYNTAX: dict[str, dict[str, str]] = _CODES
_WHERE = {  # element that carries the code, X12's list of codes, and what the answer says with it
    "TA1": ("TA105", "I18", "A TA1 says it of the interchange."),
    "AK9": ("AK905 to AK909", "716", "A 999 says it of the functional group."),
    "IK5": ("IK502 to IK506", "618", "A 999 says it of the transaction set."),
    "IK3": ("IK304", "620", "A 999 says it of a segment, with its position in the set (ST is 1) and its loop."),
    "IK4": ("IK403", "621", "A 999 says it of an element, with its position in the segment."),
}
OWN = {
    "X12-STRAY": "bytes of the file belong to no interchange and were not read; a warning, in the report only",
    "X12-EMPTY": "segment terminators have nothing before them; a warning, in the report only",
    "X12-BATCH": "BHT03 came before from its submitter; a warning in the report, or the set goes back with A3:746",
    "X12-AK9-NOTE": "an element of GS is not of its form, or GS06 and GE02 differ in leading zeros; a warning, in the "
    "report only, for AK905 has no code for it",
}
_SYNTAX_ID = re.compile(r"(?:X12-)?(TA1|AK9|IK5|IK3|IK4)[-:](\w+)\Z")
_SOURCES = {
    "explicit": "The policy says it in these words.",
    "implied": "It follows from these words, one step further.",
    "external": "It rests on",
}
_SCOPES = {
    "line": "each line by itself",
    "claim": "the lines of one claim",
    "patient": "all claims of the patient that came together",
    "file": "all claims of the patient in the file",
    "history": "all claims of the patient in the file, and those accepted before",
}
_ACTIONS = {
    "reject": "sends the claim back when the breach is certain, and warns when it is only possible",
    "warn": "only warns: the claim goes on, and the report says why",
}
_STATUS_TABLES = (
    ("category", statuscodes.CATEGORIES),
    ("status", statuscodes.STATUSES),
    ("entity", statuscodes.ENTITIES),
)


class UnknownId(Edi837Error, LookupError):
    """There is nothing of this id; the message has those that come nearest."""


def explain(id: str, policies: Sequence[Policy]) -> str:
    """What an id means, in lines of 100 columns at most. UnknownId when there is nothing of that id.

    An id is a rule of the policies (042-A03), a claim status (A8:453, A7:145:82, 453), a code of
    a TA1 or 999 (TA1:021, AK9:5, IK5:4, IK3:3, IK4:7), the same as a rule of ours (X12-IK4-7),
    or an element (CLM05, SV101-3), segment (SV1) or loop (2400) of a guide; in any case of letters.
    """
    wanted = id.strip().upper()
    found = [
        *(_rule(policy, edit) for policy in policies for edit in policy.file.written if edit.id.upper() == wanted),
        *(_waits(policy, edit) for policy in policies for edit in policy.file.waiting if edit.id.upper() == wanted),
        *(_beyond(rule) for rule in snip.RULES if rule.id == wanted),
        *_syntax(wanted),
        *_status(wanted),
        *guidebook.of(wanted),
    ]
    if not found:
        raise UnknownId(f"there is nothing called {id.strip()!r}{_nearest(wanted, policies)}")
    return "\n\n".join(dict.fromkeys(found))


def _rule(policy: Policy, edit: Edit) -> str:
    judged = f"lines of the {edit.only} only" if edit.only else "lines of the 837P and 837I"
    rests = f" {edit.rests_on}, beside the policy's words." if edit.rests_on else ""
    told = [
        ("", f"{edit.id}  {edit.title}"),
        ("policy", f"{policy.number} {policy.title}; line {edit.row} of its file"),
        ("says", f"“{edit.says}”"),
        ("", f"{_SOURCES[edit.source]}{rests}"),
        ("asks", f"{edit.check.doc.splitlines()[0]} ({edit.check.name})"),
        *((name, _word(value)) for name, value in edit.words.items()),
        ("looks at", f"{_SCOPES[edit.scope]}; {judged}"),
        ("a breach", _ACTIONS[edit.action]),
    ]
    if edit.whose:
        told.append(("is for", policyshow.whose(edit.whose)))
    if edit.effective or edit.until:
        told.append(("is for", f"lines from {edit.effective or 'any day'} to {edit.until or 'any day'}"))
    if edit not in policy.edits:
        told.insert(1, ("is off", "in this profile: no claim is judged by it"))
    if edit.told_by:
        told.append(("told by", f"{' or '.join(edit.told_by)} of the guide, where it finds the same slip"))
    if edit.explained_by:
        rules = " or ".join(edit.explained_by)
        told.append(("silent", f"where another line of the claim, which may be what is missing, goes back by {rules}"))
    if edit.warn_only:
        told.append(("only warns", f"on {_word(edit.warn_only)}"))
    told += [("message", edit.message), ("change", edit.fix)]
    if edit.fix_same:
        told.append(("same code", edit.fix_same))
    told += [(f"277CA {code}", statuscodes.describe(code)) for code in edit.status]
    if edit.hides:
        told.append(("hides", f"on the same line {', '.join(sorted(edit.hides))}, its consequence"))
    return "\n".join([_laid(told), *examples.rows(examples.of(policy, edit), WIDTH, 14)])


def _waits(policy: Policy, edit: Waiting) -> str:
    rests = f" {edit.rests_on}, beside the policy's words." if edit.rests_on else ""
    return _laid(
        [
            ("", f"{edit.id}  {edit.title}"),
            ("policy", f"{policy.number} {policy.title}; line {edit.row} of its file"),
            ("says", f"“{edit.says}”"),
            ("", f"{_SOURCES[edit.source]}{rests}"),
            ("not asked", f"it would need {edit.needs}"),
        ]
    )


def _beyond(rule: snip.Rule) -> str:
    told = [
        ("", f"{rule.id}  {rule.title}"),
        ("type", f"SNIP {rule.snip}; {f'837{rule.kind} only' if rule.kind else '837P and 837I'}"),
        ("element", rule.at),
        ("rests on", rule.source),
        ("a breach", _ACTIONS[rule.action]),
        ("change", rule.fix),
    ]
    told += [(f"277CA {code}", statuscodes.describe(code.replace(":{entity}", ""))) for code in rule.status]
    return _laid(told)


def _syntax(wanted: str) -> Iterator[str]:
    if wanted in OWN:
        yield _laid([("", wanted), ("means", OWN[wanted])])
    match = _SYNTAX_ID.match(wanted)
    if not match:
        return
    kind, code = match.groups()
    words = SYNTAX[kind]
    code = code if code in words else code.zfill(3)
    if code in words:
        element, codes, answer = _WHERE[kind]
        told = [("", f"{kind}:{code}"), ("means", words[code]), ("in", f"{element}, code list {codes}")]
        if code in NEVER.get(kind, ()):
            yield _laid([*told, ("", "This program never gives it.")])
        else:
            yield _laid([*told, ("", answer), ("rule", f"X12-{kind}-{code}")])


def _status(wanted: str) -> Iterator[str]:
    if _SYNTAX_ID.match(wanted):
        return
    try:
        meaning = statuscodes.describe(wanted)
    except ValueError:
        return
    told = [("", wanted), ("means", meaning)]
    told.append(("in", "STC01, STC10 and STC11 of a 277CA: category, status, and the party it is about"))
    yield _laid(told)


def _word(value: object) -> str:
    """A word of an edit: codes, numbers, or codes and numbers in pairs."""
    if isinstance(value, frozenset):
        words = sorted(map(str, value))
        shown = ", ".join(words[:12])
        return shown if len(words) <= 12 else f"{shown} ... {words[-1]} ({len(words)} in all)"
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_word(number)}" for name, number in value.items())
    if isinstance(value, tuple):
        rows = [" with ".join(_word(part) for part in row) for row in value[:3]]
        return "; ".join(rows) + (f"; ... ({len(value)} rows in all)" if len(value) > 3 else "")
    return str(value)


def _laid(told: Iterable[tuple[str, str]]) -> str:
    """Labels and what they label, in two columns; a head has no label and comes first."""
    lines = []
    for number, (label, words) in enumerate(told):
        lead = "" if not number else f"  {label:<13} "
        lines.append(fill(words, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False))
    return "\n".join(lines)


def _nearest(wanted: str, policies: Sequence[Policy]) -> str:
    known = [edit.id for policy in policies for edit in policy.file.written]
    known += [edit.id for policy in policies for edit in policy.file.waiting]
    known += [f"{kind}:{code}" for kind, words in SYNTAX.items() for code in words]
    known += [rule.id for rule in snip.RULES]
    known += [*OWN, *statuscodes.CATEGORIES, *statuscodes.STATUSES, *statuscodes.ENTITIES, *guidebook.ids()]
    if ":" in wanted and wanted.partition(":")[0] not in SYNTAX:  # a composite: the part that is not known
        for part, (what, table) in zip(wanted.split(":"), _STATUS_TABLES, strict=False):
            if part not in table and not (what == "status" and statuscodes.listed(part)):
                return f": {part!r} is no {what}{_close(part, table)}"
    return _close(wanted, known)


def _close(wanted: str, known: Iterable[str]) -> str:
    close = get_close_matches(wanted, dict.fromkeys(name.upper() for name in known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
