"""The code tables of this machine: is a code valid on a day, as far as a release in force can tell?

Enters: what `codefiles` read, with its window. Leaves: a text file for each release of a list in a
folder, and from that folder an answer to one question, `Tables.says`. A table holds codes and dates,
never titles. An old table refuses nothing: outside its window, after the next release was due, and
of codes it never lists (CPT, in CMS's HCPCS file), it says None.
"""

from __future__ import annotations

import os
import re
import tempfile
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from edi837 import safe
from edi837.codefiles import ICD, KINDS, Published, Span
from edi837.codewindows import Window
from edi837.findings import Edi837Error

_TITLE = "# edi837 code table 1"
_ENDING = ".codes"
_REMEDY = "delete it and load it again with edi837 codes update"


class CodeTableError(Edi837Error):
    """A code table of this machine is broken: the file, what is wrong, and the remedy."""


class NoHome(CodeTableError):
    """The user has no home folder, as a service may."""


def folder(environment: Mapping[str, str]) -> Path:
    """Where the tables are unless another folder is named. NoHome: there is no such place."""
    if named := environment.get("EDI837_CODES"):
        return Path(named)
    data = environment.get("XDG_DATA_HOME", "")
    try:
        return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "edi837" / "codes"
    except RuntimeError as error:
        raise NoHome("this user has no home folder") from error


def family(kind: str, code: str) -> str:
    """The part of a list a code belongs to, for a file may lack a whole part: HCPCS without CPT."""
    if kind != "hcpcs":
        return "*"
    if len(code) == 2:  # a modifier: P1 is CPT's, PT is CMS's
        return "mod-" + "".join("9" if c.isdigit() else c if at == 0 else "A" for at, c in enumerate(code))
    return "9" + code[-1:].strip("0123456789") if code[:1].isdigit() else code[:1]


@dataclass(slots=True)
class Release:
    """One release of one list. Its codes are read when the first of them is asked for."""

    kind: str
    window: Window
    loaded: date
    sha256: str  # of the file as it was published
    source: str  # its name
    families: frozenset[str]
    size: int
    path: Path
    _codes: dict[str, Span] | None = field(default=None, repr=False)
    _sorted: list[str] = field(default_factory=list, repr=False)

    @property
    def codes(self) -> dict[str, Span]:
        """Each code with its first and last day."""
        if self._codes is None:
            self._codes = _body(self.path)
        return self._codes

    def holds(self, code: str, day: date) -> bool:
        """Whether the code is listed and its own dates do not exclude the day."""
        first, last = self.codes.get(code, (date.max, None))
        return (first is None or first <= day) and (last is None or day <= last)

    def heads(self, code: str) -> bool:
        """Whether longer codes begin so, and this is none itself."""
        if not self._sorted:
            self._sorted = sorted(self.codes)
        at = bisect_right(self._sorted, code)
        return code not in self.codes and at < len(self._sorted) and self._sorted[at].startswith(code)


class Tables:
    """All releases in a folder, the latest first."""

    def __init__(self, releases: list[Release]) -> None:
        self._releases: dict[str, list[Release]] = {}
        for release in sorted(releases, key=lambda r: r.window.first, reverse=True):
            self._releases.setdefault(release.kind, []).append(release)

    @classmethod
    def load(cls, folder: str | Path) -> Tables:
        """The tables of a folder; none without it. CodeTableError names a broken file, or that it is a file."""
        if Path(folder).is_file():
            raise CodeTableError(f"{folder} is a file: give the folder that `edi837 codes update --dir` writes to")
        return cls([_head(path) for path in sorted(Path(folder).glob(f"[a-z]*{_ENDING}"))])

    def releases(self) -> list[Release]:
        """What there is, list by list, oldest first."""
        return [release for kind in KINDS for release in reversed(self._releases.get(kind, []))]

    def says(self, kind: str, code: str, day: date) -> bool | None:
        """True: valid that day; False: certainly not; None: no release at hand can tell."""
        for release in self._releases.get(kind, ()):
            if day in release.window:
                break
        else:
            return None
        if release.holds(code, day) or self._since_added(release, code, day):
            return True
        if day > release.window.whole or family(kind, code) not in release.families:
            return None
        return False

    def doubts(self, kind: str, code: str, day: date) -> bool:
        """Whether no release can tell of that day though there are some, and none of them has the code at all.

        Of parts of a list that no release has (CPT, in CMS's HCPCS file) nothing is doubted.
        """
        releases, part = self._releases.get(kind, ()), family(kind, code)
        if not any(part in release.families for release in releases) or self.says(kind, code, day) is not None:
            return False
        return not any(code in release.codes for release in releases)

    def heads(self, kind: str, code: str, day: date) -> bool:
        """Whether an ICD-10 code is not billable because longer codes of that day stand under it."""
        in_force = (release for release in self._releases.get(kind, ()) if day in release.window)
        release = next(in_force, None)
        return kind in ICD and code != "" and release is not None and release.heads(code)

    def _since_added(self, release: Release, code: str, day: date) -> bool:
        """Whether a later release adds the code with effect from a day before its own."""
        for later in self._releases[release.kind]:
            if later is release:
                break
            if later.codes.get(code, (None, None))[0] is not None and later.holds(code, day):
                return True
        return False


def write(found: Published, window: Window, folder: Path, *, loaded: date, sha256: str, source: str) -> Release:
    """Put a release into the folder, whole or not at all; one of the same first day is replaced."""
    path = folder / f"{found.kind}-{window.first}{_ENDING}"
    families = frozenset(family(found.kind, code) for code in found.codes)
    release = Release(found.kind, window, loaded, sha256, safe.text(source), families, len(found.codes), path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(_heading(release))
            for code, (first, last) in sorted(found.codes.items()):
                file.write(f"{code}\t{first or ''}\t{last or ''}\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return release


def _heading(release: Release) -> str:
    facts = {
        "kind": release.kind,
        "window": f"{release.window.first} {release.window.last}",
        "whole-until": release.window.whole,
        "families": " ".join(sorted(release.families)),
        "loaded": release.loaded,
        "sha256": release.sha256,
        "source": release.source,
        "codes": release.size,
    }
    return "\n".join([_TITLE, *(f"# {name} {value}" for name, value in facts.items())]) + "\n"


def _head(path: Path) -> Release:
    facts: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as file:
            if file.readline().rstrip("\n") != _TITLE:
                raise CodeTableError(f"{path}: is no code table of this version; {_REMEDY}")
            for line in file:
                if not line.startswith("# "):
                    break
                name, _, value = line[2:].rstrip("\n").partition(" ")
                facts[name] = value
        first, last = map(date.fromisoformat, facts["window"].split())
        window = Window(first, last, date.fromisoformat(facts["whole-until"]))
        loaded, families = date.fromisoformat(facts["loaded"]), frozenset(facts["families"].split())
        size = int(facts["codes"])
        return Release(facts["kind"], window, loaded, facts["sha256"], facts["source"], families, size, path)
    except (KeyError, ValueError) as error:
        raise CodeTableError(f"{path}: its heading lacks or spoils {error}; {_REMEDY}") from error


_LINE = re.compile("([0-9A-Z]+)\t([0-9-]*)\t([0-9-]*)")


def _body(path: Path) -> dict[str, Span]:
    codes: dict[str, Span] = {}
    spans: dict[tuple[str, str], Span] = {("", ""): (None, None)}  # few differ: each is kept once
    size = _head(path).size
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.startswith("#"):
                    continue
                match = _LINE.fullmatch(line.rstrip("\n"))
                if match is None:
                    raise ValueError(f"line {number}")
                code, *days = match.groups()
                key = (days[0], days[1])
                if key not in spans:
                    first, last = (date.fromisoformat(day) if day else None for day in days)
                    spans[key] = (first, last)
                codes[code] = spans[key]
    except ValueError as error:
        raise CodeTableError(f"{path}: cannot be read: {error}; {_REMEDY}") from error
    if len(codes) != size:
        raise CodeTableError(f"{path}: holds {len(codes)} codes of {size}; {_REMEDY}")
    return codes
