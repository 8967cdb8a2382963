"""Gathers a day of a gateway: its files, what became of their claims, the money on them, and what waits.

Enters: the ledger, the reports that lie beside the originals, and the folders as they are now. Leaves: a `Day`.
A report is read line by line; memory holds totals by rule, partner and payer, and the files that are shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from edi837 import safe
from edi837.gateway import World, waiting
from edi837.gateway.ledger import Ledger
from edi837.gateway.reading import REASONS
from edi837.pages.gather import Count

MOST = 1000  # files shown: of those that somebody must look at, of the others, and of those that wait
_DAY = "substr(CASE WHEN decided <> '' THEN decided ELSE claimed END, 1, 10)"
_JOBS = f"SELECT * FROM job WHERE {_DAY} = ? ORDER BY id"  # noqa: S608 (a text of ours)
_LEFT = "SELECT count(*) FROM job WHERE folder = 'quarantine' AND state = 'DONE' AND substr(decided, 1, 10) < ?"
_FATES = ("accepted", "rejected", "refused")
_TAIL = b' "interchanges": '
_ENTRIES = (b'  {"claim"', b'  {"finding"')


@dataclass(slots=True)
class File:
    """A file that came, and what became of it."""

    job: str
    name: str
    state: str  # CLAIMED, COMMITTED, DONE, REQUEUED
    folder: str  # archive, error, quarantine; empty while it is not decided
    reason: str
    partner: str  # as it is called in the settings, else ISA06
    came: str  # hour and minute
    size: int
    usage: str  # T, P, TP
    interchanges: list[tuple[str, str]] = field(default_factory=list)  # ISA13, TA105
    answers: list[tuple[str, str]] = field(default_factory=list)  # kind, name
    fates: dict[str, Count] = field(default_factory=lambda: {fate: Count() for fate in _FATES})
    money: bool = True  # its report is at hand, so that its charges are known
    replays: str = ""

    @property
    def claims(self) -> int:
        """Claims of all fates."""
        return sum(count.claims for count in self.fates.values())

    @property
    def charges(self) -> Decimal:
        """Their charges."""
        return sum((count.charges for count in self.fates.values()), Decimal())


@dataclass(slots=True)
class Day:
    """A day of a gateway."""

    day: date
    made: str  # when this was gathered
    files: int = 0
    folders: Counter[str] = field(default_factory=Counter)  # archive, error, quarantine, requeued, "" (not decided)
    interchanges: int = 0
    refused: int = 0  # interchanges with a TA1 of R
    answers: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    fates: dict[str, Count] = field(default_factory=lambda: {fate: Count() for fate in _FATES})
    without_report: int = 0
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)  # rule, payer, partner, sent: and a name
    frames: Counter[str] = field(default_factory=Counter)  # rules by which a TA1 or 999 refused something
    looked_at: list[File] = field(default_factory=list)  # somebody must: quarantine, error, not decided
    fine: list[File] = field(default_factory=list)
    waiting: list[tuple[str, int, int]] = field(default_factory=list)  # name, bytes, seconds; in in/ now
    more_waiting: int = 0
    left: int = 0  # in quarantine since before that day

    def by(self, kind: str) -> list[tuple[str, Count]]:
        """What was rejected by rule, payer or partner, or sent by a partner; most claims first."""
        found = [(name, count) for (of, name), count in self.counts.items() if of == kind]
        return sorted(found, key=lambda row: (-row[1].claims, -row[1].charges, row[0]))

    @property
    def claims(self) -> Count:
        """Claims and charges of all fates."""
        whole = Count()
        for count in self.fates.values():
            whole.add(count.claims, count.charges)
        return whole


def gather(world: World, ledger: Ledger, day: date) -> Day:
    """Gather a day: the files decided on it, and those claimed on it and not decided yet."""
    found = Day(day, world.clock.moment().isoformat(sep=" ", timespec="minutes"))
    for row in ledger.put(_JOBS, day.isoformat()):
        _file(found, world, ledger, dict(row))
    (found.left,) = ledger.put(_LEFT, day.isoformat()).fetchone()
    wait = waiting.files(world)
    found.more_waiting = max(0, len(wait) - MOST)
    for each in wait[:MOST]:
        name = safe.text(each.name if each.folder == "in" else f"{each.folder.removeprefix('in/')}/{each.name}")
        found.waiting.append((name, each.size, each.seconds))
    return found


def _file(day: Day, world: World, ledger: Ledger, row: dict[str, Any]) -> None:
    frames = ledger.rows("SELECT sender, number, usage, taken, code FROM interchange WHERE job = ?", row["id"])
    sender = next((safe.text(frame["sender"]) for frame in frames), "")
    file = File(
        row["id"], safe.text(row["name"]), row["state"], row["folder"], row["reason"], row["partner"] or sender,
        row["claimed"][11:16], row["size"],
        "".join(sorted({safe.text(frame["usage"]) for frame in frames})),
        [(safe.text(frame["number"]), frame["code"]) for frame in frames], replays=row["replays"],
    )  # fmt: skip
    report = ""
    for output in ledger.rows("SELECT kind, folder, name FROM output WHERE job = ? ORDER BY rowid", row["id"]):
        if output["kind"] in ("ta1", "999", "277ca"):
            file.answers.append((output["kind"].upper(), output["name"]))
            day.answers[output["kind"].upper()] += 1
        elif output["kind"] == "report.json":
            report = world.layout(output["folder"] or row["path"], output["name"])
    if not (report and _reported(day, file, world, report)) and row["claims"]:
        file.money = False
        day.without_report += 1
        rest = row["claims"] - row["rejected"]
        sets = ledger.rows("SELECT claims FROM batch WHERE job = ? AND refused = 1", row["id"])
        refused = min(rest, sum(each["claims"] for each in sets))  # what goes back whole is refused there, too
        for fate, claims in (("rejected", row["rejected"]), ("refused", refused), ("accepted", rest - refused)):
            file.fates[fate].claims = claims
    day.files += 1
    day.folders["requeued" if file.state == "REQUEUED" else file.folder] += 1
    day.interchanges += len(frames)
    day.refused += sum(not frame["taken"] for frame in frames)
    day.hours[int(row["claimed"][11:13])] += 1
    for fate, count in file.fates.items():
        day.fates[fate].add(count.claims, count.charges)
    if file.claims:
        _count(day, "sent", file.partner, file.claims, file.charges)
    for fate in ("rejected", "refused"):
        if file.fates[fate].claims:
            _count(day, "partner", file.partner, file.fates[fate].claims, file.fates[fate].charges)
    kept = day.fine if file.folder == "archive" and file.state == "DONE" else day.looked_at
    if len(kept) < MOST:
        kept.append(file)


def _reported(day: Day, file: File, world: World, path: str) -> bool:
    """Take what a report says; whether it could be read."""
    try:
        with world.disk.open(path) as stream:
            refused = _totals(file, stream)
            stream.seek(0)
            for entry in _entries(stream):
                _entry(day, entry, refused)
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError):  # pruned, fetched, or not ours any more
        file.fates = {fate: Count() for fate in _FATES}
        return False
    return True


def _totals(file: File, stream: BinaryIO) -> set[tuple[str, str, str]]:
    """Count the sets of a report; those that are refused, or stand in what is."""
    tail = b""
    for line in stream:
        if line.startswith(_TAIL):
            tail = line.removeprefix(_TAIL) + stream.read()
    refused = set()
    for interchange in json.JSONDecoder().raw_decode(tail.decode())[0]:
        for group in interchange["groups"]:
            for one in group["sets"]:
                claims, charges = one["claims"], Decimal(one["charges"])
                if one["status"] == "refused":
                    refused.add((interchange["interchange"], group["group"], one["set"]))
                    file.fates["refused"].add(claims, charges)
                else:
                    for fate in ("accepted", "rejected"):
                        file.fates[fate].add(one[fate], Decimal(one[f"{fate}_charges"]))
    return refused


def _entries(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """The entries of a report, one a line."""
    decoder = json.JSONDecoder()
    for line in stream:
        if line.startswith(_ENTRIES):
            yield decoder.raw_decode(line.decode().lstrip())[0]


def _entry(day: Day, entry: dict[str, Any], refused: set[tuple[str, str, str]]) -> None:
    if finding := entry.get("finding"):
        day.frames[finding["rule"]] += finding["action"] == "reject"
        return
    claim = entry["claim"]
    found = [each for each in claim["findings"] if each["action"] == "reject"]
    if not found or (found[0]["interchange"], found[0]["group"], found[0]["set"]) in refused:
        return
    charge = Decimal(claim["charge"] or 0)
    for rule in dict.fromkeys(each["rule"] for each in found):
        _count(day, "rule", rule, 1, charge)
    _count(day, "payer", claim["payer"] or "nobody named", 1, charge)


def _count(day: Day, kind: str, name: str, claims: int, charges: Decimal) -> None:
    day.counts.setdefault((kind, name), Count()).add(claims, charges)


def why(file: File) -> str:
    """Why somebody must look at a file, or what its answers say."""
    if file.state == "REQUEUED":
        return "put back into in/"
    if not file.folder:
        return "not decided yet"
    if file.folder == "quarantine":
        return REASONS.get(file.reason, file.reason) or "nobody could answer it"
    codes = [f"TA1 note {code} on ISA13 {number}" for number, code in file.interchanges if code != "000"]
    return ", ".join(codes) or ("refused by a 999" if file.folder == "error" else "")
