"""The invented document data and validations of a captured process."""

from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.evidence.mrz import mrz_lines
from mobbscan_sandbox.gateway.process_states import ProcessState

DOCUMENT_KEYS = (
    "documentType", "personalNumber", "documentNumber", "name", "surname", "firstSurname",
    "secondSurname", "gender", "nationality", "issuingState", "dateOfIssuing", "dateOfBirth",
    "dateOfExpiry", "address", "city", "region", "cityOfBirth", "regionOfBirth",
    "stateOfBirthName", "stateOfBirthIsoCode", "facialMatchingScore", "facialLivenessScore", "mrz",
)  # fmt: skip

PERSONAL_DATA_KEYS = (
    "address", "city", "cityOfBirth", "country", "countryDocumentType", "curp", "dateOfBirth",
    "dateOfExpiry", "documentNumber", "gender", "mrz", "name", "personalNumber", "postCode",
    "region", "regionOfBirth", "firstSurname", "secondSurname", "stateOfBirth", "surname",
)  # fmt: skip

_TYPES = {
    "IDCard": "TD1IDCard",
    "Passport": "TD3Passport",
    "DrivingLicense": "EURDrivingLicense",
}


def specimen_document(request: CreateRequest, kind: str) -> dict[str, str | None]:
    """Return the document data that a capture yields."""
    country = request.country_id or "UTO"  # Utopia, the country of ICAO's specimens
    document: dict[str, str | None] = {
        "documentType": request.doc_specific_type or _TYPES[kind],
        "personalNumber": "00000000T",
        "documentNumber": "ZZZ000000",
        "name": "ADA",
        "surname": "SPECIMEN SAMPLE",
        "firstSurname": "SPECIMEN",
        "secondSurname": "SAMPLE",
        "gender": "F",
        "nationality": country,
        "issuingState": country,
        "dateOfBirth": "10/12/1985",
        "dateOfExpiry": "02/03/2041",
        "facialMatchingScore": "0.94",
        "facialLivenessScore": "0.98",
    }
    document["mrz"] = "".join(mrz_lines(kind, document)) or None
    return document


def specimen_validations(state: ProcessState) -> dict[str, str]:
    """Return `validations`: keys and values as in the vendor's SDKs, in a guessed shape."""
    if not state.announced:
        return {}
    expiry = "NOT_VALID" if state is ProcessState.NOT_VERIFIED else "VALID"
    return {
        "validationMRZ": "VALID",
        "validationDocumentNotExpired": expiry,
        "validationFacialMatching": "VALID",
        "validationLiveness": "VALID",
    }
