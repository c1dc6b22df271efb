"""Refusal of request bodies that end before their stated length."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.conftest import MakeApp

BODY = b"token=adas-token"


def post_form(browser: FlaskClient, **environ: object) -> TestResponse:
    """Post BODY as gunicorn passes it on, with `wsgi.input_terminated`."""
    return browser.post(
        "/handoff",
        data=BODY,
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, **environ},
    )


@pytest.mark.parametrize(("missing", "status"), [(0, 303), (1, 400), (1000, 400), (70_000, 413)])
def test_form_with_a_truncated_body_is_refused(
    make_app: MakeApp, missing: int, status: int
) -> None:
    answer = post_form(make_app().test_client(), CONTENT_LENGTH=str(len(BODY) + missing))
    assert answer.status_code == status


def test_form_with_a_chunked_body_is_accepted(make_app: MakeApp) -> None:
    answer = post_form(
        make_app().test_client(), CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )
    assert answer.status_code == 303
