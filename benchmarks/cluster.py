"""The data source for PySpark measured beside one process: claims a second for each core, and the planner's rate.

    python -m benchmarks.cluster 30000

It makes an 837P of so many claims, reads it in one process, then with Spark in local mode on one core and on two;
the seconds are those of the processor, which a busy machine does not spoil, and the rows are counted on both sides.
The Java machine's own seconds are not in them; the clock's, which hold them, stand beside. Needs the extra ``spark``.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.datasource import InputPartition
from pyspark.sql.types import StructType

from benchmarks.generate import write_837p
from edi837.spark import plan
from edi837.spark.plan import Whole
from edi837.spark.source import Edi837DataSource, Reader
from edi837.spark.tables import Manner, View

BYTES = 2 << 20  # of text in a task
VIEWS: tuple[View, ...] = ("findings", "claims", "lines")


class Timed(Edi837DataSource):
    """The data source, which notes what each task took."""

    def reader(self, schema: StructType) -> Reader:
        """As ever, but each task leaves a file with its seconds."""
        options, notes = self._asked, self._asked["notes"]

        class Noting(Reader):
            def read(self, partition: InputPartition) -> Iterator[Any]:
                began = time.process_time()
                yield from super().read(partition)
                took = time.process_time() - began
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
                Path(notes, f"{os.getpid()}-{time.monotonic_ns()}").write_text(f"{took} {peak}")

        return Noting(options)


def alone(path: Path, manner: Manner) -> tuple[int, float]:
    """Rows and seconds of one process."""
    began = time.process_time()
    rows = sum(1 for _ in manner.rows([Whole(str(path), 0)]))
    return rows, time.process_time() - began


def main(claims: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claims.edi")
        with path.open("wb") as stream:
            write_837p(stream, claims)
        size = path.stat().st_size / 1e6
        plan.plan(str(path), BYTES, Manner().beyond)  # loads the guides
        began = time.process_time()
        jobs = plan.plan(str(path), BYTES, beyond=True)
        took = time.process_time() - began
        print(f"{claims} claims, {size:.1f} MB; planned in {took:.2f} s, {size / took:.0f} MB/s, {len(jobs)} stretches")
        print(f"{'view':10}{'cores':>12}{'rows':>9}{'tasks':>7}{'seconds':>9}{'claims/s/core':>15}"
              f"{'peak MB':>9}{'by the clock':>14}")  # fmt: skip
        for view in VIEWS:
            rows, took = alone(path, Manner(view))
            print(f"{view:10}{'one process':>12}{rows:9}{1:7}{took:9.2f}{claims / took:15.0f}", flush=True)
        for cores in (1, 2):
            _with_spark(path, claims, cores)


def _with_spark(path: Path, claims: int, cores: int) -> None:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.ui.showConsoleProgress": "false"}
    builder = SparkSession.builder.master(f"local[{cores}]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    spark.dataSource.register(Timed)
    for number, view in enumerate((VIEWS[0], *VIEWS)):
        with tempfile.TemporaryDirectory() as notes:
            reader = spark.read.format("edi837").option("view", view).option("bytes", BYTES).option("notes", notes)
            began = time.monotonic()
            rows = reader.load(str(path)).count()
            clock = time.monotonic() - began
            told = [note.read_text().split() for note in Path(notes).iterdir()]
            took, peak = sum(float(seconds) for seconds, _ in told), max(int(peak) for _, peak in told)
        if number:  # the first has warmed the workers, which load the guides
            print(f"{view:10}{cores:12}{rows:9}{len(told):7}{took:9.2f}{claims / took:15.0f}{peak:9}{clock:14.1f}",
                  flush=True)  # fmt: skip
    spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000)
