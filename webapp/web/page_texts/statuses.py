"""Texts of each onboarding status."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from webapp.web.page_texts.model import PageTexts

STATUSES: Mapping[str, PageTexts] = {
    "created": PageTexts(
        _("Your check is being opened"),
        _("This takes a few seconds. The page continues automatically."),
        _("Stay on this page."),
        _("Getting ready"),
    ),
    "started": PageTexts(
        _("Your identity check is open"),
        _("You have started, and nothing has been decided yet."),
        _("Continue where you left off."),
        _("Not finished yet"),
    ),
    "interrupted": PageTexts(
        _("The check was interrupted"),
        _("Something went wrong before you could finish. It does not count as an attempt."),
        _("Try again when you are ready."),
        _("Interrupted"),
        "warn",
    ),
    "submitted": PageTexts(
        _("Thank you, we have everything"),
        _("Your pictures have arrived and are being checked. You do not have to do anything."),
        _("The result appears here automatically."),
        _("Being checked"),
    ),
    "deciding": PageTexts(
        _("Almost there"),
        _("Your pictures have been checked, and the decision is being made."),
        _("The result appears here automatically."),
        _("Being decided"),
    ),
    "in_review": PageTexts(
        _("A person is taking a look"),
        _("This is a normal step. It does not mean that anything is wrong."),
        _("The result appears here automatically. It can take a while."),
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
        _("The check could not confirm who you are."),
        _("You can start a new check."),
        _("Not verified"),
        "stop",
    ),
    "expired": PageTexts(
        _("This check has expired"),
        _("It was not finished in time. This can happen and has no consequences for you."),
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
