"""The members of process data that the vendor documents, by JSON type. Contract 3.2."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.gateway.identity_document import IdentityDocument

TEXT, OBJECT, LIST = "text", "object", "list"
#: Members of process data and their JSON types; any of them may be null or missing.
PROCESS_DATA: Mapping[str, str] = {
    **dict.fromkeys(
        ("scanId", "verificationResult", "licenseId", "agent", "rejectionReason", "comment"), TEXT
    ),
    **dict.fromkeys(("creationTime", "verificationTime", "clientInfo"), TEXT),
    **dict.fromkeys(("pdfUrl", "pdfChecksum", "certificatedZipUrl"), TEXT),
    **dict.fromkeys(("document", "validations"), OBJECT),
    **dict.fromkeys(("images", "extraImages", "recordings", "extraParameters"), LIST),
}
#: All 23 members of `document` are texts.
DOCUMENT: Mapping[str, str] = {
    f"document.{field.alias or name}": TEXT for name, field in IdentityDocument.model_fields.items()
}
DOCUMENTED: Mapping[str, str] = {**PROCESS_DATA, **DOCUMENT}
