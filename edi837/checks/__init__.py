"""The vocabulary in which policies are written: a closed list of small checks.

*Rejecting a claim that should be paid is worse than passing one that should not; when in
doubt, Unknown.*

A check is a generator. It takes the `Lines` a policy looks at and, by keyword only, the
words an edit of the policy file gives it; those keywords are the schema of the edit. It
yields a `Breaks` for a line that breaks the edit (certainly, or with a ``doubt``), an
`Unknown` for a line that cannot tell, and nothing where the edit holds. No check knows a
payer, a policy or a code.
"""

from __future__ import annotations

from edi837.checks import (
    claims,
    conflicts,
    drugs,
    frequency,
    modifiers,
    needs,
    patients,
    setting,
    spans,
    texts,
    units,
)
from edi837.checks.vocabulary import (
    CHECKS,
    SCOPES,
    Answer,
    Breaks,
    Check,
    Lines,
    Parameter,
    Unknown,
    vocabulary,
)

__all__ = [
    "CHECKS",
    "SCOPES",
    "Answer",
    "Breaks",
    "Check",
    "Lines",
    "Parameter",
    "Unknown",
    "claims",
    "conflicts",
    "drugs",
    "frequency",
    "modifiers",
    "needs",
    "patients",
    "setting",
    "spans",
    "texts",
    "units",
    "vocabulary",
]
