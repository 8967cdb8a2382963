"""A payer's policy, and its judgement on the claims of one patient.

Enters: the name of a shipped policy or profile, or the path of a policy file; then, again
and again, all claims under one HL of an 837. Leaves: the findings on each claim. Most
claims hold nothing that concerns a policy, so the first thing done to a line is one
dictionary look-up, and an edit is asked only when every kind of line it speaks of is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from edi837 import policyfile
from edi837.checks import SCOPES, Answer, Breaks, Check, Lines, vocabulary
from edi837.claim import Claim, ServiceLine
from edi837.edit import Edit
from edi837.findings import Finding
from edi837.parts import Parts
from edi837.problems import PolicyError, nearest

__all__ = ["Check", "Edit", "Policy", "PolicyError", "load", "names", "vocabulary"]

_SHIPPED = Path(__file__).parent / "policies"
_MOST_KNOWN = 4096  # combinations of code sets whose edits are remembered
_NAMED = 1  # the bit of every code an edit speaks of, though none may wait for it
_VOID = "8"  # CLM05-3
_REPLACEMENT = "7"
_LOOKED = {
    "patient": "only the claims that came together were looked at",
    "file": "only the claims of this file were looked at",
}
_WEIGHT = {"unknown": 0, "warn": 1, "reject": 2}


class Policy:
    """Edits ready to be asked, in the order of their file."""

    def __init__(self, file: policyfile.PolicyFile) -> None:
        self.file = file
        self.name = file.name
        self.number = file.number
        self.title = file.title
        self.text = file.text
        self.effective = file.effective
        self.until = file.until
        self.edits = file.edits
        self.unenforced = file.unenforced
        self.scope = file.scope
        self.reach = max((edit.scope for edit in file.edits), key=SCOPES.index, default="line")  # it looks as far
        self._daily = file.daily
        self._of_code: dict[str, int] = {}  # code: the sets it is in, a bit for each
        self._of_modifier: dict[str, int] = {}
        bits: dict[tuple[bool, frozenset[str]], int] = {}
        asked = [(self._bits(edit, edit.check.wakes, bits), self._bits(edit, edit.check.twice, bits), edit)
                 for edit in file.edits]
        for codes in (words for edit in file.edits for words in edit.codes):
            self._of_code.update((code, self._of_code.get(code, 0) | _NAMED) for code in codes)
        self._asked = {kind: tuple(each for each in asked if each[2].only in ("", f"837{kind}"))
                       for kind in ("P", "I")}
        self._known: dict[tuple[str, int, int], tuple[Edit, ...]] = {}
        self._order = {edit.id: number for number, edit in enumerate(file.edits)}

    def _bits(self, edit: Edit, names: Iterable[str], bits: dict[tuple[bool, frozenset[str]], int]) -> int:
        """One bit for each set of codes or modifiers an edit waits for, known by its members."""
        mask = 0
        for name in names:
            words = edit.words.get(name)
            if isinstance(words, tuple):
                words = frozenset().union(*(one | rest for one, rest in words))
            if not isinstance(words, frozenset):
                continue
            kind = next(each.kind for each in edit.check.parameters if each.name == name)
            codes = kind != "Words"
            bit = bits.setdefault((codes, words), 2 << len(bits))
            table = self._of_code if codes else self._of_modifier
            for word in words:
                table[word] = table.get(word, 0) | bit
            mask |= bit
        return mask

    def judge(
        self, claims: Sequence[Claim], *, levels: Sequence[int] = (), reach: str = "patient"
    ) -> list[list[Finding]]:
        """The findings on each claim, given all claims of one patient as far as they were gathered.

        ``levels`` numbers the HL each claim stands under, 0 for one accepted before this file; left
        out, all stand under one. ``reach`` says how far they were gathered (a word of `SCOPES`): what
        an edit misses that looks farther is only a warning. Void claims and lines outside the policy's
        dates are not judged. The frames of each `Place` (interchange, group, set) are left empty.
        """
        of_code, of_modifier = self._of_code, self._of_modifier
        present = twice = 0
        sifted: list[list[ServiceLine]] = []
        for claim in claims:
            mine: list[ServiceLine] = []
            for line in claim.lines:
                bits = of_code.get(line.procedure, 0)
                for modifier in line.modifiers:
                    bits |= of_modifier.get(modifier, 0)
                if bits and line.qualifier == "HC" and claim.frequency != _VOID:
                    twice |= present & bits
                    present |= bits
                    mine.append(line)
            sifted.append(mine)
        if not present:
            return [[] for _ in claims]
        if self.scope:
            sifted = [mine if self.scope.covers(claim) else [] for claim, mine in zip(claims, sifted, strict=True)]
        parts = Parts(claims, sifted, levels, self._lines)
        raised: list[tuple[Edit, Answer]] = []
        for edit in self._awake(claims[0].kind, present, twice):
            for part in parts.of(edit):
                for answer in edit.ask(part):
                    raised.append((edit, answer))
        if not raised:
            return [[] for _ in claims]
        for edit, answer in raised:
            short = edit.check.misses and SCOPES.index(reach) < SCOPES.index(edit.scope)
            if short and isinstance(answer, Breaks):
                answer.doubt = answer.doubt or _LOOKED[reach]
        return self._settle(claims, parts.whole, raised)

    def concerns(self, line: ServiceLine) -> bool:
        """Whether an edit looks at lines of this code, or with one of these modifiers."""
        return line.procedure in self._of_code or not self._of_modifier.keys().isdisjoint(line.modifiers)

    def _awake(self, kind: str, present: int, twice: int) -> tuple[Edit, ...]:
        """The edits that lines of these sets can break; remembered, for claims are much alike."""
        key = (kind, present, twice)
        awake = self._known.get(key)
        if awake is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            awake = self._known[key] = tuple(
                edit for wakes, pair, edit in self._asked[kind] if wakes & present == wakes and pair & twice == pair
            )
        return awake

    def _lines(self, claims: Sequence[Claim], mine: list[ServiceLine]) -> Lines:
        """The lines, those outside the policy's dates apart."""
        since, until = self.effective or date.min, self.until or date.max
        for line in mine:
            if line.first is not None and not since <= line.first <= until:
                break
        else:
            return Lines(claims, mine, (), self._daily)
        judged = [line for line in mine if line.first is None or since <= line.first <= until]
        others = [line for line in mine if line.first is not None and not since <= line.first <= until]
        return Lines(claims, judged, others, self._daily)

    def _settle(
        self, claims: Sequence[Claim], lines: Lines, raised: list[tuple[Edit, Answer]]
    ) -> list[list[Finding]]:
        """One finding a fault: consequences hidden, of each edit the strongest answer on a line."""
        hidden: dict[object, int] = {}
        superseded = {claim.id for claim in claims if claim.frequency in (_REPLACEMENT, _VOID)}
        for edit, answer in raised:
            if isinstance(answer, Breaks):
                _doubt_replacement(answer, lines, superseded)
                for id_ in edit.hides:
                    key = (id_, _mark(answer))
                    hidden[key] = max(hidden.get(key, 0), _WEIGHT[edit.outcome(answer)])
        best: dict[tuple[str, int], tuple[int, Edit, Answer]] = {}
        for edit, answer in raised:
            weight = _WEIGHT[edit.outcome(answer)]
            marks = {id(answer.line), _mark(answer) if isinstance(answer, Breaks) else 0}
            if any(hidden.get((edit.id, mark), -1) >= weight for mark in marks):
                continue
            strength = 2 * weight + (isinstance(answer, Breaks) and answer.certain)
            place = (edit.id, id(answer.line))
            if place not in best or best[place][0] < strength:
                best[place] = (strength, edit, answer)
        rank = {id(line): number for claim in claims for number, line in enumerate(claim.lines)}
        index = {id(claim): number for number, claim in enumerate(claims)}
        verdicts: list[list[tuple[int, int, Finding]]] = [[] for _ in claims]
        for _, edit, answer in best.values():
            finding = edit.finding(answer, claims, lines)
            at = -1 if finding.level == "claim" else rank[id(answer.line)]
            verdicts[index[id(lines.claim(answer.line))]].append((at, self._order[edit.id], finding))
        return [[finding for *_, finding in sorted(each, key=lambda f: f[:2])] for each in verdicts]


def _mark(answer: Breaks) -> object:
    """What a finding is about: a line, or two lines in either order."""
    return frozenset((id(answer.line), id(answer.other))) if answer.other is not None else id(answer.line)


def _doubt_replacement(answer: Breaks, lines: Lines, superseded: set[str]) -> None:
    """A claim that is replaced or voided may be the very one that another is at odds with."""
    if answer.other is None or answer.doubt:
        return
    home, other = lines.claim(answer.line), lines.claim(answer.other)
    if home is other:
        return
    if _REPLACEMENT in (home.frequency, other.frequency):
        answer.doubt = "one claim replaces an earlier one, which may be the other"
    elif home.id in superseded or other.id in superseded:
        answer.doubt = "one of the two claims is replaced or voided by another"


def load(name: str | Path, profile: str = "") -> Policy:
    """A shipped policy or profile by its name, or a policy file by its path, FILE.toml or FILE.toml#PROFILE.

    ``profile`` chooses among the profiles of a file. PolicyError says all that is wrong
    with the file, or that there is no policy of this name.
    """
    return Policy(policyfile.read(*locate(name, profile)))


def locate(name: str | Path, profile: str = "") -> tuple[Path, str]:
    """The file of a policy, and its profile, which is empty for the policy's number. PolicyError when there is none."""
    file, mark, chosen = str(name).partition(".toml#")
    if mark:
        return Path(f"{file}.toml"), chosen
    if isinstance(name, Path) or name.endswith(".toml"):
        return Path(name), profile
    for path in shipped():
        known = policyfile.profiles(path)
        if name in known:
            return path, profile or (name if name != known[0] else "")
    raise PolicyError([f'there is no policy "{name}"{nearest(name, names())}'])


def names() -> tuple[str, ...]:
    """The shipped policies and their profiles."""
    return tuple(name for path in shipped() for name in policyfile.profiles(path))


def shipped() -> list[Path]:
    """The files of the shipped policies."""
    return sorted(path for path in _SHIPPED.glob("*.toml") if not path.name.endswith(".cases.toml"))
