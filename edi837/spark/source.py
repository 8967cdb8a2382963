"""The data source `edi837` for PySpark 4: rows of claim files in many tasks, answers of them into a folder.

Enters: options and paths, as Spark gives them. Leaves: partitions, record batches, a schema; and for what is
written, answers (`answers`). Nothing is decided here: `plan` parts the files, `tables` reads them. It needs
pyspark and pyarrow: the extra ``spark``.
"""

from __future__ import annotations

import glob
import json
import os
import warnings
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow
from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceWriter, InputPartition
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DateType,
    DecimalType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from edi837 import parquet
from edi837.bench import asked
from edi837.findings import Edi837Error, NotX12
from edi837.problems import nearest
from edi837.spark import plan
from edi837.spark.answers import Answers
from edi837.spark.plan import Job, Whole
from edi837.spark.tables import BYTES, OPTIONS, Manner, View

_Word = TypeVar("_Word", bound=str)
_VIEWS: tuple[View, ...] = ("lines", "claims", "findings", "files")
_DECIMAL = DecimalType(26, 6)
# Keys that Spark gives of its own accord: several paths, and what it knows of a table made by SQL.
_OF_SPARK = frozenset(
    ("paths", "collation", "comment", "external", "is_managed_location", "location", "owner", "provider")
)
_TYPES: dict[str, DataType] = {
    "text": StringType(), "whole": IntegerType(), "long": LongType(), "decimal": _DECIMAL, "date": DateType(),
    "texts": ArrayType(StringType()), "notes": ArrayType(StringType()), "wholes": ArrayType(IntegerType()),
}  # fmt: skip


class Edi837DataSource(DataSource):
    """``spark.dataSource.register(Edi837DataSource)``, then ``spark.read.format("edi837").load(path)``."""

    def __init__(self, options: MutableMapping[str, str]) -> None:
        super().__init__(options)
        self._asked = dict(options)

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return "edi837"

    def schema(self) -> StructType:
        """The columns of the view, each with what it holds as its comment."""
        columns = manner(self._asked).columns
        return StructType([StructField(c.name, _TYPES[c.kind], True, {"comment": c.says}) for c in columns])

    def reader(self, schema: StructType) -> Reader:
        """Who plans and reads."""
        return Reader(self._asked)

    def writer(self, schema: StructType, overwrite: bool) -> DataSourceWriter:
        """Who answers the files named by the column ``file``."""
        if overwrite:
            raise Edi837Error('answers are added to a folder, which is never emptied: use .mode("append")')
        if "file" not in schema.fieldNames():
            raise Edi837Error("a table of files has a column named file")
        return Answers(_path(self._asked), manner(self._asked).policies, self._asked.get("now", ""))


class Reader(DataSourceReader):
    """Plans in the driver, reads in the tasks."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._manner = manner(options)
        self._paths = _paths(options)
        self._most = _whole(options, "bytes", BYTES)
        self._split = _chosen(options, "split", ("true", "false")) == "true"
        self._whole = {name.strip() for name in options.get("whole", "").split(",")} - {""}

    def partitions(self) -> list[InputPartition]:
        """The tasks; files that are not parted though they are large are told in the log."""
        return [InputPartition(jobs) for jobs in plan.packed(self._jobs(), self._most)]

    def _jobs(self) -> Iterator[Job]:
        paths = list(dict.fromkeys(path for each in self._paths for path in files(each)))
        if strangers := self._whole - (named := {Path(path).name for path in paths}):
            told = ", ".join(f'"{name}"{nearest(name, named)}' for name in sorted(strangers))
            raise Edi837Error(f"option whole names no file that is read: {told}")
        for path in paths:
            if not self._split or Path(path).name in self._whole or self._manner.view == "files":
                yield Whole(path, os.stat(path).st_size)
                continue
            for job in _planned(path, self._most, self._manner.beyond):
                if isinstance(job, Whole) and job.why:
                    warnings.warn(f"{path} is read in one task: {job.why}", stacklevel=2)
                yield job

    def read(self, partition: InputPartition) -> Iterator[pyarrow.RecordBatch]:
        """The rows of a task."""
        return parquet.batches(self._manner.rows(partition.value or ()), _arrow(self._manner))


def _planned(path: str, most: int, beyond: bool) -> list[Job]:
    """The jobs of a file; one that is not X12 is one, whose task says so."""
    try:
        return plan.plan(path, most, beyond)
    except NotX12:
        return [Whole(path, os.stat(path).st_size)]


def _arrow(how: Manner) -> Any:
    """The schema as Arrow has it, with the names that Spark gives to what is in a list."""
    fields = []
    for said in parquet.schema(how.columns):
        kind = said.type
        if pyarrow.types.is_list(kind):
            kind = pyarrow.list_(pyarrow.field("element", kind.value_type))
        fields.append(pyarrow.field(said.name, kind))
    return pyarrow.schema(fields)


def manner(options: Mapping[str, str]) -> Manner:
    """What the options ask for. Raises Edi837Error for an option that there is not, or a word that is none of its."""
    for key in options:
        if key.lower() not in _OF_SPARK and not key.startswith("option.") and key.lower() not in OPTIONS:
            raise Edi837Error(f"there is no option {key}{nearest(key.lower(), OPTIONS)}")
    names = [name.strip() for name in options.get("policy", "042").split(",") if name.strip()]
    view = _chosen(options, "view", _VIEWS)
    reach: Literal["file", "patient"] = _chosen(options, "reach", ("file", "patient"))
    return Manner(
        view, asked(names), reach,
        _chosen(options, "positions", ("false", "true")) == "true", _chosen(options, "phi", ("mask", "show")) == "show",
        _chosen(options, "unreadable", ("fail", "skip")) == "skip",
    )  # fmt: skip


def files(path: str) -> list[str]:
    """The files that a path stands for, by name. Raises Edi837Error when there is none."""
    if os.path.isdir(path):
        found = sorted(str(p) for p in Path(path).iterdir() if p.is_file() and not p.name.startswith("."))
    else:
        found = [path] if os.path.isfile(path) else sorted(p for p in glob.glob(path) if os.path.isfile(p))
    if not found:
        raise Edi837Error(f"there is no file {path}")
    return found


def _paths(options: Mapping[str, str]) -> list[str]:
    """The paths to read; Spark gives several as an array of JSON."""
    several = options.get("paths", "")
    return [_local(path) for path in json.loads(several)] if several else [_path(options)]


def _path(options: Mapping[str, str]) -> str:
    path = options.get("path", "")
    if not path:
        raise Edi837Error("name a path: .load(path), .save(path)")
    return _local(path)


def _local(path: str) -> str:
    return path.removeprefix("file://") if path.startswith("file:///") else path.removeprefix("file:")


def _chosen(options: Mapping[str, str], key: str, words: tuple[_Word, ...]) -> _Word:
    """The word an option has, the first of them where it is not given."""
    said = options.get(key, words[0])
    for word in words:
        if word == said.lower():
            return word
    raise Edi837Error(f"option {key} is one of {', '.join(words)}, not {said!r}")


def _whole(options: Mapping[str, str], key: str, usual: int) -> int:
    said = options.get(key, str(usual))
    if not (said.isascii() and said.isdigit() and int(said)):
        raise Edi837Error(f"option {key} is a whole number above 0, not {said!r}")
    return int(said)
