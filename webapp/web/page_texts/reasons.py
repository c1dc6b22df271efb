"""Texts of each reason code: what happened, why, and what the user can do next."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from webapp.web.page_texts.model import PageTexts

REASONS: Mapping[str, PageTexts] = {
    "document_expired": PageTexts(
        _("Your document has expired"),
        _("Only a document that is still valid can be accepted."),
        _("Use another valid document, or try again once yours is renewed."),
    ),
    "document_unreadable": PageTexts(
        _("Your document could not be read"),
        _("The pictures were too dark, blurred or cut off."),
        _("Clean the lens, put the document flat in good light without glare, and try again."),
    ),
    "document_type_not_accepted": PageTexts(
        _("This kind of document is not accepted"),
        _("The check needs another kind of identity document."),
        _("Try again with the kind of document that the check asks for."),
    ),
    "document_not_genuine": PageTexts(
        _("Your document could not be confirmed as genuine"),
        _("Copies, pictures of a screen and damaged documents often lead to this."),
        _("If you used your original document, ask for help."),
    ),
    "face_mismatch": PageTexts(
        _("Your face and the photo did not match"),
        _("Poor light, glasses or an old photo can be the cause."),
        _("Face a window, take off glasses and hat, and hold the phone at eye level."),
    ),
    "liveness_failed": PageTexts(
        _("We could not see you clearly enough"),
        _("The check must be sure that a real person is in front of the camera."),
        _("Find even light, keep the phone steady and follow the movements on the screen."),
    ),
    "data_mismatch": PageTexts(
        _("Your document and your account do not match"),
        _("Your name or another detail is different in your account."),
        _("If a detail of your account is wrong, the company can correct it. Ask for help."),
    ),
    "underage": PageTexts(
        _("You do not meet the minimum age"),
        _("According to the document, you are too young for this service."),
        _("If your document was read incorrectly, ask for help."),
    ),
    "permission_denied": PageTexts(
        _("The camera was not allowed"),
        _("Without the camera the check cannot see your document and your face."),
        _(
            "Tap the lock or the settings icon beside the address, allow the camera, and try "
            "again. If you are inside another app, open this page in your browser."
        ),
    ),
    "camera_unavailable": PageTexts(
        _("The camera did not work"),
        _("No camera was found, or another app is using it."),
        _("Close other apps that use the camera and try again, or use another phone."),
    ),
    "connection_lost": PageTexts(
        _("The connection was lost"),
        _("The internet connection was too weak, or stopped."),
        _("Move to a place with better reception, or use Wi-Fi, and try again."),
    ),
    "timed_out": PageTexts(
        _("It took too long"),
        _("The check waits only for a limited time."),
        _("Have your document ready and try again. Take all the time you need to prepare."),
    ),
    "hosted_error": PageTexts(
        _("Something went wrong during the check"),
        _("This was not your fault."),
        _("Try again. If it happens again, try another browser or phone."),
    ),
    "withdrawn": PageTexts(
        _("The check was withdrawn"),
        _("You, or the company that asked for it, ended this check."),
        _("If you still need to be verified, start a new check."),
    ),
    "replaced": PageTexts(
        _("A newer check has replaced this one"),
        _("This one is no longer needed."),
        _("Continue with the newer check on your start page."),
    ),
    "gateway_refused": PageTexts(
        _("The check could not be opened"),
        _("The identity service did not accept our request. This was not your fault."),
        _("Please try again later. If the problem continues, ask for help."),
    ),
    "gateway_lost": PageTexts(
        _("The identity service no longer has this check"),
        _("There will be no result. This was not your fault."),
        _("Start a new check, or ask for help."),
    ),
    "other": PageTexts(
        _("No reason was given"),
        _("The identity service did not say why."),
        _("Good light, a clean lens and the original document help."),
    ),
}
