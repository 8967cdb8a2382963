"""The code systems a claim's codes belong to, by their URIs, and which system a code is of by its form.

Sources: HL7 Terminology (terminology.hl7.org), FHIR R4's own systems, and those of CARIN Blue Button (C4BB), whose
slices of a claim's supporting information other US guides repeat. X12's own code lists go by the URI that Da
Vinci PAS gives them, codesystem.x12.org/005010/ with the number of the data element.
"""

from __future__ import annotations

import re

_HL7 = "http://terminology.hl7.org/CodeSystem/"
_C4BB = "http://hl7.org/fhir/us/carin-bb/CodeSystem/"
_NUBC = "https://www.nubc.org/CodeSystem/"
_X12 = "https://codesystem.x12.org/005010/"

CLAIM_TYPE = _HL7 + "claim-type"
PRIORITY = _HL7 + "processpriority"
PAYEE = _HL7 + "payeetype"
RELATED = _HL7 + "ex-relatedclaimrelationship"
DIAGNOSIS_TYPE = _HL7 + "ex-diagnosistype"
ON_ADMISSION = _HL7 + "ex-diagnosis-on-admission"
INFORMATION = _HL7 + "claiminformationcategory"
TEAM_ROLE = _HL7 + "claimcareteamrole"
RELATIONSHIP = _HL7 + "subscriber-relationship"
COVERAGE_CLASS = _HL7 + "coverage-class"
IDENTIFIER_TYPE = _HL7 + "v2-0203"
ALTERED = _HL7 + "v3-ObservationValue"  # REDACTED
PURPOSE = _HL7 + "v3-ActReason"  # HTEST
ABSENT = _HL7 + "data-absent-reason"
ABSENCE = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"  # the extension

C4BB_INFORMATION = _C4BB + "C4BBSupportingInfoType"
C4BB_ROLE = _C4BB + "C4BBClaimCareTeamRole"
C4BB_DIAGNOSIS = _C4BB + "C4BBClaimDiagnosisType"
C4BB_PROCEDURE = _C4BB + "C4BBClaimProcedureType"
C4BB_IDENTIFIER = _C4BB + "C4BBIdentifierType"

BILL_TYPE = _NUBC + "TypeOfBill"
REVENUE = _NUBC + "RevenueCodes"
ADMISSION_TYPE = _NUBC + "PriorityTypeOfAdmitOrVisit"
ORIGIN = _NUBC + "PointOfOrigin"
DISCHARGE = _NUBC + "PatDischargeStatus"

FREQUENCY = _X12 + "1325"  # CLM05-3
FILING = _X12 + "1032"  # SBR09

PLACE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
HIPPS = "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/ProspMedicareFeeSvcPmtGen/HIPPSCodes"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
NDC = "http://hl7.org/fhir/sid/ndc"
NPI = "http://hl7.org/fhir/sid/us-npi"
EIN = "urn:oid:2.16.840.1.113883.4.4"
SSN = "http://hl7.org/fhir/sid/us-ssn"
TAXONOMY = "http://nucc.org/provider-taxonomy"
UCUM = "http://unitsofmeasure.org"

_CPT = re.compile(r"[0-9]{4}[0-9AFMTU]\Z")  # categories I, II (F), III (T); M and U: laboratory
_CPT_MODIFIER = re.compile(r"[0-9][0-9P]\Z|P[1-6]\Z")

# Units of SV103, SV204 and CTP05-1: what they are called, and their code in UCUM, if it has one.
UNITS = {
    "UN": ("unit", ""), "MJ": ("minute", "min"), "DA": ("day", "d"),
    "F2": ("international unit", "[iU]"), "GR": ("gram", "g"), "ME": ("milligram", "mg"), "ML": ("milliliter", "mL"),
}  # fmt: skip
RELATIONSHIPS = {"18": "self", "01": "spouse", "19": "child", "53": "common"}  # SBR02, PAT01; all else is other


def of_procedure(code: str) -> str:
    """The system of a code that SV101-1 says is of HCPCS: CPT is its level I."""
    return CPT if _CPT.match(code) else HCPCS


def of_modifier(code: str) -> str:
    """The system of a modifier: those of two digits are CPT's."""
    return CPT if _CPT_MODIFIER.match(code) else HCPCS


def diagnosis(qualifier: str, code: str) -> tuple[str, str]:
    """System and code, with its point, of a HI: A before the qualifier is ICD-10-CM, else ICD-9-CM."""
    if qualifier.startswith("A"):
        return ICD10, _pointed(code, 3)
    return ICD9, _pointed(code, 4 if code.startswith("E") else 3)


def procedure(qualifier: str, code: str) -> tuple[str, str]:
    """System and code of a procedure in HI: ICD-10-PCS, which has no points, or ICD-9-CM, which has."""
    return (PCS, code) if qualifier.startswith("BB") else (ICD9, _pointed(code, 2))


def _pointed(code: str, after: int) -> str:
    return code if "." in code or len(code) <= after else f"{code[:after]}.{code[after:]}"
