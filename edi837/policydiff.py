"""What changed between two policies, in words.

Enters: two policy files, or two profiles of one. Leaves: lines, each with its place: the policy, an
edit, a code set or a sentence that is not asked. An edit is the same one when its id is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from edi837.edit import Edit
from edi837.policyfile import PolicyFile
from edi837.scope import KEYS, Scope
from edi837.wording import many

Change = tuple[str, str]  # place, what changed there

_TEXTS = ("title", "says", "source", "rests_on", "scope", "only", "message", "fix", "fix_same")
_SETS = {"told_by": "told by", "explained_by": "explained by", "hides": "hides", "warn_only": "warns only on"}
_MOST = 12  # codes named


def changes(old: PolicyFile, new: PolicyFile) -> list[Change]:
    """All that changed, the policy first, then edits, code sets and what is not asked."""
    return [*_header(old, new), *_edits(old, new), *_codes(old, new), *_unenforced(old, new)]


def as_text(old: PolicyFile, new: PolicyFile) -> str:
    """The changes in two columns, a place named once."""
    found = changes(old, new)
    width = max((len(place) for place, _ in found), default=0)
    lines = [f"{_name(old)} -> {_name(new)}: {many(len(found), 'change') if found else 'no changes'}"]
    before = ""
    for place, what in found:
        lines.append(f"  {'' if place == before else place:{width}}  {what}")
        before = place
    return "\n".join(lines)


def _name(file: PolicyFile) -> str:
    return f"{file.name} ({file.path.name})"


def _header(old: PolicyFile, new: PolicyFile) -> Iterator[Change]:
    for name in ("number", "title", "effective", "until"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield "policy", f"{name}: {_shown(before)} -> {_shown(after)}"
    for what in _whose(old.scope, new.scope):
        yield "policy", what
    if " ".join(old.text.split()) != " ".join(new.text.split()):
        yield "policy", "text: the published text is another"


def _edits(old: PolicyFile, new: PolicyFile) -> Iterator[Change]:
    come, gone = _moved(old, new)
    before, after = ({edit.id: edit for edit in file.written} for file in (old, new))
    on_before, on_after = ({edit.id for edit in file.edits} for file in (old, new))
    for id in sorted({*before, *after}):
        if id not in after:
            yield id, f"removed: {before[id].title}"
        elif id not in before:
            weight = after[id].action + ("s" if id in on_after else "s, but it is off")
            yield id, f"added: {after[id].title} ({weight})"
        else:
            if (id in on_before) != (id in on_after):
                yield id, f"switched {'on' if id in on_after else 'off'}: {after[id].title}"
            for what in _edit(before[id], after[id], come, gone):
                yield id, what


def _edit(old: Edit, new: Edit, come: frozenset[str], gone: frozenset[str]) -> Iterator[str]:
    """``come`` and ``gone``: codes of the named sets, told with those."""
    if old.action != new.action:
        yield f"action: {old.action} -> {new.action}"
    if old.status != new.status:
        yield f"status: {_shown(' '.join(old.status))} -> {_shown(' '.join(new.status))}"
    if old.mend != new.mend:
        mends = [" ".join((each.kind, *each.words)) if each else "" for each in (old.mend, new.mend)]
        yield f"mend: {_shown(mends[0])} -> {_shown(mends[1])}"
    if old.check.name != new.check.name:
        yield f"check: {old.check.name} -> {new.check.name}"
    for name in _TEXTS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{name}: {_quoted(before)} -> {_quoted(after)}"
    for name in ("effective", "until"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name}: {_shown(getattr(old, name))} -> {_shown(getattr(new, name))}"
    yield from _whose(old.whose, new.whose)
    for name, label in _SETS.items():
        if what := _members(getattr(old, name), getattr(new, name)):
            yield f"{label}: {what}"
    for name in dict.fromkeys((*old.words, *new.words)):
        before, after = old.words.get(name), new.words.get(name)
        if not _by_sets(before, after, come, gone):
            yield from _word(name, before, after)


def _whose(old: Scope, new: Scope) -> Iterator[str]:
    """What changed of whose claims it is for."""
    for key in KEYS:
        before, after = getattr(old, key) or ("all",), getattr(new, key) or ("all",)
        if what := _members(before, after):
            yield f"{key}: {what}"


def _by_sets(old: object, new: object, come: frozenset[str], gone: frozenset[str]) -> bool:
    """Whether a change of codes is that of the named sets."""
    if not (isinstance(old, frozenset) and isinstance(new, frozenset)):
        return False
    return new - old <= come and old - new <= gone


def _moved(old: PolicyFile, new: PolicyFile) -> tuple[frozenset[str], frozenset[str]]:
    """Codes that came into a named set, and that went from one."""
    both = [(old.sets[name], new.sets[name]) for name in old.sets if name in new.sets]
    nothing: frozenset[str] = frozenset()
    return nothing.union(*(b - a for a, b in both)), nothing.union(*(a - b for a, b in both))


def _word(name: str, old: object, new: object) -> Iterator[str]:
    """A word that the edit gives its check."""
    if old == new:
        return
    if isinstance(old, frozenset | None) and isinstance(new, frozenset | None):
        yield f"{name}: {_members(old or (), new or ())}"
    elif isinstance(old, tuple) and isinstance(new, tuple):
        rows = [{_row(row) for row in each} for each in (old, new)]
        yield f"{name}: {_members(*rows)}"
    elif isinstance(old, Mapping | None) and isinstance(new, Mapping | None):
        pairs = [{f"{word} {number}" for word, number in (each or {}).items()} for each in (old, new)]
        yield f"{name}: {_members(*pairs)}"
    else:
        yield f"{name}: {_shown(old)} -> {_shown(new)}"


def _row(row: object) -> str:
    parts = row if isinstance(row, tuple) else (row,)
    return " with ".join(" ".join(sorted(part)) if isinstance(part, frozenset) else str(part) for part in parts)


def _codes(old: PolicyFile, new: PolicyFile) -> Iterator[Change]:
    for name in dict.fromkeys((*old.sets, *new.sets)):
        place = f"codes {name}"
        if name not in new.sets:
            yield place, f"the set is gone ({len(old.sets[name])} codes)"
        elif name not in old.sets:
            yield place, f"a new set of {len(new.sets[name])} codes"
        elif what := _members(old.sets[name], new.sets[name]):
            touched = _touched(old, new, old.sets[name] ^ new.sets[name])
            yield place, what + (f"; of concern to {', '.join(touched)}" if touched else "")
    if what := _members(old.daily, new.daily):
        yield "codes", f"counted by the day: {what}"


def _touched(old: PolicyFile, new: PolicyFile, codes: frozenset[str]) -> list[str]:
    """The edits of both whose own codes change by these."""
    before = {edit.id: edit for edit in old.written}
    found = []
    for edit in new.written:
        words = before[edit.id].words if edit.id in before else {}
        pairs = [(words.get(name), edit.words[name]) for name in edit.words if name in words]
        if any(isinstance(a, frozenset) and isinstance(b, frozenset) and (a ^ b) & codes for a, b in pairs):
            found.append(edit.id)
    return found


def _unenforced(old: PolicyFile, new: PolicyFile) -> Iterator[Change]:
    before, after = ({each.says: each.why for each in file.unenforced} for file in (old, new))
    for says in dict.fromkeys((*before, *after)):
        if says not in after:
            yield "not asked", f"no longer listed: “{says}”"
        elif says not in before:
            yield "not asked", f"listed: “{says}”: {after[says]}"
        elif before[says] != after[says]:
            yield "not asked", f"why of “{says}”: {before[says]} -> {after[says]}"


def _members(old: Iterable[str], new: Iterable[str]) -> str:
    """``2 added (S9500, S9501), 1 removed (S9999)``; empty when the members are the same."""
    gone, come = sorted({*old} - {*new}), sorted({*new} - {*old})
    told = [(come, "added"), (gone, "removed")]
    return ", ".join(f"{len(some)} {what} ({_listed(some)})" for some, what in told if some)


def _listed(words: list[str]) -> str:
    return ", ".join(words[:_MOST]) + (f" and {len(words) - _MOST} more" if len(words) > _MOST else "")


def _quoted(value: object) -> str:
    return f"“{value}”" if value else "none"


def _shown(value: object) -> str:
    return "none" if value in (None, "") else f"{value:%m/%d/%Y}" if hasattr(value, "strftime") else str(value)
