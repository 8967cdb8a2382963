"""The data source for PySpark, on Spark itself in local mode; all that needs no Spark is in tests/test_stretches.py.

Needs the extra ``spark`` and a Java of 17 or later. Where ``EDI837_EXTRAS`` is set neither may be missing.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import edi837
from benchmarks.generate import write_837i, write_837p
from edi837 import rules, wording
from edi837.answer import EXTENSION
from edi837.columns import PERSONS
from edi837.spark.plan import Whole
from edi837.spark.tables import Manner
from tests.test_kin import trial
from tests.test_stretches import several

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOMES = ("/usr/lib/jvm/java-17-openjdk-amd64", "/usr/lib/jvm/default-java")  # of a Java, where none is named


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("pyarrow") is None:
        pytest.skip("the extra spark is not installed")
    if "JAVA_HOME" not in os.environ:
        home = next((home for home in HOMES if Path(home).is_dir()), "")
        if not home and shutil.which("java") is None:
            pytest.skip("there is no Java: set JAVA_HOME to one of version 17 or later")
        if home:
            os.environ["JAVA_HOME"] = home
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    from edi837.spark import Edi837DataSource

    settings = {
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "512m",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
    }  # fmt: skip
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(Edi837DataSource)
    yield session
    session.stop()


def told(spark: Any, path: Path | str, **options: Any) -> tuple[Counter[str], int]:
    """The rows of a path, as often as they come, and how many tasks told them."""
    reader = spark.read.format("edi837")
    for key, value in options.items():
        reader = reader.option(key, value)
    frame = reader.load(str(path)).selectExpr("*", "spark_partition_id() as task")
    rows = [row.asDict() for row in frame.collect()]
    tasks = {row.pop("task") for row in rows}
    return Counter(map(repr, rows)), len(tasks)


def expected(path: Path, manner: Manner) -> Counter[str]:
    """The rows of one process that reads the file from its beginning to its end."""
    rows = manner.rows([Whole(str(path), 0)])
    return Counter(repr({key: _plain(value) for key, value in row.items()}) for row in rows)


def _plain(value: object) -> object:
    """A value as Spark gives it back."""
    if isinstance(value, tuple):
        return [*value]
    return value.quantize(Decimal("0.000001")) if isinstance(value, Decimal) else value


def inputs(folder: Path) -> list[tuple[Path, int]]:
    """Three files, each with bytes of a task such that borders fall inside segments, and one is inside an element."""
    found = []
    for name, data, most in (
        ("professional.edi", _made(write_837p), 30_011),
        ("institutional.edi", _made(write_837i).replace(b"GE*1*", b"GE*4*"), 25_013),
        ("groups.edi", several([["", "", "st03", ""], ["group", ""], ["", "se", ""]]).replace(b"LX*1", b"LX:1"), 2_003),
    ):
        path = folder / name
        path.write_bytes(data)
        assert any(data[n - 1 : n] not in (b"~", b"\n") for n in range(most, len(data), most))
        found.append((path, most))
    return found


def _made(write: Any) -> bytes:
    stream = io.BytesIO()
    write(stream, 300, bad=0.4)
    return stream.getvalue()


def test_findings_are_those_of_one_process(spark: Any, tmp_path: Path) -> None:
    for path, most in inputs(tmp_path):
        rows, tasks = told(spark, path, view="findings", bytes=most)
        by_itself = [wording.as_dict(each, str(path)) for each in edi837.check(path)]
        for each in by_itself:
            each.pop("proposal")
            each.pop("because", None)
        assert rows == Counter(map(repr, by_itself)) and rows
        assert tasks > 2


@pytest.mark.parametrize("view", ["lines", "claims"])
def test_rows_are_those_of_one_process(spark: Any, view: Any, tmp_path: Path) -> None:
    path, most = inputs(tmp_path)[0]
    rows, tasks = told(spark, path, view=view, bytes=most, positions="true", phi="show", policy="042")
    assert rows == expected(path, Manner(view, positions=True, phi=True))
    assert tasks > 2


def test_small_files_share_a_task(spark: Any) -> None:
    rows, tasks = told(spark, FIXTURES / "837P" / "pass", view="claims", policy="none")
    assert tasks == 1 and len(rows) > 20


def test_the_schema_says_what_each_column_holds(spark: Any) -> None:
    frame = spark.read.format("edi837").load(str(FIXTURES / "demo.edi"))
    kinds = dict(frame.dtypes)
    assert kinds["charge"] == "decimal(26,6)" and kinds["first"] == "date" and kinds["modifiers"] == "array<string>"
    assert all(field.metadata["comment"] for field in frame.schema)
    assert set(PERSONS) & set(frame.columns) and "frames" in frame.columns


def test_a_part_that_cannot_be_read_by_itself_fails_the_job_with_the_remedy(spark: Any, tmp_path: Path) -> None:
    path, most = inputs(tmp_path)[0]
    party = b"NM1*85*2*AGENCY*****XX*2000000044~N3*1 ROAD~N4*TOWN*MI*490009998~"
    data = path.read_bytes()
    at = data.index(b"~", data.index(b"CLM*")) + 1
    path.write_bytes(data[:at] + party + data[at:])
    with pytest.raises(Exception, match=r'EDI837-SPLIT: .*professional\.edi.*option\("split", "false"\)'):
        told(spark, path, view="findings", bytes=most)
    whole, tasks = told(spark, path, view="claims", bytes=most, whole="professional.edi")
    assert whole == expected(path, Manner("claims")) and tasks == 1


def test_answers_are_those_of_ack_or_there_are_none(spark: Any, tmp_path: Path) -> None:
    came, out, now = tmp_path / "came", tmp_path / "out", datetime(2025, 1, 31, 6)
    came.mkdir()
    for path, _ in inputs(tmp_path):
        shutil.copy(path, came)
    files = spark.read.format("edi837").option("view", "files").load(str(came))
    assert sorted(row["bytes"] for row in files.collect()) == sorted(p.stat().st_size for p in came.iterdir())
    files.write.format("edi837").option("now", now.isoformat()).mode("append").save(str(out))
    for path in came.iterdir():
        edi837.acknowledge(path, [rules.load("042")], out=tmp_path / "alone", now=now)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "alone").iterdir()
    }
    assert {p.name.removeprefix(f"{path.name}") for path in came.iterdir() for p in out.glob(f"{path.name}*")} >= {
        EXTENSION["999"], EXTENSION["277ca"],
    }  # fmt: skip
    (came / "letter.txt").write_text("no claims in here")
    with pytest.raises(Exception, match=r"letter\.txt is not X12"):
        spark.read.format("edi837").option("view", "files").load(str(came)).write.format("edi837").mode("append").save(
            str(tmp_path / "none")
        )
    assert not [*(tmp_path / "none").rglob("*")], "no answer, and no folder beside them"


@pytest.mark.parametrize(
    ("options", "said"),
    [({"view": "loops"}, "option view is one of lines"), ({"bytes": "0"}, "option bytes is a whole number above 0")],
)
def test_an_option_that_is_none_is_refused(spark: Any, options: dict[str, str], said: str) -> None:
    with pytest.raises(Exception, match=said):
        told(spark, FIXTURES / "demo.edi", **options)


@pytest.fixture
def source() -> Any:
    """The module of the data source, for what needs neither Spark nor Java."""
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    return importlib.import_module("edi837.spark.source")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"polcy": "none"}, 'there is no option polcy; did you mean "policy"?'),
        ({"history": "h"}, "there is no option history"), ({"POLCY": "none"}, 'did you mean "policy"?'),
        ({"unreadable": "never"}, "option unreadable is one of fail, skip"),
    ],
)  # fmt: skip
def test_an_option_that_there_is_not_is_refused(source: Any, options: dict[str, str], said: str) -> None:
    with pytest.raises(edi837.Edi837Error, match=re.escape(said)):
        source.manner(options)


def test_none_stands_alone(source: Any) -> None:
    assert source.manner({"policy": "none"}).policies == ()
    with pytest.raises(edi837.Edi837Error, match="policy none is for no policy at all"):
        source.manner({"policy": "none, 042"})


def test_a_policy_without_cases_answers_no_file(source: Any, tmp_path: Path) -> None:
    trial(tmp_path, "claim")
    with pytest.raises(edi837.PolicyError, match=r"7\.toml: policy: no cases"):
        source.Answers(str(tmp_path / "out"), (str(tmp_path / "7.toml"),), "").write(iter(()))


def test_what_spark_says_of_its_own_accord_is_no_option(source: Any) -> None:
    of_spark = {"paths": '["a"]', "owner": "o", "location": "file:/x", "provider": "edi837", "path": "file:/x"}
    assert source.manner(of_spark) == Manner()
    assert source.manner({"unreadable": "SKIP"}) == Manner(skips=True)


def test_a_file_to_be_read_whole_that_is_not_there_is_refused(source: Any) -> None:
    asked = {"path": str(FIXTURES), "whole": "demo.edi, dmo.edi"}
    with pytest.raises(edi837.Edi837Error, match=r'whole names no file that is read: "dmo\.edi"; did you mean "demo'):
        source.Reader(asked).partitions()
    assert source.Reader(asked | {"whole": "demo.edi,"}).partitions()


def test_several_paths_are_read_each_file_once(source: Any, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("no claims in here " * 9)
    paths = [str(FIXTURES / "demo.edi"), str(FIXTURES / "*.edi"), f"file:{tmp_path}"]
    asked = {"paths": json.dumps(paths), "bytes": "50", "unreadable": "skip", "view": "findings"}
    reader = source.Reader(asked)
    jobs = [job for task in reader.partitions() for job in task.value]
    files = {job.path for job in jobs if isinstance(job, Whole)}
    assert files >= {str(letter)} and {job.path for job in jobs} == {str(FIXTURES / "demo.edi"), str(letter)}
    rows = [row for task in reader.partitions() for batch in reader.read(task) for row in batch.to_pylist()]
    assert [row["file"] for row in rows if row["rule"] == "unreadable"] == [str(letter)]
    assert len(rows) == 1 + len(list(edi837.check(FIXTURES / "demo.edi")))
