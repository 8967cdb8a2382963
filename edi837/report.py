"""The report beside the acknowledgements, for the biller and for programs beside the biller.

Enters: the events of a file. Leaves: text and JSON: each claim that was sent back or remarked
on, what is wrong, the policy's own sentence, what to change and how to send it again, then
the totals of every set.
A 277CA carries codes only (X12 RFI 1465, 2203); this is where the reasons go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from edi837 import again, safe
from edi837.claim import Claim, ServiceLine
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.wording import as_dict, as_text, days, dollars, many, rests

_RESEND = "Correct it and send it again {as_what}: it never entered adjudication."
# What a claim is by CLM05-3, and so what it is sent again as. An 837I stays what it is: a part of a stay (2 to 5),
# a bill without payment (0), a last one (9), a notice (A) and so on.
_AS_WHAT = {
    "7": "as a replacement (CLM05-3 = 7), with the payer's number of the earlier claim in REF*F8",
    "8": "as a void (CLM05-3 = 8), with the payer's number of the earlier claim in REF*F8",
}
_KEPT = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ").difference("1", _AS_WHAT)


class Report:
    """Folds events into the report: JSON and text, each with the claims first and the totals last.

    ``json`` and ``text`` are open for writing text; ``file`` is the name shown. Only one
    claim is held. Call `close` when the events have ended.
    """

    def __init__(
        self, json: IO[str], text: IO[str], *, file: str, now: datetime, policies: Sequence[str] = (), phi: bool = False
    ) -> None:
        self._json, self._text, self._phi, self._file = json, text, phi, file
        self._totals: list[dict[str, Any]] = []
        self._frames: dict[type, dict[str, Any]] = {}
        self._first = True
        self._set_noted = False
        head = {"file": safe.text(file), "written": now.isoformat(timespec="seconds"), "policies": list(policies)}
        json.write(_head(head))
        text.write(f"Report on {safe.text(file)}, {now:%d %b %Y %H:%M}\n")
        text.write(f"Judged by the implementation guide{''.join(f' and policy {p}' for p in policies)}.\n")

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Verdict):
            self._verdict(event)
        elif isinstance(event, Finding):
            self._entry({"finding": as_dict(event, self._file, self._phi)})
            self._say_frame(event)
        elif isinstance(event, End):
            self._end(event.of)
        else:
            self._open(event)

    def close(self) -> None:
        """Write the totals."""
        self._json.write("],\n " + '"interchanges": ' + json.dumps(self._totals, indent=1).replace("\n", "\n ") + "}\n")
        self._text.write("\nTotals\n")
        for interchange in self._totals:
            self._text.write(_interchange_line(interchange))
            for group in interchange["groups"]:
                self._text.write(f"  group {group['group']}  {group['guide']}  {group['status']}\n")
                for one in group["sets"]:
                    self._text.write(_set_lines(one))

    def _open(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        entry: dict[str, Any]
        if isinstance(frame, Interchange):
            header = [safe.text(value.strip()) for value in frame.header] + [""] * 17
            entry = {
                "interchange": header[13], "sender": header[6], "receiver": header[8],
                "test": header[15] == "T", "status": "", "groups": [],
            }  # fmt: skip
            self._totals.append(entry)
        elif isinstance(frame, FunctionalGroup):
            entry = {
                "group": safe.number("GS", frame.number), "guide": safe.text(frame.version), "status": "", "sets": [],
            }  # fmt: skip
            self._frames[Interchange]["groups"].append(entry)
        else:
            entry = {
                "set": safe.number("ST", frame.number), "judged_by": frame.guide, "batch": "", "status": "",
                "claims": 0, "charges": Decimal(0), "accepted": 0, "accepted_charges": Decimal(0),
                "rejected": 0, "rejected_charges": Decimal(0),
            }  # fmt: skip
            self._frames[FunctionalGroup]["sets"].append(entry)
        self._frames[type(frame)] = entry

    def _end(self, frame: Interchange | FunctionalGroup | TransactionSet) -> None:
        entry = self._frames[type(frame)]
        if isinstance(frame, TransactionSet):
            entry["batch"] = safe.number("batch", frame.reference)
            entry["status"] = "refused" if frame.refused else "accepted"
            if frame.refused:  # none of its claims goes on
                _refuse(entry)
            elif frame.returned:
                _return(entry)
            _plain(entry)
        elif isinstance(frame, FunctionalGroup):
            entry["status"] = "refused" if frame.refused else "accepted"
            if frame.refused:
                for one in entry["sets"]:
                    _refuse(one)
        else:
            entry["status"] = "refused" if frame.refused else "accepted"
            if frame.refused:
                for group in entry["groups"]:
                    group["status"] = "not answered"
                    for one in group["sets"]:
                        _refuse(one)

    def _verdict(self, verdict: Verdict) -> None:
        claim, entry = verdict.claim, self._frames[TransactionSet]
        charge = claim.charge or Decimal(0)
        entry["claims"] += 1
        entry["charges"] += charge
        outcome = "rejected" if verdict.rejected else "accepted"
        entry[outcome] += 1
        entry[f"{outcome}_charges"] += charge
        if verdict.findings:
            self._entry({"claim": self._claim(verdict, outcome)})
            self._say_claim(verdict, outcome)

    def _entry(self, entry: dict[str, Any]) -> None:
        self._json.write(("" if self._first else ",") + "\n  " + json.dumps(entry))
        self._first = False

    def _claim(self, verdict: Verdict, outcome: str) -> dict[str, Any]:
        claim = verdict.claim
        show: Callable[[str], str] = safe.text if self._phi else safe.masked
        return {
            "claim": safe.number("claim", claim.id), "status": outcome, "charge": _money(claim.charge),
            "patient": show(_name(claim)), "member": show(claim.patient.id),
            "provider": safe.text(claim.provider.id), "payer": safe.text(claim.payer.id),
            "first": claim.first.isoformat() if claim.first else None,
            "last": claim.last.isoformat() if claim.last else None,
            "transmission_id": safe.text(claim.transmission_id),
            "findings": [
                {**as_dict(f, self._file, self._phi), "fix": f.fix, "service": _service(_line(claim, f))}
                for f in verdict.findings
            ],
            "resend": _resend(verdict) if verdict.rejected else "",
        }  # fmt: skip

    # -------------------------------------------------------------- text

    def _say_frame(self, finding: Finding) -> None:
        self._text.write("\n" + as_text(finding, self._file, self._phi) + "\n")
        if finding.rejects:
            self._text.write(f"    {_again(finding)}\n")

    def _say_claim(self, verdict: Verdict, outcome: str) -> None:
        claim, put = verdict.claim, self._text.write
        show: Callable[[str], str] = safe.text if self._phi else safe.masked
        word = outcome.upper() if verdict.rejected else "ACCEPTED, with remarks"
        named = safe.number("claim", claim.id)
        put(f"\n{word}  claim {named}  {dollars(claim.charge)}  {days(claim.first, claim.last)}")
        put(f"  patient {show(_name(claim))}  member {show(claim.patient.id)}\n")
        for finding in verdict.findings:
            line = _line(claim, finding)
            codes = f"  {' '.join(finding.status)}" if finding.rejects else "  not on the 277CA"
            put(f"  {finding.action:8}{finding.rule}{codes}\n")
            if line:
                put(f"    line    {_service(line)}\n")
            put(f"    what    {safe.text(finding.message)}\n")
            if words := rests(finding):
                put(f"    {words}\n")
            if finding.fix:
                put(f"    change  {safe.text(finding.fix)}\n")
            if finding.proposal:
                put(f"    write   {safe.text(str(finding.proposal))}\n")
        if verdict.rejected:
            put(f"    resend  {_resend(verdict)}\n")


def _head(head: dict[str, Any]) -> str:
    """The opening of a report, up to its list of entries."""
    return json.dumps(head)[:-1] + ',\n "entries": ['


def _again(finding: Finding) -> str:
    """What to do with a frame that goes back: one that came before is not sent again whole."""
    known = [again.BEFORE.get(finding.syntax), *(again.INSTEAD.get(code.split(":")[1]) for code in finding.status)]
    what = finding.level if finding.level in ("interchange", "group") else "set alone"
    return next(filter(None, known), again.REFUSED[what])


def _resend(verdict: Verdict) -> str:
    """What to do with a claim that goes back: nothing, where it is with the payer (A3:54, A3:78 of the claim)."""
    claim = verdict.claim
    own = (each for each in verdict.findings if each.rejects and each.level != "line")
    said = [code.split(":")[1] for each in own for code in each.status]
    if with_payer := next((about for about in again.OF_CLAIMS if about in said), ""):
        return again.INSTEAD[with_payer]
    if claim.kind == "I" and claim.frequency in _KEPT:
        return _RESEND.format(as_what=f"with the same frequency (CLM05-3 = {claim.frequency})")
    return _RESEND.format(as_what=_AS_WHAT.get(claim.frequency, "as an original (CLM05-3 = 1)"))


def _line(claim: Claim, finding: Finding) -> ServiceLine | None:
    if not finding.place.line:
        return None
    return next((line for line in claim.lines if line.number == finding.place.line), None)


def _service(line: ServiceLine | None) -> str:
    if line is None:
        return ""
    code = ":".join([line.procedure or line.revenue, *line.modifiers])
    units = f" x{line.units.normalize():f}" if line.units is not None else ""
    told = f"{safe.number('line', line.number)}  {safe.text(code)}{units}  {dollars(line.charge)}"
    return f"{told}  {days(line.first, line.last)}".rstrip()


def _name(claim: Claim) -> str:
    return ", ".join(part for part in (claim.patient.last, claim.patient.first) if part)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _refuse(entry: dict[str, Any]) -> None:
    """A set that does not go on: its claims are neither accepted nor rejected one by one."""
    entry["status"] = "refused"
    entry["accepted"] = entry["rejected"] = 0
    entry["accepted_charges"] = entry["rejected_charges"] = "0.00"


def _return(entry: dict[str, Any]) -> None:
    """A set that the 277CA sends back whole: each of its claims is rejected with it."""
    entry["status"] = "sent back"
    entry["accepted"], entry["rejected"] = 0, entry["claims"]
    entry["accepted_charges"], entry["rejected_charges"] = Decimal(0), entry["charges"]


def _plain(entry: dict[str, Any]) -> None:
    for key in ("charges", "accepted_charges", "rejected_charges"):
        if isinstance(entry[key], Decimal):
            entry[key] = _money(entry[key])


def _interchange_line(entry: dict[str, Any]) -> str:
    usage = "test" if entry["test"] else "production"
    return f"interchange {entry['interchange']}  {entry['sender']} -> {entry['receiver']}  {usage}  {entry['status']}\n"


def _set_lines(one: dict[str, Any]) -> str:
    text = f"    set {one['set']}  batch {one['batch']}  {one['status']}"
    text += f"  {many(one['claims'], 'claim')}  ${Decimal(one['charges']):,.2f}\n"
    if one["status"] == "accepted":
        for word in ("accepted", "rejected"):
            text += f"      {word} {one[word]:>6}  ${Decimal(one[f'{word}_charges']):>14,.2f}\n"
    return text
