"""A payer's policy, and its judgement on the claims of one patient.

Enters: the name of a shipped policy or profile, or the path of a policy file; then, again
and again, all claims under one HL of an 837. Leaves: the findings on each claim. Most
claims hold nothing that concerns a policy, so the `Sieve` is asked first: an edit is asked
only when every kind of line it speaks of is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from edi837 import policyfile
from edi837.cases import Case
from edi837.checks import SCOPES, Answer, Breaks, Check, Lines, vocabulary
from edi837.checks.vocabulary import code_of
from edi837.claim import Claim, ServiceLine
from edi837.edit import Edit
from edi837.findings import Finding
from edi837.parts import Parts
from edi837.problems import PolicyError, nearest
from edi837.rivals import Rivals, meet
from edi837.sieve import HCPCS, Sieve

__all__ = ["Check", "Edit", "Policy", "PolicyError", "load", "names", "vocabulary"]

_SHIPPED = Path(__file__).parent / "policies"
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
        self._since, self._until = file.effective or date.min, file.until or date.max
        self.reach = max((edit.scope for edit in file.edits), key=SCOPES.index, default="line")  # it looks as far
        self._daily = file.daily
        self._sieve = Sieve(file.edits)
        self._order = {edit.id: number for number, edit in enumerate(file.edits)}

    def __reduce__(self) -> tuple[type[Policy], tuple[policyfile.PolicyFile]]:
        """Between processes it goes by what was read: the sieve is made anew there."""
        return type(self), (self.file,)

    def judge(
        self, claims: Sequence[Claim], *, levels: Sequence[int] = (), reach: str = "file", since: date = date.min
    ) -> list[list[Finding]]:
        """The findings on each claim, given all claims of one patient as far as they were gathered.

        ``levels`` numbers the HL each claim stands under, 0 for one accepted before this file; left
        out, all stand under one. ``reach`` says how far they were gathered (a word of `SCOPES`): what
        an edit misses that looks farther is only a warning. ``since``: the day the history began; what an edit
        misses there on earlier days is only a warning, too. Void claims and lines outside the policy's
        dates are not judged. The frames of each `Place` (interchange, group, set) are left empty.
        """
        if not claims:
            return []
        sifted, edits = self._sieve.sift(claims)
        if not edits:
            return [[] for _ in claims]
        if self.scope:
            sifted = [mine if self.scope.covers(claim) else [] for claim, mine in zip(claims, sifted, strict=True)]
        parts = Parts(claims, sifted, levels, self._lines)
        raised: list[tuple[Edit, Answer]] = []
        for edit in edits:
            for part in parts.of(edit):
                for answer in edit.ask(part):
                    raised.append((edit, answer))
        if not raised:
            return [[] for _ in claims]
        for edit, answer in raised:
            if edit.check.misses and isinstance(answer, Breaks):
                if SCOPES.index(reach) < SCOPES.index(edit.scope):
                    answer.doubt = answer.doubt or _LOOKED[reach]
                elif edit.scope == "history" and answer.line.first and answer.line.first < since:
                    answer.doubt = answer.doubt or f"the history began on {since:%m/%d/%Y} only"
        return self._settle(claims, parts.whole, raised)

    def covers(self, claim: Claim) -> bool:
        """Whether the policy is for a claim: its payer, and what else the policy asks of it."""
        return self.scope.covers(claim)

    def concerns(self, line: ServiceLine) -> bool:
        """Whether an edit looks at lines of this code, or with one of these modifiers."""
        return self._sieve.concerns(line)

    def _lines(self, claims: Sequence[Claim], mine: list[ServiceLine]) -> Lines:
        """The lines, those outside the policy's dates and those of other code lists apart."""
        since, until = self._since, self._until
        for line in mine:
            if line.qualifier not in HCPCS or (line.first is not None and not since <= line.first <= until):
                break
        else:
            return Lines(claims, mine, (), self._daily)
        dated = [line for line in mine if line.first is None or since <= line.first <= until]
        judged = [line for line in dated if line.qualifier in HCPCS]
        foreign = [line for line in dated if line.qualifier not in HCPCS]
        others = [line for line in mine if line.first is not None and not since <= line.first <= until]
        others = [line for line in others if line.qualifier in HCPCS]
        return Lines(claims, judged, others, self._daily, foreign)

    def _settle(
        self, claims: Sequence[Claim], lines: Lines, raised: list[tuple[Edit, Answer]]
    ) -> list[list[Finding]]:
        """One finding a fault: consequences hidden, of each edit the strongest answer on a line."""
        hidden: dict[object, int] = {}
        rivals = Rivals(claims)
        for _, answer in raised:
            if isinstance(answer, Breaks):
                answer.doubt = answer.doubt or next(filter(None, _doubts(answer, lines, rivals)), "")
        alone = {id(claim) for claim in claims if claim.faulty}  # those that go back, whatever else there is
        alone |= {
            id(home) for edit, answer in raised
            if isinstance(answer, Breaks) and edit.outcome(answer) == "reject" and not _apart(answer, lines)
            and (home := lines.claim(answer.line)).segment  # not of one accepted before
        }  # fmt: skip
        gone = set(alone)
        for edit, answer in raised:
            if isinstance(answer, Breaks):
                if alone and not edit.copies and _may_correct(answer, lines, alone):
                    answer.doubt = answer.doubt or "the other claim goes back, and may be corrected by this one"
                if answer.counted:
                    _doubt_sum(edit, answer, lines, gone)
                for id_ in edit.hides:
                    key = (id_, _mark(answer))
                    hidden[key] = max(hidden.get(key, 0), _WEIGHT[edit.outcome(answer)])
        seen = [(edit, answer) for edit, answer in raised if not _is_hidden(edit, answer, hidden)]
        back = {id(claim) for claim in claims if claim.faulty}  # those that go back, copies aside
        doubtful: set[str] = set()  # edits whose lines another finding may change
        for edit, answer in seen:
            if edit.outcome(answer) == "reject":
                doubtful |= edit.hides
                if not edit.copies:
                    back.add(id(lines.claim(answer.line)))
        best: dict[tuple[str, int], tuple[int, Edit, Answer]] = {}
        for edit, answer in seen:
            if edit.copies and isinstance(answer, Breaks) and _of_what_goes_back(answer, lines, back):
                continue
            weight = _WEIGHT[edit.outcome(answer)]
            strength = 2 * weight + (isinstance(answer, Breaks) and answer.certain)
            place = (edit.id, id(answer.line))
            if place not in best or best[place][0] < strength:
                best[place] = (strength, edit, answer)
        rank = {id(line): number for claim in claims for number, line in enumerate(claim.lines)}
        index = {id(claim): number for number, claim in enumerate(claims)}
        verdicts: list[list[tuple[int, int, Finding]]] = [[] for _ in claims]
        for _, edit, answer in best.values():
            finding = edit.finding(answer, claims, lines)
            if edit.id in doubtful:
                finding = replace(finding, proposal=None)
            at = -1 if finding.level == "claim" else rank[id(answer.line)]
            verdicts[index[id(lines.claim(answer.line))]].append((at, self._order[edit.id], finding))
        return [[finding for *_, finding in sorted(each, key=lambda f: f[:2])] for each in verdicts]


def _is_hidden(edit: Edit, answer: Answer, hidden: Mapping[object, int]) -> bool:
    """Whether another finding tells it already."""
    marks: set[object] = {id(answer.line)}  # or the other line: what is wrong with that one alone explains both
    if isinstance(answer, Breaks):
        marks |= {_mark(answer), id(answer.other)}
    weight = _WEIGHT[edit.outcome(answer)]
    return any(hidden.get((edit.id, mark), -1) >= weight for mark in marks)


def _of_what_goes_back(answer: Breaks, lines: Lines, back: Collection[int]) -> bool:
    """Whether a line is a copy of one on another claim, and that claim goes back: then it is the only one."""
    return _apart(answer, lines) and answer.other is not None and id(lines.claim(answer.other)) in back


def _may_correct(answer: Breaks, lines: Lines, back: Collection[int]) -> bool:
    """Whether a line stands on a claim that may be another one corrected, which goes back and with which it is at odds.

    What is corrected loses or gains codes, or changes their dates: one has all codes of the other, and they share days.
    """
    if answer.other is None or not _of_what_goes_back(answer, lines, back):
        return False
    one, other = (lines.claim(each).lines for each in (answer.line, answer.other))
    codes, others = set(map(code_of, one)), set(map(code_of, other))
    return (codes <= others or others <= codes) and meet(one, other)


def _apart(answer: Breaks, lines: Lines) -> bool:
    """Whether it is about lines of two claims, or of more."""
    return bool(_counted(answer, lines)) or (
        answer.other is not None and lines.claim(answer.other) is not lines.claim(answer.line)
    )


def _counted(answer: Breaks, lines: Lines) -> list[Claim]:
    """The other claims of which lines are counted with the line."""
    home = lines.claim(answer.line)
    return [claim for claim in map(lines.claim, answer.counted) if claim is not home]


def _mark(answer: Breaks) -> object:
    """What a finding is about: a line, or two lines in either order."""
    return frozenset((id(answer.line), id(answer.other))) if answer.other is not None else id(answer.line)


def _doubts(answer: Breaks, lines: Lines, rivals: Rivals) -> Iterator[str]:
    """What speaks for a line, or nothing, of each claim that it is at odds or counted with."""
    home = lines.claim(answer.line)
    if answer.other is not None:
        yield rivals.doubt(home, lines.claim(answer.other))
    for claim in _counted(answer, lines):
        yield rivals.doubt(home, claim)


def _doubt_sum(edit: Edit, answer: Breaks, lines: Lines, gone: set[int]) -> None:
    """What goes back is not to be counted; what goes back by its sum is ``gone`` for those after it."""
    if any(id(claim) in gone for claim in _counted(answer, lines)):
        answer.doubt = answer.doubt or "a claim that is counted with this one goes back"
    if edit.outcome(answer) == "reject":
        gone.add(id(lines.claim(answer.line)))


def load(name: str | Path, profile: str = "") -> Policy:
    """A shipped policy or profile by its name, or a policy file by its path, FILE.toml or FILE.toml#PROFILE,
    where ``#strict`` may stand for ``#100-strict``.

    ``profile`` chooses among the profiles of a file. PolicyError says all that is wrong
    with the file, or that there is no policy of this name.
    """
    path, chosen = locate(name, profile)
    return Policy(_ours(path, chosen) if path.parent == _SHIPPED else policyfile.read(path, chosen))


@lru_cache(maxsize=32)
def _ours(path: Path, profile: str) -> policyfile.PolicyFile:
    """A shipped file, read once: a loop over many small interchanges asks for it again and again."""
    return policyfile.read(path, profile, cases=False)


def cases(policy: Policy) -> tuple[Case, ...]:
    """The cases of a policy; those of a shipped one, which is loaded without them, are read when first asked for."""
    if not policy.file.cases and policy.file.path.parent == _SHIPPED:
        return _cases(policy.file.path)
    return policy.file.cases


@lru_cache(maxsize=8)
def _cases(path: Path) -> tuple[Case, ...]:
    return policyfile.read(path).cases


def load_tried(name: str | Path | Policy) -> Policy:
    """As `load`, for judging real claims: a policy file without cases is refused, for nobody tried its edits."""
    policy = name if isinstance(name, Policy) else load(name)
    path = policy.file.path
    if path.parent != _SHIPPED and not policy.file.cases:
        raise PolicyError([untried(path)])
    return policy


def untried(path: Path) -> str:
    """What is wrong with a policy file that names no cases."""
    return f'{path.name}: policy: no cases: name a file of them: cases = "{path.stem}.cases.toml"'


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
