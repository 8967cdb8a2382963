"""The tree of a file for people: a line for each part, and a mark on each that leads to a finding.

Enters: the marks of `outline`. Leaves: lines. A part's mark counts what was found in it and below it, and
names the rules of what was found in it; so nothing is written before the outermost part has ended, and the
lines wait on a `sheet`. ``raw`` adds every segment as it is in the file, with what was found on it in words.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from edi837 import marks, safe
from edi837.chart import Loop
from edi837.findings import Finding
from edi837.frames import Interchange
from edi837.nodewords import counts, raw, words
from edi837.outline import Begin, Finish, Mark, Piece
from edi837.sheet import Line, Sheet
from edi837.treedata import delimiters
from edi837.views.full import Paint, plain
from edi837.x12 import Delimiters

SIGNS = {"reject": "✖", "warn": "!", "unknown": "?"}
_ASCII = str.maketrans({
    "│": "|", "├": "|", "└": "`", "─": "-", "→": ">", "✖": "x", "…": "~", "•": "*", "“": '"', "”": '"', "’": "'",
})  # fmt: skip
_NAMED = 3  # rules in a mark
_MARKS = 14  # columns kept for marks


class _Node:
    """An open part."""

    __slots__ = ("below", "line", "own", "youngest")

    def __init__(self, line: Line | None) -> None:
        self.line = line  # None: it is too deep to be shown
        self.own: dict[tuple[str, str], int] = {}  # action and rule of what was found in it
        self.below: Counter[str] = Counter()  # action of what was found below it
        self.youngest: Line | None = None  # of the parts that hang on it


class Text:
    """Writes the tree for people."""

    def __init__(
        self, *, phi: bool = False, ascii: bool = False, raw: bool = False, depth: int = 0, width: int = 100,
        paint: Paint = plain,
    ) -> None:  # fmt: skip
        self._phi, self._ascii, self._raw = phi, ascii, raw
        self._depth, self._paint = depth, paint
        self._width = max(width, 40) if width else 0
        self._delimiters = Delimiters()
        self._sheet = Sheet()
        self._open = [_Node(None)]  # the file, and what is open in it
        self.claims = 0  # shown

    def put(self, mark: Mark) -> Iterable[str]:
        """Nothing yet: what stands above is known in the end."""
        node = self._open[-1]
        if isinstance(mark, Piece):
            for finding in mark.findings:
                self._note(node, finding)
            if self._raw and node.line:
                self._hang(f"{_sign(mark.findings)} {mark.number:>4} {raw(mark, self._delimiters, self._phi)}")
                for finding in mark.findings:
                    self._say(finding, " ")
        elif isinstance(mark, Begin):
            self._begin(mark, node)
        elif isinstance(mark, Finish):
            self._finish(mark)
        else:
            self._note(node, mark)
            if (self._raw and node.line) or len(self._open) == 1:
                self._say(mark, SIGNS[mark.action])
        return ()

    def close(self, rest: str = "") -> Iterator[str]:
        """All lines, and what was left out."""
        self._end_branch(self._open[0])
        stems: list[bool] = []  # for each depth, whether its part is the last
        for line in self._sheet.lines():
            if line.part:
                del stems[line.depth :]
                stems.append(line.last)
            yield self._written(line, stems)
        if rest:
            yield self._charset(f"… {rest}") + "\n"

    # -------------------------------------------------------------- onto the sheet

    def _begin(self, mark: Begin, above: _Node) -> None:
        if isinstance(mark.node, Interchange):
            self._delimiters = delimiters(mark.node)
        depth = len(self._open) - 1
        line = None
        if not self._depth or depth < self._depth:
            line = Line(depth, words(mark, self._delimiters, self._phi))
            self._sheet.put(line)
            above.youngest = line
            below = marks.said(self._delimiters) if self._raw and isinstance(mark.node, Interchange) else ""
            if below:
                self._sheet.put(Line(depth, below, part=False))
            self.claims += mark.claim is not None
        self._open.append(_Node(line))

    def _finish(self, mark: Finish) -> None:
        node = self._open.pop()
        self._end_branch(node)
        above = self._open[-1]
        if node.own or node.below:
            for (action, _), count in node.own.items():
                above.below[action] += count
            above.below.update(node.below)
        frame = None if isinstance(mark.node, Loop) else mark.node
        if node.line and (frame or node.own or node.below):
            node.line.mark = _mark(node.own, node.below)
            node.line.counts = counts(frame) if frame else ""
            self._sheet.change(node.line)

    def _end_branch(self, node: _Node) -> None:
        if node.youngest:
            node.youngest.last = True
            self._sheet.change(node.youngest)

    def _note(self, node: _Node, finding: Finding) -> None:
        key = finding.action, finding.rule
        node.own[key] = node.own.get(key, 0) + 1

    def _hang(self, text: str) -> None:
        self._sheet.put(Line(len(self._open) - 2, text, part=False))

    def _say(self, finding: Finding, sign: str) -> None:
        """A finding in words, on lines of its own."""
        place = finding.place
        where = safe.text(place.refdes or place.tag)
        message = safe.text(finding.message)
        told = f"{finding.rule} "
        told += message if not where or message.startswith(where) else f"{where}: {message}"
        if finding.fix:
            told += f" (fix: {safe.text(finding.fix)})"
        lead, depth = sign + " " * 6, len(self._open) - 2
        room = max(self._width - 3 * (depth + 1) - len(lead), 30) if self._width else 1_000_000
        for line in textwrap.wrap(told, room, break_on_hyphens=False):
            self._hang(lead + line)
            lead = " " * len(lead)

    # -------------------------------------------------------------- from the sheet

    def _written(self, line: Line, stems: Sequence[bool]) -> str:
        bars = ["   " if last else "│  " for last in stems[1 : line.depth + (not line.part)]]
        if line.part:
            twig = ("└─ " if line.last else "├─ ") if line.depth else ""
            told = "".join(bars) + twig + "  ".join(part for part in (line.text, line.counts) if part)
        else:
            told = "".join(bars) + ("│ " if line.depth >= 0 else "") + line.text
        if not self._width:
            return self._charset(f"{told}  {line.mark}".rstrip()) + "\n"
        at = self._width - max(_MARKS, len(line.mark)) if line.mark else self._width
        room = at - 1 if line.mark else at
        if len(told) > room:
            told = told[: room - 1] + "…"
        if not line.mark:
            return self._charset(told.rstrip()) + "\n"
        worst = next(action for action, sign in SIGNS.items() if sign in line.mark)
        return self._charset(told.ljust(at)) + self._paint(worst, self._charset(line.mark)) + "\n"

    def _charset(self, line: str) -> str:
        return line.translate(_ASCII).encode("ascii", "backslashreplace").decode() if self._ascii else line


def _mark(own: dict[tuple[str, str], int], below: Counter[str]) -> str:
    """What was found in a part: counts where there is more below it, and the rules of what was found in itself."""
    rules: dict[str, list[str]] = {}
    for action, rule in own:
        rules.setdefault(action, []).append(rule)
    named = " ".join(
        f"{sign} {' '.join(rules[action][:_NAMED])}{f' +{len(rules[action]) - _NAMED}' * (len(rules[action]) > _NAMED)}"
        for action, sign in SIGNS.items() if action in rules
    )  # fmt: skip
    if not below:
        return named
    total = below.copy()
    for (action, _), count in own.items():
        total[action] += count
    told = " ".join(f"{sign} {total[action]}" for action, sign in SIGNS.items() if total[action])
    return f"{told}  here {named}" if named else told


def _sign(findings: Sequence[Finding]) -> str:
    actions = {finding.action for finding in findings}
    return next((sign for action, sign in SIGNS.items() if action in actions), " ")
