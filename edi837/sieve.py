"""Which edits of a policy the claims at hand can break: most claims are done with here.

Enters: the edits of a policy; then, again and again, all claims of one patient. Leaves: the
lines that concern the policy, and of the edits those that they can break. Every set of
codes or modifiers an edit waits for is a bit, and so are the traits of a line and of a
claim without which a check cannot break. Lines that are alike are looked up, not looked at;
only what differs between them, units and dates, is held against the few edits it could break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from edi837.checks.vocabulary import Heading, Traits, code_of
from edi837.claim import Claim, ServiceLine
from edi837.edit import Edit
from edi837.rivals import VOID

K = TypeVar("K")
V = TypeVar("V")
Holds = Callable[[ServiceLine], bool]
Tests = tuple[tuple[int, Holds], ...]  # a bit, and which lines lose it

_MOST = 32768  # kinds of line, of claim and of combinations that are remembered
HCPCS = ("HC", "")  # SV101-1, SV202-1; empty on a line that has a revenue code alone


class Sieve:
    """The edits of a policy, and what each of them waits for."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._bits: dict[object, int] = {}
        self._code: dict[str, int] = {}  # code: the sets it is in, a bit for each
        self._modifier: dict[str, int] = {}
        self._line = [(edit, self._bit(edit.id, "line"), _holds(edit)) for edit in edits if edit.check.line]
        self._claim = [(edit, self._bit(edit.id, "claim")) for edit in edits if edit.check.claim]
        for codes in (words for edit in edits for words in edit.codes):
            self._enter(self._code, codes, self._bit("named"))  # though no edit may wait for them
        self._asked = [(edit, tuple(self._waits(edit)), self._twice(edit)) for edit in edits]
        self._lines: dict[tuple[object, ...], tuple[int, Tests]] = {}
        self._claims: dict[tuple[str, ...], int] = {}
        self._awake: dict[tuple[str, int, int], tuple[Edit, ...]] = {}

    def sift(self, claims: Sequence[Claim]) -> tuple[list[list[ServiceLine]], tuple[Edit, ...]]:
        """Of each claim the lines that concern the policy, none of a void one; and the edits to ask."""
        present = twice = 0
        sifted: list[list[ServiceLine]] = []
        known = self._lines
        for claim in claims:
            mine: list[ServiceLine] = []
            sifted.append(mine)
            if claim.frequency == VOID:
                continue
            for line in claim.lines:
                drug = line.drug
                traits = (line.qualifier, line.procedure, line.modifiers, line.place, line.unit, line.taxonomy,
                          line.revenue, drug.unit if drug else None)  # fmt: skip
                bits, tests = known.get(traits) or self._look(Traits(*traits))
                for bit, holds in tests:
                    if holds(line):
                        bits ^= bit
                if bits:
                    twice |= present & bits
                    present |= bits
                    mine.append(line)
            if mine:
                heading = (claim.kind, claim.filing, claim.provider.taxonomy, claim.place, claim.frequency)
                head = self._claims.get(heading)
                present |= self._head(Heading(*heading)) if head is None else head
        return sifted, self._edits(_kind(claims), present, twice) if present else ()

    def concerns(self, line: ServiceLine) -> bool:
        """Whether an edit looks at lines of this code, or with one of these modifiers."""
        return code_of(line) in self._code or not self._modifier.keys().isdisjoint(line.modifiers)

    def _edits(self, kind: str, present: int, twice: int) -> tuple[Edit, ...]:
        """The edits that lines of these bits can break; without a ``kind``, on claims of both guides."""
        key = (kind, present, twice)
        awake = self._awake.get(key)
        if awake is None:
            awake = tuple(
                edit
                for edit, waits, pair in self._asked
                if (not kind or edit.only in ("", f"837{kind}"))
                and pair & twice == pair
                and any(each & present == each for each in waits)
            )
            _keep(self._awake, key, awake)
        return awake

    def _look(self, line: Traits) -> tuple[int, Tests]:
        """The bits of lines with these traits, and what takes some of them away from a line that keeps an edit."""
        bits, ours = 0, line.qualifier in HCPCS
        tests: list[tuple[int, Holds]] = []
        if ours:
            bits = self._code.get(line.code, 0)
            for modifier in line.modifiers:
                bits |= self._modifier.get(modifier, 0)
        for edit, bit, holds in self._line:
            check = edit.check
            if ours != check.foreign and check.line and check.line(line, **edit.words):
                bits |= bit
                if holds:
                    tests.append((bit, holds))
        found = bits, tuple(tests)
        _keep(self._lines, tuple(line), found)
        return found

    def _head(self, claim: Heading) -> int:
        """The bits of claims with this heading."""
        bits = 0
        for edit, bit in self._claim:
            if edit.check.claim and edit.check.claim(claim, **edit.words):
                bits |= bit
        _keep(self._claims, tuple(claim), bits)
        return bits

    def _bit(self, *key: object) -> int:
        return self._bits.setdefault(key, 1 << len(self._bits))

    def _waits(self, edit: Edit) -> Iterator[int]:
        """What an edit waits for: all bits of one of these numbers."""
        own = 0
        if edit.check.line:
            own |= self._bit(edit.id, "line")
        if edit.check.claim:
            own |= self._bit(edit.id, "claim")
        rows: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
        for name in edit.check.wakes:
            words = edit.words.get(name)
            if isinstance(words, tuple):
                rows = words
            elif words:
                own |= self._set(edit, name)
        if not rows:
            yield own
        for one, rest in rows:
            yield own | self._codes(one) | self._codes(rest)

    def _twice(self, edit: Edit) -> int:
        """The bits that two lines must have."""
        bits = 0
        for name in edit.check.twice:
            if edit.words.get(name):
                bits |= self._set(edit, name)
        if edit.check.twice and edit.check.line:
            bits |= self._bit(edit.id, "line")
        return bits

    def _set(self, edit: Edit, name: str) -> int:
        """The bit of the codes or modifiers that an edit gives its check."""
        words = edit.words[name]
        if isinstance(words, tuple):
            words = frozenset().union(*(one | rest for one, rest in words))
        if isinstance(words, Mapping):
            words = frozenset(words)
        assert isinstance(words, frozenset)
        kind = next(each.kind for each in edit.check.parameters if each.name == name)
        if kind.startswith("Modifiers"):
            return self._enter(self._modifier, words)
        return self._codes(words)

    def _codes(self, words: frozenset[str]) -> int:
        return self._enter(self._code, words)

    def _enter(self, table: dict[str, int], words: frozenset[str], bit: int = 0) -> int:
        """The bit of a set, entered under each of its words."""
        bit = bit or self._bit(table is self._code, words)
        for word in words:
            table[word] = table.get(word, 0) | bit
        return bit


def _kind(claims: Sequence[Claim]) -> str:
    """The guide that all claims are of: P or I; empty where some are of the other."""
    kind = claims[0].kind
    return kind if len(claims) == 1 or all(claim.kind == kind for claim in claims) else ""


def _keep(table: dict[K, V], key: K, value: V) -> None:
    """Remember, and forget all when there is too much of it."""
    if len(table) >= _MOST:
        table.clear()
    table[key] = value


def _holds(edit: Edit) -> Holds | None:
    """Whether a line alone keeps an edit, as far as its check can tell."""
    return partial(edit.check.holds, **edit.words) if edit.check.holds else None
