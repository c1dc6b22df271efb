"""Nobody meets an untranslated page, and nothing has to be generated before the server runs."""

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

from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.web import page_texts

ROOT = Path(__file__).parents[3]
TRANSLATIONS = ROOT / "webapp" / "translations"
SPANISH = TRANSLATIONS / "es" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)s")


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    return read_po(io.BytesIO((SPANISH / "messages.po").read_bytes()), locale="es")


@pytest.fixture(scope="module")
def written() -> set[str]:
    """Every text in templates and pages, extracted anew."""
    mapping = (TRANSLATIONS / "babel.cfg").read_text()
    methods, options = parse_mapping_cfg(io.StringIO(mapping))
    found = extract_from_dir(ROOT, methods, options, directory_filter=_ours)
    return {str(text) for _, _, text, _, _ in found}


def _ours(folder: str) -> bool:
    name = Path(folder).name
    return not name.startswith((".", "__")) and name not in {"node_modules", "instance"}


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("words")
    Babel(app, default_translation_directories=str(TRANSLATIONS))
    with app.test_request_context():
        yield app


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def test_every_text_is_translated_and_none_is_a_guess(spanish: Catalog) -> None:
    assert [m.id for m in _messages(spanish) if not m.string or m.fuzzy] == []


def test_the_catalogue_has_exactly_the_texts_of_the_pages(
    spanish: Catalog, written: set[str]
) -> None:
    known = {str(message.id) for message in _messages(spanish)}
    assert written - known == set(), "not in messages.po: see webapp/translations/babel.cfg"
    assert known - written == set(), "no longer in use"
    assert spanish.obsolete == {}


def test_translations_keep_every_placeholder(spanish: Catalog) -> None:
    for message in _messages(spanish):
        wanted = sorted(PLACEHOLDER.findall(str(message.id)))
        assert sorted(PLACEHOLDER.findall(str(message.string))) == wanted


def test_the_committed_catalogue_is_the_compiled_one(spanish: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, spanish)
    assert (SPANISH / "messages.mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.usefixtures("app")
def test_every_status_and_reason_has_a_text_and_a_next_step(language: str) -> None:
    with force_locale(language):
        for status in Status:
            found = page_texts.status_words(status)
            assert all(map(str, (found.title, found.text, found.next_step, found.label)))
        for code in ReasonCode:
            found = page_texts.reason_words(code)
            assert all(map(str, (found.title, found.text, found.next_step)))


def test_there_are_words_for_exactly_the_statuses_and_reasons_there_are() -> None:
    assert set(page_texts.STATUSES) == set(Status)
    assert set(page_texts.REASONS) == set(ReasonCode)


@pytest.mark.usefixtures("app")
def test_ada_reads_spanish() -> None:
    with force_locale("es"):
        assert page_texts.status_words("verified").title == "Tu identidad está verificada"
        assert page_texts.language() == "es"


@pytest.mark.usefixtures("app")
def test_a_word_nobody_knows_still_gets_a_page() -> None:
    assert page_texts.reason_words("brand_new").title == page_texts.REASONS["other"].title
    assert page_texts.login_error_words("brand_new").title == page_texts.LOGIN_ERRORS["other"].title
    assert page_texts.page_error_words(418).title == page_texts.PAGE_ERRORS[400].title
    assert page_texts.page_error_words(599).title == page_texts.PAGE_ERRORS[500].title


def test_an_account_without_a_name_shows_a_masked_id() -> None:
    nameless = SimpleNamespace(name=None, subject="customer-4821")
    assert page_texts.account_name(nameless) == "cu…1"
