"""The codes of a claim status composite: what they mean and how they may be used.

Enters: composites as text, ``category:status[:entity]`` (277CA STC01, STC10, STC11; X12 code
sources 507 and 508). Leaves: plain words, and what is wrong with a set of composites that
is to travel in one STC. The tables are `codes/status.toml`: words for some, and of every status of X12's list 508,
up to 799, whether it is in use, needs a party or another status. One without words is explained in that list.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from edi837 import maps
from edi837.findings import StatusCode

_TABLES = tomllib.loads((Path(__file__).parent / "codes" / "status.toml").read_text(encoding="utf-8"))

CATEGORIES: dict[str, str] = _TABLES["category"]
STATUSES: dict[str, str] = _TABLES["status"]
ENTITIES: dict[str, str] = _TABLES["entity"]
NEEDS_ENTITY: frozenset[str] = frozenset(_TABLES["use"]["needs-entity"])
NEVER_ALONE: frozenset[str] = frozenset(_TABLES["use"]["never-alone"])
WHOLE_FILE: frozenset[str] = frozenset(_TABLES["use"]["whole-file"])
STOPPED: frozenset[str] = frozenset(_TABLES["use"]["stopped"])
LATER: frozenset[str] = frozenset(_TABLES["use"]["later"])
REJECTING: frozenset[str] = frozenset({"A3", "A6", "A7", "A8"})  # the categories that go with STC03 U

_UNTOLD = "see X12's list 508"
MOST = 3  # STC01, STC10, STC11


def listed(status: str) -> bool:
    """Whether it is a status in use: in X12's list 508, as pyx12 has it (November 2014), or newer, and not stopped."""
    if status in STOPPED:
        return False
    return status in STATUSES or status in LATER or status in maps.code_lists()["claim_status"].codes


def describe(text: str) -> str:
    """A composite in plain sentences; a bare category, status or entity is looked up alone.

    ValueError when a code is in none of the tables.
    """
    if ":" not in text:
        return _alone(text)
    code = StatusCode.parse(text)
    sentences = [
        f"{code.category}: {_word(CATEGORIES, code.category, 'category')}.",
        f"{code.status}: {_word(STATUSES, code.status, 'status')}.",
    ]
    if code.entity:
        sentences.append(f"{code.entity}: the party is the {_word(ENTITIES, code.entity, 'entity')}.")
    elif code.status in NEEDS_ENTITY:
        sentences.append(f"{code.status} needs a code for the party.")
    if code.status in NEVER_ALONE:
        sentences.append(f"{code.status} never stands alone.")
    return " ".join(sentences)


def faults(texts: Sequence[str]) -> Iterator[str]:
    """What is wrong with composites that are to reject a claim in one STC, in words."""
    if len(texts) > MOST:
        yield f"{len(texts)} status codes, but an STC holds {MOST}"
    codes = []
    for text in texts:
        try:
            codes.append(StatusCode.parse(text))
        except ValueError as error:
            yield str(error)
    for code in codes:
        yield from _faults_of(code)
    if codes and all(code.status in NEVER_ALONE for code in codes):
        alone = ", ".join(sorted({code.status for code in codes}))
        yield f"status {alone} must not stand alone: put the code that says what it is about before it"


def _faults_of(code: StatusCode) -> Iterator[str]:
    if code.category not in CATEGORIES:
        yield f"{code}: unknown category {code.category!r}{_nearest(code.category, CATEGORIES)}"
    elif code.category not in REJECTING:
        rejecting = ", ".join(sorted(REJECTING))
        yield f"{code}: category {code.category} rejects nothing; those that do are {rejecting}"
    if code.status in STOPPED:
        yield f"{code}: status {code.status} is no longer in use"
    elif not listed(code.status):
        yield f"{code}: unknown status {code.status!r}{_nearest(code.status, STATUSES)}"
    elif code.status in WHOLE_FILE:
        yield f"{code}: status {code.status} is said of a whole file, never of a claim or line"
    elif code.status in NEEDS_ENTITY and not code.entity:
        yield f"{code}: status {code.status} needs an entity code, such as {code}:82"
    if code.entity and code.entity not in ENTITIES:
        yield f"{code}: unknown entity {code.entity!r}{_nearest(code.entity, ENTITIES)}"


def _alone(text: str) -> str:
    found = [table[text] for table in (CATEGORIES, STATUSES, ENTITIES) if text in table]
    if text in STOPPED:  # an entity may have its number
        found.append("as a status, no longer in use" if found else "no longer in use")
    if not found and listed(text):
        found.append(_UNTOLD)
    if not found:
        known = [*CATEGORIES, *STATUSES, *ENTITIES]
        raise ValueError(f"unknown status code {text!r}{_nearest(text, known)}")
    return " ".join(f"{text}: {words}." for words in found)


def _word(table: dict[str, str], code: str, what: str) -> str:
    if code in STOPPED and table is STATUSES:
        return "no longer in use"
    if table is STATUSES and code not in table and listed(code):
        return _UNTOLD
    if code not in table:
        raise ValueError(f"unknown {what} {code!r}{_nearest(code, table)}")
    return table[code]


def _nearest(word: str, words: Sequence[str] | dict[str, str]) -> str:
    close = get_close_matches(word, list(words), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
