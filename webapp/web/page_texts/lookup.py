"""Look up the texts that pages show for statuses, reasons, errors and documents.

Every code has a title, a text and a next step. An unknown code gets the general texts, so a new
code of the gateway never leaves a page empty.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_babel import format_timedelta

from webapp.domain import hosted_errors
from webapp.domain.onboarding import Person
from webapp.journey.login_session import display_name
from webapp.web.page_texts.documents import document_texts
from webapp.web.page_texts.errors import CODED_ERRORS, HTTP_ERRORS, LOGIN_ERRORS
from webapp.web.page_texts.hosted_errors import HOSTED_ERRORS
from webapp.web.page_texts.model import PageTexts
from webapp.web.page_texts.reasons import REASONS
from webapp.web.page_texts.statuses import STATUSES


def status_texts(status: object) -> PageTexts:
    """Return the texts of a status, given as enum member or string."""
    return STATUSES[str(getattr(status, "value", status))]


def reason_texts(code: object) -> PageTexts:
    """Return the texts of a reason code, given as enum member or string."""
    return REASONS.get(str(getattr(code, "value", code)), REASONS["other"])


def hosted_error_texts(note: str) -> PageTexts:
    """Return the texts of a note of `domain/hosted_errors.py`."""
    return HOSTED_ERRORS.get(note) or reason_texts(note)


def error_texts(status: int, code: str = "") -> PageTexts:
    """Return the texts of an error: by its code, else by its HTTP status, else by 400 or 500."""
    general = HTTP_ERRORS[400 if status < 500 else 500]
    return CODED_ERRORS.get(code) or HTTP_ERRORS.get(status, general)


def login_error_texts(code: str) -> PageTexts:
    """Return the texts of a refused login or hand-off."""
    return LOGIN_ERRORS.get(code, LOGIN_ERRORS["other"])


def account_name(person: Person) -> str:
    """Return the name of an account, or its masked id."""
    return display_name(person.name, person.subject)


def format_hours(hours: int) -> str:
    """Return a duration such as "24 hours"; from two days on it is given in days."""
    return str(format_timedelta(timedelta(hours=hours), granularity="hour", threshold=2))


def add_to_templates(app: Flask) -> None:
    """Give every template the functions of this module."""
    app.jinja_env.globals.update(
        status_texts=status_texts,
        reason_texts=reason_texts,
        hosted_error_texts=hosted_error_texts,
        hosted_errors=hosted_errors,
        error_texts=error_texts,
        login_error_texts=login_error_texts,
        account_name=account_name,
        document_texts=document_texts,
        format_hours=format_hours,
    )
