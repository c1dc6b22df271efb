"""Signatures of messages, verified by the library that host sites use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.message_receiver import OLDER_SECRET, SECRET
from webapp.hostsite.signing import signed_headers

BODY = '{"type":"ping","name":"Zoë"}'
OTHER_SECRET = "whsec_" + "YSBzZWNyZXQgdGhhdCB0aGUgc2hvcCBoYXMgbm90IGdvdA=="


def test_signed_headers_verify_with_each_secret() -> None:
    headers = signed_headers("msg_1", BODY, datetime.now(UTC), [SECRET, OLDER_SECRET])
    for secret in (SECRET, OLDER_SECRET):
        assert Webhook(secret).verify(BODY, headers)["type"] == "ping"


@pytest.mark.parametrize(
    ("secret", "body", "changes"),
    [
        (OTHER_SECRET, BODY, {}),
        (SECRET, BODY.replace("ping", "pong"), {}),
        (SECRET, BODY, {"webhook-id": "msg_2"}),
        (SECRET, BODY, {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) + 60)}),
    ],
    ids=["other secret", "other body", "other id", "other time"],
)
def test_signed_headers_do_not_verify_what_was_not_signed(
    secret: str, body: str, changes: dict[str, str]
) -> None:
    headers = signed_headers("msg_1", BODY, datetime.now(UTC), [SECRET])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, {**headers, **changes})


@pytest.mark.parametrize(
    "at",
    [datetime(2026, 11, 30), datetime(2026, 11, 30, tzinfo=timezone(timedelta(hours=2)))],  # noqa: DTZ001
    ids=["naive", "another zone"],
)
def test_signed_headers_time_that_is_not_utc_raises_value_error(at: datetime) -> None:
    with pytest.raises(ValueError, match="aware UTC"):
        signed_headers("msg_1", BODY, at, [SECRET])


def test_signed_headers_without_secret_raises_value_error() -> None:
    with pytest.raises(ValueError, match="secret"):
        signed_headers("msg_1", BODY, datetime.now(UTC), [])
