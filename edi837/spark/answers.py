"""Answers to the files of a table, written by the tasks and published by the driver: all of them, or none.

Enters: rows with a column ``file``, and if they have one ``name``. Leaves: for each file NAME.ta1.edi, NAME.999.edi,
NAME.277ca.edi and NAME.report.json and .txt in the folder, the very bytes of `edi837 ack`. A task writes into a
hidden folder in it; only when every task has done so do the names appear. A task that is run twice writes the
same bytes again, for the moment is given once for all and control numbers come from the bytes of a file.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyspark.sql.datasource import DataSourceWriter, WriterCommitMessage
from pyspark.sql.types import Row

from edi837 import answer, rules
from edi837.bench import apart
from edi837.findings import Edi837Error, NotX12
from edi837.terms import Terms


@dataclass
class Written(WriterCommitMessage):
    """What a task wrote: the name of each file, and the kinds of its answers."""

    names: dict[str, tuple[str, ...]]
    twice: tuple[str, ...] = ()  # names that came again


class Answers(DataSourceWriter):
    """Answers files."""

    def __init__(self, folder: str, policies: tuple[str, ...], now: str) -> None:
        """``now``: the moment that dates the answers; empty: that at which the writing begins."""
        self._folder, self._policies = Path(folder), policies
        try:
            self._now = datetime.fromisoformat(now) if now else datetime.now()
        except ValueError:
            raise Edi837Error(f"option now is a moment as 2025-01-31T06:00:00, not {now!r}") from None
        self._aside = self._folder / f".edi837-{secrets.token_hex(8)}"

    def write(self, iterator: Iterator[Row]) -> Written:
        """Answer the files of some rows."""
        terms = Terms(apart(map(rules.load_tried, self._policies)))
        names: dict[str, tuple[str, ...]] = {}
        twice: list[str] = []
        for row in iterator:
            path = Path(row["file"])
            name = row["name"] if "name" in row.__fields__ else path.name
            if name != Path(name).name or name.startswith("."):
                raise Edi837Error("a name of answers is that of a file, without a folder before it or a point")
            if name in names:
                twice.append(name)
                continue
            try:
                with path.open("rb") as stream:
                    outcome = answer.answer(stream, terms, file=name, now=self._now)
            except NotX12 as error:
                raise Edi837Error(f"{path} is not X12: {error}") from None
            with closing(outcome):
                names[name] = tuple(answer.publish(outcome, self._aside, name))
        return Written(names, tuple(twice))

    def commit(self, messages: list[WriterCommitMessage | None]) -> None:
        """Give the answers of all tasks their names. Raises Edi837Error, and nothing is there, when two share one."""
        done = [each for each in messages if isinstance(each, Written)]
        count = Counter(name for each in done for name in (*each.names, *each.twice))
        twice = [name for name, times in count.items() if times > 1]
        if twice:
            self.abort(messages)
            raise Edi837Error(f"several files are called {', '.join(twice[:5])}: give each a name of its own")
        for each in done:
            for name, kinds in each.names.items():
                self._publish(name, kinds)
        shutil.rmtree(self._aside, ignore_errors=True)

    def _publish(self, name: str, kinds: tuple[str, ...]) -> None:
        for kind, end in answer.EXTENSION.items():
            target = self._folder / f"{name}{end}"
            if kind in kinds:
                os.replace(self._aside / target.name, target)
            else:
                target.unlink(missing_ok=True)  # of an answer before

    def abort(self, messages: list[WriterCommitMessage | None]) -> None:
        """A task failed: nothing was published."""
        shutil.rmtree(self._aside, ignore_errors=True)
