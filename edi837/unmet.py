"""Policies and companion guides that nothing in a run was for: whoever named them would take silence for consent.

Enters: the events of files, judged on some terms. Leaves: a sentence for each policy that no claim was for
(its payers, or what else it asks of a claim), and for each companion that fitted no group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from edi837 import safe
from edi837.claim import Claim
from edi837.companion import Companion, Guides
from edi837.frames import FunctionalGroup, Verdict
from edi837.policyshow import whose
from edi837.rules import Policy

_NAMED = 3  # payers of claims that are named


class Unmet:
    """Watches the claims and groups of a run."""

    def __init__(
        self, policies: Sequence[Policy], routes: Mapping[str, Sequence[Policy]] | None = None,
        guides: Guides | None = None,
    ) -> None:  # fmt: skip
        """``routes``: payers whose claims go to other policies. A policy for everyone is met by any claim."""
        each_once = {(policy.file.path, policy.name): policy for policy in policies}  # two files may be of one name
        self._policies = [policy for policy in each_once.values() if policy.scope]
        self._routes = routes or {}
        self._companions: list[Companion] = list(guides.companions) if guides else []
        self._payers: dict[str, None] = {}
        self._claims = self._groups = 0

    @property
    def waits(self) -> bool:
        """Whether a policy has not met a claim that it is for."""
        return bool(self._policies)

    def take(self, event: object) -> None:
        """Take the next event."""
        if isinstance(event, Verdict):
            if self._policies:
                self.claim(event.claim)
        elif self._companions and isinstance(event, FunctionalGroup):
            self._groups += 1
            self._companions = [each for each in self._companions if not each.fits_group(event.header)]

    def claim(self, claim: Claim) -> None:
        """Take a claim."""
        self._claims += 1
        payer = claim.payer.id
        if len(self._payers) <= _NAMED:
            self._payers[payer] = None
        if payer not in self._routes:
            self._policies = [policy for policy in self._policies if not policy.scope.covers(claim)]

    def notes(self) -> Iterable[str]:
        """What was for nothing; empty where there was nothing to judge."""
        if self._claims:
            payers = [safe.text(payer) or "nobody" for payer in self._payers]
            more = ", ..." if len(payers) > _NAMED else ""
            theirs = f"the claims are for {', '.join(payers[:_NAMED])}{more}"
            for policy in self._policies:
                name, scope = safe.text(policy.name), policy.scope
                if scope.payers and scope.payers.isdisjoint(self._payers) and len(payers) <= _NAMED:
                    yield f"no claim is for a payer of policy {name} ({', '.join(sorted(scope.payers))}): {theirs}"
                else:
                    yield f"no claim is one that policy {name} is for ({whose(scope)}): {theirs}"
        if self._groups:
            for each in self._companions:
                between = f"from {each.sender or 'anybody'} to {each.receiver or 'anybody'}"
                yield f"no group is one that {safe.text(each.name)} is for ({each.guide} {between})"
