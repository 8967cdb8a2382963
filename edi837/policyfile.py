"""Reads a policy file: TOML in, edits out, or every fault of the file at once.

Enters: the path of a TOML file, with the published text of the policy beside it. Leaves: a
`PolicyFile` for one of its profiles. A file is believed in nothing: every key, code set,
status code, quotation and word of a message is verified before the first claim is judged.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from edi837 import cases as casebook
from edi837 import headings, scope
from edi837.cases import Case
from edi837.codesets import CodeSets, Row, rows_of
from edi837.edit import Edit, Waiting
from edi837.editfile import EditReader, days
from edi837.problems import PolicyError, Problems, nearest
from edi837.scope import Scope

MOST = 16 << 20  # bytes of a file
_ENDLESS = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){32}")
_SHIPPED = Path(__file__).parent / "policies"
_TOP = ("policy", "codes", "edit", "unenforced", "profile")
_POLICY = ("number", "title", "text", "cases", "effective", "until", *scope.KEYS)
_PROFILE = ("sources", "edits")
_SOURCES = ("explicit", "implied", "external")
_LACKS = {
    "breaks": ": add one that expects a finding of it",
    "holds": ": add one that has its codes and expects nothing of it",
}


@dataclass(frozen=True, slots=True)
class Unenforced:
    """A sentence of the policy that no edit can enforce, and why."""

    says: str
    why: str


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One profile of a policy file, read and verified."""

    name: str  # 042, or the name of the profile
    number: str
    title: str
    text: str  # the policy as published
    effective: date | None
    until: date | None
    scope: Scope  # whose claims it is for
    edits: tuple[Edit, ...]  # those that are on
    daily: frozenset[str]  # codes one unit of which is one day
    unenforced: tuple[Unenforced, ...]
    path: Path = Path()
    profiles: tuple[str, ...] = ()  # the names of all, the number first
    written: tuple[Edit, ...] = ()  # the edits of this profile, those that are off as well
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the named code sets
    cases: tuple[Case, ...] = ()
    book: str = ""  # the file of its cases, beside it
    waiting: tuple[Waiting, ...] = ()  # edits that need what a claim does not carry


def profiles(path: Path) -> tuple[str, ...]:
    """The names under which a file may be loaded: its number, then its profiles. Its tables are not read for it."""
    source = _whole(path)
    number = re.search(r'^number\s*=\s*"([^"]+)"', source, re.MULTILINE)
    named = re.findall(r"^\[profile\.([\w-]+)", source, re.MULTILINE)
    return tuple(dict.fromkeys((number[1] if number else path.stem, *named)))


def read(path: Path, profile: str = "", *, cases: bool = True, rules: Collection[str] = ()) -> PolicyFile:
    """The policy at ``path``, in a profile of its own. PolicyError names all that is wrong.

    ``cases`` False: without its cases and other profiles, which are then not verified. A shipped policy is
    loaded so at every start: the tests hold it to them, and they are read when they are shown or tried.
    ``rules``: those of the guide, one of which an edit may name in ``told_by``; none: that is not verified.
    """
    tables, source = parsed(path)
    heads = headings.rows(source)
    problems = Problems(path.name, heads)
    for key in tables:
        if key not in _TOP:
            problems.add(heads.get(key, [0])[0], "", f'unknown table "{key}"{nearest(key, _TOP)}')
    header = _table(tables, "policy", problems)
    for key in header:
        if key not in _POLICY:
            problems.add(0, "policy", f'unknown key "{key}"{nearest(key, _POLICY)}')
    number = _text(header, "number", "policy", problems)
    text = _beside(path, _text(header, "text", "policy", problems), "text", problems)
    sets = _table(tables, "codes", problems)
    rows_of_sets = {name: heads.get(f"codes.{name}", [0])[0] for name in sets}
    codes = CodeSets(sets, rows_of_sets, problems, cache(lambda name: _listed(path, name)))
    written = _list(tables, "edit", problems)
    ids = [str(each.get("id", "")) for each in written]
    reader = EditReader(number, codes, text, problems, rules, ids)
    for name, table in sets.items():
        if isinstance(table, dict) and "says" in table:
            reader.quote(str(table["says"]), rows_of_sets[name], f"codes.{name}")
    rows = headings.of(written, "edit", heads)
    known = {number: {}, **_table(tables, "profile", problems)} if number else {}
    if profile and profile not in known and f"{number}-{profile}" in known:
        profile = f"{number}-{profile}"
    if profile and profile not in known:
        problems.add(0, "", f'unknown profile "{profile}"{nearest(profile, known)}')
    chosen: tuple[Edit, ...] = ()
    all_of_it: tuple[Edit, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    asked: dict[str, set[str]] = {f"{number}-all": set(ids)}  # edits that are on, by profile
    for name, table in known.items():
        if not (cases or name == (profile or number)):
            continue
        laid, edits, needy = _edits(reader, written, rows, name, table if isinstance(table, dict) else {}, problems)
        asked[name] = {edit.id for edit in edits} | (set(ids) - {edit.id for edit in laid})
        if name == (profile or number):
            chosen, all_of_it = edits, laid
            waiting = needy
    tried = {**asked, "": asked.get(number, set())}
    held = _cases(path, header, all_of_it, ids, tried, problems) if cases else ()
    unenforced = []
    sentences = _list(tables, "unenforced", problems)
    for each, row in zip(sentences, headings.of(sentences, "unenforced", heads), strict=True):
        said = _text(each, "says", "unenforced", problems)
        reader.quote(said, row, "unenforced")
        unenforced.append(Unenforced(said, _text(each, "why", "unenforced", problems)))
    whose = scope.read({key: header[key] for key in scope.KEYS if key in header}, problems, 0, "policy")
    title = _text(header, "title", "policy", problems)
    effective, until = days(header, problems, 0, "policy")
    problems.settle()
    return PolicyFile(
        profile or number, number, title, text or "", effective, until, whose, chosen, codes.daily(), tuple(unenforced),
        path, tuple(known), all_of_it, {name: codes.named(name) for name in sets}, held,
        str(header.get("cases", "")), waiting,
    )  # fmt: skip


def _cases(
    path: Path, header: Mapping[str, object], edits: Sequence[Edit], ids: Sequence[str],
    asked: Mapping[str, set[str]], problems: Problems,
) -> tuple[Case, ...]:  # fmt: skip
    """The cases named by the policy, each edit held to having two; none when it names no file."""
    name = header.get("cases")
    if name is None:
        return ()
    mine = Problems(str(name))
    source = _beside(path, str(name), "cases", problems)
    if source is None:
        return ()
    found = casebook.read(source, mine)
    casebook.verify(found, ids, asked, mine)
    if not mine.found:
        for edit, what in casebook.lacking(found, edits, asked):
            problems.add(edit.row, edit.id, f"no case of {name} {what} it{_LACKS[what]}")
    problems.found += mine.found
    return found


def _edits(
    reader: EditReader, written: list[dict[str, object]], rows: list[int], profile: str,
    table: Mapping[str, object], problems: Problems,
) -> tuple[tuple[Edit, ...], tuple[Edit, ...], tuple[Waiting, ...]]:  # fmt: skip
    """The edits of one profile, its overrides laid over them: all, those that are on, those that need something."""
    where = f"profile.{profile}"
    for key in table:
        if key not in _PROFILE:
            problems.add(0, where, f'unknown key "{key}"{nearest(key, _PROFILE)}')
    sources = table.get("sources", list(_SOURCES))
    if not isinstance(sources, list) or not set(map(str, sources)) <= set(_SOURCES):
        problems.add(0, where, f"sources is a list of {', '.join(_SOURCES)}")
        sources = list(_SOURCES)
    overrides = table.get("edits", {})
    if not isinstance(overrides, dict) or not all(isinstance(each, dict) for each in overrides.values()):
        problems.add(0, where, "edits is a table of tables: 042-A05 = { action = \"reject\" }")
        overrides = {}
    ids = [str(each.get("id", "")) for each in written]
    for id_ in overrides:
        if id_ not in ids:
            problems.add(0, where, f'unknown edit "{id_}"{nearest(id_, ids)}')
    edits: list[Edit | Waiting] = []
    for each, row in zip(written, rows, strict=False):
        override = overrides.get(str(each.get("id", "")), {})
        edit = reader.read(each, override, row, where)
        if edit is not None:
            edits.append(edit)
    for each, row in zip(written, rows, strict=False):
        reader.hides(each, ids, row)
    laid_over = {id_: {**each, **overrides.get(id_, {})} for id_, each in zip(ids, written, strict=True)}
    for key in ("hides", "explained_by"):
        reader.rings(key, laid_over, dict(zip(ids, rows, strict=False)))
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        problems.add(rows[len(ids) - 1 - ids[::-1].index(id_)], id_, "there is an edit with this id already")
    laid = tuple(edit for edit in edits if isinstance(edit, Edit))
    waiting = tuple(edit for edit in edits if isinstance(edit, Waiting))
    return laid, tuple(edit for edit in laid if edit.on and edit.source in sources), waiting


def parsed(path: Path) -> tuple[dict[str, Any], str]:
    """The tables of a TOML file, and its text. PolicyError when it cannot be read."""
    try:
        source = _whole(path)
        if _ENDLESS.search(source):
            raise RecursionError  # tomllib takes minutes for such a key
        return tomllib.loads(source), source
    except OSError as error:
        raise PolicyError([f"{path.name}: cannot be read: {error.strerror}"]) from error
    except ValueError as error:  # an integer of thousands of digits too
        raise PolicyError([f"{path.name}: is not TOML: {error}"]) from error
    except RecursionError:
        raise PolicyError([f"{path.name}: is nested too deeply"]) from None


def _whole(path: Path) -> str:
    """The text of a file, which may be anything an operator named by mistake."""
    with path.open("rb") as stream:
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise PolicyError([f"{path.name}: is longer than {MOST >> 20} MiB"])
    try:
        return data.decode("utf-8-sig")  # editors put a byte order mark before it
    except UnicodeDecodeError as error:
        raise PolicyError([f"{path.name}: is not UTF-8 (byte {error.start})"]) from None


def _beside(path: Path, name: str, key: str, problems: Problems) -> str | None:
    """The text of a file that the policy names; None when it cannot be read, which is told once, here."""
    if not name:
        return None
    if Path(name).name != name:
        problems.add(0, "policy", f'{key}: "{name}" does not lie beside the policy')
        return None
    try:
        return _whole(path.parent / name)
    except OSError:
        problems.add(0, "policy", f'{key}: no readable file "{name}" beside the policy')
    except PolicyError as error:
        problems.found += error.problems
    return None


def _listed(path: Path, name: str) -> Sequence[Row]:
    """The rows of a table of codes, a CSV file beside the policy or beside ours."""
    for folder in (path.parent, _SHIPPED):
        file = folder / f"{name}.csv"
        if re.fullmatch(r"[a-z0-9-]+", name) and file.is_file():
            return rows_of(_whole(file))
    return ()


def _table(tables: Mapping[str, object], key: str, problems: Problems) -> dict[str, object]:
    table = tables.get(key, {})
    if key == "policy" and not table:
        problems.add(0, "", "there is no [policy] table")
    if not isinstance(table, dict):
        problems.add(0, key, "is not a table")
        return {}
    return table


def _list(tables: Mapping[str, object], key: str, problems: Problems) -> list[dict[str, object]]:
    found = tables.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        problems.add(0, key, f"is written [[{key}]]")
        return []
    return found


def _text(table: Mapping[str, object], key: str, where: str, problems: Problems) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        if where != "policy" or table:
            problems.add(0, where, f'{key} is missing, or no text in quotes: {key} = "..."')
        return ""
    return value
