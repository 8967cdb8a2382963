"""``edi837 lines --format parquet``: the rows of the table, typed, with the place of their segments."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi837 import parquet, rows, rules, x12
from edi837.findings import Edi837Error
from tests.test_cli import NOT_X12, edi837
from tests.test_readme import block

FIXTURES = Path(__file__).parent.parent / "fixtures"
DEMO = FIXTURES / "demo.edi"
FILES = [FIXTURES / "837I" / "pass" / "minimum.edi", DEMO]


def written(data: bytes, **words: Any) -> Any:
    arrow = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    target = io.BytesIO()
    parquet.write(rows.rows(io.BytesIO(data), positions=True, **words), target)
    return arrow.ParquetFile(io.BytesIO(target.getvalue()))


def test_positions_are_those_of_the_segments() -> None:
    """Each number leads to the segment that the value stands in."""
    looked = 0
    for path in sorted((FIXTURES / "837P" / "pass").glob("*.edi")) + sorted((FIXTURES / "837I" / "pass").glob("*.edi")):
        sets: dict[tuple[str, str, str], list[x12.Segment]] = {}
        key = ["", "", ""]
        for item in x12.read(io.BytesIO(path.read_bytes())):
            if isinstance(item, x12.Stray):
                continue
            for seg in (x12.split(piece, item.delimiters) for piece in item.pieces):
                if seg[0] in ("ISA", "GS", "ST"):
                    key[("ISA", "GS", "ST").index(seg[0])] = seg[{"ISA": 13, "GS": 6, "ST": 2}[seg[0]]]
                if seg != [""]:
                    sets.setdefault((key[0], key[1], key[2]), []).append(seg)
        for row in rows.rows(io.BytesIO(path.read_bytes()), phi=True, positions=True):
            told = sets[str(row["interchange"]), str(row["group"]), str(row["set"])]
            start = next(at for at, seg in enumerate(told) if seg[0] == "ST")

            def segment(name: str, row: rows.Row = row, told: Any = told, start: int = start) -> x12.Segment:
                number = row[name]
                assert isinstance(number, int)
                return told[start + number - 1]  # type: ignore[no-any-return]

            assert segment("claim_segment")[:2] == ["CLM", row["claim"]]
            assert segment("line_segment")[0] == ("SV1" if row["kind"] == "P" else "SV2")
            assert row["date_source"] != "line" or segment("date_segment")[:2] == ["DTP", "472"]
            assert not row["ndc"] or segment("ndc_segment")[3] == row["ndc"]
            assert not row["ndc_quantity"] or segment("ndc_quantity_segment")[0] == "CTP"
            looked += 1
    assert looked > 100


def test_rows_without_positions_stay_as_they_were() -> None:
    row = next(rows.rows(io.BytesIO(DEMO.read_bytes())))
    assert tuple(row) == rows.COLUMNS
    row = next(rows.rows(io.BytesIO(DEMO.read_bytes()), positions=True))
    assert tuple(row) == (*rows.COLUMNS, *rows.POSITIONS)


def test_the_file_holds_the_rows() -> None:
    policies = [rules.load("042")]
    for path in FILES:
        table = written(path.read_bytes(), policies=policies).read().to_pylist()
        told = list(rows.rows(io.BytesIO(path.read_bytes()), policies, positions=True))
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
    assert edi837("lines", *FILES, "--format", "parquet", "-o", out).returncode == 0
    assert out.read_bytes()[:4] == b"PAR1"
    out.unlink()
    done = edi837("lines", DEMO, NOT_X12, "--format", "parquet", "-o", out)
    assert done.returncode == 3 and not out.exists() and b"not-x12" in done.stderr
    assert edi837("lines", DEMO, "--format", "parquet").returncode == 2
    assert edi837("lines", DEMO, "-o", out).returncode == 2


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Edi837Error, match=r"edi837\[parquet\]"):
        parquet.write((), io.BytesIO())


def test_what_readme_asks_of_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    out = tmp_path / "lines.parquet"
    assert edi837("lines", DEMO, "--policy", "042", "--format", "parquet", "-o", out).returncode == 0
    monkeypatch.chdir(tmp_path)
    found = duckdb.sql(block("duckdb")).fetchall()
    told = [row for row in rows.rows(io.BytesIO(DEMO.read_bytes()), [rules.load("042")]) if row["status"] == "rejected"]
    sums: dict[str, Decimal] = {}
    for row in told:
        assert isinstance(row["charge"], Decimal)
        sums[str(row["code"])] = sums.get(str(row["code"]), Decimal()) + row["charge"]
    expected = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    assert [(code, charge) for code, _, charge in found] == expected
