"""Texts of the document that a flow asks for, chosen by its document type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from webapp.config.sites import Flow


@dataclass(frozen=True)
class DocumentTexts:
    """`name` stands alone, `show` is the title of the step, `how` explains it."""

    name: LazyString
    show: LazyString
    how: LazyString


#: Texts by the gateway's document types (`docType`, contract 3.1).
DOCUMENTS: Mapping[str, DocumentTexts] = {
    "IDCard": DocumentTexts(
        _("Your identity card"),
        _("Show your identity card"),
        _("You take a picture of its front and back."),
    ),
    "Passport": DocumentTexts(
        _("Your passport"),
        _("Show your passport"),
        _("You take a picture of the page with your photo."),
    ),
    "DrivingLicense": DocumentTexts(
        _("Your driving licence"),
        _("Show your driving licence"),
        _("You take a picture of its front and back."),
    ),
}
ANY_DOCUMENT = DocumentTexts(
    _("Your identity document"),
    _("Show your document"),
    _("You choose which one, and take a picture of each side that is asked for."),
)


def document_texts(flow: Flow) -> DocumentTexts:
    """Return the texts for the flow; a specific type (`ESPIDCardV4`) contains its general type."""
    if flow.document_type is not None:
        return DOCUMENTS.get(flow.document_type, ANY_DOCUMENT)
    specific = (flow.document_specific_type or "").casefold()
    return next(
        (texts for kind, texts in DOCUMENTS.items() if kind.casefold() in specific), ANY_DOCUMENT
    )
