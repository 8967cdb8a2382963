"""Findings that are known and not to be told again, and what marks a finding from day to day.

Enters: findings; a baseline as JSON. Leaves: a key that does not move with the bytes around a finding and
tells no value; and which findings are new. A baseline counts: a fault that comes a second time is new.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256

from edi837.findings import Edi837Error, Finding

_FORMAT = "edi837 baseline 1"


class BadBaseline(Edi837Error):
    """The file is no baseline."""


def key(finding: Finding) -> str:
    """The rule, loop and element with the claim and line by their own numbers, as 20 hexadecimal digits.

    The set counts (ST02) only of what is on no claim: sets are numbered anew whenever one comes before them.
    """
    place = finding.place
    number = "" if place.claim else place.set
    told = (finding.rule, number, place.claim, place.line, place.loop, place.tag, place.refdes)
    return sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:20]


class Baseline:
    """Known findings, each as often as it is known; and those that were seen now."""

    def __init__(self, known: dict[str, int] | None = None) -> None:
        self._left = Counter(known or {})
        self._seen: Counter[str] = Counter()

    @classmethod
    def read(cls, text: str) -> Baseline:
        """The baseline in a text. BadBaseline when it is none."""
        try:
            told = json.loads(text)
        except ValueError:
            raise BadBaseline("the baseline is not JSON") from None
        if not isinstance(told, dict) or told.get("format") != _FORMAT or not isinstance(told.get("known"), dict):
            raise BadBaseline("the file is no baseline that edi837 check --write-baseline wrote")
        known = {word: count for word, count in told["known"].items() if isinstance(count, int)}
        return cls({word.rpartition(" ")[2]: count for word, count in known.items()})

    def knows(self, finding: Finding) -> bool:
        """Whether a finding is known; that it came is noted."""
        mark = key(finding)
        self._seen[f"{finding.rule} {mark}"] += 1
        if self._left[mark] > 0:
            self._left[mark] -= 1
            return True
        return False

    def written(self) -> str:
        """What was seen, as a baseline to come."""
        return json.dumps({"format": _FORMAT, "known": dict(sorted(self._seen.items()))}, indent=1) + "\n"

    @property
    def count(self) -> int:
        """How many findings were seen."""
        return self._seen.total()
