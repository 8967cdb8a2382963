"""Claims as FHIR: a `Claim` of R4 (and R4B, where it is the same) for each claim of an 837P or 837I.

Enters: a claim with its loop (`judged`). Leaves: a resource as plain dicts, with all it refers to contained in
it, so that each stands alone; then its faults, and its text. Needs the extra ``fhir`` for the faults.
"""

from edi837.fhir.claim import resource
from edi837.fhir.form import Json, text
from edi837.fhir.valid import Fault, faults

__all__ = ["Fault", "Json", "faults", "resource", "text"]
