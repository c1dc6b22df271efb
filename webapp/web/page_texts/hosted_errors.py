"""Texts of the hosted page's errors that need other advice than a reason gives."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from webapp.web.page_texts.model import PageTexts

HOSTED_ERRORS: Mapping[str, PageTexts] = {
    "camera_not_hd": PageTexts(
        _("Your camera is not sharp enough"),
        _("The check needs a camera with HD quality (1280 × 720 or more)."),
        _("Use your phone, or another camera, and try again."),
    ),
    "page_not_secure": PageTexts(
        _("The page was not opened securely"),
        _("Browsers allow the camera only on secure pages, whose address begins with https."),
        _("Open the check in full screen, or use an up-to-date browser such as Chrome or Safari."),
    ),
    "document_already_scanned": PageTexts(
        _("This side of your document was already taken"),
        _("The same picture was sent twice."),
        _("Turn your document over, or have the other one ready, and try again."),
    ),
    "file_too_large": PageTexts(
        _("The picture is too large"),
        _("The check accepts pictures only up to a certain size."),
        _("Take the picture with the camera, or choose a smaller file."),
    ),
    "checks_failed": PageTexts(
        _("The pictures did not pass the check"),
        _("Something on your document or in the pictures could not be confirmed."),
        _("Use your original, valid document in good light without glare, and try again."),
    ),
}
