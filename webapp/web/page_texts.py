"""What people read about statuses, reasons and errors: lazy, translated when a page is made.

Every code has a title, a text and a next step. An unknown code reads like the general one, so a
new word of the gateway can never leave a page without words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask_babel import LazyString, format_timedelta, get_locale
from flask_babel import lazy_gettext as _

from webapp.domain.onboarding import Person
from webapp.journey.user_session import display_name
from webapp.web.documents import document_words


@dataclass(frozen=True)
class PageTexts:
    """The title, the explanation and the next step of one code; `tone` picks colour and icon."""

    title: LazyString
    text: LazyString
    next_step: LazyString
    label: LazyString | None = None
    tone: str = "calm"


STATUSES: Mapping[str, PageTexts] = {
    "created": PageTexts(
        _("Your check is being opened"),
        _("This takes a few seconds, and the page goes on by itself."),
        _("Stay on this page."),
        _("Getting ready"),
    ),
    "started": PageTexts(
        _("Your identity check is open"),
        _("You have started, and nothing has been decided yet."),
        _("Carry on where you stopped."),
        _("Not finished yet"),
    ),
    "interrupted": PageTexts(
        _("The check was interrupted"),
        _("Something got in the way before you could finish. This does not count against you."),
        _("Try again when you are ready."),
        _("Interrupted"),
        "warn",
    ),
    "submitted": PageTexts(
        _("Thank you, we have everything"),
        _("Your pictures have arrived and are being checked. You do not have to do anything."),
        _("The result appears here by itself."),
        _("Being checked"),
    ),
    "deciding": PageTexts(
        _("Almost there"),
        _("Your pictures have been checked, and the decision is being made."),
        _("The result appears here by itself."),
        _("Being decided"),
    ),
    "in_review": PageTexts(
        _("A person is taking a look"),
        _("This is a normal step. It does not mean that anything is wrong."),
        _("The result appears here by itself. It can take a while."),
        _("In review"),
    ),
    "verified": PageTexts(
        _("You are verified"),
        _("Your identity is confirmed. Thank you for your time."),
        _("There is nothing more to do."),
        _("Verified"),
        "good",
    ),
    "rejected": PageTexts(
        _("We could not confirm your identity"),
        _("The check did not lead to a confirmation."),
        _("You can start a new check."),
        _("Not verified"),
        "stop",
    ),
    "expired": PageTexts(
        _("The time for this check is over"),
        _("It came to no result in time. This happens, and nothing bad follows from it."),
        _("Start a new check when it suits you."),
        _("Expired"),
        "idle",
    ),
    "canceled": PageTexts(
        _("This check was stopped"),
        _("It was ended before there was a result."),
        _("You can start a new check."),
        _("Stopped"),
        "warn",
    ),
    "erased": PageTexts(
        _("This check has been deleted"),
        _("Its pictures and data are no longer kept here."),
        _("There is nothing more to do."),
        _("Deleted"),
        "done",
    ),
}

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
        _("Your document and your account do not say the same"),
        _("The name or another detail differs from what your account says."),
        _("If a detail of your account is wrong, the company can correct it. Ask for help."),
    ),
    "underage": PageTexts(
        _("The required age is not reached"),
        _("According to the document, you are too young for this service."),
        _("If the document was read wrongly, ask for help."),
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
        _("Have your document in your hand and try again. You have all the time to prepare."),
    ),
    "hosted_error": PageTexts(
        _("Something went wrong during the check"),
        _("The fault was not yours."),
        _("Try again. If it happens once more, try another browser or phone."),
    ),
    "withdrawn": PageTexts(
        _("The check was withdrawn"),
        _("You, or the company that asked for it, ended this check."),
        _("If you still need to be verified, start a new check."),
    ),
    "replaced": PageTexts(
        _("A newer check took its place"),
        _("This one is no longer needed."),
        _("Go on with the newer one: you find it on your start page."),
    ),
    "gateway_refused": PageTexts(
        _("The check could not be opened"),
        _("The identity service did not accept our request. The fault was not yours."),
        _("Please try again later. If it stays like this, ask for help."),
    ),
    "gateway_lost": PageTexts(
        _("The identity service no longer has this check"),
        _("No result can come any more. The fault was not yours."),
        _("Start a new check, or ask for help."),
    ),
    "other": PageTexts(
        _("No reason was given"),
        _("The identity service did not say why."),
        _("Good light, a clean lens and the original document help."),
    ),
}

PAGE_ERRORS: Mapping[int, PageTexts] = {
    400: PageTexts(
        _("This page was opened in a way we did not understand"),
        _("Part of the address or the form was missing. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    401: PageTexts(
        _("Please come in again"),
        _("We do not know who you are, or you were away for a while. Nothing is lost."),
        _("Log in, or go back to the company's website and start from there."),
    ),
    403: PageTexts(
        _("This is not allowed"),
        _("The page may have been open for too long. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    404: PageTexts(
        _("There is nothing here"),
        _("The address may be incomplete, or it belongs to another account."),
        _("Go to your start page: everything that is yours can be found there."),
    ),
    405: PageTexts(
        _("This page was opened in a way we did not understand"),
        _("This address cannot be opened like that. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    409: PageTexts(
        _("This is no longer possible"),
        _("Something has changed since you opened the page. Nothing is lost."),
        _("Go to your start page to see where things stand now."),
    ),
    410: PageTexts(
        _("This link is no longer valid"),
        _("It was already used, or its time is over. What you did before is kept."),
        _("Go to your start page, or ask the company for a new link."),
    ),
    413: PageTexts(
        _("That was too large"),
        _("More was sent than we can take. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    429: PageTexts(
        _("That was a bit too fast"),
        _("There were many attempts in a short time. Nothing is lost."),
        _("Wait a minute, then try again."),
    ),
    500: PageTexts(
        _("Something went wrong on our side"),
        _("The fault was not yours. What you did before is kept."),
        _("Try again. If it happens once more, ask for help and give the number below."),
    ),
    502: PageTexts(
        _("The identity service is not available"),
        _("It does not accept our requests at the moment. The fault was not yours."),
        _("Nothing is lost. Please try again later."),
    ),
    503: PageTexts(
        _("This is not possible right now"),
        _("A service that we need is not answering. Nothing is lost or done twice."),
        _("Wait a moment, then try again."),
    ),
}

#: Errors that deserve better words than their HTTP status has.
NAMED_ERRORS: Mapping[str, PageTexts] = {
    "link_gone": PageTexts(
        _("This link no longer works"),
        _("It has been used already, or its time is over. What you did before is kept."),
        _(
            "Make a new one where you made this one, or go back to the company's website and "
            "start from there."
        ),
    ),
    "unknown_link": PageTexts(
        _("This link is not complete"),
        _("We do not know it. Perhaps a part of it was lost on the way."),
        _("Copy the whole link once more, or make a new one where you found it."),
    ),
    "stale_form": PageTexts(
        _("This page was open for too long"),
        _("For your safety, what you sent was not accepted. Nothing has been changed or lost."),
        _("Send it once more."),
    ),
}

LOGIN_ERRORS: Mapping[str, PageTexts] = {
    "expired": PageTexts(
        _("This link is no longer valid"),
        _("For your safety, it works only for a few minutes."),
        _("Go back to the company's website and start from there again."),
    ),
    "used": PageTexts(
        _("This link has already been used"),
        _("For your safety, it works only once."),
        _("Go back to the company's website and start from there again."),
    ),
    "denied": PageTexts(
        _("You did not finish logging in"),
        _("The login was stopped before we knew who you are."),
        _("Log in again when you are ready."),
    ),
    "state": PageTexts(
        _("The login did not match this browser"),
        _("It was begun in another window or too long ago."),
        _("Log in once more, in this window."),
    ),
    "provider": PageTexts(
        _("The login service is not answering"),
        _("We could not reach it right now. The fault was not yours."),
        _("Wait a moment, then log in again."),
    ),
    "other": PageTexts(
        _("We could not let you in"),
        _("The company's website did not tell us clearly who you are."),
        _("Go back to the company's website and start from there again."),
    ),
}


def status_words(status: object) -> PageTexts:
    """Return the words of a status; it may be the enum member or its plain value."""
    return STATUSES[str(getattr(status, "value", status))]


def reason_words(code: object) -> PageTexts:
    """Return the words of a reason code."""
    return REASONS.get(str(getattr(code, "value", code)), REASONS["other"])


def page_error_words(code: int, word: str = "") -> PageTexts:
    """Return the words of an error: by its own word, else by its HTTP status or its family."""
    family = PAGE_ERRORS[400 if code < 500 else 500]
    return NAMED_ERRORS.get(word) or PAGE_ERRORS.get(code, family)


def login_error_words(code: str) -> PageTexts:
    """Return the words for a refused login or hand-off."""
    return LOGIN_ERRORS.get(code, LOGIN_ERRORS["other"])


def account_name(person: Person) -> str:
    """Return the name of an account, or its masked id."""
    return display_name(person.name, person.subject)


def hours_long(hours: int) -> str:
    """Return a time in whole hours, such as "24 hours": up to two days nobody counts days."""
    return str(format_timedelta(timedelta(hours=hours), granularity="hour", threshold=2))


def language() -> str:
    """Return the language of the page being made, as HTML's `lang` wants it."""
    return str(get_locale() or "en").replace("_", "-")


def install(app: Flask) -> None:
    """Give the templates the words of this module."""
    app.jinja_env.globals.update(
        status_words=status_words,
        reason_words=reason_words,
        page_error_words=page_error_words,
        login_error_words=login_error_words,
        account_name=account_name,
        document_words=document_words,
        hours_long=hours_long,
        language=language,
    )
