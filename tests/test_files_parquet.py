"""``--format parquet``: the rows of a table, typed, with the place of their segments."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from edi837 import parquet, rows, rules
from edi837.columns import KINDS, LINES
from edi837.findings import Edi837Error
from tests.formats import edi837
from tests.test_cli import NOT_X12
from tests.test_data import TABLES
from tests.test_readme import block

FIXTURES = Path(__file__).parent.parent / "fixtures"
DEMO = FIXTURES / "demo.edi"
FILES = [FIXTURES / "837I" / "pass" / "minimum.edi", DEMO]


def written(data: bytes, name: str = "lines", **words: Any) -> Any:
    arrow = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    target = io.BytesIO()
    read, schema = TABLES[name]
    parquet.write(read(io.BytesIO(data), positions=True, **words), schema.columns(True), target)
    return arrow.ParquetFile(io.BytesIO(target.getvalue()))


@pytest.mark.parametrize("name", TABLES)
def test_the_file_holds_the_rows(name: str) -> None:
    policies = [rules.load("042")]
    for path in FILES:
        table = written(path.read_bytes(), name, policies=policies, phi=True).read().to_pylist()
        told = list(TABLES[name][0](io.BytesIO(path.read_bytes()), policies, phi=True, positions=True))
        assert len(table) == len(told) > 0
        for got, row in zip(table, told, strict=True):
            assert got == {name: list(v) if isinstance(v, tuple) else v for name, v in row.items()}


def test_types() -> None:
    file = written(DEMO.read_bytes())
    kinds = {field.name: str(field.type) for field in file.schema_arrow}
    assert kinds["charge"] == kinds["units"] == "decimal128(26, 6)" and kinds["first"] == "date32[day]"
    assert kinds["line"] == kinds["line_segment"] == "int32" and kinds["claim"] == "string"
    assert kinds["modifiers"].startswith("list<") and kinds["modifiers"].endswith("string>")
    row = file.read().to_pylist()[0]
    assert isinstance(row["charge"], Decimal) and isinstance(row["first"], date) and row["patient"] == "•••"


@pytest.mark.parametrize("name", TABLES)
def test_types_are_those_of_the_schema(name: str) -> None:
    for field, column in zip(written(DEMO.read_bytes(), name).schema_arrow, TABLES[name][1].columns(True), strict=True):
        kind = re.sub(r"list<\w+: (\w+)>", r"list of \1", str(field.type)).replace("date32[day]", "date32")
        assert (field.name, kind) == (column.name, KINDS[column.kind])
        assert field.metadata[b"holds"].decode() == column.says and field.metadata[b"position"].decode() == column.at


def test_row_groups_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    monkeypatch.setattr(parquet, "GROUP", 5)
    file = written(DEMO.read_bytes())
    assert file.num_row_groups == -(-file.metadata.num_rows // 5) > 3


def test_numbers_that_do_not_fit_are_null_and_text_is_made_safe() -> None:
    big = DEMO.read_bytes().replace(b"*875*UN*7*", b"*1" + b"0" * 30 + b"*UN*7.1234567*")
    big = big.replace(b"HIT1001", b"HIT\x1b001")
    row = written(big).read().to_pylist()[0]
    assert row["units"] is None and row["charge"] is None and row["claim"] == "HIT\\x1b001"


def test_the_command(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    out = tmp_path / "lines.parquet"
    for name in TABLES:
        assert edi837(name, *FILES, "--format", "parquet", "-o", out).status == 0
        assert out.read_bytes()[:4] == b"PAR1"
    out.unlink()
    done = edi837("lines", DEMO, NOT_X12, "--format", "parquet", "-o", out)
    assert done.status == 3 and not out.exists() and "not X12" in done.err
    for words in (("--format", "parquet"), ("-o", out), ("--positions",)):
        with pytest.raises(click.UsageError):
            edi837("lines", DEMO, *words)


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Edi837Error, match=r"edi837\[parquet\]"):
        parquet.write((), LINES.values, io.BytesIO())


def test_what_readme_asks_of_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    out = tmp_path / "lines.parquet"
    assert edi837("lines", DEMO, "--policy", "042", "--format", "parquet", "-o", out).status == 0
    monkeypatch.chdir(tmp_path)
    found = duckdb.sql(block("duckdb")).fetchall()
    told = [row for row in rows.rows(io.BytesIO(DEMO.read_bytes()), [rules.load("042")]) if row["status"] == "rejected"]
    sums: dict[str, Decimal] = {}
    for row in told:
        assert isinstance(row["charge"], Decimal)
        sums[str(row["code"])] = sums.get(str(row["code"]), Decimal()) + row["charge"]
    expected = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    assert [(code, charge) for code, _, charge in found] == expected


def test_what_the_page_asks_of_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    page = (FIXTURES.parent / "docs" / "data.md").read_text("utf-8")
    (query,) = re.findall(r"<!-- duckdb claims -->\n```sql\n(.*)\n```", page)
    out = tmp_path / "claims.parquet"
    assert edi837("claims", DEMO, "--policy", "042", "--format", "parquet", "-o", out).status == 0
    monkeypatch.chdir(tmp_path)
    told = [row for row in TABLES["claims"][0](io.BytesIO(DEMO.read_bytes()), [rules.load("042")])
            if row["status"] == "rejected"]  # fmt: skip
    expected = [("2000000010", len(told), sum(row["charge"] for row in told))]
    assert duckdb.sql(query).fetchall() == expected and len(told) == 6
