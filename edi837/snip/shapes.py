"""The forms of codes and numbers that need no list: a check digit, a pattern, a calendar.

Enters: a value as sent. Leaves: whether it can be one at all. What has the right form may
still not exist: that is for a code table (`codetables`).
"""

from __future__ import annotations

import re
from functools import lru_cache

_HCPCS = re.compile(r"[A-Z]\d{4}|\d{4}[0-9A-Z]")  # level II; CPT category I, II, III and the rest of its forms
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_ICD10 = re.compile(r"[A-Z][0-9A-Z]{2,6}")  # QA0.0101, of fiscal year 2026, has a letter where digits stood before
# ICD-9-CM changes no more (CMS: its last release is of October 2013); E is E000 to E030, and E800 to E999.
_ICD9 = re.compile(r"\d{3,5}|V\d{2,4}|E(?:0[0-2]\d\d?|030|[89]\d\d\d?)")
_PCS = re.compile(r"[0-9A-HJ-NP-Z]{7}")
_ICD9_PROCEDURE = re.compile(r"\d{3,4}|\d{2}")
_TAXONOMY = re.compile(r"\d{3}[0-9A-Z]{7}")
_BILL = re.compile(r"[1-8][1-9][0-9A-Z]")
_REVENUE = re.compile(r"[0-3]\d{3}")
_REASON = re.compile(r"[0-9]{1,3}|[A-Z][0-9]{1,2}")
_REMARK = re.compile(r"(?:M|MA|N)[0-9]{1,4}")
_RATE = re.compile(r"[0-9A-Z]{5}")
_CLIA = re.compile(r"[0-9]{2}D[0-9]{7}")


@lru_cache(maxsize=8192)
def npi(text: str) -> bool:
    """Ten digits from 1 or 2 on, the last a Luhn check digit over 80840 and the rest (CMS; ISO/IEC 7812)."""
    if len(text) != 10 or not text.isascii() or not text.isdigit() or text[0] not in "12":
        return False
    total = 24  # what 80840 adds
    for place, digit in enumerate(reversed(text)):
        value = int(digit) << (place & 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def hcpcs(code: str) -> bool:
    """A code of HCPCS level I or II."""
    return _HCPCS.fullmatch(code) is not None


def modifier(code: str) -> bool:
    """Two letters or digits."""
    return _MODIFIER.fullmatch(code) is not None


def icd10(code: str) -> bool:
    """An ICD-10-CM code without its point."""
    return _ICD10.fullmatch(code) is not None


def icd9(code: str) -> bool:
    """An ICD-9-CM diagnosis without its point."""
    return _ICD9.fullmatch(code) is not None


def pcs(code: str) -> bool:
    """An ICD-10-PCS procedure: seven characters, no I and no O."""
    return _PCS.fullmatch(code) is not None


def icd9_procedure(code: str) -> bool:
    """An ICD-9-CM procedure without its point."""
    return _ICD9_PROCEDURE.fullmatch(code) is not None


def taxonomy(code: str) -> bool:
    """A provider taxonomy code of the NUCC set."""
    return _TAXONOMY.fullmatch(code) is not None


def bill_type(text: str) -> bool:
    """A type of bill without its leading zero: facility, care, frequency."""
    return _BILL.fullmatch(text) is not None


def revenue(code: str) -> bool:
    """A revenue code of four digits."""
    return _REVENUE.fullmatch(code) is not None


def reason(code: str) -> bool:
    """A claim adjustment reason: 45, A1, P12."""
    return _REASON.fullmatch(code) is not None


def remark(code: str) -> bool:
    """A remittance advice remark: M15, MA01, N800."""
    return _REMARK.fullmatch(code) is not None


def rate(code: str) -> bool:
    """A HIPPS rate code: five letters or digits."""
    return _RATE.fullmatch(code) is not None


def clia(number: str) -> bool:
    """The number of a laboratory's certificate: two digits of the state, a D, seven digits."""
    return _CLIA.fullmatch(number) is not None


def digits(text: str, count: int) -> bool:
    """So many digits and nothing else."""
    return len(text) == count and text.isascii() and text.isdigit()
