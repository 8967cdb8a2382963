"""Our word against pyx12's on every slip made from the guide, and on the files of the corpus.

Each disagreement needs a ``[[slip]]`` row in ``agreements.toml``. pyx12 takes three minutes for all
7,877 slips: by themselves the tests ask it of a sample, one of each kind of slip of each segment id
(`_chosen`); with ``EDI837_DEEP=1`` of all, and then a row that never occurs fails too.
``python -m tests.test_oracle_slips`` asks it of all and writes the counts to ``docs/agreement.md``.
Of the files of the corpus the verdicts are compared, with ``[[corpus]]`` rows; of those that both
have read and refuse, each word that only one of them says is judged by a ``[[corpus_word]]`` row.

What pyx12 holds against the clean file itself is left out. Codes are told from our element:
``IK4:7`` is of the same element, ``IK4 part:7`` of a component of it or of the whole that it is
part of, ``IK4 elsewhere:7`` of another, in the same segment or not.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from tests.oracle import Opinion, judge_all
from tests.test_corpus import FILES, _named_by_the_last_erratum
from tests.test_guide_mutants import CLEAN, FIXTURES, envelope, made_in
from tests.test_oracle import HERE, Case, Difference, Row, Said, Word, _difference, _ours, _theirs

AT_MOST = 40
DEEP = bool(os.environ.get("EDI837_DEEP"))
PAGE = HERE.parent / "docs" / "agreement.md"

_SLIP = re.compile(r" (?:[A-Z0-9]{2,3}\d\d(?:-\d+)? )?((?:with|left|repeated|empty|too|of|in|filled|emptied|impossible"
                   r"|against|\d+ times)\b.*)")  # fmt: skip


def _slip(name: str) -> str:
    """What kind of slip a name tells of: ``repeated``, ``left out``, ``filled against a note``."""
    if ": envelope " in name:
        return name.partition(": ")[2]
    found = _SLIP.search(name.partition(": ")[2])
    assert found, name
    return re.sub(r"^\d+ times", "too often", re.sub(r"against [PRECL]\d+", "against a note", found[1]))


@functools.cache
def _slips() -> tuple[Case, ...]:
    """Every slip as a case: ``837P/pass/drugs: 2400 LX LX01 empty``."""
    cases = []
    for kind, fixtures in CLEAN.items():
        cases += [Case(f"837{kind}/pass/{name}: {mutant.name}", mutant.data) for name, mutant in made_in(kind)]
        cases += [Case(f"837{kind}/pass/{fixtures[0]}: envelope {m.name}", m.data) for m in envelope(kind)]
    return tuple(cases)


def _chosen() -> tuple[Case, ...]:
    """All of them, or one for each kind of slip of each tag, the last of those in the shortest interchange.

    Of those that are of the same rows of `agreements.toml`, or of none, no more than AT_MOST, evenly drawn.
    """
    if DEEP:
        return _slips()
    chosen: dict[tuple[str, str], Case] = {}
    for case in _slips():
        name = case.name.partition(": ")[2]
        key = _slip(case.name), name.split()[1]
        if len(case.data) <= len(chosen.get(key, case).data):
            chosen[key] = case
    alike: dict[tuple[int, ...], list[Case]] = {}
    for case in chosen.values():
        rows = (at for at, row in enumerate(_rows()) if any(fnmatchcase(case.name, pattern) for pattern in row.cases))
        alike.setdefault(tuple(rows), []).append(case)
    return tuple(case for cases in alike.values() for case in cases[:: -(-len(cases) // AT_MOST)])


def _held(opinion: Opinion) -> Counter[tuple[str, str, int, int, str]]:
    return Counter((c.tag, c.level, c.element, c.component, c.code) for c in opinion.complaints)


def _without(opinion: Opinion, clean: Opinion) -> Opinion:
    """An opinion without what is held against the clean file as well."""
    left = _held(clean)
    kept = []
    for c in opinion.complaints:
        key = (c.tag, c.level, c.element, c.component, c.code)
        if left[key] > 0:
            left[key] -= 1
        else:
            kept.append(c)
    said = kept or opinion.sets or opinion.groups or opinion.interchanges or opinion.unheard
    ok = opinion.ok or (not clean.ok and opinion.crashed is None and not said)
    return replace(opinion, complaints=tuple(kept), ok=ok)


def _relative(code: str, ours: Iterable[str]) -> str:
    """A code told from the element that is ours."""
    found = re.fullmatch(r"IK4 (\d\d)(-\d+)?:(\w+)", code)
    if not found:
        return code
    whole, part, number = found.groups()
    own = [m.groups() for o in ours if (m := re.fullmatch(r"IK4 (\d\d)(-\d+)?:\w+", o))]
    where = "" if (whole, part) in own else " part" if whole in (w for w, _ in own) else " elsewhere"
    return f"IK4{where}:{number}"


def _told(difference: Difference) -> Difference:
    ours, theirs = (frozenset(_relative(c, difference.ours) for c in codes)
                    for codes in (difference.ours, difference.pyx12))  # fmt: skip
    return replace(difference, ours=ours, pyx12=theirs)


@functools.cache
def _clean() -> dict[str, Opinion]:
    names = [f"837{kind}/pass/{name}" for kind, fixtures in CLEAN.items() for name in fixtures]
    return dict(zip(names, judge_all((FIXTURES / f"{n}.edi").read_bytes() for n in names), strict=True))


@functools.cache
def _judged() -> tuple[tuple[Case, Word, Difference | None], ...]:
    cases, told = _chosen(), []
    for case, opinion in zip(cases, judge_all(case.data for case in cases), strict=True):
        word = _ours(case.data)
        difference = _difference(case.name, word, _without(opinion, _clean()[case.name.partition(": ")[0]]))
        told.append((case, word, difference and _told(difference)))
    return tuple(told)


def _differences() -> Iterator[Difference]:
    return (difference for _, _, difference in _judged() if difference)


@functools.cache
def _rows() -> tuple[Row, ...]:
    table = tomllib.loads((HERE / "agreements.toml").read_text("utf-8"))
    return tuple(
        Row(tuple(r["cases"]), r["kind"], frozenset(r["ours"]), frozenset(r["pyx12"]), r["right"], r["why"])
        for r in table["slip"]
    )


def _row(difference: Difference) -> list[Row]:
    return [row for row in _rows() if any(row.holds(pattern, difference) for pattern in row.cases)]


def test_each_disagreement_on_a_slip_is_listed_once() -> None:
    wrong = [f"{len(_row(d))} rows: {d}" for d in _differences() if len(_row(d)) != 1]
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(not DEEP, reason="only all slips together can tell; set EDI837_DEEP=1")
def test_no_listed_disagreement_on_a_slip_has_gone() -> None:
    dead = []
    for row in _rows():
        met: set[str] = set()
        for pattern in row.cases:
            found = [d for d in _differences() if row.holds(pattern, d)]
            met.update(code for d in found for code in d.pyx12)
            dead += [] if found else [f"{pattern}: {row.kind} {sorted(row.ours)}"]
        dead += [f"{row.cases}: pyx12 never says {code}" for code in sorted(row.pyx12 - met)]
    assert not dead, "\n".join(dead)


# ------------------------------------------------------------------ the corpus


class Remark(NamedTuple):
    """One thing that one of the two says of a file of the corpus, and the other does not."""

    by: str  # we, pyx12
    said: Said
    word: str  # "N4 IK4 03:7": tag and code; a frame has no tag


@functools.cache
def _corpus() -> tuple[tuple[Difference | None, tuple[tuple[Remark, ...], ...]], ...]:
    """Where the two part on each 837 of the corpus; of a crash pyx12's word is the exception.

    Beside it, of a file that both refuse and both have read: what only we say and what only
    pyx12 says, then all that we say and all that it says.
    """
    files = [path for path in FILES if path.name.startswith("837")]
    data = [_named_by_the_last_erratum(path.read_bytes()) for path in files]
    told = []
    for path, text, opinion in zip(files, data, judge_all(data), strict=True):
        word = _ours(text)
        difference = _difference(path.name, word, opinion)
        if difference and opinion.crashed:
            difference = replace(difference, pyx12=frozenset({opinion.crashed.partition(":")[0]}))
        theirs, tags = _theirs(opinion, word.said), _tags(text)
        ours, its = ([Remark(by, s, f"{tags.get((s.set, s.segment), '')} {s.code}".strip()) for s in sorted(said)]
                     for by, said in (("we", word.said), ("pyx12", theirs)))  # fmt: skip
        only = [r for r in ours if r.said not in theirs], [r for r in its if r.said not in word.said]
        told.append((difference, tuple(map(tuple, (*only, ours, its)))))
    return tuple(told)


def _tags(data: bytes) -> dict[tuple[int, int], str]:
    """The id of each segment, by its set and its place there; both counted from 1."""
    text = data.decode("latin-1")
    begin = max(text.find("ISA"), 0)
    tags, sets, at = dict[tuple[int, int], str](), 0, 0
    for segment in filter(None, map(str.strip, text[begin:].split(text[begin + 105 : begin + 106] or "~"))):
        tag = segment.partition(text[begin + 3])[0]
        sets, at = (sets + 1, 1) if tag == "ST" else (sets, at + 1)
        tags[sets, at] = tag
    return tags


@dataclass
class Verdict:
    """A ``[[corpus_word]]``: what one says of a file that both refuse, who is right, and why.

    ``beside`` must be said by the other, of a segment that stands ``within`` so many of this one.
    """

    by: str
    word: list[str]
    right: str
    why: str
    beside: str = ""
    within: tuple[int, int] = (0, 0)
    files: list[str] = field(default_factory=lambda: ["*"])
    judged: Counter[str] = field(default_factory=Counter)  # by word

    def holds(self, file: str, remark: Remark, others: Iterable[Remark]) -> bool:
        """Whether it is about this remark on that file, where the other says ``others``."""
        if remark.by != self.by or not any(fnmatchcase(file, f) for f in self.files):
            return False
        if not any(fnmatchcase(remark.word, w) for w in self.word):
            return False
        low, high = (remark.said.segment + apart for apart in self.within)
        return not self.beside or any(
            o.said.set == remark.said.set and low <= o.said.segment <= high and fnmatchcase(o.word, self.beside)
            for o in others
        )


@functools.cache
def _verdicts() -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """Every verdict with what it judged, the first that holds; and the remarks that none is about."""
    table = tomllib.loads((HERE / "agreements.toml").read_text("utf-8"))["corpus_word"]
    verdicts, left = tuple(Verdict(**{k.replace("-", "_"): v for k, v in row.items()}) for row in table), []
    for difference, (only_we, only_it, ours, its) in _corpus():
        if not difference or difference.kind not in _BOTH or not its:
            continue
        for remark in (*only_we, *only_it):
            others = its if remark.by == "we" else ours
            found = next((v for v in verdicts if v.holds(difference.case, remark, others)), None)
            if found:
                found.judged[remark.word] += 1
            else:
                at = f"{remark.said.set}, {remark.said.segment}"
                left.append(f"{difference.case}: {remark.by}: {remark.word} at {at}")
    return verdicts, tuple(left)


_BOTH = ("both refuse, otherwise", "pyx12 says more")


@pytest.mark.skipif(not FILES, reason="there is no corpus")
def test_each_other_verdict_on_the_corpus_is_listed() -> None:
    table = tomllib.loads((HERE / "agreements.toml").read_text("utf-8"))["corpus"]
    met = set()
    for d, (_, _, _, its) in _corpus():
        if not d or (d.kind in _BOTH and its):
            continue  # of a file that both have read and refused each word is judged
        rows = [(at, pattern) for at, row in enumerate(table) for pattern in row["cases"]
                if fnmatchcase(d.case, pattern) and (row["kind"], frozenset(row["pyx12"])) == (d.kind, d.pyx12)
                and d.ours <= set(row.get("ours", d.ours))]  # fmt: skip
        assert len(rows) == 1, f"{rows} for {d}"
        met |= set(rows)
    assert met == {(at, pattern) for at, row in enumerate(table) for pattern in row["cases"]}, "a row has gone"


@pytest.mark.skipif(not FILES, reason="there is no corpus")
def test_each_word_that_only_one_says_of_the_corpus_is_judged() -> None:
    verdicts, left = _verdicts()
    assert not left, "\n".join(left)
    dead = [f"{v.by}, {w}: {v.why}" for v in verdicts for w in v.word if not any(fnmatchcase(j, w) for j in v.judged)]
    assert not dead, "\n".join(dead)
    for v in verdicts:
        assert v.right in ("we", "pyx12", "both") and v.why.endswith(".") and len(v.why.split()) > 4, v


# ------------------------------------------------------------------ the page of counts


def _page() -> str:
    """``docs/agreement.md``, from all slips and the corpus."""
    kinds = Counter(d.kind if d else "same" for _, _, d in _judged())
    rows = Counter(_row(d)[0] for d in _differences())
    files = Counter(d.kind if d else "same" for d, _ in _corpus())
    names = {
        "same": "both say the same", "both refuse, otherwise": "both refuse, in other words",
        "pyx12 says more": "both refuse, pyx12 says more", "only we refuse": "only we refuse",
        "only pyx12 refuses": "only pyx12 refuses", "pyx12 crashes": "pyx12 raises an exception",
    }  # fmt: skip
    lines = [
        "# How far we agree with pyx12", "",
        "Made by `EDI837_DEEP=1 python -m tests.test_oracle_slips` (with the corpus at `EDI837_CORPUS`), which asks",
        "pyx12 4.0.0 of every slip that the tests make from the guides (`tests/guide_mutants.py`), and of the 837",
        "files of a corpus of public files that is no part of this project. Neither is the truth:",
        "`tests/agreements.toml` says of each way to disagree who is right.", "",
        "A slip is one element, segment, loop or count made wrong in a clean interchange. What pyx12 holds against",
        "the clean interchange too is left out. A file of the corpus may have any number of faults, and of one that",
        "both refuse they rarely say the same: there each word that only one of them says is judged, at the end.", "",
        "| | slips | files of the corpus |", "|---|---:|---:|",
        *(f"| {said} | {kinds[kind]:,} | {files[kind]:,} |" for kind, said in names.items()),
        f"| all | {sum(kinds.values()):,} | {sum(files.values()):,} |", "",
        "How they disagree on the slips, the most frequent first. In the codes `part` is a component of the element at",
        "fault, or the whole it is part of; `elsewhere` is another element.", "",
        "| slips | | we say | pyx12 says | right | why |", "|---:|---|---|---|---|---|",
    ]  # fmt: skip
    for row, count in sorted(rows.items(), key=lambda item: (-item[1], item[0].why)):
        ours, theirs = (", ".join(sorted(codes)) or "nothing" for codes in (row.ours, row.pyx12))
        lines.append(f"| {count:,} | {names[row.kind]} | {ours} | {theirs} | {row.right} | {row.why} |")
    words = Counter[tuple[str, str, str]]()
    for verdict in _verdicts()[0]:
        words[verdict.by, verdict.right, verdict.why] += verdict.judged.total()
    lines += [
        "", "What only one of them says of the files of the corpus that both have read and refuse:", "",
        "| words | said by | right | why |", "|---:|---|---|---|",
        *(f"| {count:,} | {by} | {right} | {why} |" for (by, right, why), count in words.most_common()),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.mark.skipif(not (DEEP and FILES), reason="it is made of all slips and the corpus; set EDI837_DEEP=1")
def test_the_page_of_counts() -> None:
    assert PAGE.read_text("utf-8") == _page(), "python -m tests.test_oracle_slips writes it anew"


def test_the_page_has_every_slip_and_every_row() -> None:
    page = PAGE.read_text("utf-8")
    assert f"| all | {len(_slips()):,} |" in page
    verdicts = tomllib.loads((HERE / "agreements.toml").read_text("utf-8"))["corpus_word"]
    whys = [*(row.why for row in _rows()), *(verdict["why"] for verdict in verdicts)]
    assert [why for why in whys if f"| {why} |" not in page] == []


if __name__ == "__main__":
    if not (DEEP and FILES):
        raise SystemExit("set EDI837_DEEP=1 and EDI837_CORPUS")
    PAGE.write_text(_page(), "utf-8")
    print(PAGE)
