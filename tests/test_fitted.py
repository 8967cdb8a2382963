"""What is longer than its element may be is no number and no code, and is shown nowhere: it may be anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats import FIXTURES, FORMATS, edi837

MARK = "MARIAN HOLLISTER BORN 19580214"
LONG = f"{MARK} AT SAMPLETON"  # 43 characters: more than CLM01 may have
LONGER = f"{LONG}, 18 ORCHARD STREET"  # more than 50

PLACES = {  # an element of the demo, and the same with what is too long for it
    "GS06": ("0915*411*X", f"0915*{MARK}*X"),
    "ST02": ("ST*837*0001", f"ST*837*{MARK}"),
    "BHT03": ("DEMO20250303*", f"{LONGER}*"),
    "HL01": ("HL*2*1*22", f"HL*{MARK}*1*22"),
    "PRV03": ("251F00000X", LONGER),
    "SBR01": ("SBR*P", f"SBR*{MARK}"),
    "SBR09": ("******CI", f"******{MARK}"),
    "CLM01": ("CLM*HIT1001", f"CLM*{LONG}"),
    "CLM05-1": ("12:B:1", f"{MARK}:B:1"),
    "CLM05-3": ("12:B:1", f"12:B:{MARK}"),
    "REF02": ("REF*G1*PA250001", f"REF*G1*{LONGER}"),
    "HI01-2": ("ABK:L03115", f"ABK:{LONG}"),
    "LX01": ("LX*1~", f"LX*{MARK}~"),
    "SV101-1": ("HC:S9500*875", f"{MARK}:S9500*875"),
    "SV101-2": ("HC:S9500*875", f"HC:{LONGER}*875"),
    "SV101-3": ("HC:S9500*875", f"HC:S9500:{MARK}*875"),
    "SV103": ("875*UN*7", f"875*{MARK}*7"),
    "REF*6R": ("HIT1001-1", LONGER),
}
COMMANDS = [
    *(("check", "--format", form) for form in FORMATS), ("tree",), ("tree", "--errors"), ("lines",),
    ("claims",), ("lines", "--format", "jsonl"), ("claims", "--format", "jsonl"),
    ("ack", "--stdout", "report.txt"), ("ack", "--stdout", "report.json"), ("show", "LX"), ("export", "--to", "fhir"),
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_too_long_for_its_element_is_shown_nowhere(place: str, tmp_path: Path) -> None:
    sent, wrong = PLACES[place]
    text = (FIXTURES / "demo.edi").read_text()
    assert sent in text
    file = tmp_path / "long.edi"
    file.write_text(text.replace(sent, wrong))
    for words in COMMANDS:
        said = edi837(words[0], file, *words[1:])
        assert MARK not in said.out + said.err, words
    page = tmp_path / "claims.html"
    edi837("report", "claims", file, "--html", page)
    assert "<body>" in page.read_text() and MARK not in page.read_text()


def test_it_is_shown_to_whoever_asks(tmp_path: Path) -> None:
    file = tmp_path / "long.edi"
    file.write_text((FIXTURES / "demo.edi").read_text().replace("875*UN*7", f"875*{MARK}*7"))
    assert MARK in edi837("lines", file, "--format", "jsonl", "--phi", "show").out


def test_what_fits_is_shown_beside_what_does_not(tmp_path: Path) -> None:
    file = tmp_path / "long.edi"
    file.write_text((FIXTURES / "demo.edi").read_text().replace("HC:S9500*875", f"HC:S9500:{MARK}*875"))
    assert "HIT1001" in edi837("claims", file).out and "S9500:•••" in edi837("tree", file).out
