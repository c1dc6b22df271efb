"""A body as long as it was said to be, or none at all."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.conftest import Make

BODY = b"token=adas-token"


def sent(browser: FlaskClient, **environ: object) -> TestResponse:
    """As gunicorn hands it on, which promises that reading comes to an end."""
    return browser.post(
        "/handoff",
        data=BODY,
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, **environ},
    )


@pytest.mark.parametrize(("missing", "status"), [(0, 303), (1, 400), (1000, 400), (70_000, 413)])
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(
    make: Make, missing: int, status: int
) -> None:
    answer = sent(make().test_client(), CONTENT_LENGTH=str(len(BODY) + missing))
    assert answer.status_code == status


def test_a_chunked_body_ends_where_it_ends(make: Make) -> None:
    answer = sent(make().test_client(), CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status_code == 303


def test_a_notice_that_breaks_off_is_not_kept(make: Make) -> None:
    for missing, status in ((0, 204), (1, 400)):
        answer = (
            make()
            .test_client()
            .post(
                "/webhooks/mobbscan",
                data=b"{}",
                headers={"Authorization": "Bearer agreed"},
                environ_overrides={
                    "wsgi.input_terminated": True,
                    "CONTENT_LENGTH": str(2 + missing),
                },
            )
        )
        assert answer.status_code == status
