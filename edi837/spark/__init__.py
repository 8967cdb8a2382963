"""Claims on a cluster: a data source for PySpark 4, which reads a large file in many tasks and writes answers.

``from edi837.spark import Edi837DataSource``; needs the extra ``spark``. What needs no Spark is apart: how a file
is parted (`plan`), what a task reads (`stretch`), and the rows it tells (`tables`).
"""

from __future__ import annotations

from typing import Any

from edi837.findings import Edi837Error


def __getattr__(name: str) -> Any:
    """`Edi837DataSource`, once it is asked for: only then is pyspark needed."""
    if name == "Edi837DataSource":
        try:
            from edi837.spark.source import Edi837DataSource
        except ImportError:
            raise Edi837Error("Spark needs pyspark and pyarrow: pip install 'edi837[spark]'") from None
        return Edi837DataSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
