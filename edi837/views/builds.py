"""Findings as a build server takes them: JUnit, and GitLab's code quality report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from html import escape

from edi837 import safe
from edi837.findings import Finding
from edi837.views.cards import Cards
from edi837.views.data import where
from edi837.views.flat import card_message
from edi837.views.known import key
from edi837.views.spot import Spot, Trail
from edi837.wording import many

_GITLAB = {"reject": "major", "warn": "minor", "unknown": "info"}


class JUnit:
    """Writes a test suite for each file: what rejects is a failure, what only warns a passed test that says so.

    A file that could not be read is an error. What was found and is not shown is a case of its own: a failure
    where some of it rejects.
    """

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._file = ""
        self._cases: dict[str, list[str]] = {}
        self._failures: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._held: dict[str, Counter[str]] = {}  # findings not shown, by action

    def begin(self, file: str) -> None:
        """A file in which nothing may be found is a suite as well."""
        self._file = safe.text(file)
        self._cases.setdefault(self._file, [])

    def fail(self, why: str) -> None:
        """The file that began last cannot be read, or not to its end."""
        self._errors[self._file] += 1
        self._case(self._file, f'<error type="unreadable" message="{_xml(safe.text(why))}"/>')

    def hold(self, finding: Finding) -> None:
        """A finding on the file that began last is not shown."""
        self._held.setdefault(self._file, Counter())[finding.action] += 1

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """Nothing yet: a suite begins with its counts."""
        finding, file = spot.finding, safe.text(spot.file)
        facts = {"name": f"edi837.{finding.rule}", "classname": file}
        at = f"{file}:{spot.point.at[0]}:{spot.point.at[1]}" if spot.point else file  # a case has no attributes for it
        told = card_message(finding, self._cards)
        if finding.rejects:
            self._failures[file] += 1
            inner = f'<failure type="{finding.action}" message="{_xml(told)}">{_xml(at)}</failure>'
        else:
            inner = f"<system-out>{_xml(at)}: {finding.action}: {_xml(told)}</system-out>"
        self._cases.setdefault(file, []).append(f"<testcase {_facts(facts)}>{inner}</testcase>")
        return iter(())

    def close(self) -> Iterator[str]:
        """The document."""
        for file, held in self._held.items():
            told = f"{many(held.total(), 'finding')} more, not shown"
            if held["reject"]:
                self._failures[file] += 1
                told = f'<failure type="reject" message="{told}: {held["reject"]:,} of them reject"/>'
            else:
                told = f"<system-out>{told}</system-out>"
            self._case(file, told)
        total = sum(max(len(cases), 1) for cases in self._cases.values())
        counts = {"name": "edi837", "tests": str(total), "failures": str(self._failures.total())}
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield f"<testsuites {_facts(counts | {'errors': str(self._errors.total())})}>\n"
        for file, cases in self._cases.items():
            cases = cases or [f"<testcase {_facts({'name': 'edi837', 'classname': file})}/>"]
            counts = {"name": file, "tests": str(len(cases)), "failures": str(self._failures[file])}
            yield f"  <testsuite {_facts(counts | {'errors': str(self._errors[file])})}>\n"
            yield from (f"    {case}\n" for case in cases)
            yield "  </testsuite>\n"
        yield "</testsuites>\n"

    def _case(self, file: str, inner: str) -> None:
        """A case that is about the file, and about no rule."""
        told = f"<testcase {_facts({'name': 'edi837', 'classname': file})}>{inner}</testcase>"
        self._cases.setdefault(file, []).append(told)


class GitLab:
    """Writes an array of issues."""

    def __init__(self, cards: Cards) -> None:
        self._cards, self._lead = cards, "[\n"
        self._seen: Counter[str] = Counter()
        self._file = ""
        self._failed: list[str] = []  # issues of files that could not be read

    def begin(self, file: str) -> None:
        """A file begins."""
        self._file = safe.text(file)

    def fail(self, why: str) -> None:
        """The file that began last cannot be read, or not to its end."""
        told = {
            "description": safe.text(why),
            "check_name": "unreadable",
            "fingerprint": sha256(f"unreadable\0{self._file}".encode("utf-8", "surrogatepass")).hexdigest()[:24],
            "severity": "blocker",
            "location": {"path": self._file, "lines": {"begin": 1}},
        }
        self._failed.append(json.dumps(told))

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The issue of a finding."""
        finding = spot.finding
        mark = key(finding)
        self._seen[mark] += 1
        told = {
            "description": f"{self._cards.of(finding.rule).title}: {card_message(finding, self._cards)}",
            "check_name": finding.rule,
            "fingerprint": f"{mark}{self._seen[mark]:04x}",
            "severity": _GITLAB[finding.action],
            "location": {"path": safe.text(spot.file), "lines": {"begin": where(spot.point).get("row", 1)}},
        }
        yield self._lead + json.dumps(told)
        self._lead = ",\n"

    def close(self) -> Iterator[str]:
        """What ends the array: the files that could not be read."""
        for told in self._failed:
            yield self._lead + told
            self._lead = ",\n"
        yield "[]\n" if self._lead == "[\n" else "\n]\n"


def _facts(told: dict[str, str]) -> str:
    return " ".join(f'{name}="{_xml(value)}"' for name, value in told.items())


def _xml(text: str) -> str:
    """Text of an XML document; what XML cannot say `safe.text` has made visible before."""
    return escape(text)
