"""One fault at a time, put into an interchange that has none.

Enters: the bytes of a clean 837P or 837I. Leaves: `mutations`, pairs of a name and the
bytes with exactly that fault; and `variants`, the same interchange written another way,
still without fault. Nothing is drawn by lot. The counts (SE01, GE01, IEA01) stay right
unless the count is the fault. A fault whose place the interchange lacks is left out.

The names begin with a letter: E envelope, S segments and loops, L elements, P and I what
only one of the guides has, B what is wrong beyond one segment or by an outside list.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from tests.edits import (
    Absent,
    Change,
    Wire,
    again,
    backwards,
    control_numbers,
    double,
    drop,
    drop_only,
    half,
    insert,
    lines,
    move,
    no_claim,
    no_lines,
    part,
    put,
    same_id,
)

# --------------------------------------------------------------- faults in the wire

BYTES: dict[str, Callable[[bytes], bytes]] = {
    "E31 no terminator at the end": lambda d: d.rstrip()[:-1],
    "E32 truncated mid-claim": lambda d: d[: d.rindex(b"CLM") + 9],
    "E33 nothing": lambda d: b"",
    "E34 not X12": lambda d: bytes(range(256)),
    "E35 bytes not X12 after the ISA": lambda d: d[:106] + bytes(range(128, 256)),
    "E37 a stray segment after IEA": lambda d: d + b"HELLO WORLD" + d[105:106],
    "E38 text after IEA": lambda d: d + b"HELLO WORLD",
    "E39 a line end before ISA": lambda d: b"\n" + d,
    "E40 a byte order mark": lambda d: b"\xef\xbb\xbf" + d,
    "E43 an empty segment": lambda d: d.replace(b"BHT", d[105:106] + b"BHT", 1),
    "E47 a tab and blanks before a segment": lambda d: d.replace(b"SBR", b"\t  SBR", 1),
}

COUNTS: dict[str, Change] = {  # and what would be hidden by making SE01 right
    "E01 SE01 wrong": put("SE", 1, "999"),
    "E09 SE missing": drop("SE"),
    "E51 ST missing": drop("ST"),
    "E54 SE01 not a number": put("SE", 1, "X"),
}

ENVELOPE: dict[str, Change] = {
    "E02 SE02 is not ST02": put("SE", 2, "9999"),
    "E03 GE01 wrong": put("GE", 1, "9"),
    "E04 GE02 is not GS06": put("GE", 2, "9999"),
    "E05 IEA02 is not ISA13": put("IEA", 2, "000009999"),
    "E06 IEA01 wrong": put("IEA", 1, "9"),
    "E07 IEA missing": drop("IEA"),
    "E08 GE missing": drop("GE"),
    "E10 GE01 not a number": put("GE", 1, "X"),
    "E11 ISA13 letters": control_numbers("ABCDEFGHI"),
    "E12 ISA06 one short": put("ISA", 6, lambda v: v[:-1]),
    "E13 ISA12 unknown": put("ISA", 12, "00402"),
    "E14 ISA15 bad code": put("ISA", 15, "X"),
    "E15 ISA09 bad date": put("ISA", 9, "251332"),
    "E16 GS04 bad date": put("GS", 4, "20251332"),
    "E18 GS08 of no guide": put("GS", 8, "005010X999"),
    "E19 ST03 is not GS08": put("ST", 3, "005010X221A1"),
    "E20 ST01 835": put("ST", 1, "835"),
    "E21 ST03 missing": put("ST", 3, ""),
    "E23 ST02 twice": double("ST", "SE", ("GE", 1)),
    "E25 GS06 twice": double("GS", "GE", ("IEA", 1)),
    "E27 ISA13 twice": double("ISA", "IEA"),
    "E30 IEA twice": again("IEA"),
    "E48 a segment between SE and GE": insert("REF*D9*STRAY", before="GE"),
    "E49 a segment between GS and ST": insert("REF*D9*STRAY", before="ST"),
    "E50 GS missing": drop("GS"),
    "E53 GS01 of another group": put("GS", 1, "HP"),
    "E36 a name in UTF-8": put("NM1*IL", 3, "MAPL\u00c3\u0089"),
    "E41 a name in latin-1": put("NM1*IL", 3, "MAPL\u00c9"),
    "E45 a segment of 17,000 characters": put("NM1*IL", 3, "D" * 17_000),
    "E46 a line wrapped inside an element": put("NM1*IL", 3, "MAP\nLE"),
    "E55 ISA14 bad code": put("ISA", 14, "2"),
    "E56 ST02 too short": put("ST", 2, "1"),
}

STRUCTURE: dict[str, Change] = {
    "S01 unknown segment": insert("ZZZ*1", after="CLM"),
    "S02 segment id in lower case": put("SBR", 0, "sbr"),
    "S03 segment in the wrong loop": insert("SBR*P*18", after="HL"),
    "S04 HI before REF": move("REF*D9", "HI"),
    "S05 BHT missing": drop("BHT"),
    "S06 NM1*41 missing": drop("NM1*41"),
    "S07 PER missing": drop_only("PER"),
    "S08 NM1*85 missing": drop("NM1*85"),
    "S09 N3 missing": drop("N3"),
    "S10 REF*EI missing": drop("REF*EI"),
    "S11 SBR missing": drop("SBR"),
    "S12 NM1*IL missing": drop("NM1*IL"),
    "S13 NM1*PR missing": drop("NM1*PR"),
    "S14 CLM missing": drop("CLM"),
    "S15 HI missing": drop("HI"),
    "S16 LX missing": drop("LX"),
    "S17 SV1 missing": drop("SV1"),
    "S17 SV2 missing": drop("SV2"),
    "S19 no service line": no_lines,
    "S20 HL of the subscriber missing": drop("HL*2"),
    "S22 REF*D9 twice": again("REF*D9"),
    "S23 HI twice": again("HI"),
    "S25 LX01 wrong": put("LX", 1, "9"),
    "S26 HL01 wrong": put("HL*2", 1, "9"),
    "S27 HL02 of no HL": put("HL*2", 2, "99"),
    "S30 HL04 0 with a child": put("HL*1", 4, "0"),
    "S31 HL03 bad code": put("HL*2", 3, "99"),
    "S32 HL01 empty": put("HL*2", 1, ""),
    "S33 first HL has a parent": put("HL*1", 2, "1"),
    "S34 NM1*85 twice": again("NM1*85"),
    "S35 NM101 bad code": put("NM1*85", 1, "ZQ"),
    "S36 REF01 bad code": put("REF*EI", 1, "ZQ"),
    "S37 DTP01 bad code": put("DTP*472", 1, "999"),
    "S42 NM1*40 missing": drop("NM1*40"),
    "S43 N4 missing": drop("N4"),
    "S44 DMG missing a place, twice": again("DMG"),
}

ELEMENTS: dict[str, Change] = {
    "L06 D8 month 13": put("DTP*472*D8", 3, "20251301"),
    "L07 D8 30 February": put("DTP*472*D8", 3, "20250230"),
    "L09 RD8 with one date": put("DTP*472*RD8", 3, half),
    "L10 RD8 with three dates": put("DTP*472*RD8", 3, lambda v: v + "-20250120"),
    "L11 D8 with a range": put("DTP*472*D8", 3, lambda v: f"{v}-{v}"),
    "L12 DTP02 bad code": put("DTP*472", 2, "TM"),
    "L15 DMG02 bad date": put("DMG", 2, "19601301"),
    "L16 CLM01 39 long": put("CLM", 1, "A" * 39),
    "L18 NM103 61 long": put("NM1*IL", 3, "D" * 61),
    "L20 the repetition mark in a name": put("NM1*IL", 3, "DO^E"),
    "L22 a control character": put("NM1*IL", 3, "DOE\x07"),
    "L23 blanks at the end": put("NM1*IL", 3, lambda v: v + "  "),
    "L25 too many elements, empty": lambda w: w.at("LX").append(""),
    "L27 a component mark at the end": put("CLM", 5, lambda v: v + v[2]),
    "L28 too many elements": lambda w: w.at("LX").extend(["X"]),
    "L29 too many components": put("CLM", 5, lambda v: f"{v}{v[2]}X{v[2]}Y"),
    "L32 a composite in a simple element": put("NM1*IL", 3, "D:E"),
    "L33 a repetition in a simple element": put("REF*EI", 2, "123456789^987654321"),
    "L35 CLM05-2 bad code": part("CLM", 5, 2, "Z"),
    "L38 CLM07 missing": put("CLM", 7, ""),
    "L39 CLM02 not a number": put("CLM", 2, "5X2"),
    "L42 CLM02 an exponent": put("CLM", 2, "5E2"),
    "L56 CLM02 missing": put("CLM", 2, ""),
    "L59 N402 of the provider bad state": put("N4", 2, "XX"),
    "L60 N402 of the subscriber bad state": put("NM1*IL>N4", 2, "XX"),
    "L62 DMG03 bad code": put("DMG", 3, "X"),
    "L63 SBR01 bad code": put("SBR", 1, "Q"),
    "L64 SBR09 bad code": put("SBR", 9, "ZQ"),
    "L65 PER03 without PER04": put("PER", 4, ""),
    "L67 NM108 without NM109": put("NM1*IL", 9, ""),
    "L68 NM102 bad code": put("NM1*IL", 2, "9"),
    "L69 an element not used": put("NM1*IL", 10, "01"),
    "L70 BHT06 bad code": put("BHT", 6, "ZZ"),
    "L71 BHT04 bad date": put("BHT", 4, "20251323"),
    "L72 BHT05 bad time": put("BHT", 5, "2560"),
    "L75 NM109 of the payer missing": put("NM1*PR", 9, ""),
    "L76 CTP05 without CTP04": put("CTP", 4, ""),
    "L79 CTP missing": drop("CTP"),
    "L80 LIN missing": drop("LIN"),
    "L82 HI01-1 of no first diagnosis": part("HI*ABK", 1, 1, "ABF"),
    "L83 HI01-2 missing": put("HI*ABK", 1, "ABK"),
    "L84 N403 two long": put("N4", 3, "49"),
    "L85 NM108 bad code": put("NM1*85", 8, "QQ"),
}

BEYOND: dict[str, Change] = {
    "B01 CLM02 is not the sum": put("CLM", 2, "1.23"),
    "B02 NPI check digit": put("NM1*85", 9, lambda v: v[:-1] + str((int(v[-1]) + 1) % 10)),
    "B03 NPI of 9 digits": put("NM1*85", 9, lambda v: v[:-1]),
    "B04 NPI with a letter": put("NM1*85", 9, lambda v: "A" + v[1:]),
    "B05 tax number of 8 digits": put("REF*EI", 2, lambda v: v[:-1]),
    "B08 RD8 backwards": put("DTP*472*RD8", 3, backwards),
    "B17 CLM01 21 long": put("CLM", 1, "A" * 21),
    "B21 a subscriber without claim or child": no_claim,
    "B28 HL02 of the wrong level": put("HL*3*2*23", 2, "1"),
    "B29 HL04 1 without a child": put("HL*2*1*22*0", 4, "1"),
    "B36 CLM05-3 of no frequency": part("CLM", 5, 3, "Q"),
    "B38 a patient loop under a subscriber who is self": put("HL*2>SBR", 2, "18"),
    "B39 no patient loop under a subscriber who is not": put("HL*2>SBR", 2, ""),
    "B40 CLM02 negative": put("CLM", 2, lambda v: "-" + v),
    "B41 CLM02 with three decimals": put("CLM", 2, lambda v: f"{v}.001"),
    "B49 SV107 to a diagnosis not there": put("SV1", 7, "12"),
    "B52 SV107 twice the same": put("SV1", 7, "1:1"),
    "B54 ICD-9 beside ICD-10": part("HI*ABK", 1, 1, "BK"),
    "B55 a diagnosis with a point": part("HI*ABK", 1, 2, "A41.9"),
    "B58 N403 of 4 digits": put("N4", 3, "4900"),
    "B61 billing N403 of 5 digits": put("N4", 3, "49000"),
    "B73 PRV03 of no taxonomy": put("PRV", 3, "ABCDEFGHIJ"),
    "B77 NDC of 10 digits": put("LIN", 3, lambda v: v[:-1]),
    "B78 NDC with hyphens": put("LIN", 3, "99999-0101-01"),
    "B81 CLM01 twice": same_id,
}

PROFESSIONAL: dict[str, Change] = {
    "P24 51 service lines": lines(51),
    "P18 DTP*472 missing": drop("DTP*472"),
    "P34 CLM05-1 bad code": part("CLM", 5, 1, "98"),
    "P37 CLM06 bad code": put("CLM", 6, "X"),
    "P40 CL1 in an 837P": insert("CL1*1*7*30", after="CLM"),
    "P41 SV2 in an 837P": put("SV1", 0, "SV2"),
    "P45 SV101-1 bad code": part("SV1", 1, 1, "XX"),
    "P46 SV101-3 one long": part("SV1", 1, 3, "S"),
    "P47 SV103 bad code": put("SV1", 3, "XX"),
    "P50 SV107 13": put("SV1", 7, "13"),
    "P51 SV107 missing": put("SV1", 7, ""),
    "P86 SV104 missing": put("SV1", 4, ""),
    "P87 SV102 missing": put("SV1", 2, ""),
}

INSTITUTIONAL: dict[str, Change] = {
    "I01 CL1 missing": drop("CL1"),
    "I02 DTP*434 missing": drop("DTP*434"),
    "I03 DTP*434 a D8": put("DTP*434", 2, "D8"),
    "I04 CLM06 used": put("CLM", 6, "Y"),
    "I05 CL103 missing": put("CL1", 3, ""),
    "I06 SV201 and SV202 missing": lambda w: w.at("SV2").__setitem__(slice(1, 3), ["", ""]),
    "I07 SV204 without SV205": put("SV2", 5, ""),
    "I08 SV204 bad code": put("SV2", 4, "XX"),
    "I09 SV1 in an 837I": put("SV2", 0, "SV1"),
    "I10 SV202-1 bad code": part("SV2", 2, 1, "XX"),
    "I11 HI*BE three times": again("HI*BE", 2),
    "I12 HI*BH a bad date": part("HI*BH", 1, 4, "20251399"),
    "I13 HI*BI no range": part("HI*BI", 1, 4, "NOTADATE"),
    "I14 HI*BH without its date": put("HI*BH", 1, "BH:11"),
    "I15 SV203 missing": put("SV2", 3, ""),
}

# ------------------------------------------------------------------- no fault at all

VARIANTS: dict[str, Callable[[bytes], bytes]] = {
    "no line ends": lambda d: _ends(d, "", "~"),
    "CRLF after each segment": lambda d: _ends(d, "\r\n", "~"),
    "CR after each segment": lambda d: _ends(d, "\r", "~"),
    "blank lines between segments": lambda d: _ends(d, "\n\n", "~"),
    "a line end as terminator": lambda d: _ends(d, "", "\n"),
    "other marks": lambda d: d.translate(bytes.maketrans(b"*:^~", b"|>!'")),
    "control characters as marks": lambda d: d.translate(bytes.maketrans(b"*:^~", b"\x1d\x1f\x1c\x1e")),
}


def _ends(data: bytes, after: str, terminator: str) -> bytes:
    wire = Wire.read(data)
    wire.after, wire.terminator = after, terminator
    return wire.write()


def mutations(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each fault that has a place in ``data``, a clean 837P or 837I beginning with its ISA."""
    clean = Wire.read(data)
    special = INSTITUTIONAL if clean.at("ST")[3:] == ["005010X223A2"] else PROFESSIONAL
    tables = (COUNTS, ENVELOPE, STRUCTURE, ELEMENTS, special, BEYOND)
    for name, change in (row for table in tables for row in table.items()):
        wire = copy.deepcopy(clean)
        try:
            change(wire)
        except Absent:
            continue
        if change not in COUNTS.values():
            wire.recount()
        yield name, wire.write()
    for name, alter in BYTES.items():
        if (altered := alter(data)) != data:
            yield name, altered


def variants(data: bytes) -> Iterator[tuple[str, bytes]]:
    """``data``, written with ``*:^~``, in other marks and line ends; still without fault."""
    for name, write in VARIANTS.items():
        yield name, write(data)
