"""Texts of error pages: by HTTP status, by error code, and of failed logins."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from webapp.web.page_texts.model import PageTexts

HTTP_ERRORS: Mapping[int, PageTexts] = {
    400: PageTexts(
        _("We could not open this page"),
        _("Part of the address or the form was missing. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    401: PageTexts(
        _("Please log in again"),
        _("You are not logged in, or your session has ended. Nothing is lost."),
        _("Log in, or go back to the company's website and start from there."),
    ),
    403: PageTexts(
        _("This is not allowed"),
        _("The page may have been open for too long. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    404: PageTexts(
        _("Page not found"),
        _("The address may be incomplete, or it belongs to another account."),
        _("Go to your start page to find all your checks."),
    ),
    405: PageTexts(
        _("We could not open this page"),
        _("This address cannot be opened directly. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    409: PageTexts(
        _("This is no longer possible"),
        _("Something has changed since you opened the page. Nothing is lost."),
        _("Go to your start page to see the current status."),
    ),
    410: PageTexts(
        _("This link is no longer valid"),
        _("It has already been used or has expired. What you did before is saved."),
        _("Go to your start page, or ask the company for a new link."),
    ),
    413: PageTexts(
        _("This is too large"),
        _("We received more data than we can accept. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    429: PageTexts(
        _("Too many attempts"),
        _("There were many attempts in a short time. Nothing is lost."),
        _("Wait a minute, then try again."),
    ),
    500: PageTexts(
        _("Something went wrong on our side"),
        _("This was not your fault. What you did before is saved."),
        _("Try again. If it happens again, ask for help and give the error number below."),
    ),
    502: PageTexts(
        _("The identity service is not available"),
        _("It does not accept our requests at the moment. This was not your fault."),
        _("Nothing is lost. Please try again later."),
    ),
    503: PageTexts(
        _("This is not possible right now"),
        _("A service that we need is not answering. Nothing is lost or done twice."),
        _("Wait a moment, then try again."),
    ),
}

#: Error codes with a text of their own; the others get the text of their HTTP status.
CODED_ERRORS: Mapping[str, PageTexts] = {
    "link_gone": PageTexts(
        _("This link no longer works"),
        _("It has already been used or has expired. What you did before is saved."),
        _(
            "Create a new link where you created this one, or go back to the company's website and "
            "start from there."
        ),
    ),
    "unknown_link": PageTexts(
        _("This link is not complete"),
        _("We do not recognise it. Part of it may be missing."),
        _("Copy the whole link again, or create a new one."),
    ),
    "hosted_page_untrusted": PageTexts(
        _("The identity check cannot be opened"),
        _("Its page is at an address that we have not checked yet. This was not your fault."),
        _("Nothing is lost. We have been told about it, so please try again later."),
    ),
    "stale_form": PageTexts(
        _("This page was open for too long"),
        _("For your security, we did not accept the form. Nothing has been changed or lost."),
        _("Please send it again."),
    ),
    "foreign_form": PageTexts(
        _("We could not accept this form"),
        _("It came from another address. Nothing has been changed or lost."),
        _("Go to your start page and try again from there."),
    ),
    "cookies_blocked": PageTexts(
        _("Your browser does not keep our cookie"),
        _("We need one to know that the form is yours. Nothing has been changed or lost."),
        _("Allow cookies for this page, then start again from your start page."),
    ),
}

LOGIN_ERRORS: Mapping[str, PageTexts] = {
    "expired": PageTexts(
        _("This link is no longer valid"),
        _("For your security, it works only for a few minutes."),
        _("Go back to the company's website and start from there again."),
    ),
    "used": PageTexts(
        _("This link has already been used"),
        _("For your security, it works only once."),
        _("Go back to the company's website and start from there again."),
    ),
    "denied": PageTexts(
        _("You did not finish logging in"),
        _("The login was stopped before it was complete."),
        _("Log in again when you are ready."),
    ),
    "state": PageTexts(
        _("The login did not match this browser"),
        _("It was started in another window or too long ago."),
        _("Log in again in this window."),
    ),
    "provider": PageTexts(
        _("The login service is not available"),
        _("We cannot reach it right now. This is not your fault."),
        _("Wait a moment, then log in again."),
    ),
    "refused": PageTexts(
        _("The login service did not let you in"),
        _("It did not accept this login. Nothing has been changed or lost."),
        _("Log in again. If it happens again, ask the company for help."),
    ),
    "other": PageTexts(
        _("We could not sign you in"),
        _("The company's website did not tell us clearly who you are."),
        _("Go back to the company's website and start from there again."),
    ),
}
