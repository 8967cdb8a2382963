"""A file with what becomes of it: where it goes, what is written for it, and the manifest that says so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from edi837.gateway import names
from edi837.gateway.layout import Claimed
from edi837.gateway.ledger import Output
from edi837.gateway.reading import REASONS, Desk, Result

_ACKS = ("ta1", "999", "277ca")


@dataclass(slots=True)
class Decided:
    """A claimed file with what becomes of it."""

    claimed: Claimed
    name: str  # as text that anything can hold
    result: Result
    desk: Desk
    replays: str = ""

    @property
    def path(self) -> str:
        """Where the original goes, relative to the root."""
        job, folder = self.claimed.job, self.result.folder
        return os.path.join(folder, job) if folder == "quarantine" else f"{folder}/{self.desk.now:%Y/%m/%d}/{job}"

    def outputs(self) -> Iterator[tuple[str, str, str, IO[bytes]]]:
        """Kind, folder, name and content of each file; without a folder it stays beside the original."""
        settings, result = self.desk.settings, self.result
        partner = result.partner
        template = partner.names if partner else settings.names
        out = os.path.join("out", partner.folder) if partner and partner.folder else "out"
        for kind, content in result.outcome.files.items():
            if kind in _ACKS or settings.reports == "out":
                name = names.output(
                    template, kind, self.claimed.job, isa06=result.ends.sender, isa13=result.ends.number,
                    partner=partner.name if partner else "",
                )  # fmt: skip
                yield kind, out, name, content
            else:
                yield kind, "", kind, content

    def manifest(self, outputs: Sequence[Output]) -> bytes:
        """What lies beside the original, for people and their scripts."""
        result = self.result
        said = {
            "job": self.claimed.job, "name": self.name, "from": self.claimed.folder, "size": result.size,
            "sha256": result.sha256, "packed": result.packed, "folder": result.folder, "reason": result.reason,
            "why": REASONS.get(result.reason, ""), "partner": result.partner.name if result.partner else "",
            "attempts": self.claimed.attempts, "decided": self.desk.now.isoformat(timespec="seconds"),
            "replays": self.replays,
            "interchanges": [{"number": f.number, "usage": f.usage, "ta1": f.code} for f in result.frames],
            "duplicate_of": result.duplicate_of, "same_bytes_as": result.twin[0],
            "sets_whose_batch_came_before": [batch.number for batch in result.batches if batch.again],
            "claims": result.outcome.claims, "rejected": result.outcome.rejected,
            "outputs": [{"kind": o.kind, "name": o.name, "size": o.size, "sha256": o.sha256} for o in outputs],
        }  # fmt: skip
        return (json.dumps(said, indent=1) + "\n").encode()
