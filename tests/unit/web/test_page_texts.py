"""Completeness of page texts and of the committed translations."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from webapp.domain.hosted_errors import NOTE_NAMES
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.web.language import current_language
from webapp.web.page_texts import lookup as page_texts

ROOT = Path(__file__).parents[3]
TRANSLATIONS = ROOT / "webapp" / "translations"
SPANISH = TRANSLATIONS / "es" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)s")
#: Pages for developers of host sites; all others are for users.
FOR_DEVELOPERS = {"webapp/web/element_errors.py", "webapp/web/problem_types.py"}
FORMAL = re.compile(r"\b(usted|suy[ao]s?|inténtelo|compruebe|envíe|espere|vuelva|pruebe)\b", re.I)
FAMILIAR = re.compile(r"\b(tú|tus?|tuy[ao]s?|inténtalo|comprueba|envía|envíes|añade el)\b", re.I)


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    return read_po(io.BytesIO((SPANISH / "messages.po").read_bytes()), locale="es")


@pytest.fixture(scope="module")
def extracted() -> set[str]:
    """Extract every message from templates and code."""
    mapping = (TRANSLATIONS / "babel.cfg").read_text()
    methods, options = parse_mapping_cfg(io.StringIO(mapping))
    found = extract_from_dir(ROOT, methods, options, directory_filter=_is_own_folder)
    return {str(text) for _, _, text, _, _ in found}


def _is_own_folder(folder: str) -> bool:
    name = Path(folder).name
    return not name.startswith((".", "__")) and name not in {"node_modules", "instance"}


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("texts")
    Babel(app, default_translation_directories=str(TRANSLATIONS))
    with app.test_request_context():
        yield app


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def test_catalogue_has_no_empty_or_fuzzy_message(spanish: Catalog) -> None:
    assert [m.id for m in _messages(spanish) if not m.string or m.fuzzy] == []


def test_catalogue_has_exactly_the_messages_of_the_sources(
    spanish: Catalog, extracted: set[str]
) -> None:
    known = {str(message.id) for message in _messages(spanish)}
    assert extracted - known == set(), (
        "not in messages.po: run the commands in webapp/translations/babel.cfg"
    )
    assert known - extracted == set(), "no longer in use"
    assert spanish.obsolete == {}


def test_catalogue_addresses_users_familiarly_and_developers_formally(spanish: Catalog) -> None:
    for message in _messages(spanish):
        is_for_developers = {file for file, _ in message.locations} <= FOR_DEVELOPERS
        other_form = FAMILIAR if is_for_developers else FORMAL
        assert not other_form.search(str(message.string)), message.id


def test_catalogue_messages_keep_their_placeholders(spanish: Catalog) -> None:
    for message in _messages(spanish):
        wanted = sorted(PLACEHOLDER.findall(str(message.id)))
        assert sorted(PLACEHOLDER.findall(str(message.string))) == wanted


def test_committed_mo_file_matches_the_po_file(spanish: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, spanish)
    assert (SPANISH / "messages.mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.usefixtures("app")
def test_every_status_and_reason_has_text_and_next_step(language: str) -> None:
    with force_locale(language):
        for status in Status:
            found = page_texts.status_texts(status)
            assert all(map(str, (found.title, found.text, found.next_step, found.label)))
        for code in ReasonCode:
            found = page_texts.reason_texts(code)
            assert all(map(str, (found.title, found.text, found.next_step)))


def test_page_texts_cover_exactly_the_known_statuses_and_reasons() -> None:
    assert set(page_texts.STATUSES) == set(Status)
    assert set(page_texts.REASONS) == set(ReasonCode)


def test_page_texts_cover_exactly_the_notes_that_are_no_reasons() -> None:
    assert set(page_texts.HOSTED_ERRORS) == set(NOTE_NAMES) - set(ReasonCode)


@pytest.mark.usefixtures("app")
def test_page_texts_in_spanish_are_translated() -> None:
    with force_locale("es"):
        assert page_texts.status_texts("verified").title == "Tu identidad está verificada"
        assert current_language() == "es"


@pytest.mark.usefixtures("app")
def test_page_texts_of_an_unknown_code_are_the_general_ones() -> None:
    assert page_texts.reason_texts("brand_new").title == page_texts.REASONS["other"].title
    assert page_texts.login_error_texts("brand_new").title == page_texts.LOGIN_ERRORS["other"].title
    assert page_texts.error_texts(418).title == page_texts.HTTP_ERRORS[400].title
    assert page_texts.error_texts(599).title == page_texts.HTTP_ERRORS[500].title


def test_account_name_without_a_name_is_a_masked_id() -> None:
    nameless = SimpleNamespace(name=None, subject="customer-4821")
    assert page_texts.account_name(nameless) == "cu…1"
