"""The policies at work on a file: which of them a claim is for, and what they are shown beside it.

Enters: all claims under one HL, again and again, in file order. Leaves: the findings on each. A policy
is asked only about claims of its payers; beside the claims it is shown those that were accepted before
(`Past`), and, where it looks beyond one HL, the patient's other claims of the file: then the verdict
was found beforehand (`kin`) and is only looked up here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from edi837.checks import SCOPES
from edi837.claim import Claim, ServiceLine
from edi837.findings import Finding
from edi837.rules import Policy, PolicyError
from edi837.snip import sent_before


def apart(policies: Iterable[Policy]) -> list[Policy]:
    """Each policy once. PolicyError where two are profiles of one file: each fault would be told twice."""
    known: dict[Path | int, Policy] = {}
    for policy in policies:
        path = policy.file.path
        first = known.setdefault(path.resolve() if path.name else id(policy), policy)
        if first.name != policy.name:
            raise PolicyError(
                [f"{first.name} and {policy.name} are profiles of one policy, and each fault would be told twice: "
                 "name one of them"]
            )  # fmt: skip
    return list(known.values())


def asked(names: Collection[str]) -> tuple[str, ...]:
    """The names of policies, of which ``none``, which stands alone, is no policy."""
    if set(names) > {"none"}:
        raise PolicyError(["policy none is for no policy at all: leave it out, or the others"])
    return tuple(name for name in names if name != "none")


class Past(Protocol):
    """Claims that were accepted before, as far as rules need them."""

    since: date  # the day on which they began to be kept

    def before(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Those of the patient whose claims these are, oldest first; their `Claim.segment` is 0."""

    def sent(self, claim: Claim) -> bool:
        """Whether the very same claim was among them."""


class Bench:
    """Policies, each asked about the claims it is for."""

    def __init__(
        self, policies: Sequence[Policy], *, routes: Mapping[str, Sequence[Policy]] | None = None,
        past: Past | None = None, reach: str = "patient",
    ) -> None:  # fmt: skip
        """``routes``: by payer id (2010BB NM109) the policies for it instead of ``policies``.

        ``reach``: whether the claims of a patient come together by HL (patient) or were looked for in the
        whole file.
        """
        self._policies = policies
        self._routes = routes or {}
        self._past = past
        self.reach = reach  # of what is shown to policies
        self._all = [*policies, *(policy for more in self._routes.values() for policy in more)]
        self._for: dict[str, tuple[Policy, ...]] = {}  # by payer, as far as asked

    @property
    def names(self) -> list[str]:
        """The policies on it, those of routes included."""
        return list(dict.fromkeys(policy.name for policy in self._all))

    @property
    def looks_beyond(self) -> bool:
        """Whether a policy looks farther than the claims under one HL."""
        return any(policy.reach in SCOPES[SCOPES.index("file") :] for policy in self._all)

    def concerns(self, line: ServiceLine) -> bool:
        """Whether a policy looks at lines of this code or its modifiers."""
        return any(policy.concerns(line) for policy in self._all)

    def covers(self, claim: Claim) -> bool:
        """Whether a policy is for the claim; a history is for every claim."""
        return self._past is not None or any(p.scope.covers(claim) for p in self.policies(claim.payer.id))

    def widened(self) -> Bench:
        """The same bench for a file whose patients' claims were all looked for."""
        return Bench(self._policies, routes=self._routes, past=self._past, reach="file")

    def policies(self, payer: str) -> tuple[Policy, ...]:
        """The policies for the claims of a payer."""
        mine = self._for.get(payer)
        if mine is None:
            if len(self._for) > 1024:
                self._for.clear()
            asked = self._routes.get(payer, self._policies)
            mine = self._for[payer] = tuple(p for p in asked if not p.scope.payers or payer in p.scope.payers)
        return mine

    def judge(self, claims: Sequence[Claim], levels: Sequence[int] = ()) -> list[list[Finding]]:
        """The findings on each of a patient's claims; ``levels`` numbers their HLs from 1, if there are several."""
        policies = self.policies(claims[0].payer.id)
        if self._past is None and len(policies) == 1:
            return policies[0].judge(claims, levels=levels, reach=self.reach)
        reach, earlier, since = self.reach, [], date.min
        found: list[list[Finding]] = [[] for _ in claims]
        if self._past is not None:
            reach, since = "history", self._past.since
            found = [[sent_before(claim)] if self._past.sent(claim) else [] for claim in claims]
            earlier = list(self._past.before(claims)) if policies else []
        if earlier:
            levels = [0] * len(earlier) + list(levels or [1] * len(claims))
        for policy in policies:
            said = policy.judge([*earlier, *claims], levels=levels, reach=reach, since=since)
            for mine, more in zip(found, said[len(earlier) :], strict=True):
                mine += more
        return found
