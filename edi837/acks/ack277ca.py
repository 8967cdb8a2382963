"""The claim acknowledgement, 277CA (005010X214).

Enters: the verdicts of one received set, in file order. Leaves: one transaction set 277
that accounts for every claim, accepted or rejected, and whose totals reconcile.

Totals stand before the claims they count: the claims of a billing provider wait in one
spool, the finished providers of the set in another, and neither is held in memory. A set
that the 999 refuses in the end drops both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import IO, Literal

from edi837.acks.reply import Reply
from edi837.acks.source import Payers, Source, who
from edi837.acks.status import Status, split, statuses
from edi837.acks.writer import AckError, Composite, Segments, amount, delimiters
from edi837.claim import EXACT, Party, ServiceLine
from edi837.frames import FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.x12 import element

GUIDE = "005010X214"
Role = Literal["payer", "clearinghouse"]

# What we are: NM101 of 2100A, and the status of an accepted claim.
_ROLES: dict[Role, tuple[str, str]] = {"payer": ("PR", "A2:20"), "clearinghouse": ("AY", "A1:19:PR")}
_RECEIVED = "A1:19:PR"  # at the levels of receiver and provider, whatever becomes of the claims
_PROCEDURES = frozenset(("AD", "ER", "HP", "IV", "NU", "WK"))  # SVC01-1, beside HC
_NO_NUMBER = "NONE"  # 2100D NM109 is required, and whose employer is the subscriber may have none (X12 RFI 1317)
_REVENUE = "NU"  # SVC01-1 of a line known by its revenue code alone
_WORDS = 264  # characters of STC12 (data element 933)
_NO_TRACE = "0"  # TRN02 of 2200C: we keep no trace of providers
_ASCII = str.maketrans("“”‘’–…", "\"\"''-.")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a partner and his payer settled about the 277CA."""

    role: Role = "payer"
    source: Source | None = None  # None: read off the claims, 1000B and the envelope
    line_stc_date: bool = False  # write STC02 of 2220D, which X12's own example leaves out
    stc12_text: bool = False  # write the reason into STC12, which is no longer in use (RFI 1465)
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by status code: composites sent for it


@dataclass(slots=True)
class _Tally:
    """Claims and charges (CLM02) of a set or of one provider."""

    accepted: int = 0
    rejected: int = 0
    accepted_charges: Decimal = field(default_factory=Decimal)  # AMT*YU
    rejected_charges: Decimal = field(default_factory=Decimal)  # AMT*YY

    @property
    def total(self) -> Decimal:
        """STC04."""
        return EXACT.add(self.accepted_charges, self.rejected_charges)

    def add(self, rejected: bool, charge: Decimal) -> None:
        if rejected:
            self.rejected += 1
            self.rejected_charges = EXACT.add(self.rejected_charges, charge)
        else:
            self.accepted += 1
            self.accepted_charges = EXACT.add(self.accepted_charges, charge)


class Ack277CA:
    """The 277CA of one received set. `add` its verdicts, then `write` it, or `drop` it."""

    def __init__(
        self,
        received: Interchange,
        group: FunctionalGroup,
        now: datetime,
        profile: Profile,
        spools: tuple[IO[bytes], IO[bytes]],
    ) -> None:
        marks = delimiters(received)
        self._received, self._group, self._now, self._profile = received, group, now, profile
        self._today = f"{now:%Y%m%d}"
        self._entity, self._accepted = _ROLES[profile.role]
        self._providers, self._claims = Segments(spools[0], marks), Segments(spools[1], marks)
        self._codes: dict[Status, list[Composite]] = {}  # as many as the policies know
        self._levels = count(3)  # HL01; 1 and 2 are source and receiver
        self._set, self._own = _Tally(), _Tally()
        self._payers = Payers()
        self._provider: Party | None = None
        self._parent: str  # HL01 of the provider at hand

    def add(self, verdict: Verdict) -> None:
        """Write the claim's 2000D. Raises AckError when its codes contradict each other."""
        claim = verdict.claim
        if claim.provider is not self._provider and claim.provider != self._provider:
            self._close_provider()
            self._provider, self._parent = claim.provider, str(next(self._levels))
        self._payers.add(claim.payer)
        charge = claim.charge or Decimal()
        answer = statuses(verdict, self._accepted, self._profile.instead)
        self._own.add(answer.rejected, charge)
        self._set.add(answer.rejected, charge)
        action = "U" if answer.rejected else "WQ"
        put, echo = self._claims.put, self._claims.echo

        # 2000D
        put("HL", str(next(self._levels)), self._parent, "PT")
        # 2100D
        patient, member = claim.patient, claim.subscriber
        qualifier = "II" if member.id_qualifier == "II" else "MI"
        self._name(self._claims, "QC", "1", patient, qualifier, member.id or patient.id or _NO_NUMBER)
        # 2200D
        put("TRN", "2", echo(claim.id, 50) or "0")
        owed = amount(charge)
        for status, text in answer.claim:
            self._stc(self._claims, status, self._today, action, owed, text)
        _ref(self._claims, "D9", claim.transmission_id)
        _ref(self._claims, "BLT", claim.bill_type)
        _dates(self._claims, claim.first, claim.last)
        for line, (status, text) in answer.lines:
            self._line(line, status, text)

    def write(self, out: IO[bytes], number: int, ended: TransactionSet) -> None:
        """Write the interchange with ISA13 ``number``; a set that goes back whole stops at the receiver.

        Raises AckError when a claim of the set is not among them.
        """
        self._close_provider()
        tally = self._set
        if tally.accepted + tally.rejected != ended.claims:
            raise AckError(f"{tally.accepted + tally.rejected} verdicts for {ended.claims} claims")
        reply = Reply(out, self._received, self._now, number)
        reply.open(self._group, "HN", "277", GUIDE)
        own = f"CA{self._today}{reply.number:09d}"
        reply.put("BHT", "0085", "08", own, self._today, f"{self._now:%H%M%S}", "TH")
        # 2000A, 2100A, 2200A
        reply.put("HL", "1", "", "20", "1")
        payer = self._payers.one if self._profile.role == "payer" else None
        source = self._profile.source or who(payer, ended.receiver, self._group, self._received)
        name, identifier = reply.echo(source.name, 60), reply.echo(source.id, 80)
        reply.put("NM1", self._entity, "2", name, "", "", "", "", source.qualifier, identifier)
        reply.put("TRN", "1", own)
        reply.put("DTP", "050", "D8", self._today)
        reply.put("DTP", "009", "D8", self._today)
        # 2000B, 2100B, 2200B
        returned = ended.returned
        reply.put("HL", "2", "1", "21", "1" if ended.claims and not returned else "0")
        self._submitter(reply, ended.submitter)
        reply.put("TRN", "2", reply.echo(ended.reference, 50) or "0")
        if returned:  # the whole set: it ends here
            self.drop()
            tally = _Tally(0, ended.claims, Decimal(), tally.total)
        self._totals(reply, tally, self._today, "90", "AA", returned)
        # 2000C and 2000D
        reply.splice(self._providers)
        reply.close()

    def drop(self) -> None:
        """Forget the claims: the set was refused."""
        self._providers.clear()
        self._claims.clear()

    def _close_provider(self) -> None:
        """Write the 2000C of the provider at hand, now that his totals are known, and his claims."""
        if self._provider is None:
            return
        out, party = self._providers, self._provider
        # 2000C, 2100C, 2200C
        out.put("HL", self._parent, "2", "19", "1")
        kind = "1" if party.kind == "1" else "2"
        qualifier, id = (party.id_qualifier, party.id) if party.id_qualifier in ("XX", "FI") else ("FI", party.tax_id)
        self._name(out, "85", kind, party, qualifier, id)
        out.put("TRN", "1", _NO_TRACE)
        self._totals(out, self._own, "", "QA", "QC")
        out.splice(self._claims)
        self._own = _Tally()

    def _totals(
        self, out: Segments, tally: _Tally, day: str, accepted: str, rejected: str, returned: str = ""
    ) -> None:
        """The STC, QTYs and AMTs of a level; a count of nothing is not written. ``returned`` rejects the level."""
        self._stc(out, split((returned or _RECEIVED,)), day, "U" if returned else "WQ", amount(tally.total))
        if tally.accepted:
            out.put("QTY", accepted, str(tally.accepted))
        if tally.rejected:
            out.put("QTY", rejected, str(tally.rejected))
        if tally.accepted:
            out.put("AMT", "YU", amount(tally.accepted_charges))
        if tally.rejected:
            out.put("AMT", "YY", amount(tally.rejected_charges))

    def _stc(self, out: Segments, status: Status, day: str, action: str, charge: str, text: str = "") -> None:
        codes = self._codes.get(status)
        if codes is None:
            codes = self._codes[status] = [out.composite(*code) for code in status]
        if self._profile.stc12_text:
            more = [*codes[1:], "", ""][:2]
            out.put("STC", codes[0], day, action, charge, "", "", "", "", "", *more, out.echo(_plain(text), _WORDS))
        elif len(codes) == 1:
            out.put("STC", codes[0], day, action, charge)
        else:
            out.put("STC", codes[0], day, action, charge, "", "", "", "", "", *codes[1:])

    def _name(self, out: Segments, entity: str, kind: str, party: Party, qualifier: str, id: str) -> None:
        """NM1 of a person or organisation; what a broken loop lacks is left out."""
        echo = out.echo
        given = ("", "", "", "")
        if kind == "1":
            given = (echo(party.first, 35), echo(party.middle, 25), "", echo(party.suffix, 10))
        id = echo(id, 80)
        ids = (qualifier, id) if id else ()
        out.put("NM1", entity, kind, echo(party.last, 60), *given, *ids)

    def _submitter(self, out: Segments, nm1: list[str]) -> None:
        """2100B: NM1*41 of the received set's 1000A; the group's sender if it had none."""
        kind = "1" if element(nm1, 2) == "1" else "2"
        sender = element(self._group.header, 2)
        name = out.echo(element(nm1, 3) or sender, 60)
        person = (out.echo(element(nm1, 4), 35), out.echo(element(nm1, 5), 25)) if kind == "1" else ("", "")
        out.put("NM1", "41", kind, name, *person, "", "", "46", out.echo(element(nm1, 9) or sender, 80))

    def _line(self, line: ServiceLine, status: Status, text: str) -> None:
        """2220D of a rejected line."""
        put, echo = self._claims.put, self._claims.echo
        revenue = echo(line.revenue, 48)
        if procedure := echo(line.procedure, 48):
            qualifier = line.qualifier if line.qualifier in _PROCEDURES else "HC"
            modifiers = (echo(modifier, 2) for modifier in line.modifiers[:4])
            service = self._claims.composite(qualifier, procedure, *modifiers)
        else:
            service, revenue = self._claims.composite(_REVENUE, revenue), ""
        units = amount(line.units) if line.units is not None else ""
        put("SVC", service, amount(line.charge), "", revenue, "", "", units)
        self._stc(self._claims, status, self._today if self._profile.line_stc_date else "", "U", "", text)
        _ref(self._claims, "FJ", echo(line.control) or line.number)
        _ref(self._claims, "XZ", line.drug.prescription if line.drug else "")
        if line.date_source != "statement":
            _dates(self._claims, line.first, line.last)


def _plain(text: str) -> str:
    """A message in the characters of an X12 file."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def _ref(out: Segments, qualifier: str, value: str) -> None:
    """REF with a number of the sender's; none when he gave none."""
    if text := out.echo(value, 50):
        out.put("REF", qualifier, text)


def _dates(out: Segments, first: date | None, last: date | None) -> None:
    """DTP*472 of one day or a span; none when there is no date."""
    first = first or last
    if first is None:
        return
    last = last or first
    if first == last:
        out.put("DTP", "472", "D8", _day(first))
        return
    first, last = sorted((first, last))
    out.put("DTP", "472", "RD8", f"{_day(first)}-{_day(last)}")


@lru_cache(maxsize=1024)
def _day(day: date) -> str:
    return day.isoformat().replace("-", "")  # strftime drops the zeros of years before 1000
