"""What a flow's document is called on a page, and how it is shown to the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from webapp.config.sites import Flow


@dataclass(frozen=True)
class Document:
    """`name` stands alone, `show` is the title of the step, `how` explains it."""

    name: LazyString
    show: LazyString
    how: LazyString


#: By the gateway's own names for kinds of documents (`docType`, contract 3.1).
DOCUMENTS: Mapping[str, Document] = {
    "IDCard": Document(
        _("Your identity card"),
        _("Show your identity card"),
        _("You take a picture of its front and back."),
    ),
    "Passport": Document(
        _("Your passport"),
        _("Show your passport"),
        _("You take a picture of the page with your photo."),
    ),
    "DrivingLicense": Document(
        _("Your driving licence"),
        _("Show your driving licence"),
        _("You take a picture of its front and back."),
    ),
}
ANY = Document(
    _("Your identity document"),
    _("Show your document"),
    _("You choose which one, and take a picture of each side that is asked for."),
)


def document_words(flow: Flow) -> Document:
    """The document that the flow asks for; an exact type (`ESPIDCardV4`) holds its kind."""
    if flow.document_type is not None:
        return DOCUMENTS.get(flow.document_type, ANY)
    exact = (flow.document_specific_type or "").casefold()
    return next((words for kind, words in DOCUMENTS.items() if kind.casefold() in exact), ANY)
