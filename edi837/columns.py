"""The columns of the tables that are written, lines and claims: what each holds, its type, and where its value stands.

The tables below are the schema: `rows` and `claimrows` fill them in this order, `rowtext` and `parquet` write
them by their kinds, and docs/data.md is made from them.

A position is the number of a segment in its transaction set, ST counted as 1, as in IK302 of a 999; the
set is named by the columns `frames` and `file`. A column whose value is several has a position for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Kind of a column: what its values are in Python, and their type in Parquet.
KINDS = {
    "text": "string", "whole": "int32", "long": "int64", "decimal": "decimal128(26, 6)", "date": "date32",
    "texts": "list of string", "wholes": "list of int32", "notes": "list of string",
}  # fmt: skip
PERSONS = frozenset((
    "notes", "subscriber_id", "subscriber", "patient", "birth", "sex",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    kind: str  # of `KINDS`
    says: str  # what it holds, with the element of X12
    at: str = ""  # the column that holds the number of its segment; empty when it stands in none


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table; those of positions are there only when they are asked for."""

    values: tuple[Column, ...]
    positions: tuple[Column, ...]

    def columns(self, positions: bool) -> tuple[Column, ...]:
        """The columns of a row."""
        return (*self.values, *self.positions) if positions else self.values

    def names(self, positions: bool = False) -> tuple[str, ...]:
        """The names of the columns of a row."""
        return tuple(column.name for column in self.columns(positions))


_FRAMES = (
    Column("interchange", "text", "ISA13"),
    Column("group", "text", "GS06"),
    Column("set", "text", "ST02"),
)
_FILE = (
    Column("frames", "text", "which interchange of the file, which group of that and which set of that, from 1, as "
           "1.1.2: tells sets apart that have the same numbers"),
    Column("file", "text", "the file as it was named, `-` for standard input"),
)
_PARTIES = (
    Column("provider_segment", "whole", "NM1*85"),
    Column("payer_segment", "whole", "NM1*PR"),
    Column("subscriber_segment", "whole", "NM1*IL"),
    Column("patient_segment", "whole", "NM1*QC; NM1*IL where the subscriber is the patient"),
    Column("taxonomy_segment", "whole", "PRV*PE, PRV*BI"),
    Column("diagnosis_segments", "wholes", "HI, one for each of `diagnoses`"),
    Column("authorization_segments", "wholes", "REF*G1, one for each of `authorization`"),
    Column("note_segments", "wholes", "NTE, one for each of `notes`"),
)

LINES = Schema(
    (
        *_FRAMES,
        Column("claim", "text", "CLM01", "claim_segment"),
        Column("line", "whole", "LX01; missing when it is no number", "number_segment"),
        Column("kind", "text", "P for 837P, I for 837I"),
        Column("revenue", "text", "SV201", "line_segment"),
        Column("qualifier", "text", "SV101-1, SV202-1", "line_segment"),
        Column("code", "text", "SV101-2, SV202-2, in capitals", "line_segment"),
        Column("modifiers", "texts", "SV101-3 to 6, SV202-3 to 6, in capitals", "line_segment"),
        Column("units", "decimal", "SV104, SV205, a count in `unit`", "line_segment"),
        Column("unit", "text", "SV103, SV204: UN, MJ, DA", "line_segment"),
        Column("charge", "decimal", "SV102, SV203, dollars", "line_segment"),
        Column("first", "date", "DTP*472, the first day", "date_segment"),
        Column("last", "date", "DTP*472, the last day, counted in", "date_segment"),
        Column("date_source", "text", "line; statement: DTP*434 of the claim (837I); empty without a date"),
        Column("place", "text", "SV105, else CLM05-1 (837P); type of bill, CLM05-1 and -3 (837I)", "place_segment"),
        Column("control", "text", "REF*6R", "control_segment"),
        Column("pointers", "wholes", "SV107, from 1 into `diagnoses`", "line_segment"),
        Column("diagnoses", "texts", "HI*ABK, BK, ABF and BF of the claim, without points", "diagnosis_segments"),
        Column("ndc", "text", "LIN03", "ndc_segment"),
        Column("ndc_quantity", "decimal", "CTP04, in `ndc_unit`", "ndc_quantity_segment"),
        Column("ndc_unit", "text", "CTP05-1: F2, GR, ME, ML, UN", "ndc_quantity_segment"),
        Column("authorization", "texts", "REF*G1 of the line, else of the claim", "authorization_segments"),
        Column("notes", "notes", "NTE02 of the line, then of the claim", "note_segments"),
        Column("taxonomy", "text", "PRV03 of who rendered the service (837P), else of who bills", "taxonomy_segment"),
        Column("provider_npi", "text", "2010AA NM109", "provider_segment"),
        Column("payer_id", "text", "2010BB NM109", "payer_segment"),
        Column("payer", "text", "2010BB NM103", "payer_segment"),
        Column("subscriber_id", "text", "2010BA NM109", "subscriber_segment"),
        Column("patient", "text", "NM103 and NM104: last name, first name", "patient_segment"),
        Column("status", "text", "rejected: goes back; accepted by the policies that are for it; not judged"),
        Column("findings", "texts", "ids of the rules broken on this line"),
        Column("claim_findings", "texts", "ids of the rules broken by its claim as a whole"),
    ),
    (
        Column("claim_segment", "whole", "CLM"),
        Column("line_segment", "whole", "SV1, SV2"),
        Column("date_segment", "whole", "DTP*472, or DTP*434 where `date_source` is statement"),
        Column("ndc_segment", "whole", "LIN"),
        Column("ndc_quantity_segment", "whole", "CTP"),
        Column("number_segment", "whole", "LX"),
        Column("place_segment", "whole", "SV1 or CLM"),
        Column("control_segment", "whole", "REF*6R"),
        *_PARTIES,
        *_FILE,
    ),
)

CLAIMS = Schema(
    (
        *_FRAMES,
        Column("claim", "text", "CLM01", "claim_segment"),
        Column("kind", "text", "P for 837P, I for 837I"),
        Column("charge", "decimal", "CLM02, dollars", "claim_segment"),
        Column("place", "text", "CLM05-1, place of service (837P)", "claim_segment"),
        Column("bill_type", "text", "CLM05-1 and -3, type of bill (837I)", "claim_segment"),
        Column("frequency", "text", "CLM05-3: 1 original, 7 replacement, 8 void", "claim_segment"),
        Column("original", "text", "REF*F8, the payer's number of the claim replaced or voided", "original_segment"),
        Column("lines", "whole", "how many service lines it has"),
        Column("first", "date", "the first day of its lines (DTP*472, else the statement's)", "first_segment"),
        Column("last", "date", "the last day of its lines, counted in", "last_segment"),
        Column("statement_first", "date", "DTP*434, first day (837I)", "statement_segment"),
        Column("statement_last", "date", "DTP*434, last day, counted in (837I)", "statement_segment"),
        Column("admission", "date", "DTP*435, the day", "admission_segment"),
        Column("diagnoses", "texts", "HI*ABK, BK, ABF and BF, without points", "diagnosis_segments"),
        Column("authorization", "texts", "REF*G1 of the claim and of its lines, each once", "authorization_segments"),
        Column("notes", "notes", "NTE02 of the claim", "note_segments"),
        Column("provider_npi", "text", "2010AA NM109", "provider_segment"),
        Column("provider", "text", "2010AA NM103 and NM104; a person's, where a person bills", "provider_segment"),
        Column("taxonomy", "text", "2000A PRV03", "taxonomy_segment"),
        Column("payer_id", "text", "2010BB NM109", "payer_segment"),
        Column("payer", "text", "2010BB NM103", "payer_segment"),
        Column("sequence", "text", "SBR01: P primary, S secondary, T tertiary", "insurance_segment"),
        Column("filing", "text", "SBR09, what kind of plan it is", "insurance_segment"),
        Column("relationship", "text", "SBR02 (18: self), else PAT01: what the patient is to the subscriber",
               "relationship_segment"),
        Column("subscriber_id", "text", "2010BA NM109", "subscriber_segment"),
        Column("subscriber", "text", "2010BA NM103 and NM104", "subscriber_segment"),
        Column("patient", "text", "NM103 and NM104 of 2010CA, else of 2010BA", "patient_segment"),
        Column("birth", "date", "DMG02 of the patient", "birth_segment"),
        Column("sex", "text", "DMG03 of the patient", "birth_segment"),
        Column("status", "text", "rejected: goes back; accepted by the policies that are for it; not judged"),
        Column("findings", "texts", "ids of the rules broken by the claim as a whole"),
        Column("line_findings", "texts", "ids of the rules broken on its lines, each once"),
    ),
    (
        Column("claim_segment", "whole", "CLM"),
        Column("original_segment", "whole", "REF*F8"),
        Column("first_segment", "whole", "DTP*472, or DTP*434 where no line has a date"),
        Column("last_segment", "whole", "DTP*472, or DTP*434 where no line has a date"),
        Column("statement_segment", "whole", "DTP*434"),
        Column("admission_segment", "whole", "DTP*435"),
        Column("insurance_segment", "whole", "SBR"),
        Column("relationship_segment", "whole", "SBR or PAT"),
        Column("birth_segment", "whole", "DMG"),
        *_PARTIES,
        *_FILE,
    ),
)  # fmt: skip


def as_markdown(columns: Sequence[Column]) -> str:
    """Columns as a table of Markdown."""
    rows = [("column", "type", "what it holds", "position"), ("---",) * 4]
    for column in columns:
        says = f"{column.says}; a person's" if column.name in PERSONS else column.says
        at = f"`{column.at}`" if column.at else ""
        rows.append((f"`{column.name}`", KINDS[column.kind], says.replace("*", r"\*"), at))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
